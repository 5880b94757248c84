"""Sensors that walk away from what the conditions and all other sensors say, while these agree.

Where the others share enough of what a sensor does, its walking away alone is its own fault, and it
is silenced. A sensor without relatives may be the only one to see a fault nobody has seen before:
it is reported and goes on being heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import SensorHealth
from faultprint.signal.instants import NEVER, instants, nanoseconds
from faultprint.state.spells import Spell
from faultprint.twin.disagreement import Disagreement, disagree
from faultprint.twin.redundancy import Relations, deviances

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOLD = 2
"""Relatives named in the evidence at most."""


def find_drift(
    residuals: pd.DataFrame, relations: Relations | None, settings: SensorHealth
) -> list[Spell]:
    """Find the times in which one sensor of an asset walked away alone.

    Parameters
    ----------
    residuals : pandas.DataFrame
        The asset's rows of ``residuals``, in any order.
    relations : Relations | None
        How the sensors of its class go together; without them nothing is found.
    settings : SensorHealth
        ``drift_sigma``, ``drift_quiet``, ``drift_window`` and the reward window.

    Returns
    -------
    list[Spell]
        Of kind ``drift``, by sensor and time. What is decided at an instant depends on nothing
        later.

    Notes
    -----
    A sensor drifts where its mean disagreement over ``drift_window`` is at least ``drift_sigma``
    healthy scales and it alone explains the window best, see
    :func:`faultprint.twin.redundancy.disagree`. It is taken back once it has been within half of
    ``drift_sigma`` for the reward window, and as soon as the machine explains the same better: when
    several sensors have moved as far, or a known fault moves them so.
    """
    if residuals.empty or relations is None or not settings.enabled:
        return []
    level = deviances(residuals, settings.drift_window)
    found = disagree(level, relations, settings.drift_quiet)
    times = instants(pd.Series(found.ends))
    spells: list[Spell] = []
    for place, sensor in enumerate(found.sensors):
        size = np.abs(found.apart[:, place])
        begins = (size >= settings.drift_sigma) & found.alone[:, place]
        back = size < settings.drift_sigma / 2
        machine = (size >= settings.drift_sigma) & found.ailing[:, place]
        for first, last in _followed(times, begins, back, machine, nanoseconds(settings.reward)):
            until = int(times[last]) if last < times.size else NEVER
            told = _told(found, relations, place, first, settings)
            spells.append(Spell(sensor, "drift", int(times[first]), until, told))
    return spells


def _followed(
    times: NDArray[np.int64], begins: Flags, back: Flags, machine: Flags, reward: int
) -> Iterable[tuple[int, int]]:
    """Give first window, and first window after, of each time in which it drifts."""
    since, calm = -1, NEVER
    for at, time in enumerate(times.tolist()):
        if since < 0:
            since, calm = (at if begins[at] else -1), NEVER
            continue
        calm = min(calm, time) if back[at] else NEVER
        if machine[at] or (calm != NEVER and time - calm >= reward):
            yield since, at
            since = -1
    if since >= 0:
        yield since, times.size


def _told(
    found: Disagreement, relations: Relations, place: int, at: int, settings: SensorHealth
) -> str:
    """Say what speaks for the drift."""
    share = np.abs(np.asarray(relations.correlation)[place])
    others = [n for n in np.argsort(-share, kind="stable").tolist() if n != place]
    near = [relations.sensors[n] for n in others[:TOLD] if share[n] ** 2 >= 0.1]
    beside = f"; {' and '.join(near)} do not follow" if near else "; no sensor is related to it"
    days = pd.Timedelta(settings.drift_window) / pd.Timedelta(days=1)
    size = found.apart[at, place]
    return (
        f"{size:+.1f} healthy scales from what conditions and others say, over {days:g} d{beside}"
    )


def silenced(
    spells: Iterable[Spell], relations: Relations | None, settings: SensorHealth
) -> list[Spell]:
    """Pick the drifts in which others say what the sensor should.

    Parameters
    ----------
    spells : Iterable[Spell]
        From :func:`find_drift`.
    relations : Relations | None
        How the sensors go together.
    settings : SensorHealth
        ``related`` and ``redundant``.

    Returns
    -------
    list[Spell]
        Those of sensors of which the others share at least ``related``, or that are named in a
        group of ``redundant`` with another sensor.
    """
    if relations is None:
        return []
    checked = related_sensors(relations, settings)
    return [spell for spell in spells if spell.sensor in checked]


def related_sensors(relations: Relations, settings: SensorHealth) -> set[str]:
    """Name the sensors that others can contradict.

    Parameters
    ----------
    relations : Relations
        How the sensors go together.
    settings : SensorHealth
        ``related`` and ``redundant``.

    Returns
    -------
    set[str]
        Sensors.
    """
    groups = [set(group) & set(relations.sensors) for group in settings.redundant]
    named = {sensor for group in groups if len(group) > 1 for sensor in group}
    return named | {s for s in relations.sensors if relations.explained(s) >= settings.related}


def suspects(
    residuals: pd.DataFrame,
    relations: tuple[Relations, Relations | None],
    settings: SensorHealth,
) -> pd.Series:
    """Name, window by window, the sensors that stand against all the others.

    Parameters
    ----------
    residuals : pandas.DataFrame
        The asset's rows of ``residuals``.
    relations : tuple[Relations, Relations | None]
        How the sensors go together over ``drift_window``, and in single windows.
    settings : SensorHealth
        ``drift_sigma``, ``drift_quiet`` and who is related.

    Returns
    -------
    pandas.Series
        By window end: ``<sensor>:drift``, or empty. A sensor is suspect where it alone explains the
        window, by ``drift_sigma`` in that window or by half of it over ``drift_window``, and others
        can contradict it.
    """
    long, at_once = relations
    level = deviances(residuals, settings.drift_window)
    checked = related_sensors(long, settings)
    told = pd.Series("", index=level.index, dtype="str")
    for table, usual, size in (
        (deviances(residuals, timedelta(0)), at_once, settings.drift_sigma),
        (level, long, settings.drift_sigma / 2),
    ):
        if usual is None:
            continue
        found = disagree(table, usual, settings.drift_quiet)
        for place, sensor in enumerate(found.sensors):
            if sensor in checked:
                hit = (np.abs(found.apart[:, place]) >= size) & found.alone[:, place]
                told = told.mask(hit & (told == "").to_numpy(), f"{sensor}:drift")
    return told
