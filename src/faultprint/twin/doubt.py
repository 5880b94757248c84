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
    least = np.full(len(windows), np.inf)
    known = _known(twin, windows)
    for reading in _readings(found[0]).tolist():
        terms = features(windows.assign(**{f"{sensor}.mean": reading}), twin.conditions)
        here = np.stack(
            [
                (observed - level_of(one, terms)) / one.scale
                for observed, one in zip(known, twin.sensors.values(), strict=True)
            ]
        )
        size = np.abs(np.where(np.isfinite(here), here, 0.0))
        loud = np.sort(size, axis=0)[-LOUDEST:].sum(axis=0)
        better = loud < least
        away[:, better], least[better] = here[:, better], loud[better]
    return dict(zip(twin.sensors, away, strict=True))


def _readings(condition: Condition) -> Floats:
    return np.linspace(*condition.followed, _STEPS)


def _known(twin: Twin, windows: pd.DataFrame) -> list[Floats]:
    """Take what each sensor read, less what is the asset's own."""
    return [
        column(windows, f"{name}.mean")
        - windows["asset"].map(one.offsets).astype("float64").fillna(0.0).to_numpy()
        for name, one in twin.sensors.items()
    ]
