"""What stands of the opinions in a file, as labels take it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd

from faultprint.faults.opinions import settle
from faultprint.records import Opinion
from faultprint.signal.opined import OPINED
from faultprint.store.opinion_files import read_opinions


def read_opined(file: Path, off_delay: timedelta) -> pd.DataFrame:
    """Read the opinions of a file and keep what stands of each incident.

    Parameters
    ----------
    file : Path
        Opinions with the incidents they are on, as ``faultprint incidents export`` writes them.
    off_delay : timedelta
        How long alarms last beyond the last abnormal window.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`faultprint.signal.opined.OPINED`; empty without a file. An incident that
        was open when it was judged lasts until its latest opinion.
    """
    if not file.exists():
        return pd.DataFrame(columns=list(OPINED)).astype(OPINED)
    opinions, incidents = read_opinions(file, ())
    on: dict[str, list[Opinion]] = {}
    for opinion in opinions:
        on.setdefault(opinion.incident, []).append(opinion)
    rows = []
    for one in incidents:
        settled = settle(on.get(one.incident, ())).opinion
        if settled is None:
            continue
        said = max(o.time for o in on[one.incident])
        last = one.cleared - off_delay if one.cleared else said
        rows.append(
            {
                "incident": one.incident,
                "asset": one.asset,
                "first": pd.Timestamp(one.first_seen),
                "last": max(pd.Timestamp(last), pd.Timestamp(one.first_seen)),
                "verdict": settled.verdict,
                "failure_mode": settled.failure_mode,
            }
        )
    frame = pd.DataFrame(rows, columns=list(OPINED)).sort_values("incident", ignore_index=True)
    for column in ("first", "last"):
        frame[column] = pd.to_datetime(frame[column], utc=True).dt.as_unit("ns")
    return frame.astype(OPINED)
