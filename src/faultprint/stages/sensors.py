"""Measuring sensor health on the simulated fleet, against the truth that training never reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.sensors import (
    defect_table,
    during_defects,
    in_doubt,
    match_defects,
    rate_table,
    still_named,
    wrong_accusations,
)
from faultprint.serve.score import Scorer
from faultprint.signal.instants import instants
from faultprint.simulate.fleet import simulate
from faultprint.stages.judging import held_out_periods, judge
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.state.distrust import DISTRUSTED, distrust
from faultprint.state.sensor_health import judge_sensors
from faultprint.state.spells import Spell, spells_table
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.tables import QUALITY, QUALITY_SUFFIX

YEAR = pd.Timedelta(days=365.25)


def sensor_page(settings: Settings, workspace: Workspace) -> str:
    """Count the sensor defects that were caught, how late, and who was wrongly accused.

    Parameters
    ----------
    settings : Settings
        Settings; ``seed`` and ``simulate`` those the fleet was made with.
    workspace : Workspace
        After the ingest stage; after scoring, drift and incidents are judged too.

    Returns
    -------
    str
        Markdown.
    """
    truth = pd.read_csv(workspace.truth / "truth.csv", parse_dates=["onset", "end"])
    defects = truth[truth["kind"] == "defect"]
    health, years = _health(settings, workspace.tables)
    scored = workspace.results / "sensor_health.parquet"
    if scored.exists():
        found = read_table(workspace.results, "sensor_health")
        health = pd.concat([health, found[found["kind"] == "drift"]], ignore_index=True)
    wrong = wrong_accusations(health, defects)
    lines = [
        *defect_table(match_defects(health, defects)),
        "",
        *rate_table(health, wrong, truth, years),
        "",
        f"Watched: {years:.0f} sensor-years.",
    ]
    if scored.exists():
        lines += _incident_lines(settings, workspace, truth)
    return "\n".join(lines)


def _health(settings: Settings, tables: Path) -> tuple[pd.DataFrame, float]:
    parts, years = [], 0.0
    for equipment_class, asset in list_assets(tables):
        equipment = settings.equipment[equipment_class]
        readings = read_readings(tables, equipment_class, asset)
        spells = judge_sensors(readings, equipment, settings.sensor_health)
        parts.append(spells_table(asset, spells, ""))
        watched = (readings["time"].max() - readings["time"].min()) / YEAR
        years += watched * len(equipment.sensors)
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True), years


@dataclass(frozen=True)
class _Plant:
    """What is needed to score an asset once more."""

    scorer: Scorer
    tables: Path
    events: pd.DataFrame
    assets: pd.DataFrame
    classes: dict[str, str]

    def readings(self, asset: str) -> pd.DataFrame:
        """Read what an asset was scored on."""
        return read_readings(self.tables, self.classes[asset], asset)

    def incidents(self, readings: pd.DataFrame) -> pd.DataFrame:
        """Score readings that were changed."""
        mine = self.events["asset"] == readings["asset"].iloc[0]
        return self.scorer.score(readings, self.events[mine], self.assets).incidents

    def without(self, readings: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
        """Score the windows without the descriptors of the sensors that were bad in them."""
        asset = str(readings["asset"].iloc[0])
        equipment_class = self.classes[asset]
        mine = self.events[self.events["asset"] == asset]
        windows = self.scorer.describe(readings, mine, equipment_class).windows
        equipment = self.scorer.release.scoring.equipment[equipment_class]
        onsets, ends = instants(defects["onset"]).tolist(), instants(defects["end"]).tolist()
        spells = [
            Spell(sensor, "stuck", since, until)
            for sensor, since, until in zip(defects["item"], onsets, ends, strict=True)
        ]
        kept = {name: windows[name] for name in ("reason", DISTRUSTED)}
        return self.scorer.score_windows(
            distrust(windows, spells, equipment).assign(**kept)
        ).incidents


def _incident_lines(settings: Settings, workspace: Workspace, truth: pd.DataFrame) -> list[str]:
    incidents = read_table(workspace.results, "incidents")
    assets = read_table(workspace.tables, "assets")
    plant = _Plant(
        Scorer.load(workspace.release),
        workspace.tables,
        read_table(workspace.tables, "events"),
        assets,
        dict(zip(assets["asset"], assets["equipment_class"], strict=True)),
    )
    struck = during_defects(incidents, truth, pd.Timedelta(settings.windows.length))
    weak = [
        (incident, defects)
        for incident, defects in struck
        if not still_named(incident, plant.without(plant.readings(incident["asset"]), defects))
    ]
    caused = [one for one in _repaired(settings, plant, weak) if not one.stands]
    named = incidents[incidents["verdict"].isin(["known", "ambiguous"])]
    rests = sum(bool(in_doubt({"evidence": text})) for text in named["evidence"])
    blamed = sum(one.blamed for one in caused)
    return [
        "",
        f"Incidents that name a fault: {len(named)}, of these {rests} as this fault or a sensor; "
        f"while a sensor was bad: {len(struck)}; not named without that sensor: {len(weak)}; of "
        f"these caused by it, since they are not named when its readings are put right either: "
        f"{len(caused)}; of these told as this fault or that sensor: {blamed}. Fault incidents "
        f"raised from a bad sensor alone: {len(caused) - blamed}.",
        *(f"- {one.said}" for one in caused),
        "",
        _cost(settings, workspace, incidents),
    ]


def _cost(settings: Settings, workspace: Workspace, incidents: pd.DataFrame) -> str:
    """Say what it costs to tell a fault that rests on a sensor as just that."""
    windows = read_frames(workspace.expected / "windows", ("part",))
    events = read_table(workspace.tables, "events")
    judged = judge(incidents, events, held_out_periods(windows), settings)
    texts = zip(incidents["incident"], incidents["evidence"], strict=True)
    rests = {name for name, text in texts if in_doubt({"evidence": text})}
    found, named = judged.failures["found"], judged.failures["mode_right"]
    firmly = named & ~judged.failures["incident"].isin(rests)
    wrong = judged.incidents.loc[judged.incidents["outcome"] == "false", "incident"]
    return (
        f"Held-out failures: {len(found)}, found {int(found.sum())}, named {int(named.sum())}, of "
        f"these {int(firmly.sum())} without any sensor in doubt. False incidents: {len(wrong)}, of "
        f"these {int(wrong.isin(rests).sum())} with a sensor in doubt."
    )


@dataclass(frozen=True)
class _Again:
    """An incident, scored again with its sensors put right."""

    said: str
    stands: bool
    """Whether it is raised all the same."""
    blamed: bool
    """Whether it says that it may be one of these sensors."""


def _repaired(
    settings: Settings, plant: _Plant, weak: list[tuple[dict[str, Any], pd.DataFrame]]
) -> Iterator[_Again]:
    """Score again with the readings that the bad sensors should have given."""
    names = {incident["asset"] for incident, _ in weak}
    sound_fleet = settings.simulate.model_copy(update={"sensor_defects": False})
    sound = {
        history.asset: history.readings
        for history in (simulate(sound_fleet, settings.seed) if names else ())
        if history.asset in names
    }
    for incident, defects in weak:
        asset, sensors = incident["asset"], in_doubt(incident)
        readings = put_right(plant.readings(asset), sound[asset], defects)
        which = ", ".join(f"{d['mode']} of {d['item']}" for d in defects.to_dict("records"))
        rests = f", in doubt of {', '.join(sorted(sensors))}" if sensors else ""
        yield _Again(
            f"{asset} {incident['first_seen']:%Y-%m-%d} {incident['verdict']} "
            f"{incident['failure_mode']}{rests} ({which})",
            still_named(incident, plant.incidents(readings)),
            bool(sensors & set(defects["item"])),
        )


def put_right(readings: pd.DataFrame, sound: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
    """Replace what bad sensors said by what they should have.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of ``readings`` of one asset.
    sound : pandas.DataFrame
        What its sensors would have read, indexed by time.
    defects : pandas.DataFrame
        ``item``, ``onset`` and ``end`` of what was wrong.

    Returns
    -------
    pandas.DataFrame
        A copy, with values at the minutes of the hour at which the sensor is read.
    """
    mended = readings.copy()
    for defect in defects.to_dict("records"):
        sensor = str(defect["item"])
        minute = mended["time"].dt.minute
        read = minute.isin(minute[mended[sensor].notna()].unique())
        rows = (mended["time"].between(defect["onset"], defect["end"]) & read).to_numpy()
        told = sound[sensor].reindex(mended.loc[rows, "time"]).to_numpy(dtype=np.float64)
        mended.loc[rows, sensor] = told
        quality = np.where(np.isnan(told), QUALITY["missing"], QUALITY["good"])
        mended.loc[rows, sensor + QUALITY_SUFFIX] = quality.astype("uint8")
    return mended
