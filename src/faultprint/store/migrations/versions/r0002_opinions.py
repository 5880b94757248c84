"""Opinions with their verdict, the incidents they are on, marks on incidents, notes on releases."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from faultprint.store.migrations.freezing import freeze, thaw

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN = ("incidents", "opinions", "markings", "release_notes")
"""Tables whose rows are never changed and never removed."""

_TIME = sa.DateTime(timezone=True)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:faultprint:opinions")


def upgrade() -> None:
    """Make the tables; opinions from before keep their words, their author and their time."""
    thaw(["opinions"])
    op.drop_index("ix_opinions_incident", "opinions")
    op.rename_table("opinions", "opinions_before")
    _make_incidents()
    opinions = _make_opinions()
    old = op.get_bind().execute(sa.text("SELECT * FROM opinions_before ORDER BY id")).mappings()
    every = {row["id"]: row for row in map(_said_now, old.all())}
    for row in every.values():
        op.get_bind().execute(sa.insert(opinions).values(**row))
    op.drop_table("opinions_before")
    _make_notes()
    freeze(FROZEN)


def downgrade() -> None:
    """Go back to opinions without a verdict; those that name no failure mode are lost."""
    thaw(FROZEN)
    rows = op.get_bind().execute(sa.text("SELECT * FROM opinions ORDER BY time, id")).mappings()
    every = [dict(row) for row in rows.all()]
    for name in FROZEN:
        op.drop_table(name)
    opinions = op.create_table(
        "opinions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("failure_mode", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("time", _TIME, nullable=False),
    )
    for row in every:
        mode = "healthy" if row["verdict"] == "normal_behaviour" else row["failure_mode"]
        if mode:
            kept = {key: row[key] for key in ("incident", "author")}
            words = {"failure_mode": mode, "said": row["rationale"], "time": _instant(row["time"])}
            op.get_bind().execute(sa.insert(opinions).values(**kept, **words))
    freeze(["opinions"])


def _instant(value: Any) -> datetime:
    """Read an instant; SQLite gives text, in UTC."""
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _said_now(row: Any) -> dict[str, Any]:
    """Say what an opinion from before said in the present words; it told no confidence: 1."""
    healthy = row["failure_mode"] == "healthy"
    time = _instant(row["time"])
    words = {
        "incident": row["incident"],
        "verdict": "normal_behaviour" if healthy else "known_fault",
        "failure_mode": "" if healthy else row["failure_mode"],
        "confidence": 1.0,
        "rationale": row["said"],
        "action": "",
        "author": row["author"],
    }
    named = {**words, "time": time.astimezone(UTC).isoformat()}
    return {
        **words,
        "id": str(uuid.uuid5(_NAMESPACE, json.dumps(named, sort_keys=True))),
        "time": time,
        "item": "",
        "severity": None,
        "duplicate_of": "",
        "adjudicates": False,
        "recorded": time,
    }


def _make_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("equipment_class", sa.Text, nullable=False),
        sa.Column("opened", _TIME, nullable=False),
        sa.Column("first_seen", _TIME, nullable=False),
        sa.Column("cleared", _TIME),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("failure_mode", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("recorded", _TIME, nullable=False),
    )


def _make_opinions() -> sa.Table:
    return op.create_table(
        "opinions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("failure_mode", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("rationale", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer),
        sa.Column("duplicate_of", sa.String(64), nullable=False),
        sa.Column("adjudicates", sa.Boolean, nullable=False),
        sa.Column("recorded", _TIME, nullable=False),
        sa.CheckConstraint("confidence >= 0 and confidence <= 1", name="confidence_is_a_share"),
    )


def _make_notes() -> None:
    op.create_table(
        "markings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("mark", sa.String(10), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.CheckConstraint("mark in ('open', 'resolved')", name="mark_known"),
    )
    op.create_table(
        "release_notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("release_id", sa.Integer, sa.ForeignKey("releases.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("time", _TIME, nullable=False),
    )
