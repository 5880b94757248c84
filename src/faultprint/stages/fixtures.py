"""Test cases of signatures: kept as data beside the release, and run through scoring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from faultprint.errors import FaultprintError
from faultprint.faults.fixtures import Answer, judge_case, make_cases
from faultprint.records import Signature
from faultprint.serve.score import Scorer
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_parquet,
    read_readings,
    read_table,
    write_parquet,
)
from faultprint.tables import empty

SPAN = 8
"""Length of a recorded stretch, in windows."""
TRIES = 12
"""How many episodes, and healthy stretches, are tried before the first is kept as it is."""
NOT_APPLICABLE = "does not apply: "
STRETCHES = ("fault", "normal")


@dataclass(frozen=True, eq=False)
class Stretch:
    """A recorded stretch of one asset, with what else scoring needs."""

    readings: pd.DataFrame
    events: pd.DataFrame
    assets: pd.DataFrame


def make_fixtures(scorer: Scorer, tables: Path, folder: Path) -> dict[str, list[str]]:
    """Record a faulty and a healthy stretch for each signature that has none yet.

    Parameters
    ----------
    scorer : Scorer
        The release.
    tables : Path
        Folder of tables that it was learnt from.
    folder : Path
        Where fixtures are kept: ``<class>/<failure mode>/<fault or normal>/``.

    Returns
    -------
    dict[str, list[str]]
        ``class/mode`` -> what was recorded; nothing if its episodes are not in the tables.

    Notes
    -----
    A fixture is a specimen and no proof of skill: of its training episodes, that in which most
    windows name the fault, the earlier of equals; a faint one would fail with any release that
    decides a window otherwise. Of the healthy stretches of the same asset, the first without an
    incident. If there is none among the first few, the first, which then fails. What was recorded
    stays, so that every later release must pass it.
    """
    made: dict[str, list[str]] = {}
    for signature in scorer.release.signatures:
        place = fixture_path(folder, signature)
        name = f"{signature.equipment_class}/{signature.failure_mode}"
        if place.exists():
            made[name] = []
            continue
        found = _recorded(scorer, signature, tables)
        made[name] = sorted(found)
        if set(found) == set(STRETCHES):
            with staged_folder(place) as new:
                for kind, stretch in found.items():
                    _write(stretch, new / kind)
    return made


def run_fixtures(scorer: Scorer, folder: Path, signature: Signature) -> dict[str, str]:
    """Run the test cases of a signature.

    Parameters
    ----------
    scorer : Scorer
        The release that it is in.
    folder : Path
        Where fixtures are kept.
    signature : Signature
        The signature.

    Returns
    -------
    dict[str, str]
        Kind -> why it fails; empty if it passes, or ``does not apply: ...``. No kinds at all if
        nothing was recorded for the signature.
    """
    place = fixture_path(folder, signature)
    if not all((place / kind).is_dir() for kind in STRETCHES):
        return {}
    fault, normal = (_read(place / kind) for kind in STRETCHES)
    equipment = scorer.release.scoring.equipment[signature.equipment_class]
    windows = scorer.release.scoring.windows
    cases = make_cases(signature, equipment, windows, fault.readings, normal.readings)
    whole = _answer(scorer, fault, fault.readings)
    told = {}
    for kind, case in cases.items():
        if case.readings is None:
            told[kind] = f"{NOT_APPLICABLE}{case.why_not}"
            continue
        stretch = normal if kind == "normal" else fault
        answer = whole if kind == "fault" else _answer(scorer, stretch, case.readings)
        told[kind] = judge_case(kind, signature, equipment, answer, whole)
    return told


def failures(told: dict[str, str]) -> list[str]:
    """Pick the cases that fail.

    Parameters
    ----------
    told : dict[str, str]
        From :func:`run_fixtures`.

    Returns
    -------
    list[str]
        A clause each; one clause if there are no cases.
    """
    if not told:
        return ["no fixtures were recorded for it"]
    return [
        f"{kind}: {why}" for kind, why in told.items() if why and not why.startswith(NOT_APPLICABLE)
    ]


def fixture_path(folder: Path, signature: Signature) -> Path:
    """Say where the fixtures of a signature lie.

    Parameters
    ----------
    folder : Path
        Where fixtures are kept.
    signature : Signature
        The signature.

    Returns
    -------
    Path
        A folder.
    """
    names = (quote(n, safe=" ") for n in (signature.equipment_class, signature.failure_mode))
    return folder.joinpath(*names)


def _answer(scorer: Scorer, stretch: Stretch, readings: pd.DataFrame) -> Answer:
    try:
        scored = scorer.score(readings, stretch.events, stretch.assets)
    except FaultprintError as error:
        return Answer(empty("diagnoses"), empty("incidents"), empty("windows"), error.got)
    frames = list(scored.windows.values()) or [empty("windows")]
    return Answer(scored.diagnoses, scored.incidents, frames[0])


def _recorded(scorer: Scorer, signature: Signature, tables: Path) -> dict[str, Stretch]:
    there = set(list_assets(tables))
    faults: list[tuple[int, Stretch, Stretch]] = []
    for episode in signature.origin.episodes[:TRIES]:
        asset, _, time = episode.rpartition("@")
        if (signature.equipment_class, asset) not in there:
            continue
        history = _history(signature, asset, tables)
        fault = _until(history, pd.Timestamp(time), scorer)
        told = _answer(scorer, fault, fault.readings).diagnoses
        faults.append((int((told["failure_mode"] == signature.failure_mode).sum()), fault, history))
    if not faults:
        return {}
    _, fault, history = max(faults, key=lambda one: one[0])
    normals = list(_healthy(history, scorer))
    calm = (one for one in normals if _answer(scorer, one, one.readings).incidents.empty)
    normal = next(calm, normals[0] if normals else None)
    return {"fault": fault, "normal": normal} if normal else {"fault": fault}


def _history(signature: Signature, asset: str, tables: Path) -> Stretch:
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    return Stretch(
        read_readings(tables, signature.equipment_class, asset),
        events[events["asset"] == asset].reset_index(drop=True),
        assets[assets["asset"] == asset].reset_index(drop=True),
    )


def _until(history: Stretch, end: pd.Timestamp, scorer: Scorer) -> Stretch:
    """Cut the stretch that ends at an instant."""
    times, span = (
        history.readings["time"],
        SPAN * pd.Timedelta(scorer.release.scoring.windows.length),
    )
    inside = (times > end - span) & (times <= end)
    events = history.events[history.events["time"] <= end]
    return Stretch(
        history.readings[inside].reset_index(drop=True),
        events.reset_index(drop=True),
        history.assets,
    )


def _healthy(history: Stretch, scorer: Scorer) -> Iterator[Stretch]:
    """Yield stretches far from any failure, fault or maintenance, the earliest first."""
    span = SPAN * pd.Timedelta(scorer.release.scoring.windows.length)
    grave = history.events["kind"].isin(["failure", "fault", "maintenance"])
    times = history.events.loc[grave, "time"]
    end, last, tries = history.readings["time"].min() + span, history.readings["time"].max(), 0
    while end <= last and tries < TRIES:
        if not ((times > end - 2 * span) & (times < end + span)).any():
            tries += 1
            yield _until(history, end, scorer)
        end += span / 2


def _write(stretch: Stretch, folder: Path) -> None:
    for name in ("readings", "events", "assets"):
        write_parquet(getattr(stretch, name), folder / f"{name}.parquet")


def _read(folder: Path) -> Stretch:
    frames = {name: read_parquet(folder / f"{name}.parquet") for name in ("readings", "events")}
    return Stretch(**frames, assets=read_parquet(folder / "assets.parquet"))
