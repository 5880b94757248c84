"""What the descriptors of one sensor's windows are made of, each computed once, when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faultprint.signal import fourier, kernels, motion, ranks
from faultprint.signal.arrays import HOUR, Real, Spans

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

    spans: Spans
    """The windows over the good values of one sensor of one asset."""
    bands: tuple[tuple[float, float], ...] = ()
    """Frequency bands that will be asked for [Hz], lower and upper edge."""
    shares: tuple[float, ...] = SHARES
    """Quantiles that will be asked for."""
    around: bool = False
    """Whether the median absolute deviation will be."""

    @cached_property
    def count(self) -> Real:
        """Good values of each window."""
        return (self.spans.stops - self.spans.starts).astype(np.float64)

    @cached_property
    def _rooms(self) -> Real:
        return kernels.rooms_for(self.spans, 2)

    def _filled(self, rows: int, kernel: Callable[..., None], *given: object) -> Real:
        """Let a kernel fill a table of so many rows."""
        found = np.full((rows, self.spans.starts.size), np.nan)
        kernel(self.spans, *given, self._rooms, found)
        return found

    @cached_property
    def _measured(self) -> Real:
        return self._filled(kernels.MEASURED, kernels.measure)

    @cached_property
    def _crossed(self) -> Real:
        return self._filled(kernels.CROSSED, kernels.cross, self._levels, self.span)

    @cached_property
    def _held(self) -> Real:
        return self._filled(motion.HELD, motion.hold)

    @cached_property
    def _watched(self) -> Real:
        return self._filled(motion.WATCHED, motion.watch, self._levels)

    @cached_property
    def _ranked(self) -> Real:
        return ranks.rank(self.spans, np.array(self.shares), around=self.around)

    @cached_property
    def _levels(self) -> Real:
        return _row(self._measured, kernels.LEVEL)

    @cached_property
    def _resolution(self) -> Real:
        """Width of a bin [Hz]; NaN where the window was not sampled evenly."""
        span, widest = self.sum(kernels.SPAN), self.sum(kernels.WIDEST)
        even = widest * (self.count - 1) <= EVEN * span
        return np.where(even, (self.count - 1) / self.count / (span * _SECONDS), np.nan)

    @cached_property
    def _spectrum(self) -> Real:
        edges = np.array(self.bands, dtype=np.float64).reshape(-1, 2)
        even = np.isfinite(self._resolution)
        spans = self.spans
        if not even.all():
            spans = spans._replace(stops=np.where(even, spans.stops, spans.starts))
        bands = np.where(even, self._resolution, 1.0), edges
        return fourier.spectra(spans, self._levels, bands)

    def sum(self, number: int) -> Real:
        """Give one row of :func:`kernels.measure`.

        Parameters
        ----------
        number : int
            For example :data:`kernels.LOWEST`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._measured, number)

    def crossing(self, number: int) -> Real:
        """Give one row of :func:`kernels.cross`.

        Parameters
        ----------
        number : int
            For example :data:`kernels.ZERO_CROSSED`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._crossed, number)

    def motion(self, number: int) -> Real:
        """Give one row of :func:`motion.watch`.

        Parameters
        ----------
        number : int
            For example :data:`motion.TURNED`.

        Returns
        -------
        numpy.ndarray
            One number per window.
        """
        return _row(self._watched, number)

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
        return self.sum(kernels.SLOPE)

    @property
    def time_mean(self) -> Real:
        """Mean over time."""
        return _row(self._held, motion.TIME_MEAN)

    @property
    def time_variance(self) -> Real:
        """Variance over time."""
        return _row(self._held, motion.TIME_VARIANCE)

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
        return _row(self._filled(1, motion.recall, self._levels, apart), 0)

    def spectrum(self, number: int, *, in_hertz: bool = False) -> Real:
        """Give one row of :func:`fourier.spectra`.

        Parameters
        ----------
        number : int
            For example :data:`fourier.CENTROID`.
        in_hertz : bool, default False
            Whether to turn bins into frequencies [Hz].

        Returns
        -------
        numpy.ndarray
            One number per window; NaN where the window was not sampled evenly.
        """
        found = _row(self._spectrum, number)
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
        values, times, starts, stops = self.spans
        found = np.full(starts.size, np.nan)
        for w in np.flatnonzero(stops > starts):
            clock = times[starts[w] : stops[w]]
            hours = (clock - clock[-1]) / HOUR
            found[w] = function(values[starts[w] : stops[w]].astype(np.float64), hours)
        return found
