"""The loop from an unknown fault to a known one: what teaching brought, and what it disturbed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.records import Proportion
from faultprint.state.intervals import wilson

Flags = NDArray[np.bool_]

_SAID = ["verdict", "failure_mode"]


@dataclass(frozen=True)
class LoopResult:
    """What became of a fault that was unknown, then taught."""

    fault: str
    taught_from: int
    """Incidents that were judged."""
    at_first: dict[str, int]
    """What its incidents were called before it was taught: ``verdict failure mode`` -> how many."""
    incidents: Proportion
    """Later incidents of it that are called by its name."""
    failures: Proportion
    """Later failures of it that an incident of its name foretold."""
    lead_hours: tuple[float, ...]
    """Of each of these failures, from the opening of that incident to the failure."""
    others: int
    """Diagnoses of anything else that changed."""
    of: int
    """Diagnoses of anything else."""


def during(rows: pd.DataFrame, time: str, episodes: pd.DataFrame) -> Flags:
    """Mark the rows that lie within an episode of their asset.

    Parameters
    ----------
    rows : pandas.DataFrame
        With ``asset``.
    time : str
        Name of the column that says when.
    episodes : pandas.DataFrame
        ``asset``, ``start`` and ``until``.

    Returns
    -------
    NDArray[numpy.bool_]
        One flag a row.
    """
    found = np.zeros(len(rows), dtype=np.bool_)
    for one in episodes.to_dict("records"):
        inside = (rows["asset"] == one["asset"]) & rows[time].between(one["start"], one["until"])
        found |= inside.to_numpy()
    return found


def first_incidents(incidents: pd.DataFrame, episodes: pd.DataFrame, most: int) -> pd.DataFrame:
    """Pick the incidents of a fault that are judged first, one of each episode.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Table ``incidents``.
    episodes : pandas.DataFrame
        ``asset``, ``start``, ``until`` of its episodes.
    most : int
        How many.

    Returns
    -------
    pandas.DataFrame
        Rows of ``incidents`` by opening, with ``until`` of their episode.
    """
    both = incidents.merge(episodes, on="asset")
    mine = both[both["opened"].between(both["start"], both["until"])]
    mine = mine.sort_values(["opened", "incident"]).drop_duplicates(["asset", "start"])
    return mine.head(most).reset_index(drop=True)


def changed(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Put what two releases say of the same windows side by side.

    Parameters
    ----------
    before : pandas.DataFrame
        Table ``diagnoses`` of the first release.
    after : pandas.DataFrame
        That of the second.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``end`` and ``changed``: whether verdict or failure mode differ.
    """
    keys = ["asset", "end"]
    both = before[[*keys, *_SAID]].merge(after[[*keys, *_SAID]], on=keys, suffixes=("", "_now"))
    differs = (both["verdict"] != both["verdict_now"]) | (
        both["failure_mode"] != both["failure_mode_now"]
    )
    return both[keys].assign(changed=differs)


def loop_result(
    fault: str,
    episodes: pd.DataFrame,
    judged: pd.DataFrame,
    before: dict[str, pd.DataFrame],
    after: dict[str, pd.DataFrame],
) -> LoopResult:
    """Count what teaching a fault brought.

    Parameters
    ----------
    fault : str
        Its failure mode.
    episodes : pandas.DataFrame
        ``asset``, ``start``, ``failure`` and ``until`` (of its aftermath) of every episode.
    judged : pandas.DataFrame
        What :func:`first_incidents` gave: what it was taught from.
    before : dict[str, pd.DataFrame]
        ``incidents`` and ``diagnoses`` of the release that did not know it.
    after : dict[str, pd.DataFrame]
        Those of the release that was taught.

    Returns
    -------
    LoopResult
        Later is every incident opened, and every failure, after the last judged episode was over,
        when it was taught; incidents of judged episodes do not count.
    """
    taught_at = judged["until"].max()
    known = episodes.merge(judged[["asset", "start"]], on=["asset", "start"])
    unjudged = ~episodes.set_index(["asset", "start"]).index.isin(
        known.set_index(["asset", "start"]).index
    )
    later = episodes[unjudged & (episodes["failure"] > taught_at).to_numpy()]
    mine = after["incidents"][during(after["incidents"], "opened", later)]
    mine = mine[mine["opened"] > taught_at]
    right = mine[mine["failure_mode"] == fault]
    leads = []
    for one in later.to_dict("records"):
        own = right[(right["asset"] == one["asset"]) & (right["opened"] <= one["failure"])]
        own = own[own["opened"] >= one["start"]]
        if len(own):
            leads.append((one["failure"] - own["opened"].min()) / pd.Timedelta(hours=1))
    first = before["incidents"][during(before["incidents"], "opened", episodes)]
    called = (first["verdict"] + " " + first["failure_mode"]).str.strip()
    sides = changed(before["diagnoses"], after["diagnoses"])
    other = ~during(sides, "end", episodes)
    return LoopResult(
        fault=fault,
        taught_from=len(judged),
        at_first={str(name): int(n) for name, n in called.value_counts().sort_index().items()},
        incidents=wilson(len(right), len(mine)),
        failures=wilson(len(leads), len(later)),
        lead_hours=tuple(float(lead) for lead in sorted(leads)),
        others=int(sides.loc[other, "changed"].sum()),
        of=int(other.sum()),
    )
