"""Conformalised quantiles, calibrated by asset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.errors import LearnError
from faultprint.prognosis.trajectories import Floats

LEAST = 20
"""Fewest assets whose errors calibrate a band of its own."""


@dataclass(frozen=True)
class Margins:
    """How far the learnt quantiles are moved outwards, by band of the prediction."""

    edges: Floats
    """Upper edges of all bands but the last, ascending [cycles]."""
    margin: Floats
    """One margin a band [cycles]; negative where the quantiles were too wide."""

    def widen(self, predicted: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Move the quantiles.

        Parameters
        ----------
        predicted : NDArray[numpy.float64]
            Predicted life, which chooses the band [cycles].
        low : NDArray[numpy.float64]
            Lower quantile [cycles].
        high : NDArray[numpy.float64]
            Upper quantile [cycles].

        Returns
        -------
        low : NDArray[numpy.float64]
            Lower end [cycles].
        high : NDArray[numpy.float64]
            Upper end, never below the lower one [cycles].
        """
        move = self.margin[np.searchsorted(self.edges, predicted)]
        middle = (low + high) / 2
        return np.minimum(low - move, middle), np.maximum(high + move, middle)


def nonconformity(low: Floats, high: Floats, truth: Floats) -> Floats:
    """Say how far outside its interval a truth lies.

    Parameters
    ----------
    low : NDArray[numpy.float64]
        Lower quantile.
    high : NDArray[numpy.float64]
        Upper quantile.
    truth : NDArray[numpy.float64]
        The truth.

    Returns
    -------
    NDArray[numpy.float64]
        Distance; negative inside.
    """
    return np.maximum(low - truth, truth - high)


def conformal_quantile(scores: Floats, assets: NDArray[np.int64], coverage: float) -> float:
    """Take the score that covers the asked share of *new assets*.

    Parameters
    ----------
    scores : NDArray[numpy.float64]
        Nonconformity of calibration points that were not learnt from.
    assets : NDArray[numpy.int64]
        The asset of each point.
    coverage : float
        Share to cover.

    Returns
    -------
    float
        The quantile; infinite if there are too few assets for the coverage.

    Notes
    -----
    Points of one asset are not exchangeable with each other, assets are. Every asset has the same
    weight in all, and one more asset of infinite score stands for the new one: with n assets the
    smallest score with weighted share of at least coverage (n + 1) / n is taken. With one point an
    asset this is split conformal prediction (Vovk et al. 2005); quantiles in place of a point make
    it conformalised quantile regression (Romano et al. 2019, arXiv:1905.03222). With out-of-fold
    scores, as here, the guarantee of the jackknife+ family is looser than what is seen (Barber et
    al. 2021, doi:10.1214/20-AOS1965).
    """
    _, code, count = np.unique(assets, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    share = np.cumsum((1.0 / count)[code][order]) / (len(count) + 1.0)
    reached = np.flatnonzero(share >= coverage - 1e-12)
    return float(scores[order][reached[0]]) if len(reached) else float("inf")


def calibrate(
    predicted: Floats,
    scores: Floats,
    assets: NDArray[np.int64],
    coverage: float,
    edges: Floats,
) -> Margins:
    """Learn a margin for each band of the prediction.

    Parameters
    ----------
    predicted : NDArray[numpy.float64]
        Out-of-fold predictions of the calibration points [cycles].
    scores : NDArray[numpy.float64]
        Their nonconformity [cycles].
    assets : NDArray[numpy.int64]
        Their assets.
    coverage : float
        Share to cover in each band.
    edges : NDArray[numpy.float64]
        Upper edges of all bands but the last, ascending [cycles].

    Returns
    -------
    Margins
        A band that fewer than ``LEAST`` assets reach takes the margin of all.

    Raises
    ------
    LearnError
        If there are too few assets for the coverage asked for.
    """
    whole = conformal_quantile(scores, assets, coverage)
    if not np.isfinite(whole):
        raise LearnError.because(
            f"{len(np.unique(assets))} assets to calibrate a coverage of {coverage}",
            f"at least {int(np.ceil(coverage / (1 - coverage)))}",
            "ask for less coverage or learn from more assets",
        )
    band = np.searchsorted(edges, predicted)
    margin = np.full(len(edges) + 1, whole)
    for one in range(len(margin)):
        mine = band == one
        if len(np.unique(assets[mine])) >= LEAST:
            own = conformal_quantile(scores[mine], assets[mine], coverage)
            margin[one] = own if np.isfinite(own) else whole
    return Margins(edges, margin)
