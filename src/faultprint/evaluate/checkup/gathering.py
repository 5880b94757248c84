"""From the readings of one asset after the other to what the checks look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment, Settings
from faultprint.evaluate.checkup.around import (
    Around,
    Grid,
    binned,
    calm_instants,
    grid_of,
    joined,
    look_around,
)
from faultprint.evaluate.checkup.lags import sensor_lags
from faultprint.evaluate.checkup.material import AssetSeen, Material
from faultprint.signal.histories import describe_sensor, describe_times
from faultprint.signal.instants import instants
from faultprint.tables import QUALITY, QUALITY_SUFFIX

MOST_FAILURES, MOST_CALM = 2000, 1500
"""Instants of a class that are looked around at most: enough for any check, and memory is bounded.
"""


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen of one asset."""

    seen: AssetSeen
    around: Around
    calm: Around
    lags: pd.DataFrame


@dataclass(frozen=True)
class Doubles:
    """Rows of one asset that the merge dropped, refused or moved, and how many assets there are."""

    repeated: int = 0
    conflicting: int = 0
    disordered: int = 0
    assets: int = 1
    """Assets of the class, which share the instants that are looked around."""


def grid_for(settings: Settings, equipment: Equipment) -> Grid:
    """Choose the bins in which the readings around events are looked at.

    Parameters
    ----------
    settings : Settings
        Settings.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    Grid
        Covers two horizons and the recovery, and two days at least, on each side.
    """
    labels = settings.labels
    spans = [2 * pd.Timedelta(labels.horizon), pd.Timedelta(labels.recovery), pd.Timedelta("2D")]
    return grid_of(max(spans), equipment)


def look_at(
    asset: str,
    readings: pd.DataFrame,
    events: pd.DataFrame,
    equipment_class: str,
    settings: Settings,
    doubles: Doubles,
) -> Sight:
    """Condense the history of one asset.

    Parameters
    ----------
    asset : str
        The asset.
    readings : pandas.DataFrame
        Its rows of ``readings``, sorted and flagged.
    events : pandas.DataFrame
        Its rows of ``events``.
    equipment_class : str
        Its equipment class.
    settings : Settings
        Settings.
    doubles : Doubles
        Rows that the merge dropped, refused or moved, and how many assets there are.

    Returns
    -------
    Sight
        Small, however long the history is.
    """
    equipment, cleaning = settings.equipment[equipment_class], settings.cleaning
    grid = grid_for(settings, equipment)
    bins = binned(readings, equipment, grid)
    failed = instants(events.loc[events["kind"] == "failure", "time"])
    failed = failed[:: -(-len(failed) // max(MOST_FAILURES // doubles.assets, 3)) or 1]
    busy = events[events["kind"].isin(["failure", "maintenance", "fault"])]
    most = int(np.clip(MOST_CALM // doubles.assets, 2, 60))
    calm = calm_instants(bins, instants(busy["time"]), grid, most)
    seen = AssetSeen(
        asset,
        describe_times(readings, equipment, cleaning),
        tuple(describe_sensor(readings, n, equipment, cleaning) for n in equipment.sensors),
        doubles.repeated,
        doubles.conflicting,
        doubles.disordered,
        {name: _spikes(readings, name) for name in equipment.sensors},
    )
    around, quiet = (look_around(asset, bins, at, equipment, grid) for at in (failed, calm))
    return Sight(seen, around, quiet, sensor_lags(asset, readings, equipment))


def _spikes(readings: pd.DataFrame, sensor: str) -> NDArray[np.int64]:
    return instants(readings.loc[readings[sensor + QUALITY_SUFFIX] == QUALITY["spike"], "time"])


def gather(
    equipment_class: str,
    settings: Settings,
    sights: Sequence[Sight],
    events: pd.DataFrame,
    windows: pd.DataFrame,
    split_at: pd.Timestamp,
) -> Material:
    """Put together what was seen of the assets of a class.

    Parameters
    ----------
    equipment_class : str
        Equipment class.
    settings : Settings
        Settings.
    sights : Sequence[Sight]
        One an asset, at least one.
    events : pandas.DataFrame
        Rows of ``events`` of these assets.
    windows : pandas.DataFrame
        Their labelled windows; may be empty.
    split_at : pandas.Timestamp
        What ends later is judged.

    Returns
    -------
    Material
        What the checks look at.
    """
    equipment = settings.equipment[equipment_class]
    grid, sensors = grid_for(settings, equipment), tuple(equipment.sensors)
    return Material(
        equipment_class,
        equipment,
        settings,
        tuple(one.seen for one in sights),
        events,
        windows,
        split_at,
        joined([one.around for one in sights], sensors, grid),
        joined([one.calm for one in sights], sensors, grid),
        pd.concat([one.lags for one in sights], ignore_index=True),
    )
