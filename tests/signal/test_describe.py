"""Windows are causal, know no other asset, and equal their slow twin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from faultprint import tables
from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import ConfigError, TableError
from faultprint.signal.describe import describe, no_windows
from tests import oracles
from tests.signal.cases import START, event, events_of, hours

PUMP = Equipment.model_validate(
    {
        "sensors": {
            "speed": {"unit": "rpm", "role": "condition"},
            "pressure": {"unit": "bar", "type": "pressure"},
            "vibration": {"unit": "mm/s", "type": "vibration"},
            "oil": {"unit": "degC", "required": False},
        },
        "period": "1h",
        "running": {"sensor": "speed", "above": 10},
    }
)
ASKED = Descriptors(
    default=["mean", "max", "slope_per_hour", "coverage"],
    by_type={"vibration": ["rms", "kurtosis", "p95", "mean_crossings"]},
    error_codes=["E1"],
    since_maintenance=["seal", "any"],
)
CUTS = {
    "time": Windows(length="12h", step="3h", max_gap="8h"),
    "recent": Windows(length="12h", step="3h", max_gap="8h", recent="4h"),
    "gappy": Windows(length="6h", step="4h", max_gap="2h", min_coverage=0.8),
    "count": Windows(by="count", count=7, count_step=3, max_gap="8h", recent="3h"),
    "segment": Windows(by="segment", max_gap="8h"),
    "recordings": Windows(by="segment", max_gap="8h", whole_segments=True),
}


def history(seed: int, rows: int = 60, asset: str = "p1") -> tuple[pd.DataFrame, pd.DataFrame]:
    """One asset's readings, irregular and with every defect, and its events."""
    rng = np.random.default_rng(seed)
    steps = rng.choice([0.25, 0.5, 1, 1, 1, 1, 2, 5, 20], rows) + rng.choice([0, 0, 0.013], rows)
    times = START + pd.to_timedelta(np.round(np.cumsum(steps) * 3600), unit="s")
    frame = pd.DataFrame({"asset": pd.Series([asset] * rows, dtype="str"), "time": times})
    frame["time"] = frame["time"].dt.as_unit("ns")
    frame["segment"] = np.cumsum(rng.random(rows) < 0.15).astype("int64") % 9 - 1
    for level, name in enumerate(PUMP.sensors):
        values = rng.normal(50 * (4 - level), 3, rows)
        stretch = slice(*sorted(rng.integers(0, rows, 2)))
        if name == "speed":
            values[stretch] = 0
        elif rng.random() < 0.5:
            values[stretch] = np.nan
        values[rng.random(rows) < 0.1] = np.nan
        frame[name] = values
        flags = np.where(np.isnan(values), 1, np.where(rng.random(rows) < 0.05, 5, 0))
        frame[f"{name}__quality"] = flags.astype("uint8")
    kinds = rng.choice(["error", "maintenance", "restart", "failure", "inspection"], 6)
    when = times[rng.integers(rows // 3, rows, 6)]
    when += pd.to_timedelta(rng.integers(0, 2, 6) * 17, unit="min")
    items = rng.choice(["seal", "", "bearing"], 6)
    events = [
        event(t, str(k), str(i), asset=asset, code="E1" if k == "error" else "")
        for t, k, i in zip(when, kinds, items, strict=True)
    ]
    return tables.check("readings", frame), events_of(events)


def described(readings: pd.DataFrame, events: pd.DataFrame, windows: Windows) -> pd.DataFrame:
    return describe(readings, events, "pump", PUMP, windows, ASKED)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the last bit."""
    pd.testing.assert_frame_equal(
        one.reset_index(drop=True), other.reset_index(drop=True), check_exact=True
    )


CUT = pytest.mark.parametrize("windows", CUTS.values(), ids=CUTS)
SEEDS = st.integers(0, 10_000)


@CUT
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_equals_the_slow_twin(windows: Windows, seed: int) -> None:
    readings, events = history(seed)
    fast = described(readings, events, windows)
    slow = oracles.describe(readings, events, "pump", PUMP, windows, ASKED)
    assert len(fast) == len(slow)
    assume(len(slow))  # a history that hardly ran has no window by count
    assert fast["reason"].tolist() == slow["reason"].tolist()
    for column in ("start", "end"):
        assert [t.value for t in fast[column]] == slow[column].tolist()
    numbers = [c for c in slow if c not in {"start", "end", "reason"}]
    np.testing.assert_allclose(
        fast[numbers].to_numpy(float), slow[numbers].to_numpy(float), rtol=1e-7, atol=1e-9
    )


def test_the_random_histories_reach_every_reason() -> None:
    seen = {
        reason
        for seed in range(8)
        for windows in CUTS.values()
        for reason in described(*history(seed), windows)["reason"]
    }
    missing = {f"sensor_missing:{s}" for s in ("speed", "pressure", "vibration")}
    assert seen == {"", "off", "insufficient_history", "low_coverage", *missing}


def _other_values(late: pd.DataFrame) -> pd.DataFrame:
    sensors = list(PUMP.sensors)
    return late.assign(
        **(late[sensors] * -3 + 1e6), **{f"{s}__quality": np.uint8(0) for s in sensors}
    )


FUTURES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "other values": _other_values,
    "gone": lambda late: late.iloc[:0],
    "later": lambda late: late.assign(time=late["time"] + pd.Timedelta("400D")),
    "thinned": lambda late: late.iloc[::3],
    "other segments": lambda late: late.assign(segment=late["segment"] + 100),
}


@CUT
@pytest.mark.parametrize("change", FUTURES.values(), ids=FUTURES)
@given(seed=SEEDS, share=st.floats(0.2, 0.9))
@settings(max_examples=5, deadline=None)
def test_the_future_changes_nothing(
    windows: Windows, change: Callable[[pd.DataFrame], pd.DataFrame], seed: int, share: float
) -> None:
    readings, events = history(seed)
    now = readings["time"].iloc[int(share * len(readings))]
    if windows.whole_segments:  # a recording is known when it is complete
        edges = readings.loc[readings["segment"].diff(-1) != 0, "time"]
        now = edges[edges <= now].max() if (edges <= now).any() else edges.iloc[0]
    past, late = readings[readings["time"] <= now], readings[readings["time"] > now]
    changed = pd.concat([past, change(late)], ignore_index=True).astype(readings.dtypes.to_dict())
    told = events[events["time"] <= now]
    more = events_of([event(now + pd.Timedelta("1min"), "failure", "seal")])
    before = described(readings, events, windows)
    after = described(changed, pd.concat([told, more], ignore_index=True), windows)
    # a window that ends after the last reading known now is not yet made when the rest is gone
    reach = past["time"].max()
    before, after = before[before["end"] <= reach], after[after["end"] <= reach]
    if windows.by == "segment" and not windows.whole_segments:
        # whether the last segment is over is not known now
        before, after = before[before["end"] < reach], after[after["end"] < reach]
    same(before, after)


STABLE = {name: windows for name, windows in CUTS.items() if not windows.whole_segments}


@pytest.mark.parametrize("windows", STABLE.values(), ids=STABLE)
@given(seed=SEEDS, share=st.floats(0.2, 0.9))
@settings(max_examples=10, deadline=None)
def test_what_was_said_at_any_moment_stays(windows: Windows, seed: int, share: float) -> None:
    readings, events = history(seed)
    now = readings["time"].iloc[int(share * len(readings))]
    known = described(readings[readings["time"] <= now], events[events["time"] <= now], windows)
    later = described(readings, events, windows)
    same(known, later[later["end"].isin(known["end"])])


@CUT
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_row_order_and_column_order_change_nothing(windows: Windows, seed: int) -> None:
    readings, events = history(seed)
    shuffled = readings.sample(frac=1, random_state=seed)[readings.columns[::-1]]
    other = events.sample(frac=1, random_state=seed)
    same(described(readings, events, windows), described(shuffled, other, windows))


@CUT
def test_the_input_is_left_as_it_was(windows: Windows) -> None:
    readings, events = history(3)
    readings, events = readings[::-1], events[::-1]
    kept = readings.copy(deep=True), events.copy(deep=True)
    described(readings, events, windows)
    pd.testing.assert_frame_equal(readings, kept[0])
    pd.testing.assert_frame_equal(events, kept[1])


@CUT
def test_the_result_is_a_table_of_windows(windows: Windows) -> None:
    found = tables.check("windows", described(*history(4), windows))
    assert list(found.columns) == list(no_windows(PUMP, windows, ASKED).columns)
    for name in PUMP.sensors:
        assert {f"{name}.mean", f"{name}.std", f"{name}.coverage"} <= set(found)


@CUT
def test_no_readings_make_no_windows(windows: Windows) -> None:
    readings, events = history(5)
    nothing = described(readings.iloc[:0], events.iloc[:0], windows)
    same(nothing, no_windows(PUMP, windows, ASKED))
    tables.check("windows", nothing)


def hourly(rows: int, **columns: object) -> pd.DataFrame:
    """Readings at every full hour from 01:00 on."""
    times = pd.date_range(hours(1), periods=rows, freq="h").as_unit("ns")
    base = {"speed": 100.0, "pressure": 5.0, "vibration": 1.0, "oil": 40.0}
    frame = pd.DataFrame({"asset": "p1", "time": times, "segment": -1, **base, **columns})
    return frame.astype({"asset": "str"})


PLAIN = Windows(length="12h", step="6h", max_gap="8h")
NO_EVENTS = tables.empty("events")


def reasons(readings: pd.DataFrame, events: pd.DataFrame = NO_EVENTS) -> list[str]:
    return described(readings, events, PLAIN)["reason"].tolist()


def test_windows_lie_on_the_grid_and_hold_what_is_after_start_up_to_end() -> None:
    found = described(hourly(29), NO_EVENTS, PLAIN)
    assert found["end"].tolist() == [hours(h) for h in (6, 12, 18, 24)]
    assert found["rows"].tolist() == [6, 12, 12, 12]
    assert found["coverage"].tolist() == [0.5, 1, 1, 1]
    assert found["reason"].tolist() == [""] * 4
    ramp = described(hourly(24, pressure=np.arange(1.0, 25)), NO_EVENTS, PLAIN)
    assert ramp["pressure.mean"].iloc[-1] == np.arange(13, 25).mean()


def test_a_window_is_cut_at_a_replacement_whose_instant_is_of_the_old_run() -> None:
    readings = hourly(36, pressure=np.where(np.arange(1, 37) <= 18, 5.0, 9.0))
    told = events_of([event(hours(18), "maintenance", "seal")])
    found = described(readings, told, PLAIN).set_index("end")
    at, after = (found.loc[hours(h)] for h in (18, 24))
    assert (at["run"], at["rows"], at["pressure.max"]) == (0, 12, 5.0)
    assert (after["run"], after["rows"], after["coverage"]) == (1, 6, 0.5)
    assert (after["pressure.mean"], after["start"]) == (9.0, hours(18))
    assert after["maintenance.seal.hours_since"] == 6
    assert np.isnan(found["maintenance.seal.hours_since"].iloc[0])


def test_maintenance_without_an_item_ends_no_run() -> None:
    told = events_of([event(hours(18), "maintenance", code="grease")])
    found = described(hourly(36), told, PLAIN)
    assert found["run"].eq(0).all()
    assert found["maintenance.any.hours_since"].iloc[-1] == 18
    assert found["maintenance.seal.hours_since"].isna().all()


def test_just_after_a_restart_the_history_is_insufficient() -> None:
    told = events_of([event(hours(15), "restart")])
    assert reasons(hourly(24), told) == ["", "", "insufficient_history", ""]


def test_a_gap_longer_than_allowed_ends_a_run_and_a_shorter_one_does_not() -> None:
    for silence, expected in ((7, 0), (8, 1)):  # readings 8 h and 9 h apart
        gone = hourly(48).drop(index=range(15, 15 + silence))
        assert described(gone, NO_EVENTS, PLAIN)["run"].max() == expected


def test_silence_longer_than_a_window_has_no_windows() -> None:
    found = described(hourly(40).iloc[[0, 5, 39]], NO_EVENTS, PLAIN)
    assert found["end"].tolist() == [hours(6), hours(12)]  # not 18: (6, 18] is empty


def test_an_event_within_a_gap_ends_the_window_where_it_happened() -> None:
    readings = hourly(40).drop(index=range(12, 30))
    told = events_of([event(hours(30.4), "restart"), event(hours(20), "restart")])
    found = described(readings, told, PLAIN)
    assert found["start"].iloc[-1] == hours(30.4)
    assert found["run"].tolist() == [0, 0, 0, 3]


def test_a_clock_that_jumps_far_ahead_does_not_fill_the_years_between() -> None:
    readings = hourly(40)
    readings.loc[39, "time"] = pd.Timestamp("2099-01-01T00:00:00Z")
    found = described(readings, NO_EVENTS, PLAIN)
    assert len(found) < 12
    assert found["end"].iloc[-1] == pd.Timestamp("2099-01-01T00:00:00Z")
    assert found["reason"].iloc[-1] == "insufficient_history"


def test_rows_while_stopped_are_left_out() -> None:
    stopped = np.arange(1, 49) > 24
    found = described(
        hourly(48, speed=np.where(stopped, 0.0, 100.0), pressure=np.where(stopped, 0.0, 5.0)),
        NO_EVENTS,
        PLAIN,
    )
    assert found["reason"].tolist() == ["", "", "", "", "", "off", "off", "off"]
    assert found["pressure.mean"].iloc[4] == 5.0
    assert found["rows"].tolist()[-4:] == [6, 0, 0, 0]


def test_a_running_sensor_that_is_not_sampled_keeps_its_last_state_for_a_while() -> None:
    speed = np.where(np.arange(1, 49) <= 12, 100.0, np.nan)
    optional = PUMP.model_dump()
    optional["sensors"]["speed"]["required"] = False
    pump = Equipment.model_validate(optional)
    found = describe(hourly(48, speed=speed), NO_EVENTS, "pump", pump, PLAIN, ASKED)
    assert found["rows"].tolist() == [6, 12, 12, 8, 2, 0, 0, 0]  # held for max_gap = 8 h
    assert found["reason"].tolist()[:4] == ["", "", "", ""]
    assert found["reason"].tolist()[-3:] == ["sensor_missing:speed"] * 3


def test_a_vanished_sensor_is_named_and_takes_only_its_own_descriptors_along() -> None:
    found = described(hourly(24).drop(columns="vibration"), NO_EVENTS, PLAIN)
    assert found["reason"].tolist() == ["sensor_missing:vibration"] * 4
    assert found.filter(like="vibration.").drop(columns="vibration.coverage").isna().all(axis=None)
    assert found["vibration.coverage"].eq(0).all()
    assert found["pressure.mean"].eq(5).all()


def test_a_sensor_that_is_not_required_may_vanish_and_one_that_is_new_is_left_alone() -> None:
    readings = hourly(24, acoustic=1.0).drop(columns="oil")
    found = described(readings, NO_EVENTS, PLAIN)
    assert found["reason"].eq("").all()
    assert found["oil.mean"].isna().all()
    assert not [c for c in found if c.startswith("acoustic")]


@pytest.mark.parametrize("flag", [f for n, f in tables.QUALITY.items() if n != "good"])
def test_only_good_values_reach_a_descriptor(flag: int) -> None:
    wrong = np.arange(24) % 4 == 3
    readings = hourly(24, vibration=np.where(wrong, 999.0, 1.0))
    readings["vibration__quality"] = np.where(wrong, flag, 0).astype("uint8")
    found = described(readings, NO_EVENTS, PLAIN)
    assert found["vibration.rms"].iloc[1:].eq(1).all()
    assert found["vibration.coverage"].iloc[-1] == 0.75


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_flood_of_what_is_no_number_is_not_evaluated(value: float) -> None:
    found = described(hourly(24, pressure=value), NO_EVENTS, PLAIN)
    assert found["reason"].eq("sensor_missing:pressure").all()


def test_one_asset_with_three_rows() -> None:
    assert set(reasons(hourly(3))) == set()
    ten = hourly(3).assign(time=lambda f: f["time"] + pd.Timedelta("3h"))
    assert reasons(ten) == ["insufficient_history"]


def test_coverage_is_not_hurt_by_jitter() -> None:
    rng = np.random.default_rng(0)
    readings = hourly(48)
    readings["time"] += pd.to_timedelta(rng.integers(-60, 60, 48), unit="s")
    found = described(readings, NO_EVENTS, PLAIN)
    # the newest reading may come just too late; slots would lose one in four
    assert found["coverage"].iloc[2:].min() > 11 / 12 - 0.01


def test_readings_faster_than_the_period_count_for_their_time_only() -> None:
    early = START + pd.to_timedelta(np.arange(1, 181), unit="min")
    readings = hourly(180).assign(time=pd.Series(early).dt.as_unit("ns"))
    late = hourly(13).iloc[[12]]
    found = described(pd.concat([readings, late]), NO_EVENTS, PLAIN).set_index("end")
    assert found.loc[hours(12), "coverage"] == pytest.approx(3 / 12, abs=0.1)


def test_errors_are_counted_within_the_window() -> None:
    told = [event(hours(h), "error", code="E1") for h in (6, 6.5, 12, 13)]
    told.append(event(hours(7), "error", code="E2"))
    found = described(hourly(24), events_of(told), PLAIN)
    assert found["error.E1.count"].tolist() == [1, 3, 3, 1]  # (-6,6] (0,12] (6,18] (12,24]


def test_a_segment_is_one_window() -> None:
    readings = hourly(20, segment=[-1] * 2 + [4] * 6 + [5] * 8 + [-1] * 2 + [4] * 2)
    found = described(readings, NO_EVENTS, Windows(by="segment", whole_segments=True))
    assert found["rows"].tolist() == [6, 8, 2]
    assert found["coverage"].tolist() == [1, 1, 1]
    assert found["end"].tolist() == [hours(h) for h in (8, 16, 20)]


def test_a_segment_that_may_go_on_is_not_judged_yet() -> None:
    ends = {
        rows: described(
            hourly(rows, segment=([4] * 6 + [5] * 8 + [-1] * 2)[:rows]),
            NO_EVENTS,
            Windows(by="segment"),
        )["end"].tolist()
        for rows in (6, 7, 14, 15)
    }
    assert ends == {6: [], 7: [hours(6)], 14: [hours(6)], 15: [hours(6), hours(14)]}


def test_windows_by_count_start_anew_with_each_run() -> None:
    told = events_of([event(hours(10), "restart")])
    found = described(hourly(20), told, Windows(by="count", count=4, count_step=3))
    assert found["rows"].tolist() == [3, 4, 4, 3, 4, 4]
    assert found["run"].tolist() == [0, 0, 0, 1, 1, 1]
    assert found["coverage"].tolist() == [0.75, 1, 1, 0.75, 1, 1]


def test_rows_of_two_assets_are_refused() -> None:
    both = pd.concat([hourly(5), hourly(5).assign(asset="p2").astype({"asset": "str"})])
    with pytest.raises(TableError, match="got rows of the assets 'p1', 'p2'"):
        described(both, NO_EVENTS, PLAIN)
    stranger = events_of([event(START, "restart", asset="p9")])
    with pytest.raises(TableError, match="got rows of the assets 'p1', 'p9'"):
        described(hourly(5), stranger, PLAIN)


def test_a_time_given_twice_is_refused() -> None:
    with pytest.raises(TableError, match="1 times given twice, the first 2025-03-01 03:00"):
        described(pd.concat([hourly(5), hourly(3).iloc[[2]]]), NO_EVENTS, PLAIN)


def test_times_without_a_zone_are_refused() -> None:
    naive = hourly(5).assign(time=lambda f: f["time"].dt.tz_localize(None))
    with pytest.raises(TableError, match="expected times with a zone"):
        described(naive, NO_EVENTS, PLAIN)


def test_a_missing_time_is_refused() -> None:
    readings = hourly(5)
    readings.loc[2, "time"] = pd.NaT
    with pytest.raises(TableError, match="1 missing times in column 'time'"):
        described(readings, NO_EVENTS, PLAIN)


def test_a_step_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"got windows\.step = 0"):
        described(hourly(5), NO_EVENTS, Windows(step="0h"))


def test_other_resolutions_and_zones_say_the_same() -> None:
    readings = hourly(30)
    other = readings.assign(time=readings["time"].dt.as_unit("s").dt.tz_convert("Europe/Berlin"))
    same(described(readings, NO_EVENTS, PLAIN), described(other, NO_EVENTS, PLAIN))
