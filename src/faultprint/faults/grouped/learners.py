"""Learners say the probability of every class; the linear ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.special import ndtri, softmax

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FARTHEST = 8.0
"""Standard deviations beyond which a descriptor is not told apart any more."""
_TINY = 1e-9


class Learnt(Protocol):
    """What a learner leaves."""

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors; NaN where a unit has none.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes; rows sum to 1.
        """
        ...


Learn = Callable[[Floats, Ints, int], list[Learnt]]
"""From units by descriptors, their classes and the number of classes to one or more answers."""


@dataclass(frozen=True, eq=False)
class Even:
    """Descriptors brought to one scale."""

    middle: Floats
    """Median, which also stands for what is missing."""
    centre: Floats
    """Mean."""
    scale: Floats
    """Standard deviation; infinite where a descriptor does not vary."""
    known: Floats | None
    """Sorted columns, to take ranks among; None keeps the values."""

    def apply(self, values: Floats) -> Floats:
        """Scale units.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors.

        Returns
        -------
        NDArray[numpy.float64]
            Same shape, without NaN.
        """
        filled = np.where(np.isfinite(values), values, self.middle)
        if self.known is not None:
            filled = _normal_ranks(filled, self.known)
        return np.clip((filled - self.centre) / self.scale, -FARTHEST, FARTHEST)


def _normal_ranks(values: Floats, known: Floats) -> Floats:
    """Turn values into the normal deviates of their mean rank among the known ones."""
    ranks = np.empty_like(values)
    for i, column in enumerate(known.T):
        low = np.searchsorted(column, values[:, i], side="left")
        ranks[:, i] = (low + np.searchsorted(column, values[:, i], side="right")) / 2.0
    return np.asarray(ndtri((ranks + 0.5) / (len(known) + 1.0)), dtype=np.float64)


def even(values: Floats, *, ranks: bool) -> Even:
    """Learn the scales of descriptors.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Units by descriptors; NaN where a unit has none.
    ranks : bool
        Whether ranks take the place of values.

    Returns
    -------
    Even
        The scales.
    """
    good = np.isfinite(values)
    seen = good.any(axis=0)
    held = np.where(good | ~seen, np.where(seen, values, 0.0), np.nan)
    middle = np.nanmedian(held, axis=0)
    filled = np.where(np.isfinite(held), held, middle)
    known = np.sort(filled, axis=0) if ranks else None
    if known is not None:
        filled = _normal_ranks(filled, known)
    centre, spread = filled.mean(axis=0), filled.std(axis=0)
    varies = spread > _TINY * np.maximum(np.abs(centre), 1.0)
    return Even(middle, centre, np.where(varies, spread, np.inf), known)


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Linear discriminant analysis with a shrunk covariance."""

    scales: Even
    slopes: Floats
    """Descriptors by classes."""
    levels: Floats
    """Of each class; minus infinity where it was not seen."""

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes.
        """
        said = softmax(self.scales.apply(values) @ self.slopes + self.levels, axis=1)
        return np.asarray(said, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Moments:
    """What discriminants of any shrinkage are made of."""

    scales: Even
    means: Floats
    """Classes by descriptors."""
    within: Floats
    """Covariance within classes."""
    shares: Floats
    """Of each class."""


def moments(values: Floats, labels: Ints, classes: int, *, ranks: bool) -> Moments:
    """Measure classes once for all shrinkages.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Units by descriptors.
    labels : NDArray[numpy.int64]
        Class of each unit.
    classes : int
        How many classes there are.
    ranks : bool
        Whether ranks, made normal, take the place of values.

    Returns
    -------
    Moments
        Means and covariance on one scale.
    """
    scales = even(values, ranks=ranks)
    z, shown = scales.apply(values), np.eye(classes)[labels]
    counts = shown.sum(axis=0)
    means = (shown.T @ z) / np.maximum(counts, 1.0)[:, None]
    rest = z - means[labels]
    return Moments(scales, means, rest.T @ rest / len(z), counts / len(z))


def discriminant(known: Moments, shrinkage: float) -> Discriminant:
    """Make a linear discriminant.

    Parameters
    ----------
    known : Moments
        Means and covariance.
    shrinkage : float
        Share of the identity in the covariance, above 0.

    Returns
    -------
    Discriminant
        The learner's answer. Friedman 1989, doi:10.1080/01621459.1989.10478752.
    """
    size = np.trace(known.within) / len(known.within)
    within = (1.0 - shrinkage) * known.within
    within[np.diag_indices_from(within)] += shrinkage * size + _TINY
    slopes = np.asarray(solve(within, known.means.T, assume_a="pos"), dtype=np.float64)
    with np.errstate(divide="ignore"):
        levels = np.log(known.shares) - 0.5 * (known.means * slopes.T).sum(axis=1)
    return Discriminant(known.scales, slopes, levels)


def learn_discriminants(shrinkages: Sequence[float], *, ranks: bool) -> Learn:
    """Make a learner of linear discriminants.

    Parameters
    ----------
    shrinkages : Sequence[float]
        Shares of the identity in the covariance within classes, above 0.
    ranks : bool
        Whether ranks, made normal, take the place of values.

    Returns
    -------
    Learn
        The learner; one answer a shrinkage.
    """

    def learn(values: Floats, labels: Ints, classes: int) -> list[Learnt]:
        known = moments(values, labels, classes, ranks=ranks)
        return [discriminant(known, share) for share in shrinkages]

    return learn
