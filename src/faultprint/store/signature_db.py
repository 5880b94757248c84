"""The signature database: immutable releases, which of them is current, and who decided so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from faultprint.errors import ReleaseError
from faultprint.records import Signature
from faultprint.store import engine as access
from faultprint.store import release_rows as rows
from faultprint.store.changelog import changelog
from faultprint.store.manifest import Manifest, content_hash, list_parts
from faultprint.store.release_reads import ORIGIN, ReleaseReader
from faultprint.store.release_rows import AuditRow, ReleaseRow
from faultprint.store.release_writes import (
    Decision,
    add_release,
    check_current,
    header_text,
    insert_note,
    move_pointer,
)

__all__ = ["AuditRow", "ReleaseRow", "SignatureDatabase"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SignatureDatabase(ReleaseReader):
    """Releases of signatures in SQLite or PostgreSQL.

    Opening brings the schema up to date. Every write is one transaction with its audit row; writers
    take turns. Published rows cannot be changed or removed: triggers of the database refuse it.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of a SQLite file (made if missing) or a PostgreSQL database.
    clock : Callable[[], datetime], default _utc_now
        Tells the time, with a zone.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] = _utc_now) -> None:
        super().__init__(access.open_engine(url))
        self._clock = clock
        access.migrate(self._engine)

    def publish(
        self,
        parts: Mapping[str, bytes],
        signatures: Iterable[Signature],
        header: Mapping[str, Any],
        author: str,
        expected: str | None = None,
    ) -> ReleaseRow:
        """Add a release and make it the current one.

        Parameters
        ----------
        parts : Mapping[str, bytes]
            Relative path to content.
        signatures : Iterable[Signature]
            The signatures in it.
        header : Mapping[str, Any]
            Where it comes from; a JSON object that states neither version nor parent.
        author : str
            Who publishes.
        expected : str | None, default None
            Version that must still be current, since the release was compared with it; empty: none
            may be; None: whatever is current.

        Returns
        -------
        ReleaseRow
            The new release: 1.0.0 if it is the first, else the highest version there is counted up
            by what changed against the current release. If a release of equal content exists, that
            one, and nothing is changed: a repeated run does not undo a rollback. What changed is
            noted as ``changelog``.
        """
        content, text = content_hash(list_parts(parts)), header_text(header)
        with access.writing(self._engine) as connection:
            found = rows.find_content(connection, content)
            if found is None:
                check_current(connection, expected)
                decision = Decision("publish", author, self._clock())
                found = add_release(connection, parts, signatures, text, decision)
                move_pointer(connection, found, decision)
                self._write_changelog(connection, found, parts, decision)
            return rows.read_release(connection, found)

    def point(
        self, version: str, author: str, reason: str, expected: str | None = None
    ) -> ReleaseRow:
        """Make a published release the current one.

        Parameters
        ----------
        version : str
            Its version.
        author : str
            Who decides.
        reason : str
            Why; kept in the audit.
        expected : str | None, default None
            As in :meth:`publish`.

        Returns
        -------
        ReleaseRow
            The release, now current. Pointing to the current release changes nothing.
        """
        with access.writing(self._engine) as connection:
            found = rows.find_version(connection, version)
            if found != rows.current_row(connection):
                check_current(connection, expected)
                move_pointer(connection, found, Decision("point", author, self._clock(), reason))
            return rows.read_release(connection, found)

    def rollback(self, author: str, reason: str = "") -> ReleaseRow:
        """Go back to the release that was current before; again: to the one before that.

        Parameters
        ----------
        author : str
            Who decides.
        reason : str, default ''
            Why; kept in the audit.

        Returns
        -------
        ReleaseRow
            The release, now current.

        Raises
        ------
        ReleaseError
            If there was none before.
        """
        with access.writing(self._engine) as connection:
            trail = rows.trail(connection)
            if len(trail) < 2:
                raise ReleaseError.because(
                    f"{len(trail)} releases that were ever current",
                    "at least two, to go back to one",
                    "publish another release, or point to one by its version",
                )
            decision = Decision("rollback", author, self._clock(), reason)
            move_pointer(connection, trail[-2], decision)
            return rows.read_release(connection, trail[-2])

    def add_note(self, version: str, kind: str, body: Mapping[str, Any]) -> None:
        """Note something of a release beside its content; nothing noted before is lost.

        Parameters
        ----------
        version : str
            Its version.
        kind : str
            What kind of note; the latest of a kind counts.
        body : Mapping[str, Any]
            A JSON object. No content hash depends on it.
        """
        text = header_text(body, forbidden=())
        with access.writing(self._engine) as connection:
            found = rows.find_version(connection, version)
            insert_note(connection, found, kind, (text, self._clock()))

    def take_in(
        self,
        manifest: Manifest,
        parts: Mapping[str, bytes],
        signatures: Iterable[Signature],
        author: str,
        notes: Mapping[str, Mapping[str, Any]],
    ) -> ReleaseRow:
        """Add a release that was exported elsewhere; does not make it the current one.

        Parameters
        ----------
        manifest : Manifest
            Of its export.
        parts : Mapping[str, bytes]
            Path to content.
        signatures : Iterable[Signature]
            The signatures in it.
        author : str
            Who takes it in.
        notes : Mapping[str, Mapping[str, Any]]
            Kind -> what to note of it, with the release.

        Returns
        -------
        ReleaseRow
            Under its own version if that is free, else the next one. If a release of equal content
            is there already, that one, and only the notes are added.
        """
        content = content_hash(list_parts(parts))
        with access.writing(self._engine) as connection:
            decision = Decision("publish", author, self._clock())
            found = rows.find_content(connection, content)
            if found is None:
                text = header_text(manifest.provenance)
                found = add_release(connection, parts, signatures, text, decision, manifest)
                said = {"version": manifest.version, "parent": manifest.parent, "author": author}
                notes = {ORIGIN: said, **notes}
            for kind, body in notes.items():
                told = (header_text(body, forbidden=()), decision.time)
                insert_note(connection, found, kind, told)
            return rows.read_release(connection, found)

    def _write_changelog(
        self,
        connection: sa.Connection,
        row: int,
        parts: Mapping[str, bytes],
        decision: Decision,
    ) -> None:
        release = rows.read_release(connection, row)
        before = {}
        if release.parent:
            before = rows.read_parts(connection, rows.find_version(connection, release.parent))
        body = {"parent": release.parent, "sentences": changelog(release.changes, before, parts)}
        insert_note(connection, row, "changelog", (json.dumps(body), decision.time))
