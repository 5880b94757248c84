"""CSV and Parquet files from any place fsspec reaches, as frames of what stands in them."""

from __future__ import annotations

import csv
import io
import warnings
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faultprint.errors import SourceError, listed
from faultprint.store.sources.raw import make_rejects

SUFFIXES = (".csv", ".txt", ".tsv", ".parquet", ".pq")
PACKED = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    text: tuple[str, ...] = ()
    """Columns that are never numbers; ``*`` for all."""
    header: Sequence[str] | None = None
    """Column names of a file that has no header line."""
    bare: bool = False
    """No header line and no names: columns are numbered."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a source."""

    url: str
    name: str
    """Its path below the source, for messages and ``rejects``."""

    def read_bytes(self) -> bytes:
        """Read it whole, unpacking .gz and the like.

        Returns
        -------
        bytes
            The contents.

        Raises
        ------
        SourceError
            If it cannot be opened or unpacked.
        """
        try:
            with fsspec.open(self.url, "rb", compression="infer") as stream:
                return bytes(stream.read())
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise SourceError.because(
                f"{self.name!r}, which cannot be read ({error})",
                "a whole, readable file",
                "check the path and fetch the file again",
            ) from error


@dataclass(frozen=True)
class FileRead:
    """What stood in a file."""

    frame: pd.DataFrame
    """Rows, labelled 0, 1, 2 ... as they count in the file."""
    rejects: pd.DataFrame = field(default_factory=pd.DataFrame)


def _is_data(path: str) -> bool:
    name = path.rsplit("/", 1)[-1]
    for packed in PACKED:
        name = name.removesuffix(packed)
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "_"))


def join_url(root: str, path: str | None) -> str:
    """Put a path below a root.

    Parameters
    ----------
    root : str
        Folder, file or URL.
    path : str | None
        Relative to it; absolute paths and URLs stand for themselves.

    Returns
    -------
    str
        The path or URL.
    """
    if not path:
        return root
    if "://" in path or path.startswith("/"):
        return path
    return f"{root.rstrip('/')}/{path}"


def list_files(root: str, path: str | None = None) -> list[SourceFile]:
    """List the files of a file, folder or glob.

    Parameters
    ----------
    root : str
        The source's path: a folder, a file or any fsspec URL.
    path : str | None, default None
        File, folder or glob below it.

    Returns
    -------
    list[SourceFile]
        Sorted by name; never empty.

    Raises
    ------
    SourceError
        If there is no such place or no CSV or Parquet file in it.
    """
    url = join_url(root, path)
    try:
        fs, place = fsspec.core.url_to_fs(url)
        _, base = fsspec.core.url_to_fs(root)
        if fs.isfile(place):
            found = [place]
        elif fs.isdir(place):
            found = [name for name in fs.find(place) if _is_data(name)]
        else:
            found = [name for name in fs.glob(place) if fs.isfile(name)]
    except (OSError, ValueError, ImportError) as error:
        raise SourceError.because(
            f"{url!r}, which cannot be reached ({error})",
            "a path, or a URL whose protocol is installed",
            "correct the path of the source",
        ) from error
    if not found:
        raise SourceError.because(
            f"no file at {url!r}",
            f"CSV or Parquet files ({', '.join(SUFFIXES)})",
            "correct the path of the source, or run the stage that makes the files",
        )
    return [
        SourceFile(fs.unstrip_protocol(name), name.removeprefix(base).strip("/") or _last(name))
        for name in sorted(found)
    ]


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def read_file(file: SourceFile, dialect: Dialect = Dialect()) -> FileRead:
    """Read one CSV or Parquet file.

    Parameters
    ----------
    file : SourceFile
        The file.
    dialect : Dialect, default Dialect()
        How a text file is written; Parquet says so itself.

    Returns
    -------
    FileRead
        Its rows; lines that do not fit the header are rejects.

    Raises
    ------
    SourceError
        If it is empty, truncated or not what its name says.
    """
    data = file.read_bytes()
    if not data.strip():
        raise SourceError.because(
            f"the empty file {file.name!r}", "a header and rows", "export it again"
        )
    if file.name.lower().endswith((".parquet", ".pq")):
        return FileRead(_read_parquet(file, data))
    try:
        return _read_csv(file, data, dialect)
    except (UnicodeDecodeError, LookupError) as error:
        raise SourceError.because(
            f"{file.name!r}, which is not {dialect.encoding} text ({error})",
            "text in the encoding the mapping states",
            "state the right `encoding`, e.g. cp1252",
        ) from error
    except (pd.errors.ParserWarning, csv.Error, ValueError) as error:  # ParserError is a ValueError
        raise SourceError.because(
            f"{file.name!r}, which cannot be parsed ({str(error)[:160]})",
            f"a table with the separator {dialect.separator!r}",
            "open the file and check its separator and quotes",
        ) from error


def _read_parquet(file: SourceFile, data: bytes) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.ParquetFile(pa.BufferReader(data)).read().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError.because(
            f"{file.name!r}, which is truncated or not Parquet ({str(error)[:120]})",
            "a whole Parquet file",
            "export or copy it again",
        ) from error
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index() if named else frame.reset_index(drop=True)


def _read_csv(file: SourceFile, data: bytes, dialect: Dialect) -> FileRead:
    every = "*" in dialect.text
    options: dict[str, Any] = {
        "sep": dialect.separator,
        "decimal": dialect.decimal,
        "encoding": dialect.encoding,
        "names": dialect.header,
        "header": None if dialect.header or dialect.bare else 0,
        "dtype": "str" if every else dict.fromkeys(dialect.text, "str"),
        "keep_default_na": not every,
        "low_memory": False,
        "index_col": False,
        "skipinitialspace": True,
    }
    try:
        with warnings.catch_warnings():  # pandas would only warn that it drops fields
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(io.BytesIO(data), **options)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        return _read_ragged(file, data, dialect, error)
    return FileRead(frame.rename(columns=lambda name: str(name).strip()))


def _read_ragged(file: SourceFile, data: bytes, dialect: Dialect, error: Exception) -> FileRead:
    """Read a file in which some lines have more fields than the header; those are rejects."""
    if len(dialect.separator) != 1:
        raise error
    text = io.StringIO(data.decode(dialect.encoding).lstrip("\ufeff"), newline="")
    lines = [line for line in csv.reader(text, delimiter=dialect.separator) if line]
    header = [*dialect.header] if dialect.header else [name.strip() for name in lines.pop(0)]
    width = len(header)
    long = [n for n, line in enumerate(lines) if any(line[width:])]
    if width == 1 or len(long) > len(lines) / 2:
        raise error
    fit = {
        n: (line + [""] * width)[:width] for n, line in enumerate(lines) if not any(line[width:])
    }
    rejects = make_rejects(
        file.name,
        pd.Series(long, dtype="int64") + 1,
        f"more fields than the {width} of the header",
        value=pd.Series([dialect.separator.join(lines[n])[:200] for n in long], dtype="str"),
    )
    kept = pd.DataFrame.from_dict(fit, orient="index", columns=header, dtype="str")
    return FileRead(kept, rejects)


def need_columns(
    source: str, frame: pd.DataFrame, needed: Iterable[str | None], separator: str | None = None
) -> None:
    """Check that a file has the columns without which none of it can be used.

    Parameters
    ----------
    source : str
        Name of the file or query.
    frame : pandas.DataFrame
        Its rows.
    needed : Iterable[str | None]
        Column names; ``None`` is passed over.
    separator : str | None, default None
        Separator it was read with, for the hint.

    Raises
    ------
    SourceError
        If one is missing; a wrong separator is recognised.
    """
    missing = [name for name in needed if name is not None and name not in frame.columns]
    if not missing:
        return
    names = [str(name) for name in frame.columns]
    other = next((s for s in ";\t|," if s != separator and len(names) == 1 and s in names[0]), None)
    do = (
        f"the separator looks like {other!r}: state `separator` in the mapping"
        if other
        else "correct the column names in the mapping"
    )
    raise SourceError.because(
        f"{source!r} with the columns {listed(names, 12)}", f"the columns {listed(missing, 12)}", do
    )
