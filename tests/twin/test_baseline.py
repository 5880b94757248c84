"""The twin recovers what it should, and reports what it cannot know."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Equipment, Sensor, TwinSettings
from faultprint.errors import LearnError, TableError
from faultprint.tables import check
from faultprint.twin.baseline import add_baselines, expect, fit, twin_from

PUMP = Equipment(
    sensors={
        "speed": Sensor(unit="rpm", role="condition"),
        "valve": Sensor(unit="1", role="condition"),
        "head": Sensor(unit="m"),
        "power": Sensor(unit="kW"),
    }
)
SETTINGS = TwinSettings()


def history(assets: int, windows: int, noise: float = 0.1, seed: int = 0) -> pd.DataFrame:
    """Window means of a pump whose head follows the square of a speed that swings."""
    rng = np.random.default_rng(seed)
    n = assets * windows
    grid = pd.date_range("2025-01-01", periods=windows, freq="6h", tz="UTC").as_unit("ns")
    frame = pd.DataFrame(
        {
            "asset": pd.Series(np.repeat([f"P{i}" for i in range(assets)], windows), dtype="str"),
            "end": pd.Series(grid.append([grid] * (assets - 1))),
            "reason": pd.Series([""] * n, dtype="str"),
            "use": pd.Series(["healthy"] * n, dtype="str"),
        }
    )
    own = rng.normal(size=assets)[np.repeat(np.arange(assets), windows)]
    speed, swing = rng.uniform(900, 1500, n), rng.uniform(0, 200, n)
    valve, play = rng.uniform(0.2, 1, n), rng.uniform(0, 0.1, n)
    frame["speed.mean"], frame["speed.std"] = speed, swing
    frame["valve.mean"], frame["valve.std"] = valve, play
    frame["head.mean"] = 5e-5 * (speed**2 + swing**2) - 20 * (valve**2 + play**2) + own
    frame["power.mean"] = 0.01 * speed * valve + 2 * own
    frame[["head.mean", "power.mean"]] += noise * rng.normal(size=(n, 2))
    return frame


def deviances(residuals: pd.DataFrame, sensor: str) -> np.ndarray:
    return residuals.loc[residuals["sensor"] == sensor, "deviance"].to_numpy()


def test_quadratics_of_swinging_conditions_are_exact() -> None:
    windows = history(4, 300, noise=0.0)
    twin = fit(windows, PUMP, TwinSettings(ridge=0.0, shrinkage=0.0))
    found = expect(twin, windows)
    left = (found["observed"] - found["expected"]).abs()
    assert left[found["sensor"] == "head"].max() < 1e-3  # of a range of 100 m
    assert left[found["sensor"] == "power"].max() < 1e-3


def test_scale_is_the_noise_and_deviance_is_standard() -> None:
    windows = history(10, 400)
    residuals = check("residuals", expect(fit(windows, PUMP, SETTINGS), windows))
    for sensor in ("head", "power"):
        assert np.std(deviances(residuals, sensor)) == pytest.approx(1.0, abs=0.05)
        assert abs(np.mean(deviances(residuals, sensor))) < 0.05
    assert set(residuals["sensor"]) == {"head", "power"}
    assert (residuals["baseline"] == "asset").all()


def test_outliers_labelled_healthy_move_little() -> None:
    clean = history(6, 300)
    dirty = clean.copy()
    rows = np.random.default_rng(1).choice(len(dirty), len(dirty) // 20, replace=False)
    dirty.loc[rows, "head.mean"] += 50.0
    twin = fit(dirty, PUMP, SETTINGS)
    assert np.nanmedian(np.abs(deviances(expect(twin, clean), "head"))) < 0.8
    assert twin.sensors["head"].scale == pytest.approx(0.1, rel=0.35)


def test_only_healthy_windows_teach() -> None:
    windows = history(4, 200)
    faulty = windows.assign(use="fault")
    faulty["head.mean"] -= 30
    both = pd.concat([windows, faulty], ignore_index=True)
    assert fit(both, PUMP, SETTINGS) == fit(windows, PUMP, SETTINGS)
    low = deviances(expect(fit(windows, PUMP, SETTINGS), faulty), "head")
    assert np.all(low < -50)


def test_row_order_does_not_matter_and_input_stays() -> None:
    windows = history(5, 100)
    kept = windows.copy(deep=True)
    mixed = windows.sample(frac=1, random_state=3)
    first, second = fit(windows, PUMP, SETTINGS), fit(mixed, PUMP, SETTINGS)
    a, b = expect(first, windows), expect(second, mixed)
    pd.testing.assert_frame_equal(a, b, rtol=1e-6)
    pd.testing.assert_frame_equal(windows, kept)


def test_offsets_are_shrunk_by_the_windows_there_are() -> None:
    windows = history(8, 200)
    few = windows[(windows["asset"] != "P0") | (windows.index < 5)].copy()
    few.loc[few["asset"] == "P0", "head.mean"] += 25.0
    twin = fit(few, PUMP, SETTINGS)
    own = twin.sensors["head"].offsets
    assert abs(own["P0"]) < 25 * 5 / (5 + SETTINGS.shrinkage) + 1.5
    alone = add_baselines(fit(few[few["asset"] != "P0"], PUMP, SETTINGS), few)
    assert alone.sensors["head"].offsets["P0"] == pytest.approx(25 * 5 / 25, abs=1.0)


def test_new_assets_get_a_baseline_from_their_beginning_only() -> None:
    windows = history(6, 400)
    new = windows[windows["asset"] == "P5"].copy()
    twin = fit(windows[windows["asset"] != "P5"], PUMP, SETTINGS)
    before = expect(twin, new)
    assert (before["baseline"] == "class").all()
    later = new.copy()
    later.loc[later["end"] > later["end"].min() + pd.Timedelta(days=30), "head.mean"] += 7.0
    learnt = add_baselines(twin, later)
    assert learnt == add_baselines(twin, new)
    assert (expect(learnt, new)["baseline"] == "asset").all()
    assert set(learnt.sensors["head"].offsets) == {f"P{i}" for i in range(6)}
    assert add_baselines(learnt, new) == learnt
    idle = new.assign(reason="off")
    assert add_baselines(twin, idle) == twin


def test_assets_do_not_touch_each_others_baselines() -> None:
    windows = history(6, 150)
    twin = fit(windows[windows["asset"].isin(["P0", "P1"])], PUMP, SETTINGS)
    alone = add_baselines(twin, windows[windows["asset"] == "P4"])
    both = add_baselines(twin, windows)
    assert alone.sensors["head"].offsets["P4"] == both.sensors["head"].offsets["P4"]


def test_a_twin_survives_json() -> None:
    twin = fit(history(3, 80), PUMP, SETTINGS)
    assert twin_from(json.loads(json.dumps(twin.to_dict(), allow_nan=False))) == twin


def test_missing_values_give_missing_residuals() -> None:
    windows = history(3, 100)
    twin = fit(windows, PUMP, SETTINGS)
    asked = windows.head(3).copy()
    asked.loc[0, "head.mean"] = np.nan
    asked.loc[1, "speed.mean"] = np.nan
    asked.loc[2, "speed.std"] = np.nan
    found = check("residuals", expect(twin, asked)).set_index(["end", "sensor"])
    assert found["deviance"].xs("head", level="sensor").isna().tolist() == [True, True, False]
    assert found["expected"].xs("head", level="sensor").isna().tolist() == [False, True, False]
    assert found["deviance"].xs("power", level="sensor").isna().tolist() == [False, True, False]
    gone = check("residuals", expect(twin, windows.drop(columns="head.mean")))
    assert gone.loc[gone["sensor"] == "head", "deviance"].isna().all()


def test_a_sensor_never_seen_has_no_expected_reading() -> None:
    windows = history(3, 100).assign(**{"head.mean": np.nan})
    twin = fit(windows, PUMP, SETTINGS)
    assert set(twin.sensors) == {"power"}
    found = expect(twin, windows)
    assert found.loc[found["sensor"] == "head", "expected"].isna().all()


def test_without_conditions_the_level_is_learnt() -> None:
    plain = Equipment(sensors={"head": Sensor(unit="m")})
    windows = history(3, 100)[["asset", "end", "reason", "use"]].assign(**{"head.mean": 4.0})
    twin = fit(windows, plain, SETTINGS)
    assert twin.conditions == ()
    found = expect(twin, windows.assign(**{"head.mean": 4.1}))
    assert found["expected"].tolist() == pytest.approx([4.0] * len(found))
    assert np.isfinite(found["deviance"]).all()


def test_few_windows_teach_the_level_only_and_conditions_are_not_extrapolated() -> None:
    windows = history(2, 300)
    assert len(fit(windows.head(8), PUMP, SETTINGS).sensors["head"].coefficients) == 1
    twin = fit(windows, PUMP, SETTINGS)
    far = windows.head(2).assign(**{"speed.mean": [1700.0, 1e6], "valve.mean": 0.5})
    far = far.assign(**{"speed.std": 0.0, "valve.std": 0.0})
    found = expect(twin, far)
    head = found.loc[found["sensor"] == "head", "expected"]
    assert head.iloc[0] == pytest.approx(head.iloc[1])


def test_empty_windows_give_an_empty_table() -> None:
    windows = history(2, 60)
    assert check("residuals", expect(fit(windows, PUMP, SETTINGS), windows.head(0))).empty
    only = Equipment(sensors={"speed": Sensor(unit="rpm", role="condition")})
    assert check("residuals", expect(fit(windows, only, SETTINGS), windows)).empty


def test_what_cannot_be_learnt_is_an_error() -> None:
    windows = history(2, 10)
    with pytest.raises(LearnError, match="no healthy window among 20"):
        fit(windows.assign(use="gap"), PUMP, SETTINGS)
    with pytest.raises(LearnError, match="20 healthy windows without a reading of head, power"):
        fit(windows.drop(columns=["head.mean", "power.mean"]), PUMP, SETTINGS)
    with pytest.raises(TableError, match="windows without a column 'use'"):
        fit(windows.drop(columns="use"), PUMP, SETTINGS)
