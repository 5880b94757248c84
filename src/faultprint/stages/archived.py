"""Abnormal windows of the past, what is said of them, and what the log says came of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.evaluate.exposure import exposed_time
from faultprint.faults.teaching.lessons import Archive
from faultprint.stages.desk import Desk
from faultprint.state.limits import MONTH
from faultprint.store.parquet import read_table

_ARCHIVED = ["incident", "asset", "end", "verdict", "failure_mode", "logged", "refuted"]


@dataclass(frozen=True, eq=False)
class Log:
    """What was logged, and how it is read."""

    events: pd.DataFrame
    """Table ``events``."""
    labels: Labels
    detect: Detect


def archives(pictures: pd.DataFrame, desk: Desk, log: Log, label: str) -> dict[str, Archive]:
    """Gather what the results and the log say of abnormal windows.

    Parameters
    ----------
    pictures : pandas.DataFrame
        Rows of ``incident_windows``, as the models read them.
    desk : Desk
        Results.
    log : Log
        What was logged.
    label : str
        Name of the release that is taught.

    Returns
    -------
    dict[str, Archive]
        By equipment class: the windows of every incident, and the abnormal ones of none that the
        log refutes. What raised no incident and may be a fault says nothing for or against one.
    """
    mine = pictures[pictures["release"] == desk.release]
    keys = ["asset", "end", "release"]
    mine = mine.drop_duplicates(keys)
    diagnoses = read_table(desk.results, "diagnoses")
    told = mine.merge(diagnoses[[*keys, "verdict", "failure_mode"]], on=keys)
    told = told.assign(logged=_logged(told, log), refuted=refuted(told, diagnoses, log))
    told = told[(told["incident"] != "") | told["refuted"]]
    seen = diagnoses[(diagnoses["release"] == desk.release) & (diagnoses["reason"] == "")]
    found = {}
    for name, rows in told.groupby("equipment_class", sort=True):
        looked_at = seen.loc[seen["equipment_class"] == name, ["asset", "end"]]
        found[str(name)] = Archive(
            rows[_ARCHIVED].reset_index(drop=True),
            np.stack(rows["values"].to_list()),
            _months(looked_at),
            current=desk.release == label,
        )
    return found


def refuted(windows: pd.DataFrame, looked_at: pd.DataFrame, log: Log) -> pd.Series:
    """Say of which windows the log tells that nothing came.

    Parameters
    ----------
    windows : pandas.DataFrame
        ``asset`` and ``end``.
    looked_at : pandas.DataFrame
        ``asset`` and ``end`` of everything that was judged.
    log : Log
        What was logged.

    Returns
    -------
    pandas.Series
        True in the time in which false alarms are counted (see
        :func:`faultprint.evaluate.exposure.exposed_time`), if the asset was looked at for the
        longest lead after it: no failure followed, none had just been, and nothing was replaced in
        time.
    """
    by = looked_at.groupby("asset")["end"].agg(["min", "max"])
    spans = by.reset_index().set_axis(["asset", "start", "end"], axis=1)
    longer = pd.Timedelta(log.detect.max_lead) - pd.Timedelta(log.labels.horizon)
    judged = spans.assign(end=spans["end"] - max(longer, pd.Timedelta(0)))
    quiet = exposed_time(spans, judged, log.events, log.detect, log.labels)
    both = windows[["asset", "end"]].reset_index(names="at").merge(quiet, on="asset")
    inside = (both["start"] < both["end_x"]) & (both["end_x"] <= both["end_y"])
    return pd.Series(windows.index.isin(both.loc[inside, "at"]), index=windows.index)


def _logged(windows: pd.DataFrame, log: Log) -> pd.Series:
    """Look up the failure mode of the next failure that the log tells of, if it came soon."""
    events = log.events
    failures = events[(events["kind"] == "failure") & (events["failure_mode"] != "")]
    right = failures[["asset", "time", "failure_mode"]].rename(columns={"failure_mode": "logged"})
    left = windows[["asset", "end"]].assign(row=range(len(windows))).sort_values("end")
    found = pd.merge_asof(
        left,
        right.sort_values("time", kind="stable"),
        left_on="end",
        right_on="time",
        by="asset",
        direction="forward",
        tolerance=pd.Timedelta(log.detect.max_lead),
    )
    logged = found.sort_values("row")["logged"].fillna("").astype("str")
    return logged.set_axis(windows.index)


def _months(windows: pd.DataFrame) -> float:
    """Measure the time that windows cover [asset-months]."""
    between = windows.sort_values(["asset", "end"]).groupby("asset")["end"].diff().dropna()
    step = pd.Timedelta(between.median()) if len(between) else pd.Timedelta(0)
    return len(windows) * (step / pd.Timedelta(MONTH))
