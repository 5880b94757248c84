"""Sensor and logger defects: stuck, drift, drop-outs, spikes, noise, clock jumps, repeated rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from faultprint.simulate.history import TRUTH_COLUMNS, Floats


@dataclass(frozen=True)
class _Bench:
    """What a defect works on: arrays that belong to this call alone."""

    rng: np.random.Generator
    table: Floats
    """Readings, rows by sensors; changed in place."""
    scale: Floats
    """Usual size of each sensor's readings [its unit]."""
    step: float
    """[h]"""

    def noise(self, sensor: int) -> float:
        """Return the usual size of what a sensor does from one reading to the next."""
        steps = np.abs(np.diff(self.table[:, sensor], 2))
        return float(np.nanmedian(steps[steps > 0])) if (steps > 0).any() else 1e-9

    def span(self, low: float, high: float) -> tuple[int, int, int]:
        """Draw a sensor and the rows of a spell of ``low`` to ``high`` hours."""
        count, sensors = self.table.shape
        begin = int(self.rng.integers(count))
        length = max(2, int(self.rng.uniform(low, high) / self.step))
        return int(self.rng.integers(sensors)), begin, min(begin + length, count)


def _stick(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(18.0, 72.0)
    bench.table[begin:end, sensor] = bench.table[begin, sensor]
    return sensor, begin, end


def _drift(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(15 * 24.0, 25 * 24.0)
    size = bench.rng.choice([-1.0, 1.0]) * bench.rng.uniform(0.03, 0.06) * bench.scale[sensor]
    bench.table[begin:end, sensor] += np.linspace(0.0, size, end - begin)
    return sensor, begin, end


def _drop(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(2.0, 20.0)
    bench.table[begin:end, sensor] = np.nan
    return sensor, begin, end


def _silence(bench: _Bench) -> tuple[int, int, int]:
    _, begin, end = bench.span(1.0, 16.0)
    bench.table[begin:end, :] = np.nan
    return -1, begin, end


def _spike(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, _ = bench.span(0.0, 0.0)
    jump = bench.rng.choice([-1.0, 1.0]) * bench.rng.uniform(3.0, 10.0) * bench.scale[sensor]
    bench.table[begin, sensor] += jump
    return sensor, begin, begin + 1


KINDS: dict[str, tuple[float, Callable[[_Bench], tuple[int, int, int]]]] = {
    "stuck": (1.0, _stick),
    "drift": (0.15, _drift),
    "dropout": (6.0, _drop),
    "silence": (2.0, _silence),
    "spike": (15.0, _spike),
}
"""Defect -> times per asset and year, and what it does to the readings."""


def _flood(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(12.0, 60.0)
    lost = bench.rng.random(end - begin) < bench.rng.uniform(0.7, 0.98)
    bench.table[begin:end, sensor] = np.where(lost, np.nan, bench.table[begin:end, sensor])
    return sensor, begin, end


def _burst(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(12.0, 60.0)
    size = bench.rng.uniform(6.0, 15.0) * bench.noise(sensor)
    bench.table[begin:end, sensor] += size * bench.rng.standard_normal(end - begin)
    return sensor, begin, end


def _damp(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(12.0, 60.0)
    rest = 0.02 * bench.noise(sensor) * bench.rng.standard_normal(end - begin)
    spell = bench.table[begin:end, sensor]
    bench.table[begin:end, sensor] = np.where(np.isnan(spell), np.nan, spell[0] + rest)
    return sensor, begin, end


def _flicker(bench: _Bench) -> tuple[int, int, int]:
    sensor, begin, end = bench.span(12.0, 60.0)
    hit = bench.rng.random(end - begin) < bench.rng.uniform(0.2, 0.4)
    jump = bench.rng.choice([-1.0, 1.0]) * bench.rng.uniform(0.5, 3.0) * bench.scale[sensor]
    bench.table[begin:end, sensor] += np.where(hit, jump, 0.0)
    return sensor, begin, end


LASTING: dict[str, tuple[float, Callable[[_Bench], tuple[int, int, int]]]] = {
    "nan_flood": (0.6, _flood),
    "noise_burst": (0.6, _burst),
    "noise_collapse": (0.6, _damp),
    "spiking": (0.6, _flicker),
}
"""As :data:`KINDS`; each draws from a source of its own, so that a new one moves nothing else."""

CLOCK_JUMPS, REPEATS = 0.7, 3.0
"""Clock jumps of one hour, and spells of rows sent twice, per asset and year."""


def _strike(bench: _Bench, years: float) -> Iterator[tuple[str, int, int, int]]:
    own = bench.rng.spawn(len(LASTING))  # takes nothing from the stream itself
    for kind, (rate, strike) in KINDS.items():
        for _ in range(int(bench.rng.poisson(rate * years))):
            yield kind, *strike(bench)
    for (kind, (rate, strike)), rng in zip(LASTING.items(), own, strict=True):
        for _ in range(int(rng.poisson(rate * years))):
            yield kind, *strike(replace(bench, rng=rng))


def shift_clock(
    rng: np.random.Generator, time: pd.DatetimeIndex, years: float, step: float
) -> tuple[pd.DatetimeIndex, list[tuple[int, int]]]:
    """Let the logger's clock be an hour wrong now and then.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    time : pandas.DatetimeIndex
        True instants.
    years : float
        Length of the history [a].
    step : float
        Length of a step [h].

    Returns
    -------
    tuple[pandas.DatetimeIndex, list[tuple[int, int]]]
        Instants as logged, and the rows (first, after the last) of each spell.
    """
    hours = np.zeros(len(time))
    spells = []
    for _ in range(int(rng.poisson(CLOCK_JUMPS * years))):
        begin = int(rng.integers(len(time)))
        end = min(begin + max(2, int(rng.uniform(3.0, 12.0) / step)), len(time))
        hours[begin:end] = rng.choice([-1.0, 1.0])
        spells.append((begin, end))
    return pd.DatetimeIndex(time + pd.to_timedelta(hours, unit="h"), name="time"), spells


def _repeat(rng: np.random.Generator, count: int, years: float) -> np.ndarray:
    """Return row numbers in the order they were sent: some spells are sent twice."""
    order = [np.arange(count)]
    for _ in range(int(rng.poisson(REPEATS * years))):
        begin = int(rng.integers(count))
        order.append(np.arange(begin, min(begin + int(rng.integers(1, 6)), count)))
    joined = np.concatenate(order)
    place = np.concatenate([order[0].astype(np.float64)] + [o + 0.5 + len(o) for o in order[1:]])
    return joined[np.argsort(place, kind="stable")]


def add_defects(
    rng: np.random.Generator, readings: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Spoil readings as real sensors, loggers and networks do.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    readings : pandas.DataFrame
        Sound readings, one column per sensor, indexed by ``time``; left as they are.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        The spoilt readings, no longer sorted or unique in time, without the rows in which every
        sensor was silent; and the truth about it, columns ``TRUTH_COLUMNS`` with the sensor as
        ``item`` (``all`` for the logger).
    """
    time = pd.DatetimeIndex(readings.index)
    step = float((time[1] - time[0]) / pd.Timedelta(hours=1))
    years = len(time) * step / 8766.0
    values = readings.to_numpy(dtype=np.float64, copy=True)
    bench = _Bench(rng, values, np.nanmean(np.abs(values), axis=0), step)
    struck = list(_strike(bench, years))
    logged, jumps = shift_clock(rng, time, years, step)
    struck += [("clock", -1, begin, end) for begin, end in jumps]
    rows = _repeat(rng, len(time), years)
    rows = rows[~np.isnan(values[rows]).all(axis=1)]
    spoilt = pd.DataFrame(values[rows], index=logged[rows], columns=readings.columns)
    names = [*readings.columns, "all"]
    truth = [
        ("defect", kind, names[sensor], time[begin], time[end - 1], "repaired", np.nan)
        for kind, sensor, begin, end in struck
    ]
    return spoilt, pd.DataFrame(truth, columns=list(TRUTH_COLUMNS))
