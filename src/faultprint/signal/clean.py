"""Quality flags of readings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from faultprint.config import Cleaning, Equipment
from faultprint.tables import QUALITY, QUALITY_SUFFIX

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SPIKE_SPAN = 7
"""Earlier values whose median is the level a value is compared with."""

VARIES = 0.4
"""Share of rows that change from which a sensor counts as one that varies."""

_MAD = 1.4826  # makes the median absolute deviation a standard deviation, for normal noise


def _run_lengths(values: Floats) -> npt.NDArray[np.int64]:
    """Count, for each value, how many equal ones in a row end with it."""
    order = np.arange(len(values))
    fresh = np.concatenate([[True], values[1:] != values[:-1]])
    return order - np.maximum.accumulate(np.where(fresh, order, 0)) + 1


def find_stuck(values: Floats, stuck_for: int) -> Flags:
    """Find values that repeat for too long on a sensor that otherwise varies.

    Parameters
    ----------
    values : numpy.ndarray
        Good values in order of time.
    stuck_for : int
        Equal values in a row from which on they count as stuck.

    Returns
    -------
    numpy.ndarray
        Flags. Only earlier values decide: the first ``stuck_for - 1`` of a run stay good, and a
        sensor must have varied before (at least 40 % of ``stuck_for`` or more earlier rows).
    """
    if len(values) < 2 * stuck_for:
        return np.zeros(len(values), dtype=bool)
    length = _run_lengths(values)
    long = length >= stuck_for
    changes = np.concatenate([[0], np.cumsum(length[1:] == 1)])
    counted = np.concatenate([[0], np.cumsum(~long[1:])])
    before = np.maximum(np.arange(len(values)) - length, 0)
    varied = (counted[before] >= stuck_for) & (changes[before] >= VARIES * counted[before])
    stuck: Flags = long & varied
    return stuck


def find_outliers(values: Floats, sigma: float) -> Flags:
    """Find values far from the level of the values just before.

    Parameters
    ----------
    values : numpy.ndarray
        Good values in order of time.
    sigma : float
        Distance in robust standard deviations.

    Returns
    -------
    numpy.ndarray
        Flags. The level is the median of the seven values before; its usual distance is taken
        from the first 2**k values, for the largest such number that is past.
    """
    outliers = np.zeros(len(values), dtype=bool)
    if len(values) <= 4 * SPIKE_SPAN:
        return outliers
    spans = np.lib.stride_tricks.sliding_window_view(values[:-1], SPIKE_SPAN)
    level = np.partition(spans, SPIKE_SPAN // 2, axis=1)[:, SPIKE_SPAN // 2]
    distance = np.abs(values[SPIKE_SPAN:] - level)
    start = 4 * SPIKE_SPAN
    while start < len(distance):
        scale = _MAD * float(np.median(distance[:start]))
        stop = min(2 * start, len(distance))
        if scale > 0:
            outliers[SPIKE_SPAN + start : SPIKE_SPAN + stop] = distance[start:stop] > sigma * scale
        start = stop if stop == len(distance) else 2 * start
    return outliers


def is_running(readings: pd.DataFrame, equipment: Equipment) -> Flags:
    """Say which rows were read while the equipment ran.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of the table ``readings``.
    equipment : Equipment
        Their equipment class.

    Returns
    -------
    numpy.ndarray
        Flags; all true where the class does not say when it runs.
    """
    if equipment.running is None:
        return np.ones(len(readings), dtype=bool)
    running: Flags = (readings[equipment.running.sensor] > equipment.running.above).to_numpy()
    return running


def flag_again(readings: pd.DataFrame, equipment: Equipment, cleaning: Cleaning) -> pd.DataFrame:
    """Forget earlier judgements of the values and flag them anew.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of the table ``readings`` of one asset, sorted by time; sensors may be missing.
    equipment : Equipment
        Its equipment class.
    cleaning : Cleaning
        When a value is flagged.

    Returns
    -------
    pandas.DataFrame
        A copy: what was missing or invalid stays so, everything else is flagged as
        :func:`flag_readings` does. So a release always sees what it was learnt with, whatever the
        settings at the door are by now.
    """
    fresh = readings.copy()
    for name in equipment.sensors:
        flags = name + QUALITY_SUFFIX
        if name not in fresh:
            fresh[name], fresh[flags] = np.nan, np.uint8(QUALITY["missing"])
        fresh[flags] = fresh[flags].where(fresh[flags] <= QUALITY["invalid"], QUALITY["good"])
        fresh[flags] = fresh[flags].astype("uint8")
    return flag_readings(fresh, equipment, cleaning)


def flag_readings(readings: pd.DataFrame, equipment: Equipment, cleaning: Cleaning) -> pd.DataFrame:
    """Flag values outside the physical range, stuck values and lone spikes.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of the table ``readings`` of one asset, sorted by time.
    equipment : Equipment
        Its equipment class.
    cleaning : Cleaning
        When a value is flagged.

    Returns
    -------
    pandas.DataFrame
        A copy with flags set where the value was good; values are never changed.

    Notes
    -----
    A flag depends on earlier rows and its own only, so what is known later changes no descriptor.
    A spike is an outlier in one sensor alone, right after a value that was none: when the load
    steps, several sensors jump together, and after a lasting step only its first value is lost.
    While the equipment is not running, constant values are not stuck.
    """
    flagged = readings.copy()
    running = is_running(readings, equipment)
    names = list(equipment.sensors)
    flags = {name: readings[name + QUALITY_SUFFIX].to_numpy(copy=True) for name in names}
    outliers = np.zeros((len(readings), len(names)), dtype=bool)
    for number, name in enumerate(names):
        values, quality = readings[name].to_numpy(dtype="float64"), flags[name]
        limits = equipment.sensors[name].valid
        if limits is not None:
            outside = (values < limits[0]) | (values > limits[1])
            quality[outside & (quality == QUALITY["good"])] = QUALITY["out_of_range"]
        good = np.flatnonzero((quality == QUALITY["good"]) & running)
        quality[good[find_stuck(values[good], cleaning.stuck_for)]] = QUALITY["stuck"]
        good = np.flatnonzero(quality == QUALITY["good"])
        outliers[good, number] = find_outliers(values[good], cleaning.spike_sigma)
    alone = outliers.sum(axis=1) == 1
    for number, name in enumerate(names):
        first = outliers[:, number].copy()
        first[1:] &= ~outliers[:-1, number]
        flags[name][first & alone] = QUALITY["spike"]
        flagged[name + QUALITY_SUFFIX] = flags[name]
    return flagged
