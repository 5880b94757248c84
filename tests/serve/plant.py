"""A small plant of made-up pumps, learnt for real: it checks the machinery and shows no skill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint import tables
from faultprint.config import Settings, settings_from
from faultprint.evaluate.splits import assign
from faultprint.faults.learn import learn_class
from faultprint.faults.release import Release, release_to_parts, scoring_settings
from faultprint.records import Origin
from faultprint.signal.clean import flag_readings
from faultprint.signal.describe import describe
from faultprint.signal.labels import label_windows
from faultprint.store.bundle import write_bundle
from faultprint.twin.baseline import add_baselines, expect, fit

START = pd.Timestamp("2025-01-01", tz="UTC").as_unit("ns")
CLASS = "pump"
SENSORS = ("load", "temperature", "vibration")
HOURS = 45 * 24
FAILURES = (15 * 24, 32 * 24)
"""Hour of the failures of every pump; wear grows over the four days before."""


PARAMS: dict[str, Any] = {
    "equipment": {
        CLASS: {
            "sensors": {
                "load": {"unit": "kW", "role": "condition"},
                "temperature": {"unit": "degC", "valid": [-40, 200]},
                "vibration": {"unit": "mm/s"},
            }
        }
    },
    "windows": {"length": "12h", "step": "6h"},
    "descriptors": {"default": ["mean", "std", "max"]},
    "labels": {"horizon": "72h"},
    "twin": {"drift_reference": "6d"},
    "split": {"holdout": 0.1, "folds": 3},
    "classifier": {"rounds": 20, "min_episodes": 3},
}


def settings() -> Settings:
    return settings_from(PARAMS)


def readings(asset: str, seed: int) -> pd.DataFrame:
    """Make the readings of a pump as ingest would leave them."""
    random = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    load = 50 + 8 * np.sin(2 * np.pi * hour / 24) + random.standard_normal(HOURS)
    wear = np.zeros(HOURS)
    for failure in FAILURES:
        grown = np.clip((hour - failure + 96) / 96, 0, 1)
        wear += np.where(hour <= failure, grown, 0.0)
    frame = pd.DataFrame(
        {
            "asset": pd.Series([asset] * HOURS, dtype="str"),
            "time": START + pd.to_timedelta(hour, unit="h"),
            "segment": np.int64(-1),
            "load": load,
            "temperature": 40 + 0.3 * load + 10 * wear + 0.5 * random.standard_normal(HOURS),
            "vibration": 2 + 0.02 * load + 3 * wear + 0.1 * random.standard_normal(HOURS),
        }
    ).assign(**{f"{name}{tables.QUALITY_SUFFIX}": np.uint8(0) for name in SENSORS})
    frame = tables.check("readings", frame.assign(time=frame["time"].astype(tables.UTC_TIME)))
    return flag_readings(frame, settings().equipment[CLASS], settings().cleaning)


def events(asset: str) -> pd.DataFrame:
    never = pd.Series(pd.NaT, index=range(len(FAILURES)), dtype=tables.UTC_TIME)
    frame = pd.DataFrame(
        {
            "asset": asset,
            "time": [START + pd.Timedelta(hours=hour) for hour in FAILURES],
            "end": never,
            "kind": "failure",
            "code": "",
            "failure_mode": "bearing_wear",
            "item": "bearing",
            "onset_earliest": never,
            "onset_latest": never,
            "text": "",
        }
    )
    text = {c.name: "str" for c in tables.table("events").columns if c.kind == "text"}
    frame = frame.astype(text).assign(time=frame["time"].astype(tables.UTC_TIME))
    return tables.check("events", frame)


def learn(assets: int = 6, seed: int = 1) -> Release:
    chosen = settings()
    equipment = chosen.equipment[CLASS]
    names = [f"P-{i}" for i in range(assets)]
    every = pd.concat([events(name) for name in names], ignore_index=True)
    windows = pd.concat(
        [
            describe(
                readings(name, i),
                every[every["asset"] == name],
                CLASS,
                equipment,
                chosen.windows,
                chosen.descriptors,
            )
            for i, name in enumerate(names)
        ],
        ignore_index=True,
    )
    last = dict.fromkeys(names, START + pd.Timedelta(hours=HOURS - 1))
    windows = label_windows(windows, every, chosen.labels, last)
    parts = assign(windows, chosen.split, seed)
    windows = windows.assign(part=parts["part"], fold=parts["fold"])
    twin = add_baselines(fit(windows[windows["part"] == "train"], equipment, chosen.twin), windows)
    origin = Origin("d" * 64, "c" * 64, "a" * 64, (), ())
    learned = learn_class(windows, expect(twin, windows), chosen, seed, origin)
    scoring = scoring_settings(chosen)
    return Release(scoring, {CLASS: learned.model}, {CLASS: twin}, learned.signatures)


def publish(release: Release, folder: Path, version: str = "1.0.0") -> None:
    write_bundle(release_to_parts(release), folder, {"version": version})


def body(asset: str, seed: int, first: int = 0, last: int = HOURS) -> dict[str, Any]:
    """Make a request body of the hours ``first`` to ``last`` of a pump."""
    frame = readings(asset, seed).iloc[first:last]
    rows = [
        {"time": row["time"].isoformat(), **{name: row[name] for name in SENSORS}}
        for row in frame.to_dict("records")
    ]
    return {"asset": asset, "equipment_class": CLASS, "readings": rows, "events": []}
