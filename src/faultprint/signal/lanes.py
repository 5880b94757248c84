"""Many windows side by side, one per column, so that one pass serves them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultprint.signal.instants import HOUR, Flags, Real, Whole

TILE = 1 << 16
"""Values laid out at a time; half a megabyte stays in the cache."""


@dataclass(frozen=True)
class Lanes:
    """Windows as columns, oldest value on top; shorter ones are filled up at the bottom.

    The filling repeats the oldest value, so that it changes no extreme and no sum of differences to
    the oldest value. There are always two columns or more: with a single one numpy would sum
    pairwise, and the last bit of a window would depend on its company.
    """

    values: Real
    """Shape (longest window, windows)."""
    inside: Flags
    """False for filling; same shape."""
    count: Whole
    """Good values of each window."""
    times: Whole
    """Instants of the values [ns]; same shape as ``values``."""

    @staticmethod
    def total(terms: Real) -> Real:
        """Sum each column from top to bottom.

        Parameters
        ----------
        terms : numpy.ndarray
            Shape (k, windows), 0 for filling.

        Returns
        -------
        numpy.ndarray
            Shape (windows,).
        """
        summed: Real = np.add.reduce(terms, axis=0)
        return summed

    @cached_property
    def _relative_mean(self) -> Real:
        return self.total(self.values - self.values[0]) / self.count

    @cached_property
    def mean(self) -> Real:
        """Mean of each window."""
        mean: Real = self.values[0] + self._relative_mean
        return mean

    @cached_property
    def deviations(self) -> Real:
        """Values minus the mean; 0 for filling."""
        away = (self.values - self.values[0]) - self._relative_mean
        return np.where(self.inside, away, 0.0)

    @cached_property
    def variance(self) -> Real:
        """Mean squared deviation; exactly 0 if the window is constant."""
        return self.total(self.deviations * self.deviations) / self.count

    @cached_property
    def lowest(self) -> Real:
        """Smallest value."""
        found: Real = self.values.min(axis=0)
        return found

    @cached_property
    def highest(self) -> Real:
        """Largest value."""
        found: Real = self.values.max(axis=0)
        return found

    @cached_property
    def peak(self) -> Real:
        """Largest absolute value."""
        return np.maximum(np.abs(self.lowest), np.abs(self.highest))

    @cached_property
    def _newest(self) -> Whole:
        return np.maximum(self.count - 1, 0)

    @cached_property
    def last(self) -> Real:
        """Newest value."""
        found: Real = self.values[self._newest, np.arange(self.count.size)]
        return found

    @cached_property
    def hours(self) -> Real:
        """Time of each value before the newest one [h]; 0 for filling."""
        newest = self.times[self._newest, np.arange(self.count.size)]
        return np.where(self.inside, (self.times - newest) / HOUR, 0.0)

    @cached_property
    def _sorted(self) -> Real:
        rows = np.ascontiguousarray(np.where(self.inside, self.values, np.inf).T)
        rows.sort(axis=1)
        return rows

    def quantile(self, share: float) -> Real:
        """Interpolate a quantile linearly between neighbours.

        Parameters
        ----------
        share : float
            Between 0 and 1 [1].

        Returns
        -------
        numpy.ndarray
            Shape (windows,). Type 7 of Hyndman and Fan (1996), doi:10.2307/2684934, the default of
            numpy.
        """
        place = share * self._newest
        below = np.floor(place).astype(np.int64)
        lanes = np.arange(self.count.size)
        low = self._sorted[lanes, below]
        high = self._sorted[lanes, np.minimum(below + 1, self._newest)]
        between: Real = low + (high - low) * (place - below)
        return between


def lay_out(
    values: Real, times: Whole, starts: Whole, stops: Whole
) -> Iterator[tuple[Whole, Lanes]]:
    """Lay windows side by side, as many at a time as fit into the cache.

    Parameters
    ----------
    values : numpy.ndarray
        Values, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).

    Yields
    ------
    tuple[numpy.ndarray, Lanes]
        Which windows, and their values; a lone window is laid out twice. Windows of similar length
        go together, so that little is filled up.
    """
    if not values.size:
        return
    lengths = stops - starts
    order, at = np.argsort(-lengths, kind="stable"), 0
    while at < order.size:
        width = max(2, TILE // max(int(lengths[order[at]]), 1))
        part = order[at : at + width]
        at += width
        chosen = np.resize(part, max(2, part.size))
        first = np.minimum(starts[chosen], values.size - 1)
        steps = np.arange(max(int(lengths[part[0]]), 1))[:, None]
        inside = steps < lengths[chosen]
        rows = np.where(inside, first + steps, first)
        yield part, Lanes(values[rows], inside, lengths[chosen], times[rows])
