"""Mixing the members of a classifier as models that did not see the windows weigh them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def mixed(said: Floats, trees: tuple[float, ...]) -> Floats:
    """Mix what the members say into probabilities.

    Parameters
    ----------
    said : NDArray[numpy.float64]
        Log-odds by trees and by lines, shape (windows, failure modes, 2).
    trees : tuple[float, ...]
        Share of the trees in the log-odds of each failure mode.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, 1 + failure modes), healthy first; rows sum to 1. Each failure mode has the
        mixed odds against healthy.
    """
    share = np.array(trees)
    odds = share * said[:, :, 0] + (1 - share) * said[:, :, 1]
    logits = np.column_stack([np.zeros(len(said)), odds])
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_shares(said: Floats, shown: Flags) -> tuple[float, ...]:
    """Weigh the members of each failure mode by what they say of assets they did not see.

    Parameters
    ----------
    said : NDArray[numpy.float64]
        The same, out of fold.
    shown : NDArray[numpy.bool_]
        Which failure modes each window shows, shape (windows, failure modes).

    Returns
    -------
    tuple[float, ...]
        Share of the trees in tenths: where the mixed log-odds surprise least.

    Notes
    -----
    A line is made of a mean and a spread and serves with few episodes; trees need more of them,
    and win once there are. Where which is the case, the episodes that were left out say.
    """
    shares = np.linspace(0.0, 1.0, 11)
    sign = np.where(shown, -1.0, 1.0)
    trees, line = said[:, :, 0], said[:, :, 1]
    losses = [
        np.logaddexp(0.0, sign * (share * trees + (1 - share) * line)).mean(axis=0)
        for share in shares.tolist()
    ]
    best = np.array(losses).argmin(axis=0)
    return tuple(float(f"{share:.1f}") for share in shares[best].tolist())
