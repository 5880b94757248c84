"""What the service answers from: the current release and the latest results, without restarts."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pandas as pd

from faultprint.errors import FaultprintError, ReleaseError, StoreError
from faultprint.serve.score import Scorer
from faultprint.store.parquet import read_table

Fingerprint = tuple[int, int, int, int] | None
"""Device, inode, time of change [ns] and size of a file; None if there is none."""

AGAIN_AFTER = 5.0
"""Seconds before a release that could not be loaded is tried again, if it did not change."""

RESULTS = ("states", "diagnoses", "incidents")


def fingerprint(path: Path) -> Fingerprint:
    """Tell whether a file is still the same, without reading it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Fingerprint
        Equal for the same file; None if it cannot be seen.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


class CurrentRelease:
    """The release in a folder, verified and loaded; follows the folder when it is replaced.

    A folder that breaks its manifest never replaces what was loaded before.

    Parameters
    ----------
    folder : Path
        Export directory of a release; it is looked at when a scorer is asked for.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._scorer: Scorer | None = None
        self._seen: Fingerprint = None
        self._tried_at = float("-inf")
        self.problem: FaultprintError | None = None
        """Why what the folder holds now could not be loaded; None if it is what is used."""

    def scorer(self) -> Scorer:
        """Return the scorer of the current release, after looking whether it changed.

        Returns
        -------
        Scorer
            Of the newest release that could be verified.

        Raises
        ------
        ReleaseError
            If none could be loaded so far.
        """
        if self._is_due() and self._lock.acquire(blocking=self._scorer is None):
            try:
                if self._is_due():  # another thread may have loaded it meanwhile
                    self._load()
            finally:
                self._lock.release()
        scorer = self._scorer
        if scorer is None:
            raise self.problem or ReleaseError.because(
                "no release", f"one in {self._folder}", "publish one"
            )
        return scorer

    def _is_due(self) -> bool:
        if fingerprint(self._folder / "manifest.json") != self._seen:
            return True
        waited = time.monotonic() - self._tried_at
        return (self._scorer is None or self.problem is not None) and waited >= AGAIN_AFTER

    def _load(self) -> None:
        seen = fingerprint(self._folder / "manifest.json")
        try:
            self._scorer = Scorer.load(self._folder)
            self.problem = None
        except FaultprintError as error:
            self.problem = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the old release goes on
            self.problem = ReleaseError.because(
                f"a release in {self._folder} that cannot be used: {error!r}",
                "one made by this version of Faultprint",
                "publish it again with this version",
            )
        self._seen, self._tried_at = seen, time.monotonic()


class LatestResults:
    """The tables that batch scoring wrote last.

    Parameters
    ----------
    folder : Path | None
        Folder of results, or None if there is no batch scoring.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: Fingerprint = None
        self._tables: dict[str, pd.DataFrame] = {}

    def read(self) -> dict[str, pd.DataFrame]:
        """Return the tables, read again only if they were written again.

        Returns
        -------
        dict[str, pandas.DataFrame]
            ``states``, ``diagnoses`` and ``incidents`` of one scoring.

        Raises
        ------
        StoreError
            If there are no results, or they are replaced faster than they can be read.
        """
        if self._folder is None:
            raise StoreError.because(
                "a service without a folder of results",
                "one that was started with the results of batch scoring",
                "start it with --results, or score the asset's readings with POST /score",
            )
        mark = self._folder / f"{RESULTS[0]}.parquet"
        with self._lock:
            for _ in range(3):
                seen = fingerprint(mark)
                if seen is not None and seen == self._seen:
                    return self._tables
                found = {name: read_table(self._folder, name) for name in RESULTS}
                if fingerprint(mark) == seen:  # the folder was not replaced while it was read
                    self._seen, self._tables = seen, found
        raise StoreError.because(
            f"results in {self._folder} that change while they are read",
            "results that stay for a second",
            "ask again",
        )
