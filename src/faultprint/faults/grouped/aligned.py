"""A learner for classes that each have descriptors of their own, such as a bearing's parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from faultprint.faults.grouped.learners import Floats, Ints, Learnt

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Aligned:
    """Descriptors that stand for a class each, weighed alike for all classes."""

    weights: Floats
    """Of each kind of descriptor."""
    classes: int

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors: those of the first class, then those of the second, and so on.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes.
        """
        said = softmax(_facing(values, self.classes) @ self.weights, axis=1)
        return np.asarray(said, dtype=np.float64)


def _facing(values: Floats, classes: int) -> Floats:
    """Set each class against the mean of all: units by classes by kinds; nothing known is 0."""
    faced = values.reshape(len(values), classes, -1)
    good = np.isfinite(faced).all(axis=1, keepdims=True)
    faced = np.where(good, faced, 0.0)
    return np.asarray(faced - faced.mean(axis=1, keepdims=True), dtype=np.float64)


def learn_aligned(values: Floats, labels: Ints, classes: int) -> list[Learnt]:
    """Learn what descriptors that stand for a class each weigh.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Units by descriptors: those of the first class, then those of the second, and so on.
    labels : NDArray[numpy.int64]
        Class of each unit.
    classes : int
        How many classes there are.

    Returns
    -------
    list[Learnt]
        One answer, the weights; a class that was not seen is told like the others.

    Notes
    -----
    The conditional logit (McFadden 1974, in Zarembka, Frontiers in Econometrics) without constants,
    with a penalty of 0.01 on the weights: equal units are neither pulled to nor from a class, and
    what was learnt from some classes holds for all.
    """
    faced, own = _facing(values, classes), np.eye(classes)[labels]

    def loss(weights: Floats) -> tuple[float, Floats]:
        said = softmax(faced @ weights, axis=1)
        entropy = -np.log(np.maximum((said * own).sum(axis=1), _TINY)).mean()
        gradient = np.einsum("nc,ncm->m", said - own, faced) / len(labels)
        return float(entropy + 0.01 * (weights**2).sum()), gradient + 0.02 * weights

    best = minimize(loss, np.zeros(faced.shape[2]), jac=True, method="L-BFGS-B")
    return [Aligned(np.asarray(best.x, dtype=np.float64), classes)]
