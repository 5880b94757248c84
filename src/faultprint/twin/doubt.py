"""The twin asked the other way round: which reading of a condition suits the machine best.

A condition sensor that is wrong moves every deviance at once, since all of them hang on it. Where
another reading of that one sensor makes the machine look healthy, the sensor may be all that is
wrong (reconstruction, as for symptom sensors in :mod:`faultprint.twin.disagreement`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.twin.conditions import Condition, Floats, column, features
from faultprint.twin.expectation import Twin, level_of

LOUDEST = 3
"""Deviances that are made as small as they can be: the ones by which a window is found abnormal."""

_STEPS = 61
"""Readings tried, over the range in which the twin follows a condition."""

_BLOCK = 2048
"""Windows asked at a time, since each is asked with every reading."""


def without_condition(twin: Twin, windows: pd.DataFrame, sensor: str) -> dict[str, Floats]:
    """Give the deviances that are left where one condition may read what suits the machine best.

    Parameters
    ----------
    twin : Twin
        The twin, with the baselines of the assets.
    windows : pandas.DataFrame
        Rows of ``windows`` of one equipment class.
    sensor : str
        The condition that is not believed.

    Returns
    -------
    dict[str, NDArray[numpy.float64]]
        Symptom sensor -> deviance of each window; NaN where the sensor was not observed or another
        condition is not known. Empty where the twin does not go by this condition.

    Notes
    -----
    Of 61 readings, evenly spread over the range in which the condition is followed, the one counts
    that makes the mean of the three largest absolute deviances smallest. How much it swings within
    the window is taken as it was read. Each window is judged by itself.
    """
    found = [one for one in twin.conditions if one.sensor == sensor]
    if not found or not twin.sensors:
        return {}
    away = np.full((len(twin.sensors), len(windows)), np.nan)
    known = _known(twin, windows)
    names = [f"{one.sensor}.{what}" for one in twin.conditions for what in ("mean", "std")]
    narrow = windows[[name for name in names if name in windows.columns]]
    for start in range(0, len(windows), _BLOCK):
        rows = slice(start, start + _BLOCK)
        away[:, rows] = _best(twin, narrow.iloc[rows], known[:, rows], found[0])
    return dict(zip(twin.sensors, away, strict=True))


def _best(twin: Twin, windows: pd.DataFrame, known: Floats, condition: Condition) -> Floats:
    """Give the deviances under the reading that suits each window best, sensors by windows."""
    count, low_high = len(windows), condition.followed
    readings = np.repeat(np.linspace(*low_high, _STEPS), count)
    tried = windows.iloc[np.tile(np.arange(count), _STEPS)]
    terms = features(tried.assign(**{f"{condition.sensor}.mean": readings}), twin.conditions)
    away = np.stack(
        [
            (observed - level_of(one, terms).reshape(_STEPS, count)) / one.scale
            for observed, one in zip(known, twin.sensors.values(), strict=True)
        ]
    )
    size = np.abs(np.where(np.isfinite(away), away, 0.0))
    loudest = np.sort(size, axis=0)[-LOUDEST:].sum(axis=0)
    return np.asarray(away[:, loudest.argmin(axis=0), np.arange(count)], dtype=np.float64)


def _known(twin: Twin, windows: pd.DataFrame) -> Floats:
    """Take what each sensor read, less what is the asset's own; sensors by windows."""
    told = [
        column(windows, f"{name}.mean")
        - windows["asset"].map(one.offsets).astype("float64").fillna(0.0).to_numpy()
        for name, one in twin.sensors.items()
    ]
    return np.array(told, dtype=np.float64)
