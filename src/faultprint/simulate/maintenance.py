"""The maintenance log as people keep it: late, rounded, vague, at times wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from faultprint.simulate.faults import Course
from faultprint.simulate.history import LOG_COLUMNS, Conditions, Episode

FAILURE, CORRECTIVE, PREVENTIVE, INSPECTION = "Störung", "Instandsetzung", "Wartung", "Rundgang"
"""Order types of the plant's maintenance system."""

MODE_WORDS = {
    "bearing_wear": ("Lagerschaden", "Lager laut"),
    "impeller_wear": ("Laufrad verschlissen", "Förderleistung"),
    "cavitation": ("Kavitation", "Saugseite zu"),
    "seal_leak": ("GLRD undicht", "Leckage"),
    "motor_cooling": ("Motor heiß",),
    "air_filter_clogging": ("Luftfilter zu",),
    "oil_cooler_fouling": ("Ölkühler verschmutzt", "Übertemperatur Öl"),
    "valve_leakage": ("Ventil undicht",),
    "rotor_bearing_wear": ("Verdichterlager",),
    "separator_clogging": ("Ölabscheider zu",),
}
"""Failure mode -> what the plant writes into the field for the damage."""

UNKNOWN_WORDS = ("", "unklar")
"""What stands there when nobody knew."""

ITEM_WORDS = {
    "bearing": "Wälzlager",
    "impeller": "Laufrad",
    "strainer": "Saugkorb",
    "mechanical_seal": "Gleitringdichtung",
    "motor": "E-Motor",
    "air_filter": "Luftfilter",
    "oil_cooler": "Ölkühler",
    "check_valve": "Rückschlagventil",
    "rotor_bearing": "Läuferlager",
    "oil_separator": "Ölabscheider",
}
"""Maintainable item -> the plant's word for it."""

FAILURE_TEXTS = (
    "Anlage steht",
    "ausgefallen, Schicht informiert",
    "Schutzabschaltung",
    "läuft nicht",
)
WORK_TEXTS = ("erledigt", "getauscht, Probelauf i.O.", "instand gesetzt", "s. Rücksprache Meister")
ROUND_TEXTS = ("i.O.", "o.B.", "etwas laut?", "Boden nass, gereinigt", "Filter geprüft")

MODE_UNKNOWN, MODE_WRONG, ITEM_UNKNOWN = 0.08, 0.02, 0.2
"""Shares of entries in which a field is left open or wrong."""
ROUND_DAYS = 30.0
"""Mean time between inspection rounds [d]."""


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _mode_word(rng: np.random.Generator, mode: str, modes: tuple[str, ...]) -> str:
    chance = rng.random()
    if chance < MODE_UNKNOWN:
        return _pick(rng, UNKNOWN_WORDS)
    if chance < MODE_UNKNOWN + MODE_WRONG:
        return _pick(rng, MODE_WORDS[_pick(rng, modes)])
    return _pick(rng, MODE_WORDS[mode])


def _item_word(rng: np.random.Generator, item: str) -> str:
    return "" if rng.random() < ITEM_UNKNOWN else ITEM_WORDS[item]


_Row = tuple[pd.Timestamp, str, str, str, str]


def _failure_rows(
    rng: np.random.Generator, episode: Episode, conditions: Conditions, modes: tuple[str, ...]
) -> Iterator[_Row]:
    """Yield the report of a failure (within hours) and of its repair (up to two days late)."""
    failed = conditions.time[episode.end]
    reported = failed + pd.Timedelta(hours=min(float(rng.exponential(0.7)), 3.0))
    word = _mode_word(rng, episode.mode, modes)
    yield reported, FAILURE, word, _item_word(rng, episode.item), _pick(rng, FAILURE_TEXTS)
    booked = reported + pd.Timedelta(hours=float(rng.uniform(8.0, 60.0)))
    yield booked, CORRECTIVE, "", _item_word(rng, episode.item), _pick(rng, WORK_TEXTS)


def _rows(
    rng: np.random.Generator, course: Course, conditions: Conditions, modes: tuple[str, ...]
) -> Iterator[_Row]:
    for episode in course.episodes:
        if episode.outcome == "failure":
            yield from _failure_rows(rng, episode, conditions, modes)
    for work in course.planned:
        begun = conditions.time[work.start]
        booked = begun + pd.Timedelta(hours=float(rng.uniform(0.0, 6.0)))
        yield booked, PREVENTIVE, "", ITEM_WORDS[work.item], "planmäßig"
    day = rng.uniform(0, ROUND_DAYS)
    while day * 24 / conditions.step < len(conditions.time):
        seen = conditions.time[0] + pd.Timedelta(days=float(day))
        yield seen, INSPECTION, "", "", _pick(rng, ROUND_TEXTS)
        day += rng.uniform(0.7, 1.3) * ROUND_DAYS


def write_log(
    rng: np.random.Generator, course: Course, conditions: Conditions, modes: tuple[str, ...]
) -> pd.DataFrame:
    """Write down what happened to an asset, the way a plant would.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    course : Course
        What happened.
    conditions : Conditions
        Circumstances, for the clock.
    modes : tuple[str, ...]
        Failure modes of the equipment class: what a wrong entry may name instead.

    Returns
    -------
    pandas.DataFrame
        Columns ``time`` (as logged, to the minute, UTC), ``kind``, ``mode``, ``item``, ``text``,
        ordered by time. Failures carry a damage word in nine of ten cases; repairs never do.
    """
    log = pd.DataFrame(list(_rows(rng, course, conditions, modes)), columns=list(LOG_COLUMNS))
    log = log.astype(dict.fromkeys(LOG_COLUMNS[1:], "str"))
    log["time"] = pd.to_datetime(log["time"], utc=True).dt.as_unit("ns").dt.floor("min")
    known = log["time"] <= conditions.time[-1]
    return log[known].sort_values("time", kind="stable", ignore_index=True)
