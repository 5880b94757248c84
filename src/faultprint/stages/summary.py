"""What the main job found, for a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd

from faultprint.stages.workspace import Workspace, read_json
from faultprint.store.bundle import read_manifest
from faultprint.store.parquet import read_table

SHOWN = 5
"""Open incidents listed."""


def summary(workspace: Workspace) -> str:
    """Say in a screenful what was found, how sure, and where to look.

    Parameters
    ----------
    workspace : Workspace
        After the report stage.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    manifest = read_manifest(workspace.release)
    gate = read_json(workspace.metrics / "gate.json")
    numbers = read_json(workspace.metrics / "events.json")
    incidents = read_table(workspace.results, "incidents")
    mine = incidents[incidents["release"] == manifest.label]
    signed = {unquote(Path(p.path).stem) for p in manifest.parts if p.path.endswith(".yaml")}
    decided = "published" if gate["promoted"] else "held"
    lines = [
        f"Release {manifest.label} is current ({decided}: {gate['reason']}).",
        "",
        "Judged on the last part of the history, which nothing was learnt from:",
        *_numbers(numbers),
        "",
        f"{'failure mode':<22}{'found':>9}{'named':>9}{'false alarms':>15}{'lead time':>13}",
        *(_mode(name, one, signed) for name, one in sorted(numbers["modes"].items())),
        *_unsigned(set(numbers["modes"]) - signed),
        *_open(mine),
        "",
        *_rejected(workspace),
        f"Report:      {workspace.reports / 'index.html'}",
        f"Signatures:  faultprint signatures show <failure mode>{_release(workspace)}",
    ]
    return "\n".join(lines)


def _release(workspace: Workspace) -> str:
    there = workspace.release == Path("models/release")
    return "" if there else f" --release {workspace.release}"


def _rejected(workspace: Workspace) -> list[str]:
    rejects = read_table(workspace.tables, "rejects")
    if rejects.empty:
        return []
    reasons = rejects["reason"].value_counts()
    most = f"{reasons.index[0]!s:.60}: {reasons.iloc[0]}"
    return [f"Refused:     {len(rejects)} rows at the door ({most}; see the ingest report)"]


def _numbers(m: dict[str, Any]) -> list[str]:
    rate, lead = m["false_alarms_per_asset_month"], m["lead_time"]
    ahead = f"{lead['median'] / 24:.1f} days" if lead["median"] is not None else "none"
    return [
        f"  failures found       {_share(m['found'])}",
        f"  and rightly named    {_share(m['named'])}",
        f"  incidents confirmed  {_share(m['precision'])}",
        f"  false alarms         {m['false_alarms']} in {m['asset_months']:.0f} asset-months"
        " judged",
        f"    far from repairs   {m['exposed_false_alarms']} in {m['exposed_asset_months']:.0f}"
        f" asset-months = {rate['value']:.2f} a month, 95 % interval {_interval(rate)}",
        *_budget(m.get("false_alarm_budget"), rate),
        f"  lead time            {ahead} in the median",
        f"  F1 by event          {m['f1_events']:.2f}; trivial: {_trivial(m['baselines'])}",
    ]


def _budget(budget: float | None, rate: dict[str, Any]) -> list[str]:
    """Put the promise beside what came; before there was one in the numbers, nothing."""
    if budget is None:
        return []
    if rate["low"] > budget:
        told = "more came than that"
    elif rate["high"] is not None and rate["high"] < budget:
        told = "fewer came than that"
    else:
        told = "within the interval"
    return [f"    budget             {budget:g} a month: {told}"]


def _trivial(baselines: dict[str, Any]) -> str:
    """Say what detectors score that look at nothing."""
    named = {"always_on": "always on", "every_max_lead": "raised each max_lead"}
    scores = [f"{named.get(name, name)} {b['f1_events']:.2f}" for name, b in baselines.items()]
    return ", ".join(scores)


def _interval(rate: dict[str, Any]) -> str:
    high = "no bound" if rate["high"] is None else f"{rate['high']:.2f}"
    return f"{rate['low']:.2f} to {high}"


def _share(p: dict[str, Any]) -> str:
    return f"{p['hits']} of {p['n']}, 95 % interval {p['low']:.2f} to {p['high']:.2f}"


def _mode(name: str, m: dict[str, Any], signed: set[str]) -> str:
    lead = m["lead_time"]["median"]
    ahead = f"{lead / 24:.1f} days" if lead is not None else "-"
    found = f"{m['found']['hits']}/{m['failures']}"
    named = f"{m['named']['hits']}/{m['failures']}"
    name = name if name in signed else f"{name}*"
    return f"{name[:21]:<22}{found:>9}{named:>9}{m['false_alarms']:>15}{ahead:>13}"


def _unsigned(modes: set[str]) -> list[str]:
    return ["* no signature yet: it can be found, not named"] if modes else []


def _open(incidents: pd.DataFrame) -> list[str]:
    standing = incidents[incidents["cleared"].isna()].sort_values("p_value")
    if standing.empty:
        return ["", "No incident is open."]
    lines = [
        f"  {row['asset']:<12}{row['failure_mode'] or row['verdict']:<24}"
        f"since {row['opened']:%Y-%m-%d %H:%M} UTC"
        for row in standing.head(SHOWN).to_dict("records")
    ]
    more = len(standing) - SHOWN
    rest = [f"  and {more} more"] if more > 0 else []
    return ["", f"Open incidents: {len(standing)}", *lines, *rest]
