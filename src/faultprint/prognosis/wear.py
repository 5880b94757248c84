"""Wear indices: the sensors fused within each operating mode into a few curves that follow wear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultprint.prognosis.trajectories import Floats, Ints

SCALES = (1 / 3, 1 / 8)
"""How long before the end the late indices rise, as shares of the cap."""
INDICES = 1 + len(SCALES)
"""Number of indices."""
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


def learn_wear(residuals: Floats, mode: Ints, modes: int, labels: Floats, cap: float) -> WearIndex:
    """Learn to fuse the sensors.

    Parameters
    ----------
    residuals : NDArray[numpy.float64]
        Rows by sensors, free of the operating conditions.
    mode : NDArray[numpy.int64]
        Operating mode of each row.
    modes : int
        How many modes there are; some may have no row.
    labels : NDArray[numpy.float64]
        Remaining life of every row, at most the cap; NaN where it is not known [cycles].
    cap : float
        Longest life that is told apart [cycles].

    Returns
    -------
    WearIndex
        Three indices: one falls in step with the capped life (turned round), two rise late.

    Notes
    -----
    Ridge regression in each mode of 1 - life / cap and of exp(-life / (s cap)), s of ``SCALES``.
    A sensor that tells much of wear in one mode may tell little in another, and the noises of two
    sensors that cancel in one need not in another: hence weights by mode. They are held to
    the weights over all modes, which a mode without rows takes.
    """
    used = np.isfinite(labels)
    table, life = _with_constant(residuals[used]), labels[used] / cap
    wanted = np.column_stack([1.0 - life, *(np.exp(-life / scale) for scale in SCALES)])
    everywhere = _ridge(table, wanted, np.zeros((table.shape[1], wanted.shape[1])))
    weights = np.stack(
        [
            _ridge(table[mine], wanted[mine], everywhere)
            for mine in (mode[used] == one for one in range(modes))
        ]
    )
    plain = WearIndex(weights, np.zeros(wanted.shape[1]), np.ones(wanted.shape[1]))
    found = plain.read(residuals, mode)
    return WearIndex(weights, found.mean(axis=0), np.maximum(found.std(axis=0), 1e-9))


def _with_constant(residuals: Floats) -> Floats:
    return np.column_stack([residuals, np.ones(len(residuals))])


def _ridge(table: Floats, wanted: Floats, held: Floats) -> Floats:
    left = table.T @ table + _HOLD * np.eye(table.shape[1])
    return np.asarray(held + np.linalg.solve(left, table.T @ (wanted - table @ held)))
