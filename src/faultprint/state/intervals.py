"""Counts with their intervals: proportions (Wilson) and rates (Garwood)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import gammaincinv

from faultprint.errors import ConfigError
from faultprint.records import Proportion

_Z95 = 1.959963984540054
"""97.5th percentile of the standard normal distribution."""


@dataclass(frozen=True)
class Rate:
    """Events per unit of exposure with the exact 95 % Poisson interval."""

    value: float
    low: float
    high: float | None
    """``None`` when nothing was observed (exposure 0), so that it is not bounded."""
    count: int
    exposure: float


def wilson(hits: int, n: int) -> Proportion:
    """Give a share with its 95 % Wilson score interval.

    Parameters
    ----------
    hits : int
        How many of them.
    n : int
        How many there are.

    Returns
    -------
    Proportion
        ``hits / n`` and the interval; for ``n = 0`` the value is 0 and the interval [0, 1], which
        says that nothing is known.

    Raises
    ------
    ConfigError
        If ``hits`` does not lie between 0 and ``n``.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953. Unlike the normal approximation it stays
    within [0, 1] and does not shrink to a point at 0 of n or n of n.

    Examples
    --------
    >>> share = wilson(8, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.49, 0.943)
    """
    if not 0 <= hits <= n:
        raise ConfigError.because(
            f"{hits} hits of {n}", "0 <= hits <= n", "count the hits among the n only"
        )
    if n == 0:
        return Proportion(value=0.0, low=0.0, high=1.0, hits=0, n=0)
    share, z2 = hits / n, _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == n else min(1.0, middle + half)
    return Proportion(value=share, low=low, high=high, hits=int(hits), n=int(n))


def poisson_rate(count: int, exposure: float) -> Rate:
    """Give a rate with its exact 95 % Poisson interval.

    Parameters
    ----------
    count : int
        How many events.
    exposure : float
        Over how much, e.g. asset-months.

    Returns
    -------
    Rate
        ``count / exposure`` and the interval; for exposure 0 ``value`` is 0, ``high``
        missing.

    Raises
    ------
    ConfigError
        If count or exposure is negative, or events are counted on no exposure.

    Notes
    -----
    Garwood 1936, doi:10.1093/biomet/28.3-4.437: the limits are half the chi-square quantiles with
    ``2 count`` and ``2 count + 2`` degrees of freedom, that is quantiles of the gamma distribution.
    """
    if count < 0 or exposure < 0 or (count and not exposure):
        raise ConfigError.because(
            f"{count} events on an exposure of {exposure}",
            "no negative number, and an exposure where there are events",
            "count both over the same time",
        )
    if exposure == 0:
        return Rate(value=0.0, low=0.0, high=None, count=0, exposure=0.0)
    low = float(gammaincinv(count, 0.025)) if count else 0.0
    high = float(gammaincinv(count + 1, 0.975))
    return Rate(
        value=count / exposure,
        low=low / exposure,
        high=high / exposure,
        count=int(count),
        exposure=float(exposure),
    )
