"""The body of a request, and the door through which it becomes the tables that are scored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from faultprint import tables
from faultprint.config import Equipment
from faultprint.errors import SourceError, listed
from faultprint.tables import QUALITY, QUALITY_SUFFIX, UTC_TIME

_ZONED = r"[T ]\d\d.*(?:Z|[+-]\d\d:?\d\d)$"
_EARLIEST, _LATEST = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")


class Event(BaseModel):
    """Something that happened to the asset."""

    model_config = ConfigDict(extra="forbid")

    time: str
    end: str | None = None
    kind: Literal["failure", "maintenance", "error", "inspection", "restart", "fault"]
    code: str = ""
    failure_mode: str = ""
    item: str = ""
    text: str = ""


class ScoreBody(BaseModel):
    """Readings of one asset, and what happened to it meanwhile."""

    model_config = ConfigDict(extra="forbid")

    asset: str = Field(min_length=1, max_length=200)
    equipment_class: str = Field(min_length=1, max_length=200)
    readings: list[dict[str, Any]] = Field(min_length=1)
    """``time`` with its zone, a value per sensor, optionally ``segment`` and
    ``<sensor>__quality`` where the sender has judged the value already."""
    events: list[Event] = []


@dataclass(frozen=True)
class Received:
    """What a body holds, as tables."""

    readings: pd.DataFrame
    events: pd.DataFrame
    assets: pd.DataFrame
    rejects: list[dict[str, Any]]
    """Row (counted from 1), field, value and reason of what was not used."""


def read_body(body: ScoreBody, equipment: Equipment) -> Received:
    """Turn a body into the tables that are scored.

    Parameters
    ----------
    body : ScoreBody
        The body.
    equipment : Equipment
        Its equipment class, as the release knows it.

    Returns
    -------
    Received
        Tables, and what was refused: a value that is no number, a time given twice.

    Raises
    ------
    SourceError
        If a field is no sensor of the class, or a time is missing, unreadable or without a zone.

    Notes
    -----
    A sensor that was not sent is missing, not zero; windows that need it are not evaluated.
    A value that the sender judges to be bad (``<sensor>__quality`` other than 0) is not used;
    the others are flagged in scoring, by the rows before them in the body.
    """
    _check_fields(body.readings, equipment)
    times = read_times([row.get("time") for row in body.readings], "readings")
    rejects: list[dict[str, Any]] = []
    columns: dict[str, Any] = {
        "asset": pd.Series([body.asset] * len(times), dtype="str"),
        "time": times,
        "segment": _segments(body.readings),
    }
    for sensor in equipment.sensors:
        values, quality, refused = _values(body.readings, sensor)
        columns[sensor], columns[sensor + QUALITY_SUFFIX] = values, quality
        rejects += refused
    readings, twice = _without_repeats(pd.DataFrame(columns))
    assets = pd.DataFrame(
        {"asset": [body.asset], "equipment_class": [body.equipment_class], "attributes": ["{}"]}
    ).astype("str")
    return Received(readings, _events(body), assets, rejects + twice)


def read_times(values: Sequence[object], what: str) -> pd.Series:
    """Read instants written in ISO 8601 with their zone.

    Parameters
    ----------
    values : Sequence[object]
        The texts.
    what : str
        What they belong to, for messages.

    Returns
    -------
    pandas.Series
        UTC instants.

    Raises
    ------
    SourceError
        If any is missing, unreadable or has no zone; rows are named, counted from 1.
    """
    texts = pd.Series([v if isinstance(v, str) else "" for v in values], dtype="str")
    zoned = texts.str.contains(_ZONED, regex=True)
    found = pd.to_datetime(texts.where(zoned, ""), format="ISO8601", utc=True, errors="coerce")
    good = found.notna() & (found > _EARLIEST) & (found < _LATEST)
    if not good.all():
        rows = [f"row {i + 1}: {values[i]!r:.40}" for i in np.flatnonzero(~good).tolist()]
        raise SourceError.because(
            f"{len(rows)} unusable times in {what} ({listed(rows).replace(chr(34), '')})",
            "ISO 8601 with its zone, like '2025-01-06T08:00:00Z'",
            "add the zone at the sender; a guess would shift every window",
        )
    return found.dt.as_unit("ns")


def _check_fields(rows: Sequence[Mapping[str, Any]], equipment: Equipment) -> None:
    sensors = list(equipment.sensors)
    known = {"time", "segment", *sensors, *(name + QUALITY_SUFFIX for name in sensors)}
    unknown = sorted({name for row in rows for name in row} - known)
    if len(unknown) == 1:
        raise SourceError.unknown("field of a reading", unknown[0], ["time", "segment", *sensors])
    if unknown:
        raise SourceError.because(
            f"unknown fields of a reading: {listed(unknown)}",
            f"time, segment and sensors: {listed(sensors, 20)}",
            "correct the names, or leave out what is no sensor of the equipment class",
        )


def _segments(rows: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.int64]:
    given = [row.get("segment", -1) for row in rows]
    wrong = [f"row {i + 1}" for i, v in enumerate(given) if type(v) is not int or abs(v) > 2**53]
    if wrong:
        raise SourceError.because(
            f"a segment that is no whole number in {listed(map(str, wrong)).replace(chr(39), '')}",
            "the number of the cycle or recording",
            "leave it out where there are none",
        )
    return np.array(given, dtype=np.int64)


def _values(
    rows: Sequence[Mapping[str, Any]], sensor: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8], list[dict[str, Any]]]:
    values = np.full(len(rows), np.nan)
    quality = np.full(len(rows), QUALITY["missing"], dtype=np.uint8)
    rejects = []
    for i, row in enumerate(rows):
        given = row.get(sensor)
        if given is None or (isinstance(given, float) and math.isnan(given)):
            continue
        flag = row.get(sensor + QUALITY_SUFFIX, QUALITY["good"])
        if _is_number(given) and type(flag) is int and flag in QUALITY.values():
            values[i] = float(given)
            quality[i] = min(flag, QUALITY["invalid"])
        else:
            quality[i] = QUALITY["invalid"]
            reason = "unknown quality" if _is_number(given) else "not a number"
            rejects.append(
                {"row": i + 1, "field": sensor, "value": f"{given!s:.60}", "reason": reason}
            )
    return values, quality, rejects


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 1e300  # also refuses infinity, and integers no float can hold


def _without_repeats(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Keep the first reading of every instant, in order of time."""
    again = frame["time"].duplicated()
    rejects = [
        {
            "row": i + 1,
            "field": "time",
            "value": str(frame["time"][i]),
            "reason": "time given twice",
        }
        for i in np.flatnonzero(again).tolist()
    ]
    return frame[~again].sort_values("time", ignore_index=True), rejects


def _events(body: ScoreBody) -> pd.DataFrame:
    if not body.events:
        return tables.empty("events")
    frame = pd.DataFrame([event.model_dump() for event in body.events])
    ended = frame["end"].notna()
    end = pd.Series(pd.NaT, index=frame.index, dtype=UTC_TIME)
    if ended.any():
        end[ended] = read_times(list(frame.loc[ended, "end"]), "the ends of events").to_numpy()
    text = ["kind", "code", "failure_mode", "item", "text"]
    never = pd.Series(pd.NaT, index=frame.index, dtype=UTC_TIME)
    made = (
        frame[text]
        .astype("str")
        .assign(
            asset=pd.Series([body.asset] * len(frame), dtype="str"),
            time=read_times(list(frame["time"]), "events"),
            end=end,
            onset_earliest=never,
            onset_latest=never,
        )
    )
    order = [column.name for column in tables.table("events").columns]
    return made[order].sort_values(["time", "kind", "code"], ignore_index=True)
