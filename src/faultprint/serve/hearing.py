"""Which sensors are heard: each is held against the twin and against the other sensors."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from faultprint.faults.release import ScoringSettings
from faultprint.state.distrust import SUSPECTED, distrust
from faultprint.state.sensor_drift import find_drift, silenced, suspects
from faultprint.state.spells import spells_table
from faultprint.twin.baseline import Twin, expect


@dataclass(frozen=True, eq=False)
class Heard:
    """Windows of one class after the sensors were held against one another."""

    windows: pd.DataFrame
    """Without the descriptors of drifting sensors; ``suspected`` names those in doubt."""
    residuals: pd.DataFrame
    """As the twin sees them, drifting sensors too: they are the evidence."""
    believed: pd.DataFrame
    """Without those of drifting sensors."""
    drifts: pd.DataFrame
    """Rows of ``sensor_health``: drifts."""


def hear(twin: Twin, windows: pd.DataFrame, scoring: ScoringSettings, release: str) -> Heard:
    """Compare windows with the twin, and each sensor with the others.

    Parameters
    ----------
    twin : Twin
        The twin, with the baselines of all assets.
    windows : pandas.DataFrame
        Rows of ``windows`` of one equipment class.
    scoring : ScoringSettings
        When a sensor drifts.
    release : str
        Name of the release, written into every row.

    Returns
    -------
    Heard
        Windows in the order they came in. What is said of a window depends on nothing later.
    """
    residuals = expect(twin, windows)
    settings, relations = scoring.sensor_health, twin.relations
    nothing = pd.Series("", index=windows.index, dtype="str")
    marked = windows.assign(**{SUSPECTED: windows.get(SUSPECTED, nothing)})
    tables, silent = [spells_table("", [], release)], False
    if relations is None or not settings.enabled:
        return Heard(marked, residuals, residuals, tables[0])
    equipment = scoring.equipment[str(windows["equipment_class"].iloc[0])]
    parts, both = [], (relations, twin.at_once)
    for asset, own in residuals.groupby("asset", sort=True):
        spells = find_drift(own, relations, settings)
        left_out = silenced(spells, relations, settings)
        mine = marked[marked["asset"] == asset]
        doubted = suspects(own, both, settings).reindex(mine["end"]).fillna("")
        told = mine[SUSPECTED].str.cat(doubted.to_numpy(dtype="str"), sep="|").str.strip("|")
        parts.append(distrust(mine.assign(**{SUSPECTED: told}), left_out, equipment))
        tables.append(spells_table(str(asset), spells, release))
        silent |= bool(left_out)
    whole = pd.concat(parts).loc[windows.index]
    believed = expect(twin, whole) if silent else residuals
    full = [table for table in tables if len(table)] or tables[:1]
    return Heard(whole, residuals, believed, pd.concat(full, ignore_index=True))
