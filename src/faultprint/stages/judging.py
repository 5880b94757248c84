"""Judging by events: the same for a candidate, for the incumbent and for the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.evaluate.metrics import event_metrics, match_incidents
from faultprint.evaluate.splits import judged_periods
from faultprint.serve.score import Scorer
from faultprint.store.parquet import list_assets, read_readings, read_table


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of failures and incidents in the held-out time."""

    failures: pd.DataFrame
    incidents: pd.DataFrame
    metrics: dict[str, Any]


def held_out_periods(windows: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say over which time each asset is judged.

    Parameters
    ----------
    windows : dict[str, pd.DataFrame]
        Windows by equipment class, with ``part``.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``.
    """
    columns = ["asset", "start", "end", "part"]
    every = pd.concat([frame[columns] for frame in windows.values()], ignore_index=True)
    return judged_periods(every, every[["part"]])


def judge(
    incidents: pd.DataFrame, events: pd.DataFrame, periods: pd.DataFrame, settings: Settings
) -> Judged:
    """Match incidents with failures and count.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents`` of one release.
    events : pandas.DataFrame
        Rows of ``events``.
    periods : pandas.DataFrame
        ``asset``, ``start``, ``end`` of what is judged.
    settings : Settings
        Settings.

    Returns
    -------
    Judged
        Failures, incidents, numbers.
    """
    failures, matched = match_incidents(
        incidents, events, settings.detect, settings.labels, periods
    )
    return Judged(failures, matched, event_metrics(failures, matched, periods))


def rescored(scorer: Scorer, tables: Path, periods: pd.DataFrame, settings: Settings) -> Judged:
    """Judge any release on the held-out data of another, from the readings on.

    Parameters
    ----------
    scorer : Scorer
        The release, with its own windows, descriptors and twins.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    periods : pandas.DataFrame
        ``asset``, ``start``, ``end`` of what is judged.
    settings : Settings
        How events are matched: the same for all that are compared.

    Returns
    -------
    Judged
        Failures, incidents, numbers; assets the release does not know have no incidents.
    """
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    incidents = []
    for equipment_class, asset in tqdm(list_assets(tables), desc="re-score", unit="asset"):
        readings = read_readings(tables, equipment_class, asset)
        scored = scorer.score(readings, events[events["asset"] == asset], assets)
        incidents.append(scored.incidents)
    full = [frame for frame in incidents if len(frame)] or incidents[:1]
    return judge(pd.concat(full, ignore_index=True), events, periods, settings)
