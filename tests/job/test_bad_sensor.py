"""One sensor of a healthy machine is spoilt: no fault may be diagnosed from that alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Settings
from faultprint.serve.score import Scored, Scorer
from faultprint.signal.clean import flag_readings
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.tables import QUALITY, QUALITY_SUFFIX

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
LASTS = pd.Timedelta("72h")
KINDS = ["stuck", "spiking", "missing", "noise_burst", "noise_collapse", "out_of_range"]


def healthy_stretch(windows: pd.DataFrame, asset: str) -> pd.Timestamp:
    """Return the first instant after a month from which six days are healthy throughout."""
    mine = windows[windows["asset"] == asset].sort_values("end")
    good = (mine["use"] == "healthy").rolling(24).sum() == 24
    late = mine["end"] > mine["end"].iloc[0] + pd.Timedelta("720h")
    ends = mine.loc[good & late, "end"]
    return pd.Timestamp(ends.iloc[0]) - pd.Timedelta("138h") if len(ends) else pd.NaT


def _spoil(values: np.ndarray, kind: str, top: float) -> np.ndarray:
    rng = np.random.default_rng(9)
    spread = np.nanstd(values) + 0.02 * np.nanmean(np.abs(values))
    if kind == "stuck":
        return np.full(values.size, values[np.isfinite(values)][0])
    if kind == "spiking":
        return np.where(np.arange(values.size) % 3 == 0, values + 12 * spread, values)
    if kind == "missing":
        return np.where(rng.random(values.size) < 0.8, np.nan, values)
    if kind == "noise_burst":
        return values + 6 * spread * rng.standard_normal(values.size)
    if kind == "noise_collapse":
        return np.nanmean(values) + 1e-6 * spread * rng.standard_normal(values.size)
    return np.full(values.size, top * 2) + rng.standard_normal(values.size)


def with_defect(
    readings: pd.DataFrame, sensor: str, kind: str, since: pd.Timestamp, settings: Settings
) -> pd.DataFrame:
    equipment = settings.equipment[class_of(readings, settings)]
    rows = readings["time"].between(since, since + LASTS).to_numpy()
    spoilt = readings.copy()
    values = spoilt[sensor].to_numpy(copy=True)
    limits = equipment.sensors[sensor].valid
    values[rows] = _spoil(values[rows], kind, limits[1] if limits else 1e6)
    spoilt[sensor] = values
    for name in equipment.sensors:
        lost = spoilt[name].isna()
        spoilt[name + QUALITY_SUFFIX] = np.where(lost, QUALITY["missing"], 0).astype("uint8")
    return flag_readings(spoilt, equipment, settings.cleaning)


def class_of(readings: pd.DataFrame, settings: Settings) -> str:
    return next(n for n, e in settings.equipment.items() if set(e.sensors) <= set(readings.columns))


def score(scorer: Scorer, workspace: Workspace, readings: pd.DataFrame) -> Scored:
    asset = readings["asset"].iloc[0]
    events = read_table(workspace.tables, "events")
    last = readings["time"].max()
    mine = events[(events["asset"] == asset) & (events["time"] <= last)]
    return scorer.score(readings, mine, read_table(workspace.tables, "assets"))


def named(scored: Scored, since: pd.Timestamp) -> set[str]:
    found = scored.incidents
    told = found["verdict"].isin(["known", "ambiguous"]) & (found["first_seen"] >= since)
    return set(found.loc[told, "failure_mode"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_is_diagnosed_from_a_bad_sensor_alone(
    job: Job, settings: Settings, kind: str
) -> None:
    workspace, _ = job
    scorer = Scorer.load(workspace.release)
    tried = caught = 0
    for name in settings.equipment:
        windows = pd.read_parquet(workspace.windows / f"{name}.parquet")
        assets = [a for c, a in list_assets(workspace.tables) if c == name]
        starts = {a: healthy_stretch(windows, a) for a in assets}
        asset = next(a for a in assets if pd.notna(starts[a]))
        since = starts[asset]
        readings = read_readings(workspace.tables, name, asset)
        readings = readings[readings["time"] <= since + LASTS + pd.Timedelta("48h")]
        before = named(score(scorer, workspace, readings), since)
        sensors = settings.equipment[name].sensors
        for sensor in [n for n, s in sensors.items() if s.role == "symptom"]:
            if readings[sensor].isna().all():
                continue
            spoilt = with_defect(readings, sensor, kind, since, settings)
            scored = score(scorer, workspace, spoilt)
            assert named(scored, since) <= before, (asset, sensor)
            health = scored.sensor_health
            tried += 1
            accused = health[(health["since"] >= since) & (health["sensor"] == sensor)]
            caught += len(accused) > 0
    assert tried >= 15
    assert caught >= 0.8 * tried, f"{caught} of {tried} caught"


def test_a_sensor_that_reads_wrong_is_at_least_in_doubt(job: Job, settings: Settings) -> None:
    """No check sees a shift as small as a machine's own moves; conditions have no residual."""
    workspace, _ = job
    scorer, shifted = Scorer.load(workspace.release), 0
    for name in settings.equipment:
        windows = pd.read_parquet(workspace.windows / f"{name}.parquet")
        assets = [a for c, a in list_assets(workspace.tables) if c == name]
        starts = {a: healthy_stretch(windows, a) for a in assets}
        asset = next(a for a in assets if pd.notna(starts[a]))
        since = starts[asset]
        readings = read_readings(workspace.tables, name, asset)
        readings = readings[readings["time"] <= since + LASTS + pd.Timedelta("48h")]
        before = named(score(scorer, workspace, readings), since)
        sensors = scorer.release.models[name].footing
        assert {"speed", "ambient_temperature"} <= set(sensors)
        for sensor in sensors:
            rows = readings["time"].between(since, since + LASTS).to_numpy()
            size = 0.06 * readings[sensor].abs().mean()
            read = readings[sensor].where(~rows, readings[sensor] + size)
            scored = score(scorer, workspace, readings.assign(**{sensor: read}))
            found = scored.incidents
            told = found["evidence"].str.contains(f'"sensor:{sensor}"', regex=False)
            shifted += int(told.sum())
            fresh = replace(scored, incidents=found[~told])
            assert named(fresh, since) <= before, (asset, sensor)
    assert shifted > 0


def test_scoring_says_which_sensors_were_bad_and_what_it_did_not_judge(job: Job) -> None:
    workspace, _ = job
    health = tables.check("sensor_health", read_table(workspace.results, "sensor_health"))
    assert {"stuck", "missing"} <= set(health["kind"])
    diagnoses = read_table(workspace.results, "diagnoses")
    told = diagnoses[diagnoses["reason"].str.startswith("sensor_bad:")]
    assert len(told) > 20
    assert (told["verdict"] == "not_evaluable").all()
    for reason, asset in set(zip(told["reason"], told["asset"], strict=True)):
        _, sensor, kind = reason.split(":")
        mine = health[(health["asset"] == asset) & (health["sensor"] == sensor)]
        assert kind in set(mine["kind"]), (asset, reason)


def test_training_and_scoring_leave_out_the_same(job: Job) -> None:
    workspace, _ = job
    diagnoses = read_table(workspace.results, "diagnoses").set_index(["asset", "end"])
    for windows in read_frames(workspace.expected / "windows").values():
        bad = windows[windows["reason"].str.startswith("sensor_bad:")].set_index(["asset", "end"])
        assert len(bad)
        assert (bad["use"] == "not_evaluable:" + bad["reason"]).all()
        assert (diagnoses.loc[bad.index, "reason"] == bad["reason"]).all()
