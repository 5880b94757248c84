"""The twin asked the other way round: which reading of a condition suits the machine best."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Equipment, Sensor, TwinSettings
from faultprint.tables import UTC_TIME
from faultprint.twin.baseline import Twin, expect, fit
from faultprint.twin.doubt import without_condition

SENSORS = ("head", "power", "flow")
PUMP = Equipment(
    sensors={
        "speed": Sensor(unit="rpm", role="condition"),
        "valve": Sensor(unit="1", role="condition"),
        **{name: Sensor(unit="1") for name in SENSORS},
    }
)


def history(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    speed, valve = rng.uniform(900, 1500, n), rng.uniform(0.2, 1.0, n)
    end = pd.date_range("2025-01-01", periods=n, freq="6h", tz="UTC")
    frame = pd.DataFrame(
        {
            "asset": pd.Series(["P1"] * n, dtype="str"),
            "end": pd.Series(end).astype(UTC_TIME),
            "reason": pd.Series([""] * n, dtype="str"),
            "use": pd.Series(["healthy"] * n, dtype="str"),
            "speed.mean": speed,
            "speed.std": rng.uniform(0, 40, n),
            "valve.mean": valve,
            "valve.std": 0.01,
            "head.mean": 5e-5 * speed**2 - 10 * valve,
            "power.mean": 0.02 * speed + 3 * valve,
            "flow.mean": 0.05 * speed * valve,
        }
    )
    for name in SENSORS:
        frame[f"{name}.mean"] += 0.5 * rng.standard_normal(n)
    return frame


@pytest.fixture(scope="module")
def twin() -> Twin:
    return fit(history(), PUMP, TwinSettings())


def away(twin: Twin, windows: pd.DataFrame) -> np.ndarray:
    found = expect(twin, windows).set_index(["sensor", "end"])["deviance"]
    return np.column_stack([found.loc[name].to_numpy() for name in SENSORS])


def test_a_condition_that_reads_wrong_is_all_that_is_wrong(twin: Twin) -> None:
    windows = history(100, seed=3)
    spoilt = windows.assign(**{"speed.mean": (windows["speed.mean"] + 150).clip(upper=1500)})
    loud = np.abs(away(twin, spoilt)).max(axis=1)
    freed = without_condition(twin, spoilt, "speed")
    left = np.abs(np.array([freed[name] for name in SENSORS])).max(axis=0)
    assert np.median(loud) > 8
    assert np.median(left) < 2


def test_a_symptom_that_is_wrong_stays_wrong(twin: Twin) -> None:
    windows = history(100, seed=4)
    spoilt = windows.assign(**{"head.mean": windows["head.mean"] + 20})
    for condition in ("speed", "valve"):
        freed = without_condition(twin, spoilt, condition)
        left = np.abs(np.array([freed[name] for name in SENSORS])).max(axis=0)
        assert np.median(left) > 4


def test_it_is_the_reading_that_a_slow_search_finds(twin: Twin) -> None:
    windows = history(6, seed=5)
    windows.loc[2, "flow.mean"] = np.nan
    windows.loc[4, "valve.mean"] = np.nan
    found = without_condition(twin, windows, "speed")
    low, high = next(c for c in twin.conditions if c.sensor == "speed").followed
    for n in range(len(windows)):
        one = windows.iloc[[n]]
        tried = [away(twin, one.assign(**{"speed.mean": r}))[0] for r in np.linspace(low, high, 61)]
        size = [np.sort(np.abs(np.nan_to_num(t)))[-3:].sum() for t in tried]
        best = tried[int(np.argmin(size))]
        got = np.array([found[name][n] for name in SENSORS])
        np.testing.assert_allclose(got, best, atol=1e-9)
    assert np.isnan(found["flow"][2])
    assert all(np.isnan(found[name][4]) for name in SENSORS)


def test_windows_do_not_change_one_another(twin: Twin) -> None:
    windows = history(3000, seed=6)
    whole = without_condition(twin, windows, "valve")
    part = without_condition(twin, windows.iloc[2040:2060], "valve")
    for name in SENSORS:
        np.testing.assert_array_equal(whole[name][2040:2060], part[name])


def test_a_sensor_the_twin_does_not_go_by_changes_nothing(twin: Twin) -> None:
    assert without_condition(twin, history(5), "head") == {}
    assert without_condition(twin, history(0), "speed")["head"].size == 0
