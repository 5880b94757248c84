"""Small tables for the tests of windows and labels."""

from __future__ import annotations

from typing import Any

import pandas as pd

from faultprint import tables

START = pd.Timestamp("2025-03-01T00:00:00Z")


def hours(count: float) -> pd.Timestamp:
    """Instant so many hours after the start of the tests' history."""
    return START + pd.Timedelta(hours=count)


def events_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Table ``events``; what a row does not say is missing or empty."""
    blank = tables.empty("events")
    columns = {}
    for name, dtype in blank.dtypes.items():
        missing: object = pd.NaT if isinstance(dtype, pd.DatetimeTZDtype) else ""
        columns[name] = pd.Series([row.get(name, missing) for row in rows], dtype=dtype)
    return tables.check("events", pd.DataFrame(columns))


def event(time: pd.Timestamp, kind: str, item: str = "", **further: Any) -> dict[str, Any]:
    """One event of asset ``p1`` unless said otherwise."""
    return {"asset": "p1", "time": time, "kind": kind, "item": item, **further}
