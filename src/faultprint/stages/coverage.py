"""What the release can see on each asset, and how each of its signatures stands."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.coverage import Fleet, cover
from faultprint.evaluate.standing import Confirmation, standing
from faultprint.faults.release import Release
from faultprint.serve.coverage_page import Covered
from faultprint.serve.score import Scorer
from faultprint.stages.judging import (
    Judged,
    evaluable_time,
    exposed_periods,
    held_out_periods,
    judge,
)
from faultprint.stages.workspace import Workspace, read_frames, read_json
from faultprint.store.parquet import read_table


def coverage(
    settings: Settings,
    workspace: Workspace,
    scorer: Scorer,
    opinions: Iterable[Confirmation] = (),
) -> Covered:
    """Work out what a release can see.

    Parameters
    ----------
    settings : Settings
        How incidents are matched with failures.
    workspace : Workspace
        Where windows, tables and results are read.
    scorer : Scorer
        The release; its incidents must be among the results.
    opinions : Iterable[Confirmation], default ()
        Experts' opinions that incidents were known faults.

    Returns
    -------
    Covered
        The matrix, what one more sensor would buy, and the standing of each signature.
    """
    release = scorer.release
    windows = read_frames(workspace.expected / "windows")
    events = read_table(workspace.tables, "events")
    incidents = read_table(workspace.results, "incidents")
    mine = incidents[incidents["release"] == scorer.label]
    evaluable = evaluable_time(windows)
    judged = judge(mine, events, held_out_periods(windows), settings, evaluable)
    refused = _refused(workspace)
    fleets = [
        _fleet(name, frame, release, events, judged, refused.get(name, {}))
        for name, frame in windows.items()
    ]
    exposed = {name: exposed_periods(frame, events, settings) for name, frame in windows.items()}
    end = max(frame["end"].max() for frame in windows.values())
    said = tuple(opinions)
    standings = []
    for one in release.signatures:
        assets = list(windows[one.equipment_class]["asset"].unique())
        failed, raised = (
            frame[frame["asset"].isin(assets)] for frame in (judged.failures, judged.incidents)
        )
        close = [o for o in said if o.asset in assets]
        standings.append(standing(one, failed, raised, exposed[one.equipment_class], end, close))
    return Covered(scorer.label, cover(fleets), tuple(standings))


def _fleet(
    name: str,
    windows: pd.DataFrame,
    release: Release,
    events: pd.DataFrame,
    judged: Judged,
    refused: dict[str, str],
) -> Fleet:
    assets = list(windows["asset"].unique())
    failed = events[events["kind"].isin(["failure", "fault"]) & events["asset"].isin(assets)]
    found = judged.failures[judged.failures["asset"].isin(assets)]
    counts = found.groupby("failure_mode")["found"].agg(["sum", "size"])
    return Fleet(
        equipment_class=name,
        model=release.models.get(name),
        signatures=tuple(s for s in release.signatures if s.equipment_class == name),
        windows=windows,
        modes=tuple(sorted(set(failed["failure_mode"]) - {""})),
        refused=refused,
        found={str(mode): (int(row["sum"]), int(row["size"])) for mode, row in counts.iterrows()},
    )


def _refused(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Read which failure modes got no signature and why, if the learn stage left word."""
    place = workspace.metrics / "learn.json"
    if not place.exists():
        return {}
    told: dict[str, list[str]] = read_json(place).get("refused", {})
    return {
        name: {mode: why for mode, _, why in (one.partition(": ") for one in lines)}
        for name, lines in told.items()
    }
