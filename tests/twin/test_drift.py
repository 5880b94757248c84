"""A slow planted drift must not be learnt as normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Equipment, Sensor, TwinSettings
from faultprint.twin.baseline import drift_guard, expect, fit

EQUIPMENT = Equipment(
    sensors={
        "ambient": Sensor(unit="degC", role="condition"),
        "bearing": Sensor(unit="degC"),
        "pressure": Sensor(unit="bar"),
    }
)
GUARDED = TwinSettings()
UNGUARDED = TwinSettings(drift_sigma=float("inf"))
DAYS = 240


def season(
    assets: int = 6, drift: float = 0.0, drifting: tuple[str, ...] = ("A0",)
) -> pd.DataFrame:
    """Eight months with a cold and a warm season; ``drift`` is reached at the end [healthy std]."""
    rng = np.random.default_rng(7)
    grid = pd.date_range("2025-01-01", periods=DAYS * 4, freq="6h", tz="UTC").as_unit("ns")
    parts = []
    for i in range(assets):
        name = f"A{i}"
        part = pd.DataFrame({"asset": pd.Series([name] * len(grid), dtype="str"), "end": grid})
        ambient = 10 - 12 * np.cos(2 * np.pi * np.arange(len(grid)) / (365 * 4))
        part["ambient.mean"] = ambient + rng.normal(0, 3, len(grid))
        part["ambient.std"] = 2.0
        part["bearing.mean"] = 40 + i + 0.8 * part["ambient.mean"] + rng.normal(0, 1, len(grid))
        part["pressure.mean"] = 6 + 0.1 * rng.normal(size=len(grid))
        late = np.clip((np.arange(len(grid)) / 4 - 60) / (DAYS - 60), 0, None)
        part["bearing.mean"] += drift * late * (name in drifting)
        parts.append(part)
    return pd.concat(parts, ignore_index=True).assign(reason="", use="healthy")


def final(windows: pd.DataFrame, settings: TwinSettings, asset: str = "A0") -> float:
    """Return the mean deviance of the bearing over the asset's last ten days."""
    found = expect(fit(windows, EQUIPMENT, settings), windows)
    own = found[(found["asset"] == asset) & (found["sensor"] == "bearing")]
    return float(own["deviance"].tail(40).mean())


@pytest.mark.parametrize("drift", [8.0, 20.0])
def test_the_guard_keeps_a_drift_visible(drift: float) -> None:
    windows = season(drift=drift)
    assert final(windows, GUARDED) > 0.85 * drift
    assert final(windows, UNGUARDED) < 0.8 * drift


def test_the_guard_names_the_drifting_sensor_of_the_drifting_asset() -> None:
    windows = season(drift=12.0)
    named = drift_guard(windows, EQUIPMENT, GUARDED)
    assert set(zip(named["asset"], named["sensor"], strict=True)) == {("A0", "bearing")}
    start = windows["end"].min()
    onset = start + pd.Timedelta(days=60)
    assert onset < named["end"].min() < onset + pd.Timedelta(days=25)
    assert named["end"].max() > start + pd.Timedelta(days=DAYS - 3)


def test_a_third_of_the_fleet_may_drift() -> None:
    windows = season(drift=12.0, drifting=("A0", "A1"))
    named = drift_guard(windows, EQUIPMENT, GUARDED)
    assert set(named["asset"]) == {"A0", "A1"}
    assert final(windows, GUARDED) > 0.8 * 12


def test_a_lone_asset_may_drift() -> None:
    windows = season(assets=1, drift=12.0)
    named = drift_guard(windows, EQUIPMENT, GUARDED)
    assert named["end"].max() > windows["end"].max() - pd.Timedelta(days=3)


def test_assets_that_take_a_summer_differently_are_not_cut_out() -> None:
    windows = season()
    own = windows["asset"].map({f"A{i}": (i - 2.5) * 0.3 for i in range(6)})
    windows["bearing.mean"] += own * np.maximum(0, windows["ambient.mean"] - 12)
    named = drift_guard(windows, EQUIPMENT, GUARDED)
    assert len(named) < 0.02 * len(windows)


def test_a_healthy_season_is_learnt_in_full() -> None:
    assert drift_guard(season(), EQUIPMENT, GUARDED).empty
    assert fit(season(), EQUIPMENT, GUARDED) == fit(season(), EQUIPMENT, UNGUARDED)


def test_short_histories_and_single_outliers_are_no_drift() -> None:
    windows = season(drift=12.0)
    short = windows[windows["end"] <= windows["end"].min() + pd.Timedelta(days=29)]
    assert drift_guard(short, EQUIPMENT, GUARDED).empty
    spiky = season()
    spiky.loc[spiky.index % 97 == 0, "bearing.mean"] += 60
    assert drift_guard(spiky, EQUIPMENT, GUARDED).empty
    assert drift_guard(windows.assign(use="fault"), EQUIPMENT, GUARDED).empty


def test_row_order_and_other_uses_do_not_matter() -> None:
    windows = season(drift=12.0)
    extra = windows.head(50).assign(use="buffer", **{"bearing.mean": 900.0})
    extra["end"] += pd.Timedelta(hours=1)
    mixed = pd.concat([windows, extra]).sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(
        drift_guard(windows, EQUIPMENT, GUARDED), drift_guard(mixed, EQUIPMENT, GUARDED)
    )
