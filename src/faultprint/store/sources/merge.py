"""Parts of one asset's readings, from several files or sensors, as one row an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from faultprint.store.sources.raw import make_rejects
from faultprint.tables import QUALITY, QUALITY_SUFFIX

CONFLICT = "another reading of this time, with lower values, stands"


@dataclass(frozen=True)
class Merged:
    """The readings of one asset, and what was found on the way."""

    readings: pd.DataFrame
    """Rows of the table ``readings``, sorted by time, every sensor of the class."""
    rejects: pd.DataFrame
    identical: int
    """Rows that repeated an earlier row of the same time and were dropped."""
    conflicting: int
    """Rows that contradicted one; they are in ``rejects``."""
    out_of_order: int
    """Rows that came after a later one in their file."""


def _late(times: pd.Series) -> int:
    stamps = times.astype("int64").to_numpy()
    return int((stamps < np.maximum.accumulate(stamps)).sum())


def _stack(
    parts: Sequence[pd.DataFrame], sources: Sequence[str], columns: list[str]
) -> pd.DataFrame:
    known = [
        part.reindex(columns=["time", "segment", "row", *columns]).assign(part=number)
        for number, part in enumerate(parts)
    ]
    stacked = known[0] if len(known) == 1 else pd.concat(known, ignore_index=True)
    assert len(sources) == len(parts)
    return stacked.sort_values("time", kind="stable", ignore_index=True)


def merge_parts(
    asset: str, parts: Sequence[pd.DataFrame], sources: Sequence[str], sensors: Sequence[str]
) -> Merged:
    """Merge what several sources say of one asset.

    Parameters
    ----------
    asset : str
        The asset.
    parts : Sequence[pandas.DataFrame]
        Parts as the door admits them, in the order they were read.
    sources : Sequence[str]
        Source of each part, for the rejects.
    sensors : Sequence[str]
        Every sensor of the class; one that no part has is missing throughout.

    Returns
    -------
    Merged
        One row an instant: rows that complete each other are joined, a row that repeats another
        is dropped, one that contradicts another is refused. Which of the two stands does not depend
        on the order of rows or files: the one with the lower value of the first sensor that
        differs.
    """
    present = [name for name in sensors if any(name in part.columns for part in parts)]
    flags = [name + QUALITY_SUFFIX for name in present]
    rows = _stack(parts, sources, [*present, *flags])
    late = sum(_late(part["time"]) for part in parts)
    stamps = rows["time"].astype("int64").to_numpy()
    repeats = np.concatenate([[False], stamps[1:] == stamps[:-1]])
    refused = np.zeros(len(rows), dtype=bool)
    identical = 0
    if repeats.any():
        group = np.cumsum(~repeats) - 1
        rows = _by_value(rows, present, group)
        refused = _conflicts(rows[present].to_numpy(dtype="float64"), group, repeats)
        identical = int((_same_as_before(rows, present) & repeats & ~refused).sum())
        rejects = _rejects(asset, rows[refused], sources)
        rows = _join(rows[~refused], group[~refused], present, flags)
    else:
        rejects = _rejects(asset, rows[refused], sources)
    return Merged(_shape(asset, rows, sensors), rejects, identical, int(refused.sum()), late)


def _same_as_before(rows: pd.DataFrame, present: list[str]) -> npt.NDArray[np.bool_]:
    values = rows[present].to_numpy(dtype="float64")
    same = np.zeros(len(values), dtype=bool)
    equal = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    same[1:] = equal.all(axis=1)
    return same


def _by_value(rows: pd.DataFrame, present: list[str], group: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Order rows of one time that contradict each other by what they say; others stay in place."""
    known = rows.groupby(group)[present]
    torn = (known.max() > known.min()).any(axis=1).to_numpy()[group]
    if not torn.any():
        return rows
    ordered = rows[torn].sort_values(["time", *present, "segment"], kind="stable")
    order = np.arange(len(rows))
    order[torn] = ordered.index
    return rows.iloc[order].reset_index(drop=True)


def _conflicts(
    values: npt.NDArray[np.float64], group: npt.NDArray[np.int64], repeats: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Say which repeats differ from the first value known of a sensor at that time."""
    first = pd.DataFrame(values).groupby(group).first().to_numpy(dtype="float64")[group]
    bad: npt.NDArray[np.bool_] = (~np.isnan(values) & (values != first)).any(axis=1) & repeats
    return bad


def _join(
    rows: pd.DataFrame, group: npt.NDArray[np.int64], present: list[str], flags: list[str]
) -> pd.DataFrame:
    grouped = rows.groupby(group)
    joined = grouped[["time", *present]].first()
    # What one source calls invalid and another does not know stays invalid.
    joined[["segment", *flags]] = grouped[["segment", *flags]].max()
    return joined


def _rejects(asset: str, refused: pd.DataFrame, sources: Sequence[str]) -> pd.DataFrame:
    names = pd.Series([sources[part] for part in refused["part"]], dtype="str")
    shown = refused["time"].astype("str")
    return make_rejects(names, refused["row"], CONFLICT, asset, "", shown)


def _shape(asset: str, rows: pd.DataFrame, sensors: Sequence[str]) -> pd.DataFrame:
    columns: dict[str, object] = {
        "time": rows["time"].array,
        "segment": rows["segment"].to_numpy(dtype="int64"),
    }
    for name in sensors:
        if name in rows.columns:
            values = rows[name].to_numpy(dtype="float64")
            invalid = rows[name + QUALITY_SUFFIX].to_numpy() == QUALITY["invalid"]
        else:
            values, invalid = np.full(len(rows), np.nan), np.zeros(len(rows), dtype=bool)
        absent = np.where(invalid, QUALITY["invalid"], QUALITY["missing"])
        columns[name] = values
        columns[name + QUALITY_SUFFIX] = np.where(np.isnan(values), absent, QUALITY["good"]).astype(
            "uint8"
        )
    shaped = pd.DataFrame(columns)
    shaped.insert(0, "asset", pd.Series(asset, index=shaped.index, dtype="str"))
    return shaped
