"""Measuring sensor health on the simulated fleet, against the truth that training never reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.sensors import (
    defect_incidents,
    defect_table,
    match_defects,
    wrong_accusations,
)
from faultprint.stages.workspace import Workspace
from faultprint.state.sensor_health import judge_sensors, spells_table
from faultprint.store.parquet import list_assets, read_readings, read_table

MONTH = pd.Timedelta(days=30)


def sensor_page(settings: Settings, workspace: Workspace) -> str:
    """Count the sensor defects that were caught, how late, and who was wrongly accused.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        After the ingest stage; after scoring, drift and incidents are judged too.

    Returns
    -------
    str
        Markdown.
    """
    truth = pd.read_csv(workspace.truth / "truth.csv", parse_dates=["onset", "end"])
    defects = truth[truth["kind"] == "defect"]
    health, months = _health(settings, workspace.tables)
    scored = workspace.results / "sensor_health.parquet"
    if scored.exists():
        found = read_table(workspace.results, "sensor_health")
        health = pd.concat([health, found[found["kind"] == "drift"]], ignore_index=True)
    wrong = wrong_accusations(health, defects)
    each = ", ".join(f"{n} {kind}" for kind, n in sorted(wrong["kind"].value_counts().items()))
    lines = [
        *defect_table(match_defects(health, defects)),
        "",
        f"Wrongly accused: {len(wrong)} times in {months:.0f} sensor-months ({each or 'none'}).",
    ]
    if scored.exists():
        lines += _incident_lines(settings, workspace.results, truth)
    return "\n".join(lines)


def _health(settings: Settings, tables: Path) -> tuple[pd.DataFrame, float]:
    parts, months = [], 0.0
    for equipment_class, asset in list_assets(tables):
        equipment = settings.equipment[equipment_class]
        readings = read_readings(tables, equipment_class, asset)
        spells = judge_sensors(readings, equipment, settings.sensor_health)
        parts.append(spells_table(asset, spells, ""))
        watched = (readings["time"].max() - readings["time"].min()) / MONTH
        months += watched * len(equipment.sensors)
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True), months


def _incident_lines(settings: Settings, results: Path, truth: pd.DataFrame) -> list[str]:
    incidents = read_table(results, "incidents")
    window = pd.Timedelta(settings.windows.length)
    alone = defect_incidents(incidents, truth, window)
    named = int(incidents["verdict"].isin(["known", "ambiguous"]).sum())
    lines = [
        f"Incidents that name a fault: {named}; first seen while a sensor was bad and no fault was "
        f"there: {len(alone)}."
    ]
    for (defect, sensor, mode), same in alone.groupby(["defect", "sensor", "failure_mode"]):
        lines.append(f"- {defect} of {sensor}: {mode} {len(same)}")
    return lines
