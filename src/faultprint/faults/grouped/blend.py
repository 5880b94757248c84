"""Blending candidates by what they say of groups they were not learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_TINY = 1e-6


def group_weights(groups: Ints, power: float) -> Floats:
    """Let the units of a large group count less, for they are alike.

    Parameters
    ----------
    groups : NDArray[numpy.int64]
        Group of each unit.
    power : float
        0: each unit counts alike; 1: each group does.

    Returns
    -------
    NDArray[numpy.float64]
        Weight of each unit; they add up to 1.
    """
    _, at, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = sizes[at].astype(np.float64) ** -power
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def log_loss(said: Floats, labels: Ints, weights: Floats) -> float:
    """Measure how surprising the true classes are.

    Parameters
    ----------
    said : NDArray[numpy.float64]
        Units by classes; rows sum to 1.
    labels : NDArray[numpy.int64]
        True classes.
    weights : NDArray[numpy.float64]
        Of the units; they add up to 1.

    Returns
    -------
    float
        Mean over units of the negative logarithm, with a floor of 1e-6.
    """
    own = np.maximum(said[np.arange(len(labels)), labels], _TINY)
    return float(-(weights * np.log(own)).sum())


def temper(said: Floats, temperature: float) -> Floats:
    """Make probabilities less or more certain.

    Parameters
    ----------
    said : NDArray[numpy.float64]
        Units by classes; rows sum to 1.
    temperature : float
        Above 1 flattens.

    Returns
    -------
    NDArray[numpy.float64]
        Same shape; rows sum to 1.
    """
    logits = np.log(np.maximum(said, _TINY)) / temperature
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_temperature(said: Floats, labels: Ints, weights: Floats) -> float:
    """Find the temperature at which what was said surprises least.

    Parameters
    ----------
    said : NDArray[numpy.float64]
        Probabilities of groups not learnt from, units by classes.
    labels : NDArray[numpy.int64]
        True classes.
    weights : NDArray[numpy.float64]
        Of the units; they add up to 1.

    Returns
    -------
    float
        Between 0.2 and 20. Guo et al. 2017, arXiv:1706.04599.
    """
    best = minimize_scalar(
        lambda power: log_loss(temper(said, float(np.exp(power))), labels, weights),
        bounds=(np.log(0.2), np.log(20.0)),
        method="bounded",
        options={"xatol": 0.01},
    )
    return float(np.exp(best.x))


def pick(every: Sequence[Floats], labels: Ints, weights: Floats, picks: int) -> dict[int, float]:
    """Choose candidates and their weights.

    Parameters
    ----------
    every : Sequence[NDArray[numpy.float64]]
        What each candidate says of groups it was not learnt from, units by classes.
    labels : NDArray[numpy.int64]
        True classes.
    weights : NDArray[numpy.float64]
        Of the units; they add up to 1.
    picks : int
        Steps at most.

    Returns
    -------
    dict[int, float]
        Position -> weight; weights sum to 1. The first of equals is chosen.

    Notes
    -----
    Greedy selection with replacement, Caruana et al. 2004, doi:10.1145/1015330.1015432, by the
    logarithmic loss; it ends with the step that no candidate improves.
    """
    total, chosen, best = np.zeros_like(every[0]), np.zeros(len(every)), np.inf
    for step in range(1, picks + 1):
        losses = [log_loss((total + said) / step, labels, weights) for said in every]
        first = int(np.argmin(losses))
        if losses[first] >= best:
            break
        best = losses[first]
        total = total + every[first]
        chosen[first] += 1
    return {int(i): float(chosen[i] / chosen.sum()) for i in np.flatnonzero(chosen)}
