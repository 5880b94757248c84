"""The tables of the signature database, as the newest migration leaves them."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An instant in UTC on any database; a time without a zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn an instant into UTC.

        Parameters
        ----------
        value : datetime | None
            With a zone.
        dialect : sa.Dialect
            Not used.

        Returns
        -------
        datetime | None
            The same instant in UTC.

        Raises
        ------
        ValueError
            If it has no zone.
        """
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give an instant its zone back, where the database forgets it.

        Parameters
        ----------
        value : datetime | None
            As the database returns it.
        dialect : sa.Dialect
            Not used.

        Returns
        -------
        datetime | None
            With zone UTC.
        """
        del dialect
        if value is None:
            return None
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


METADATA = sa.MetaData()

BLOBS = sa.Table(
    "blobs",
    METADATA,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
RELEASES = sa.Table(
    "releases",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.String(40), nullable=False, unique=True),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("releases.id")),
    sa.Column("content_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("level", sa.String(10), nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("header", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", UtcTime, nullable=False),
)
RELEASE_PARTS = sa.Table(
    "release_parts",
    METADATA,
    sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("path", sa.String(500), primary_key=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("blobs.sha256"), nullable=False),
)
SIGNATURES = sa.Table(
    "signatures",
    METADATA,
    sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("signature", sa.String(64), primary_key=True),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("equipment_class", sa.Text, nullable=False),
    sa.Column("failure_mode", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
INCIDENTS = sa.Table(
    "incidents",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("incident", sa.String(64), nullable=False, index=True),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("equipment_class", sa.Text, nullable=False),
    sa.Column("opened", UtcTime, nullable=False),
    sa.Column("first_seen", UtcTime, nullable=False),
    sa.Column("cleared", UtcTime),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("failure_mode", sa.Text, nullable=False),
    sa.Column("release", sa.Text, nullable=False),
    sa.Column("recorded", UtcTime, nullable=False),
)
"""Incidents as they stood when they were judged; the latest row of an incident counts."""
OPINIONS = sa.Table(
    "opinions",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("incident", sa.String(64), nullable=False, index=True),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("failure_mode", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("time", UtcTime, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer),
    sa.Column("duplicate_of", sa.String(64), nullable=False),
    sa.Column("adjudicates", sa.Boolean, nullable=False),
    sa.Column("recorded", UtcTime, nullable=False),
)
MARKINGS = sa.Table(
    "markings",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("incident", sa.String(64), nullable=False, index=True),
    sa.Column("mark", sa.String(10), nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("time", UtcTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
NOTES = sa.Table(
    "release_notes",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("time", UtcTime, nullable=False),
)
"""What is said of a release beside its content; the latest of a kind counts."""
CURRENT = sa.Table(
    "current_release",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
)
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("time", UtcTime, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
    sa.Column("previous_id", sa.Integer, sa.ForeignKey("releases.id")),
    sa.Column("reason", sa.Text, nullable=False),
)
