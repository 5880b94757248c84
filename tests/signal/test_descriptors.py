"""The catalogue equals its slow twin, and no window knows of its company."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.errors import ConfigError
from faultprint.signal import lanes
from faultprint.signal.descriptors import CATALOGUE, compute
from tests import oracles

NAMES = list(CATALOGUE)
VALUES = st.lists(
    st.one_of(
        st.integers(-5, 5).map(float),
        st.floats(-1e6, 1e6, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-3),
    ),
    min_size=1,
    max_size=40,
)


def times_of(n: int, seed: int = 0) -> np.ndarray:
    """Irregular instants [ns], ascending."""
    steps = np.random.default_rng(seed).integers(1, 7_200_000_000_000, n)
    return np.cumsum(steps) + 1_700_000_000_000_000_000


def one(values: np.ndarray, name: str, times: np.ndarray | None = None) -> float:
    """One descriptor of one window that holds all values."""
    times = times_of(len(values)) if times is None else times
    bounds = np.array([0]), np.array([len(values)])
    return float(compute([name], np.asarray(values, float), times, *bounds)[name][0])


def test_the_oracle_knows_the_whole_catalogue() -> None:
    assert set(oracles.DESCRIPTORS) == set(CATALOGUE)


@pytest.mark.parametrize("name", NAMES)
@given(values=VALUES, seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_equals_the_slow_twin(name: str, values: list[float], seed: int) -> None:
    times = times_of(len(values), seed)
    hours = [(t - times[-1]) / oracles.HOUR for t in times.tolist()]
    if name in {"skewness", "kurtosis", "autocorrelation"} and len(set(values)) > 1:
        spread = max(values) - min(values)
        values = [round((v - min(values)) / spread, 3) for v in values]
    expected = oracles.describe_values(name, values, hours)
    scale = max(map(abs, values))
    atol = 1e-9 * (scale if CATALOGUE[name].unit == "{unit}" else max(1, scale))
    got = one(np.array(values), name, times)
    np.testing.assert_allclose(got, expected, rtol=1e-7, atol=atol)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_a_window_depends_on_its_own_values_to_the_last_bit(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, times = rng.lognormal(size=300), times_of(300)
    starts = np.sort(rng.integers(0, 290, 40))
    stops = np.minimum(starts + rng.integers(0, 60, 40), 300)
    together = compute([name], values, times, starts, stops)[name]
    for i in range(0, 40, 7):
        alone = compute([name], values, times, starts[i : i + 1], stops[i : i + 1])[name]
        excerpt = slice(starts[i], stops[i])
        zero, count = np.array([0]), stops[i : i + 1] - starts[i : i + 1]
        excerpted = compute([name], values[excerpt], times[excerpt], zero, count)[name]
        assert alone.tobytes() == together[i : i + 1].tobytes() == excerpted.tobytes()


def test_windows_beyond_one_tile_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    values, times = np.random.default_rng(1).normal(size=500), times_of(500)
    starts = np.arange(0, 480, 3)
    stops = starts + 20
    whole = compute(NAMES, values, times, starts, stops)
    monkeypatch.setattr(lanes, "TILE", 100)
    tiled = compute(NAMES, values, times, starts, stops)
    for name in NAMES:
        assert np.isfinite(whole[name]).all()
        assert whole[name].tobytes() == tiled[name].tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_large_offset_costs_no_more_than_the_rounding_of_the_data(name: str) -> None:
    small = np.round(np.random.default_rng(2).normal(size=64) * 64) / 64
    large = small + 1e9  # exact: multiples of 1/64
    if name in {"crest", "impulse", "shape", "zero_crossings", "rms", "peak"}:
        expected = oracles.describe_values(name, large.tolist(), [])
        np.testing.assert_allclose(one(large, name), expected, rtol=1e-9)
    else:
        moves = name in {"mean", "min", "max", "median", "last", "p05", "p25", "p75", "p95"}
        shift = 1e9 if moves else 0.0
        np.testing.assert_allclose(one(large, name) - shift, one(small, name), atol=3e-7, rtol=1e-9)


CONSTANT_IS_MISSING = {"skewness", "kurtosis", "autocorrelation"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [0.1, -7.3, 1e9 + 0.1])
def test_a_constant_has_no_spread_and_no_shape(name: str, level: float) -> None:
    got = one(np.full(37, level), name)
    assert np.isnan(got) == (name in CONSTANT_IS_MISSING)
    if name in {"std", "range", "slope_per_hour", "mean_abs_change", "iqr", "mean_crossings"}:
        assert got == 0
    if name in {"mean", "median", "p05", "last"}:
        assert got == level


@pytest.mark.parametrize("name", NAMES)
def test_fewer_values_than_needed_give_nothing(name: str) -> None:
    least = CATALOGUE[name].least
    values = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
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
