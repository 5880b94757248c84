"""Keeping a recogniser off the windows whose diagnosis must stay as it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_JUST_BELOW = 1 - 1e-6


def shrunk(
    scores: Sequence[Floats],
    closeness: Sequence[Floats],
    accept: float,
    near: Floats,
    beside: Floats,
) -> tuple[float, float]:
    """Shrink region and margin until no protected window is accepted, at the least cost.

    Parameters
    ----------
    scores : Sequence[NDArray[numpy.float64]]
        Nonconformity of the windows of each occasion.
    closeness : Sequence[NDArray[numpy.float64]]
        Their distance to the picture over that to the nearest other one.
    accept : float
        Nonconformity up to which windows are accepted if nothing has to be protected.
    near : NDArray[numpy.float64]
        Nonconformity of protected windows.
    beside : NDArray[numpy.float64]
        Their closeness.

    Returns
    -------
    tuple[float, float]
        Region and margin. A window is accepted if its nonconformity is at most the region's and its
        closeness below the margin. For every region that ends just before a protected window, the
        margin that keeps out those within it follows; the pair that accepts most of the own windows
        is taken.
    """
    inside = np.flatnonzero((near <= accept) & (beside < 1.0))
    order = inside[np.argsort(near[inside], kind="stable")]
    regions = [float(near[n]) * _JUST_BELOW for n in order] + [accept]
    closest = np.minimum.accumulate(np.concatenate([[1.0], beside[order]]))
    best = (-1.0, accept, 1.0)
    for region, margin in zip(regions, closest.tolist(), strict=True):
        bound = float(f"{region:.9g}"), float(f"{margin * _JUST_BELOW:.9g}") if margin < 1 else 1.0
        best = max(best, (share(scores, closeness, *bound), *bound))
    return best[1], best[2]


def inside(
    scores: Sequence[Floats], closeness: Sequence[Floats], accept: float, margin: float
) -> list[Flags]:
    """Mark the windows of each occasion that are accepted.

    Parameters
    ----------
    scores : Sequence[NDArray[numpy.float64]]
        Nonconformity of the windows of each occasion.
    closeness : Sequence[NDArray[numpy.float64]]
        Their distance to the picture over that to the nearest other one.
    accept : float
        The region.
    margin : float
        The margin.

    Returns
    -------
    list[NDArray[numpy.bool_]]
        One array an occasion.
    """
    return [
        (score <= accept) & (close < margin) for score, close in zip(scores, closeness, strict=True)
    ]


def share(
    scores: Sequence[Floats], closeness: Sequence[Floats], accept: float, margin: float
) -> float:
    """Count the windows that are accepted.

    Parameters
    ----------
    scores : Sequence[NDArray[numpy.float64]]
        Nonconformity of the windows of each occasion.
    closeness : Sequence[NDArray[numpy.float64]]
        Their distance to the picture over that to the nearest other one.
    accept : float
        The region.
    margin : float
        The margin.

    Returns
    -------
    float
        Their share, occasions counting alike.
    """
    return float(np.mean([one.mean() for one in inside(scores, closeness, accept, margin)]))
