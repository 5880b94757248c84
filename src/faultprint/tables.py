"""The boundary tables: one schema each, checked by one function that reports every violation.

Longer than other modules on purpose: the tables are the project's vocabulary and stand together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from faultprint.errors import TableError, listed

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

Kind = Literal["text", "time", "float", "int", "flag", "json", "floats"]

UTC_TIME = "datetime64[ns, UTC]"
"""Every instant in every table: nanoseconds, UTC."""

_DTYPES: dict[Kind, str] = {
    "text": "str",
    "json": "str",
    "time": UTC_TIME,
    "float": "float64",
    "int": "int64",
    "flag": "bool",
    "floats": "object",
}

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


_ASSET = Column("asset", "text", "name of the asset")
_CLASS = Column("equipment_class", "text", "equipment class")
_END = Column("end", "time", "instant the window ends; nothing later was used")
_RELEASE = Column("release", "text", "release that scored it, as version+content hash")
_SAID = (
    Column("verdict", "text", "verdict", allowed=VERDICTS),
    Column("failure_mode", "text", "most likely failure mode; empty if none"),
    Column("signature", "text", "identity and version of its signature; empty if none"),
)
"""What a diagnosis says, and the incident that it is part of."""

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "assets",
            "an equipment and what is known of it",
            "store.sources",
            "DA",
            ("asset",),
            (
                _ASSET,
                Column("equipment_class", "text", "class that shares sensors and signatures"),
                Column("attributes", "json", "further attributes, canonical JSON object"),
            ),
        ),
        Table(
            "readings",
            "sensor values at an instant, with a quality flag per value",
            "store.sources",
            "DA",
            ("asset", "time"),
            (
                _ASSET,
                Column("time", "time", "instant of the reading"),
                Column("segment", "int", "cycle or recording it belongs to; -1: none"),
            ),
            "`<sensor>` (float64, in the sensor's unit, NaN where not sampled) and "
            "`<sensor>__quality` (uint8, see QUALITY)",
        ),
        Table(
            "events",
            "something that happened to an asset",
            "store.sources",
            "DA",
            ("asset", "time", "kind", "code"),
            (
                _ASSET,
                Column("time", "time", "when it happened or was logged"),
                Column("end", "time", "end of an interval", nullable=True),
                Column("kind", "text", "kind of event", allowed=EVENT_KINDS),
                Column("code", "text", "the plant's code or word; empty if none"),
                Column("failure_mode", "text", "failure mode where known; empty if not"),
                Column("item", "text", "maintainable item where known; empty if not"),
                Column("onset_earliest", "time", "earliest onset of the fault", nullable=True),
                Column("onset_latest", "time", "latest onset of the fault", nullable=True),
                Column("text", "text", "free text of the log; empty if none"),
            ),
        ),
        Table(
            "rejects",
            "something refused at the door, with the reason",
            "store.sources",
            "DA",
            ("source", "row"),
            (
                Column("source", "text", "file or query it came from"),
                Column("row", "int", "data row in the source, counted from 1; 0: the whole source"),
                Column("asset", "text", "asset, if it could be read; empty if not"),
                Column("field", "text", "column at fault; empty for the whole row"),
                Column("value", "text", "what stood there, as text"),
                Column("reason", "text", "why it was refused"),
            ),
        ),
        Table(
            "windows",
            "descriptors of one causal window",
            "signal",
            "DM",
            ("asset", "end"),
            (
                _ASSET,
                _CLASS,
                Column("start", "time", "start of the window (exclusive)"),
                _END,
                Column("run", "int", "unbroken stretch of the asset's history it lies in"),
                Column("rows", "int", "readings in the window, while running"),
                Column("coverage", "float", "share of the window covered by good readings", "1"),
                Column("reason", "text", "why it cannot be evaluated; empty if it can"),
            ),
            "one float64 column per descriptor, named `<source>.<descriptor>`; `distrusted` "
            "(text) names the sensors that were not believed, `suspected` those that no diagnosis "
            "may rest on alone; after labelling also `label` (failure modes joined by `|`, "
            "`healthy`, or empty) and `use` (why the window is or is not learnt from)",
        ),
        Table(
            "sensor_health",
            "a time in which a sensor was not believed, or walked away alone",
            "state",
            "SD",
            ("asset", "sensor", "kind", "since"),
            (
                _ASSET,
                Column("sensor", "text", "sensor"),
                Column("kind", "text", "what was wrong with it", allowed=SENSOR_FAULTS),
                Column("since", "time", "instant from which it was bad"),
                Column(
                    "until",
                    "time",
                    "instant from which it was trusted again; missing: still bad",
                    nullable=True,
                ),
                Column("evidence", "text", "what speaks for it, in words", before=""),
                _RELEASE,
            ),
        ),
        Table(
            "residuals",
            "expected and observed reading of one sensor in one window",
            "twin",
            "SD",
            ("asset", "end", "sensor"),
            (
                _ASSET,
                _END,
                Column("sensor", "text", "sensor"),
                Column("observed", "float", "mean of the window", "sensor's unit", nullable=True),
                Column(
                    "expected",
                    "float",
                    "expected for healthy equipment under these conditions",
                    "sensor's unit",
                    nullable=True,
                ),
                Column(
                    "deviance", "float", "(observed - expected) / healthy scale", "1", nullable=True
                ),
                Column(
                    "baseline",
                    "text",
                    "asset: own history; class: of the equipment class",
                    allowed=("asset", "class"),
                ),
            ),
        ),
        Table(
            "states",
            "whether the equipment behaves as healthy equipment does",
            "state",
            "SD",
            ("asset", "end"),
            (
                _ASSET,
                _END,
                Column("p_value", "float", "p-value against healthy", "1", nullable=True),
                Column(
                    "limit",
                    "float",
                    "p-value below which the window is abnormal",
                    "1",
                    nullable=True,
                ),
                Column("alarm", "flag", "abnormal for at least the on-delay, not yet cleared"),
                Column(
                    "by_rule",
                    "flag",
                    "abnormal since an expert's rule holds, whatever p is",
                    before=False,
                ),
                Column("reason", "text", "why it was not evaluated; empty if it was"),
                _RELEASE,
            ),
        ),
        Table(
            "diagnoses",
            "what a window says about the equipment",
            "faults",
            "HA",
            ("asset", "end"),
            (
                _ASSET,
                _CLASS,
                _END,
                *_SAID,
                Column(
                    "candidates",
                    "json",
                    "failure mode not struck off -> p-value, null by rule; "
                    "``sensor:<name>`` it rests on -> null",
                ),
                Column(
                    "also",
                    "json",
                    "further failure mode at the same time -> its p-value",
                    before="{}",
                ),
                Column("p_values", "json", "failure mode or healthy -> p-value; null: not judged"),
                Column("evidence", "json", "descriptors for and against, rules; observed, unit"),
                Column("reason", "text", "why it, or a fault in it, was not judged; else empty"),
                _RELEASE,
            ),
        ),
        Table(
            "incidents",
            "consecutive diagnoses of one asset that belong together",
            "state.alarms",
            "HA",
            ("incident",),
            (
                Column("incident", "text", "identity: the same input gives the same"),
                _ASSET,
                _CLASS,
                Column("opened", "time", "when the on-delay had passed"),
                Column("first_seen", "time", "first abnormal window"),
                Column(
                    "cleared",
                    "time",
                    "when the off-delay had passed; missing: still open",
                    nullable=True,
                ),
                *_SAID,
                Column("windows", "int", "abnormal windows in it"),
                Column("p_value", "float", "smallest p-value against healthy", "1"),
                Column("evidence", "json", "evidence of its most abnormal window"),
                _RELEASE,
            ),
        ),
        Table(
            "incident_windows",
            "what an abnormal window looked like to the model that judged it",
            "stages.pictures",
            "HA",
            ("asset", "end", "incident", "release"),
            (
                Column("incident", "text", "incident it belongs to; empty while to none"),
                _ASSET,
                _CLASS,
                _END,
                Column("values", "floats", "what the model read, one number a feature"),
                Column("features_sha256", "text", "sha256 of the names of these features"),
                _RELEASE,
            ),
        ),
        Table(
            "groups",
            "an unknown incident and the group of incidents that look like it",
            "stages.groups",
            "HA",
            ("incident",),
            (
                Column("incident", "text", "the incident; its verdict is deviation"),
                _ASSET,
                _CLASS,
                Column("first_seen", "time", "first abnormal window"),
                Column("cleared", "time", "when it cleared; missing: still open", nullable=True),
                Column("group", "text", "name of its group, which stays; empty: like no other"),
                Column(
                    "stability",
                    "float",
                    "share of the group that stays together when the grouping is disturbed",
                    "1",
                    nullable=True,
                ),
                Column("cut", "float", "distance up to which incidents were joined", "1"),
                Column("basis", "text", "where the cut comes from", allowed=GROUP_CUTS),
                _RELEASE,
            ),
        ),
        Table(
            "conflicts",
            "a window about which scoring would say something else now than it said",
            "stages.additions",
            "HA",
            ("asset", "end", "release"),
            (
                _ASSET,
                _END,
                _RELEASE,
                Column("verdict_held", "text", "verdict that stands", allowed=VERDICTS),
                Column("verdict_now", "text", "verdict when last scored; empty: no such window"),
                Column("differs", "text", "tables that differ, joined by commas"),
            ),
        ),
    )
}


def table(name: str) -> Table:
    """Look up a boundary table.

    Parameters
    ----------
    name : str
        Its name, e.g. ``'readings'``.

    Returns
    -------
    Table
        Its description.

    Raises
    ------
    TableError
        If there is no such table.
    """
    if name not in TABLES:
        raise TableError.unknown("table", name, list(TABLES))
    return TABLES[name]


def empty(name: str) -> pd.DataFrame:
    """Make a table with its named columns and no rows.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    pandas.DataFrame
        No rows, every named column with its dtype.
    """
    import pandas as pd

    return pd.DataFrame({c.name: pd.Series([], dtype=_DTYPES[c.kind]) for c in table(name).columns})


def check_columns(name: str, frame: pd.DataFrame, further: tuple[str, ...] = ()) -> pd.DataFrame:
    """Check that a table has its named columns; :func:`check` looks at the rows too, and is slow.

    Parameters
    ----------
    name : str
        Name of the table.
    frame : pandas.DataFrame
        The rows.
    further : tuple[str, ...], default ()
        Columns that the reader needs beyond those.

    Returns
    -------
    pandas.DataFrame
        The same frame.

    Raises
    ------
    TableError
        If a column is missing.
    """
    named = [*(c.name for c in table(name).columns), *further]
    missing = [column for column in named if column not in frame.columns]
    if missing:
        raise TableError.because(
            f"a table {name!r} without {listed(missing)}",
            f"the columns {listed(named, 20)}",
            "run the stage that makes it again with this version of Faultprint",
        )
    return frame


def completed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows that were written by an earlier version the columns that came later.

    Parameters
    ----------
    name : str
        Name of the table.
    frame : pandas.DataFrame
        The rows.

    Returns
    -------
    pandas.DataFrame
        With every column that has a value for rows from before it; the same frame if none lacks.
    """
    later = {c: c.before for c in table(name).columns if c.before is not None}
    lost = [c for c in later if c.name not in frame.columns]
    if not lost:
        return frame
    filled = frame.assign(**{c.name: c.before for c in lost})
    return filled.astype({c.name: _DTYPES[c.kind] for c in lost})


def _schema(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            c.name: pa.Column(
                _DTYPES[c.kind],
                nullable=c.nullable,
                checks=[pa.Check.isin(list(c.allowed))] if c.allowed else None,
            )
            for c in spec.columns
        },
        unique=list(spec.key) if spec.name not in {"events", "rejects"} else None,
        strict=not spec.further,
    )


def check(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Check a table against its schema.

    Parameters
    ----------
    name : str
        Name of the table.
    frame : pandas.DataFrame
        The rows.

    Returns
    -------
    pandas.DataFrame
        The same frame.

    Raises
    ------
    TableError
        If a column is missing, of the wrong dtype, null or outside its allowed values, or if the
        key repeats; every violation is listed.
    """
    from pandera.errors import SchemaErrors

    spec = table(name)
    try:
        _schema(spec).validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        said = [
            f"{column or 'table'}: {rule} ({group['failure_case'].iloc[0]}"
            f"{f', {len(group)} times' if len(group) > 1 else ''})"
            for (column, rule), group in cases.fillna({"column": ""}).groupby(
                ["column", "check"], sort=False
            )
        ]
        raise TableError.because(
            f"a table {name!r} with {len(said)} violations: {'; '.join(said[:10])}",
            f"the columns {listed([c.name for c in spec.columns], 20)}, key {spec.key}",
            "mend what made the table, or see the reference of the tables",
        ) from error
    return frame
