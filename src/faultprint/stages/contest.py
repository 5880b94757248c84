"""Candidate against incumbent, both from the readings on, on what neither has learnt from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.comparison import paired_interval, unlearnt
from faultprint.evaluate.gate import decide
from faultprint.records import GateResult
from faultprint.serve.score import Scorer
from faultprint.stages.judging import judge
from faultprint.stages.replay import replay
from faultprint.store.parquet import read_table


def contest(
    candidate: Scorer,
    incumbent: Scorer,
    tables: Path,
    settings: Settings,
    replays: Path | None = None,
) -> GateResult:
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
    replays : Path | None, default None
        Where replays are kept, so that an incumbent is scored once on the same data.

    Returns
    -------
    GateResult
        What the gate decided. Compared is over every asset that one of the two judges, on the time
        that neither has learnt from; a failure of an asset that one of them does not judge is one
        it missed.
    """
    scorers = (candidate, incumbent)
    said = replay(scorers, tables, pd.Timedelta(settings.windows.step), replays)
    record = said[0].record
    learnt = [one.release.learnt for one in scorers if one.release.learnt]
    periods = unlearnt(record[["asset", "start", "end"]], learnt)
    ours, theirs = (_judged_assets(one.windows, periods) for one in said)
    judged = periods[periods["asset"].isin(list(ours | theirs))]
    events = read_table(tables, "events")
    # What one of them has a signature for, the other is expected to name, too.
    signed = frozenset(one.failure_mode for by in scorers for one in by.release.signatures)
    first, second = (
        judge(found, events, judged, settings, signed=signed)
        for found in (one.incidents for one in said)
    )
    result = decide(
        first.metrics,
        second.metrics,
        settings.gate,
        _lost(record, ours, theirs),
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


def _judged_assets(windows: pd.DataFrame, periods: pd.DataFrame) -> set[str]:
    """Name the assets of which a release can say something in the time that is compared."""
    able = windows.loc[windows["reason"] == "", ["asset", "end"]]
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
