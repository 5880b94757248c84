"""From readings to labelled windows."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.errors import LearnError
from faultprint.faults.release import scoring_settings
from faultprint.serve.describing import attributes_of, describe_asset
from faultprint.signal.labels import label_windows
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_readings,
    read_table,
    write_tables,
)

MOST_AT_ONCE = 4
"""Assets in memory at the same time; the kernels run without the GIL."""


def describe(settings: Settings, tables: Path, windows: Path) -> dict[str, object]:
    """Cut every history into windows, describe and label them.

    Parameters
    ----------
    settings : Settings
        Settings.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    windows : Path
        Folder to write, one ``<equipment class>.parquet`` per class.

    Returns
    -------
    dict[str, object]
        Windows by equipment class, and by reason of use.

    Raises
    ------
    LearnError
        If no history is long enough for a single window.
    """
    events, scoring = read_table(tables, "events"), scoring_settings(settings)
    attributes = attributes_of(read_table(tables, "assets"))
    described: dict[str, list[pd.DataFrame]] = defaultdict(list)
    last: dict[str, pd.Timestamp] = {}

    def one(place: tuple[str, str]) -> tuple[pd.DataFrame, pd.Timestamp]:
        equipment_class, asset = place
        readings = read_readings(tables, equipment_class, asset)
        mine = events[events["asset"] == asset]
        own = attributes.get(asset)
        made = describe_asset(readings, mine, equipment_class, scoring, own)
        return made.windows, readings["time"].max()

    places = list_assets(tables)
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, MOST_AT_ONCE)) as threads:
        found = tqdm(threads.map(one, places), total=len(places), desc="describe", unit="asset")
        for (equipment_class, asset), (frame, newest) in zip(places, found, strict=True):
            described[equipment_class].append(frame)
            last[asset] = newest
    labelled = {
        name: label_windows(pd.concat(frames, ignore_index=True), events, settings.labels, last)
        for name, frames in described.items()
    }
    if not sum(map(len, labelled.values())):
        raise LearnError.because(
            f"{len(last)} assets and not one window",
            f"histories longer than a step of {settings.windows.step}",
            "see the ingest report, or shorten windows.step and windows.length",
        )
    with staged_folder(windows) as new:
        write_tables(new, labelled)
    used = pd.concat([frame["use"] for frame in labelled.values()]).value_counts()
    return {
        "windows": {name: len(frame) for name, frame in labelled.items()},
        "use": {str(reason): int(n) for reason, n in used.items()},
    }
