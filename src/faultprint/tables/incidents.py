"""What becomes of what was said: incidents, what they looked like, what they are grouped by."""

from __future__ import annotations

from faultprint.tables.vocabulary import (
    ASSET,
    CLASS,
    END,
    GROUP_CUTS,
    RELEASE,
    SAID,
    VERDICTS,
    Column,
    Table,
)

INCIDENTS = (
    Table(
        "incidents",
        "consecutive diagnoses of one asset that belong together",
        "state.alarms",
        "HA",
        ("incident",),
        (
            Column("incident", "text", "identity: the same input gives the same"),
            ASSET,
            CLASS,
            Column("opened", "time", "when the on-delay had passed"),
            Column("first_seen", "time", "first abnormal window"),
            Column(
                "cleared",
                "time",
                "when the off-delay had passed; missing: still open",
                nullable=True,
            ),
            *SAID,
            Column("windows", "int", "abnormal windows in it"),
            Column("p_value", "float", "smallest p-value against healthy", "1"),
            Column("evidence", "json", "evidence of its most abnormal window"),
            RELEASE,
        ),
    ),
    Table(
        "incident_windows",
        "what an abnormal window looked like to the model that judged it",
        "stages.pictures",
        "HA",
        ("asset", "end", "incident", "release"),
        (
            Column("incident", "text", "incident it belongs to; empty while to none"),
            ASSET,
            CLASS,
            END,
            Column("values", "floats", "what the model read, one number a feature"),
            Column("features_sha256", "text", "sha256 of the names of these features"),
            RELEASE,
        ),
    ),
    Table(
        "groups",
        "an unknown incident and the group of incidents that look like it",
        "stages.groups",
        "HA",
        ("incident",),
        (
            Column("incident", "text", "the incident; its verdict is deviation"),
            ASSET,
            CLASS,
            Column("first_seen", "time", "first abnormal window"),
            Column("cleared", "time", "when it cleared; missing: still open", nullable=True),
            Column("group", "text", "name of its group, which stays; empty: like no other"),
            Column(
                "stability",
                "float",
                "share of the group that stays together when the grouping is disturbed",
                "1",
                nullable=True,
            ),
            Column("cut", "float", "distance up to which incidents were joined", "1"),
            Column("basis", "text", "where the cut comes from", allowed=GROUP_CUTS),
            RELEASE,
        ),
    ),
    Table(
        "conflicts",
        "a window about which scoring would say something else now than it said",
        "stages.additions",
        "HA",
        ("asset", "end", "release"),
        (
            ASSET,
            END,
            RELEASE,
            Column("verdict_held", "text", "verdict that stands", allowed=VERDICTS),
            Column("verdict_now", "text", "verdict when last scored; empty: no such window"),
            Column("differs", "text", "tables that differ, joined by commas"),
        ),
    ),
)
"""In the order in which they are made."""
