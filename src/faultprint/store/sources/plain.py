"""Any plant's CSV, Parquet or SQL, read as the mapping in params.yaml says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from faultprint.config import AssetsMap, Equipment, EventsMap, ReadingsMap, Source
from faultprint.errors import ConfigError, SourceError
from faultprint.store.sources.files import (
    Dialect,
    FileRead,
    list_files,
    need_columns,
    read_file,
)
from faultprint.store.sources.raw import (
    Raw,
    RawAssets,
    RawEvents,
    RawReadings,
    Refusal,
    make_rejects,
)
from faultprint.store.sources.sql import read_query
from faultprint.store.sources.units import check_units

Mapped = ReadingsMap | EventsMap | AssetsMap


@dataclass
class _Columns:
    """Which sensors and which unknown columns the files of one mapping had."""

    seen: set[str] = field(default_factory=set)
    further: Counter[str] = field(default_factory=Counter)
    last: tuple[str, list[str]] = ("", [])

    def note(self, source: str, frame: pd.DataFrame, mapping: ReadingsMap) -> None:
        if mapping.form == "long":
            names = [str(name) for name in frame[mapping.sensor_column].dropna().unique()]
        else:
            names = [str(name) for name in frame.columns]
        known = {mapping.time, mapping.asset, mapping.segment, *mapping.sensors}
        self.seen.update(names)
        self.further.update(name for name in names if name not in known)
        self.last = (source, names)


def open_plain(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read the files and queries that the mapping names.

    Parameters
    ----------
    source : Source
        Section ``source`` of params.yaml.
    equipment : Mapping[str, Equipment]
        Equipment classes; not needed here, every reader takes them.

    Yields
    ------
    Raw
        Asset registers, then readings, then events.

    Raises
    ------
    ConfigError
        If the mapping names no readings, or not how to tell the asset.
    SourceError
        If nothing that a mapping names can be read.
    """
    if not source.readings:
        raise ConfigError.because(
            f"source.kind {source.kind!r} with {len(equipment)} classes but no `readings`",
            "at least one readings mapping",
            "say under source.readings where the files are and what their columns mean",
        )
    for mapping in source.readings:
        check_mapping(mapping, equipment)
    for register in source.assets:
        yield from _survive(source, register, _raw_assets)
    for readings in source.readings:
        yield from _read_readings(source, _zoned(readings, source))
    for events in source.events:
        yield from _survive(source, _zoned(events, source), _raw_events)


def check_mapping(mapping: ReadingsMap, equipment: Mapping[str, Equipment]) -> None:
    """Check a mapping against the equipment before anything is read.

    Parameters
    ----------
    mapping : ReadingsMap
        How a kind of readings file is laid out.
    equipment : Mapping[str, Equipment]
        Equipment classes.

    Raises
    ------
    ConfigError
        If it names a class or sensor there is not, or a unit that cannot be converted.
    """
    if mapping.equipment_class is not None and mapping.equipment_class not in equipment:
        raise ConfigError.unknown("equipment class", mapping.equipment_class, list(equipment))
    named = mapping.equipment_class
    classes = [equipment[named]] if named else list(equipment.values())
    for column, target in mapping.sensors.items():
        having = [kind.sensors[target.sensor] for kind in classes if target.sensor in kind.sensors]
        if not having:
            known = sorted({name for kind in classes for name in kind.sensors})
            raise ConfigError.unknown("sensor", target.sensor, known)
        for sensor in having:
            check_units(target.unit, sensor.unit, f"column {column!r}")


M = TypeVar("M", ReadingsMap, EventsMap)


def _zoned(mapping: M, source: Source) -> M:
    return mapping.model_copy(update={"timezone": mapping.timezone or source.timezone})


def _dialect(mapping: Mapped) -> Dialect:
    if isinstance(mapping, ReadingsMap):
        text = [mapping.time, mapping.asset]
        if mapping.form == "long":
            text.append(mapping.sensor_column)
        named = tuple(name for name in text if name)
        return Dialect(mapping.separator, mapping.decimal, mapping.encoding, named)
    return Dialect(mapping.separator, ".", mapping.encoding, ("*",))


def _fetch(source: Source, mapping: Mapped) -> Iterator[tuple[str, int, FileRead | SourceError]]:
    if mapping.query:
        for name, first, frame in read_query(source.url, mapping.query):
            yield name, first, FileRead(frame)
        return
    dialect = _dialect(mapping)
    for file in list_files(source.path, mapping.path):
        try:
            yield file.name, 1, read_file(file, dialect)
        except SourceError as error:
            yield file.name, 1, error


def _survive(
    source: Source, mapping: Mapped, make: Callable[[str, int, pd.DataFrame, Mapped], Raw]
) -> Iterator[Raw]:
    """Pass on every file that can be read; the others are rejects, unless none can."""
    first_error: SourceError | None = None
    readable = 0
    for name, first, read in _fetch(source, mapping):
        try:
            if isinstance(read, SourceError):
                raise read
            raw = make(name, first, read.frame, mapping)
        except SourceError as error:
            first_error = first_error or error
            yield Refusal(make_rejects(name, 0, str(error)))
            continue
        readable += 1
        yield raw
        if len(read.rejects):
            yield Refusal(read.rejects)
    if first_error and not readable:
        raise first_error


def _asset_of(name: str, mapping: ReadingsMap) -> str | None:
    if mapping.asset:
        return None
    if not mapping.asset_from:
        raise ConfigError.because(
            "a readings mapping with neither `asset` nor `asset_from`",
            "the column, or the pattern of the file's name, that tells the asset",
            "state one of them",
        )
    try:
        found = re.search(mapping.asset_from, name.rsplit("/", 1)[-1])
        return (found or re.search(mapping.asset_from, name))["asset"]  # type: ignore[index]
    except (re.error, IndexError) as error:
        raise ConfigError.because(
            f"asset_from {mapping.asset_from!r} ({error})",
            "a regular expression with a group (?P<asset>...)",
            "correct the pattern",
        ) from error
    except TypeError as error:
        raise SourceError.because(
            f"the file name {name!r}",
            f"a match of asset_from {mapping.asset_from!r}",
            "correct the pattern, or the path so that other files are left out",
        ) from error


def _raw_readings(name: str, first: int, frame: pd.DataFrame, mapping: Mapped) -> RawReadings:
    assert isinstance(mapping, ReadingsMap)
    needed = [mapping.time, mapping.asset, mapping.segment]
    if mapping.form == "long":
        needed += [mapping.sensor_column, mapping.value_column]
    elif not set(mapping.sensors) & set(frame.columns):
        needed += list(mapping.sensors)
    need_columns(name, frame, needed, mapping.separator)
    if not len(frame):
        raise SourceError.because(f"{name!r} without rows", "readings", "export it again")
    return RawReadings(name, frame, mapping, _asset_of(name, mapping), first)


def _raw_events(name: str, first: int, frame: pd.DataFrame, mapping: Mapped) -> RawEvents:  # noqa: ARG001 - one shape for all
    assert isinstance(mapping, EventsMap)
    named = [mapping.kind, mapping.code, mapping.failure_mode, mapping.item, mapping.end]
    needed = [mapping.asset, mapping.time, *named, mapping.text]
    need_columns(name, frame, needed, mapping.separator)
    return RawEvents(name, frame, mapping)


def _raw_assets(name: str, first: int, frame: pd.DataFrame, mapping: Mapped) -> RawAssets:  # noqa: ARG001 - one shape for all
    assert isinstance(mapping, AssetsMap)
    needed = [mapping.asset, mapping.equipment_class, *mapping.attributes]
    need_columns(name, frame, needed, mapping.separator)
    return RawAssets(name, frame, mapping)


def _read_readings(source: Source, mapping: ReadingsMap) -> Iterator[Raw]:
    columns = _Columns()
    for raw in _survive(source, mapping, _raw_readings):
        if isinstance(raw, RawReadings):
            columns.note(raw.source, raw.frame, mapping)
        yield raw
    never = [name for name in mapping.sensors if name not in columns.seen]
    if never:
        name, had = columns.last
        raise SourceError.because(
            f"no file with {never[0]!r}, the last being {name!r}",
            f"every sensor of the mapping in at least one file of {mapping.path or name!r}",
            str(SourceError.unknown("column", never[0], had or ["no column"])),
        )
    where = mapping.path or columns.last[0]
    for column, files in columns.further.items():
        if column != mapping.value_column or mapping.form == "wide":
            said = f"not in the mapping, so not read (in {files} files)"
            yield Refusal(make_rejects(where, 0, said, field=column))
