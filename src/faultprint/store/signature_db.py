"""The signature database: immutable releases, which of them is current, and who decided so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from faultprint.errors import ReleaseError, StoreError
from faultprint.records import Signature, signature_from
from faultprint.store import engine as access
from faultprint.store import release_rows as rows
from faultprint.store.bundle import write_bundle
from faultprint.store.manifest import Manifest, content_hash, list_parts
from faultprint.store.release_rows import AuditRow, ReleaseRow
from faultprint.store.release_writes import Decision, add_release, header_text, move_pointer
from faultprint.store.schema import AUDIT, RELEASES, SIGNATURES

__all__ = ["AuditRow", "ReleaseRow", "SignatureDatabase"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SignatureDatabase:
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
        self._engine = access.open_engine(url)
        self._clock = clock
        access.migrate(self._engine)

    def publish(
        self,
        parts: Mapping[str, bytes],
        signatures: Iterable[Signature],
        header: Mapping[str, Any],
        author: str,
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

        Returns
        -------
        ReleaseRow
            The new release: 1.0.0 if it is the first, else the highest version there is counted up
            by what changed against the current release. If a release of equal content exists, that
            one, and nothing is changed: a repeated run does not undo a rollback.
        """
        content, text = content_hash(list_parts(parts)), header_text(header)
        with access.writing(self._engine) as connection:
            found = rows.find_content(connection, content)
            if found is None:
                decision = Decision("publish", author, self._clock())
                found = add_release(connection, parts, signatures, text, decision)
                move_pointer(connection, found, decision)
            return rows.read_release(connection, found)

    def current(self) -> ReleaseRow:
        """Return the release to score with.

        Returns
        -------
        ReleaseRow
            The one the pointer shows; never simply the newest.

        Raises
        ------
        ReleaseError
            If nothing was published yet.
        """
        with access.reading(self._engine) as connection:
            found = rows.current_row(connection)
            if found is None:
                raise ReleaseError.because(
                    "a signature database without a current release",
                    "a published one",
                    "run the publish stage first",
                )
            return rows.read_release(connection, found)

    def point(self, version: str, author: str, reason: str) -> ReleaseRow:
        """Make a published release the current one.

        Parameters
        ----------
        version : str
            Its version.
        author : str
            Who decides.
        reason : str
            Why; kept in the audit.

        Returns
        -------
        ReleaseRow
            The release, now current. Pointing to the current release changes nothing.
        """
        with access.writing(self._engine) as connection:
            found = rows.find_version(connection, version)
            if found != rows.current_row(connection):
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

    def releases(self) -> tuple[ReleaseRow, ...]:
        """List all releases.

        Returns
        -------
        tuple[ReleaseRow, ...]
            In the order they were published.
        """
        with access.reading(self._engine) as connection:
            every = connection.scalars(sa.select(RELEASES.c.id).order_by(RELEASES.c.id)).all()
            return tuple(rows.read_release(connection, one) for one in every)

    def audit(self) -> tuple[AuditRow, ...]:
        """List who made which release current, and when.

        Returns
        -------
        tuple[AuditRow, ...]
            Oldest first.
        """
        with access.reading(self._engine) as connection:
            names = rows.versions(connection)
            every = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id)).all()
        return tuple(
            AuditRow(
                time=row.time,
                author=row.author,
                action=row.action,
                version=names[row.release_id],
                previous=names.get(row.previous_id, ""),
                reason=row.reason,
            )
            for row in every
        )

    def as_of(self, time: datetime) -> ReleaseRow:
        """Return the release that was current at an instant.

        Parameters
        ----------
        time : datetime
            With its zone.

        Returns
        -------
        ReleaseRow
            The release.

        Raises
        ------
        ReleaseError
            If nothing had been published by then.
        StoreError
            If the time has no zone.
        """
        if time.tzinfo is None:
            raise StoreError.because(
                f"the time {time} without a zone", "a time with its zone", "add one, e.g. UTC"
            )
        query = sa.select(AUDIT.c.release_id).where(AUDIT.c.time <= time)
        with access.reading(self._engine) as connection:
            found = connection.scalar(query.order_by(AUDIT.c.id.desc()).limit(1))
            if found is None:
                raise ReleaseError.because(
                    f"the time {time.isoformat()}, before the first release",
                    "a time at which a release was current",
                    "ask for a later time",
                )
            return rows.read_release(connection, found)

    def signatures(self, version: str) -> tuple[Signature, ...]:
        """Return the signatures of a release.

        Parameters
        ----------
        version : str
            Its version.

        Returns
        -------
        tuple[Signature, ...]
            Sorted by equipment class and failure mode.
        """
        with access.reading(self._engine) as connection:
            own = SIGNATURES.c.release_id == rows.find_version(connection, version)
            bodies = connection.scalars(sa.select(SIGNATURES.c.body).where(own)).all()
        every = [signature_from(json.loads(body)) for body in bodies]
        return tuple(sorted(every, key=lambda s: (s.equipment_class, s.failure_mode, s.id)))

    def parts(self, version: str) -> dict[str, bytes]:
        """Return the parts of a release.

        Parameters
        ----------
        version : str
            Its version.

        Returns
        -------
        dict[str, bytes]
            Path to content, checked against the content hash.
        """
        with access.reading(self._engine) as connection:
            return rows.read_parts(connection, rows.find_version(connection, version))

    def export(self, version: str, folder: Path) -> Manifest:
        """Write a release as a folder that is scored from without the database.

        Parameters
        ----------
        version : str
            Its version.
        folder : Path
            Folder to make or replace.

        Returns
        -------
        Manifest
            What was written; exporting twice gives equal bytes.
        """
        with access.reading(self._engine) as connection:
            found = rows.find_version(connection, version)
            release, parts = (
                rows.read_release(connection, found),
                rows.read_parts(connection, found),
            )
        header = {"version": release.version, "parent": release.parent}
        return write_bundle(parts, folder, {**header, "provenance": release.header})

    def pending(self) -> list[str]:
        """List the migrations the database still needs.

        Returns
        -------
        list[str]
            Empty once it was opened, unless something else changed it.
        """
        return access.pending(self._engine)
