"""The catalogue equals its slow twin, and no window knows of its company."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from faultprint.errors import ConfigError
from faultprint.signal import descriptors, ranks
from faultprint.signal.catalogue import CATALOGUE, FAMILIES, descriptor, is_descriptor
from faultprint.signal.descriptors import compute
from tests import oracles

NAMES = list(oracles.DESCRIPTORS)
"""The catalogue, and of each family with numbers in its names an example or two."""

SPECTRAL = {name for name in NAMES if descriptor(name).least == 8}
RELATIVE = {name for name in NAMES if descriptor(name).unit in {"1", "Hz"}}
VALUES = st.lists(
    st.one_of(
        st.integers(-5, 5).map(float),
        st.floats(-1e6, 1e6, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-3),
    ),
    min_size=1,
    max_size=40,
)


def times_of(n: int, seed: int = 0, *, even: bool = False) -> np.ndarray:
    """Instants [ns], ascending: irregular, or every half second but for some jitter."""
    rng = np.random.default_rng(seed)
    if even:
        return np.arange(n) * 500_000_000 + rng.integers(0, 50_000_000, n) + 10**18
    return np.cumsum(rng.integers(1, 7_200_000_000_000, n)) + 1_700_000_000_000_000_000


def one(values: np.ndarray, name: str, times: np.ndarray | None = None) -> float:
    """One descriptor of one window that holds all values."""
    if times is None:
        times = times_of(len(values), even=name in SPECTRAL)
    bounds = np.array([0]), np.array([len(values)])
    return float(compute([name], np.asarray(values), times, *bounds)[name][0])


def test_the_oracle_knows_the_whole_catalogue() -> None:
    plain = {name for name in NAMES if name in CATALOGUE}
    assert plain == set(CATALOGUE)
    for family, example in FAMILIES.items():
        assert is_descriptor(example)
        assert any(name.startswith(family.split("<")[0]) for name in set(NAMES) - plain)


@pytest.mark.parametrize("name", NAMES)
@given(values=VALUES, seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None, phases=(Phase.reuse, Phase.generate))
def test_equals_the_slow_twin(name: str, values: list[float], seed: int) -> None:
    times = times_of(len(values), seed, even=name in SPECTRAL)
    hours = [(t - times[-1]) / oracles.HOUR for t in times.tolist()]
    if name in RELATIVE and len(set(values)) > 1:
        spread = max(values) - min(values)
        values = [round((v - min(values)) / spread, 3) for v in values]
    expected = oracles.describe_values(name, values, hours)
    scale = max(map(abs, values))
    atol = 1e-9 * (scale if descriptor(name).unit == "{unit}" else max(1, scale, scale**2))
    got = one(np.array(values), name, times)
    np.testing.assert_allclose(got, expected, rtol=1e-7, atol=atol)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_a_window_depends_on_its_own_values_to_the_last_bit(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, times = rng.lognormal(size=300), times_of(300, even=name in SPECTRAL)
    starts = np.sort(rng.integers(0, 290, 40))
    stops = np.minimum(starts + rng.integers(0, 60, 40), 300)
    together = compute([name], values, times, starts, stops)[name]
    for i in range(0, 40, 7):
        alone = compute([name], values, times, starts[i : i + 1], stops[i : i + 1])[name]
        excerpt = slice(starts[i], stops[i])
        zero, count = np.array([0]), stops[i : i + 1] - starts[i : i + 1]
        excerpted = compute([name], values[excerpt], times[excerpt], zero, count)[name]
        assert alone.tobytes() == together[i : i + 1].tobytes() == excerpted.tobytes()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_zeros_of_both_signs_and_ties_are_ranked_alike_in_any_company(kind: type) -> None:
    rng, names = np.random.default_rng(0), ["p05", "p25", "median", "p75", "mad"]
    values = np.round(rng.normal(size=400)).astype(kind)
    values[values == 0] *= rng.choice([-1, 1], (values == 0).sum())
    starts, times = np.arange(0, 300, 11), times_of(400)
    stops = starts + rng.integers(1, 90, starts.size)
    together = compute(names, values, times, starts, stops)
    for i in range(starts.size):
        alone = compute(names, values, times, starts[i : i + 1], stops[i : i + 1])
        for name in names:
            assert alone[name].tobytes() == together[name][i : i + 1].tobytes(), name


def test_windows_beyond_one_tile_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    values, times = np.random.default_rng(1).normal(size=500), times_of(500, even=True)
    starts = np.arange(0, 470, 3)
    stops = starts + 30
    whole = compute(NAMES, values, times, starts, stops)
    monkeypatch.setattr(ranks, "TILE", 100)
    monkeypatch.setattr(descriptors, "BLOCK", 7)
    tiled = compute(NAMES, values, times, starts, stops)
    for name in NAMES:
        assert np.isfinite(whole[name]).all()
        assert whole[name].tobytes() == tiled[name].tobytes()


LEVELS = {"mean", "time_mean", "min", "max", "median", "last"} | {
    name for name in NAMES if re.fullmatch(r"p\d\d|(mean|min|max)_\d+_of_\d+", name)
}
FROM_ZERO = {"crest", "impulse", "shape", "clearance", "zero_crossings", "rms", "peak"}
"""Depend on where 0 lies, so that a shift changes them in another way."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("offset", [1e9, -1e9])
def test_a_large_offset_costs_no_more_than_the_rounding_of_the_data(
    name: str, offset: float
) -> None:
    small = np.round(np.random.default_rng(2).normal(size=64) * 64) / 64
    large = small + offset  # exact: multiples of 1/64
    if name in FROM_ZERO:
        expected = oracles.describe_values(name, large.tolist(), [])
        np.testing.assert_allclose(one(large, name), expected, rtol=1e-9)
    else:
        shift = offset if name in LEVELS else 0.0
        np.testing.assert_allclose(one(large, name) - shift, one(small, name), atol=3e-7, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [4.0, 0.001, -3.0])
def test_a_change_of_unit_changes_it_as_its_unit_says(name: str, scale: float) -> None:
    values = np.random.default_rng(4).normal(size=100) + 0.5
    times = times_of(100, even=name in SPECTRAL)
    mirrored = (-1.0 if scale < 0 else 1.0) * values
    power = {"{unit}": 1, "{unit}/h": 1, "({unit})^2": 2}.get(descriptor(name).unit, 0)
    expected = one(mirrored, name, times) * abs(scale) ** power
    np.testing.assert_allclose(one(values * scale, name, times), expected, rtol=1e-9)


@pytest.mark.parametrize("name", sorted(set(NAMES) - SPECTRAL - {"time_mean", "time_std"}))
def test_only_descriptors_of_time_know_the_clock(name: str) -> None:
    values, knows = np.random.default_rng(5).normal(size=50), name.startswith("slope_")
    same = one(values, name, times_of(50, 1)) == one(values, name, times_of(50, 2))
    assert same != knows


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_summed_in_double(name: str) -> None:
    single = np.random.default_rng(6).normal(size=70).astype(np.float32)
    assert one(single, name) == one(single.astype(np.float64), name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_is_left_as_it_is(name: str) -> None:
    values, times = np.random.default_rng(7).normal(size=90), times_of(90)
    given = [values, times, np.array([0, 40]), np.array([60, 90])]
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    compute([name], *given)
    for array, was in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, was)


CONSTANT_IS_MISSING = {
    "skewness", "kurtosis", "autocorrelation", "autocorrelation_2", "autocorrelation_24", "cusum",
    "mobility", "complexity", "dominant_frequency", "spectral_centroid", "spectral_spread",
    "spectral_kurtosis", "spectral_entropy",
}  # fmt: skip
CONSTANT_IS_ZERO = {
    "std", "time_std", "range", "slope_per_hour", "slope_3_of_12", "mean_abs_change", "iqr", "mad",
    "mean_crossings", "turning_points", "band_energy_0p5_10", "last_minus_first",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [0.1, -7.3, 1e9 + 0.1])
def test_a_constant_has_no_spread_and_no_shape(name: str, level: float) -> None:
    got = one(np.full(37, level), name)
    assert np.isnan(got) == (name in CONSTANT_IS_MISSING)
    if name in CONSTANT_IS_ZERO:
        assert got == 0
    if name in LEVELS:
        assert got == level


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_zeros_is_no_error(name: str) -> None:
    got = one(np.zeros(33), name)
    ratio = name in {"crest", "impulse", "shape", "clearance"} | CONSTANT_IS_MISSING
    assert np.isnan(got) if ratio else got == 0


@pytest.mark.parametrize("name", ["time_mean", "time_std"])
@given(seed=st.integers(0, 1_000), kept=st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_values_left_out_move_what_is_weighted_by_time_within_the_bound(
    name: str, seed: int, kept: float
) -> None:
    rng = np.random.default_rng(seed)
    values, times = np.cumsum(rng.normal(size=80)), times_of(80, seed)
    stay = rng.random(80) < kept
    stay[[0, -1]] = True
    steepest = np.abs(np.diff(values) / np.diff(times)).max()
    moved = abs(one(values, name, times) - one(values[stay], name, times[stay]))
    widest = np.diff(times[stay]).max()
    # the lines differ by L g / 2 at most, by L g / 4 on average; the root of the mean square
    # moves by no more than that of the difference
    assert moved <= steepest * widest * (0.25 if name == "time_mean" else 0.5) + 1e-9


def test_the_plain_mean_is_pulled_by_where_the_values_lie_and_the_time_mean_is_not() -> None:
    times = np.concatenate([np.arange(10), 10 + np.arange(1000) / 100]) * 3_600_000_000_000
    ramp = times / 3.6e12
    assert one(ramp, "time_mean", times.astype(np.int64)) == pytest.approx(ramp[-1] / 2)
    assert one(ramp, "mean", times.astype(np.int64)) > 14


@pytest.mark.parametrize("name", NAMES)
def test_fewer_values_than_needed_give_nothing(name: str) -> None:
    least = descriptor(name).least
    values = np.resize([1.0, 3.0, 2.0, 5.0, 4.0, 4.5, 7.0], 30)
    assert np.isnan(one(values[: least - 1], name))
    assert np.isfinite(one(values[:least], name))


def test_overflow_is_missing_not_infinite() -> None:
    assert np.isnan(one(np.array([1e308, -1e308, 1e308]), "range"))


def test_known_values() -> None:
    angles = np.arange(1000) * 2 * np.pi * 5 / 1000
    sine = np.sin(angles)
    assert one(sine, "rms") == pytest.approx(np.sqrt(0.5))
    assert one(sine, "crest") == pytest.approx(np.sqrt(2), rel=1e-4)
    assert one(sine, "kurtosis") == pytest.approx(1.5)
    assert one(sine, "shape") == pytest.approx(np.pi / (2 * np.sqrt(2)), rel=1e-3)
    hourly = np.arange(24) * 3_600_000_000_000
    assert one(0.25 * np.arange(24), "slope_per_hour", hourly) == pytest.approx(0.25)


@pytest.mark.parametrize("scale", [1, 0.01, -0.01])
def test_values_on_the_mean_do_not_cross_it_by_rounding(scale: float) -> None:
    zigzag = np.array([1, 2, 3, 2] * 5) * scale  # the mean is 2 * scale
    assert one(zigzag, "mean_crossings") == (9 if scale < 0 else 10) / 19


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown descriptor 'kurtossis'.*'kurtosis'"):
        one(np.ones(3), "kurtossis")
