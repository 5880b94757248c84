"""Robust regression on operating conditions, with an offset for each asset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

HUBER = 1.345
"""Huber's tuning constant: 95 % efficient on normal errors."""

_NORMAL_MAD = 1.482602218505602
"""Standard deviation of a normal distribution with a median absolute deviation of 1."""

_NORMAL_Q90 = 1.6448536269514722
"""Ninth decile of the absolute value of a standard normal variable."""

_ROUNDS = 25
_SETTLED = 1e-9


@dataclass(frozen=True)
class Regression:
    """Coefficients, offsets and scale of one sensor."""

    coefficients: Floats
    """Intercept first, then one per feature [sensor's unit]."""
    offsets: Floats
    """One per asset, shrunk towards 0 [sensor's unit]."""
    scale: float
    """Standard deviation of what is left over, see :func:`spread` [sensor's unit]."""


def robust_scale(values: Floats) -> float:
    """Estimate a standard deviation that outliers do not move.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Left-overs, centred on 0, without NaN.

    Returns
    -------
    float
        1.4826 times the median absolute value; where that is 0 (more than half of the values are
        equal, as in coarsely quantised sensors) the root mean square; 0 without values.
    """
    if values.size == 0:
        return 0.0
    scale = _NORMAL_MAD * float(np.median(np.abs(values)))
    return scale if scale > 0 else float(np.sqrt(np.mean(values * values)))


def spread(values: Floats) -> float:
    """Estimate a standard deviation that heavy tails widen and a few outliers do not.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Left-overs, centred on 0, without NaN.

    Returns
    -------
    float
        The larger of :func:`robust_scale` and the ninth decile of the absolute values over 1.645,
        which are equal for a normal distribution. Behaviour that differs by asset and season has
        heavier tails; a scale from the middle alone would make its sensor the loudest of all.
    """
    if values.size == 0:
        return 0.0
    return max(robust_scale(values), float(np.quantile(np.abs(values), 0.9)) / _NORMAL_Q90)


def regress(
    features: Floats, observed: Floats, codes: Codes, ridge: float, shrinkage: float
) -> Regression:
    """Fit ``observed = intercept + features @ slopes + offset[asset]`` robustly.

    Parameters
    ----------
    features : NDArray[numpy.float64]
        Rows by features, standardised, without NaN.
    observed : NDArray[numpy.float64]
        Observed values, without NaN.
    codes : NDArray[numpy.intp]
        Number of the asset of each row, from 0.
    ridge : float
        Penalty of the slopes, as a share of the rows.
    shrinkage : float
        Rows an asset needs before its own offset counts half.

    Returns
    -------
    Regression
        The fit.

    Notes
    -----
    Huber's M-estimator by iteratively reweighted least squares (Huber 1981,
    doi:10.1002/0471725250, section 7.8). The offsets are ridge-penalised dummy variables, i.e. the
    best linear unbiased predictor of a random intercept with variance ratio ``shrinkage``; they are
    eliminated by their Schur complement, so that the cost does not grow with the assets squared.
    """
    design = np.column_stack([np.ones(len(observed)), features])
    centre = float(np.median(observed))
    target = observed - centre
    weights = np.ones(len(observed))
    fitted, previous = np.zeros(len(observed)), np.inf
    scale = 0.0
    for _ in range(_ROUNDS):
        slopes, offsets = _solve(design, target, weights, codes, (ridge, shrinkage))
        fitted = design @ slopes + offsets[codes]
        left = target - fitted
        scale = robust_scale(left)
        if scale <= 1e-12 * (1.0 + abs(centre)) or abs(scale - previous) < _SETTLED * scale:
            break
        previous = scale
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(left), 1e-300))
    slopes[0] += centre
    return Regression(coefficients=slopes, offsets=offsets, scale=spread(target - fitted))


def _solve(
    design: Floats, target: Floats, weights: Floats, codes: Codes, penalty: tuple[float, float]
) -> tuple[Floats, Floats]:
    ridge, shrinkage = penalty
    assets = int(codes.max()) + 1
    weighted = design * weights[:, None]
    held = np.bincount(codes, weights, assets) + max(shrinkage, 1e-3)
    sums = np.stack([np.bincount(codes, column, assets) for column in weighted.T], axis=1)
    heads = np.bincount(codes, weights * target, assets)
    normal = design.T @ weighted - sums.T @ (sums / held[:, None])
    right = weighted.T @ target - sums.T @ (heads / held)
    total = float(weights.sum())
    normal[np.diag_indices_from(normal)] += (
        np.r_[1e-12, np.full(design.shape[1] - 1, max(ridge, 1e-9))] * total
    )
    slopes = np.asarray(solve(normal, right, assume_a="sym"), dtype=np.float64)
    return slopes, (heads - sums @ slopes) / held
