"""The archive replayed: what releases say of the whole history, each scored once and kept."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint import tables as schema
from faultprint.config import Settings
from faultprint.evaluate.behaviour import Behaviour, Said, compare_behaviour
from faultprint.faults.release import Release, release_to_parts
from faultprint.serve.describing import Described, attributes_of
from faultprint.serve.score import Scored, Scorer
from faultprint.stages.judging import judge
from faultprint.store import provenance
from faultprint.store.folders import staged_folder
from faultprint.store.manifest import content_hash, list_parts
from faultprint.store.parquet import (
    list_assets,
    read_parquet,
    read_readings,
    read_table,
    write_parquet,
)

SCORED_BY = (
    "records",
    "tables",
    "config",
    "signal",
    "twin",
    "state",
    "faults",
    "serve/describing.py",
    "serve/score.py",
    "stages/replay.py",
)
"""Code that decides what a replay says; after a change of it releases are scored anew."""

KEPT = 6
"""Replays kept, the latest used; a fleet of 26 assets and a year takes some 0.3 MB each."""

_WINDOWS = ["asset", "end", "verdict", "failure_mode", "p_value", "reason"]
_RECORD = ["asset", "start", "end", "equipment_class"]
_FRAMES = ("record", "incidents", "windows")


@dataclass(frozen=True, eq=False)
class Replayed:
    """What one release says of the whole record."""

    record: pd.DataFrame
    """``asset``, ``start``, ``end``, ``equipment_class`` of all there is."""
    incidents: pd.DataFrame
    """Table ``incidents``; named after the content of the release, not its version."""
    windows: pd.DataFrame
    """``asset``, ``end``, ``verdict``, ``failure_mode``, ``p_value``, ``reason``."""


def replay(
    scorers: Sequence[Scorer], tables: Path, step: pd.Timedelta, replays: Path | None = None
) -> list[Replayed]:
    """Score the record with releases that were not scored on it before.

    Parameters
    ----------
    scorers : Sequence[Scorer]
        The releases; how they are labelled does not matter.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    step : pandas.Timedelta
        Step of the windows: a failure that soon after the last reading is still of the record.
    replays : Path | None, default None
        Folder in which replays are kept, by release, data and code; nothing is kept without one.

    Returns
    -------
    list[Replayed]
        One per release, in their order. Windows that several releases cut alike are cut once.
    """
    hashes = [_hash(one.release) for one in scorers]
    if replays is None:
        return _scored(scorers, hashes, tables, step)
    data, code = provenance.tables_sha256(tables), provenance.code_sha256(*SCORED_BY)
    keys = [provenance.params_sha256({"of": [h, data, code, str(step)]}) for h in hashes]
    missing = {key: n for n, key in enumerate(keys) if not (replays / key).is_dir()}
    chosen = list(missing.values())
    fresh = _scored([scorers[n] for n in chosen], [hashes[n] for n in chosen], tables, step)
    for key, one in zip(missing, fresh, strict=True):
        with staged_folder(replays / key) as folder:
            for name in _FRAMES:
                write_parquet(getattr(one, name), folder / f"{name}.parquet")
    held = [_read(replays / key) for key in keys]
    _prune(replays, set(keys))
    return held


def compare_releases(
    old: Scorer, new: Scorer, tables: Path, settings: Settings, replays: Path | None = None
) -> Behaviour:
    """Say what changes in the archive when one release takes the place of another.

    Parameters
    ----------
    old : Scorer
        One release.
    new : Scorer
        The other.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    settings : Settings
        How incidents are matched with failures.
    replays : Path | None, default None
        Where replays are kept.

    Returns
    -------
    Behaviour
        The difference. The archive holds what both learnt from, so it shows what changes and not
        how good they are.
    """
    before, after = replay((old, new), tables, pd.Timedelta(settings.windows.step), replays)
    events = read_table(tables, "events")
    periods = before.record[["asset", "start", "end"]]
    sides = [
        Said(one.incidents, one.windows, judge(one.incidents, events, periods, settings).failures)
        for one in (before, after)
    ]
    return compare_behaviour(*sides)


def _hash(release: Release) -> str:
    return content_hash(list_parts(release_to_parts(release)))


def _scored(
    scorers: Sequence[Scorer], hashes: Sequence[str], tables: Path, step: pd.Timedelta
) -> list[Replayed]:
    if not scorers:
        return []
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    attributes = attributes_of(assets)
    named = [Scorer(one.release, name) for one, name in zip(scorers, hashes, strict=True)]
    record = []
    parts: list[list[Scored]] = [[] for _ in named]
    for equipment_class, asset in tqdm(list_assets(tables), desc="re-score", unit="asset"):
        readings = read_readings(tables, equipment_class, asset)
        times = readings["time"]
        # A failure between the last reading and the next window is still judged.
        record.append((asset, times.min(), times.max() + step, equipment_class))
        mine, cut = events[events["asset"] == asset], list[tuple[Scorer, Described]]()
        for scorer, scored in zip(named, parts, strict=True):
            if equipment_class not in scorer.release.models or asset not in attributes:
                continue
            own = attributes[asset]
            described = next((d for other, d in cut if _alike(scorer, other)), None)
            if described is None:
                described = scorer.describe(readings, mine, equipment_class, own)
                cut.append((scorer, described))
            scored.append(scorer.score_windows(described.windows))
    frame = pd.DataFrame(record, columns=_RECORD)
    return [Replayed(frame, _incidents(each), _windows(each)) for each in parts]


def _alike(one: Scorer, other: Scorer) -> bool:
    """Tell whether two releases cut and describe readings in the same way."""
    ours, theirs = (
        s.release.scoring.model_dump(mode="json", exclude={"detect"}) for s in (one, other)
    )
    return bool(ours == theirs)


def _incidents(parts: list[Scored]) -> pd.DataFrame:
    full = [one.incidents for one in parts if len(one.incidents)]
    return pd.concat(full, ignore_index=True) if full else schema.empty("incidents")


def _windows(parts: list[Scored]) -> pd.DataFrame:
    frames = [
        one.diagnoses.drop(columns="reason").merge(
            one.states[["asset", "end", "p_value", "reason"]], on=["asset", "end"]
        )[_WINDOWS]
        for one in parts
        if len(one.states)
    ]
    if frames:
        return pd.concat(frames).sort_values(["asset", "end"], ignore_index=True)
    return schema.empty("diagnoses").assign(p_value=pd.Series([], dtype="float64"))[_WINDOWS]


def _read(folder: Path) -> Replayed:
    folder.touch()  # the time of the last use
    return Replayed(**{name: read_parquet(folder / f"{name}.parquet") for name in _FRAMES})


def _prune(replays: Path, used: set[str]) -> None:
    """Drop the replays that were not used for longest."""
    others = [place for place in replays.iterdir() if place.is_dir() and place.name not in used]
    others = [place for place in others if not place.name.startswith(".")]
    others.sort(key=lambda place: (place.stat().st_mtime, place.name), reverse=True)
    for place in others[max(0, KEPT - len(used)) :]:
        shutil.rmtree(place, ignore_errors=True)
