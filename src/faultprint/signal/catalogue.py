"""The catalogue: every descriptor of a sensor's values, and what it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from faultprint.errors import ConfigError
from faultprint.signal import kernels, motion
from faultprint.signal.arrays import Real
from faultprint.signal.descriptor import Descriptor
from faultprint.signal.measures import Measures
from faultprint.signal.spectrum import SPECTRUM, band_energy

_S, _ONE = "{unit}", "1"
_RANDALL = "Randall and Antoni (2011), doi:10.1016/j.ymssp.2010.07.017"
_SHAPES = "Lei et al. (2018), doi:10.1016/j.ymssp.2017.11.016"
_HJORTH = "Hjorth (1970), doi:10.1016/0013-4694(70)90143-4"
_HYNDMAN = "Hyndman and Fan (1996), type 7, doi:10.2307/2684934"


_STRAIGHT = 1e-9
"""Scatter of the steps, in std, up to which a window counts as a straight line."""


def _scaled(x: Measures, column: int, power: int) -> Real:
    """Divide a central moment by that power of the standard deviation."""
    squared = x.variance * x.variance if power == 4 else x.variance * np.sqrt(x.variance)
    return x.sum(column) / squared


def _per_step(x: Measures, counted: Real) -> Real:
    return counted / (x.count - 1)


def _mobility(x: Measures) -> Real:
    found: Real = np.sqrt(x.motion(motion.STEP_VARIANCE) / x.variance)
    return found


def _complexity(x: Measures) -> Real:
    steps = x.motion(motion.STEP_VARIANCE)
    found = np.sqrt(x.motion(motion.BEND_VARIANCE) / steps) / np.sqrt(steps / x.variance)
    return np.where(steps > _STRAIGHT**2 * x.variance, found, np.nan)


def _clearance(x: Measures) -> Real:
    return x.peak / x.motion(motion.ROOTS) ** 2


def _cusum(x: Measures) -> Real:
    return x.motion(motion.EXCURSION) / np.sqrt(x.variance * x.count)


def _autocorrelation(lag: int, x: Measures) -> Real:
    return x.product(lag) / (x.variance * x.count)


_LEVEL = (
    Descriptor("mean", "level", "sum(x) / n", _S, 1, lambda x: x.mean),
    Descriptor(
        "time_mean",
        "level, each value weighted by the time it stands for",
        "integral of straight lines from value to value, over its length; the value if n is 1. "
        "Leaving values out between the first and the last moves it by less than L g / 4, "
        "L the steepest change [unit/h], g the widest gap left [h]",
        _S,
        1,
        lambda x: x.time_mean,
    ),
    Descriptor("median", "level, deaf to outliers", "middle x, or the mean of the two middle ones",
               _S, 1, lambda x: x.quantile(0.5), shares=(0.5,)),
    Descriptor("min", "lowest point", "smallest x", _S, 1, lambda x: x.sum(kernels.LOWEST)),
    Descriptor("max", "highest point", "largest x", _S, 1, lambda x: x.sum(kernels.HIGHEST)),
    Descriptor("last", "newest reading", "newest x", _S, 1, lambda x: x.sum(kernels.LAST)),
    Descriptor("peak", "largest swing about 0", "largest |x|", _S, 1, lambda x: x.peak),
    Descriptor("rms", "vibration energy, level of an alternating quantity", "sqrt(sum(x^2) / n)",
               _S, 1, lambda x: x.rms, _RANDALL),
)  # fmt: skip

_SPREAD = (
    Descriptor("std", "how far values scatter", "sqrt(sum((x - mean)^2) / n), of the population; "
               "0 for one value", _S, 1, lambda x: np.sqrt(x.variance)),
    Descriptor("time_std", "how far values scatter, weighted by time",
               "root of the mean square of the straight lines from value to value less time_mean; "
               "0 for one value", _S, 1, lambda x: np.sqrt(x.time_variance)),
    Descriptor("range", "peak to peak", "max - min", _S, 1, lambda x: x.span),
    Descriptor("iqr", "width of the middle half", "75th - 25th percentile", _S, 1,
               lambda x: x.quantile(0.75) - x.quantile(0.25), shares=(0.25, 0.75)),
    Descriptor("mad", "scatter, deaf to outliers", "median of |x - median|", _S, 1,
               lambda x: x.distance, "Hampel (1974), doi:10.1080/01621459.1974.10482962",
               shares=(0.5,)),
)  # fmt: skip

_SHAPE = (
    Descriptor("skewness", "lopsidedness", "sum((x - mean)^3) / n / std^3; missing if x is "
               "constant", _ONE, 3, lambda x: _scaled(x, kernels.THIRD, 3)),
    Descriptor("kurtosis", "impulsiveness, early bearing damage", "sum((x - mean)^4) / n / std^4, "
               "which is 3 for a Gaussian; missing if x is constant", _ONE, 4,
               lambda x: _scaled(x, kernels.FOURTH, 4), _RANDALL),
    Descriptor("crest", "shocks above the general vibration", "peak / rms; missing if rms is 0",
               _ONE, 1, lambda x: x.peak / x.rms, _SHAPES),
    Descriptor("impulse", "shocks above the mean size", "peak / mean |x|; missing if all x are 0",
               _ONE, 1, lambda x: x.peak / x.sum(kernels.SIZES), _SHAPES),
    Descriptor("shape", "how far the size varies", "rms / mean |x|; missing if all x are 0", _ONE,
               1, lambda x: x.rms / x.sum(kernels.SIZES), _SHAPES),
    Descriptor("clearance", "shocks, early and clearest of the four",
               "peak / (mean sqrt|x|)^2; missing if all x are 0", _ONE, 1, _clearance, _SHAPES),
)  # fmt: skip

_CHANGE = (
    Descriptor("slope_per_hour", "trend", "least-squares slope of x over t", "{unit}/h", 2,
               lambda x: x.slope),
    Descriptor("last_minus_first", "change over the window", "newest x - oldest x", _S, 2,
               lambda x: x.sum(kernels.LAST) - x.sum(kernels.FIRST)),
    Descriptor("mean_abs_change", "restlessness", "mean of |x_i - x_(i-1)| over neighbours", _S, 2,
               lambda x: _per_step(x, x.sum(kernels.STEPS))),
    Descriptor("cusum", "a shift of the level within the window", "largest |sum of (x - mean) up "
               "to a value| / (std sqrt(n)); missing if x is constant", _ONE, 2, _cusum,
               "Page (1954), doi:10.1093/biomet/41.1-2.100"),
    Descriptor("turning_points", "raggedness; 2/3 for noise", "share of the inner values with "
               "strictly lower or strictly higher values on both sides", _ONE, 3,
               lambda x: x.motion(motion.TURNED) / (x.count - 2)),
    Descriptor("mean_crossings", "how often the level is crossed",
               "share of neighbours on different sides of the mean; a value within 1e-9 of the "
               "range counts as not above", _ONE, 2,
               lambda x: _per_step(x, x.crossing(kernels.MEAN_CROSSED))),
    Descriptor("zero_crossings", "how often 0 is crossed", "share of neighbours on different "
               "sides of 0; a value within 1e-9 of the range counts as not above", _ONE, 2,
               lambda x: _per_step(x, x.crossing(kernels.ZERO_CROSSED))),
)  # fmt: skip

_MEMORY = (
    Descriptor("autocorrelation", "how long a value lasts", "sum of (x_i - mean)(x_(i-1) - mean) / "
               "sum((x - mean)^2); missing if x is constant", _ONE, 3,
               partial(_autocorrelation, 1)),
    Descriptor("mobility", "mean frequency, per value", "std of the neighbour differences / std; "
               "missing if x is constant", _ONE, 3, _mobility, _HJORTH),
    Descriptor("complexity", "width of the band of frequencies", "mobility of the neighbour "
               "differences / mobility; missing if x is a straight line", _ONE, 4,
               _complexity, _HJORTH),
)  # fmt: skip


def _percentile(share: float) -> Descriptor:
    return Descriptor(
        f"p{round(share * 100):02d}",
        "a level reached seldom or nearly always",
        f"percentile {round(share * 100)}, linear between neighbours",
        _S,
        1,
        lambda x: x.quantile(share),
        _HYNDMAN,
        (share,),
    )


_PERCENTILES = tuple(_percentile(s) for s in (0.01, 0.05, 0.1, 0.25, 0.75, 0.9, 0.95, 0.99))
_LISTED = (*_LEVEL, *_SPREAD, *_PERCENTILES, *_SHAPE, *_CHANGE, *_MEMORY, *SPECTRUM)

CATALOGUE: Mapping[str, Descriptor] = MappingProxyType({d.name: d for d in _LISTED})
"""Descriptors of a sensor's values, by name. ``coverage`` comes with the window itself."""


_PARTS: Mapping[str, tuple[str, str, Callable[[Measures], Real]]] = {
    "mean": ("level", _S, lambda x: x.mean),
    "std": ("scatter", _S, lambda x: np.asarray(np.sqrt(x.variance))),
    "min": ("lowest point", _S, lambda x: x.sum(kernels.LOWEST)),
    "max": ("highest point", _S, lambda x: x.sum(kernels.HIGHEST)),
    "slope": ("trend", f"{_S}/h", lambda x: x.slope),
}
"""What is said of a part of the window, its unit and how it is computed."""


def _of_part(what: str, part: int, parts: int, x: Measures) -> Real:
    starts = x.spans.starts
    length = x.spans.stops - starts
    first, last = (starts - (-length * n // parts) for n in (part - 1, part))
    return _PARTS[what][2](Measures(x.spans._replace(starts=first, stops=last)))


def _lagged(match: re.Match[str]) -> Descriptor | None:
    lag = int(match["lag"])
    if lag < 2:
        return None
    says = f"sum of (x_i - mean)(x_(i-{lag}) - mean) / sum((x - mean)^2); missing if x is constant"
    of = partial(_autocorrelation, lag)
    return Descriptor(match[0], f"how alike values {lag} apart are", says, _ONE, lag + 2, of)


def _banded(match: re.Match[str]) -> Descriptor | None:
    low, high = (float(match[edge].replace("p", ".")) for edge in ("low", "high"))
    return band_energy(match[0], low, high) if low < high else None


def _parted(match: re.Match[str]) -> Descriptor | None:
    part, parts, what = int(match["part"]), int(match["parts"]), match["what"]
    if not 1 <= part <= parts or parts < 2:
        return None
    tells, unit, _ = _PARTS[what]
    return Descriptor(
        match[0],
        f"the course of a cycle: {tells} in part {part} of {parts}",
        f"{what} of the values x_i with n ({part} - 1) / {parts} <= i < n {part} / {parts}, "
        "counted from 0, the oldest" + ("; over t" if what == "slope" else ""),
        unit,
        2 * parts if what == "slope" else parts,
        partial(_of_part, what, part, parts),
    )


_WHICH = r"(?P<part>[1-9]\d{0,2})_of_(?P<parts>[1-9]\d{0,2})"
_EDGE = r"(?:0|[1-9]\d*)(?:p\d*[1-9])?"
_FAMILIES: Mapping[re.Pattern[str], Callable[[re.Match[str]], Descriptor | None]] = {
    re.compile(r"autocorrelation_(?P<lag>[1-9]\d{0,3})"): _lagged,
    re.compile(rf"band_energy_(?P<low>{_EDGE})_(?P<high>{_EDGE})"): _banded,
    re.compile(rf"(?P<what>{'|'.join(_PARTS)})_{_WHICH}"): _parted,
}

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "autocorrelation_<lag>": "autocorrelation_24",
        "band_energy_<from>_<to>": "band_energy_0p5_10",
        "mean_<part>_of_<parts>": "mean_3_of_12",
        "std_<part>_of_<parts>": "std_3_of_12",
        "min_<part>_of_<parts>": "min_3_of_12",
        "max_<part>_of_<parts>": "max_3_of_12",
        "slope_<part>_of_<parts>": "slope_3_of_12",
    }
)
"""Descriptors with numbers in their names, and an example of each; ``p`` is the decimal point."""


def _of_family(name: str) -> Descriptor | None:
    for pattern, make in _FAMILIES.items():
        match = pattern.fullmatch(name)
        if match:
            return make(match)
    return None


def is_descriptor(name: str) -> bool:
    """Tell whether there is a descriptor of that name.

    Parameters
    ----------
    name : str
        For example ``rms`` or ``band_energy_10_1000``.

    Returns
    -------
    bool
        Whether :func:`descriptor` finds it.
    """
    return name in CATALOGUE or _of_family(name) is not None


def descriptor(name: str) -> Descriptor:
    """Find a descriptor.

    Parameters
    ----------
    name : str
        A name of :data:`CATALOGUE`, or one of a family with numbers in it.

    Returns
    -------
    Descriptor
        What it is.

    Raises
    ------
    ConfigError
        If there is none of that name; the nearest is named.

    Examples
    --------
    >>> descriptor("band_energy_0p5_10").bands
    ((0.5, 10.0),)
    """
    found = CATALOGUE.get(name) or _of_family(name)
    if found is None:
        raise ConfigError.unknown("descriptor", name, [*CATALOGUE, *FAMILIES])
    return found
