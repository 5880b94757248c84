"""Events, incidents and judged periods in days since a start."""

from __future__ import annotations

import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.evaluate.matching import match_incidents
from faultprint.tables import check, empty

DETECT = Detect(max_lead="10d")
LABELS = Labels(horizon="48h", gap="2h", recovery="24h")
START = pd.Timestamp("2025-01-01", tz="UTC").as_unit("ns")


def day(number: float | None) -> pd.Timestamp:
    return pd.NaT if number is None else START + pd.Timedelta(days=number)


def events(*rows: tuple[str, float, str, str, str]) -> pd.DataFrame:
    """Make events from (asset, day, kind, failure mode, item)."""
    frame = pd.DataFrame(rows, columns=["asset", "time", "kind", "failure_mode", "item"])
    frame["time"] = [day(d) for d in frame["time"]]
    whole = empty("events")
    for name in whole.columns.difference(frame.columns):
        frame[name] = pd.NaT if str(whole[name].dtype).startswith("datetime") else ""
    for name in ("time", "end", "onset_earliest", "onset_latest"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return check("events", frame[whole.columns].astype(whole.dtypes.to_dict()))


def incidents(*rows: tuple[str, float, float | None, str]) -> pd.DataFrame:
    """Make incidents from (asset, day opened, day cleared, mode)."""
    frame = pd.DataFrame(
        {
            "incident": [f"I{i}" for i in range(len(rows))],
            "asset": [r[0] for r in rows],
            "equipment_class": "pump",
            "opened": [day(r[1]) for r in rows],
            "first_seen": [day(r[1] - 0.25) for r in rows],
            "cleared": pd.to_datetime([day(r[2]) for r in rows], utc=True),
            "verdict": ["known" if r[3] else "deviation" for r in rows],
            "failure_mode": [r[3] for r in rows],
            "signature": "",
            "windows": 3,
            "p_value": 0.01,
            "evidence": "{}",
            "release": "1.0.0+a",
        }
    )
    return check("incidents", frame.astype(empty("incidents").dtypes.to_dict()))


def observed(*rows: tuple[str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "asset": [r[0] for r in rows],
            "start": [day(r[1]) for r in rows],
            "end": [day(r[2]) for r in rows],
        }
    )


LOOKED = observed(("P1", 0, 100), ("P2", 0, 100))
FAILED = events(("P1", 50, "failure", "wear", "bearing"))


def judge(
    happened: pd.DataFrame, raised: pd.DataFrame, looked: pd.DataFrame = LOOKED
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return match_incidents(raised, happened, DETECT, LABELS, looked)
