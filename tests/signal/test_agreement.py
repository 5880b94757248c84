"""Every descriptor, on every kind of input, through the whole engine, equals what others say.

Others are the slow twins, and numpy and scipy where they define the same; ``test_peers.py`` asks
tsfresh and TSFEL.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.signal
import scipy.stats

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.signal.catalogue import descriptor
from faultprint.signal.describe import describe
from faultprint.tables import empty
from tests import oracles
from tests.signal.kinds import KINDS, NAMES, STEP, instants_of, ours

EACH = pytest.mark.parametrize("kind", KINDS)
DEVICE = Equipment.model_validate({"sensors": {"x": {"unit": "bar"}}, "period": "500ms"})
WHOLE = Windows(by="segment", whole_segments=True, min_coverage=0)


def described(values: np.ndarray, order: np.ndarray) -> dict[str, float]:
    """One recording through the path that the stage ``describe`` takes, its rows in any order."""
    times = pd.Series(pd.to_datetime(instants_of(values.size), utc=True))
    rows = pd.DataFrame({"asset": "a", "time": times, "segment": 0, "x": values})
    asked = Descriptors(default=NAMES)
    rows = rows.iloc[order].astype({"asset": "str"})
    made = describe(rows, empty("events"), "device", DEVICE, WHOLE, asked)
    assert len(made) == 1
    return {name: float(made[f"x.{name}"].iloc[0]) for name in NAMES}


@EACH
def test_equals_the_slow_twin(kind: str) -> None:
    values = KINDS[kind]
    order = np.random.default_rng(0).permutation(values.size)
    found = described(values, order)
    good = np.isfinite(values)
    kept, times = values[good].astype(float).tolist(), instants_of(values.size)[good]
    hours = [(t - times[-1]) / oracles.HOUR for t in times.tolist()]
    # the twin takes deviations from a mean that is rounded to 1e-7 at 1e9
    tolerance = 1e-6 if "1e9" in kind else 1e-9
    for name in NAMES:
        expected = oracles.describe_values(name, kept, hours)
        scale = max(map(abs, kept), default=1.0) if descriptor(name).unit == "{unit}" else 1.0
        np.testing.assert_allclose(
            found[name], expected, rtol=tolerance, atol=tolerance * scale, err_msg=name
        )


@EACH
def test_rows_in_another_order_give_the_same_bits(kind: str) -> None:
    values = KINDS[kind]
    backwards = described(values, np.arange(values.size)[::-1])
    assert repr(backwards) == repr(described(values, np.arange(values.size)))


@EACH
def test_what_is_no_number_is_left_out_and_nothing_else(kind: str) -> None:
    found, direct = described(KINDS[kind], np.arange(KINDS[kind].size)), ours(NAMES, KINDS[kind])
    assert repr(found) == repr(direct)


QUANTILES = {f"p{q:02d}": q / 100 for q in (1, 5, 10, 25, 75, 90, 95, 99)}
PLAIN = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
    "range": np.ptp,
    "rms": lambda x: np.sqrt(np.mean(np.square(x))),
    "peak": lambda x: np.abs(x).max(),
    "iqr": scipy.stats.iqr,
    "mad": scipy.stats.median_abs_deviation,
    "crest": lambda x: np.abs(x).max() / np.sqrt(np.mean(np.square(x))),
    "mean_abs_change": lambda x: np.abs(np.diff(x)).mean(),
    "last_minus_first": lambda x: x[-1] - x[0],
    **{name: lambda x, s=share: np.quantile(x, s) for name, share in QUANTILES.items()},
}
FREE_OF_OFFSET = {
    "skewness": scipy.stats.skew,
    "kurtosis": lambda x: scipy.stats.kurtosis(x, fisher=False),
    "slope_per_hour": lambda x: scipy.stats.linregress(_hours(x), x).slope,
    "autocorrelation": lambda x: _lagged(x, 1),
    "autocorrelation_24": lambda x: _lagged(x, 24),
}
"""Taken of the values without their offset: the references have none of their own."""


def _hours(x: np.ndarray) -> np.ndarray:
    return np.arange(x.size) * (STEP / 3.6e12)


def _lagged(x: np.ndarray, lag: int) -> float:
    away = x - x.mean()
    full = np.correlate(away, away, mode="full")
    return float(full[x.size - 1 + lag] / full[x.size - 1])


def _lines(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    f, power = scipy.signal.periodogram(x, 1e9 / STEP, detrend="constant", scaling="spectrum")
    return f[1:], power[1:]


def _moment(x: np.ndarray, order: int) -> float:
    f, power = _lines(x)
    centre = np.average(f, weights=power)
    return float(np.average((f - centre) ** order, weights=power))


SPECTRA = {
    "dominant_frequency": lambda x: _lines(x)[0][np.argmax(_lines(x)[1])],
    "spectral_centroid": lambda x: np.average(_lines(x)[0], weights=_lines(x)[1]),
    "spectral_spread": lambda x: np.sqrt(_moment(x, 2)),
    "spectral_kurtosis": lambda x: _moment(x, 4) / _moment(x, 2) ** 2,
    "spectral_entropy": lambda x: scipy.stats.entropy(_lines(x)[1]) / np.log(x.size // 2),
    "band_energy_0p5_10": lambda x: _lines(x)[1][_lines(x)[0] >= 0.5].sum(),
}
MANY = [kind for kind, values in KINDS.items() if values.size > 30 and np.isfinite(values).all()]
VARIED = [kind for kind in MANY if np.ptp(KINDS[kind]) > 0]


@pytest.mark.parametrize("kind", MANY)
def test_equals_numpy_and_scipy(kind: str) -> None:
    values = KINDS[kind].astype(np.float64)
    found = ours(list(PLAIN), values)
    for name, of in PLAIN.items():
        expected = np.nan if name == "crest" and not values.any() else of(values)
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("kind", VARIED)
def test_shape_trend_memory_and_spectrum_equal_numpy_and_scipy(kind: str) -> None:
    values = KINDS[kind].astype(np.float64)
    references = {**FREE_OF_OFFSET, **SPECTRA}
    found = ours(list(references), values)
    for name, of in references.items():
        expected = of(values - values[0])
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)
