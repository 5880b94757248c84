"""Compute descriptors of the good values of many windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faultprint.signal.arrays import Real, Whole, spans_of
from faultprint.signal.catalogue import CATALOGUE, descriptor
from faultprint.signal.measures import Measures

__all__ = ["CATALOGUE", "compute"]

BLOCK = 1 << 12
"""Windows at a time, so that what is computed on the way stays in the cache."""


def compute(
    names: Sequence[str], values: Real, times: Whole, starts: Whole, stops: Whole
) -> dict[str, Real]:
    """Compute descriptors of many windows of one sensor.

    Parameters
    ----------
    names : Sequence[str]
        Which descriptors of the catalogue.
    values : numpy.ndarray
        The good values of one sensor of one asset, float32 or float64, oldest first, shape (n,).
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
    values in an order that depends on their number only, relative to the window's oldest value, so
    that neither a large offset nor the other windows computed at the same time can change them.
    """
    asked = [descriptor(name) for name in names]
    spans = spans_of(values, times, starts, stops)
    bands = tuple(dict.fromkeys(band for d in asked for band in d.bands))
    shares = tuple(sorted({share for d in asked for share in d.shares}))
    found = {name: np.empty(starts.size) for name in names}
    with np.errstate(all="ignore"):
        for first in range(0, starts.size, BLOCK):
            part = slice(first, first + BLOCK)
            some = spans._replace(starts=spans.starts[part], stops=spans.stops[part])
            measures = Measures(some, bands=bands, shares=shares, around="mad" in names)
            fewest = measures.count.min()
            for d in asked:
                _put(d.of(measures), measures.count, d.least, fewest, found[d.name][part])
    return found


def _put(got: Real, count: Real, least: int, fewest: float, found: Real) -> None:
    """Write what was found, but for what is not to be said."""
    found[:] = got
    if fewest < least:
        found[count < least] = np.nan
    wrong = ~np.isfinite(found)
    if wrong.any():
        found[wrong] = np.nan
