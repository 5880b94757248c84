"""What arrays hold; apart from the tables, so that the engine loads without pandas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

HOUR = 3_600_000_000_000
"""Nanoseconds in an hour."""


class Spans(NamedTuple):
    """Windows over the good values of one sensor."""

    values: Real
    """float32 or float64, oldest first, shape (n,)."""
    times: Whole
    """Their instants [ns], shape (n,)."""
    starts: Whole
    """Position of the first value of each window, shape (w,)."""
    stops: Whole
    """Position after the last value of each window, shape (w,)."""

    def longest(self) -> int:
        """Find the longest window.

        Returns
        -------
        int
            Its number of values; 0 if there are no windows.
        """
        return int((self.stops - self.starts).max(initial=0))


def spans_of(values: Real, times: Whole, starts: Whole, stops: Whole) -> Spans:
    """Put windows together as the kernels read them.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).

    Returns
    -------
    Spans
        The same, copied where the numbers do not lie one after another, and as float64 where they
        are no floats.
    """
    kind = np.float32 if values.dtype == np.float32 else np.float64
    first, after = np.ascontiguousarray(starts), np.ascontiguousarray(stops)
    floats: Real = np.ascontiguousarray(values, dtype=kind)
    return Spans(floats, np.ascontiguousarray(times), first, after)
