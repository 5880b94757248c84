"""Two witnesses against healthy: the sensors and the events, strange at the same time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv

from faultprint.faults.learning.design import DEVIANCE, source_of
from faultprint.faults.learning.metric import Metric

Floats = NDArray[np.float64]

_EVENTS = "error"
_LEAST = 1e-300


def both_strange(values: Floats, features: tuple[str, ...], metric: Metric) -> Floats:
    """Say how strange sensors and events are at the same time.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features.
    metric : Metric
        Tells centre and scale of healthy equipment.

    Returns
    -------
    NDArray[numpy.float64]
        The smaller of two surprises: that of the sensor farthest from what its twin expects, and
        the sum over all counts of events; NaN where the equipment has no events or no twin.

    Notes
    -----
    The surprise of a value that lies ``u`` healthy scales off is ``log(1 + u^2)``. The scale of a
    count that is almost always 0 is the square root of how often it is not, so that the surprise of
    an event is about ``-log`` of its frequency. Either alone is common in healthy equipment: a
    sensor wanders, a controller complains. A failure that nobody knows is announced by both.
    """
    columns, ref = list(metric.columns), metric.reference
    sensors = [i for i, c in enumerate(columns) if features[c].endswith(DEVIANCE)]
    events = [i for i, c in enumerate(columns) if source_of(features[c]) == _EVENTS]
    if not sensors or not events:
        return np.full(len(values), np.nan)
    surprise = np.log1p(ref.units(values[:, columns]) ** 2)
    surprise = np.where(np.isfinite(surprise), surprise, 0.0)
    known, told = surprise[:, sensors].max(axis=1), surprise[:, events].sum(axis=1)
    return np.asarray(np.minimum(known, told), dtype=np.float64)


def as_strange(ranks: Floats, signals: Floats) -> Floats:
    """Put a rank on the scale of the mean of several ``-log`` ranks.

    Parameters
    ----------
    ranks : NDArray[numpy.float64]
        Ranks, in (0, 1); NaN counts as not strange.
    signals : NDArray[numpy.float64]
        Over how many signals the mean is taken.

    Returns
    -------
    NDArray[numpy.float64]
        What the mean over as many independent signals exceeds with the chance of the rank: a
        quantile of the gamma distribution. For releases that do not say how strange healthy windows
        are without the second witness; signals are not independent, and where they are strange
        together their mean exceeds it more often.
    """
    k = np.maximum(signals, 1.0)
    known = np.clip(np.where(np.isfinite(ranks), ranks, 1.0), _LEAST, 1.0)
    return np.asarray(gammainccinv(k, known) / k, dtype=np.float64)
