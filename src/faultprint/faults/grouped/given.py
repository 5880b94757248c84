"""What descriptors read beyond what the operating conditions make them read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy.linalg import solve

from faultprint.faults.grouped.learners import Even, Floats, Ints, Learn, Learnt, even

RIDGE = 1e-3
"""Penalty of the slopes, as a share of the units."""

FILLED = 6
"""Rounds in which what is missing is filled with what the conditions make expect."""


@dataclass(frozen=True, eq=False)
class Given:
    """A learner behind a quadratic model of the conditions."""

    scales: Even
    """Of the conditions."""
    slopes: Floats
    """Terms by descriptors."""
    level: Floats
    """Mean of each descriptor, which also stands for what is missing."""
    learnt: Learnt

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors, the conditions last.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes.
        """
        terms = _terms(self.scales.apply(values[:, len(self.level) :]))
        rest = values[:, : len(self.level)] - self.level - terms @ self.slopes
        return self.learnt.predict(rest)


def _terms(z: Floats) -> Floats:
    pairs = combinations_with_replacement(range(z.shape[1]), 2)
    return np.column_stack([z, *(z[:, i] * z[:, k] for i, k in pairs)])


def learn_given(learn: Learn, conditions: int) -> Learn:
    """Make a learner that looks at residuals.

    Parameters
    ----------
    learn : Learn
        What learns from the residuals.
    conditions : int
        How many of the columns, the last ones, are conditions.

    Returns
    -------
    Learn
        The learner: each descriptor less a quadratic model of the conditions, learnt from the same
        units whatever their class. A fault that moves with a condition is partly taken out with it.
    """

    def learnt(values: Floats, labels: Ints, classes: int) -> list[Learnt]:
        reads = values[:, :-conditions]
        scales = even(values[:, -conditions:], ranks=False)
        terms = _terms(scales.apply(values[:, -conditions:]))
        terms_centre = terms.mean(axis=0)
        terms = terms - terms_centre
        seen = np.isfinite(reads)
        level = np.where(seen, reads, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        shape = terms.T @ terms
        shape[np.diag_indices_from(shape)] += RIDGE * len(terms)
        away = np.where(seen, reads - level, 0.0)
        for _ in range(1 if seen.all() else FILLED):
            slopes = np.asarray(solve(shape, terms.T @ away, assume_a="pos"), dtype=np.float64)
            away = np.where(seen, away, terms @ slopes)
        level = level - terms_centre @ slopes
        rest = reads - level - (terms + terms_centre) @ slopes
        answers = learn(rest, labels, classes)
        return [Given(scales, slopes, level, one) for one in answers]

    return learnt
