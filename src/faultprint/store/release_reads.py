"""Looking at the releases in a signature database; nothing here changes one."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from faultprint.errors import ReleaseError, StoreError
from faultprint.records import Signature, signature_from
from faultprint.store import engine as access
from faultprint.store import release_rows as rows
from faultprint.store.bundle import write_bundle
from faultprint.store.manifest import Manifest
from faultprint.store.release_rows import AuditRow, ReleaseRow
from faultprint.store.schema import AUDIT, RELEASES, SIGNATURES

ORIGIN = "origin"
"""Kind of the note that says under which version a release was taken in, and from where."""


class ReleaseReader:
    """The reading half of a signature database.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database, at the present schema.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

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

    def history(self, signature: str) -> tuple[tuple[str, Signature], ...]:
        """Tell who published a signature, and as what, each time.

        Parameters
        ----------
        signature : str
            Its identity.

        Returns
        -------
        tuple[tuple[str, Signature], ...]
            Author of the release, and the signature in it; oldest first.
        """
        joined = SIGNATURES.join(RELEASES, SIGNATURES.c.release_id == RELEASES.c.id)
        query = sa.select(RELEASES.c.author, SIGNATURES.c.body).select_from(joined)
        own = SIGNATURES.c.signature == signature
        with access.reading(self._engine) as connection:
            found = connection.execute(query.where(own).order_by(RELEASES.c.id)).all()
        return tuple((row.author, signature_from(json.loads(row.body))) for row in found)

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

    def export(self, version: str, folder: Path, *, as_taken_in: bool = False) -> Manifest:
        """Write a release as a folder that is scored from without the database.

        Parameters
        ----------
        version : str
            Its version.
        folder : Path
            Folder to make or replace.
        as_taken_in : bool, default False
            Under the version that it had at the site it was taken in from, should it be another
            one here.

        Returns
        -------
        Manifest
            What was written; exporting twice gives equal bytes, and so does exporting what was
            taken in.
        """
        with access.reading(self._engine) as connection:
            found = rows.find_version(connection, version)
            release = rows.read_release(connection, found)
            parts = rows.read_parts(connection, found)
            origin = rows.read_note(connection, found, ORIGIN)
        header = {"version": release.version, "parent": release.parent}
        if origin and (as_taken_in or origin["version"] == release.version):
            header = {key: origin[key] for key in header}
        return write_bundle(parts, folder, {**header, "provenance": release.header})

    def note(self, version: str, kind: str) -> dict[str, Any] | None:
        """Return what was noted of a release beside its content.

        Parameters
        ----------
        version : str
            Its version.
        kind : str
            Such as ``changelog``, ``behaviour``, ``coverage``, ``origin``, ``provisional``.

        Returns
        -------
        dict[str, Any] | None
            The latest note of this kind; None if there is none.
        """
        with access.reading(self._engine) as connection:
            return rows.read_note(connection, rows.find_version(connection, version), kind)

    def pending(self) -> list[str]:
        """List the migrations the database still needs.

        Returns
        -------
        list[str]
            Empty once it was opened, unless something else changed it.
        """
        return access.pending(self._engine)
