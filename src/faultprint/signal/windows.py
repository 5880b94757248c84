"""Causal windows: where they end, where they start, and how much of them was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultprint.config import Windows
from faultprint.errors import ConfigError
from faultprint.signal.instants import Real, Whole, nanoseconds
from faultprint.signal.runs import History, Runs, find_runs


@dataclass(frozen=True)
class Cut:
    """Windows of one asset, each the half-open time span (start, end]."""

    starts: Whole
    """Exclusive start [ns], not before the start of the run."""
    ends: Whole
    """Inclusive end [ns]."""
    runs: Whole
    """Run each window lies in."""
    full: Whole
    """What a complete window covers: time [ns], or rows when cut by count."""
    period: int
    """Time a reading stands for at most [ns]."""
    counted: bool = False
    """Whether ``full`` and what is covered are rows instead of time."""

    def find(self, times: Whole) -> tuple[Whole, Whole]:
        """Find the rows of each window.

        Parameters
        ----------
        times : numpy.ndarray
            Instants [ns], ascending.

        Returns
        -------
        tuple[numpy.ndarray, numpy.ndarray]
            Position of the first row, and after the last row, of each window.
        """
        first = np.searchsorted(times, self.starts, side="right")
        return first, np.maximum(np.searchsorted(times, self.ends, side="right"), first)

    def covered(self, times: Whole) -> Whole:
        """Measure what readings at given instants cover of each window.

        Parameters
        ----------
        times : numpy.ndarray
            Instants of the good readings [ns], ascending.

        Returns
        -------
        numpy.ndarray
            Time [ns], or rows when windows are cut by count.

        Notes
        -----
        A reading stands for the time since the one before it, since the start of the window, or for
        one period, whichever is least. Unlike counting filled slots this does not suffer from
        jitter around the edges of the slots.
        """
        first, after = self.find(times)
        if self.counted or not times.size:
            return after - first
        spans = np.minimum(np.diff(times, prepend=times[0] - self.period), self.period)
        sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(spans)])
        lead = times[np.minimum(first, times.size - 1)]
        lead = np.minimum(lead - self.starts, self.period)
        rest = sums[after] - sums[np.minimum(first + 1, times.size)]
        return np.where(after > first, lead + rest, 0)

    def coverage(self, times: Whole) -> Real:
        """Give the share of each window that readings cover.

        Parameters
        ----------
        times : numpy.ndarray
            Instants of the good readings [ns], ascending.

        Returns
        -------
        numpy.ndarray
            Between 0 and 1 [1].
        """
        return np.minimum(self.covered(times) / np.maximum(self.full, 1), 1.0)


def cut(history: History, windows: Windows) -> Cut:
    """Cut a history into causal windows that never cross a run.

    Parameters
    ----------
    history : History
        The asset's readings and the events that end a run.
    windows : Windows
        Length and step, by time, count or segment.

    Returns
    -------
    Cut
        Windows in order of their end. By time, they end on multiples of the step since the epoch,
        from the first reading to the last, wherever the full length before holds a reading. By
        count, every ``count_step`` running rows of a run. By segment, at the last reading of each
        unbroken stretch of one segment that a later reading shows to be over; the last stretch
        counts too if segments arrive whole.

    Raises
    ------
    ConfigError
        If a length, step, count or period is zero.
    """
    sizes = {
        "windows.length": nanoseconds(windows.length),
        "windows.step": nanoseconds(windows.step),
        "windows.count": windows.count,
        "windows.count_step": windows.count_step,
        "equipment period": history.period,
    }
    nothing = [name for name, size in sizes.items() if size <= 0]
    if nothing:
        raise ConfigError.because(
            f"{nothing[0]} = 0", "more than nothing", "give it a length in params.yaml"
        )
    runs = find_runs(history, nanoseconds(windows.max_gap))
    if windows.by == "count":
        return _by_count(history, runs, windows)
    if windows.by == "segment":
        return _by_segment(history, runs, windows)
    return _by_time(history, runs, windows)


def look_back(whole: Cut, span: int) -> Cut:
    """Shorten windows to a second look-back that ends at the same instants.

    Parameters
    ----------
    whole : Cut
        The windows.
    span : int
        Length of the look-back [ns].

    Returns
    -------
    Cut
        The same windows, none starting more than ``span`` before its end.
    """
    starts = np.maximum(whole.starts, whole.ends - span)
    full = np.full(whole.ends.size, span, dtype=np.int64)
    return Cut(starts, whole.ends, whole.runs, full, whole.period)


def _grid(times: Whole, length: int, step: int) -> Whole:
    """Return the multiples of ``step`` with a reading in the ``length`` before, up to the last."""
    if not times.size:
        return times
    silent = np.flatnonzero(np.diff(times) > length)
    oldest = times[np.concatenate([[0], silent + 1])]
    newest = times[np.concatenate([silent, [times.size - 1]])]
    first = -(-oldest // step)
    last = np.minimum(newest + length - 1, times[-1]) // step
    parts = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    return np.concatenate(parts).astype(np.int64) * step


def _bounded(nominal: Whole, ends: Whole, runs: Runs, full: Whole, period: int) -> Cut:
    number = runs.of(ends)
    starts = nominal
    if runs.since.size:
        begun = ends >= runs.since[number]
        starts = np.where(begun, np.maximum(nominal, runs.cuts[number]), nominal)
    return Cut(starts, ends, number, full, period)


def _by_time(history: History, runs: Runs, windows: Windows) -> Cut:
    length = nanoseconds(windows.length)
    ends = _grid(history.times, length, nanoseconds(windows.step))
    full = np.full(ends.size, length, dtype=np.int64)
    return _bounded(ends - length, ends, runs, full, history.period)


def _by_segment(history: History, runs: Runs, windows: Windows) -> Cut:
    times, segments = history.times, history.segments
    edges = np.flatnonzero(np.diff(segments)) + 1
    oldest = np.concatenate([np.zeros(min(times.size, 1), np.int64), edges])
    newest = np.append(oldest[1:], times.size)[: oldest.size] - 1
    # The last stretch may grow, and its window with it.
    real = (segments[oldest] >= 0) & (windows.whole_segments | (newest < times.size - 1))
    oldest, newest = oldest[real], newest[real]
    before = times[np.maximum(oldest - 1, 0)]
    nominal = times[oldest] - history.period
    nominal = np.where(oldest > 0, np.maximum(nominal, before), nominal)
    ends = times[newest]
    return _bounded(nominal, ends, runs, ends - nominal, history.period)


def _by_count(history: History, runs: Runs, windows: Windows) -> Cut:
    ran = history.times[history.running]
    number = runs.of(ran)
    oldest = np.searchsorted(number, number, side="left")
    nth = np.arange(ran.size) - oldest + 1
    at = np.flatnonzero(nth % windows.count_step == 0)
    first = np.maximum(at - windows.count + 1, oldest[at])
    whole = first > oldest[at]
    starts = np.where(whole, ran[np.maximum(first - 1, 0)], runs.cuts[number[at]])
    full = np.full(at.size, windows.count, dtype=np.int64)
    return Cut(starts, ran[at], number[at], full, history.period, counted=True)
