"""What several deviances say together: one number a row, larger is stranger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Statistic = Literal["largest", "t2", "q", "density", "ensemble"]
ALONE: tuple[Statistic, ...] = tuple(name for name in get_args(Statistic) if name != "ensemble")
"""The statistics that are not made of others."""
EXPLAINED = 0.9
"""Share of the variance that the leading components hold."""
NEIGHBOURS = 5
"""The density is told by the distance to this neighbour."""
THINNED = 5
"""Every so many rows of a reference make up its cloud."""


@dataclass(frozen=True)
class Shape:
    """How the deviances of healthy units of a class hang together."""

    whitening: Floats
    """Inverse of their correlation."""
    left_over: Floats
    """Projection on what the leading components do not explain."""


def learn_shape(correlation: Floats) -> Shape:
    """Take a correlation apart.

    Parameters
    ----------
    correlation : NDArray[numpy.float64]
        Of the sensors; it can be inverted.

    Returns
    -------
    Shape
        What :func:`statistics` needs. Leading components are those that hold ``EXPLAINED`` of the
        variance; at least one is left over.
    """
    values, vectors = np.linalg.eigh(correlation)
    order = np.argsort(values)[::-1]
    held = np.cumsum(values[order]) / values.sum()
    leading = min(int(np.searchsorted(held, EXPLAINED)) + 1, len(values) - 1)
    rest = vectors[:, order[leading:]]
    return Shape(np.asarray(np.linalg.inv(correlation), dtype=np.float64), rest @ rest.T)


def statistics(deviances: Floats, shape: Shape, cloud: Floats) -> dict[Statistic, Floats]:
    """Summarise the deviances of each row in several ways.

    Parameters
    ----------
    deviances : NDArray[numpy.float64]
        Rows by sensors, scaled.
    shape : Shape
        Of the class.
    cloud : NDArray[numpy.float64]
        Deviances of the unit's own reference.

    Returns
    -------
    dict[Statistic, NDArray[numpy.float64]]
        Of each of ``ALONE`` one value a row. ``largest``: the largest deviance of a sensor, which
        names it. ``t2``: root of Hotelling's T2 over all sensors, a mean per sensor. ``q``: root of
        the squared prediction error, what the leading components do not explain (Jackson and
        Mudholkar 1979, doi:10.1080/00401706.1979.10489779). ``density``: distance to the fifth
        neighbour in the reference, which falls with the density there (Loftsgaarden and Quesenberry
        1965, doi:10.1214/aoms/1177700079).
    """
    count = deviances.shape[1]
    t2 = np.einsum("ij,jk,ik->i", deviances, shape.whitening, deviances) / count
    near, _ = cKDTree(cloud).query(deviances, k=[min(NEIGHBOURS, len(cloud))])
    return {
        "largest": np.abs(deviances).max(axis=1),
        "t2": np.sqrt(np.maximum(t2, 0.0)),
        "q": np.linalg.norm(deviances @ shape.left_over, axis=1),
        "density": np.asarray(near[:, -1], dtype=np.float64),
    }


def blend(found: Mapping[Statistic, Floats], limits: Mapping[Statistic, float]) -> Floats:
    """Join statistics, each beside its own limit.

    Parameters
    ----------
    found : Mapping[Statistic, NDArray[numpy.float64]]
        As from :func:`statistics`.
    limits : Mapping[Statistic, float]
        Statistic -> its limit.

    Returns
    -------
    NDArray[numpy.float64]
        The geometric mean of statistic over limit.
    """
    logs = [np.log(np.maximum(found[name], 1e-12) / limit) for name, limit in limits.items()]
    return np.asarray(np.exp(np.mean(logs, axis=0)))
