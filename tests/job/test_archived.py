"""What the log says came of abnormal windows."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.stages.archived import Log, refuted
from faultprint.tables import empty

START = pd.Timestamp("2025-01-01", tz="UTC").as_unit("ns")
LABELS = Labels(horizon=timedelta(days=1), recovery=timedelta(days=2))
DETECT = Detect(max_lead=timedelta(days=10))


def day(*days: float, asset: str = "A") -> pd.DataFrame:
    ends = pd.DatetimeIndex([START + pd.Timedelta(days=one) for one in days])
    return pd.DataFrame({"asset": asset, "end": ends})


def happened(*events: tuple[str, float, str]) -> pd.DataFrame:
    like = empty("events")
    texts = {c: "" for c in like.columns if pd.api.types.is_string_dtype(like[c])}
    rows = [
        {**texts, "asset": "A", "time": START + pd.Timedelta(days=at), "kind": kind, "item": item}
        for kind, at, item in events
    ]
    return pd.DataFrame(rows, columns=like.columns).astype(like.dtypes.to_dict())


def asked(windows: pd.DataFrame, *events: tuple[str, float, str]) -> list[bool]:
    return refuted(windows, day(0, 100), Log(happened(*events), LABELS, DETECT)).tolist()


def test_nothing_came_of_it_where_no_failure_followed_in_time() -> None:
    windows = day(20, 35, 45, 51, 60)
    assert asked(windows) == [True] * 5
    # within ten days before the failure and two days after it, it may have been the failure
    assert asked(windows, ("failure", 50, "")) == [True, True, False, False, True]


def test_what_may_yet_come_or_was_prevented_is_not_refuted() -> None:
    assert asked(day(80, 95)) == [True, False]
    work = ("maintenance", 50, "bearing")
    mode = ("failure", 10, "bearing")
    assert asked(day(30, 45), mode, work) == [True, False]


def test_each_machine_has_its_own_log() -> None:
    both = pd.concat([day(45), day(45, asset="B")], ignore_index=True)
    told = refuted(
        both,
        pd.concat([day(0, 100), day(0, 100, asset="B")], ignore_index=True),
        Log(happened(("failure", 50, "")), LABELS, DETECT),
    )
    assert told.tolist() == [False, True]
