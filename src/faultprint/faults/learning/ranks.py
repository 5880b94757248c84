"""Ranks among calibration scores, and the scores that have them, with a tail beyond the largest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TENTH, _FEWEST = 10, 5
"""The tail is fitted to the largest tenth, and to five scores at least."""
_HALF = 0.5
_TINY = 1e-9
_LEAST = 1e-300


def tail_ranks(scores: Floats, known: Floats) -> Floats:
    """Rank scores among calibration scores, with a tail beyond the largest.

    Parameters
    ----------
    scores : NDArray[numpy.float64]
        Any scores; NaN stays NaN.
    known : NDArray[numpy.float64]
        Calibration scores, ascending; at least one.

    Returns
    -------
    NDArray[numpy.float64]
        Share of calibration scores above, ties counting half, in (0, 1).
    """
    n = len(known)
    above = n - np.searchsorted(known, scores, side="right")
    least = n - np.searchsorted(known, scores, side="left")
    middle = (0.5 + (above + least) / 2) / (n + 1)
    start, most, scale = _tail(known)
    with np.errstate(over="ignore", under="ignore"):
        tail = most / (n + 1) * np.exp(-(scores - start) / scale)
    beyond = np.maximum(np.minimum(tail, 0.5 / (n + 1)), _LEAST)
    return np.where(np.isnan(scores), np.nan, np.where(scores > known[-1], beyond, middle))


def scored(ranks: Floats, known: Floats) -> Floats:
    """Find the scores that have some ranks: what :func:`tail_ranks` does, the other way round.

    Parameters
    ----------
    ranks : NDArray[numpy.float64]
        Ranks in (0, 1); NaN counts as 1.
    known : NDArray[numpy.float64]
        Calibration scores, ascending; at least one.

    Returns
    -------
    NDArray[numpy.float64]
        One of the calibration scores each; beyond the largest on its tail.
    """
    n = len(known)
    place = np.clip(np.where(np.isfinite(ranks), ranks, 1.0), _LEAST, 1.0) * (n + 1)
    at = np.clip(n - np.ceil(place - _TINY), 0, n - 1).astype(np.int64)
    start, most, scale = _tail(known)
    beyond = np.maximum(start - scale * np.log(place / most), known[-1])
    return np.asarray(np.where(place <= _HALF, beyond, known[at]))


def _tail(known: Floats) -> tuple[float, int, float]:
    """Give where the tail of ascending scores starts, how many lie in it, and its mean excess."""
    most = max(-(-len(known) // _TENTH), min(len(known), _FEWEST))
    start = float(known[-most])
    return start, most, max(float((known[-most:] - start).mean()), _TINY)
