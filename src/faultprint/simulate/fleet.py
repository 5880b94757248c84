"""A fleet of pumps and compressors with known truth, one asset at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from faultprint.config import Simulate
from faultprint.errors import ConfigError, FaultprintError
from faultprint.simulate import compressor, pump, pump_design
from faultprint.simulate.alarms import raise_alarms
from faultprint.simulate.ambient import (
    draw_demand,
    draw_stops,
    draw_weather,
    make_clock,
    stop_sundays,
)
from faultprint.simulate.defects import add_defects
from faultprint.simulate.faults import Course, Plan, draw_course
from faultprint.simulate.history import (
    TRUTH_COLUMNS,
    AssetHistory,
    Conditions,
    Floats,
)
from faultprint.simulate.maintenance import write_log

SITES = ("north", "south")
"""Sites of the plant; each has its weather."""

MODES = {
    mode.name: plan_class
    for plan_class, plan in (
        (pump.EQUIPMENT_CLASS, pump.PLAN),
        (compressor.EQUIPMENT_CLASS, compressor.PLAN),
    )
    for mode in plan.modes
}
"""Every failure mode -> its equipment class."""


@dataclass(frozen=True)
class _Place:
    """An asset before its history: who it is and what chance it draws from."""

    asset: str
    equipment_class: str
    number: int
    site: int
    seed: int

    def source(self, what: int) -> np.random.Generator:
        """Return a source of randomness of this asset alone; ``what`` keeps purposes apart."""
        kind = 0 if self.equipment_class == pump.EQUIPMENT_CLASS else 1
        return np.random.default_rng([self.seed, kind, self.number, what])

    def weather(self) -> np.random.Generator:
        """Return the source of the weather, shared by the assets of a site."""
        return np.random.default_rng([self.seed, 2, self.site])


def _places(settings: Simulate, seed: int) -> Iterator[_Place]:
    for number in range(settings.pumps):
        name = f"P-{101 + number}"
        yield _Place(name, pump.EQUIPMENT_CLASS, number, number % len(SITES), seed)
    for number in range(settings.compressors):
        name = f"K-{201 + number}"
        yield _Place(name, compressor.EQUIPMENT_CLASS, number, number % len(SITES), seed)


def _conditions(place: _Place, settings: Simulate) -> Conditions:
    step = settings.period.total_seconds() / 3600
    time = make_clock(settings.start, settings.days, step)
    rng = place.source(0)
    weather = draw_weather(place.weather(), time, step)
    is_pump = place.equipment_class == pump.EQUIPMENT_CLASS
    demand = draw_demand(rng, time, step, weekend=0.85 if is_pump else 0.6)
    stops = draw_stops(rng, len(time), step, 35 * 24.0, (12.0, 60.0) if is_pump else (4.0, 24.0))
    conditions = Conditions(time, demand, weather, stops, step)
    return stop_sundays(conditions) if not is_pump and place.number % 4 == 3 else conditions


def _plan(place: _Place, settings: Simulate, count: int) -> Plan:
    plan = pump.PLAN if place.equipment_class == pump.EQUIPMENT_CLASS else compressor.PLAN
    return replace(
        plan,
        held_back=settings.held_back,
        held_back_from=int(settings.held_back_until * count),
        shows_it=place.number % 2 == 0,
    )


def _run(place: _Place, conditions: Conditions, course: Course) -> tuple[pd.DataFrame, str]:
    """Return readings with measuring noise, and the rated speed as an attribute [rpm]."""
    drawn, noise_source = place.source(2), place.source(3)
    values: dict[str, Floats]
    if place.equipment_class == pump.EQUIPMENT_CLASS:
        design = pump_design.draw_design(drawn)
        values = pump.run_pump(place.source(4), design, conditions, course)
        noise, rated = pump.NOISE, design.rated_speed
    else:
        screw = compressor.draw_design(drawn)
        values = compressor.run_compressor(place.source(4), screw, conditions, course)
        noise, rated = compressor.NOISE, screw.rated_speed
    frame = pd.DataFrame(values, index=conditions.time)
    for sensor, size in noise.items():
        frame[sensor] += size * noise_source.standard_normal(len(frame))
    for sensor in ("speed", "motor_current"):  # these read nothing at rest, not even noise
        frame[sensor] = frame[sensor].where(course.running, 0.0)
    for sensor in frame.columns[frame.columns.str.startswith("vibration")]:
        frame[sensor] = frame[sensor].clip(lower=0.0)  # an RMS value has no sign
    return frame, f"{rated:.0f}"


def _faults(course: Course, time: pd.DatetimeIndex) -> pd.DataFrame:
    last = len(time) - 1
    rows = [
        ("fault", e.mode, e.item, time[e.onset], time[min(e.end, last)], e.outcome, e.strength)
        for e in course.episodes
    ]
    return pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))


def _live(place: _Place, settings: Simulate) -> AssetHistory:
    conditions = _conditions(place, settings)
    plan = _plan(place, settings, len(conditions.time))
    course = draw_course(place.source(1), plan, conditions)
    sound, rated = _run(place, conditions, course)
    running = pd.Series(course.running, index=conditions.time)
    alarms = raise_alarms(place.source(5), place.equipment_class, sound, running)
    names = tuple(mode.name for mode in plan.modes)
    log = write_log(place.source(6), course, conditions, names)
    readings, truth = sound, _faults(course, conditions.time)
    if settings.sensor_defects:
        readings, defects = add_defects(place.source(7), sound)
        truth = pd.concat([part for part in (truth, defects) if len(part)] or [truth])
    attributes = {"site": SITES[place.site], "rated_speed": rated}
    return AssetHistory(
        place.asset,
        place.equipment_class,
        attributes,
        readings,
        log,
        alarms,
        truth.reset_index(drop=True),
    )


def _refusal(settings: Simulate) -> FaultprintError | None:
    """Say what no history can be made of."""
    period = pd.Timedelta(settings.period)
    if not pd.Timedelta("1min") <= period <= pd.Timedelta("6h"):
        got, expected = f"simulate.period of {period}", "1min to 6h"
        return ConfigError.because(got, expected, "choose a period such as 30min")
    try:
        zone = pd.Timestamp(settings.start).tz
    except ValueError:
        zone = None
    if zone is None:
        got, expected = f"simulate.start {settings.start!r}", "an ISO 8601 instant with its zone"
        return ConfigError.because(got, expected, "write it like 2025-01-06T00:00:00+00:00")
    if settings.held_back is not None and settings.held_back not in MODES:
        return ConfigError.unknown("failure mode", settings.held_back, sorted(MODES))
    return None


def simulate(settings: Simulate, seed: int) -> Iterator[AssetHistory]:
    """Simulate the fleet, asset by asset.

    An asset's history depends on the seed, its class and its number alone, so that a larger fleet
    begins with the same assets.

    Parameters
    ----------
    settings : Simulate
        Size of the fleet, length and period of the history, the mode held back.
    seed : int
        Seed of all randomness.

    Returns
    -------
    Iterator[AssetHistory]
        One history per asset, pumps first.

    Raises
    ------
    ConfigError
        If the mode to hold back is not one of :data:`MODES`, the start has no zone, or the period
        is not between a minute and six hours.
    """
    refusal = _refusal(settings)
    if refusal is not None:
        raise refusal
    return (_live(place, settings) for place in _places(settings, seed))
