"""The learning curve: what more failures would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from faultprint.evaluate.ceiling.learners import Learner, occurrence_scores, outside
from faultprint.evaluate.ceiling.task import Flags, Floats, Task, Whole

SHARES = (0.25, 0.5, 1.0)
"""Shares of the failures that are learnt from."""
DRAWS = 2
"""Draws of each share below one."""
RESAMPLES = 500
"""Draws of the bootstrap."""


@dataclass(frozen=True)
class Point:
    """The score reached with a share of the failures."""

    share: float
    failures: float
    """Failures learnt from, on average over folds and draws."""
    score: float
    """Balanced accuracy: mean over the classes of the share of windows judged rightly, every
    occurrence weighing the same."""
    low: float
    """95 % interval by bootstrap over occurrences."""
    high: float


@dataclass(frozen=True)
class Curve:
    """The learning curve."""

    points: tuple[Point, ...]
    gain: float
    """What the last doubling of the failures gave."""
    gain_low: float
    """95 % interval by bootstrap over occurrences."""
    gain_high: float

    @property
    def is_rising(self) -> bool:
        """Whether the last doubling helped for sure, and by more than a hundredth."""
        return self.gain_low > 0 and self.gain > 0.01


def balanced(truth: Whole, right: Floats) -> float:
    """Average over classes the mean over their occurrences.

    Parameters
    ----------
    truth : NDArray[numpy.int64]
        Class of each occurrence.
    right : NDArray[numpy.float64]
        Share of its windows judged rightly.

    Returns
    -------
    float
        Balanced accuracy over the classes there are.
    """
    return float(np.mean([right[truth == one].mean() for one in np.unique(truth)]))


def resampled(truth: Whole, columns: list[Floats], seed: int = 0) -> Floats:
    """Measure the balanced accuracy on draws of occurrences, class by class.

    Parameters
    ----------
    truth : NDArray[numpy.int64]
        Class of each occurrence.
    columns : list[NDArray[numpy.float64]]
        Share judged rightly, of each of several models.
    seed : int, default 0
        Draws.

    Returns
    -------
    NDArray[numpy.float64]
        Draw by model; the same occurrences are drawn for all of them.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros((RESAMPLES, len(columns)))
    classes = np.unique(truth)
    for one in classes:
        at = np.flatnonzero(truth == one)
        drawn = at[rng.integers(0, len(at), (RESAMPLES, len(at)))]
        for number, column in enumerate(columns):
            found[:, number] += column[drawn].mean(axis=1) / len(classes)
    return found


def draws(task: Task, seed: int) -> Iterator[tuple[float, Flags]]:
    """Choose the failures of each point of the curve.

    Parameters
    ----------
    task : Task
        The windows.
    seed : int
        Draws.

    Yields
    ------
    tuple[float, NDArray[numpy.bool_]]
        Share, and the windows that may be learnt from: all healthy ones, and those of a share of
        the failures of each mode, one at least.
    """
    rng = np.random.default_rng(seed)
    for share in SHARES:
        for _ in range(DRAWS if share < 1 else 1):
            kept = task.truth == 0
            for mode in range(1, len(task.classes)):
                names = np.unique(task.occurrence[task.truth == mode])
                count = max(round(share * len(names)), 1)
                chosen = rng.permutation(names)[:count]
                kept = kept | ((task.truth == mode) & np.isin(task.occurrence, chosen))
            yield share, kept


def learning_curve(task: Task, learner: Learner, asked: Iterator[tuple[float, Flags]]) -> Curve:
    """Learn from fewer failures, and judge every one that was left out.

    Parameters
    ----------
    task : Task
        The windows.
    learner : Learner
        The learner.
    asked : Iterator[tuple[float, NDArray[numpy.bool_]]]
        As from :func:`draws`, perhaps with a progress bar around it.

    Returns
    -------
    Curve
        What fewer failures cost.
    """
    right: dict[float, list[Floats]] = {share: [] for share in SHARES}
    used: dict[float, list[int]] = {share: [] for share in SHARES}
    truth = np.empty(0, dtype=np.int64)
    for share, kept in asked:
        truth, found, _ = occurrence_scores(task, outside(task, learner, kept))
        right[share].append(found)
        used[share].append(len(np.unique(task.occurrence[kept & task.of_fault])))
    columns = [np.mean(right[share], axis=0) for share in SHARES]
    spread = resampled(truth, columns)
    points = []
    folds = len(np.unique(task.fold))
    for number, share in enumerate(SHARES):
        low, high = np.quantile(spread[:, number], [0.025, 0.975])
        seen = float(np.mean(used[share])) * (1 - 1 / folds)
        score = balanced(truth, columns[number])
        points.append(Point(share, seen, score, float(low), float(high)))
    gains = spread[:, -1] - spread[:, -2]
    low, high = np.quantile(gains, [0.025, 0.975])
    return Curve(tuple(points), points[-1].score - points[-2].score, float(low), float(high))
