"""Sensors that go bad, one way each: who is accused, when, and when it is trusted again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Cleaning, Equipment, Running, Sensor, SensorHealth
from faultprint.signal.clean import flag_readings
from faultprint.signal.instants import HOUR, NEVER, instants
from faultprint.state.distrust import DISTRUSTED, distrust, distrusted_sensors
from faultprint.state.sensor_health import judge_sensors
from faultprint.state.spells import Spell, spells_table
from faultprint.tables import QUALITY, QUALITY_SUFFIX

START = pd.Timestamp("2025-03-01T00:00:00Z")
DAYS, STEP = 40, 0.5
ONSET = 30 * 48
"""Row at which a defect begins: after 30 days."""
PUMP = Equipment(
    sensors={
        "speed": Sensor(unit="rpm", role="condition"),
        "flow": Sensor(unit="m^3/h", valid=(-10.0, 400.0), fastest=200.0),
        "pressure": Sensor(unit="bar"),
        "seal": Sensor(unit="bar", required=False),
    },
    period=timedelta(minutes=30),
    running=Running(sensor="speed", above=300.0),
)
HEALTH = SensorHealth()


def _sound(seed: int = 1) -> pd.DataFrame:
    """Half-hourly readings that follow the day, with noise."""
    rng = np.random.default_rng(seed)
    n = round(DAYS * 24 / STEP)
    day = np.sin(2 * np.pi * np.arange(n) * STEP / 24)
    values = {
        "speed": 1000 + 100 * day + 2 * rng.standard_normal(n),
        "flow": 100 + 20 * day + rng.standard_normal(n),
        "pressure": 5 + 0.3 * day + 0.02 * rng.standard_normal(n),
        "seal": 2 + 0.05 * rng.standard_normal(n),
    }
    time = START + pd.to_timedelta(np.arange(n) * STEP, unit="h")
    frame = pd.DataFrame({"asset": "p1", "time": time.as_unit("ns"), **values})
    return frame.astype({"asset": "str"}).assign(segment=-1)


def _flagged(readings: pd.DataFrame) -> pd.DataFrame:
    for name in PUMP.sensors:
        lost = readings[name].isna()
        readings[name + QUALITY_SUFFIX] = np.where(lost, QUALITY["missing"], 0).astype("uint8")
    return flag_readings(readings, PUMP, Cleaning(stuck_for=12))


def _spoilt(kind: str, rows: int = 96, sensor: str = "flow") -> pd.DataFrame:
    readings = _sound()
    rng = np.random.default_rng(2)
    at = np.arange(ONSET, ONSET + rows)
    values = readings[sensor].to_numpy(copy=True)
    if kind == "missing":
        values[rng.choice(at, round(0.8 * rows), replace=False)] = np.nan
    elif kind == "out_of_range":
        values[at] = 900 + rng.standard_normal(rows)
    elif kind == "stuck":
        values[at] = values[ONSET]
    elif kind == "spiking":
        values[at[::2]] += 40.0
    elif kind == "noise_burst":
        values[at] += 30 * rng.standard_normal(rows)
    else:
        values[at] = values[ONSET] + 0.001 * rng.standard_normal(rows)
    readings[sensor] = values
    return _flagged(readings)


KINDS = ["missing", "out_of_range", "stuck", "spiking", "noise_burst", "noise_collapse"]


def _judge(readings: pd.DataFrame, health: SensorHealth = HEALTH) -> list[Spell]:
    return judge_sensors(readings, PUMP, health)


def _hours(spell: Spell) -> tuple[float, float]:
    """How long after the onset of the defect it began and ended."""
    zero = int(instants(_sound()["time"])[ONSET])
    return (spell.since - zero) / HOUR, (spell.until - zero) / HOUR


def test_sound_sensors_are_not_accused() -> None:
    for seed in range(6):
        assert _judge(_flagged(_sound(seed))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_sensor_is_named_within_the_penalty_window_and_no_other(kind: str) -> None:
    spells = _judge(_spoilt(kind))
    assert {s.sensor for s in spells} == {"flow"}
    alike = ({"spiking", "too_fast", "noise_burst"}, {"stuck", "noise_collapse"})
    assert spells[0].kind == kind or any({spells[0].kind, kind} <= group for group in alike)
    late, _ = _hours(spells[0])
    assert 0 <= late <= 7.0


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_trusted_again_after_the_reward_window_and_not_before(kind: str) -> None:
    last = _judge(_spoilt(kind))[-1]
    _, until = _hours(last)
    assert 48 + 24 - 4 <= until <= 48 + 24 + 12


def test_the_penalty_window_is_what_the_settings_say() -> None:
    long = SensorHealth(penalty=timedelta(hours=18))
    readings = _spoilt("out_of_range", rows=24)  # 12 h
    assert _judge(readings)[0].kind == "out_of_range"
    short = _hours(_judge(readings)[0])[0]
    later = _hours(_judge(readings, long)[0])[0]
    assert short < 4 < 8 < later


def test_a_shorter_defect_than_half_the_penalty_window_is_passed_over() -> None:
    assert _judge(_spoilt("missing", rows=4)) == []
    assert _judge(_spoilt("stuck", rows=5)) == []


def test_a_spell_that_lasts_has_no_end() -> None:
    spells = _judge(_spoilt("stuck", rows=DAYS * 48 - ONSET))
    assert [s.until for s in spells] == [NEVER]
    assert spells_table("p1", spells, "1.0.0")["until"].isna().all()


def test_steps_that_are_too_fast_for_the_machine() -> None:
    readings = _sound()
    rows = np.arange(ONSET, ONSET + 12)
    readings.loc[rows, "flow"] += np.where(rows % 2, 120.0, 0.0)  # 240 m^3/h in an hour
    readings = readings.assign(**{n + QUALITY_SUFFIX: np.uint8(0) for n in PUMP.sensors})
    assert {s.kind for s in _judge(readings)} == {"too_fast"}


def test_a_burst_that_several_sensors_show_is_the_process() -> None:
    readings, other = _spoilt("noise_burst"), _spoilt("noise_burst", sensor="pressure")
    both = readings.assign(pressure=other["pressure"])
    rough = SensorHealth(spikes=1000)
    clean = both.assign(**{n + QUALITY_SUFFIX: np.uint8(0) for n in PUMP.sensors})
    assert _judge(clean, rough) == []


def test_a_standing_machine_accuses_nobody_but_a_lost_speed_is_noticed() -> None:
    readings = _sound()
    stop = slice(ONSET, ONSET + 200)
    for name in ("speed", "flow", "pressure", "seal"):
        readings.loc[stop, name] = 0.0
    assert _judge(_flagged(readings.copy())) == []
    readings.loc[stop, "speed"] = np.nan
    assert {(s.sensor, s.kind) for s in _judge(_flagged(readings))} == {("speed", "missing")}


def test_a_sensor_sampled_every_second_row_is_not_missing() -> None:
    readings = _sound()
    readings.loc[1::2, "pressure"] = np.nan
    assert _judge(_flagged(readings)) == []


def test_nothing_is_judged_when_switched_off() -> None:
    assert _judge(_spoilt("stuck"), SensorHealth(enabled=False)) == []
    assert _judge(_spoilt("stuck").iloc[:0]) == []


def _bad_at(spells: list[Spell], times: np.ndarray) -> set[tuple[str, int]]:
    return {(s.sensor, int(t)) for s in spells for t in times if s.since <= t < s.until}


@given(st.sampled_from(KINDS), st.integers(-20, 180), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_future_and_row_order_change_nothing(kind: str, after: int, draw: Any) -> None:
    readings = _spoilt(kind)
    cut = ONSET + after
    now = readings.iloc[:cut]
    times = instants(now["time"])
    shuffled = now.sample(frac=1, random_state=draw.randrange(2**31))
    assert _bad_at(_judge(readings), times) == _bad_at(_judge(shuffled), times)


def test_the_input_is_left_alone() -> None:
    readings = _spoilt("stuck")
    kept = readings.copy(deep=True)
    _judge(readings)
    pd.testing.assert_frame_equal(readings, kept)


def _windows() -> pd.DataFrame:
    ends = START + pd.to_timedelta([6, 12, 18, 24], unit="h")
    return pd.DataFrame(
        {
            "asset": pd.Series(["p1"] * 4, dtype="str"),
            "start": (ends - pd.Timedelta("6h")).as_unit("ns"),
            "end": ends.as_unit("ns"),
            "reason": pd.Series(["", "", "off", ""], dtype="str"),
            "flow.mean": 1.0,
            "flow.coverage": 1.0,
            "flow~speed.correlation": 0.5,
            "seal.mean": 2.0,
            "seal.coverage": 1.0,
            "speed.mean": 1000.0,
            "error.flow.count": 0.0,
        }
    )


def _spell(sensor: str, since: float, until: float | None = None) -> Spell:
    zero = int(instants(pd.Series([START]))[0])
    end = NEVER if until is None else zero + round(until * HOUR)
    return Spell(sensor, "stuck", zero + round(since * HOUR), end)


def test_what_a_bad_sensor_said_is_left_out_and_the_window_says_so() -> None:
    windows = _windows()
    kept = windows.copy(deep=True)
    judged = distrust(windows, [_spell("flow", 12.0)], PUMP)
    pd.testing.assert_frame_equal(windows, kept)
    assert judged["reason"].tolist() == [
        "",
        "sensor_bad:flow:stuck",
        "off",
        "sensor_bad:flow:stuck",
    ]
    assert judged["flow.mean"].isna().tolist() == [False, True, True, True]
    assert judged["flow~speed.correlation"].isna().tolist() == [False, True, True, True]
    assert judged["flow.coverage"].tolist() == [1.0, 0.0, 0.0, 0.0]
    untouched = ["seal.mean", "speed.mean", "error.flow.count", "seal.coverage"]
    pd.testing.assert_frame_equal(judged[untouched], windows[untouched])
    assert judged[DISTRUSTED].tolist() == ["", "flow:stuck", "flow:stuck", "flow:stuck"]


def test_a_sensor_that_is_not_required_leaves_the_window_evaluable() -> None:
    judged = distrust(_windows(), [_spell("seal", 0.5, 5.0), _spell("flow", 1.0, 2.0)], PUMP)
    assert judged["seal.mean"].isna().tolist() == [True, False, False, False]
    assert judged["reason"].tolist() == ["sensor_bad:flow:stuck", "", "off", ""]
    assert distrusted_sensors(judged[DISTRUSTED].iloc[0]) == {"seal": "stuck", "flow": "stuck"}
    alone = distrust(_windows(), [_spell("seal", 0.5, 5.0)], PUMP)
    assert alone["reason"].tolist() == ["", "", "off", ""]


def test_a_window_that_begins_when_the_sensor_is_trusted_again_counts() -> None:
    judged = distrust(_windows(), [_spell("flow", 1.0, 6.0)], PUMP)
    assert judged["reason"].tolist()[:2] == ["sensor_bad:flow:stuck", ""]


def test_what_arrives_from_a_sensor_with_gaps_is_believed() -> None:
    gaps = Spell("flow", "missing", _spell("flow", 1.0).since, NEVER)
    windows = _windows()
    windows.loc[3, "flow.mean"] = np.nan
    windows.loc[3, "reason"] = "sensor_missing:flow"
    judged = distrust(windows, [gaps], PUMP)
    assert judged["flow.mean"].tolist()[:3] == [1.0, 1.0, 1.0]
    assert judged["reason"].tolist() == ["", "", "off", "sensor_bad:flow:missing"]
