"""How strange a window is, twice for each class, and the p-value both make."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.design import DEVIANCE
from faultprint.faults.space import Cloud, Reference
from faultprint.faults.verdicts import combine
from faultprint.state.limits import p_values

Floats = NDArray[np.float64]

TOP_SENSORS = 3
"""How many of the most deviating sensors the twin's signal averages."""
_TINY = 1e-9


def classifier_signal(probabilities: Floats) -> Floats:
    """Turn probabilities into nonconformity, one column a class.

    Parameters
    ----------
    probabilities : NDArray[numpy.float64]
        Calibrated, shape (windows, classes), healthy first.

    Returns
    -------
    NDArray[numpy.float64]
        For healthy the log-odds against it; for a fault ``-log P(fault | some fault)``. NaN where
        the classifier has no choice: no fault at all, or one fault only.
    """
    safe = np.clip(probabilities, _TINY, 1 - _TINY)
    signal = np.full(safe.shape, np.nan)
    if safe.shape[1] > 1:
        signal[:, 0] = np.log(1 - safe[:, 0]) - np.log(safe[:, 0])
    if safe.shape[1] > 2:
        faulty = safe[:, 1:]
        signal[:, 1:] = -np.log(faulty / faulty.sum(axis=1, keepdims=True))
    return signal


def twin_signal(values: Floats, features: tuple[str, ...]) -> Floats:
    """Say how far the sensors are from what their twin expects.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features; those that end in ``.deviance`` count.

    Returns
    -------
    NDArray[numpy.float64]
        Mean of the three largest absolute deviances [healthy scales]; NaN without any.
    """
    columns = [i for i, name in enumerate(features) if name.endswith(DEVIANCE)]
    size = np.abs(values[:, columns])
    known = np.isfinite(size)
    ordered = -np.sort(-np.where(known, size, 0.0), axis=1)[:, :TOP_SENSORS]
    taken = np.minimum(known.sum(axis=1), TOP_SENSORS)
    return np.where(taken > 0, ordered.sum(axis=1) / np.maximum(taken, 1), np.nan)


def distance_signal(
    values: Floats,
    features: tuple[str, ...],
    healthy: Reference,
    clouds: Mapping[str, Cloud],
    modes: tuple[str, ...],
) -> Floats:
    """Measure nonconformity by distance, one column a class.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features.
    healthy : Reference
        Centre and scale of healthy equipment.
    clouds : Mapping[str, Cloud]
        Where each failure mode lies; one that is missing gives NaN.
    modes : tuple[str, ...]
        Failure modes, in the order of the columns after healthy.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, 1 + modes): the twin's signal, then the distance to each mode's nearest
        prototype.
    """
    units = healthy.units(values)
    lost = np.full(len(values), np.nan)
    columns = [clouds[mode].distances(units) if mode in clouds else lost for mode in modes]
    return np.column_stack([twin_signal(values, features), *columns])


def ranked(
    near: Floats,
    far: Floats,
    classes: tuple[str, ...],
    calibration: Mapping[str, tuple[Floats, Floats]],
) -> Floats:
    """Turn both signals into one p-value per class.

    Parameters
    ----------
    near : NDArray[numpy.float64]
        Classifier's nonconformity, shape (windows, classes).
    far : NDArray[numpy.float64]
        Twin's or distance's nonconformity, same shape.
    classes : tuple[str, ...]
        Names of the columns.
    calibration : Mapping[str, tuple[Floats, Floats]]
        Out-of-fold nonconformity per class, of either signal.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes); 1 where neither signal is there: nothing speaks against it.

    Notes
    -----
    Two signals, because an unknown fault may lie near the known ones (only the classifier's doubt
    shows it) or far from all (only the distance does).
    """
    joined = np.ones(near.shape)
    for column, name in enumerate(classes):
        first, second = calibration[name]
        p = combine(p_values(near[:, column], first), p_values(far[:, column], second))
        joined[:, column] = np.where(np.isfinite(p), p, 1.0)
    return joined
