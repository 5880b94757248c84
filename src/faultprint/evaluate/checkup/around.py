"""Readings around instants: binned, scaled by what the asset usually does, laid over each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment
from faultprint.signal.clean import is_running
from faultprint.signal.instants import HOUR, instants, nanoseconds
from faultprint.tables import QUALITY, QUALITY_SUFFIX

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

MOST_BINS = 200
"""Bins on each side of an instant at most; a longer span has wider bins."""

_MAD = 1.4826  # makes the median absolute deviation a standard deviation, for normal noise


@dataclass(frozen=True, eq=False)
class Around:
    """Readings around instants of several assets; bin ``before`` begins with the instant."""

    sensors: tuple[str, ...]
    bin: int
    """Width of a bin [ns]."""
    before: int
    """Bins before the instant; as many come after."""
    asset: NDArray[np.object_]
    """Asset of each instant."""
    time: Whole
    """The instants [ns]."""
    scaled: Floats
    """Instant by bin by sensor: mean of the bin, in robust standard deviations of the bins of the
    asset; NaN where it did not run or gave no good value."""
    present: Floats
    """Instant by bin by sensor: share of readings with a good value; NaN where none was taken."""
    running: Floats
    """Instant by bin: share of readings while running; NaN where none was taken."""

    @property
    def n(self) -> int:
        """Number of instants."""
        return len(self.time)

    def hours(self, bins: float) -> float:
        """Turn a number of bins into hours.

        Parameters
        ----------
        bins : float
            Bins.

        Returns
        -------
        float
            Their length [h].
        """
        return bins * self.bin / HOUR


@dataclass(frozen=True)
class Grid:
    """How wide bins are, and how many."""

    bin: int
    """[ns]"""
    reach: int
    """Bins on each side."""


def grid_of(span: pd.Timedelta, equipment: Equipment) -> Grid:
    """Choose bins of an hour, or wider where readings are rarer or the span is long.

    Parameters
    ----------
    span : pandas.Timedelta
        What to cover on each side.
    equipment : Equipment
        Its period is the least width of a bin.

    Returns
    -------
    Grid
        At most :data:`MOST_BINS` bins on each side, and at least 24 where the period allows.
    """
    period = nanoseconds(equipment.period)
    width = max(period, min(HOUR, max(span.value // 24, 1)), -(-span.value // MOST_BINS))
    return Grid(int(width), int(max(-(-span.value // width), 1)))


@dataclass(frozen=True, eq=False)
class Bins:
    """One asset's history, bin by bin; only bins with readings."""

    number: Whole
    """Number of the bin since 1970, ascending."""
    mean: Floats
    """Bin by sensor: mean of good values while running, NaN if none."""
    present: Floats
    """Bin by sensor: share of readings with a good value."""
    running: Floats
    """Share of readings while running."""


def binned(readings: pd.DataFrame, equipment: Equipment, grid: Grid) -> Bins:
    """Take the mean of each sensor in each bin of one asset's history.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of ``readings`` of one asset, sorted.
    equipment : Equipment
        Its class.
    grid : Grid
        The bins.

    Returns
    -------
    Bins
        The history.
    """
    runs = is_running(readings, equipment)
    number = instants(readings["time"]) // grid.bin
    names = list(equipment.sensors)
    quality = readings[[name + QUALITY_SUFFIX for name in names]].to_numpy()
    good = quality == QUALITY["good"]
    values = np.where(good & runs[:, None], readings[names].to_numpy(np.float64), np.nan)
    whole = np.column_stack([values, good, runs]).astype(np.float64)
    means = pd.DataFrame(whole).groupby(number).mean()
    table, n = means.to_numpy(np.float64), len(names)
    numbers = means.index.to_numpy(np.int64)
    return Bins(numbers, table[:, :n], table[:, n : 2 * n], table[:, -1])


def look_around(asset: str, bins: Bins, times: Whole, equipment: Equipment, grid: Grid) -> Around:
    """Lay what one asset read around instants over each other.

    Parameters
    ----------
    asset : str
        The asset.
    bins : Bins
        As from :func:`binned`.
    times : numpy.ndarray
        The instants [ns].
    equipment : Equipment
        Its class.
    grid : Grid
        The bins.

    Returns
    -------
    Around
        What it read; scaled by median and median absolute deviation of all bins of the asset, so
        that a fault that lasts less than half of the history stands out. A sensor whose bins do not
        vary is not scaled: NaN.
    """
    names = tuple(equipment.sensors)
    middle, scale = _centre(bins.mean)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(scale > 0, (bins.mean - middle) / scale, np.nan)
    place = (times // grid.bin)[:, None] + np.arange(-grid.reach, grid.reach)[None, :]
    at = np.minimum(np.searchsorted(bins.number, place), max(len(bins.number) - 1, 0))
    gone = bins.number[at] != place if len(bins.number) else np.ones(place.shape, bool)

    def taken(values: Floats) -> Floats:
        if not len(values):
            return np.full((*place.shape, *values.shape[1:]), np.nan)
        picked: Floats = values[at]
        picked[gone] = np.nan
        return picked

    return Around(
        names,
        grid.bin,
        grid.reach,
        np.full(len(times), asset, dtype=object),
        times,
        taken(scaled),
        taken(bins.present),
        taken(bins.running),
    )


def _centre(values: Floats) -> tuple[Floats, Floats]:
    """Median and robust scale of each column; zero scale where nothing varies."""
    middle, scale = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for column in range(values.shape[1]):
        known = values[~np.isnan(values[:, column]), column]
        if len(known):
            middle[column] = np.median(known)
            scale[column] = _MAD * np.median(np.abs(known - middle[column]))
    return middle, scale


def calm_instants(bins: Bins, busy: Whole, grid: Grid, most: int = 60) -> Whole:
    """Choose instants that nothing in the log is near, spread evenly over a history.

    Parameters
    ----------
    bins : Bins
        As from :func:`binned`.
    busy : numpy.ndarray
        Instants of failures and maintenance [ns].
    grid : Grid
        The bins.
    most : int, default 60
        So many at most.

    Returns
    -------
    numpy.ndarray
        Instants [ns] at least the reach of the grid away from every busy one, and that far apart.
    """
    numbers = bins.number
    if not len(numbers):
        return np.empty(0, dtype=np.int64)
    step = max(grid.reach, (numbers[-1] - numbers[0]) // max(most, 1), 1)
    chosen = np.arange(numbers[0] + grid.reach, numbers[-1] - grid.reach, step)
    if len(busy):
        ordered = np.sort(busy // grid.bin)
        right = np.searchsorted(ordered, chosen)
        after = np.append(ordered, np.iinfo(np.int64).max // 2)[right] - chosen
        before = chosen - np.insert(ordered, 0, np.iinfo(np.int64).min // 2)[right]
        chosen = chosen[np.minimum(after, before) > grid.reach]
    return np.asarray(chosen, dtype=np.int64) * grid.bin


def joined(parts: list[Around], sensors: tuple[str, ...], grid: Grid) -> Around:
    """Lay what several assets read over each other.

    Parameters
    ----------
    parts : list[Around]
        One an asset.
    sensors : tuple[str, ...]
        Sensors of the class.
    grid : Grid
        The bins of all of them.

    Returns
    -------
    Around
        All instants, in the order of the assets.
    """
    wide = 2 * grid.reach
    return Around(
        sensors,
        grid.bin,
        grid.reach,
        np.concatenate([np.empty(0, dtype=object), *(p.asset for p in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(p.time for p in parts)]),
        np.concatenate([np.empty((0, wide, len(sensors))), *(p.scaled for p in parts)]),
        np.concatenate([np.empty((0, wide, len(sensors))), *(p.present for p in parts)]),
        np.concatenate([np.empty((0, wide)), *(p.running for p in parts)]),
    )
