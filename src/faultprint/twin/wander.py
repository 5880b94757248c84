"""How healthy levels wander: what a sensor may read later without anything having happened.

A limit learnt on a short healthy stretch breaks as soon as a temperature goes on warming up. Here
the expected reading is the level of the unit's own reference, and what is usual about it grows with
the time since then, for each sensor as fast as that sensor was seen to wander in the references of
its class. A sensor that wanders is believed less the longer it runs; one that holds still is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.errors import LearnError

Floats = NDArray[np.float64]
LAGS = (0.075, 0.15, 0.225, 0.3, 0.4, 0.5, 0.625, 0.75)
"""Distances at which wandering is measured, as shares of the reference."""
SHRUNK = 0.3
"""Share of the identity in the correlation of sensors."""
_FLOOR = 1e-6
"""Least standard deviation, as a share of the level: a sensor that never moved."""


@dataclass(frozen=True)
class Wander:
    """How the trailing means of the sensors of a class vary and wander."""

    variance: Floats
    """Of the trailing mean about the level of its reference; one a sensor."""
    growth: Floats
    """Variance that each row after the reference adds; 0 for a sensor that holds still."""
    gain: Floats
    """Weight of the newest row in the level of a reference, in [1 / rows, 1)."""
    correlation: Floats
    """Of the sensors' trailing means within a reference, shrunk towards none."""
    window: int
    """Rows a trailing mean is over."""


@dataclass(frozen=True)
class Level:
    """Where a unit stood at the end of its reference."""

    centre: Floats
    """Expected reading; one a sensor."""
    variance: Floats
    """Of its trailing mean: its own or that of the class, whichever is larger."""
    rows: int
    """Rows up to the last one that counted: wandering is reckoned from there."""


def trailing_mean(values: Floats, window: int) -> Floats:
    """Average each row with those before it.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Rows by sensors; NaN where nothing is known.
    window : int
        Rows; the first rows take what there is.

    Returns
    -------
    NDArray[numpy.float64]
        Of the same shape; NaN where the window holds no reading.

    Notes
    -----
    By cumulative sums about the first known reading of each sensor, so that a large level does not
    eat the digits.
    """
    known = np.isfinite(values)
    begun = np.take_along_axis(values, known.argmax(axis=0)[None], axis=0)[0]
    first = np.where(known.any(axis=0), begun, 0.0)
    none = np.zeros((1, values.shape[1]))
    sums = np.vstack([none, np.cumsum(np.where(known, values - first, 0.0), axis=0)])
    counts = np.vstack([none, np.cumsum(known, axis=0)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - window, 0)
    number = counts[ends] - counts[begins]
    total = sums[ends] - sums[begins]
    return np.where(number > 0, total / np.maximum(number, 1.0) + first, np.nan)


def learn_wander(references: Sequence[Floats], window: int, *, growing: bool = True) -> Wander:
    """Learn how the sensors of a class wander, from healthy stretches of its units.

    Parameters
    ----------
    references : Sequence[NDArray[numpy.float64]]
        Rows by sensors of each unit, in order of time; one unit is enough. No label is needed.
    window : int
        Rows a trailing mean is over.
    growing : bool, default True
        Whether wandering is learnt; else ``growth`` is 0.

    Returns
    -------
    Wander
        Of the class.

    Raises
    ------
    LearnError
        If there is no reference, or one is shorter than four windows.

    Notes
    -----
    With m the trailing means, the structure function D(h) = mean of (m[t + h] - m[t])^2 is taken at
    the ``LAGS`` of each reference; the median unit stands for the class, so that a few references
    that hold a fault do not set it; for a random walk that is about a third too low, which the
    limits chosen on planted faults make up for. A random walk of variance q a row adds q h to
    D: ``growth`` is the mean of (D(h) - D(h0)) / (h - h0), not below 0, with h0 the first lag.
    ``gain`` is that of the steady Kalman filter of the local-level model,
    (sqrt(p^2 + 4 p) - p) / 2 with p = q / r and r half the mean squared difference of neighbouring
    rows (Harvey 1989, doi:10.1017/CBO9781107049994, section 4.1): without wandering, a level is
    the plain mean.
    """
    if not references or min(map(len, references)) < 4 * window:
        shortest = min(map(len, references), default=0)
        raise LearnError.because(
            f"{len(references)} references, the shortest of {shortest} rows",
            f"at least one, of {4 * window} rows or more",
            "give a longer healthy stretch, or a shorter window",
        )
    smooth = [trailing_mean(one, window)[window - 1 :] for one in references]
    variance = _median([_var(one) for one in smooth])
    growth = _median([_growth(one) for one in smooth]) if growing else np.zeros_like(variance)
    noise = _median([_mean(np.diff(one, axis=0) ** 2) / 2 for one in references])
    ratio = growth / np.maximum(noise, 1e-300)
    gain = (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2
    shortest = min(map(len, references))
    level = np.abs(_median([_mean(one) for one in references]))
    return Wander(
        variance=np.maximum(variance, (_FLOOR * level) ** 2 + 1e-300),
        growth=growth,
        gain=np.clip(gain, 1.0 / shortest, 2.0 / (window + 1.0)),
        correlation=_correlation(smooth),
        window=window,
    )


def find_level(wander: Wander, reference: Floats, kept: NDArray[np.bool_] | None = None) -> Level:
    """Find where a unit stands at the end of its reference.

    Parameters
    ----------
    wander : Wander
        Of its class.
    reference : NDArray[numpy.float64]
        Rows by sensors, in order of time.
    kept : NDArray[numpy.bool_] | None, default None
        Rows that count; all if not given.

    Returns
    -------
    Level
        A mean with weights (1 - gain)^age: late rows count more where the sensor wanders.
    """
    rows = np.ones(len(reference), bool) if kept is None else kept
    known = np.isfinite(reference) & rows[:, None]
    age = np.arange(len(reference))[::-1, None]
    weight = np.where(known, (1.0 - wander.gain) ** age, 0.0)
    total = np.maximum(weight.sum(axis=0), 1e-300)
    centre = np.where(known, weight * np.nan_to_num(reference), 0.0).sum(axis=0) / total
    smooth = trailing_mean(np.where(known, reference, np.nan), wander.window)[wander.window - 1 :]
    held = rows[wander.window - 1 :]
    own = _var(smooth[held])
    centre = np.where(known.any(axis=0), centre, np.nan)
    last = int(np.flatnonzero(rows)[-1]) + 1 if rows.any() else 0
    return Level(centre, np.maximum(own, wander.variance), last)


def deviances(wander: Wander, level: Level, values: Floats) -> Floats:
    """Scale the distance of each trailing mean from its level by what is usual by then.

    Parameters
    ----------
    wander : Wander
        Of the class.
    level : Level
        Of the unit.
    values : NDArray[numpy.float64]
        Rows by sensors from the beginning of the unit's reference on.

    Returns
    -------
    NDArray[numpy.float64]
        (m - centre) / sqrt(variance + growth * rows since the reference). A sensor without a
        reading in the window, or without a level, does not accuse: 0.
    """
    since = np.maximum(np.arange(len(values)) - level.rows + 1, 0)[:, None]
    usual = np.sqrt(level.variance + wander.growth * since)
    return np.nan_to_num((trailing_mean(values, wander.window) - level.centre) / usual)


def _growth(smooth: Floats) -> Floats:
    rows = len(smooth)
    lags = np.unique(np.maximum((np.array(LAGS) * rows).astype(int), 1))
    moved = np.array([_mean((smooth[h:] - smooth[:-h]) ** 2) for h in lags])
    slopes = (moved[1:] - moved[0]) / (lags[1:] - lags[0])[:, None]
    return np.asarray(np.maximum(slopes, 0.0).mean(axis=0))


def _correlation(smooth: Sequence[Floats]) -> Floats:
    found = []
    for one in smooth:
        centred = np.nan_to_num(one - _mean(one))
        scale = np.sqrt((centred**2).mean(axis=0))
        unit = centred / np.where(scale > 0, scale, 1.0)
        found.append(unit.T @ unit / len(unit))
    mean = np.mean(found, axis=0)
    shrunk = (1.0 - SHRUNK) * mean
    np.fill_diagonal(shrunk, 1.0)
    return np.asarray(shrunk, dtype=np.float64)


def _var(values: Floats) -> Floats:
    return _mean((values - _mean(values)) ** 2)


def _mean(values: Floats) -> Floats:
    """Average the known readings of each sensor; 0 where there is none."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _median(found: Sequence[Floats]) -> Floats:
    return np.asarray(np.median(np.array(found), axis=0))
