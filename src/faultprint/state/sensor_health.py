"""Whether a sensor can be believed: checks of one asset's readings, each with hysteresis.

A check must fail over the *penalty window* before the sensor is bad, and must have passed for the
*reward window* before the sensor is trusted again. Every decision uses earlier readings only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment, SensorHealth
from faultprint.signal.clean import is_running
from faultprint.signal.instants import HOUR, NEVER, instants, nanoseconds
from faultprint.state.spells import Spell
from faultprint.tables import QUALITY, QUALITY_SUFFIX, SENSOR_FAULTS

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

FEWEST = 8
"""Rows in a look-back below which nothing is decided."""

_WARM_UP = 60
"""Look-backs of history before the usual noise of a sensor counts as known."""

_VARIES = 0.8
"""Share of look-backs that must be usable before the usual noise counts as known."""

_STILL = 0.25
"""Share of equal values from which a look-back is no measure of the usual noise."""


@dataclass(frozen=True)
class _Rows:
    """Rows of one asset in which a sensor is expected to read."""

    times: Whole
    numbers: Floats
    quality: NDArray[np.uint8]

    @property
    def lost(self) -> Flags:
        gone = (self.quality == QUALITY["missing"]) | (self.quality == QUALITY["invalid"])
        return np.asarray(gone | np.isnan(self.numbers))


def judge_sensors(
    readings: pd.DataFrame, equipment: Equipment, settings: SensorHealth
) -> list[Spell]:
    """Find the times in which the sensors of one asset are not to be believed.

    Parameters
    ----------
    readings : pandas.DataFrame
        The asset's rows of ``readings``, in any order.
    equipment : Equipment
        Its equipment class.
    settings : SensorHealth
        Windows and limits.

    Returns
    -------
    list[Spell]
        By sensor and time. What is decided at an instant depends on nothing later.

    Notes
    -----
    While the equipment is not running nothing is judged, but that its running sensor is missing.
    The checks:

    - ``missing``: fewer values than ``missing_share`` of what the sensor usually gives;
    - ``out_of_range``, ``stuck``: at least half of the values carry that quality flag;
    - ``spiking``: at least ``spikes`` values carry the flag of a lone spike;
    - ``too_fast``: at least ``spikes`` steps are faster than the sensor's ``fastest``;
    - ``noise_collapse``: the median second difference is less than ``noise_low`` times the lowest
      that is usual over the first 2^k look-backs, odd ones left out; at 0 it is ``stuck``;
    - ``noise_burst``: it is more than ``noise_high`` times the highest that is usual; a burst that
      two sensors or more show together is the process, not the sensor.
    """
    if readings.empty or not settings.enabled:
        return []
    times = instants(readings["time"])
    order = np.argsort(times, kind="stable")
    ordered, times = readings.iloc[order], times[order]
    running = is_running(ordered, equipment)
    held = {n: _rows(ordered, times, n, equipment, running) for n in equipment.sensors}
    held = {name: rows for name, rows in held.items() if not rows.lost.all()}
    noise = {name: _noise(rows, settings, equipment) for name, rows in held.items()}
    crowd = _crowd(held, noise, times, settings)
    spells: list[Spell] = []
    for name, rows in held.items():
        failed = _failed(rows, equipment, name, settings)
        size = noise[name]
        failed["stuck"] |= size.to_lowest == 0
        failed["noise_collapse"] = size.to_lowest < settings.noise_low
        alone = crowd[np.searchsorted(times, rows.times)] < 2
        failed["noise_burst"] = (size.to_highest > settings.noise_high) & alone
        words = partial(_told, rows, size, settings)
        spells += _latched(name, rows.times, failed, settings, words)
    return spells


def _rows(
    readings: pd.DataFrame, times: Whole, sensor: str, equipment: Equipment, running: Flags
) -> _Rows:
    if sensor not in readings:
        return _Rows(times[:0], np.empty(0), np.empty(0, np.uint8))
    rules = equipment.running is not None and equipment.running.sensor == sensor
    values = readings[sensor].to_numpy(dtype=np.float64, na_value=np.nan)
    rows = running | np.isnan(values) if rules else running
    quality = np.zeros(times.size, dtype=np.uint8)
    if f"{sensor}{QUALITY_SUFFIX}" in readings:
        quality = readings[f"{sensor}{QUALITY_SUFFIX}"].to_numpy(dtype=np.uint8)
    return _Rows(times[rows], values[rows], quality[rows])


def _counts(first: Whole, marks: Flags) -> Whole:
    """Count the marks of the look-back from row ``first`` to each row."""
    sums = np.concatenate([[0], np.cumsum(marks)])
    return np.asarray(sums[1:] - sums[first])


def _failed(
    rows: _Rows, equipment: Equipment, sensor: str, settings: SensorHealth
) -> dict[str, Flags]:
    """Say for each row which checks of its look-back fail."""
    span = nanoseconds(settings.penalty)
    first = np.searchsorted(rows.times, rows.times - span, side="right")
    in_all = np.arange(1, rows.times.size + 1) - first
    lost = rows.lost
    given = in_all - _counts(first, lost)
    enough = in_all >= max(FEWEST, span // (2 * nanoseconds(equipment.period)))
    found = {"missing": enough & _starved(given, in_all, lost, settings)}
    for kind in ("out_of_range", "stuck"):
        flagged = _counts(first, rows.quality == QUALITY[kind])
        found[kind] = enough & (2 * flagged >= np.maximum(given, 1)) & (flagged > FEWEST // 2)
    spikes = _counts(first, rows.quality == QUALITY["spike"])
    found["spiking"] = spikes >= settings.spikes
    quick = _quick(rows, equipment.sensors[sensor].fastest)
    found["too_fast"] = _counts(first, quick) >= settings.spikes
    return found


def _quick(rows: _Rows, fastest: float | None) -> Flags:
    """Mark the values that were reached faster than is possible [unit/h]."""
    quick = np.zeros(rows.times.size, dtype=bool)
    if fastest is not None:
        known = np.flatnonzero(~rows.lost)
        hours = np.maximum(np.diff(rows.times[known]) / HOUR, 1e-9)
        quick[known[1:]] = np.abs(np.diff(rows.numbers[known])) > fastest * hours
    return quick


def _starved(given: Whole, rows: Whole, lost: Flags, settings: SensorHealth) -> Flags:
    """Compare the values of each look-back with what the sensor gave before it."""
    before = np.arange(lost.size) + 1 - rows
    sums = np.concatenate([[0], np.cumsum(~lost)])
    usual = sums[before] / np.maximum(before, 1)
    return np.asarray((before >= rows) & (given < settings.missing_share * usual * rows))


@dataclass(frozen=True)
class _Noise:
    """Noise of the look-back of each row; NaN where it, or what is usual, is not known."""

    to_lowest: Floats
    """Relative to the lowest that is usual [1]; 0: the values do not change."""
    to_highest: Floats
    """Relative to the highest that is usual [1]."""


def _noise(rows: _Rows, settings: SensorHealth, equipment: Equipment) -> _Noise:
    low, high = np.full((2, rows.times.size), np.nan)
    at = np.flatnonzero(~rows.lost & (rows.quality != QUALITY["spike"]))
    width = max(FEWEST, nanoseconds(settings.penalty) // nanoseconds(equipment.period))
    if at.size < (_WARM_UP + 1) * width:
        return _Noise(low, high)
    bends = np.abs(np.diff(rows.numbers[at], 2))
    spans = np.lib.stride_tricks.sliding_window_view(bends, width)
    ahead = np.arange(bends.size - width + 1)
    still = np.concatenate([[0], np.cumsum(bends == 0)])
    usable = still[ahead + width] - still[ahead] < _STILL * width
    local = _medians(spans)
    usual, start = np.full((2, local.size), np.nan), _WARM_UP * width
    while start < local.size:
        odd = (local < settings.noise_low * usual[0]) | (local > settings.noise_high * usual[1])
        past = local[:start][usable[:start] & ~_widened(odd[:start], 2 * width)][: -2 * width]
        if past.size >= _VARIES * start:
            usual[0, start : 2 * start], usual[1, start : 2 * start] = past.min(), past.max()
        start *= 2
    low[at[width + 1 :]], high[at[width + 1 :]] = local / usual
    return _Noise(low, high)


def _medians(spans: Floats) -> Floats:
    """Take the lower middle value of each row."""
    middle = (spans.shape[1] - 1) // 2
    return np.partition(spans, middle, axis=1)[:, middle]


def _widened(marks: Flags, reach: int) -> Flags:
    """Mark the neighbours of marks too."""
    sums = np.concatenate([[0], np.cumsum(marks)])
    here = np.arange(marks.size)
    after = np.minimum(here + reach + 1, marks.size)
    return np.asarray(sums[after] > sums[np.maximum(here - reach, 0)])


def _crowd(
    held: Mapping[str, _Rows], noise: Mapping[str, _Noise], times: Whole, settings: SensorHealth
) -> Whole:
    """Count the sensors with more than half of what is a burst within each look-back."""
    crowd = np.zeros(times.size, dtype=np.int64)
    for name, rows in held.items():
        loud = rows.times[noise[name].to_highest > settings.noise_high / 2]
        since = np.searchsorted(loud, times - nanoseconds(settings.penalty))
        crowd += np.searchsorted(loud, times, side="right") > since
    return crowd


def _latched(
    sensor: str,
    times: Whole,
    failed: Mapping[str, Flags],
    settings: SensorHealth,
    words: Callable[[str, int], str],
) -> list[Spell]:
    """Join failures into spells that last until the reward window has passed without any."""
    fails = np.any(list(failed.values()), axis=0)
    if not fails.any():
        return []
    here = np.arange(times.size)
    last = np.maximum.accumulate(np.where(fails, here, -1))
    passed = times - times[np.maximum(last, 0)] >= nanoseconds(settings.reward)
    bad = (last >= 0) & ~(passed & (here - last >= FEWEST))
    edges = np.diff(np.concatenate([[0], bad.astype(np.int8), [0]]))
    spells = []
    for start, stop in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        kind = next(k for k in SENSOR_FAULTS if k in failed and failed[k][start])
        until = int(times[stop]) if stop < times.size else NEVER
        spells.append(Spell(sensor, kind, int(times[start]), until, words(kind, int(start))))
    return spells


def _told(rows: _Rows, noise: _Noise, settings: SensorHealth, kind: str, at: int) -> str:
    """Say what speaks for a kind of defect at a row."""
    first = np.searchsorted(rows.times, rows.times[at] - nanoseconds(settings.penalty), "right")
    quality, lost = rows.quality[first : at + 1], rows.lost[first : at + 1]
    span = f"in {settings.penalty / timedelta(hours=1):g} h"
    given = int((~lost).sum())
    if kind == "missing":
        return f"{given} of {lost.size} readings {span}"
    if kind in {"out_of_range", "stuck"} and noise.to_lowest[at] != 0:
        does = {"out_of_range": "outside its physical range", "stuck": "repeat the one before"}
        return f"{int((quality == QUALITY[kind]).sum())} of {given} readings {does[kind]} {span}"
    if kind == "spiking":
        return f"{int((quality == QUALITY['spike']).sum())} lone spikes {span}"
    if kind == "noise_burst":
        return f"noise {noise.to_highest[at]:.1f} times the highest that is usual {span}"
    if kind == "noise_collapse":
        return f"noise {noise.to_lowest[at]:.2g} of the lowest that is usual {span}"
    return f"readings {'do not change' if kind == 'stuck' else 'change impossibly fast'} {span}"
