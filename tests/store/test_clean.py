"""Quality flags: what they find, what they leave alone, and that they never look ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Cleaning, Equipment, settings_from
from faultprint.signal.clean import find_outliers, find_stuck, flag_readings
from faultprint.signal.histories import describe_sensor, describe_times, find_unit_change
from faultprint.tables import QUALITY

CLEANING = Cleaning(stuck_for=10, spike_sigma=8)


def equipment(**more: object) -> Equipment:
    kind = {
        "period": "1h",
        "sensors": {
            "p": {"unit": "bar", "valid": [-50, 50]},
            "q": {"unit": "bar"},
            "n": {"unit": "rpm", "role": "condition"},
        },
        **more,
    }
    return settings_from({"equipment": {"pump": kind}}).equipment["pump"]


def readings(seed: int = 1, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "asset": pd.Series("P1", index=range(rows), dtype="str"),
            "time": pd.date_range("2025-01-01", periods=rows, freq="h", tz="UTC", unit="ns"),
            "segment": -1,
        }
    )
    for name in ("p", "q", "n"):
        frame[name] = rng.normal(10, 1, rows)
        frame[f"{name}__quality"] = np.zeros(rows, dtype="uint8")
    return frame


def flags(frame: pd.DataFrame, sensor: str = "p", kind: Equipment | None = None) -> np.ndarray:
    flagged = flag_readings(frame, kind or equipment(), CLEANING)
    return flagged[f"{sensor}__quality"].to_numpy()


def test_noise_is_good() -> None:
    assert not flags(readings()).any()


def test_out_of_range() -> None:
    frame = readings()
    frame.loc[[20, 21], "p"] = [50.001, -1e9]
    assert np.flatnonzero(flags(frame)).tolist() == [20, 21]
    assert set(flags(frame)[[20, 21]]) == {QUALITY["out_of_range"]}


def test_a_lone_spike_is_found_and_a_step_of_the_load_is_not() -> None:
    frame = readings()
    frame.loc[100, "p"] += 30
    frame.loc[200:, ["p", "n"]] += 20.0
    assert np.flatnonzero(flags(frame)).tolist() == [100]
    assert flags(frame)[100] == QUALITY["spike"]


def test_a_lasting_step_of_one_sensor_loses_one_value() -> None:
    frame = readings()
    frame.loc[150:, "p"] += 30
    assert np.flatnonzero(flags(frame)).tolist() == [150]


def test_stuck_from_the_tenth_equal_value() -> None:
    frame = readings()
    frame.loc[100:129, "p"] = 11.5
    expected = np.zeros(300, dtype="uint8")
    expected[109:130] = QUALITY["stuck"]
    np.testing.assert_array_equal(flags(frame), expected)


def test_a_set_point_and_equipment_at_rest_are_not_stuck() -> None:
    frame = readings()
    frame["q"] = np.repeat(np.arange(6.0), 50)
    assert not flags(frame, "q").any()
    frame.loc[100:149, ["p", "n"]] = 0.0
    at_rest = equipment(running={"sensor": "n", "above": 1})
    assert not (flags(frame, kind=at_rest) == QUALITY["stuck"]).any()
    assert (flags(frame) == QUALITY["stuck"]).sum() == 41


def naive_stuck(values: list[float], stuck_for: int) -> list[bool]:
    """Say what :func:`find_stuck` says, the slow way."""
    if len(values) < 2 * stuck_for:
        return [False] * len(values)
    lengths: list[int] = []
    for k, value in enumerate(values):
        lengths.append(lengths[-1] + 1 if k and value == values[k - 1] else 1)
    answer = []
    for k, length in enumerate(lengths):
        earlier = [n for n in lengths[1 : k - length + 1] if n < stuck_for]
        varied = len(earlier) >= stuck_for and earlier.count(1) >= 0.4 * len(earlier)
        answer.append(length >= stuck_for and varied)
    return answer


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=30),
    st.integers(2, 6),
)
def test_stuck_equals_the_slow_way(runs: list[tuple[int, int]], stuck_for: int) -> None:
    values = np.array([float(v) for v, n in runs for _ in range(n)])
    found = find_stuck(values, stuck_for)
    assert found.tolist() == naive_stuck(values.tolist(), stuck_for)


def naive_outliers(values: np.ndarray, sigma: float) -> list[bool]:
    """Say what :func:`find_outliers` says, the slow way."""
    distance = [abs(values[k] - np.median(values[k - 7 : k])) for k in range(7, len(values))]
    answer = [False] * len(values)
    for k in range(7, len(values)):
        past = 28
        while 2 * past <= k - 7:
            past *= 2
        scale = 1.4826 * np.median(distance[:past]) if k - 7 >= 28 else 0.0
        answer[k] = bool(scale > 0 and distance[k - 7] > sigma * scale)
    return answer


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 200))
def test_outliers_equal_the_slow_way(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.standard_t(2, size).round(1)
    assert find_outliers(values, 4.0).tolist() == naive_outliers(values, 4.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(1, 299), junk=st.floats(-1e6, 1e6))
def test_flags_do_not_look_ahead_and_change_nothing(seed: int, cut: int, junk: float) -> None:
    frame = readings(seed)
    frame.loc[40:70, "p"] = 3.0
    frame.loc[90, "q"] = 99.0
    before = frame.copy()
    now = flag_readings(frame, equipment(), CLEANING)
    pd.testing.assert_frame_equal(frame, before)
    later = frame.copy()
    later.loc[cut:, ["p", "q", "n"]] = junk
    then = flag_readings(later, equipment(), CLEANING)
    pd.testing.assert_frame_equal(now.iloc[:cut], then.iloc[:cut])


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 8, 29])
def test_short_histories(rows: int) -> None:
    frame = readings(rows=rows)
    flagged = flag_readings(frame, equipment(), CLEANING)
    assert describe_sensor(flagged, "p", equipment(), CLEANING).rows == rows
    assert describe_times(flagged, equipment(), CLEANING).too_short == (rows < 24)


def test_a_unit_change_is_told_from_growth_and_noise() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(1, 0.05, 640)
    bar_to_kpa = noise * np.where(np.arange(640) < 320, 4.0, 400.0)
    found = find_unit_change(bar_to_kpa, 5.0)
    assert found is not None
    assert found[0] == pytest.approx(100, rel=0.1)
    assert found[1] == 320
    assert find_unit_change(noise, 5.0) is None
    back_again = noise * np.where((np.arange(640) > 200) & (np.arange(640) < 400), 400.0, 4.0)
    assert find_unit_change(back_again, 5.0) is None


def test_a_counter_is_monotonic() -> None:
    frame = readings()
    frame["q"] = np.arange(300.0) // 2
    assert describe_sensor(frame, "q", equipment(), CLEANING).monotonic
    assert not describe_sensor(frame, "p", equipment(), CLEANING).monotonic


def test_gaps() -> None:
    frame = readings().drop(index=range(100, 120)).reset_index(drop=True)
    told = describe_times(frame, equipment(), CLEANING)
    assert (told.gaps, told.longest_gap, told.period) == (1, 21 * 3600, 3600)
