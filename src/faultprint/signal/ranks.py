"""Order statistics of windows: quantiles and the median absolute deviation.

A value of a sorted window is one of its values, whatever sorted it, so the sort is left to numpy,
whose networks are as wide as the machine's vectors.
"""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Spans, Whole
from faultprint.signal.compiling import built_in, compiled

TILE = 1 << 16
"""Values sorted at a time; they stay in the cache."""


@compiled
def _copy(spans: Spans, order: Whole, rows: Real) -> None:
    """Copy windows into rows, filled up with what sorts last."""
    for r in range(order.size):
        w, row = order[r], rows[r]
        window = spans.values[spans.starts[w] : spans.stops[w]]
        for j in range(window.size):
            row[j] = window[j] + 0  # of two zeros none is smaller: there is one
        for j in range(window.size, row.size):
            row[j] = np.inf


@built_in
def _between(row: Real, place: float) -> float:
    """Interpolate linearly between neighbours of a sorted row."""
    below = int(place)
    low = np.float64(row[below])
    if place == below:
        return low
    return low + (np.float64(row[below + 1]) - low) * (place - below)


@built_in
def _nearest(row: Real, size: int, centre: float) -> float:
    """Give the median distance of a sorted row to a level, stepping outwards from it."""
    right = size // 2
    while right > 0 and row[right - 1] >= centre:
        right -= 1
    while right < size and row[right] < centre:
        right += 1
    left, distance, before = right - 1, 0.0, 0.0
    for _ in range(size // 2 + 1):
        before = distance
        if right >= size or (left >= 0 and centre - row[left] <= row[right] - centre):
            distance = centre - row[left]
            left -= 1
        else:
            distance = row[right] - centre
            right += 1
    return distance if size % 2 else before + (distance - before) * 0.5


@compiled
def _choose(rows: Real, spans: Spans, order: Whole, shares: Real, around: int, found: Real) -> None:
    """Read the quantiles off sorted rows, and the median distance from the median if asked."""
    for r in range(order.size):
        w, row = order[r], rows[r]
        size = spans.stops[w] - spans.starts[w]
        for k in range(shares.size):
            found[k, w] = _between(row, shares[k] * (size - 1))
        if around:
            found[shares.size, w] = _nearest(row, size, _between(row, 0.5 * (size - 1)))


def rank(spans: Spans, shares: Real, *, around: bool) -> Real:
    """Find quantiles of each window.

    Parameters
    ----------
    spans : Spans
        The windows.
    shares : numpy.ndarray
        Between 0 and 1 [1], shape (k,).
    around : bool
        Whether to find the median absolute deviation from the median too.

    Returns
    -------
    numpy.ndarray
        Shape (k + 1, w); NaN for empty windows, and in the last row unless ``around``. Quantiles
        are of type 7 of Hyndman and Fan (1996), doi:10.2307/2684934, the default of numpy.

    Notes
    -----
    Windows of similar length are sorted together, so that little is filled up.
    """
    found = np.full((shares.size + 1, spans.starts.size), np.nan)
    sizes = spans.stops - spans.starts
    room = np.empty(max(TILE, spans.longest()), dtype=spans.values.dtype)
    order, at = np.argsort(-sizes, kind="stable"), 0
    while at < order.size and sizes[order[at]] > 0:
        longest = int(sizes[order[at]])
        part = order[at : at + max(1, TILE // longest)]
        part = part[: np.count_nonzero(sizes[part])]
        at += part.size
        rows = room[: part.size * longest].reshape(part.size, longest)
        _copy(spans, part, rows)
        rows.sort(axis=1)
        _choose(rows, spans, part, shares, int(around), found)
    return found
