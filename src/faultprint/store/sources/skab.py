"""The Skoltech anomaly benchmark: a water circulation rig, one file an experiment.

Each experiment is an asset, e.g. ``valve1-0``; rows marked ``anomaly`` are fault intervals whose
failure mode is the folder's name. Times are published without a zone and taken as UTC. Voltage and
current are those of the motor, in V and A; the pressure is in bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from faultprint.config import Equipment, ReadingsMap, Source
from faultprint.errors import SourceError
from faultprint.store.sources.files import Dialect, SourceFile, list_files, need_columns, read_file
from faultprint.store.sources.raw import (
    LAYOUT_EVENTS,
    Raw,
    RawEvents,
    RawReadings,
    Refusal,
    VariableMap,
    check_options,
    make_rejects,
    only_class,
    published_sensors,
)

VARIABLE_MAP: VariableMap = {
    "Accelerometer1RMS": ("accelerometer1", "g_0"),
    "Accelerometer2RMS": ("accelerometer2", "g_0"),
    "Current": ("current", "A"),
    "Pressure": ("pressure", "bar"),
    "Temperature": ("temperature", "degC"),
    "Thermocouple": ("thermocouple", "degC"),
    "Voltage": ("voltage", "V"),
    "Volume Flow RateRMS": ("flow", "l/min"),
}


def open_skab(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read the experiments below a folder.

    Parameters
    ----------
    source : Source
        Its path is the folder ``data`` of the benchmark, one below it, or a file.
    equipment : Mapping[str, Equipment]
        Equipment classes; the sensors are among those of ``VARIABLE_MAP``.

    Yields
    ------
    Raw
        Readings of each experiment, then its fault intervals.

    Raises
    ------
    SourceError
        If no file can be read.
    """
    check_options(source.options, ())
    name = only_class(equipment, source.options.get("equipment_class"))
    mapping = ReadingsMap(
        equipment_class=name,
        time="datetime",
        timezone="UTC",
        separator=";",
        sensors=published_sensors(VARIABLE_MAP, equipment[name]),
    )
    first_error: SourceError | None = None
    read = 0
    for file in list_files(source.path):
        try:
            raws = _experiment(file, mapping)
        except SourceError as error:
            first_error = first_error or error
            yield Refusal(make_rejects(file.name, 0, str(error)))
            continue
        read += 1
        yield from raws
    if first_error and not read:
        raise first_error


def _experiment(file: SourceFile, mapping: ReadingsMap) -> list[Raw]:
    held = read_file(file, Dialect(separator=";", text=("datetime",)))
    need_columns(file.name, held.frame, ["datetime", *mapping.sensors], ";")
    folder, _, stem = file.url.removesuffix(".csv").rpartition("/")
    mode = folder.rpartition("/")[2]
    asset = stem if stem == mode else f"{mode}-{stem}"
    raws: list[Raw] = [RawReadings(file.name, held.frame, mapping, asset)]
    if len(held.rejects):
        raws.append(Refusal(held.rejects))
    if "anomaly" in held.frame.columns:
        intervals = _intervals(held.frame).assign(asset=asset, failure_mode=mode, item=mode)
        log = LAYOUT_EVENTS.model_copy(update={"timezone": "UTC"})
        raws.append(RawEvents(file.name, intervals, log))
    return raws


def _intervals(frame: pd.DataFrame) -> pd.DataFrame:
    faulty = pd.to_numeric(frame["anomaly"], errors="coerce") > 0
    run = (faulty != faulty.shift()).cumsum()[faulty]
    ends = frame["datetime"][faulty].groupby(run).agg(["first", "last"])
    named = ends.rename(columns={"first": "time", "last": "end"}).reset_index(drop=True)
    return named.assign(kind="fault", code="anomaly")
