"""The descriptor columns of one asset's windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from faultprint.config import Windows
from faultprint.signal.arrays import spans_of
from faultprint.signal.bursts import ENVELOPE, describe_bursts
from faultprint.signal.descriptors import compute
from faultprint.signal.instants import HOUR, Flags, Real, Whole, instants, nanoseconds
from faultprint.signal.recipes import COVERAGE, Recipe
from faultprint.signal.record import Record
from faultprint.signal.relations import compare
from faultprint.signal.windows import Cut, look_back


@dataclass(frozen=True)
class View:
    """One look-back over one sensor, or over the readings that two sensors share."""

    descriptors: dict[str, Real]
    """Name -> one value per window."""
    coverage: Real
    """Share of each window that was measured."""
    lacking: Flags
    """Whether it was measured too little to say anything."""


Views = dict[tuple[tuple[str, ...], bool], View]
"""(sensors, whether it is the recent look-back) -> what is seen."""


def count(found: Cut, times: Whole) -> Whole:
    """Count the instants in each window.

    Parameters
    ----------
    found : Cut
        The windows.
    times : numpy.ndarray
        Instants [ns], ascending.

    Returns
    -------
    numpy.ndarray
        One number per window.
    """
    first, after = found.find(times)
    return after - first


def views_of(record: Record, found: Cut, recipes: Sequence[Recipe], windows: Windows) -> Views:
    """Look at each sensor over the whole windows, and over the recent look-back if asked for.

    Parameters
    ----------
    record : Record
        The asset's readings.
    found : Cut
        Its windows.
    recipes : Sequence[Recipe]
        What is asked for.
    windows : Windows
        The recent look-back, and the coverage below which nothing is said.

    Returns
    -------
    dict[tuple[tuple[str, ...], bool], View]
        What is seen, by sensors and look-back.
    """
    cuts = {False: found}
    if windows.recent:
        cuts[True] = look_back(found, nanoseconds(windows.recent))
    asked: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for recipe in recipes:
        if recipe.sensors:
            asked.setdefault((recipe.sensors, recipe.recent), []).append(recipe.descriptor)
    return {
        (sensors, recent): _view(record, sensors, cuts[recent], names, windows.min_coverage)
        for (sensors, recent), names in asked.items()
    }


def _view(
    record: Record, sensors: tuple[str, ...], found: Cut, names: list[str], floor: float
) -> View:
    good = np.logical_and.reduce([record.good(sensor) for sensor in sensors])
    times = record.times[good]
    values = [record.signals[sensor][good] for sensor in sensors]
    first, after = found.find(times)
    coverage = found.coverage(times)
    lacking = (coverage < floor) | (first == after)
    stops = np.where(lacking, first, after)
    if len(sensors) > 1:
        return View(compare(names, values[0], values[1], first, stops), coverage, lacking)
    plain = [name for name in names if name not in {COVERAGE, *ENVELOPE}]
    beats = [name for name in names if name in ENVELOPE]
    made = compute(plain, values[0], times, first, stops)
    if beats:
        spans = spans_of(values[0], times, first, stops)
        made |= describe_bursts(beats, spans, record.mounting, _shaft_hz(record, found))
    return View(made, coverage, lacking)


def _shaft_hz(record: Record, found: Cut) -> Real:
    """Tell the speed in each window: measured there if a sensor does, else rated."""
    mounting = record.mounting
    if mounting is None or not mounting.speed_sensor:
        return np.full(found.ends.size, mounting.shaft_hz if mounting else np.nan)
    good = record.good(mounting.speed_sensor)
    times, values = record.times[good], record.signals[mounting.speed_sensor][good]
    speed = compute(["mean"], values, times, *found.find(times))["mean"]
    return speed / record.turns_per_hz


def column_of(
    recipe: Recipe, views: Views, events: pd.DataFrame, found: Cut, record: Record
) -> Real:
    """Give one descriptor column.

    Parameters
    ----------
    recipe : Recipe
        Which one.
    views : dict[tuple[tuple[str, ...], bool], View]
        What is seen of the sensors.
    events : pandas.DataFrame
        The asset's rows of table ``events``.
    found : Cut
        Its windows.
    record : Record
        Its readings.

    Returns
    -------
    numpy.ndarray
        One value per window.
    """
    if recipe.kind == "error":
        told = (events["kind"] == "error") & (events["code"] == recipe.subject)
        return count(found, np.sort(instants(events.loc[told, "time"]))).astype(np.float64)
    if recipe.kind == "maintenance":
        return _hours_since(recipe.subject, events, found)
    if recipe.kind == "run":
        return _hours_run(found, record) if recipe.descriptor == "hours" else _starts(found, record)
    view = views[recipe.sensors, recipe.recent]
    return view.coverage if recipe.descriptor == COVERAGE else view.descriptors[recipe.descriptor]


def _hours_since(item: str, events: pd.DataFrame, found: Cut) -> Real:
    told = events["kind"] == "maintenance"
    if item != "any":
        told &= events["item"] == item
    times = np.sort(instants(events.loc[told, "time"]))
    if not times.size:
        return np.full(found.ends.size, np.nan)
    at = np.searchsorted(times, found.ends, side="right") - 1
    return np.where(at >= 0, (found.ends - times[at]) / HOUR, np.nan)


def _hours_run(found: Cut, record: Record) -> Real:
    """Add up the time that running readings stand for, at most one period each."""
    hours: Real = replace(found, counted=False).covered(record.times[record.running]) / HOUR
    return hours


def _starts(found: Cut, record: Record) -> Real:
    """Count how often the equipment ran at a reading and stood still at the one before."""
    times, running = record.times[record.known], record.running[record.known]
    started = times[1:][running[1:] & ~running[:-1]]
    return count(found, started).astype(np.float64)
