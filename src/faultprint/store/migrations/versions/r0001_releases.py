"""Releases with their parts and signatures, opinions, the current release, and the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = ("blobs", "releases", "release_parts", "signatures", "opinions", "audit")
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Make the tables, and the triggers that keep published rows as they are."""
    _make_releases()
    _make_signatures()
    _make_pointer_and_audit()
    if op.get_bind().dialect.name == "postgresql":
        _freeze_on_postgresql()
    else:
        _freeze_on_sqlite()


def downgrade() -> None:
    """Remove everything again."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name in FROZEN:
        where = f" ON {name}" if postgresql else ""
        for action in ("update", "delete"):
            op.execute(f"DROP TRIGGER {name}_no_{action}{where}")
        if postgresql:
            op.execute(f"DROP TRIGGER {name}_no_truncate ON {name}")
    if postgresql:
        op.execute("DROP FUNCTION refuse_change()")
    for name in (
        "audit", "current_release", "opinions", "signatures", "release_parts", "releases", "blobs",
    ):  # fmt: skip
        op.drop_table(name)


def _make_releases() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.String(40), nullable=False, unique=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("releases.id")),
        sa.Column("content_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level in ('first', 'major', 'minor', 'patch')", name="level_known"),
    )
    op.create_table(
        "release_parts",
        sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), primary_key=True),
        sa.Column("path", sa.String(500), primary_key=True),
        sa.Column("sha256", sa.String(64), sa.ForeignKey("blobs.sha256"), nullable=False),
    )


def _make_signatures() -> None:
    op.create_table(
        "signatures",
        sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), primary_key=True),
        sa.Column("signature", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("equipment_class", sa.Text, nullable=False),
        sa.Column("failure_mode", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "opinions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("failure_mode", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    )


def _make_pointer_and_audit() -> None:
    op.create_table(
        "current_release",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="one_row"), primary_key=True),
        sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
        sa.Column("previous_id", sa.Integer, sa.ForeignKey("releases.id")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.CheckConstraint("action in ('publish', 'point', 'rollback')", name="action_known"),
    )


def _freeze_on_sqlite() -> None:
    for name in FROZEN:
        for action in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{action} BEFORE {action.upper()} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are immutable'); END"
            )


def _freeze_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'rows of % are immutable', TG_TABLE_NAME; END $$"
    )
    for name in FROZEN:
        for action, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER {name}_no_{action} BEFORE {action.upper()} ON {name} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
