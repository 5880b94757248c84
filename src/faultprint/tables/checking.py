"""Every boundary table by its name, and one function that reports every violation of its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultprint.errors import TableError, listed
from faultprint.tables.incidents import INCIDENTS
from faultprint.tables.judged import JUDGED
from faultprint.tables.observed import OBSERVED
from faultprint.tables.vocabulary import DTYPES, Table

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

TABLES: dict[str, Table] = {table.name: table for table in (*OBSERVED, *JUDGED, *INCIDENTS)}
"""Name -> boundary table."""


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

    return pd.DataFrame({c.name: pd.Series([], dtype=DTYPES[c.kind]) for c in table(name).columns})


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
    return filled.astype({c.name: DTYPES[c.kind] for c in lost})


def _schema(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            c.name: pa.Column(
                DTYPES[c.kind],
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
