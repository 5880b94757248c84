"""What can hardly be beaten: the bound by the nearest neighbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultprint.evaluate.ceiling.task import Floats, Task


@dataclass(frozen=True)
class Bound:
    """Between which the error of the best possible model is estimated to lie."""

    nearest: float
    """Error of the nearest neighbour of another fold, every class weighing the same."""
    low: float
    high: float


def cover_hart(error: float, classes: int) -> tuple[float, float]:
    """Bound the smallest possible error by that of the nearest neighbour.

    Parameters
    ----------
    error : float
        Error of the nearest neighbour.
    classes : int
        Number of classes.

    Returns
    -------
    low : float
        The best possible model hardly errs less.
    high : float
        The best possible model errs at most this.

    Notes
    -----
    Cover and Hart 1967, doi:10.1109/TIT.1967.1053964: with many examples the nearest neighbour's
    error R lies between the smallest possible error R* and R* (2 - M / (M - 1) R*), M classes. So
    R* >= (M - 1) / M (1 - sqrt(1 - M / (M - 1) R)); beyond chance, R >= (M - 1) / M, the bound is
    chance itself. That holds in the limit and in the space in which neighbours are near; with few
    examples, or assets that differ, R is larger and the bound an estimate of what these descriptors
    *and this many failures* allow (Renggli et al. 2020, arXiv:2010.08410, use it so).

    Examples
    --------
    >>> low, high = cover_hart(0.18, 2)
    >>> round(low, 3), high
    (0.1, 0.18)
    """
    chance = (classes - 1) / classes
    inside = max(1 - error / chance, 0.0)
    return chance * (1 - float(np.sqrt(inside))), min(error, chance)


def nearest_bound(task: Task, nearest: Floats) -> Bound:
    """Bound the smallest possible error on a task.

    Parameters
    ----------
    task : Task
        The windows.
    nearest : NDArray[numpy.float64]
        What the nearest neighbour outside the fold said, one column per class.

    Returns
    -------
    Bound
        Every class weighs the same, and within it every occurrence.
    """
    wrong = nearest.argmax(axis=1) != task.truth
    error = float((task.weights() * wrong).sum())
    low, high = cover_hart(error, len(np.unique(task.truth)))
    return Bound(error, low, high)
