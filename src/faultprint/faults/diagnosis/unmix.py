"""Two faults at once: how much of each known fault a window shows, each explaining the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.ranks import tail_ranks
from faultprint.faults.learning.space import tidy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SURER = 5
"""How many times rarer a share must be under the first fault alone than a window struck off: a
wrong second fault sends somebody out, and windows of one episode err together."""
FEWEST = 20
"""Windows of a fault alone without which nothing is said about what stands beside it."""


def unmix(values: Floats, metric: Metric, classes: tuple[str, ...]) -> Floats:
    """Split what a window shows into shares of the known faults.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    metric : Metric
        The shared space.
    classes : tuple[str, ...]
        ``healthy``, then the failure modes.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, failure modes): 0 where nothing of it is there, 1 for the typical picture of
        the fault; NaN for a mode the space was not fitted on, or if healthy was not.

    Notes
    -----
    Least squares in the coordinates that tell classes apart: the step from healthy is written as a
    sum of the steps from healthy to each fault. So a fault is only seen in what the others leave
    unexplained, and one that grows does not look like a second one.
    """
    shares = np.full((len(values), len(classes) - 1), np.nan)
    seen = [i for i, name in enumerate(classes[1:]) if name in metric.classes]
    if "healthy" not in metric.classes or not seen or not metric.discriminants:
        return shares
    count = metric.discriminants
    healthy = metric.means[metric.classes.index("healthy"), :count]
    steps = np.array(
        [metric.means[metric.classes.index(classes[1 + i]), :count] - healthy for i in seen]
    )
    away = metric.project(values)[:, :count] - healthy
    shares[:, seen] = np.einsum("nk,km->nm", away, np.linalg.pinv(steps))
    return shares


def shares_alone(shares: Floats, alone: Mapping[str, Flags]) -> dict[str, Floats]:
    """Keep what windows of one fault alone show of every fault.

    Parameters
    ----------
    shares : NDArray[numpy.float64]
        Out-of-fold shares, shape (windows, failure modes).
    alone : Mapping[str, NDArray[numpy.bool_]]
        Failure mode -> windows that show it and no other.

    Returns
    -------
    dict[str, NDArray[numpy.float64]]
        Failure mode -> shape (failure modes, windows), each row ascending; empty where there are
        fewer than 20 windows.
    """
    kept = {}
    for mode, rows in alone.items():
        mine = shares[rows]
        mine = mine[np.isfinite(mine).all(axis=1)]
        enough = len(mine) >= FEWEST
        kept[mode] = tidy(np.sort(mine.T, axis=1)) if enough else np.empty((shares.shape[1], 0))
    return kept


def beside(
    shares: Floats,
    first: NDArray[np.int64],
    alone: Mapping[str, Floats],
    modes: tuple[str, ...],
    significance: float,
) -> list[dict[str, float]]:
    """Name the faults that stand beside the one a window was given.

    Parameters
    ----------
    shares : NDArray[numpy.float64]
        What :func:`unmix` gave.
    first : NDArray[numpy.int64]
        Position of the failure mode each window was given; -1 for none.
    alone : Mapping[str, NDArray[numpy.float64]]
        What :func:`shares_alone` kept.
    modes : tuple[str, ...]
        Failure modes.
    significance : float
        Error rate of striking off; of windows that show one fault alone, about a fifth as many
        are given a second one.

    Returns
    -------
    list[dict[str, float]]
        Per window: further failure mode -> p-value of its share among windows that show it alone.

    Notes
    -----
    A further fault is named if the window shows more of it than windows of the first fault alone
    do (at a fifth of the significance, divided by the number of other faults), and not less than
    windows of the further fault do (at the significance).
    """
    told: list[dict[str, float]] = [{} for _ in shares]
    others = max(len(modes) - 1, 1)
    for m, mode in enumerate(modes):
        rows = np.flatnonzero(first == m)
        if not len(rows) or not alone[mode].shape[1]:
            continue
        for k, other in enumerate(modes):
            if k == m or not alone[other].shape[1]:
                continue
            seen = shares[rows, k]
            more = tail_ranks(seen, alone[mode][k])
            less = tail_ranks(-seen, -alone[other][k][::-1])
            for at in np.flatnonzero(
                (more < significance / SURER / others) & (less >= significance)
            ):
                told[int(rows[at])][other] = float(less[at])
    return told


def explained_by_two(
    shares: Floats, foreign: Floats, alone: Mapping[str, Floats], significance: float
) -> NDArray[np.int64]:
    """Find windows that no fault explains alone, but two do together.

    Parameters
    ----------
    shares : NDArray[numpy.float64]
        What :func:`unmix` gave.
    foreign : NDArray[numpy.float64]
        P-value of what lies away from all that faults differ in, shape (windows, failure modes).
    alone : Mapping[str, NDArray[numpy.float64]]
        What :func:`shares_alone` kept, in the order of the columns.
    significance : float
        Error rate of each comparison.

    Returns
    -------
    NDArray[numpy.int64]
        Shape (windows, 2): positions of the two failure modes, the larger share first; -1 where
        there are not exactly two of which the window shows no less than windows of them alone do,
        where the window shows more or less of a third one than windows of the first alone do, or
        where what is left would be foreign to them.
    """
    there = np.zeros(shares.shape, dtype=np.bool_)
    for m, kept in enumerate(alone.values()):
        if kept.shape[1]:
            enough = tail_ranks(-shares[:, m], -kept[m][::-1]) >= significance
            there[:, m] = enough & (np.nan_to_num(foreign[:, m], nan=1.0) >= significance)
    two = there.sum(axis=1) == 2
    order = np.argsort(-np.where(there, shares, -np.inf), axis=1, kind="stable")[:, :2]
    for n in np.flatnonzero(two).tolist():
        first = list(alone.values())[int(order[n, 0])]
        rest = [k for k in range(shares.shape[1]) if k not in order[n]]
        two[n] = all(_usual(float(shares[n, k]), first[k], significance) for k in rest)
    return np.where(two[:, None], order, -1)


def _usual(share: float, known: Floats, significance: float) -> bool:
    """Say whether a share lies among the known ones, neither above nor below."""
    least, most = np.quantile(known, [significance / 2, 1 - significance / 2])
    return bool(least <= share <= most)
