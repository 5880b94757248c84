"""Candidate against incumbent, both from the readings on, on what neither has learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.evaluate.comparison import paired_interval, unlearnt
from faultprint.evaluate.gate import decide
from faultprint.records import GateResult
from faultprint.serve.score import Scored, Scorer
from faultprint.stages.judging import judge
from faultprint.store.parquet import list_assets, read_readings, read_table


@dataclass(frozen=True, eq=False)
class _Replay:
    """What releases say of the whole record."""

    record: pd.DataFrame
    """``asset``, ``start``, ``end``, ``equipment_class``."""
    incidents: list[pd.DataFrame]
    """Of each release."""
    states: list[pd.DataFrame]
    """Of each release."""


def contest(candidate: Scorer, incumbent: Scorer, tables: Path, settings: Settings) -> GateResult:
    """Score the record with both releases, judge them alike and let the gate decide.

    Parameters
    ----------
    candidate : Scorer
        The candidate, with its own windows, descriptors and twins.
    incumbent : Scorer
        The incumbent, with its own.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    settings : Settings
        How events are matched, and the gate.

    Returns
    -------
    GateResult
        What the gate decided. Compared is over every asset that one of the two judges, on the time
        that neither has learnt from; a failure of an asset that one of them does not judge is one
        it missed.
    """
    scorers = (candidate, incumbent)
    replay = _replay(scorers, tables, pd.Timedelta(settings.windows.step))
    learnt = [one.release.learnt for one in scorers if one.release.learnt]
    periods = unlearnt(replay.record[["asset", "start", "end"]], learnt)
    ours, theirs = (_judged_assets(states, periods) for states in replay.states)
    judged = periods[periods["asset"].isin(list(ours | theirs))]
    events = read_table(tables, "events")
    # What one of them has a signature for, the other is expected to name, too.
    signed = frozenset(one.failure_mode for by in scorers for one in by.release.signatures)
    first, second = (
        judge(found, events, judged, settings, signed=signed) for found in replay.incidents
    )
    result = decide(
        first.metrics,
        second.metrics,
        settings.gate,
        _lost(replay.record, ours, theirs),
        paired_interval(
            (first.failures, first.incidents),
            (second.failures, second.incidents),
            settings.seed,
        ),
    )
    if len(learnt) < len(scorers):
        note = "one of them does not say what it has learnt from, so it may know the answers"
        result = replace(result, reason=f"{result.reason} ({note})")
    return result


def _replay(scorers: Sequence[Scorer], tables: Path, step: pd.Timedelta) -> _Replay:
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    record, scored = [], []
    for equipment_class, asset in tqdm(list_assets(tables), desc="re-score", unit="asset"):
        readings = read_readings(tables, equipment_class, asset)
        mine = events[events["asset"] == asset]
        times = readings["time"]
        # A failure between the last reading and the next window is still judged.
        record.append((asset, times.min(), times.max() + step, equipment_class))
        scored.append([scorer.score(readings, mine, assets) for scorer in scorers])
    columns = ["asset", "start", "end", "equipment_class"]
    by_release: list[list[Scored]] = [list(each) for each in zip(*scored, strict=True)]
    return _Replay(
        pd.DataFrame(record, columns=columns),
        [_stacked([one.incidents for one in each]) for each in by_release],
        [_stacked([one.states for one in each]) for each in by_release],
    )


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(full, ignore_index=True)


def _judged_assets(states: pd.DataFrame, periods: pd.DataFrame) -> set[str]:
    """Name the assets of which a release can say something in the time that is compared."""
    able = states.loc[states["reason"] == "", ["asset", "end"]]
    both = able.merge(periods, on="asset", suffixes=("", "_period"))
    inside = (both["end"] > both["start"]) & (both["end"] <= both["end_period"])
    return set(both.loc[inside, "asset"])


def _lost(record: pd.DataFrame, ours: set[str], theirs: set[str]) -> tuple[str, ...]:
    """Name the classes, and of other classes the assets, that only the incumbent judges."""
    classes = dict(zip(record["asset"], record["equipment_class"], strict=True))
    kept = {classes[asset] for asset in ours}
    gone = {classes[asset] for asset in theirs} - kept
    single = {asset for asset in theirs - ours if classes[asset] in kept}
    return (*(f"equipment class {name}" for name in sorted(gone)), *sorted(single))
