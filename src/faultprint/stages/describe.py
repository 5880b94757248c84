"""From readings to labelled windows."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Labels, Settings
from faultprint.errors import LearnError
from faultprint.evaluate.splits import holdout_start, known_at
from faultprint.faults.release import scoring_settings
from faultprint.serve.describing import attributes_of, describe_asset
from faultprint.signal.labels import label_windows
from faultprint.signal.opined import relabel
from faultprint.stages.opined import read_opined
from faultprint.stages.workspace import check_classes
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_readings,
    read_table,
    write_tables,
)

KNOWN_LABEL, KNOWN_USE, KNOWN_UNTIL = "known_label", "known_use", "known_until"
"""Columns of a window's label as it was known when the held-out time began, and when that was."""

MOST_AT_ONCE = 4
"""Assets in memory at the same time; the kernels run without the GIL."""


def describe(
    settings: Settings, tables: Path, windows: Path, opinions: Path | None = None
) -> dict[str, object]:
    """Cut every history into windows, describe and label them.

    Parameters
    ----------
    settings : Settings
        Settings.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    windows : Path
        Folder to write, one ``<equipment class>.parquet`` per class: the windows with ``label``
        and ``use``, and with both as they were known when the held-out time began.
    opinions : Path | None, default None
        File of opinions with their incidents; what stands of them outweighs the log. Of incidents
        that had not ended when the held-out time began, nothing is learnt.

    Returns
    -------
    dict[str, object]
        Windows by equipment class, and by reason of use.

    Raises
    ------
    LearnError
        If no history is long enough for a single window.
    """
    events, assets = read_table(tables, "events"), list_assets(tables)
    check_classes(settings, {equipment_class for equipment_class, _ in assets})
    scoring = scoring_settings(settings)
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

    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, MOST_AT_ONCE)) as threads:
        found = tqdm(threads.map(one, assets), total=len(assets), desc="describe", unit="asset")
        for (equipment_class, asset), (frame, newest) in zip(assets, found, strict=True):
            described[equipment_class].append(frame)
            last[asset] = newest
    frames = {name: pd.concat(parts, ignore_index=True) for name, parts in described.items()}
    if not sum(map(len, frames.values())):
        raise LearnError.because(
            f"{len(last)} assets and not one window",
            f"histories longer than a step of {settings.windows.step}",
            "see the ingest report, or shorten windows.step and windows.length",
        )
    start = holdout_start(pd.concat(frames.values(), ignore_index=True), settings.split)
    said = read_opined(opinions or Path("none"), settings.detect.off_delay)
    labelled = {
        name: _labelled(frame, events, settings.labels, last, start, said)
        for name, frame in frames.items()
    }
    with staged_folder(windows) as new:
        write_tables(new, labelled)
    used = pd.concat([frame["use"] for frame in labelled.values()]).value_counts()
    return {
        "windows": {name: len(frame) for name, frame in labelled.items()},
        "use": {str(reason): int(n) for reason, n in used.items()},
    }


def _labelled(
    windows: pd.DataFrame,
    events: pd.DataFrame,
    labels: Labels,
    last: dict[str, pd.Timestamp],
    start: pd.Timestamp,
    said: pd.DataFrame,
) -> pd.DataFrame:
    """Label twice: with the whole record, and with what was known when the held-out time began."""
    whole = relabel(label_windows(windows, events, labels, last), said)
    told, ends = known_at(events, last, start)
    known = relabel(
        label_windows(windows, told, labels, ends), _said_of_the_past(said, labels, start)
    )
    whole[KNOWN_LABEL], whole[KNOWN_USE] = known["label"], known["use"]
    whole[KNOWN_UNTIL] = start
    return whole


def _said_of_the_past(said: pd.DataFrame, labels: Labels, start: pd.Timestamp) -> pd.DataFrame:
    """Leave out incidents of the held-out time, and what only later failures could call healthy."""
    calm = pd.Timedelta(labels.horizon) + pd.Timedelta(labels.buffer)
    latest = (said["verdict"] == "normal_behaviour").map({True: start - calm, False: start})
    return said[said["last"] < latest] if len(said) else said
