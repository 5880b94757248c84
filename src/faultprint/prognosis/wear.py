"""Wear indices: the sensors fused within each operating mode into a few curves that follow wear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultprint.prognosis.trajectories import Floats, Ints

SCALES = (1 / 3, 1 / 8)
"""How long before the end the late indices rise, as shares of the cap."""
LEVELS = 1 + len(SCALES)
"""Number of the indices that tell worn assets from unworn ones; they come first."""
OWN_SCALES = (1 / 3,)
"""As ``SCALES``, of the indices of an asset's own course."""
INDICES = LEVELS + 1 + len(OWN_SCALES)
"""Number of all indices."""
_HOLD = 20.0
"""How firmly the weights of a mode are held to those of all modes [rows]."""


@dataclass(frozen=True)
class WearIndex:
    """How the sensors are weighed in each mode."""

    weights: Floats
    """Modes by sensors and one more (the constant) by indices."""
    centre: Floats
    """Mean of each index."""
    spread: Floats
    """Standard deviation of each index."""

    def read(self, residuals: Floats, mode: Ints) -> Floats:
        """Fuse the sensors.

        Parameters
        ----------
        residuals : NDArray[numpy.float64]
            Rows by sensors, free of the operating conditions.
        mode : NDArray[numpy.int64]
            Operating mode of each row.

        Returns
        -------
        NDArray[numpy.float64]
            Rows by indices, standardised; they grow with wear.
        """
        out = np.zeros((len(residuals), self.weights.shape[2]))
        for one, weights in enumerate(self.weights):
            mine = mode == one
            out[mine] = _with_constant(residuals[mine]) @ weights
        return (out - self.centre) / self.spread


def learn_wear(
    residuals: Floats, place: tuple[Ints, Ints], modes: int, labels: Floats, cap: float
) -> WearIndex:
    """Learn to fuse the sensors.

    Parameters
    ----------
    residuals : NDArray[numpy.float64]
        Rows by sensors, free of the operating conditions.
    place : tuple[NDArray[numpy.int64], NDArray[numpy.int64]]
        Operating mode and asset of each row.
    modes : int
        How many modes there are; some may have no row.
    labels : NDArray[numpy.float64]
        Remaining life of every row, at most the cap; NaN where it is not known [cycles].
    cap : float
        Longest life that is told apart [cycles].

    Returns
    -------
    WearIndex
        Five indices: one falls in step with the capped life (turned round), two rise late; and two
        of these that follow an asset's own course.

    Notes
    -----
    Ridge regression in each mode of 1 - life / cap and of exp(-life / (s cap)), s of ``SCALES``.
    A sensor that tells much of wear in one mode may tell little in another, and the noises of two
    sensors that cancel in one need not in another: hence weights by mode. They are held to
    the weights over all modes, which a mode without rows takes.

    The first indices tell worn assets from unworn ones, whichever asset it is; a sensor that
    differs from asset to asset, as made, counts little in them. For the last ones sensors and
    targets are taken less their means over the asset (regression with fixed effects): such a sensor
    counts by how well it follows wear within an asset, and the asset's constant offset, which they
    keep, is told from its first rows.
    """
    used = np.isfinite(labels)
    mode, asset = (one[used] for one in place)
    table, life = residuals[used], labels[used] / cap
    late = {scale: np.exp(-life / scale) for scale in (*SCALES, *OWN_SCALES)}
    level = np.column_stack([1.0 - life, *(late[scale] for scale in SCALES)])
    course = np.column_stack([1.0 - life, *(late[scale] for scale in OWN_SCALES)])
    across = _by_mode(_with_constant(table), level, mode, modes)
    within = _by_mode(_less_mean(table, asset), _less_mean(course, asset), mode, modes)
    within = np.pad(within, ((0, 0), (0, 1), (0, 0)))  # of the constant
    weights = np.concatenate([across, within], axis=2)
    plain = WearIndex(weights, np.zeros(INDICES), np.ones(INDICES))
    found = plain.read(residuals, place[0])
    return WearIndex(weights, found.mean(axis=0), np.maximum(found.std(axis=0), 1e-9))


def _by_mode(table: Floats, wanted: Floats, mode: Ints, modes: int) -> Floats:
    """Weigh the columns of a table in each mode: modes by columns by targets."""
    everywhere = _ridge(table, wanted, np.zeros((table.shape[1], wanted.shape[1])))
    mine = (mode == one for one in range(modes))
    return np.stack([_ridge(table[rows], wanted[rows], everywhere) for rows in mine])


def _less_mean(values: Floats, asset: Ints) -> Floats:
    """Take values less their means over each asset."""
    count = np.maximum(np.bincount(asset), 1)
    means = np.column_stack([np.bincount(asset, column) / count for column in values.T])
    return np.asarray(values - means[asset])


def _with_constant(residuals: Floats) -> Floats:
    return np.column_stack([residuals, np.ones(len(residuals))])


def _ridge(table: Floats, wanted: Floats, held: Floats) -> Floats:
    left = table.T @ table + _HOLD * np.eye(table.shape[1])
    return np.asarray(held + np.linalg.solve(left, table.T @ (wanted - table @ held)))
