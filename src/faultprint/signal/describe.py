"""From the readings of one asset to the table of its windows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import TableError, listed
from faultprint.signal.columns import Views, column_of, count, views_of
from faultprint.signal.instants import Flags, instants, nanoseconds, stamps
from faultprint.signal.recipes import recipes_for
from faultprint.signal.record import Record, record_of
from faultprint.signal.runs import History, ends_run
from faultprint.signal.windows import Cut, cut
from faultprint.tables import empty

SENSOR_MISSING = "sensor_missing:"
"""Start of the reason of a window in which a required sensor was not measured well enough."""


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
    record = record_of(readings, equipment, windows)
    history = History(
        record.times,
        record.running,
        record.segments,
        np.sort(instants(events.loc[ends_run(events), "time"])),
        nanoseconds(equipment.period),
    )
    found = cut(history, windows)
    views = views_of(record, found, recipes, windows)
    rows = count(found, record.times[record.running])
    columns = {
        "start": stamps(found.starts),
        "end": stamps(found.ends),
        "run": found.runs,
        "rows": rows,
        "coverage": found.coverage(record.times[_any_good(record, equipment)]),
        "reason": pd.Series(_reasons(record, found, equipment, windows, views), dtype="str"),
        **{r.name: column_of(r, views, events, found, record) for r in recipes},
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


def _any_good(record: Record, equipment: Equipment) -> Flags:
    """Tell where a required sensor has a good value; any sensor, if none is required."""
    needed = [name for name, sensor in equipment.sensors.items() if sensor.required]
    flags = np.zeros(record.times.size, dtype=bool)
    for name in needed or equipment.sensors:
        flags |= record.good(name)
    return flags


def _reasons(
    record: Record,
    found: Cut,
    equipment: Equipment,
    windows: Windows,
    views: Views,
) -> np.ndarray:
    good = record.times[_any_good(record, equipment)]
    poor = found.coverage(good) < windows.min_coverage
    rows = count(found, record.times[record.running])
    since = rows if found.counted else found.ends - found.starts
    young = since < windows.min_coverage * found.full
    idle = rows == 0
    stopped = idle & (count(found, record.times[record.known]) > 0)
    unknown = idle & ~stopped & (count(found, record.times) > 0)
    cases: list[tuple[Flags, str]] = [(stopped, "off")]
    if equipment.running:
        cases.append((unknown, f"{SENSOR_MISSING}{equipment.running.sensor}"))
    cases.append(((idle | poor) & young, "insufficient_history"))
    cases.append((idle | poor, "low_coverage"))
    cases += [
        (views[(name,), False].lacking, f"{SENSOR_MISSING}{name}")
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
