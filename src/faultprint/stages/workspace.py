"""Where the stages of one project folder read and write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from faultprint.errors import StoreError
from faultprint.store.parquet import read_parquet


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
    def results(self) -> Path:
        """``states``, ``diagnoses``, ``incidents``, ``residuals`` of scoring."""
        return self.root / "results"

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


def read_frames(folder: Path) -> dict[str, pd.DataFrame]:
    """Read a folder of one Parquet file per equipment class.

    Parameters
    ----------
    folder : Path
        The folder.

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
    return {path.stem: read_parquet(path) for path in files}


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write numbers for people and for ``dvc metrics``.

    Parameters
    ----------
    path : Path
        The file; replaced in one step.
    data : dict[str, Any]
        Plain data.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_suffix(".tmp")
    temp.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    temp.replace(path)
