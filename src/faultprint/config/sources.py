"""Settings of sources: how the files and queries of a plant are laid out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from faultprint.config.strict import Duration, Strict, read_duration

ELAPSED = "elapsed "
"""Begins the format of a column that counts steps; how long a step is follows."""


def _time_format(value: str) -> str:
    if value.startswith(ELAPSED.strip()) and not value.startswith(ELAPSED):
        raise ValueError(f"say how long a step is, like 'elapsed 3min', not {value!r}")
    if value.startswith(ELAPSED) and not read_duration(value.removeprefix(ELAPSED)):
        raise ValueError(f"a step cannot be of no length: {value!r}")
    return value


TimeFormat = Annotated[str, AfterValidator(_time_format)]
"""How an instant is written."""


class SensorColumn(Strict):
    """Where a sensor stands in a file."""

    sensor: str
    """Sensor of the equipment class."""
    unit: str | None = None
    """Unit in the file; the sensor's own when left out."""


class ReadingsMap(Strict):
    """How one kind of readings file (or query) is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path; the source's ``url`` is the SQLAlchemy URL."""
    equipment_class: str | None = None
    """Equipment class of its assets; else as in the asset register."""
    asset: str | None = None
    """Column that names the asset."""
    asset_from: str | None = None
    """Regular expression with a group ``asset``, matched against the file's name."""
    time: str = "time"
    """Column of the instant."""
    time_format: TimeFormat = "ISO8601"
    """``ISO8601``, a strptime format, ``epoch_s``, ``epoch_ms``, or, where rows are numbered and
    not dated, ``elapsed 3min``: the column counts steps of so long from a beginning that nobody
    knows, which is put at the start of 2000."""
    timezone: str | None = None
    """IANA zone of times written without one; without it such times are an error."""
    known_after: Duration = timedelta(0)
    """From the time a row is named by to when its values are known. The mean of a day is often
    named by the beginning of the day: read so, it would tell of hours that are still to come."""
    separator: str = ","
    """Between two columns of a CSV."""
    decimal: str = "."
    """Decimal mark of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    form: Literal["wide", "long"] = "wide"
    """``wide``: a column per sensor; ``long``: a row per sensor and instant."""
    sensors: dict[str, SensorColumn] = Field(default_factory=dict)
    """Column (wide) or name in ``sensor_column`` (long) -> sensor."""
    sensor_column: str = "sensor"
    """Long form: column that names the sensor."""
    value_column: str = "value"
    """Long form: column of the value."""
    segment: str | None = None
    """Column that numbers cycles or recordings."""


class EventsMap(Strict):
    """How one kind of events file (or query) is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path."""
    asset: str = "asset"
    """Column that names the asset."""
    time: str = "time"
    """Column of the instant."""
    time_format: TimeFormat = "ISO8601"
    """``ISO8601``, a strptime format, ``epoch_s``, ``epoch_ms``, or, where rows are numbered and
    not dated, ``elapsed 3min``: the column counts steps of so long from a beginning that nobody
    knows, which is put at the start of 2000."""
    timezone: str | None = None
    """IANA zone of times written without one."""
    separator: str = ","
    """Between two columns of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    kind: str | None = None
    """Column with the kind; or state ``constant_kind``."""
    constant_kind: str | None = None
    """Kind of every event of the file."""
    kinds: dict[str, str] = Field(default_factory=dict)
    """The plant's words -> failure, maintenance, error, inspection, restart or fault."""
    code: str | None = None
    """Column of the plant's code."""
    failure_mode: str | None = None
    """Column from which the failure mode is read."""
    modes: dict[str, str] = Field(default_factory=dict)
    """The plant's words or codes -> failure mode."""
    item: str | None = None
    """Column from which the maintainable item is read."""
    items: dict[str, str] = Field(default_factory=dict)
    """The plant's words -> maintainable item."""
    end: str | None = None
    """Column of the end of an interval."""
    text: str | None = None
    """Column of free text."""


class AssetsMap(Strict):
    """How the asset register is laid out."""

    path: str | None = None
    """File, folder or glob below the source's path, or any fsspec URL."""
    query: str | None = None
    """SQL instead of a path."""
    asset: str = "asset"
    """Column that names the asset."""
    separator: str = ","
    """Between two columns of a CSV."""
    encoding: str = "utf-8"
    """Encoding of a CSV."""
    equipment_class: str | None = None
    """Column of the equipment class."""
    constant_class: str | None = None
    """Equipment class of every asset of the file."""
    attributes: list[str] = Field(default_factory=list)
    """Columns kept as attributes."""


Layout = Literal["generic", "sql", "azure_pdm", "cmapss", "hydraulic", "skab", "cwru"]


class Source(Strict):
    """Where histories come from."""

    kind: Layout = "generic"
    """``generic`` (files), ``sql``, or a built-in layout of a public data set."""
    path: str = "data/raw"
    """Folder or fsspec URL that paths start from; relative to the project folder."""
    url: str | None = None
    """SQLAlchemy URL for queries."""
    timezone: str | None = None
    """IANA zone of times written without one, for all files that state none."""
    readings: list[ReadingsMap] = Field(default_factory=list)
    """Kinds of readings files."""
    events: list[EventsMap] = Field(default_factory=list)
    """Kinds of events files."""
    assets: list[AssetsMap] = Field(default_factory=list)
    """Asset registers."""
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Choices of a built-in layout, e.g. ``target: valve`` for the hydraulic rig."""
