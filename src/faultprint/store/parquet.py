"""Tables as Parquet files, in the layout that every stage reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faultprint import tables as schema
from faultprint.errors import StoreError, listed
from faultprint.store.folders import staged_file

READINGS = "readings"
"""Folder of the readings, partitioned by equipment class and asset."""

_CLASS, _ASSET, _PART = "equipment_class=", "asset=", "part-0.parquet"


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert to Arrow without the metadata of pandas, which would change with its version."""
    zoned = [n for n in frame.columns if isinstance(frame[n].dtype, pd.DatetimeTZDtype)]
    # pyarrow takes zoned times in a way that pandas is about to drop, so they go in as UTC.
    plain = frame.assign(**{name: frame[name].dt.tz_convert(None) for name in zoned})
    table = pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    for name in zoned:
        place = table.schema.get_field_index(name)
        utc = table.column(place).cast(pa.timestamp(frame[name].dt.unit, tz="UTC"))
        table = table.set_column(place, name, utc)
    for name in [n for n in frame.columns if frame[n].dtype == object]:  # lists of numbers
        rows = pa.array(list(frame[name]), type=pa.list_(pa.float64()))
        table = table.set_column(table.column_names.index(name), name, rows)
    return table


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table to one Parquet file: the old file or the whole new one, nothing in between.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows; the index is not kept.
    path : Path
        The file; its folder is made when missing.

    Notes
    -----
    A full disk is a :class:`StoreError`; the file that stood there before is untouched. Floats are
    stored BYTE_STREAM_SPLIT + LZ4, which reads about twice as fast as the default.
    """
    table = _arrow(frame)
    floats = {field.name for field in table.schema if pa.types.is_floating(field.type)}
    with staged_file(path) as stream:
        pq.write_table(
            table,
            stream,
            compression="lz4",
            use_dictionary=[name for name in table.column_names if name not in floats],
            column_encoding=dict.fromkeys(sorted(floats), "BYTE_STREAM_SPLIT"),
        )


def read_parquet(path: Path) -> pd.DataFrame:
    """Read one Parquet file that Faultprint wrote.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    pandas.DataFrame
        The rows as they were written.

    Raises
    ------
    StoreError
        If it is missing, truncated or not Parquet.
    """
    try:
        # ParquetFile, not read_table: that one would add columns from the folders' names.
        with pq.ParquetFile(path) as file:
            frame: pd.DataFrame = file.read().to_pandas()
    except FileNotFoundError as error:
        raise StoreError.because(
            f"no file {str(path)!r}", "a table made by an earlier stage", "run that stage first"
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise StoreError.because(
            f"{str(path)!r}, which cannot be read ({str(error)[:120]})",
            "a whole Parquet file",
            "delete it and run the stage that makes it again",
        ) from error
    return frame


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each table to ``<folder>/<name>.parquet``.

    Parameters
    ----------
    folder : Path
        Where to; made when missing.
    tables : Mapping[str, pandas.DataFrame]
        Name -> rows.
    """
    for name, frame in tables.items():
        write_parquet(frame, folder / f"{name}.parquet")


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read the table ``<folder>/<name>.parquet``.

    Parameters
    ----------
    folder : Path
        A folder of tables.
    name : str
        Name of the table, e.g. ``'events'``.

    Returns
    -------
    pandas.DataFrame
        Its rows; of a boundary table with all its named columns. Columns that came after the rows
        were written are filled in.
    """
    frame = read_parquet(folder / f"{name}.parquet")
    if name not in schema.TABLES:
        return frame
    return schema.check_columns(name, schema.completed(name, frame))


def readings_path(folder: Path, equipment_class: str, asset: str) -> Path:
    """Name the file that holds the readings of one asset.

    Parameters
    ----------
    folder : Path
        A folder of tables.
    equipment_class : str
        Equipment class.
    asset : str
        Asset; any text, it is quoted.

    Returns
    -------
    Path
        ``readings/equipment_class=<class>/asset=<asset>/part-0.parquet`` below the folder.
    """
    branch = _CLASS + quote(equipment_class, safe=""), _ASSET + quote(asset, safe="")
    return folder.joinpath(READINGS, *branch, _PART)


def write_readings(folder: Path, equipment_class: str, readings: pd.DataFrame) -> None:
    """Write the readings of one asset to their partition.

    Parameters
    ----------
    folder : Path
        A folder of tables.
    equipment_class : str
        Equipment class of the asset.
    readings : pandas.DataFrame
        Rows of the table ``readings`` of exactly one asset.

    Raises
    ------
    StoreError
        If there are none, or of several assets.
    """
    assets = readings["asset"].unique()
    if len(assets) != 1:
        raise StoreError.because(
            f"readings of {len(assets)} assets: {listed(assets)}",
            "the rows of one asset",
            "write one partition an asset",
        )
    path = readings_path(folder, equipment_class, assets[0])
    write_parquet(readings.drop(columns="asset"), path)


def list_assets(folder: Path) -> list[tuple[str, str]]:
    """List the assets that have readings.

    Parameters
    ----------
    folder : Path
        A folder of tables.

    Returns
    -------
    list[tuple[str, str]]
        (equipment class, asset), sorted.

    Raises
    ------
    StoreError
        If there is none.
    """
    found = sorted(
        (unquote(path.parts[-3][len(_CLASS) :]), unquote(path.parts[-2][len(_ASSET) :]))
        for path in (folder / READINGS).glob(f"{_CLASS}*/{_ASSET}*/{_PART}")
    )
    if not found:
        raise StoreError.because(
            f"no readings in {str(folder / READINGS)!r}",
            f"a file {_CLASS}.../{_ASSET}.../{_PART} for each asset",
            "run the ingest stage first",
        )
    return found


def read_readings(folder: Path, equipment_class: str, asset: str) -> pd.DataFrame:
    """Read the readings of one asset.

    Parameters
    ----------
    folder : Path
        A folder of tables.
    equipment_class : str
        Its equipment class.
    asset : str
        The asset.

    Returns
    -------
    pandas.DataFrame
        Rows of the table ``readings``, sorted by time.
    """
    frame = read_parquet(readings_path(folder, equipment_class, asset))
    frame.insert(0, "asset", pd.Series(asset, index=frame.index, dtype="str"))
    return schema.check_columns("readings", frame)
