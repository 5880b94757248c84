"""Operating conditions of a window as features that are exact for quadratic behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MARGIN = 0.1
"""How far outside the learnt range, as a share of it, a condition is still followed."""


@dataclass(frozen=True)
class Condition:
    """One condition sensor and the range it was learnt in, in its own unit."""

    sensor: str
    centre: float
    scale: float
    low: float
    high: float

    @property
    def followed(self) -> tuple[float, float]:
        """Say between which readings it is followed.

        Returns
        -------
        tuple[float, float]
            Lowest and highest, in its own unit: a tenth outside the learnt range.
        """
        margin = _MARGIN * (self.high - self.low)
        return self.low - margin, self.high + margin


def column(windows: pd.DataFrame, name: str) -> Floats:
    """Take a column of a table as floats, NaN where there is no such column.

    Parameters
    ----------
    windows : pandas.DataFrame
        The table.
    name : str
        Name of the column.

    Returns
    -------
    NDArray[numpy.float64]
        One value per row.
    """
    if name not in windows.columns:
        return np.full(len(windows), np.nan)
    return windows[name].to_numpy(dtype=np.float64, na_value=np.nan)


def measure(windows: pd.DataFrame, sensors: list[str]) -> tuple[Condition, ...]:
    """Describe the range of each condition sensor.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows to learn from.
    sensors : list[str]
        Condition sensors of the equipment class.

    Returns
    -------
    tuple[Condition, ...]
        One for each sensor that is known in at least half of the windows and does not stand still.
    """
    found = []
    for sensor in sensors:
        values = column(windows, f"{sensor}.mean")
        known = values[np.isfinite(values)]
        if 2 * known.size < max(len(windows), 1):
            continue
        low, high = float(known.min()), float(known.max())
        scale = float(known.std())
        if scale > 1e-9 * max(1.0, abs(low), abs(high)):
            found.append(Condition(sensor, float(known.mean()), scale, low, high))
    return tuple(found)


def features(windows: pd.DataFrame, conditions: tuple[Condition, ...]) -> Floats:
    """Spread the conditions of each window into linear, quadratic and cross terms.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows with ``<sensor>.mean`` and ``<sensor>.std``.
    conditions : tuple[Condition, ...]
        The condition sensors.

    Returns
    -------
    NDArray[numpy.float64]
        Rows by features, of order 1; NaN where a condition is not known.

    Notes
    -----
    A sensor that follows a condition ``x`` as ``a + b x + c x^2`` at each instant has the window
    mean ``a + b mean(x) + c (mean(x)^2 + var(x))``. The mean of the square, not the square of
    the mean, is therefore the feature, and a window in which the load swings is not off. Products
    of two conditions are taken at their means. Means are clipped a tenth outside the learnt range,
    so that a parabola is not followed into the unknown.
    """
    linear, square = [], []
    for condition in conditions:
        mean = np.clip(column(windows, f"{condition.sensor}.mean"), *condition.followed)
        z = (mean - condition.centre) / condition.scale
        spread = column(windows, f"{condition.sensor}.std") / condition.scale
        linear.append(z)
        square.append(z * z + np.where(np.isfinite(spread), spread, 0.0) ** 2 - 1.0)
    crossed = [a * b for a, b in combinations(linear, 2)]
    terms = [*linear, *square, *crossed]
    return np.column_stack(terms) if terms else np.empty((len(windows), 0))
