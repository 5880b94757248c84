"""Circumstances: the clock, weather with season, and the demand of the process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from faultprint.simulate.history import Conditions, Flags, Floats

DAY = 24.0
"""Hours in a day."""


def make_clock(start: str, days: int, step: float) -> pd.DatetimeIndex:
    """Make the instants of a history.

    Parameters
    ----------
    start : str
        First instant, ISO 8601 with zone.
    days : int
        Length [d].
    step : float
        Time between two instants [h].

    Returns
    -------
    pandas.DatetimeIndex
        Instants in UTC, nanoseconds, named ``time``.
    """
    first = pd.Timestamp(start).tz_convert("UTC")
    count = int(days * DAY / step)
    return pd.date_range(
        first, periods=count, freq=pd.Timedelta(hours=step), name="time", unit="ns"
    )


def wander(rng: np.random.Generator, count: int, step: float, memory: float) -> Floats:
    """Draw a stationary Ornstein-Uhlenbeck process of unit variance.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    count : int
        Number of steps.
    step : float
        Length of a step [h].
    memory : float
        Time over which it forgets [h].

    Returns
    -------
    numpy.ndarray
        Values [1].

    Notes
    -----
    Exact discretisation ``x[i+1] = a x[i] + sqrt(1 - a^2) e``, ``a = exp(-step / memory)``
    (Gillespie 1996, doi:10.1103/PhysRevE.54.2084).
    """
    decay = np.exp(-step / memory)
    noise = rng.standard_normal(count) * np.sqrt(1 - decay**2)
    noise[:1] /= np.sqrt(1 - decay**2)
    return np.asarray(lfilter([1.0], [1.0, -decay], noise), dtype=np.float64)


def lag(values: Floats, step: float, constant: float) -> Floats:
    """Let a quantity follow another one as a first-order system does, e.g. a temperature.

    Parameters
    ----------
    values : numpy.ndarray
        Steady-state value at each step.
    step : float
        Length of a step [h].
    constant : float
        Time constant [h].

    Returns
    -------
    numpy.ndarray
        The lagged value, starting in its steady state.
    """
    decay = np.exp(-step / constant)
    start = [decay * values[0]]
    lagged, _ = lfilter([1 - decay], [1.0, -decay], values, zi=start)
    return np.asarray(lagged, dtype=np.float64)


def draw_weather(rng: np.random.Generator, time: pd.DatetimeIndex, step: float) -> Floats:
    """Draw the air temperature in a machine hall: season, day and weather.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    time : pandas.DatetimeIndex
        Instants, UTC.
    step : float
        Length of a step [h].

    Returns
    -------
    numpy.ndarray
        Temperature [degC]: 16 on average, 9 more in July than in spring, 2.5 more at 15 h.
    """
    day = np.asarray(time.day_of_year, dtype=np.float64)
    hour = np.asarray(time.hour + time.minute / 60.0, dtype=np.float64)
    season = 9.0 * np.cos(2 * np.pi * (day - 200.0) / 365.25)
    daily = 2.5 * np.cos(2 * np.pi * (hour - 15.0) / DAY)
    return 16.0 + season + daily + 2.5 * wander(rng, len(time), step, 3 * DAY)


def draw_demand(
    rng: np.random.Generator, time: pd.DatetimeIndex, step: float, weekend: float
) -> Floats:
    """Draw the demand of the process: day shift, night, weekend and slow changes of production.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    time : pandas.DatetimeIndex
        Instants, UTC.
    step : float
        Length of a step [h].
    weekend : float
        Demand at the weekend as a share of that on working days [1].

    Returns
    -------
    numpy.ndarray
        Share of the rated demand [1], within 0.25 to 1.
    """
    count = len(time)
    hour = np.asarray(time.hour + time.minute / 60.0, dtype=np.float64)
    shift = 0.5 * (np.tanh((hour - 5.5) / 1.0) - np.tanh((hour - 20.5) / 1.5))
    week = np.where(np.asarray(time.day_of_week) >= 5, weekend, 1.0)
    slow, fast = wander(rng, count, step, 5 * DAY), wander(rng, count, step, 2.0)
    return np.clip((0.5 + 0.32 * shift) * week + 0.06 * slow + 0.05 * fast, 0.25, 1.0)


def draw_stops(
    rng: np.random.Generator, count: int, step: float, every: float, lasting: tuple[float, float]
) -> Flags:
    """Draw when the process lets the asset run, e.g. duty and standby.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    count : int
        Number of steps.
    step : float
        Length of a step [h].
    every : float
        Mean time between stops [h].
    lasting : tuple[float, float]
        Shortest and longest stop [h].

    Returns
    -------
    numpy.ndarray
        True while it runs.
    """
    running = np.ones(count, dtype=np.bool_)
    for start in np.flatnonzero(rng.random(count) < step / every):
        running[start : start + max(1, int(rng.uniform(*lasting) / step))] = False
    return running


def stop_sundays(conditions: Conditions) -> Conditions:
    """Switch an asset off from Sunday 02:00 to 20:00 UTC, as a plant without Sunday shifts does.

    Parameters
    ----------
    conditions : Conditions
        Circumstances of a plant that never stops.

    Returns
    -------
    Conditions
        The same with the Sundays off.
    """
    time = conditions.time
    closed = (time.day_of_week == 6) & (time.hour >= 2) & (time.hour < 20)
    return replace(conditions, running=conditions.running & ~np.asarray(closed))
