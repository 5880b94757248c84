"""The typical course of a fault: what its leading symptoms read on the way to the failure."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from faultprint.records import Signature

COLUMNS = ["descriptor", "hours", "low", "median", "high", "episodes"]


def typical_course(
    described: pd.DataFrame,
    windows: pd.DataFrame,
    signature: Signature,
    span: timedelta,
    most: int = 3,
) -> pd.DataFrame:
    """Lay the episodes a signature was learnt from over one another, ends together.

    Parameters
    ----------
    described : pandas.DataFrame
        What :func:`faultprint.faults.learning.design.design` gave for ``windows``.
    windows : pandas.DataFrame
        Rows of ``windows`` of the signature's class: ``asset``, ``end``, ``reason``.
    signature : Signature
        The signature; its leading symptoms and its episodes count.
    span : timedelta
        How long before the last window of an episode the course begins.
    most : int, default 3
        How many symptoms at most.

    Returns
    -------
    pandas.DataFrame
        ``descriptor``, ``hours`` (to the last window before the failure, 0 or less), ``low``,
        ``median`` and ``high`` (quartiles over episodes, in the descriptor's unit), ``episodes``.
        Windows that could not be evaluated are left out, and so are instants at which less than
        half of the episodes can be seen.
    """
    shown = [s.descriptor for s in signature.symptoms if s.descriptor in described][:most]
    good = windows["reason"] == ""
    frames = []
    for episode in signature.origin.episodes:
        asset, _, last = episode.rpartition("@")
        end = pd.Timestamp(last)
        before = end - windows["end"]
        mine = good & (windows["asset"] == asset) & (before >= pd.Timedelta(0))
        mine &= before <= pd.Timedelta(span)
        hours = -before[mine].dt.total_seconds() / 3600
        frames.append(described.loc[mine, shown].assign(hours=hours.round(2)))
    if not frames or not shown:
        return pd.DataFrame(columns=COLUMNS)
    every = pd.concat(frames).melt("hours", var_name="descriptor").dropna()
    grouped = every.groupby(["descriptor", "hours"])["value"]
    table = pd.DataFrame(
        {
            "low": grouped.quantile(0.25),
            "median": grouped.median(),
            "high": grouped.quantile(0.75),
            "episodes": grouped.size(),
        }
    )
    table = table[table["episodes"] >= max(1, len(frames) / 2)].reset_index()
    order = {name: n for n, name in enumerate(shown)}
    table = table.assign(place=table["descriptor"].map(order)).sort_values(["place", "hours"])
    return table[COLUMNS].reset_index(drop=True)


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(medians: pd.Series, width: int = 24) -> str:
    """Draw a course with characters.

    Parameters
    ----------
    medians : pandas.Series
        Values in order of time.
    width : int, default 24
        Characters at most.

    Returns
    -------
    str
        Lowest to highest value as eighths of a line; empty without a value.

    Examples
    --------
    >>> sparkline(pd.Series([0.0, 1.0, 2.0, 7.0]))
    '▁▂▃█'
    """
    values = medians.dropna().to_numpy(dtype=np.float64)
    if not len(values):
        return ""
    blocks = [block.mean() for block in np.array_split(values, min(width, len(values)))]
    low, wide = min(blocks), (max(blocks) - min(blocks)) or 1.0
    return "".join(_BARS[round((value - low) / wide * (len(_BARS) - 1))] for value in blocks)
