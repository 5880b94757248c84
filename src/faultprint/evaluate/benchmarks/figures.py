"""What every protocol shares: measured figures with intervals, and guards against leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.errors import LeakageError, listed

Floats = NDArray[np.float64]
DRAWS = 1000
"""Draws of the bootstrap."""


@dataclass(frozen=True)
class Figure:
    """One number of the book."""

    variant: str
    """Which model or baseline, e.g. ``with age``."""
    stratum: str
    """Which units, e.g. ``all`` or ``life <= 50``."""
    measure: str
    """What is measured, e.g. ``rmse``."""
    value: float
    low: float
    """Lower end of the 95 % bootstrap interval over units."""
    high: float
    """Its upper end."""
    n: int
    """Units."""


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float], n: int, seed: int = 0
) -> tuple[float, float, float]:
    """Measure on all units, and on draws of them with repetition.

    Parameters
    ----------
    measure : Callable[[NDArray[numpy.int64]], float]
        From positions of units to the number.
    n : int
        Units.
    seed : int, default 0
        Draws.

    Returns
    -------
    value : float
        On all units; NaN if there are none.
    low : float
        2.5 % quantile of the draws.
    high : float
        97.5 % quantile of the draws.
    """
    if n == 0:
        return float("nan"), float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    drawn = [measure(rng.integers(0, n, n)) for _ in range(DRAWS)]
    told = np.array(drawn)[np.isfinite(drawn)]  # of draws on which it can be measured
    low, high = np.quantile(told, [0.025, 0.975]) if len(told) else (np.nan, np.nan)
    return float(measure(np.arange(n))), float(low), float(high)


def refuse_shared(learnt: Iterable[str], judged: Iterable[str], what: str) -> None:
    """Refuse a split in which a unit is on both sides.

    Parameters
    ----------
    learnt : Iterable[str]
        Units learnt from.
    judged : Iterable[str]
        Units judged on.
    what : str
        What a unit is called, e.g. ``'engines'``.

    Raises
    ------
    LeakageError
        If the two share a unit.
    """
    both = sorted(set(learnt) & set(judged))
    if both:
        raise LeakageError.because(
            f"{what} on both sides of the split: {listed(both)}",
            f"{what} either learnt from or judged on",
            "split by whole units",
        )


def refuse_copies(learnt: dict[str, Floats], judged: dict[str, Floats], what: str) -> None:
    """Refuse a judged unit whose rows begin a learnt one under another name.

    Parameters
    ----------
    learnt : dict[str, NDArray[numpy.float64]]
        Unit -> rows by sensors.
    judged : dict[str, NDArray[numpy.float64]]
        Unit -> rows by sensors.
    what : str
        What a unit is called.

    Raises
    ------
    LeakageError
        If a judged unit has more than a tenth of its rows, bit by bit, in a learnt one.
    """
    known = {row.tobytes() for rows in learnt.values() for row in rows}
    copied = [
        name
        for name, rows in judged.items()
        if len(rows) and np.mean([row.tobytes() in known for row in rows]) > 0.1
    ]
    if copied:
        raise LeakageError.because(
            f"judged {what} made of learnt rows: {listed(copied)}",
            "rows of machines that were not learnt from",
            "take the copies out of one side",
        )
