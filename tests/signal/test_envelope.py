"""Envelope analysis against signals whose beat is known."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Descriptors, Equipment, Sensor, Windows
from faultprint.errors import ConfigError, TableError
from faultprint.signal.arrays import spans_of
from faultprint.signal.bearing_faults import CLEAR, RANKED, rank_faults, ringing_band
from faultprint.signal.bearings import Bearing, Gear, Mounting, mounting_from
from faultprint.signal.bursts import ENVELOPE, describe_bursts
from faultprint.signal.describe import describe
from faultprint.signal.envelope import Band, envelope_spectrum, kurtogram
from faultprint.signal.recipes import parse
from faultprint.tables import empty

RATE = 12_000.0
SHAFT = 29.5
BEARING = Bearing(balls=9, ball_diameter=7.94, pitch_diameter=39.04)
WHOLE = Band(0.0, RATE / 2, 0.0)


def _struck(frequency: float, seconds: float = 4.0, slip: float = 0.01) -> np.ndarray:
    """Strokes at a frequency, each 1 % early or late, that ring at 3.3 kHz; noise over it."""
    rng = np.random.default_rng(3)
    n = round(seconds * RATE)
    at = np.cumsum(1 / frequency * (1 + slip * rng.standard_normal(round(seconds * frequency))))
    blows = np.zeros(n)
    blows[np.minimum((at * RATE).astype(int), n - 1)] = 1.0
    t = np.arange(round(0.02 * RATE)) / RATE
    ring = np.exp(-600 * t) * np.sin(2 * np.pi * 3300 * t)
    return np.convolve(blows, ring)[:n] + 0.15 * rng.standard_normal(n)


def _naive_energy(modulation: np.ndarray, rate: float, frequency: float, width: float) -> float:
    """Mean square of the modulation's part near a frequency, by projection on sines."""
    t = np.arange(modulation.size) / rate
    total = 0.0
    for f in np.arange(frequency - width, frequency + width, 1 / t[-1]):
        both = [2 * np.mean(modulation * g(2 * np.pi * f * t)) for g in (np.sin, np.cos)]
        total += (both[0] ** 2 + both[1] ** 2) / 2
    return total


def test_orders_are_those_the_makers_print() -> None:
    orders = BEARING.orders()  # 6205-2RS JEM SKF, as published with the recordings of CWRU
    printed = {"bpfo": 3.5848, "bpfi": 5.4152, "bsf": 4.7135, "ftf": 0.39828}
    assert {n: round(orders[n], 3) for n in printed} == pytest.approx(printed, abs=2e-3)
    assert orders["bpfo"] + orders["bpfi"] == pytest.approx(9)
    angled = Bearing(9, 7.94, 39.04, 40.0).orders()
    assert orders["bpfo"] < angled["bpfo"] < angled["bpfi"] < orders["bpfi"]


@pytest.mark.parametrize("depth", [0.05, 0.4, 0.9])
@pytest.mark.parametrize("frequency", [11.0, 107.0])
def test_energy_is_half_the_squared_depth(depth: float, frequency: float) -> None:
    t = np.arange(round(4 * RATE)) / RATE
    envelope = 1 + depth * np.cos(2 * np.pi * frequency * t)
    tone = np.sqrt(envelope) * np.sin(2 * np.pi * 2500 * t)
    found = envelope_spectrum(tone, RATE, Band(2000, 3000, 0.0))
    assert found.energy(frequency, harmonics=1) == pytest.approx(depth**2 / 2, rel=0.02)
    naive = _naive_energy(envelope - 1, RATE, frequency, 2.0)
    assert found.energy(frequency, harmonics=1) == pytest.approx(naive, rel=0.03)
    assert found.energy(frequency * 1.31, harmonics=1) < 1e-3 * depth**2


def test_the_lines_add_up_to_the_variance_of_the_envelope() -> None:
    noise = np.random.default_rng(1).standard_normal(round(20 * RATE))
    found = envelope_spectrum(noise, RATE, Band(0, RATE / 2 / 4, 0.0))
    assert found.power[1:].sum() == pytest.approx(1.0, rel=0.1)  # of an exponential variable


def test_the_kurtogram_finds_the_band_that_rings_and_noise_has_none() -> None:
    best = kurtogram(_struck(106.0), RATE, 500.0)[0]
    assert best.low_hz <= 3300 <= best.high_hz
    assert best.kurtosis > 2
    noise = kurtogram(np.random.default_rng(2).standard_normal(round(8 * RATE)), RATE, 500.0)
    assert all(abs(band.kurtosis) < 0.3 for band in noise)
    assert {round(RATE / 2 / (b.high_hz - b.low_hz)) for b in noise} == {1, 2, 3, 4, 6, 8, 12}


def test_one_knock_of_another_origin_chooses_no_band() -> None:
    signal = _struck(106.0)
    t = np.arange(200) / RATE
    signal[20_000:20_200] += 80 * np.exp(-300 * t) * np.sin(2 * np.pi * 800 * t)
    best = kurtogram(signal, RATE, 500.0)[0]
    assert best.low_hz <= 3300 <= best.high_hz


@pytest.mark.parametrize("part", RANKED)
@pytest.mark.parametrize("gain", [1.0, 1e-6, 1e6])
def test_the_struck_part_comes_first_whatever_the_scale_and_offset(part: str, gain: float) -> None:
    signal = gain * _struck(BEARING.frequencies(SHAFT)[part]) + gain * 1e3
    ranking = rank_faults(signal, RATE, BEARING, SHAFT)
    assert next(iter(ranking)) == part
    assert ranking[part] > CLEAR


def test_noise_is_not_named() -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).standard_normal(round(10 * RATE))
        assert max(rank_faults(noise, RATE, BEARING, SHAFT).values()) < CLEAR


def test_a_speed_wrong_by_more_than_the_tolerance_is_not_found() -> None:
    signal = _struck(BEARING.frequencies(SHAFT)["bpfo"], slip=0.0)
    assert rank_faults(signal, RATE, BEARING, SHAFT)["bpfo"] > CLEAR
    assert rank_faults(signal, RATE, BEARING, 1.07 * SHAFT)["bpfo"] < CLEAR


def _burst(signal: np.ndarray, begin: int = 0) -> tuple[np.ndarray, np.ndarray]:
    return signal, begin + (np.arange(signal.size) * 1e9 / RATE).astype(np.int64)


MOUNTING = Mounting(BEARING, SHAFT, Gear(23, 41))


def _describe(
    values: np.ndarray, times: np.ndarray, *spans: tuple[int, int], known: bool = True
) -> dict[str, np.ndarray]:
    starts, stops = np.array(spans).T
    mounting, speeds = MOUNTING if known else None, np.full(starts.size, SHAFT)
    return describe_bursts(list(ENVELOPE), spans_of(values, times, starts, stops), mounting, speeds)


def test_descriptors_of_a_window_are_its_own() -> None:
    values, times = _burst(_struck(BEARING.frequencies(SHAFT)["bpfi"]))
    half = values.size // 2
    both = _describe(values, times, (0, half), (half, values.size))
    later = _describe(values[half:], times[half:], (0, values.size - half))
    for name in ENVELOPE:
        assert both[name][1] == later[name][0]
        assert np.isfinite(both[name]).all(), name
    assert (both["envelope_bpfi"] > 2 * both["envelope_bpfo"]).all()
    band = ringing_band(values[:half], RATE, max(BEARING.frequencies(SHAFT).values()))
    middle = (band.low_hz + band.high_hz) / 2
    assert both["envelope_band"][0] == pytest.approx(middle, rel=1e-6)


def test_prominence_is_that_of_the_ranking_without_training() -> None:
    values, times = _burst(_struck(BEARING.frequencies(SHAFT)["bpfi"]))
    made = _describe(values, times, (0, values.size))
    ranked = rank_faults(values, RATE, BEARING, SHAFT)
    for part in ("bpfo", "bpfi", "bsf"):
        assert made[f"prominence_{part}"][0] == pytest.approx(ranked[part], rel=1e-6)
    assert made["prominence_bpfi"][0] > made["prominence_bpfo"][0]
    still = _describe(np.full(values.size, 2.0), times, (0, values.size))
    assert np.isnan(still["prominence_bpfi"][0])
    slow = times * 8  # an eighth of the rate: bands too narrow for the beats
    assert np.isnan(_describe(values, slow, (0, values.size))["prominence_bpfi"][0])


def test_the_longest_burst_of_a_window_is_taken() -> None:
    long, when = _burst(_struck(BEARING.frequencies(SHAFT)["bpfo"], 2.0))
    short, after = _burst(_struck(BEARING.frequencies(SHAFT)["bpfi"], 1.0), int(60e9))
    values, times = np.concatenate([long, short]), np.concatenate([when, after])
    joined = _describe(values, times, (0, values.size))
    alone = _describe(long, when, (0, long.size))
    assert {n: v[0] for n, v in joined.items()} == {n: v[0] for n, v in alone.items()}


def test_missing_where_nothing_can_be_said() -> None:
    values, times = _burst(_struck(106.0, 2.0))
    nothing = [
        _describe(values, times, (0, values.size), known=False),
        _describe(values, times, (0, 1000)),
        _describe(values, times, (500, 500)),
        _describe(np.full(values.size, 3.0), times, (0, values.size)),
        _describe(values, times * 30, (0, values.size)),  # 400 Hz is too slow
    ]
    for made in nothing:
        # a constant has no power at the mesh frequency, and says so
        assert all(np.isnan(v).all() for n, v in made.items() if n != "mesh_energy")
        assert made["mesh_energy"][0] == pytest.approx(0) or np.isnan(made["mesh_energy"][0])
    spans = spans_of(values, times, np.array([0]), np.array([9]))
    with pytest.raises(ConfigError, match=r"unknown descriptor 'envelope_bfpo'.*envelope_bpfo"):
        describe_bursts(["envelope_bfpo"], spans, MOUNTING, np.array([SHAFT]))


def test_what_is_no_waveform_is_refused() -> None:
    with pytest.raises(TableError, match="3 samples, 0 of them not finite"):
        rank_faults(np.arange(3.0), RATE, BEARING, SHAFT)
    spoilt = _struck(106.0, 1.0)
    spoilt[7] = math.nan
    with pytest.raises(TableError, match="1 of them not finite"):
        rank_faults(spoilt, RATE, BEARING, SHAFT)
    with pytest.raises(TableError, match="too few for a shaft at 900 Hz"):
        rank_faults(_struck(106.0, 1.0), RATE, BEARING, 900.0)


ATTRIBUTES: dict[str, object] = {
    "bearing_balls": "9",
    "bearing_ball_diameter": "7.94",
    "bearing_pitch_diameter": 39.04,
    "rated_speed": 1770,
    "site": "north",
}


def test_the_mounting_comes_from_the_attributes() -> None:
    assert mounting_from(ATTRIBUTES) == Mounting(BEARING, 29.5)
    assert mounting_from({"site": "north", "rated_speed": "1480"}) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bearing_ball_diameter": "eight"}, "numbers for bearing_balls"),
        ({"rated_speed": None}, "the speed above 0"),
        ({"rated_speed": "0"}, "the speed above 0"),
        ({"bearing_ball_diameter": 50}, "smaller than the pitch diameter"),
        ({"bearing_contact_angle": 95}, "an angle from 0 to below 90"),
    ],
)
def test_wrong_attributes_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        mounting_from({**ATTRIBUTES, **change})


def test_a_waveform_is_described_like_any_sensor() -> None:
    signal = _struck(BEARING.frequencies(SHAFT)["bpfo"], 2.0)
    time = pd.Timestamp("2025-03-01T00:00:00Z") + pd.to_timedelta(_burst(signal)[1], unit="ns")
    readings = pd.DataFrame(
        {"asset": "p1", "time": time, "segment": np.repeat([0, 1], signal.size // 2)}
    ).assign(vibration=signal)
    sensors = {"vibration": Sensor(unit="m/s^2", type="acceleration")}
    known = {k: v for k, v in ATTRIBUTES.items() if isinstance(v, str | int | float)}
    pump = Equipment(sensors=sensors, period=timedelta(milliseconds=1), attributes=known)
    windows = Windows(by="segment", whole_segments=True, max_gap=timedelta(seconds=1))
    asked = Descriptors(default=["rms", *ENVELOPE])
    table = describe(
        readings.astype({"asset": "str"}), empty("events"), "pump", pump, windows, asked
    )
    assert len(table) == 2
    assert (table["vibration.envelope_bpfo"] > 2 * table["vibration.envelope_bpfi"]).all()
    assert parse("vibration.envelope_band").unit(pump) == "Hz"
    half = signal.size // 2
    alone = _describe(signal[:half], _burst(signal)[1][:half], (0, half))
    for name in set(ENVELOPE) - {"envelope_wheel", "mesh_energy", "mesh_sidebands"}:
        assert table[f"vibration.{name}"].iloc[0] == alone[name][0]
    unknown = pump.model_copy(update={"attributes": {}})
    table = describe(
        readings.astype({"asset": "str"}), empty("events"), "pump", unknown, windows, asked
    )
    assert table["vibration.envelope_bpfo"].isna().all()
    assert table["vibration.rms"].notna().all()
    wrong = Descriptors(default=["envelope_bpfx"])
    with pytest.raises(ConfigError, match="did you mean 'envelope_bpf"):
        describe(readings, empty("events"), "pump", pump, windows, wrong)
