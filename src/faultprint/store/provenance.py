"""Where results come from: fingerprints of data, code and parameters."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from faultprint.errors import StoreError, listed
from faultprint.store.parquet import READINGS, read_table

_PIECE = 1 << 20
UNKNOWN = "unknown"


def file_sha256(path: Path) -> str:
    """Compute the sha256 of a file, in pieces.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        raise StoreError.because(
            f"{error.strerror} reading {path}", "a file that can be read", "see that it is there"
        ) from error
    return digest.hexdigest()


def data_sha256(*places: Path) -> str:
    """Compute the sha256 of files and folders: their names below each place, and their content.

    Parameters
    ----------
    *places : Path
        Files or folders; hidden files and folders do not count.

    Returns
    -------
    str
        64 hexadecimal digits; equal wherever the places lie and in whatever order files are listed.

    Raises
    ------
    StoreError
        If a place is missing.
    """
    entries: list[tuple[int, str, str]] = []
    for number, place in enumerate(places):
        if not place.exists():
            raise StoreError.because(
                f"no file or folder {place}", "data to fingerprint", "run the stage that makes it"
            )
        for file in _visible(place):
            name = file.relative_to(place).as_posix() if place.is_dir() else place.name
            entries.append((number, name, file_sha256(file)))
    return _digest(sorted(entries))


def tables_sha256(folder: Path) -> str:
    """Compute the sha256 of what the tables of a history say, whatever order it was logged in.

    Parameters
    ----------
    folder : Path
        Folder of ``assets``, ``events`` and ``readings``.

    Returns
    -------
    str
        64 hexadecimal digits. Rows of ``assets`` and ``events`` count in the order of their values;
        ``rejects`` does not count, since it says where in its file a row stood.
    """
    rows = {}
    for name in ("assets", "events"):
        frame = read_table(folder, name)
        ordered = frame.sort_values(list(frame.columns), ignore_index=True)
        rows[name] = hashlib.sha256(ordered.to_csv(index=False).encode()).hexdigest()
    return _digest([rows, data_sha256(folder / READINGS)])


def code_sha256(*places: str) -> str:
    """Compute the sha256 of sources of this package.

    Parameters
    ----------
    *places : str
        Modules and folders of the package, like ``'signal'`` or ``'serve/score.py'``; the whole
        package if none is named.

    Returns
    -------
    str
        64 hexadecimal digits, over every ``.py`` and template file; the same installed or not.

    Raises
    ------
    StoreError
        If a place does not exist.
    """
    root = Path(str(resources.files("faultprint")))
    missing = [place for place in places if not (root / place).exists()]
    if missing:
        raise StoreError.because(
            f"no {listed(missing)} in the package", "modules that are there", "mend the list"
        )
    kept = {".py", ".j2"}
    entries = [
        (file.relative_to(root).as_posix(), file_sha256(file))
        for place in places or (".",)
        for file in _visible(root / place)
        if file.suffix in kept
    ]
    return _digest(sorted(entries))


def params_sha256(params: Mapping[str, Any]) -> str:
    """Compute the sha256 of parameters, by their meaning.

    Parameters
    ----------
    params : Mapping[str, Any]
        Nested plain data, e.g. ``settings.model_dump(mode="json")``.

    Returns
    -------
    str
        64 hexadecimal digits; the order of keys does not count.

    Raises
    ------
    StoreError
        If they hold what JSON cannot say.
    """
    try:
        return _digest(params)
    except (TypeError, ValueError) as error:
        raise StoreError.because(
            f"parameters that are not JSON ({error})",
            "text, finite numbers, lists and objects",
            "dump the settings with mode='json'",
        ) from error


def code_commit(folder: Path) -> str:
    """Name the commit of the code, and whether it was changed since.

    Parameters
    ----------
    folder : Path
        Folder in a git repository.

    Returns
    -------
    str
        40 hexadecimal digits, with ``+changed`` where tracked files differ; ``unknown`` where
        there is no repository, no commit yet, or no git.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN
    return f"{commit}+changed" if _git(folder, "status", "--porcelain", "-uno") else commit


def _git(folder: Path, *words: str) -> str | None:
    calm = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # looking must not write to the index
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program and fixed words
            ["git", "-C", str(folder), *words],  # noqa: S607 - git is where the user has it
            capture_output=True, text=True, timeout=30, env=calm, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _visible(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return [
        file
        for file in sorted(place.rglob("*"))
        if file.is_file()
        and not any(name.startswith(".") for name in file.relative_to(place).parts)
    ]


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
