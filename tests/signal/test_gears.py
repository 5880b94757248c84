"""Gears and measured speeds against waveforms whose tones are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import ConfigError
from faultprint.signal.arrays import spans_of
from faultprint.signal.bearings import Bearing, Gear, Mounting, mounting_from
from faultprint.signal.bursts import ENVELOPE, describe_bursts
from faultprint.signal.describe import describe
from faultprint.tables import empty

RATE, SHAFT, TEETH, WHEEL = 10_000.0, 25.0, 20, 50
GEARS = Mounting(None, SHAFT, Gear(TEETH, WHEEL))
TIMES = (np.arange(40_000) * (1e9 / RATE)).astype(np.int64)


def _meshing(amplitude: float, depth: float, shaft: float = SHAFT) -> np.ndarray:
    """Mesh tones at the first two multiples, modulated once a turn of the shaft."""
    t = TIMES / 1e9
    beat = 1 + depth * np.cos(2 * np.pi * shaft * t)
    tones = [np.sin(2 * np.pi * h * TEETH * shaft * t + h) for h in (1, 2)]
    return amplitude * beat * sum(tones) + 0.01 * np.random.default_rng(0).normal(size=t.size)


def _described(samples: np.ndarray, mounting: Mounting, speed: float) -> dict[str, float]:
    spans = spans_of(samples, TIMES, np.array([0]), np.array([TIMES.size]))
    made = describe_bursts(list(ENVELOPE), spans, mounting, np.array([speed]))
    return {name: float(value[0]) for name, value in made.items()}


@pytest.mark.parametrize("depth", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("amplitude", [0.5, 3.0])
def test_energy_and_sidebands_are_those_of_a_modulated_tone(amplitude: float, depth: float) -> None:
    made = _described(_meshing(amplitude, depth), GEARS, SHAFT)
    # two tones of a^2 / 2; a modulation of depth m leaves m^2 / 2 of each in its sidebands
    assert made["mesh_energy"] == pytest.approx(amplitude**2, rel=0.01)
    assert made["mesh_sidebands"] == pytest.approx(depth**2 / 2, rel=0.02, abs=2e-3)


def test_a_speed_wrong_by_three_per_cent_finds_no_mesh() -> None:
    right, wrong = (_described(_meshing(1.0, 0.0), GEARS, SHAFT * f) for f in (1.0, 1.03))
    assert wrong["mesh_energy"] < 1e-3 * right["mesh_energy"]


def test_the_turns_of_the_wheel_beat_in_the_envelope() -> None:
    t, turns = TIMES / 1e9, SHAFT * TEETH / WHEEL
    envelope = 1 + 0.5 * np.cos(2 * np.pi * turns * t)
    noise = np.random.default_rng(1).normal(size=t.size)
    made = _described(np.sqrt(envelope) * noise, GEARS, SHAFT)
    assert made["envelope_wheel"] > 0.125  # half the squared depth, and the noise's own
    assert made["envelope_wheel"] > 2 * made["envelope_shaft"]
    assert np.isnan(made["envelope_bpfo"])


def test_gears_come_from_the_attributes_alone_or_beside_a_bearing() -> None:
    teeth = {"gear_teeth": "20", "wheel_teeth": 50, "rated_speed": 1500}
    assert mounting_from(teeth) == GEARS
    assert mounting_from({"gear_teeth": 20, "rated_speed": 1500}) == Mounting(None, SHAFT, Gear(20))
    both = teeth | {"bearing_balls": 9, "bearing_ball_diameter": 8, "bearing_pitch_diameter": 40}
    mounted = mounting_from(both)
    assert mounted == Mounting(Bearing(9, 8.0, 40.0), SHAFT, Gear(20, 50))
    assert set(mounted.orders()) == {"bpfo", "bpfi", "bsf", "ftf", "shaft", "wheel"}
    assert mounted.orders()["wheel"] == 0.4


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"gear_teeth": 1, "rated_speed": 1500}, "two teeth or more"),
        ({"gear_teeth": "many", "rated_speed": 1500}, "numbers for gear_teeth"),
        ({"gear_teeth": 20}, "numbers for gear_teeth, rated_speed"),
        ({"gear_teeth": 20, "wheel_teeth": "?", "rated_speed": 1500}, "wheel_teeth"),
        ({"gear_teeth": 20, "speed_sensor": "n", "rated_speed": 0}, "the speed above 0"),
    ],
)
def test_wrong_gears_are_refused(attributes: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        mounting_from(attributes)


def _device(unit: str, **attributes: str | int) -> Equipment:
    sensors = {"vibration": {"unit": "m/s^2"}, "speed": {"unit": unit, "role": "condition"}}
    known = {"gear_teeth": TEETH, "speed_sensor": "speed", **attributes}
    return Equipment.model_validate({"sensors": sensors, "period": "1ms", "attributes": known})


def _table(device: Equipment, speed: np.ndarray) -> pd.DataFrame:
    """Two recordings, the second one tenth faster."""
    half = TIMES.size // 2
    samples = np.where(np.arange(TIMES.size) < half, _meshing(1, 0), _meshing(1, 0, 1.1 * SHAFT))
    time = pd.Timestamp("2025-03-01T00:00:00Z") + pd.to_timedelta(TIMES, unit="ns")
    rows = pd.DataFrame({"asset": "g", "time": time, "segment": np.repeat([0, 1], half)})
    rows = rows.assign(vibration=samples, speed=speed).astype({"asset": "str"})
    windows = Windows(by="segment", whole_segments=True)
    asked = Descriptors(default=["mesh_energy"])
    return describe(rows, empty("events"), "gearbox", device, windows, asked)


@pytest.mark.parametrize(("unit", "per_hz"), [("rpm", 60.0), ("Hz", 1.0)])
def test_the_speed_of_a_window_is_measured_in_it(unit: str, per_hz: float) -> None:
    half = TIMES.size // 2
    speed = np.repeat([SHAFT, 1.1 * SHAFT], half) * per_hz
    speed[::3] = np.nan  # sampled slower than the vibration
    found = _table(_device(unit), speed)["vibration.mesh_energy"]
    assert found.to_numpy() == pytest.approx([1.0, 1.0], rel=0.01)
    fixed = _table(_device(unit, speed_sensor="", rated_speed=1500), speed)
    assert fixed["vibration.mesh_energy"].iloc[1] < 0.01


def test_where_no_speed_was_measured_nothing_is_said_even_if_one_is_rated() -> None:
    speed = np.where(np.arange(TIMES.size) < TIMES.size // 2, SHAFT, np.nan) * 60
    found = _table(_device("rpm", rated_speed=1500), speed)["vibration.mesh_energy"]
    assert found.notna().tolist() == [True, False]


def test_a_sensor_of_the_speed_that_is_none_is_refused() -> None:
    speed = np.full(TIMES.size, 1500.0)
    with pytest.raises(ConfigError, match=r"unknown speed_sensor 'sped'.*did you mean 'speed'"):
        _table(_device("rpm", speed_sensor="sped"), speed)
    with pytest.raises(ConfigError, match=r"unit of a speed, of the sensor 'speed': 'bar'"):
        _table(_device("bar"), speed)
