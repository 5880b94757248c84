"""Reading and adding the rows of releases, inside a transaction that the caller holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from faultprint.errors import ReleaseError, StoreError
from faultprint.store.manifest import content_hash, list_parts
from faultprint.store.schema import AUDIT, BLOBS, CURRENT, NOTES, RELEASE_PARTS, RELEASES
from faultprint.store.versions import Change, Level


@dataclass(frozen=True)
class ReleaseRow:
    """A published release."""

    version: str
    parent: str
    """Version that was current when it was published; empty for the first."""
    content_hash: str
    level: Level
    changes: tuple[Change, ...]
    """What differs from the parent."""
    header: dict[str, Any]
    """Code commit, tracking run and the like."""
    author: str
    created: datetime

    @property
    def label(self) -> str:
        """Name the release in tables.

        Returns
        -------
        str
            Version, ``+``, start of the content hash; as in its manifest.
        """
        return f"{self.version}+{self.content_hash[:12]}"


@dataclass(frozen=True)
class AuditRow:
    """One decision on which release is current."""

    time: datetime
    author: str
    action: str
    """publish, point or rollback."""
    version: str
    """Current from then on."""
    previous: str
    """Current until then; empty if there was none."""
    reason: str


def find_content(connection: sa.Connection, content: str) -> int | None:
    """Find a release by its content.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.
    content : str
        Content hash.

    Returns
    -------
    int | None
        Its row, if there is one.
    """
    return connection.scalar(sa.select(RELEASES.c.id).where(RELEASES.c.content_hash == content))


def find_version(connection: sa.Connection, version: str) -> int:
    """Find a release by its version.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.
    version : str
        MAJOR.MINOR.PATCH.

    Returns
    -------
    int
        Its row.

    Raises
    ------
    ReleaseError
        If there is no such release; the nearest version is named.
    """
    names = {version: row for row, version in versions(connection).items()}
    if version not in names:
        raise ReleaseError.unknown("release", version, list(names))
    return names[version]


def versions(connection: sa.Connection) -> dict[int, str]:
    """List the versions of all releases.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.

    Returns
    -------
    dict[int, str]
        Row to version.
    """
    rows = connection.execute(sa.select(RELEASES.c.id, RELEASES.c.version)).all()
    return {row.id: row.version for row in rows}


def current_row(connection: sa.Connection) -> int | None:
    """Say which release is current.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.

    Returns
    -------
    int | None
        Its row; None before the first was published.
    """
    return connection.scalar(sa.select(CURRENT.c.release_id))


def trail(connection: sa.Connection) -> list[int]:
    """Trace how the current release came to be current.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.

    Returns
    -------
    list[int]
        Rows, the current one last; a rollback takes one away, all else adds one.
    """
    steps: list[int] = []
    query = sa.select(AUDIT.c.action, AUDIT.c.release_id).order_by(AUDIT.c.id)
    for action, release in connection.execute(query):
        if action == "rollback":
            steps.pop()
        else:
            steps.append(release)
    return steps


def read_release(connection: sa.Connection, row: int) -> ReleaseRow:
    """Read what is known of a release.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.
    row : int
        Its row.

    Returns
    -------
    ReleaseRow
        The release.
    """
    parent = RELEASES.alias()
    joined = RELEASES.outerjoin(parent, RELEASES.c.parent_id == parent.c.id)
    query = sa.select(RELEASES, parent.c.version.label("parent")).select_from(joined)
    found = connection.execute(query.where(RELEASES.c.id == row)).one()
    changes = (Change(**{**c, "fields": tuple(c["fields"])}) for c in json.loads(found.changes))
    return ReleaseRow(
        version=found.version,
        parent=found.parent or "",
        content_hash=found.content_hash,
        level=found.level,
        changes=tuple(changes),
        header=json.loads(found.header),
        author=found.author,
        created=found.created,
    )


def read_parts(connection: sa.Connection, row: int) -> dict[str, bytes]:
    """Read the parts of a release and check them against its content hash.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.
    row : int
        Its row.

    Returns
    -------
    dict[str, bytes]
        Path to content.

    Raises
    ------
    StoreError
        If the database no longer holds what was published.
    """
    joined = RELEASE_PARTS.join(BLOBS, RELEASE_PARTS.c.sha256 == BLOBS.c.sha256)
    query = sa.select(RELEASE_PARTS.c.path, BLOBS.c.content).select_from(joined)
    own = RELEASE_PARTS.c.release_id == row
    rows = connection.execute(query.where(own).order_by(RELEASE_PARTS.c.path))
    parts = {path: bytes(content) for path, content in rows}
    said = connection.scalar(sa.select(RELEASES.c.content_hash).where(RELEASES.c.id == row))
    if not parts or content_hash(list_parts(parts)) != said:
        raise StoreError.because(
            f"{len(parts)} parts of release {versions(connection)[row]} that are not what was "
            "published",
            f"parts with the content hash {said}",
            "restore the database from a copy",
        )
    return parts


def read_note(connection: sa.Connection, row: int, kind: str) -> dict[str, Any] | None:
    """Read the latest note of a kind on a release.

    Parameters
    ----------
    connection : sa.Connection
        In a transaction.
    row : int
        Its row.
    kind : str
        Kind of note.

    Returns
    -------
    dict[str, Any] | None
        The note, if there is one.
    """
    mine = sa.and_(NOTES.c.release_id == row, NOTES.c.kind == kind)
    query = sa.select(NOTES.c.body).where(mine).order_by(NOTES.c.id.desc()).limit(1)
    text = connection.scalar(query)
    return None if text is None else dict(json.loads(text))
