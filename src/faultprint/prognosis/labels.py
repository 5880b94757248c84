"""Labels of remaining life, and how assets are dealt into parts and cut off."""

from __future__ import annotations

import numpy as np

from faultprint.prognosis.trajectories import Floats, Histories, Ints

SHORTEST = 10
"""Cycles of an asset's own history below which there is no forecast."""


def life_labels(history: Histories, remaining: Floats, cap: float) -> Floats:
    """Label every row with its remaining life.

    Parameters
    ----------
    history : Histories
        The assets.
    remaining : NDArray[numpy.float64]
        Remaining life at each asset's last row [cycles]: 0 if it failed there, NaN if it was still
        running and nobody knows (censored).
    cap : float
        Largest label [cycles].

    Returns
    -------
    NDArray[numpy.float64]
        At most the cap; for a censored asset the cap where so many rows still follow, else NaN.
    """
    out = np.full(int(history.starts[-1]), np.nan)
    for span, rest in zip(history.spans(), remaining, strict=True):
        follow = np.arange(span.stop - span.start)[::-1].astype(float)
        if np.isnan(rest):
            out[span] = np.where(follow >= cap, cap, np.nan)
        else:
            out[span] = np.minimum(follow + rest, cap)
    return out


def deal_assets(number: int, folds: int, seed: int) -> Ints:
    """Deal assets into parts of equal size.

    Parameters
    ----------
    number : int
        Assets.
    folds : int
        Parts.
    seed : int
        Shuffles.

    Returns
    -------
    NDArray[numpy.int64]
        Part of each asset.
    """
    return np.random.default_rng(seed).permutation(np.arange(number) % folds).astype(np.int64)


def random_cuts(history: Histories, cuts: int, seed: int) -> Ints:
    """Cut histories off at random, as a test set is.

    Parameters
    ----------
    history : Histories
        The assets.
    cuts : int
        Cuts of each asset.
    seed : int
        Draws them.

    Returns
    -------
    NDArray[numpy.int64]
        Last row of each cut, drawn with repetition from the rows with twice the shortest history;
        an asset that never has that much is not cut.
    """
    rng = np.random.default_rng(seed)
    drawn = [
        rng.integers(span.start + 2 * SHORTEST, span.stop, cuts)
        for span in history.spans()
        if span.stop - span.start > 2 * SHORTEST
    ]
    return np.concatenate(drawn).astype(np.int64) if drawn else np.empty(0, np.int64)


def asset_shares(codes: Ints) -> Floats:
    """Share the rows out so that every asset counts the same, however many it has.

    Parameters
    ----------
    codes : NDArray[numpy.int64]
        The asset of each row.

    Returns
    -------
    NDArray[numpy.float64]
        What each row counts; 1 on average.
    """
    _, code, count = np.unique(codes, return_inverse=True, return_counts=True)
    return np.asarray(len(codes) / max(1, len(count)) / count[code], dtype=np.float64)
