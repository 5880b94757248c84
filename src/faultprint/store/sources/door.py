"""The one door: rows as the plant wrote them become readings, or rejects with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from faultprint.config import Equipment, ReadingsMap, SensorColumn
from faultprint.errors import SourceError
from faultprint.store.sources.raw import RawReadings, make_rejects
from faultprint.store.sources.times import NO_ZONE, parse_times
from faultprint.store.sources.units import convert
from faultprint.tables import QUALITY, QUALITY_SUFFIX

NOT_A_NUMBER = "not a number"


@dataclass
class Admitted:
    """Readings that passed the door, and what did not."""

    parts: list[pd.DataFrame] = field(default_factory=list)
    """Columns asset, time, segment, row, and some sensors each with its quality."""
    rejects: list[pd.DataFrame] = field(default_factory=list)


@dataclass(frozen=True)
class _Rows:
    """The rows of a source that have an asset and a time."""

    frame: pd.DataFrame
    """Columns asset, time, segment, row; index as in the raw frame."""
    rejects: list[pd.DataFrame]


def asset_names(values: pd.Series) -> pd.Series:
    """Return names of assets as text; empty where there is none.

    Parameters
    ----------
    values : pandas.Series
        Text or numbers.

    Returns
    -------
    pandas.Series
        Text without blanks around it; numbers that are all whole, written or stored with a decimal
        point (as a missing cell makes pandas do), without it.
    """
    if pd.api.types.is_float_dtype(values.dtype) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    named = values.astype("str").where(values.notna(), "").astype("str").str.strip()
    whole = (named.str.fullmatch(r"\d+\.0+") | (named == "")).all()
    return named.str.replace(r"\.0+$", "", regex=True) if whole else named


def numbers(
    values: pd.Series, decimal: str = "."
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return values as numbers.

    Parameters
    ----------
    values : pandas.Series
        Numbers, or text of which some is not a number.
    decimal : str, default '.'
        Decimal sign of numbers given as text.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray]
        float64, NaN where missing or not a finite number; and where something stood that is none.
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        read = values.to_numpy(dtype="float64", na_value=np.nan)
        said = np.zeros(len(read), dtype=bool)
    else:
        text = values.astype("str").str.strip()
        plain = text.str.replace(decimal, ".", regex=False) if decimal != "." else text
        read = pd.to_numeric(plain, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        said = np.isnan(read) & text.notna().to_numpy() & (text != "").to_numpy()
        said &= ~text.str.lower().isin(["nan", "null", "none", "na", "n/a"]).to_numpy()
    invalid = said | np.isinf(read)
    return np.where(invalid, np.nan, read), invalid


def _place(raw: RawReadings) -> _Rows:
    """Give each row its asset, time and segment; what has none is a reject."""
    frame, mapping = raw.frame, raw.mapping
    row = raw.first_row + frame.index.to_numpy()
    if mapping.asset:
        asset = asset_names(frame[mapping.asset])
    else:
        asset = pd.Series(raw.asset or "", index=frame.index, dtype="str")
    groups = asset if mapping.asset else pd.Series(0, index=frame.index)
    times, reasons = parse_times(frame[mapping.time], mapping.time_format, mapping.timezone, groups)
    times += mapping.known_after
    _refuse_whole(raw, reasons)
    reasons = reasons.mask((asset == "") & (reasons == ""), "no asset")
    bad = (reasons != "").to_numpy()
    rejects = []
    if bad.any():
        shown = frame[mapping.time].astype("str")[bad]
        rejects.append(
            make_rejects(raw.source, row[bad], reasons[bad], asset[bad], mapping.time, shown)
        )
    placed = pd.DataFrame({"asset": asset, "time": times, "segment": -1, "row": row})
    if mapping.segment:
        segment, invalid = numbers(frame[mapping.segment])
        placed["segment"] = np.where(np.isnan(segment), -1, segment).astype("int64")
        invalid &= ~bad
        if invalid.any():
            rejects.append(_cells(raw, placed, invalid, frame[mapping.segment], mapping.segment))
    return _Rows(placed[~bad], rejects)


def _refuse_whole(raw: RawReadings, reasons: pd.Series) -> None:
    if (reasons == "").any():
        return
    shown = str(raw.frame[raw.mapping.time].iloc[0])
    if (reasons == NO_ZONE).any():
        raise SourceError.because(
            f"times without a zone in {raw.source!r}, like {shown!r}",
            "an offset in each time, or a time zone in the mapping",
            "state `timezone`, e.g. UTC or Europe/Berlin, for this source",
        )
    raise SourceError.because(
        f"no readable time in {raw.source!r}: column {raw.mapping.time!r} holds e.g. {shown!r}",
        f"times in the format {raw.mapping.time_format!r}",
        "state `time_format` in the mapping",
    )


def _cells(
    raw: RawReadings,
    placed: pd.DataFrame,
    bad: npt.NDArray[np.bool_],
    values: pd.Series,
    column: str,
) -> pd.DataFrame:
    return make_rejects(
        raw.source,
        placed["row"].to_numpy()[bad],
        NOT_A_NUMBER,
        placed["asset"][bad],
        column,
        values.astype("str")[bad],
    )


def admit_readings(raw: RawReadings, equipment: Mapping[str, Equipment]) -> Admitted:
    """Let the readings of a source in.

    Parameters
    ----------
    raw : RawReadings
        Rows as the plant wrote them.
    equipment : Mapping[str, Equipment]
        Equipment classes, for the units to convert to.

    Returns
    -------
    Admitted
        One part for a wide source, one for each sensor of a long one.

    Raises
    ------
    SourceError
        If no time in it can be placed.
    """
    rows = _place(raw)
    admitted = Admitted(rejects=list(rows.rejects))
    streams = _long(raw) if raw.mapping.form == "long" else _wide(raw)
    units = _units(raw.mapping, equipment)
    wide: list[pd.DataFrame] = []
    for column, target, given in streams:
        values = given[given.index.isin(rows.frame.index)]
        placed = rows.frame.loc[values.index]
        read, invalid = numbers(values, raw.mapping.decimal)
        if invalid.any():
            admitted.rejects.append(_cells(raw, placed, invalid, values, column))
        quality = np.where(invalid, QUALITY["invalid"], QUALITY["good"])
        quality = np.where(np.isnan(read) & ~invalid, QUALITY["missing"], quality)
        cells = pd.DataFrame(
            {
                target.sensor: convert(read, target.unit, units[target.sensor]),
                target.sensor + QUALITY_SUFFIX: quality.astype("uint8"),
            },
            index=placed.index,
        )
        if raw.mapping.form == "long":
            admitted.parts.append(pd.concat([placed, cells], axis=1))
        else:
            wide.append(cells)
    if wide:
        admitted.parts.append(pd.concat([rows.frame, *wide], axis=1))
    admitted.rejects.extend(_absent(raw))
    return admitted


def _units(mapping: ReadingsMap, equipment: Mapping[str, Equipment]) -> dict[str, str]:
    named = mapping.equipment_class
    classes = [equipment[named]] if named else list(equipment.values())
    return {name: sensor.unit for kind in classes for name, sensor in kind.sensors.items()}


def _wide(raw: RawReadings) -> Iterator[tuple[str, SensorColumn, pd.Series]]:
    for column, target in raw.mapping.sensors.items():
        if column in raw.frame.columns:
            yield column, target, raw.frame[column]


def _long(raw: RawReadings) -> Iterator[tuple[str, SensorColumn, pd.Series]]:
    names = raw.frame[raw.mapping.sensor_column].astype("str").str.strip()
    values = raw.frame[raw.mapping.value_column]
    for name, index in names.groupby(names, sort=True).groups.items():
        target = raw.mapping.sensors.get(str(name))
        if target is not None:
            yield str(name), target, values.loc[index]


def _absent(raw: RawReadings) -> Iterator[pd.DataFrame]:
    """Yield a notice for each mapped column that this one file lacks."""
    if raw.mapping.form == "wide" and raw.first_row == 1:
        for column in raw.mapping.sensors:
            if column not in raw.frame.columns:
                said = "column missing here: the sensor's values are missing"
                yield make_rejects(raw.source, 0, said, raw.asset or "", column)
