"""The life of least cost: where to come too late is worse than to come too early."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from faultprint.prognosis.settings import CostSettings
from faultprint.prognosis.trajectories import Floats

LEVELS = 26
"""Levels of the forecast, from 0 to the cap, for which its usual error is learnt."""
_REACH = 0.08
"""Standard deviation of the Gaussian that weighs errors at other levels, as share of the cap."""
_FARTHEST = 3.0
"""Usual errors by which a life is moved at most, either way, where the error is the largest."""
_STEEPEST = 50.0
"""Exponent at which an exponential cost is cut off, so that it stays a number."""


def cost_of(error: Floats, cost: CostSettings) -> Floats:
    """Say what wrong forecasts cost.

    Parameters
    ----------
    error : NDArray[numpy.float64]
        Forecast less truth; positive is too late [cycles].
    cost : CostSettings
        The cost.

    Returns
    -------
    NDArray[numpy.float64]
        Zero where there is no error, else positive; same shape.

    Notes
    -----
    ``exponential`` is expm1(d / late) for d >= 0 and expm1(-d / early) for d < 0, with 10 and 13
    cycles the score of the PHM08 challenge (Saxena et al. 2008, doi:10.1109/PHM.2008.4711414);
    ``linear`` is d / late and -d / early.
    """
    size = np.where(error < 0, -error / cost.early, error / cost.late)
    return np.expm1(np.minimum(size, _STEEPEST)) if cost.shape == "exponential" else size


@dataclass(frozen=True)
class LeastCost:
    """How far a forecast is moved, by its level."""

    levels: Floats
    """Forecasts, ascending from 0 to the cap [cycles]."""
    move: Floats
    """What is added at each level; negative where late is the dearer side [cycles]."""

    def read(self, life: Floats) -> Floats:
        """Take the life of least cost.

        Parameters
        ----------
        life : NDArray[numpy.float64]
            Forecasts, means of what is possible [cycles].

        Returns
        -------
        NDArray[numpy.float64]
            Lives between 0 and the cap [cycles].
        """
        moved = life + np.interp(life, self.levels, self.move)
        return np.asarray(np.clip(moved, self.levels[0], self.levels[-1]), dtype=np.float64)


def learn_least_cost(
    life: Floats, truth: Floats, share: Floats, cost: CostSettings, cap: float
) -> LeastCost:
    """Learn how far to move forecasts, from those of assets that were not learnt from.

    Parameters
    ----------
    life : NDArray[numpy.float64]
        Forecasts, from 0 to the cap [cycles].
    truth : NDArray[numpy.float64]
        True life of each row, at most the cap [cycles].
    share : NDArray[numpy.float64]
        What each row counts.
    cost : CostSettings
        The cost.
    cap : float
        Longest life that is told apart [cycles].

    Returns
    -------
    LeastCost
        The moves; none without rows.

    Notes
    -----
    The Bayes estimate under an asymmetric cost lies beside the mean. For normal errors of standard
    deviation s it is z s away under the linear cost (z the normal quantile of
    late / (late + early)), and in proportion to s squared under an exponential one (Zellner 1986,
    doi:10.1080/01621459.1986.10478289). So the move is -k s(level) or -k s(level)^2, with s(level)
    the root mean square of left-out errors at near levels (Gaussian weights), and k is what costs
    least in all on the left-out forecasts, whatever the distribution of errors. One number is
    learnt from the cost: an exponential cost rests on a few large errors, and moves learnt for each
    level apart follow those.
    """
    levels = np.linspace(0.0, cap, LEVELS)
    if not len(life):
        return LeastCost(levels, np.zeros(LEVELS))
    spread = np.array([_spread_near(level, life, truth - life, share, cap) for level in levels])
    shape = spread**2 if cost.shape == "exponential" else spread
    most = _FARTHEST * spread.max() / shape.max() if shape.max() > 0 else 0.0

    def risk(strength: float) -> float:
        moved = LeastCost(levels, -strength * shape).read(life)
        return float(share @ cost_of(moved - truth, cost))

    if most == 0:
        return LeastCost(levels, np.zeros(LEVELS))
    found = minimize_scalar(risk, bounds=(-most, most), method="bounded")
    return LeastCost(levels, -float(found.x) * shape)


def _spread_near(level: float, life: Floats, error: Floats, share: Floats, cap: float) -> float:
    """Take the usual error of forecasts near a level, or nearest to it."""
    far = np.abs(life - level)
    near = share * np.exp(-0.5 * ((far - far.min()) / (_REACH * cap)) ** 2)
    return float(np.sqrt(near @ error**2 / near.sum()))
