"""From the readings of one asset to the table of its windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import TableError, listed
from faultprint.signal.descriptors import compute
from faultprint.signal.instants import HOUR, Flags, Real, Whole, instants, nanoseconds, stamps
from faultprint.signal.recipes import COVERAGE, Recipe, recipes_for
from faultprint.signal.runs import History, ends_run
from faultprint.signal.windows import Cut, cut, look_back
from faultprint.tables import QUALITY, QUALITY_SUFFIX, empty

SENSOR_MISSING = "sensor_missing:"
"""Start of the reason of a window in which a required sensor was not measured well enough."""


@dataclass(frozen=True)
class _Record:
    """One asset's readings in order of time: instants [ns] and good values only."""

    times: Whole
    signals: dict[str, Real]
    segments: Whole
    running: Flags
    known: Flags
    """Whether it is known if the equipment ran."""

    def good(self, sensor: str) -> Flags:
        return self.running & ~np.isnan(self.signals[sensor])


@dataclass(frozen=True)
class _View:
    """One look-back over one sensor."""

    descriptors: dict[str, Real]
    coverage: Real
    lacking: Flags
    """Whether the sensor was measured too little to say anything."""


def describe(
    readings: pd.DataFrame,
    events: pd.DataFrame,
    equipment_class: str,
    equipment: Equipment,
    windows: Windows,
    descriptors: Descriptors,
) -> pd.DataFrame:
    """Describe one asset's history by the descriptors of causal windows.

    Parameters
    ----------
    readings : pandas.DataFrame
        The asset's rows of table ``readings``, in any order.
    events : pandas.DataFrame
        The asset's rows of table ``events``, in any order.
    equipment_class : str
        Its equipment class.
    equipment : Equipment
        The sensors of that class. One without a column counts as not sampled; columns of others
        are left alone.
    windows : Windows
        How to cut.
    descriptors : Descriptors
        What to compute.

    Returns
    -------
    pandas.DataFrame
        Table ``windows``, in order of ``end``, without label and use. A row depends on nothing
        later than its end, to the last bit.

    Raises
    ------
    TableError
        If there are rows of more than one asset, a time twice, or times without a zone.

    Notes
    -----
    Only values of good quality, read while the equipment ran, count. Whether it ran when its
    running sensor was not sampled is taken from the sensor's last good value, for ``max_gap`` at
    most. A sensor that covers less than ``min_coverage`` of a window, or of a recent look-back, has
    no descriptors there. ``reason`` is the first that holds of

    - ``off``: there are readings, but none while the equipment ran;
    - ``sensor_missing:<running sensor>``: it is not known whether it ran;
    - ``insufficient_history``: the run began too late to cover ``min_coverage`` of the window;
    - ``low_coverage``: too little of the window was measured;
    - ``sensor_missing:<sensor>``: the first required sensor that was measured too little.
    """
    recipes = recipes_for(equipment, windows, descriptors)
    asset = _only_asset(readings, events)
    record = _record(readings, equipment, windows)
    history = History(
        record.times,
        record.running,
        record.segments,
        np.sort(instants(events.loc[ends_run(events), "time"])),
        nanoseconds(equipment.period),
    )
    found = cut(history, windows)
    views = _views(record, found, recipes, windows)
    rows = _count(found, record.times[record.running])
    columns = {
        "start": stamps(found.starts),
        "end": stamps(found.ends),
        "run": found.runs,
        "rows": rows,
        "coverage": found.coverage(record.times[_any_good(record, equipment)]),
        "reason": pd.Series(_reasons(record, found, equipment, windows, views), dtype="str"),
        **{r.name: _column(r, views, events, found) for r in recipes},
    }
    table = pd.DataFrame(columns, index=pd.RangeIndex(found.ends.size))
    table.insert(0, "asset", pd.Series(asset, index=table.index, dtype="str"))
    table.insert(1, "equipment_class", pd.Series(equipment_class, index=table.index, dtype="str"))
    return table.astype({"run": "int64", "rows": "int64"})


def _only_asset(readings: pd.DataFrame, events: pd.DataFrame) -> str:
    assets = sorted({*readings["asset"].unique(), *events["asset"].unique()})
    if len(assets) > 1:
        raise TableError.because(
            f"rows of the assets {listed(assets)}",
            "readings and events of one asset",
            "describe each asset by itself",
        )
    return str(assets[0]) if assets else ""


def _record(readings: pd.DataFrame, equipment: Equipment, windows: Windows) -> _Record:
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
    return _Record(times, values, segments, running, known)


def _good_values(readings: pd.DataFrame, sensor: str) -> Real:
    if sensor not in readings:
        return np.full(len(readings), np.nan)
    values = readings[sensor].to_numpy(dtype=np.float64, na_value=np.nan)
    good = np.isfinite(values)
    if f"{sensor}{QUALITY_SUFFIX}" in readings:
        good &= readings[f"{sensor}{QUALITY_SUFFIX}"].to_numpy() == QUALITY["good"]
    return np.where(good, values, np.nan)


def _held(values: Real, times: Whole, longest: int) -> Real:
    """Carry each value forward until the next, for ``longest`` [ns] at most."""
    at = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(values.size)))
    fresh = (at >= 0) & (times - times[at] <= longest)
    return np.where(fresh, values[at], np.nan)


def _count(found: Cut, times: Whole) -> Whole:
    first, after = found.find(times)
    return after - first


def _views(
    record: _Record, found: Cut, recipes: list[Recipe], windows: Windows
) -> dict[tuple[str, bool], _View]:
    """Look at each sensor over the whole windows, and over the recent look-back if asked for."""
    cuts = {False: found}
    if windows.recent:
        cuts[True] = look_back(found, nanoseconds(windows.recent))
    asked: dict[tuple[str, bool], list[str]] = {}
    for recipe in recipes:
        if recipe.kind == "sensor":
            asked.setdefault((recipe.source, recipe.recent), []).append(recipe.descriptor)
    return {
        (sensor, recent): _view(record, sensor, cuts[recent], names, windows.min_coverage)
        for (sensor, recent), names in asked.items()
    }


def _view(record: _Record, sensor: str, found: Cut, names: list[str], floor: float) -> _View:
    good = record.good(sensor)
    times, values = record.times[good], record.signals[sensor][good]
    first, after = found.find(times)
    coverage = found.coverage(times)
    lacking = (coverage < floor) | (first == after)
    stops = np.where(lacking, first, after)
    made = compute([n for n in names if n != COVERAGE], values, times, first, stops)
    return _View(made, coverage, lacking)


def _column(
    recipe: Recipe, views: dict[tuple[str, bool], _View], events: pd.DataFrame, found: Cut
) -> Real:
    if recipe.kind == "error":
        told = (events["kind"] == "error") & (events["code"] == recipe.subject)
        return _count(found, np.sort(instants(events.loc[told, "time"]))).astype(np.float64)
    if recipe.kind == "maintenance":
        return _hours_since(recipe.subject, events, found)
    view = views[recipe.source, recipe.recent]
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


def _any_good(record: _Record, equipment: Equipment) -> Flags:
    """Tell where a required sensor has a good value; any sensor, if none is required."""
    needed = [name for name, sensor in equipment.sensors.items() if sensor.required]
    flags = np.zeros(record.times.size, dtype=bool)
    for name in needed or equipment.sensors:
        flags |= record.good(name)
    return flags


def _reasons(
    record: _Record,
    found: Cut,
    equipment: Equipment,
    windows: Windows,
    views: dict[tuple[str, bool], _View],
) -> np.ndarray:
    good = record.times[_any_good(record, equipment)]
    poor = found.coverage(good) < windows.min_coverage
    rows = _count(found, record.times[record.running])
    since = rows if found.counted else found.ends - found.starts
    young = since < windows.min_coverage * found.full
    idle = rows == 0
    stopped = idle & (_count(found, record.times[record.known]) > 0)
    unknown = idle & ~stopped & (_count(found, record.times) > 0)
    cases: list[tuple[Flags, str]] = [(stopped, "off")]
    if equipment.running:
        cases.append((unknown, f"{SENSOR_MISSING}{equipment.running.sensor}"))
    cases.append(((idle | poor) & young, "insufficient_history"))
    cases.append((idle | poor, "low_coverage"))
    cases += [
        (views[name, False].lacking, f"{SENSOR_MISSING}{name}")
        for name, sensor in equipment.sensors.items()
        if sensor.required
    ]
    reasons = np.full(found.ends.size, "", dtype=object)
    for holds, reason in reversed(cases):
        reasons[holds] = reason
    return reasons


def no_windows(equipment: Equipment, windows: Windows, descriptors: Descriptors) -> pd.DataFrame:
    """Make the table of windows of an equipment class without rows.

    Parameters
    ----------
    equipment : Equipment
        The sensors of the class.
    windows : Windows
        How histories are cut.
    descriptors : Descriptors
        What is computed.

    Returns
    -------
    pandas.DataFrame
        The columns :func:`describe` gives, no rows.
    """
    names = [r.name for r in recipes_for(equipment, windows, descriptors)]
    made = pd.DataFrame({name: pd.Series([], dtype="float64") for name in names})
    return pd.concat([empty("windows"), made], axis=1)
