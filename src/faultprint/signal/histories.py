"""What the history of a sensor and of an asset looks like, for the ingest report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Cleaning, Equipment
from faultprint.signal.clean import Flags, Floats, is_running
from faultprint.tables import QUALITY, QUALITY_SUFFIX

_BLOCKS = 64
_SMALLEST = 4  # values in a block, and blocks on each side of a jump


@dataclass(frozen=True)
class SensorHistory:
    """What the readings of one sensor of one asset look like."""

    sensor: str
    rows: int
    missing: int
    invalid: int
    out_of_range: int
    stuck: int
    spike: int
    minimum: float | None
    """Of the good values [sensor's unit], as the next two."""
    median: float | None
    maximum: float | None
    first: pd.Timestamp | None
    """First good value, as ``last`` is the last: a new or a vanished sensor shows here."""
    last: pd.Timestamp | None
    silent_share: float
    """Longest stretch without a good value, as a share of the asset's history."""
    monotonic: bool
    """Never falls, or never rises, though it changes: a counter, or a value that only drifts."""
    unit_ratio: float | None
    """Factor by which the level jumped for good, if large enough to suspect another unit."""
    unit_changed: pd.Timestamp | None
    """About when it jumped."""


@dataclass(frozen=True)
class TimeHistory:
    """What the instants of one asset's readings look like."""

    rows: int
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    period: float | None
    """Median time between readings [s]."""
    gaps: int
    """Silences longer than two and a half times the usual period of the class."""
    longest_gap: float | None
    """[s]"""
    too_short: bool


def find_unit_change(values: Floats, ratio: float) -> tuple[float, int] | None:
    """Look for a lasting jump of the level, as when bar becomes kPa.

    Parameters
    ----------
    values : numpy.ndarray
        Values in order of time, without NaN.
    ratio : float
        Smallest factor, up or down, that is suspect.

    Returns
    -------
    tuple[float, int] | None
        The factor and about the index of the first value after the jump; ``None``: no such jump.

    Notes
    -----
    Medians of 64 blocks of at least four values are compared; every block after must lie beyond
    every block before, and there must be four of each.
    """
    size = len(values) // _BLOCKS
    if size < _SMALLEST:
        return None
    level = np.median(np.abs(values[: size * _BLOCKS]).reshape(_BLOCKS, size), axis=1)
    highest, lowest = np.maximum.accumulate(level), np.minimum.accumulate(level)
    to_come_low = np.minimum.accumulate(level[::-1])[::-1]
    to_come_high = np.maximum.accumulate(level[::-1])[::-1]
    apart = (highest[:-1] < to_come_low[1:]) | (to_come_high[1:] < lowest[:-1])
    best: tuple[float, int] | None = None
    for cut in np.flatnonzero(apart) + 1:
        if not _SMALLEST <= cut <= _BLOCKS - _SMALLEST:
            continue
        old, new = float(np.median(level[:cut])), float(np.median(level[cut:]))
        if old <= 0 or new <= 0 or max(old / new, new / old) < ratio:
            continue
        if best is None or abs(np.log(new / old)) > abs(np.log(best[0])):
            best = (new / old, int(cut) * size)
    return best


def _silent_share(times: pd.Series, good: Flags) -> float:
    if not good.any():
        return 1.0
    stamps = times.astype("int64").to_numpy()
    span = int(stamps[-1] - stamps[0])
    heard = np.concatenate([stamps[:1], stamps[good], stamps[-1:]])
    return float(np.diff(heard).max() / span) if span else 0.0


def describe_sensor(
    readings: pd.DataFrame, sensor: str, equipment: Equipment, cleaning: Cleaning
) -> SensorHistory:
    """Sum up the flagged readings of one sensor of one asset.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of the table ``readings`` of one asset, sorted and flagged.
    sensor : str
        The sensor.
    equipment : Equipment
        Its equipment class.
    cleaning : Cleaning
        From which jump on a unit is suspect.

    Returns
    -------
    SensorHistory
        Counts, levels and suspicions.
    """
    values = readings[sensor].to_numpy(dtype="float64")
    quality = readings[sensor + QUALITY_SUFFIX].to_numpy()
    good = quality == QUALITY["good"]
    kept = values[good]
    steps = np.diff(kept)
    # A changed unit is out of range more often than not, so those values take part here.
    plain = np.flatnonzero(~np.isnan(values) & is_running(readings, equipment))
    jump = find_unit_change(values[plain], cleaning.unit_ratio)
    times = readings["time"].array
    seen = np.flatnonzero(good)
    return SensorHistory(
        sensor=sensor,
        rows=len(values),
        **{
            name: int((quality == QUALITY[name]).sum())
            for name in ("missing", "invalid", "out_of_range", "stuck", "spike")
        },
        minimum=float(kept.min()) if len(kept) else None,
        median=float(np.median(kept)) if len(kept) else None,
        maximum=float(kept.max()) if len(kept) else None,
        first=times[seen[0]] if len(seen) else None,
        last=times[seen[-1]] if len(seen) else None,
        silent_share=_silent_share(readings["time"], good),
        monotonic=bool(
            len(steps) > 1 and steps.any() and ((steps >= 0).all() or (steps <= 0).all())
        ),
        unit_ratio=jump[0] if jump else None,
        unit_changed=times[plain[jump[1]]] if jump else None,
    )


def describe_times(readings: pd.DataFrame, equipment: Equipment, cleaning: Cleaning) -> TimeHistory:
    """Sum up the instants of one asset's readings.

    Parameters
    ----------
    readings : pandas.DataFrame
        Rows of the table ``readings`` of one asset, sorted by time.
    equipment : Equipment
        Its equipment class.
    cleaning : Cleaning
        From how few rows on it is too short.

    Returns
    -------
    TimeHistory
        Extent, period and gaps.
    """
    times = readings["time"].array
    seconds = np.diff(readings["time"].astype("int64").to_numpy()) / 1e9
    return TimeHistory(
        rows=len(readings),
        start=times[0] if len(times) else None,
        end=times[-1] if len(times) else None,
        period=float(np.median(seconds)) if len(seconds) else None,
        gaps=int((seconds > 2.5 * equipment.period.total_seconds()).sum()),
        longest_gap=float(seconds.max()) if len(seconds) else None,
        too_short=len(readings) < cleaning.min_rows,
    )
