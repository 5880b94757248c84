"""A release by the name that people give it: a version, ``current``, or an exported folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faultprint.errors import ReleaseError
from faultprint.faults.release import Release, release_from_parts
from faultprint.serve.score import Scorer
from faultprint.store.bundle import read_bundle
from faultprint.store.manifest import MANIFEST
from faultprint.store.signature_db import SignatureDatabase

CURRENT = "current"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, eq=False)
class Held:
    """A release with its parts."""

    label: str
    parts: dict[str, bytes]

    @property
    def release(self) -> Release:
        """Read the release from its parts.

        Returns
        -------
        Release
            Ready to judge.
        """
        return release_from_parts(self.parts)

    @property
    def scorer(self) -> Scorer:
        """Make the scorer of the release.

        Returns
        -------
        Scorer
            Named as the release.
        """
        return Scorer(self.release, self.label)


def is_there(url: str) -> bool:
    """Tell whether a database exists; to open one that does not would make it.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.

    Returns
    -------
    bool
        False for a SQLite file that is not there.
    """
    return not url.startswith(_SQLITE) or Path(url.removeprefix(_SQLITE)).is_file()


def find_release(name: str, url: str) -> Held:
    """Find a release.

    Parameters
    ----------
    name : str
        A folder with a manifest, a version or label of the database (``1.2.0``,
        ``1.2.0+5f70bf18a086``), or ``current``.
    url : str
        SQLAlchemy URL of the database; not opened for a folder.

    Returns
    -------
    Held
        The release, each part checked against its sha256.

    Raises
    ------
    ReleaseError
        If there is no such release.
    """
    folder = Path(name)
    if (folder / MANIFEST).is_file():
        manifest, parts = read_bundle(folder)
        return Held(manifest.label, parts)
    if folder.is_dir():
        read_bundle(folder)  # says what is wrong with it
    if not is_there(url):
        raise ReleaseError.because(
            f"{name!r}, and no database at {url}", "a release", "publish one, or name a folder"
        )
    database = SignatureDatabase(url)
    rows = database.releases()
    if name == CURRENT and rows:
        row = database.current()
        return Held(row.label, database.parts(row.version))
    for row in rows:
        if name in {row.version, row.label}:
            return Held(row.label, database.parts(row.version))
    known = [row.version for row in rows]
    raise ReleaseError.unknown("release", name, [*known, CURRENT] if known else ["a folder"])


def release_of(label: str, folder: Path, url: str) -> Held | None:
    """Find the release that a result names.

    Parameters
    ----------
    label : str
        Its label, as results name it.
    folder : Path
        Export of the current release, looked at first.
    url : str
        SQLAlchemy URL of the database.

    Returns
    -------
    Held | None
        The release; None if it is neither here nor there.
    """
    if (folder / MANIFEST).is_file():
        manifest, parts = read_bundle(folder)
        if manifest.label == label:
            return Held(manifest.label, parts)
    if is_there(url):
        database = SignatureDatabase(url)
        for row in database.releases():
            if row.label == label:
                return Held(row.label, database.parts(row.version))
    return None
