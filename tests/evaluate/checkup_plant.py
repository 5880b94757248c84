"""A small plant that is in order, to plant one defect at a time in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.config import Settings, settings_from
from faultprint.evaluate.checkup.gathering import Doubles, gather, look_at
from faultprint.evaluate.checkup.material import Material
from faultprint.evaluate.splits import holdout_start
from faultprint.faults.release import scoring_settings
from faultprint.serve.describing import describe_asset
from faultprint.signal.clean import flag_readings
from faultprint.signal.labels import label_windows
from faultprint.tables import QUALITY_SUFFIX, UTC_TIME, empty

START = pd.Timestamp("2026-01-05", tz="UTC")
DAYS, ASSETS = 60, 6
FAILURES = (14.3, 30.7, 50.45)
"""Days after the start at which each asset fails; shifted by some hours from asset to asset."""

Frame = pd.DataFrame
Readings = Callable[[str, Frame, Frame], Frame]
Events = Callable[[Frame], Frame]


def settings(**further: object) -> Settings:
    """Settings of the plant; sections that are given are laid over."""
    plain: dict[str, dict[str, object]] = {
        "windows": {"length": "12h", "step": "4h"},
        "labels": {"horizon": "24h", "recovery": "12h"},
        "split": {"holdout": 0.4},
    }
    for name, section in further.items():
        assert isinstance(section, dict)
        plain[name] = {**plain.get(name, {}), **section}
    sensors = {
        "load": {"unit": "kW", "type": "power", "role": "condition"},
        "vibration": {"unit": "mm/s", "type": "vibration"},
        "temperature": {"unit": "degC", "type": "temperature"},
    }
    extra = plain.pop("sensors", {})
    equipment = {"fan": {"period": "1h", "sensors": {**sensors, **extra}}}
    return settings_from({"equipment": equipment, **plain})


def names() -> list[str]:
    return [f"F{n}" for n in range(ASSETS)]


def events() -> Frame:
    """Failures, and a repair four to nine hours after each."""
    rows = []
    for number, asset in enumerate(names()):
        for turn, day in enumerate(FAILURES):
            failed = START + pd.Timedelta(days=day) + pd.Timedelta(hours=17 * number)
            mode = ("wear", "crack")[(number + turn) % 2]
            rows.append((asset, failed, "failure", mode))
            repaired = failed + pd.Timedelta(hours=4 + number)
            rows.append((asset, repaired, "maintenance", ""))
    told = pd.DataFrame(rows, columns=["asset", "time", "kind", "failure_mode"])
    return filled(told)


def filled(rows: Frame) -> Frame:
    """Give rows of a log every column of the table."""
    none = empty("events")
    blank = {
        name: pd.Series(pd.NaT if str(dtype) == UTC_TIME else "", rows.index, dtype=dtype)
        for name, dtype in none.dtypes.items()
    }
    made = pd.DataFrame({**blank, **{str(name): rows[name] for name in rows.columns}})
    return made[none.columns].astype(none.dtypes.to_dict())


def readings(asset: str, log: Frame) -> Frame:
    """Load in steps; vibration and temperature follow it, and rise a day before failures.

    ``wear`` raises the vibration, ``crack`` both; what was reached lasts until the repair.
    """
    rng = np.random.default_rng(int(asset[1:]))
    times = pd.date_range(START, periods=24 * DAYS, freq="h").as_unit("ns")
    load = np.repeat(rng.uniform(40, 60, 6 * DAYS), 4) + rng.normal(0, 1, 24 * DAYS)
    vibration = 0.05 * load + rng.normal(0, 0.1, len(times))
    temperature = 30 + 0.2 * load + rng.normal(0, 1, len(times))
    mine = log[log["asset"] == asset]
    repairs = mine.loc[mine["kind"] == "maintenance", "time"]
    for event in mine[mine["kind"] == "failure"].itertuples():
        hours = (times - event.time) / pd.Timedelta("1h")
        over = repairs[repairs >= event.time].min()
        size = np.clip(2 + hours / 12, 0, 1) * (times < over)
        vibration = vibration + 1.5 * size
        temperature = temperature + (12 * size if event.failure_mode == "crack" else 0)
    frame = {"time": times, "load": load, "vibration": vibration, "temperature": temperature}
    return pd.DataFrame(frame)


def material(
    change_readings: Readings | None = None,
    change_events: Events | None = None,
    doubles: Doubles | None = None,
    told: Settings | None = None,
) -> Material:
    """Take the plant, with what was changed in it, to where the checks begin."""
    chosen = told or settings()
    equipment, truth = chosen.equipment["fan"], events()
    log = change_events(truth) if change_events else truth
    scoring = scoring_settings(chosen)
    sights, frames, last = [], [], {}
    for asset in names():
        plain = readings(asset, truth)
        if change_readings:
            plain = change_readings(asset, plain, truth[truth["asset"] == asset])
        rows = raw(asset, plain, list(equipment.sensors))
        flagged = flag_readings(rows, equipment, chosen.cleaning)
        mine = log[log["asset"] == asset]
        sights.append(look_at(asset, flagged, mine, "fan", chosen, doubles or Doubles()))
        frames.append(describe_asset(flagged, mine, "fan", scoring).windows)
        last[asset] = flagged["time"].max()
    windows = label_windows(pd.concat(frames, ignore_index=True), log, chosen.labels, last)
    at = holdout_start(windows, chosen.split)
    return gather("fan", chosen, sights, log, windows, at)


def raw(asset: str, plain: Frame, sensors: list[str]) -> Frame:
    """Give rows what the door gives them."""
    made = plain.reindex(columns=["time", *sensors])
    made.insert(0, "asset", pd.Series(asset, index=made.index, dtype="str"))
    made["time"] = made["time"].astype(UTC_TIME)
    made["segment"] = -1
    for name in sensors:
        made[name] = made[name].astype("float64")
        made[name + QUALITY_SUFFIX] = made[name].isna().astype("uint8")
    return made


def export(folder: Path, log: Frame | None = None) -> Path:
    """Write the plant as CSV files, with the params that read them; gives the path of these."""
    (folder / "readings").mkdir(parents=True)
    truth = events()
    for asset in names():
        readings(asset, truth).to_csv(folder / "readings" / f"{asset}.csv", index=False)
    (truth if log is None else log).to_csv(folder / "log.csv", index=False)
    params = folder / "params.yaml"
    params.write_text(PARAMS.format(folder=folder), "utf-8")
    return params


PARAMS = """\
equipment:
  fan:
    period: 1h
    sensors:
      load: {{unit: kW, role: condition}}
      vibration: {{unit: mm/s}}
      temperature: {{unit: degC}}
source:
  path: {folder}
  readings:
    - path: readings/*.csv
      equipment_class: fan
      asset_from: '(?P<asset>[^/]+)\\.csv'
      sensors:
        load: {{sensor: load}}
        vibration: {{sensor: vibration}}
        temperature: {{sensor: temperature}}
  events:
    - path: log.csv
      kind: kind
      failure_mode: failure_mode
windows: {{length: 12h, step: 4h}}
labels: {{horizon: 24h, recovery: 12h}}
split: {{holdout: 0.4}}
"""
