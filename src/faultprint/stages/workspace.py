"""Where the stages of one project folder read and write."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from faultprint.config import Settings
from faultprint.errors import ConfigError, StoreError, listed
from faultprint.store import provenance
from faultprint.store.folders import write_text
from faultprint.store.parquet import read_parquet
from faultprint.tables import check_columns


@dataclass(frozen=True)
class Workspace:
    """The folders of one project; every stage gets its paths from here.

    Examples
    --------
    >>> Workspace(Path("plant")).tables.as_posix()
    'plant/data/tables'
    """

    root: Path

    @property
    def raw(self) -> Path:
        """What the plant exported (or the simulator wrote)."""
        return self.root / "data" / "raw"

    @property
    def truth(self) -> Path:
        """The simulator's truth; only judging may look at it."""
        return self.root / "data" / "truth"

    @property
    def tables(self) -> Path:
        """``assets``, ``readings``, ``events``, ``rejects``."""
        return self.root / "data" / "tables"

    @property
    def windows(self) -> Path:
        """Labelled windows, one file per equipment class."""
        return self.root / "data" / "windows"

    @property
    def expected(self) -> Path:
        """Twins, residuals and the split, one folder per equipment class."""
        return self.root / "data" / "expected"

    @property
    def candidate(self) -> Path:
        """The bundle that was learnt and not yet published."""
        return self.root / "models" / "candidate"

    @property
    def release(self) -> Path:
        """The export of the current release: all that scoring loads."""
        return self.root / "models" / "release"

    @property
    def fixtures(self) -> Path:
        """Test cases of signatures."""
        return self.root / "models" / "fixtures"

    @property
    def results(self) -> Path:
        """``states``, ``diagnoses``, ``incidents``, ``residuals`` of scoring."""
        return self.root / "results"

    @property
    def replays(self) -> Path:
        """What releases say of the whole history, kept by content; may be removed at any time."""
        return self.root / "build" / "replay"

    @property
    def metrics(self) -> Path:
        """Numbers by event, JSON."""
        return self.root / "metrics"

    @property
    def plots(self) -> Path:
        """Curves as CSV, which ``dvc plots`` draws."""
        return self.root / "plots"

    @property
    def reports(self) -> Path:
        """Pages for people."""
        return self.root / "reports"


def read_frames(folder: Path, further: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """Read a folder of one Parquet file per equipment class.

    Parameters
    ----------
    folder : Path
        The folder; its name is that of the table.
    further : tuple[str, ...], default ()
        Columns that must be there beyond the table's named ones.

    Returns
    -------
    dict[str, pd.DataFrame]
        Equipment class -> rows, sorted by class.

    Raises
    ------
    StoreError
        If there is none.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise StoreError.because(
            f"no Parquet file in {str(folder)!r}",
            "one per equipment class",
            "run the stage that makes them first",
        )
    return {p.stem: check_columns(folder.name, read_parquet(p), further) for p in files}


def check_classes(settings: Settings, *tables: Collection[str]) -> None:
    """Check that tables of an earlier stage are of equipment classes that the settings describe.

    Parameters
    ----------
    settings : Settings
        Settings.
    *tables : Collection[str]
        Equipment classes that each of them has.

    Raises
    ------
    ConfigError
        If the settings do not know one.
    StoreError
        If one table lacks a class that another has.
    """
    every = sorted(set().union(*tables))
    for name in every:
        if name not in settings.equipment:
            raise ConfigError.unknown("equipment class", name, list(settings.equipment))
    missing = sorted({name for name in every for table in tables if name not in table})
    if missing:
        raise StoreError.because(
            f"no file of {listed(missing)} in one of the folders of an earlier stage",
            f"one of each equipment class: {listed(every)}",
            "run the stage that makes them again",
        )


def read_json(path: Path) -> Any:
    """Read numbers that an earlier stage wrote.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Any
        Plain data.

    Raises
    ------
    StoreError
        If it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError.because(
            f"{str(path)!r}, which cannot be read ({str(error)[:120]})",
            "JSON made by an earlier stage",
            "run that stage again",
        ) from error


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write numbers for people and for ``dvc metrics``.

    Parameters
    ----------
    path : Path
        The file; replaced in one step.
    data : dict[str, Any]
        Plain data.
    """
    write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", path)


def expert_places(settings: Settings, root: Path) -> tuple[Path, Path]:
    """Say where experts write rules and opinions; ``expert`` in the settings alone decides it.

    Parameters
    ----------
    settings : Settings
        Settings.
    root : Path
        Folder of the workspace, from which relative places start.

    Returns
    -------
    tuple[Path, Path]
        Folder of rules and file of opinions; neither need be there.
    """
    return root / settings.expert.rules, root / settings.expert.opinions


def expert_sha256(settings: Settings, root: Path) -> str:
    """Compute the sha256 of what experts wrote.

    Parameters
    ----------
    settings : Settings
        Settings.
    root : Path
        Folder of the workspace.

    Returns
    -------
    str
        64 hexadecimal digits; empty if there is nothing.
    """
    places = [
        place
        for place in expert_places(settings, root)
        if place.is_file() or (place.is_dir() and any(place.iterdir()))
    ]
    return provenance.data_sha256(*places) if places else ""
