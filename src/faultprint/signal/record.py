"""One asset's readings as arrays: instants, good values, and when it ran."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Equipment, Windows
from faultprint.errors import ConfigError, TableError
from faultprint.signal.bearings import TURNS_PER_HZ, Mounting, mounting_from
from faultprint.signal.instants import Flags, Real, Whole, instants, nanoseconds, stamps
from faultprint.tables import QUALITY, QUALITY_SUFFIX


@dataclass(frozen=True)
class Record:
    """One asset's readings in order of time."""

    times: Whole
    """Instants [ns], ascending."""
    signals: dict[str, Real]
    """Values by sensor; NaN where missing or not good."""
    segments: Whole
    """Cycle or recording of each reading; -1: none."""
    running: Flags
    """Whether the equipment ran."""
    known: Flags
    """Whether it is known if the equipment ran."""
    mounting: Mounting | None = None
    """Its bearing, gears and speed, where its attributes name some."""
    turns_per_hz: float = 1.0
    """Unit of the sensor that measures its speed: how many are one turn a second."""

    def good(self, sensor: str) -> Flags:
        """Tell which readings of a sensor count.

        Parameters
        ----------
        sensor : str
            Its name.

        Returns
        -------
        numpy.ndarray
            True where the value is good and the equipment ran.
        """
        return self.running & ~np.isnan(self.signals[sensor])


def record_of(readings: pd.DataFrame, equipment: Equipment, windows: Windows) -> Record:
    """Put one asset's readings in order of time.

    Parameters
    ----------
    readings : pandas.DataFrame
        Its rows of table ``readings``, in any order.
    equipment : Equipment
        Its sensors; one without a column has no values. Its attributes may name a bearing.
    windows : Windows
        How long a state of running holds (``max_gap``).

    Returns
    -------
    Record
        The readings.

    Raises
    ------
    TableError
        If a time is given twice.
    ConfigError
        If the attributes name a bearing or gears incompletely, or a sensor of the speed that is
        none.
    """
    times = instants(readings["time"])
    order = np.argsort(times, kind="stable")
    times = times[order]
    if (times[1:] == times[:-1]).any():
        twice = stamps(times[1:][times[1:] == times[:-1]])
        raise TableError.because(
            f"{twice.size} times given twice, the first {twice[0]}",
            "one reading per asset and time",
            "read the data through the ingest, which rejects repeated times",
        )
    values = {name: _good_values(readings, name)[order] for name in equipment.sensors}
    segments = np.full(times.size, -1, dtype=np.int64)
    if "segment" in readings:
        segments = readings["segment"].to_numpy(dtype=np.int64)[order]
    known = running = np.ones(times.size, dtype=bool)
    if equipment.running:
        state = _held(values[equipment.running.sensor], times, nanoseconds(windows.max_gap))
        known = ~np.isnan(state)
        running = known & (np.nan_to_num(state) > equipment.running.above)
    mounting = mounting_from(equipment.attributes)
    turns = _turns_per_hz(mounting, equipment)
    return Record(times, values, segments, running, known, mounting, turns)


def _turns_per_hz(mounting: Mounting | None, equipment: Equipment) -> float:
    if mounting is None or not mounting.speed_sensor:
        return 1.0
    name = mounting.speed_sensor
    if name not in equipment.sensors:
        raise ConfigError.unknown("speed_sensor", name, list(equipment.sensors))
    unit = equipment.sensors[name].unit
    if unit not in TURNS_PER_HZ:
        raise ConfigError.unknown(
            f"unit of a speed, of the sensor {name!r}:", unit, [*TURNS_PER_HZ]
        )
    return TURNS_PER_HZ[unit]


def _good_values(readings: pd.DataFrame, sensor: str) -> Real:
    if sensor not in readings:
        return np.full(len(readings), np.nan)
    single = readings[sensor].dtype == np.float32  # computed in float64 later, stored as it is
    kind = np.float32 if single else np.float64
    values = readings[sensor].to_numpy(dtype=kind, na_value=np.nan)
    good = np.isfinite(values)
    if f"{sensor}{QUALITY_SUFFIX}" in readings:
        good &= readings[f"{sensor}{QUALITY_SUFFIX}"].to_numpy() == QUALITY["good"]
    return np.where(good, values, np.nan)


def _held(values: Real, times: Whole, longest: int) -> Real:
    """Carry each value forward until the next, for ``longest`` [ns] at most."""
    at = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(values.size)))
    fresh = (at >= 0) & (times - times[at] <= longest)
    return np.where(fresh, values[at], np.nan)
