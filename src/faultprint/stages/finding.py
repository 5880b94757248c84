"""A diagnosis by the name that people give it: an incident, or an asset at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from faultprint.errors import ConfigError
from faultprint.stages.workspace import Workspace
from faultprint.state.doubted import faults_of
from faultprint.store.parquet import read_table

LONGEST = pd.Timedelta(days=2)
"""How long before the instant asked for a window may end at most."""

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Found:
    """One diagnosis with what it belongs to."""

    diagnosis: Row
    """Row of ``diagnoses``; of an incident, the window that its evidence is of."""
    state: Row
    """Row of ``states`` of the same window."""
    incident: Row | None
    """Row of ``incidents`` it belongs to, if to any."""
    incidents: pd.DataFrame
    """All incidents of its release."""


def find_diagnosis(name: str, workspace: Workspace, preferred: str = "") -> Found:
    """Find a diagnosis among the results.

    Parameters
    ----------
    name : str
        Identity of an incident or the beginning of it, or ``asset@time`` (UTC unless it says
        otherwise): the last window that ended by then.
    workspace : Workspace
        Where ``results`` are read.
    preferred : str, default ''
        Label of the release whose windows are preferred; else the last release that scored.

    Returns
    -------
    Found
        The diagnosis.

    Raises
    ------
    ConfigError
        If there is none, or the beginning fits several incidents.
    """
    incidents = read_table(workspace.results, "incidents")
    asset, mark, time = name.rpartition("@")
    if not mark:
        return _of_incident(_incident(name, incidents), incidents, workspace)
    diagnoses = read_table(workspace.results, "diagnoses")
    mine = diagnoses[diagnoses["asset"] == asset]
    if mine.empty:
        raise ConfigError.unknown("asset", asset, sorted(diagnoses["asset"].unique()))
    when = _instant(time)
    near = mine[(mine["end"] <= when) & (mine["end"] > when - LONGEST)]
    if near.empty:
        raise ConfigError.because(
            f"{name!r}, which nothing was scored at",
            f"an instant between {mine['end'].min()} and {mine['end'].max()}",
            "choose another, or score these readings first",
        )
    latest = near[near["end"] == near["end"].max()]
    chosen = latest[latest["release"] == preferred]
    row = (chosen if len(chosen) else latest).iloc[-1]
    return _found(row.to_dict(), _around(row, incidents), incidents, workspace)


def _incident(name: str, incidents: pd.DataFrame) -> Row:
    fitting = incidents[incidents["incident"].str.startswith(name)] if name else incidents.iloc[:0]
    if len(fitting) == 1:
        return {str(k): v for k, v in fitting.iloc[0].to_dict().items()}
    if len(fitting):
        raise ConfigError.because(
            f"{name!r}, which {len(fitting)} incidents begin with", "one", "write more of it"
        )
    raise ConfigError.because(
        f"unknown incident {name!r}",
        f"the identity of one of {len(incidents)}, or its beginning",
        "see faultprint incidents list",
    )


def _of_incident(incident: Row, incidents: pd.DataFrame, workspace: Workspace) -> Found:
    diagnoses = read_table(workspace.results, "diagnoses")
    mine = diagnoses[
        (diagnoses["asset"] == incident["asset"])
        & (diagnoses["release"] == incident["release"])
        & (diagnoses["end"] >= incident["first_seen"])
    ]
    if not pd.isna(incident["cleared"]):
        mine = mine[mine["end"] < incident["cleared"]]
    same = mine[mine["evidence"].map(faults_of) == faults_of(str(incident["evidence"]))]
    if same.empty:
        raise ConfigError.because(
            f"incident {incident['incident']!r} without its diagnoses in {workspace.results}",
            "the diagnoses it was raised from",
            "score its readings again",
        )
    return _found(same.iloc[0].to_dict(), incident, incidents, workspace)


def _found(
    row: dict[Any, Any], incident: Row | None, incidents: pd.DataFrame, workspace: Workspace
) -> Found:
    diagnosis = {str(k): v for k, v in row.items()}
    states = read_table(workspace.results, "states")
    state = states[
        (states["asset"] == diagnosis["asset"])
        & (states["end"] == diagnosis["end"])
        & (states["release"] == diagnosis["release"])
    ].iloc[0]
    of_release = incidents[incidents["release"] == diagnosis["release"]]
    return Found(
        diagnosis,
        {str(k): v for k, v in state.to_dict().items()},
        incident,
        of_release.reset_index(drop=True),
    )


def _around(row: pd.Series, incidents: pd.DataFrame) -> Row | None:
    open_then = incidents["cleared"].isna() | (incidents["cleared"] > row["end"])
    mine = incidents[
        (incidents["asset"] == row["asset"])
        & (incidents["release"] == row["release"])
        & (incidents["first_seen"] <= row["end"])
        & open_then
    ]
    same = mine[mine["failure_mode"] == row["failure_mode"]]
    chosen = same if len(same) else mine
    return {str(k): v for k, v in chosen.iloc[0].to_dict().items()} if len(chosen) else None


def _instant(text: str) -> pd.Timestamp:
    try:
        when = pd.Timestamp(text)
    except ValueError as error:
        raise ConfigError.because(
            f"{text!r}, which is no instant", "for example P-7@2025-03-01T06:00", "write it so"
        ) from error
    return when.tz_localize("UTC") if when.tzinfo is None else when.tz_convert("UTC")
