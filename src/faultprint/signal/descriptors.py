"""The catalogue of descriptors: documented functions of the good values of one window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from faultprint.errors import ConfigError
from faultprint.signal.instants import Real, Whole
from faultprint.signal.lanes import Lanes, lay_out


@dataclass(frozen=True)
class Descriptor:
    """One descriptor of the catalogue."""

    name: str
    says: str
    """Formula over the n good values x at times t [h], oldest first; degenerate cases."""
    unit: str
    """Unit, with ``{unit}`` standing for the sensor's."""
    least: int
    """Number of good values below which it is missing."""
    of: Callable[[Lanes], Real]
    """The function, over many windows at once."""


def _quantile(share: float) -> Callable[[Lanes], Real]:
    def of(x: Lanes) -> Real:
        return x.quantile(share)

    return of


_ROUNDING = 1e-9
"""Share of the range within which a value counts as lying on the mean."""


def _crossings(x: Lanes, level: Real) -> Real:
    above = x.values > level + _ROUNDING * (x.highest - x.lowest)
    crossed = (above[1:] != above[:-1]) & x.inside[1:]
    counted: Real = crossed.sum(axis=0, dtype=np.float64)
    return counted / (x.count - 1)


def _autocorrelation(x: Lanes) -> Real:
    return x.total(x.deviations[1:] * x.deviations[:-1]) / x.total(x.deviations**2)


def _slope(x: Lanes) -> Real:
    moments = x.hours - x.total(x.hours) / x.count
    moments = np.where(x.inside, moments, 0.0)
    return x.total(moments * x.deviations) / x.total(moments * moments)


def _skewness(x: Lanes) -> Real:
    third = x.total(x.deviations * x.deviations * x.deviations) / x.count
    return third / (x.variance * np.sqrt(x.variance))


def _kurtosis(x: Lanes) -> Real:
    squares = x.deviations * x.deviations
    return x.total(squares * squares) / x.count / (x.variance * x.variance)


def _rms(x: Lanes) -> Real:
    root: Real = np.sqrt(x.mean * x.mean + x.variance)
    return root


def _mean_abs_change(x: Lanes) -> Real:
    steps = np.where(x.inside[1:], np.abs(x.values[1:] - x.values[:-1]), 0.0)
    return x.total(steps) / (x.count - 1)


def _mean_abs(x: Lanes) -> Real:
    return x.total(np.where(x.inside, np.abs(x.values), 0.0)) / x.count


_S, _ONE = "{unit}", "1"
_LISTED = (
    Descriptor("mean", "sum(x) / n", _S, 1, lambda x: x.mean),
    Descriptor(
        "std",
        "sqrt(sum((x - mean)^2) / n), of the population; 0 for one value",
        _S,
        1,
        lambda x: np.sqrt(x.variance),
    ),
    Descriptor("min", "smallest x", _S, 1, lambda x: x.lowest),
    Descriptor("max", "largest x", _S, 1, lambda x: x.highest),
    Descriptor("median", "middle x, or the mean of the two middle ones", _S, 1, _quantile(0.5)),
    Descriptor("range", "max - min (peak to peak)", _S, 1, lambda x: x.highest - x.lowest),
    Descriptor("peak", "largest |x|", _S, 1, lambda x: x.peak),
    Descriptor("rms", "sqrt(sum(x^2) / n)", _S, 1, _rms),
    Descriptor("crest", "peak / rms; missing if rms is 0", _ONE, 1, lambda x: x.peak / _rms(x)),
    Descriptor(
        "impulse",
        "peak / mean |x|; missing if all x are 0",
        _ONE,
        1,
        lambda x: x.peak / _mean_abs(x),
    ),
    Descriptor(
        "shape", "rms / mean |x|; missing if all x are 0", _ONE, 1, lambda x: _rms(x) / _mean_abs(x)
    ),
    Descriptor(
        "skewness", "sum((x - mean)^3) / n / std^3; missing if x is constant", _ONE, 3, _skewness
    ),
    Descriptor(
        "kurtosis",
        "sum((x - mean)^4) / n / std^4, which is 3 for a Gaussian; missing if x is constant",
        _ONE,
        4,
        _kurtosis,
    ),
    Descriptor("slope_per_hour", "least-squares slope of x over t", "{unit}/h", 2, _slope),
    Descriptor("last", "newest x", _S, 1, lambda x: x.last),
    Descriptor("last_minus_first", "newest x - oldest x", _S, 2, lambda x: x.last - x.values[0]),
    Descriptor(
        "mean_abs_change", "mean of |x_i - x_(i-1)| over neighbours", _S, 2, _mean_abs_change
    ),
    Descriptor("p05", "5th percentile, linear between neighbours", _S, 1, _quantile(0.05)),
    Descriptor("p25", "25th percentile, linear between neighbours", _S, 1, _quantile(0.25)),
    Descriptor("p75", "75th percentile, linear between neighbours", _S, 1, _quantile(0.75)),
    Descriptor("p95", "95th percentile, linear between neighbours", _S, 1, _quantile(0.95)),
    Descriptor(
        "iqr", "75th - 25th percentile", _S, 1, lambda x: x.quantile(0.75) - x.quantile(0.25)
    ),
    Descriptor(
        "mean_crossings",
        "share of neighbours on different sides of the mean",
        _ONE,
        2,
        lambda x: _crossings(x, x.mean),
    ),
    Descriptor(
        "zero_crossings",
        "share of neighbours on different sides of 0",
        _ONE,
        2,
        lambda x: _crossings(x, np.zeros_like(x.mean)),
    ),
    Descriptor(
        "autocorrelation",
        "sum of (x_i - mean)(x_(i-1) - mean) / sum((x - mean)^2); missing if x is constant",
        _ONE,
        3,
        _autocorrelation,
    ),
)

CATALOGUE: Mapping[str, Descriptor] = MappingProxyType({d.name: d for d in _LISTED})
"""Descriptors of a sensor's values, by name. ``coverage`` comes with the window itself."""


def compute(
    names: Sequence[str], values: Real, times: Whole, starts: Whole, stops: Whole
) -> dict[str, Real]:
    """Compute descriptors of many windows of one sensor.

    Parameters
    ----------
    names : Sequence[str]
        Which descriptors of :data:`CATALOGUE`.
    values : numpy.ndarray
        The good values of one sensor of one asset, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).

    Returns
    -------
    dict[str, numpy.ndarray]
        Name -> one value per window, shape (w,); NaN where there are fewer good values than the
        descriptor needs, or its formula divides by zero or overflows.

    Raises
    ------
    ConfigError
        If a name is not in the catalogue.

    Notes
    -----
    A result depends on the values of its own window alone, to the last bit: sums run over the
    values in order of time, relative to the window's oldest value, so that neither a large offset
    nor the other windows computed at the same time can change them.
    """
    for name in names:
        if name not in CATALOGUE:
            raise ConfigError.unknown("descriptor", name, list(CATALOGUE))
    found = {name: np.full(starts.size, np.nan) for name in names}
    with np.errstate(all="ignore"):
        for part, lanes in lay_out(values, times, starts, stops):
            for name in names:
                asked = CATALOGUE[name]
                got = asked.of(lanes)
                fit = (lanes.count >= asked.least) & np.isfinite(got)
                found[name][part] = np.where(fit, got, np.nan)[: part.size]
    return found
