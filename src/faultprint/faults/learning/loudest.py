"""The one sensor that a known fault does not explain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.space import squash

Floats = NDArray[np.float64]


def loudest(
    values: Floats, features: tuple[str, ...], metric: Metric, classes: tuple[str, ...]
) -> Floats:
    """Say how far the sensor lies off that fits a fault least.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features; those that end in ``.deviance`` count.
    metric : Metric
        The shared space.
    classes : tuple[str, ...]
        Names of the columns, healthy first; one the space was not fitted on gives NaN.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes): largest difference of a deviance from what is typical of the fault
        [spreads within a class]; NaN for healthy, of which the twin's signal says it, for a window
        without any deviance, and everywhere if the twin has nothing to go by.

    Notes
    -----
    A length over fifty coordinates adds up the chance in each, and a fault that moves one sensor is
    lost in it. Windows that are compared with the fault they show differ from it in severity too;
    that is in the calibration scores this is ranked among.
    """
    columns = list(metric.columns)
    shown = [place for place, column in enumerate(columns) if features[column].endswith(DEVIANCE)]
    size = np.full((len(values), len(classes)), np.nan)
    if not metric.by_twin or not shown or metric.axes.shape[0] != metric.axes.shape[1]:
        return size
    back = np.linalg.inv(metric.axes)
    spread = np.sqrt((back**2).sum(axis=0))[shown]
    units = squash(metric.reference.units(values[:, columns]))[:, shown]
    known = np.isfinite(units)
    for column, name in enumerate(classes):
        if column and name in metric.classes:
            typical = (metric.means[metric.classes.index(name)] @ back)[shown]
            away = np.where(known, np.abs(units - typical) / spread, 0.0).max(axis=1)
            size[:, column] = np.where(known.any(axis=1), away, np.nan)
    return size
