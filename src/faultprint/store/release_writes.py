"""Adding releases and moving the pointer, inside a transaction that the caller holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from faultprint.errors import ReleaseError, StoreError
from faultprint.records import Signature
from faultprint.store.manifest import Manifest, content_hash, list_parts
from faultprint.store.release_rows import current_row, read_parts, versions
from faultprint.store.schema import (
    AUDIT,
    BLOBS,
    CURRENT,
    NOTES,
    RELEASE_PARTS,
    RELEASES,
    SIGNATURES,
)
from faultprint.store.versions import FIRST, Change, Level, bump, compare, level_of, ordered


@dataclass(frozen=True)
class Decision:
    """Who changes what is current, and why."""

    action: Literal["publish", "point", "rollback"]
    author: str
    time: datetime
    reason: str = ""


def header_text(header: Mapping[str, Any], forbidden: Iterable[str] = ("parent", "version")) -> str:
    """Write the header of a release, or a note on it, as canonical JSON.

    Parameters
    ----------
    header : Mapping[str, Any]
        Where the release comes from, or what is noted.
    forbidden : Iterable[str], default ('parent', 'version')
        Keys that it may not state.

    Returns
    -------
    str
        JSON.

    Raises
    ------
    StoreError
        If it states a version or a parent, or holds what JSON cannot say.
    """
    stated = sorted(set(forbidden) & set(header))
    if stated:
        raise StoreError.because(
            f"a header that states {stated}",
            "only where the release comes from",
            "leave them out; the database counts versions",
        )
    try:
        return json.dumps(dict(header), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError.because(
            f"a header that is not JSON ({error})",
            "text, finite numbers, lists and objects",
            "turn times and paths into text",
        ) from error


def add_release(
    connection: sa.Connection,
    parts: Mapping[str, bytes],
    signatures: Iterable[Signature],
    header: str,
    decision: Decision,
    taken_in: Manifest | None = None,
) -> int:
    """Add a release with all that belongs to it; does not point to it.

    Parameters
    ----------
    connection : sa.Connection
        In a writing transaction.
    parts : Mapping[str, bytes]
        Path to content.
    signatures : Iterable[Signature]
        Its signatures; identities do not repeat.
    header : str
        Canonical JSON.
    decision : Decision
        Who publishes, and when.
    taken_in : Manifest | None, default None
        What it was exported as elsewhere, if it comes from there.

    Returns
    -------
    int
        Its row. Its parent is the current release; its version the highest there is, counted up,
        so that after a rollback none is used twice. One that was taken in keeps its own version if
        that is free, and its own parent if that is here.
    """
    held = versions(connection)
    parent = current_row(connection)
    if taken_in is not None:
        parent = {name: row for row, name in held.items()}.get(taken_in.parent)
    level, changes = _compared(connection, parent, parts)
    if taken_in is not None and taken_in.version not in held.values():
        version = taken_in.version
    else:
        highest = max(held.values(), key=ordered, default=FIRST)
        version = bump(highest, "major" if level == "first" and held else level)
    values = {
        "version": version,
        "parent_id": parent,
        "content_hash": content_hash(list_parts(parts)),
        "level": level,
        "changes": json.dumps([asdict(change) for change in changes]),
        "header": header,
        "author": decision.author,
        "created": decision.time,
    }
    row = _insert(connection, RELEASES, values)
    _add_parts(connection, row, parts)
    _add_signatures(connection, row, signatures)
    return row


def move_pointer(connection: sa.Connection, row: int, decision: Decision) -> None:
    """Make a release the current one, with its audit row.

    Parameters
    ----------
    connection : sa.Connection
        In a writing transaction.
    row : int
        Row of the release.
    decision : Decision
        Who decides, when and why. A clock that was set back does not put it before an earlier one.
    """
    previous = current_row(connection)
    if previous is None:
        connection.execute(sa.insert(CURRENT).values(id=1, release_id=row))
    else:
        connection.execute(sa.update(CURRENT).values(release_id=row))
    latest = connection.scalar(sa.select(AUDIT.c.time).order_by(AUDIT.c.id.desc()).limit(1))
    values = {
        **asdict(decision),
        "release_id": row,
        "previous_id": previous,
        "time": max(decision.time, latest or decision.time),
    }
    _insert(connection, AUDIT, values)


def check_current(connection: sa.Connection, expected: str | None) -> None:
    """Refuse to go on if another release became current meanwhile.

    Parameters
    ----------
    connection : sa.Connection
        In a writing transaction.
    expected : str | None
        Version that must be current; empty: none may be; None: anything goes.

    Raises
    ------
    ReleaseError
        If another one is; who made it so, and when, is told.
    """
    row = current_row(connection)
    now = versions(connection)[row] if row is not None else ""
    if expected is None or now == expected:
        return
    last = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(1)).one()
    raise ReleaseError.because(
        f"release {now}, made current by {last.author!r} ({last.action}) on "
        f"{last.time:%Y-%m-%d %H:%M} UTC, while this one was compared with "
        f"{expected or 'an empty database'}",
        f"{expected or 'no release'} still to be current",
        f"compare with {now} and publish again; nothing was changed",
    )


def insert_note(connection: sa.Connection, row: int, kind: str, told: tuple[str, datetime]) -> None:
    """Add a note on a release.

    Parameters
    ----------
    connection : sa.Connection
        In a writing transaction.
    row : int
        Row of the release.
    kind : str
        Kind of note.
    told : tuple[str, datetime]
        The note, a JSON object, and when it was made.
    """
    body, time = told
    _insert(connection, NOTES, {"release_id": row, "kind": kind, "body": body, "time": time})


def _compared(
    connection: sa.Connection, parent: int | None, parts: Mapping[str, bytes]
) -> tuple[Level, tuple[Change, ...]]:
    if parent is None:
        return "first", ()
    changes = compare(read_parts(connection, parent), parts)
    return level_of(changes), changes


def _insert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> int:
    key = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _add_parts(connection: sa.Connection, row: int, parts: Mapping[str, bytes]) -> None:
    """Add the parts of a release; content that is there already is not stored again."""
    known = set(connection.scalars(sa.select(BLOBS.c.sha256)))
    for path, content in sorted(parts.items()):
        digest = hashlib.sha256(content).hexdigest()
        if digest not in known:
            connection.execute(sa.insert(BLOBS).values(sha256=digest, content=content))
            known.add(digest)
        link = {"release_id": row, "path": path, "sha256": digest}
        connection.execute(sa.insert(RELEASE_PARTS).values(**link))


def _add_signatures(connection: sa.Connection, row: int, signatures: Iterable[Signature]) -> None:
    for signature in signatures:
        values = {
            "release_id": row,
            "signature": signature.id,
            "version": signature.version,
            "status": signature.status,
            "equipment_class": signature.equipment_class,
            "failure_mode": signature.failure_mode,
            "body": json.dumps(signature.to_dict(), sort_keys=True),
        }
        connection.execute(sa.insert(SIGNATURES).values(**values))
