"""What boundary tables are made of: columns, their kinds, and the words they may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "time", "float", "int", "flag", "json", "floats"]

UTC_TIME = "datetime64[ns, UTC]"
"""Every instant in every table: nanoseconds, UTC."""

DTYPES: dict[Kind, str] = {
    "text": "str",
    "json": "str",
    "time": UTC_TIME,
    "float": "float64",
    "int": "int64",
    "flag": "bool",
    "floats": "object",
}
"""Kind of a column -> its dtype in pandas."""

EVENT_KINDS = ("failure", "maintenance", "error", "inspection", "restart", "fault")
"""``fault`` is a labelled interval (time to end) in which the equipment was known to be faulty."""

VERDICTS = ("healthy", "known", "ambiguous", "deviation", "not_evaluable")

GROUP_CUTS = ("setting", "known faults", "usual")
"""Where the distance comes from up to which unknown incidents are joined."""

SENSOR_FAULTS = (
    "missing",
    "out_of_range",
    "stuck",
    "spiking",
    "too_fast",
    "noise_burst",
    "noise_collapse",
    "drift",
)
"""What can be wrong with a sensor, in the order in which one of several is named."""

QUALITY = {
    "good": 0,
    "missing": 1,
    "invalid": 2,
    "out_of_range": 3,
    "stuck": 4,
    "spike": 5,
}
"""Quality flag of a value in ``readings``; only good values reach a descriptor."""

QUALITY_SUFFIX = "__quality"
"""``<sensor>__quality`` stands beside ``<sensor>`` in ``readings``."""


@dataclass(frozen=True)
class Column:
    """One column of a boundary table."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    before: str | bool | None = None
    """What rows say that were written before the column was there; None: it always was."""


@dataclass(frozen=True)
class Table:
    """One boundary table: what a row says, its key and its columns."""

    name: str
    says: str
    made_by: str
    iso: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    further: str = ""
    """What the columns beyond the named ones are, e.g. one per sensor; empty: there are none."""


ASSET = Column("asset", "text", "name of the asset")
"""Which equipment a row speaks of."""
CLASS = Column("equipment_class", "text", "equipment class")
"""What equipment that is."""
END = Column("end", "time", "instant the window ends; nothing later was used")
"""Which window a row speaks of."""
RELEASE = Column("release", "text", "release that scored it, as version+content hash")
"""Who says it."""
SAID = (
    Column("verdict", "text", "verdict", allowed=VERDICTS),
    Column("failure_mode", "text", "most likely failure mode; empty if none"),
    Column("signature", "text", "identity and version of its signature; empty if none"),
)
"""What a diagnosis says, and the incident that it is part of."""
