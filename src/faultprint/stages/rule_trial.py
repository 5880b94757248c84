"""Expert rules tried on the archive before they count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Settings
from faultprint.faults.expert import Rule
from faultprint.faults.release import scoring_settings
from faultprint.faults.rules.book import RuleBook
from faultprint.faults.rules.matching import class_scope, compile_book
from faultprint.faults.rules.verdicts import Finding, findings
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.state.alarms import persist

DRY_RUN = ("rule", "asset", "windows", "unknown", "holds", "incidents")
"""Columns of the dry run."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What rules would have done on the archive."""

    rows: pd.DataFrame
    """By rule and asset: see :data:`DRY_RUN`."""
    incidents: pd.DataFrame
    """``rule``, ``failure_mode``, ``asset``, ``opened``, ``cleared`` of each incident."""


def try_rules(book: RuleBook, settings: Settings, workspace: Workspace) -> Trial:
    """Run rules over the archive, each by itself; nothing is written.

    Parameters
    ----------
    book : RuleBook
        The rules.
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``data/expected`` is read.

    Returns
    -------
    Trial
        Windows and incidents by rule and asset.
    """
    scoring = scoring_settings(settings)
    compile_book(book, scoring)
    windows = read_frames(workspace.expected / "windows")
    residuals = read_frames(workspace.expected / "residuals")
    rows: list[dict[str, Any]] = []
    raised: list[dict[str, Any]] = []
    for name, frame in windows.items():
        if not book.of(name):
            continue
        order = frame.sort_values(["asset", "end"], kind="stable", ignore_index=True)
        for one in findings(book, class_scope(scoring, name), frame, residuals[name]):
            for asset, mine in _by_asset(one, order):
                incidents = _incidents(one.rule, mine, settings)
                raised += incidents
                rows.append(_row(one.rule, asset, mine, len(incidents)))
    table = pd.DataFrame(rows, columns=list(DRY_RUN))
    columns = ["rule", "failure_mode", "asset", "opened", "cleared"]
    return Trial(
        table.sort_values(["rule", "asset"], kind="stable", ignore_index=True),
        pd.DataFrame(raised, columns=columns),
    )


def _by_asset(one: Finding, order: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Give the windows that can be judged with what the rule says of them."""
    frame = order.iloc[one.rows].assign(holds=one.holds)
    frame = frame.assign(holds=frame["holds"].where(frame["reason"] == ""))
    return ((str(asset), mine) for asset, mine in frame.groupby("asset", sort=True))


def _row(rule: Rule, asset: str, mine: pd.DataFrame, incidents: int) -> dict[str, Any]:
    able = mine["reason"] == ""
    return {
        "rule": rule.name,
        "asset": asset,
        "windows": int(able.sum()),
        "unknown": int((able & mine["holds"].isna()).sum()),
        "holds": int((mine["holds"] == 1).sum()),
        "incidents": incidents,
    }


def _incidents(rule: Rule, mine: pd.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    detect = settings.detect
    on = persist(mine["end"], mine["holds"].to_numpy(), detect.on_delay, detect.off_delay)
    change = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    ends = mine["end"].to_list()
    return [
        {
            "rule": rule.name,
            "failure_mode": rule.failure_mode,
            "asset": str(mine["asset"].iloc[0]),
            "opened": ends[start],
            "cleared": ends[stop] if stop < len(ends) else pd.NaT,
        }
        for start, stop in zip(
            np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True
        )
    ]


def trial_page(book: RuleBook, trial: Trial) -> str:
    """Print what rules would have done.

    Parameters
    ----------
    book : RuleBook
        The rules.
    trial : Trial
        What :func:`try_rules` found.

    Returns
    -------
    str
        A paragraph a rule: its text, then the assets on which it holds anywhere.
    """
    lines = []
    for rule in book.rules:
        mine = trial.rows[trial.rows["rule"] == rule.name]
        total = mine[["windows", "unknown", "holds", "incidents"]].sum()
        lines += [
            f"{rule.equipment_class}/{rule.name} {rule.version} ({rule.failure_mode})",
            f"  {rule.rule}",
            f"  holds in {total['holds']} of {total['windows']} windows of {len(mine)} assets, "
            f"unknown in {total['unknown']}; {_counted(int(total['incidents']))}",
        ]
        lines += [
            f"    {row.asset}: {row.holds} windows, {_counted(row.incidents)}"
            for row in mine[mine["holds"] > 0].itertuples()
        ]
    return "\n".join(lines)


def _counted(incidents: Any) -> str:
    return "1 incident" if incidents == 1 else f"{incidents} incidents"
