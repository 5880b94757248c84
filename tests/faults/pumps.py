"""A small made-up table of windows with known faults: checks the machinery, shows no skill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Settings, settings_from
from faultprint.records import Origin
from faultprint.tables import UTC_TIME

STEP = pd.Timedelta(hours=6)
SENSORS = ("temperature", "vibration", "pressure")
PICTURES = {  # failure mode -> shift of each sensor's mean at failure, in healthy scales
    "bearing_wear": (3.0, 6.0, 0.0),
    "blockage": (0.0, 0.0, -6.0),
    "unseen": (-8.0, -6.0, 5.0),
}
KNOWN = ("bearing_wear", "blockage")
ORIGIN = Origin("d" * 64, "c" * 64, "p" * 64, (), ())


def settings(**changes: Any) -> Settings:
    """Return small, quick settings of a made-up pump."""
    params: dict[str, Any] = {
        "equipment": {
            "pump": {
                "sensors": {
                    "load": {"unit": "kW", "role": "condition"},
                    "temperature": {"unit": "degC"},
                    "vibration": {"unit": "mm/s"},
                    "pressure": {"unit": "bar"},
                }
            }
        },
        "labels": {"horizon": "4d"},
        "classifier": {"rounds": 30, "min_episodes": 3},
    }
    return settings_from(params | changes)


def _runs(rng: np.random.Generator, n: int, faults: dict[int, str]) -> pd.DataFrame:
    """Lay out uses and labels: 16 windows before each failure show it, 4 after recover."""
    frame = pd.DataFrame({"label": "healthy", "use": "healthy", "grown": 0.0}, index=range(n))
    for at, mode in faults.items():
        frame.loc[at - 15 : at, ["label", "use"]] = [mode, "fault"]
        frame.loc[at - 15 : at, "grown"] = np.linspace(0.4, 1.0, 16)
        frame.loc[at + 1 : at + 4, ["label", "use"]] = ["", "recovering"]
    return frame


def fleet(
    seed: int = 1,
    assets: int = 8,
    n: int = 200,
    modes: tuple[str, ...] = ("bearing_wear", "blockage"),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return windows (labelled, with part and fold) and residuals of a fleet of pumps."""
    rng = np.random.default_rng(seed)
    windows, residuals = [], []
    for a in range(assets):
        faults = (
            {40 + 60 * k: modes[(a + k) % len(modes)] for k in range(n // 60 - 1)} if modes else {}
        )
        runs = _runs(rng, n, faults)
        load = 50 + 5 * rng.standard_normal(n)
        end = pd.date_range("2025-01-01", periods=n, freq=STEP, tz="UTC", unit="ns")
        frame = pd.DataFrame({"asset": f"P{a:02d}", "equipment_class": "pump"}, index=range(n))
        frame = frame.astype("str").assign(
            start=end - pd.Timedelta(days=1), end=end, run=0, rows=24, coverage=1.0, reason=""
        )
        frame["load.mean"], frame["load.std"] = load, 1 + 0.1 * rng.standard_normal(n)
        frame["load.coverage"] = 1.0
        for s, sensor in enumerate(SENSORS):
            shift = np.array([PICTURES[m][s] if m in PICTURES else 0.0 for m in runs["label"]])
            off = shift * runs["grown"].to_numpy() + rng.standard_normal(n)
            frame[f"{sensor}.mean"] = 20.0 * (s + 1) + 0.1 * load + 0.5 * off
            frame[f"{sensor}.std"] = 1 + 0.1 * rng.standard_normal(n)
            frame[f"{sensor}.coverage"] = 1.0
            residuals.append(
                pd.DataFrame(
                    {
                        "asset": frame["asset"],
                        "end": end,
                        "sensor": sensor,
                        "observed": frame[f"{sensor}.mean"],
                        "expected": frame[f"{sensor}.mean"] - 0.5 * off,
                        "deviance": off,
                        "baseline": "asset",
                    }
                )
            )
        frame["error.E1.count"] = rng.poisson(0.05, n).astype("float64")
        frame["maintenance.any.hours_since"] = 6.0 * np.arange(n)
        frame["label"], frame["use"] = runs["label"].astype("str"), runs["use"].astype("str")
        frame["part"], frame["fold"] = "train", a % 4
        windows.append(frame)
    table = pd.concat(windows, ignore_index=True).astype({"start": UTC_TIME, "end": UTC_TIME})
    table = table.astype(dict.fromkeys(("reason", "part"), "str"))
    long = pd.concat(residuals, ignore_index=True)
    return table, long.astype({"end": UTC_TIME, "sensor": "str", "baseline": "str"})
