"""Operating modes: clusters of the operating conditions, learnt, with what is usual in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from faultprint.errors import LearnError

Floats = NDArray[np.float64]

MOST = 12
"""How many modes are looked for."""
_APART = 6.0
"""Least distance of two modes in root-mean-square radii of a mode; halves of one Gaussian lie 2.7
radii apart, halves of a uniform stretch 3.5."""
_SAMPLE = 5000
"""How many rows, evenly spread, are clustered."""
_STILL = 1e-9


@dataclass(frozen=True)
class OperatingModes:
    """Where the modes lie among the conditions, and what each sensor reads in each."""

    offset: Floats
    """Mean of each condition."""
    spread: Floats
    """Standard deviation of each condition, 1 for one that stands still."""
    centres: Floats
    """Modes by conditions, standardised; one mode if the conditions do not fall into clusters."""
    usual: Floats
    """Modes by sensors: the mean reading."""
    scale: Floats
    """Modes by sensors: the standard deviation, 1 where a sensor stands still."""

    def assign(self, conditions: Floats) -> NDArray[np.int64]:
        """Say in which mode each row is.

        Parameters
        ----------
        conditions : NDArray[numpy.float64]
            Rows by conditions.

        Returns
        -------
        NDArray[numpy.int64]
            Number of the nearest mode.
        """
        z = (conditions - self.offset) / self.spread
        distance = [((z - centre) ** 2).sum(axis=1) for centre in self.centres]
        return np.asarray(np.argmin(np.column_stack(distance), axis=1), dtype=np.int64)

    def residuals(self, conditions: Floats, values: Floats) -> Floats:
        """Subtract what is usual in the mode, in its standard deviations.

        Parameters
        ----------
        conditions : NDArray[numpy.float64]
            Rows by conditions.
        values : NDArray[numpy.float64]
            Rows by sensors.

        Returns
        -------
        NDArray[numpy.float64]
            Rows by sensors.
        """
        mode = self.assign(conditions)
        return (values - self.usual[mode]) / self.scale[mode]


def learn_modes(conditions: Floats, values: Floats, seed: int) -> OperatingModes:
    """Learn the modes and what is usual in each.

    Parameters
    ----------
    conditions : NDArray[numpy.float64]
        Rows by conditions; there may be none.
    values : NDArray[numpy.float64]
        Rows by sensors.
    seed : int
        Starts the clustering.

    Returns
    -------
    OperatingModes
        The modes.

    Raises
    ------
    LearnError
        If there are no rows, or a value is missing.

    Notes
    -----
    The number of modes is the largest up to ``MOST`` for which any two centres lie at least six
    root-mean-square radii of a mode apart; a continuum has one mode. Unlike regression on
    the conditions, modes need no model of how sensors follow them, but they do not
    interpolate: a condition between modes is read as the nearest.
    """
    if not len(values) or not (np.isfinite(values).all() and np.isfinite(conditions).all()):
        raise LearnError.because(
            f"{len(values)} rows, some values missing or none at all",
            "rows with every condition and sensor known",
            "leave out sensors that are not always there, or fill the gaps",
        )
    offset, spread = conditions.mean(axis=0), conditions.std(axis=0)
    spread = np.where(spread > _STILL * np.maximum(1.0, np.abs(offset)), spread, 1.0)
    z = (conditions - offset) / spread
    centres = _centres(z[np.linspace(0, len(z) - 1, min(len(z), _SAMPLE)).astype(int)], seed)
    blank = np.zeros((len(centres), values.shape[1]))
    modes = OperatingModes(offset, spread, centres, blank, blank)
    mode, usual, scale = modes.assign(conditions), blank.copy(), np.ones_like(blank)
    for one in range(len(centres)):
        rows = values[mode == one]
        if len(rows):
            usual[one] = rows.mean(axis=0)
            deviation = rows.std(axis=0)
            still = deviation <= _STILL * np.maximum(1.0, np.abs(usual[one]))
            scale[one] = np.where(still, 1.0, deviation)
    return OperatingModes(offset, spread, centres, usual, scale)


def _centres(z: Floats, seed: int) -> Floats:
    best: Floats = z.mean(axis=0, keepdims=True)
    if not z.shape[1]:
        return best
    distinct = len(np.unique(z, axis=0))
    for number in range(2, min(MOST, distinct) + 1):
        found = KMeans(number, n_init=4, random_state=seed).fit(z)
        gaps = np.sqrt(((found.cluster_centers_[:, None] - found.cluster_centers_) ** 2).sum(-1))
        nearest = float(gaps[np.triu_indices(number, 1)].min())
        if nearest >= _APART * np.sqrt(found.inertia_ / len(z)):
            best = found.cluster_centers_
    return np.asarray(best[np.lexsort(best.T[::-1])], dtype=np.float64)
