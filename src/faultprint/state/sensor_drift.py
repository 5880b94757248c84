"""Sensors that walk away from the twin's estimate while all others stay.

One sensor that walks away alone is either drifting, or the only one to see a fault nobody has seen
before. Readings cannot tell these apart, so such a sensor is reported and not silenced.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import SensorHealth
from faultprint.signal.instants import NEVER, instants, nanoseconds
from faultprint.state.sensor_health import Spell

Floats = NDArray[np.float64]

FEWEST = 4
"""Windows in a look-back below which nothing is decided."""


def find_drift(
    residuals: pd.DataFrame, explained: pd.Series, settings: SensorHealth
) -> list[Spell]:
    """Find the times in which one sensor of an asset walked away alone.

    Parameters
    ----------
    residuals : pandas.DataFrame
        The asset's rows of ``residuals``, in any order.
    explained : pandas.Series
        Ends of the windows that a known fault explains; no drift begins there.
    settings : SensorHealth
        ``drift_sigma``, ``drift_quiet``, ``drift_window`` and the reward window.

    Returns
    -------
    list[Spell]
        Of kind ``drift``, by sensor and time. What is decided at an instant depends on nothing
        later.

    Notes
    -----
    A sensor drifts where the median of its deviance over ``drift_window`` is at least
    ``drift_sigma`` in size, and that of every other sensor at most ``drift_quiet``. It is taken
    back once the look-back has been within half of ``drift_sigma`` for the reward window.
    """
    if residuals.empty or not settings.enabled:
        return []
    wide = residuals.pivot(index="end", columns="sensor", values="deviance")  # noqa: PD010
    wide = wide.sort_index()
    times = instants(pd.Series(wide.index))
    known = np.isin(times, instants(explained))
    level = np.abs(_medians(wide, settings))
    spells: list[Spell] = []
    for place, sensor in enumerate(wide.columns):
        others = np.delete(level, place, axis=1)
        quiet = np.all(~(others > settings.drift_quiet), axis=1) & ~known
        begins = (level[:, place] >= settings.drift_sigma) & quiet
        back = level[:, place] < settings.drift_sigma / 2
        spells += _followed(str(sensor), times, begins, back, nanoseconds(settings.reward))
    return spells


def _medians(wide: pd.DataFrame, settings: SensorHealth) -> Floats:
    rolled = wide.rolling(pd.Timedelta(settings.drift_window), min_periods=FEWEST).median()
    return rolled.to_numpy(dtype=np.float64)


def _followed(
    sensor: str,
    times: NDArray[np.int64],
    begins: NDArray[np.bool_],
    back: NDArray[np.bool_],
    reward: int,
) -> list[Spell]:
    spells: list[Spell] = []
    since, calm = NEVER, NEVER
    for time, begin, near in zip(times.tolist(), begins.tolist(), back.tolist(), strict=True):
        if since == NEVER:
            since = time if begin else NEVER
            calm = NEVER
            continue
        calm = min(calm, time) if near else NEVER
        if calm != NEVER and time - calm >= reward:
            spells.append(Spell(sensor, "drift", since, time))
            since = NEVER
    return spells if since == NEVER else [*spells, Spell(sensor, "drift", since, NEVER)]
