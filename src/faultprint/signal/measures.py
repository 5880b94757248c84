"""What the descriptors of one sensor's windows are made of, each computed once, when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultprint.signal import fourier, kernels, motion, ranks
from faultprint.signal.arrays import HOUR, Real, Whole

SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""The quantiles there are."""

EVEN = 1.5
"""Widest gap, in mean sampling intervals, up to which a window counts as evenly sampled."""

_SECONDS = 3600.0
"""Seconds in an hour."""


def _row(table: Real, number: int) -> Real:
    row: Real = table[number]
    return row


@dataclass(frozen=True)
class Measures:
    """Sums, order statistics and spectra of many windows; arrays have shape (windows,)."""

    values: Real
    """Good values of one sensor of one asset, float32 or float64, oldest first, shape (n,)."""
    times: Whole
    """Their instants [ns], shape (n,)."""
    starts: Whole
    """Position of the first value of each window."""
    stops: Whole
    """Position after the last value of each window."""
    bands: tuple[tuple[float, float], ...] = ()
    """Frequency bands that will be asked for [Hz], lower and upper edge."""
    shares: tuple[float, ...] = SHARES
    """Quantiles that will be asked for."""
    around: bool = False
    """Whether the median absolute deviation will be."""

    @cached_property
    def count(self) -> Real:
        """Good values of each window."""
        return (self.stops - self.starts).astype(np.float64)

    def _room(self, columns: int) -> Real:
        return np.full((self.starts.size, columns), np.nan)

    @cached_property
    def _crossed(self) -> Real:
        found, measured = self._room(3), np.stack([self._levels, self.span])
        kernels.cross(self.values, self.starts, self.stops, measured, found)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _measured(self) -> Real:
        found = self._room(11)
        kernels.measure(self.values, self.starts, self.stops, found)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _followed(self) -> Real:
        found, levels = self._room(3), self._levels
        kernels.follow(self.values, self.times, self.starts, self.stops, levels, found)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _held(self) -> Real:
        found = self._room(2)
        kernels.hold(self.values, self.times, self.starts, self.stops, found)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _watched(self) -> Real:
        found = self._room(5)
        motion.watch(self.values, self.starts, self.stops, self._levels, found)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _ranked(self) -> Real:
        shares = np.array(self.shares)
        found = ranks.rank(self.values, self.starts, self.stops, shares, around=self.around)
        return np.ascontiguousarray(found.T)

    @cached_property
    def _levels(self) -> Real:
        return _row(self._measured, kernels.LEVEL)

    @cached_property
    def _resolution(self) -> Real:
        """Width of a bin [Hz]; NaN where the window was not sampled evenly."""
        span, widest = _row(self._followed, kernels.SPAN), _row(self._followed, kernels.WIDEST)
        even = widest * (self.count - 1) <= EVEN * span
        return np.where(even, (self.count - 1) / self.count / (span * _SECONDS), np.nan)

    @cached_property
    def _spectrum(self) -> Real:
        edges = np.array(self.bands, dtype=np.float64).reshape(-1, 2)
        even = np.isfinite(self._resolution)
        stops = np.where(even, self.stops, self.starts)
        bands = np.where(even, self._resolution, 1.0), edges
        found = fourier.spectra(self.values, self.starts, stops, self._levels, bands)
        return np.ascontiguousarray(found.T)

    def sum(self, column: int) -> Real:
        """Give one column of :func:`kernels.measure`.

        Parameters
        ----------
        column : int
            For example :data:`kernels.LOWEST`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._measured, column)

    def crossing(self, column: int) -> Real:
        """Give one column of :func:`kernels.cross`.

        Parameters
        ----------
        column : int
            For example :data:`kernels.ZERO_CROSSED`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._crossed, column)

    def motion(self, column: int) -> Real:
        """Give one column of :func:`motion.watch`.

        Parameters
        ----------
        column : int
            For example :data:`motion.TURNED`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._watched, column)

    @property
    def mean(self) -> Real:
        """Mean of each window."""
        return _row(self._measured, kernels.MEAN)

    @property
    def variance(self) -> Real:
        """Mean squared deviation; exactly 0 if the window is constant."""
        return _row(self._measured, kernels.VARIANCE)

    @property
    def span(self) -> Real:
        """Highest less lowest value."""
        return _row(self._measured, kernels.HIGHEST) - _row(self._measured, kernels.LOWEST)

    @property
    def peak(self) -> Real:
        """Largest size."""
        low, high = _row(self._measured, kernels.LOWEST), _row(self._measured, kernels.HIGHEST)
        return np.maximum(np.abs(low), np.abs(high))

    @property
    def rms(self) -> Real:
        """Root of the mean square."""
        root: Real = np.sqrt(self.mean * self.mean + self.variance)
        return root

    @property
    def slope(self) -> Real:
        """Least-squares slope over time [unit/h]."""
        return _row(self._followed, kernels.SLOPE)

    @property
    def time_mean(self) -> Real:
        """Mean over time."""
        return _row(self._held, kernels.TIME_MEAN)

    @property
    def time_variance(self) -> Real:
        """Variance over time."""
        return _row(self._held, kernels.TIME_VARIANCE)

    @property
    def distance(self) -> Real:
        """Median absolute deviation from the median."""
        return _row(self._ranked, -1)

    def quantile(self, share: float) -> Real:
        """Give a quantile.

        Parameters
        ----------
        share : float
            One of ``shares`` [1].

        Returns
        -------
        numpy.ndarray
            One number per window, interpolated linearly between neighbours.
        """
        return _row(self._ranked, self.shares.index(share))

    def product(self, apart: int) -> Real:
        """Sum the products of deviations some values apart.

        Parameters
        ----------
        apart : int
            How many values.

        Returns
        -------
        numpy.ndarray
            One number per window; NaN where there are not two values so far apart.
        """
        if apart == 1:
            return np.where(self.count > 1, _row(self._crossed, kernels.PRODUCT), np.nan)
        asked = np.array([apart], dtype=np.int64)
        found = motion.recall(self.values, self.starts, self.stops, self._levels, asked)[:, 0]
        return np.where(self.count > apart, found, np.nan)

    def spectrum(self, column: int, *, in_hertz: bool = False) -> Real:
        """Give one column of :func:`fourier.spectra`.

        Parameters
        ----------
        column : int
            For example :data:`fourier.CENTROID`.
        in_hertz : bool, default False
            Whether to turn bins into frequencies [Hz].

        Returns
        -------
        numpy.ndarray
            One number per window; NaN where the window was not sampled evenly.
        """
        found = _row(self._spectrum, column)
        return found * self._resolution if in_hertz else found

    def band(self, low: float, high: float) -> Real:
        """Give the power in a band.

        Parameters
        ----------
        low : float
            Lower edge, inclusive [Hz].
        high : float
            Upper edge, exclusive [Hz].

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._spectrum, fourier.BANDS + self.bands.index((low, high)))

    def each(self, function: Callable[[Real, Real], float]) -> Real:
        """Call a function on one window after another, for what no kernel does.

        Parameters
        ----------
        function : Callable[[numpy.ndarray, numpy.ndarray], float]
            Takes the values [unit] and the times before the newest one [h] of a window.

        Returns
        -------
        numpy.ndarray
            One number per window; NaN for empty windows.
        """
        found = np.full(self.starts.size, np.nan)
        for w in np.flatnonzero(self.stops > self.starts):
            inside = slice(self.starts[w], self.stops[w])
            clock = self.times[inside]
            hours = (clock - clock[-1]) / HOUR
            found[w] = function(self.values[inside].astype(np.float64), hours)
        return found
