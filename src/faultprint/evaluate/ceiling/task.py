"""The task that the ceiling is measured on: training windows, their class, what they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.sample import Sample

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.str_]

MOST_HEALTHY = 1500
"""Healthy windows that are looked at, spread evenly; more cost time and tell little more."""


@dataclass(frozen=True, eq=False)
class Task:
    """Windows to be told apart; nothing of the judged time is among them."""

    classes: tuple[str, ...]
    """``healthy`` first."""
    features: tuple[str, ...]
    matrix: Floats
    """Window by feature; NaN where it was not measured."""
    truth: Whole
    """Class of each window; of two modes at a time the first."""
    fold: Whole
    """Fold of each window: whole assets, or runs of one."""
    occurrence: Words
    """What each window is a part of: an episode of a fault, or an asset's month of health."""

    @property
    def of_fault(self) -> Flags:
        """Whether each window shows a fault."""
        return self.truth > 0

    def weights(self) -> Floats:
        """Weigh windows so that occurrences of one class, and classes, count the same.

        Returns
        -------
        NDArray[numpy.float64]
            They sum to one.
        """
        _, whole, sizes = np.unique(
            self.occurrence + "|" + self.truth.astype(np.str_),
            return_inverse=True,
            return_counts=True,
        )
        weight = 1.0 / sizes[whole]
        for one in np.unique(self.truth):
            weight[self.truth == one] /= weight[self.truth == one].sum()
        return np.asarray(weight / weight.sum(), dtype=np.float64)


def task_of(sample: Sample) -> Task:
    """Take the windows of a class that the ceiling is measured on.

    Parameters
    ----------
    sample : Sample
        The training windows of one equipment class.

    Returns
    -------
    Task
        All windows of faults, and at most 1500 healthy ones, every n-th.
    """
    truth = sample.truth.argmax(axis=1).astype(np.int64)
    healthy = np.flatnonzero(truth == 0)
    every = max(-(-len(healthy) // MOST_HEALTHY), 1)
    kept = np.sort(np.concatenate([healthy[::every], np.flatnonzero(truth > 0)]))
    return Task(
        sample.classes,
        sample.features,
        sample.matrix[kept],
        truth[kept],
        sample.windows["fold"].to_numpy(np.int64)[kept],
        sample.occurrences[kept],
    )
