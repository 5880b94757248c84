"""Which windows belong to the same occurrence of a fault."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

SEPARATOR = "|"
"""Joins the failure modes of a window that shows two."""

_SAME = ("fault", "gap")
"""Uses that do not end an occurrence; neither does ``not_evaluable:...``."""


def modes_of(label: str) -> list[str]:
    """Split a label into failure modes.

    Parameters
    ----------
    label : str
        For example ``wear|imbalance``, ``healthy`` or empty.

    Returns
    -------
    list[str]
        The failure modes; none for a healthy or unlabelled window.

    Examples
    --------
    >>> modes_of("wear|imbalance")
    ['wear', 'imbalance']
    """
    return [part for part in label.split(SEPARATOR) if part and part != "healthy"]


def episodes(windows: pd.DataFrame, horizon: timedelta, *, by_run: bool = False) -> pd.DataFrame:
    """Tell apart the occurrences of each fault among the windows that are learnt from.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows with ``use``.
    horizon : timedelta
        A longer silence between two windows of a fault makes them two occurrences.
    by_run : bool, default False
        Whether a new run makes another occurrence, too: where faults are set and taken away, as on
        a test rig, and no failure ends them.

    Returns
    -------
    pandas.DataFrame
        One row per window and failure mode: ``row`` (its position), ``failure_mode``, ``asset``,
        ``episode``. An episode is named ``asset@end of its last window``, which lies just before
        the failure. Two occurrences are told apart by what lies between them: recovery, healthy
        windows, or a silence.
    """
    named = ["asset", "end", "label", "use", *(["run"] if by_run else [])]
    frame = windows[named].assign(row=np.arange(len(windows)))
    frame = frame.sort_values(["asset", "end"], kind="stable")
    same = frame["use"].isin(_SAME) | frame["use"].str.startswith("not_evaluable")
    frame["stretch"] = (~same).cumsum()
    if by_run:
        frame["stretch"] += frame["run"].diff().ne(0).cumsum()
    rows = frame[frame["use"] == "fault"]
    rows = rows.assign(failure_mode=rows["label"].map(modes_of)).explode("failure_mode")
    rows = rows.dropna(subset="failure_mode").sort_values(
        ["failure_mode", "asset", "end"], kind="stable"
    )
    keys = ["failure_mode", "asset"]
    fresh = rows.groupby(keys)["stretch"].diff().ne(0) | (
        rows.groupby(keys)["end"].diff() > pd.Timedelta(horizon)
    )
    number = fresh.astype("int64").cumsum()
    last = rows.groupby(number)["end"].transform("max")
    stamp = last.dt.strftime("%Y-%m-%dT%H:%MZ")
    rows = rows.assign(episode=rows["asset"].astype("str") + "@" + stamp)
    return rows[["row", "failure_mode", "asset", "episode"]].reset_index(drop=True)
