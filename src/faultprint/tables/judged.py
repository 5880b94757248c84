"""What is said of sensors and windows: is a sensor bad, is a window abnormal, and why."""

from __future__ import annotations

from faultprint.tables.vocabulary import (
    ASSET,
    CLASS,
    END,
    RELEASE,
    SAID,
    SENSOR_FAULTS,
    Column,
    Table,
)

JUDGED = (
    Table(
        "sensor_health",
        "a time in which a sensor was not believed, or walked away alone",
        "state",
        "SD",
        ("asset", "sensor", "kind", "since"),
        (
            ASSET,
            Column("sensor", "text", "sensor"),
            Column("kind", "text", "what was wrong with it", allowed=SENSOR_FAULTS),
            Column("since", "time", "instant from which it was bad"),
            Column(
                "until",
                "time",
                "instant from which it was trusted again; missing: still bad",
                nullable=True,
            ),
            Column("evidence", "text", "what speaks for it, in words", before=""),
            RELEASE,
        ),
    ),
    Table(
        "residuals",
        "expected and observed reading of one sensor in one window",
        "twin",
        "SD",
        ("asset", "end", "sensor"),
        (
            ASSET,
            END,
            Column("sensor", "text", "sensor"),
            Column("observed", "float", "mean of the window", "sensor's unit", nullable=True),
            Column(
                "expected",
                "float",
                "expected for healthy equipment under these conditions",
                "sensor's unit",
                nullable=True,
            ),
            Column(
                "deviance", "float", "(observed - expected) / healthy scale", "1", nullable=True
            ),
            Column(
                "baseline",
                "text",
                "asset: own history; class: of the equipment class",
                allowed=("asset", "class"),
            ),
        ),
    ),
    Table(
        "states",
        "whether the equipment behaves as healthy equipment does",
        "state",
        "SD",
        ("asset", "end"),
        (
            ASSET,
            END,
            Column("p_value", "float", "p-value against healthy", "1", nullable=True),
            Column(
                "limit",
                "float",
                "p-value below which the window is abnormal",
                "1",
                nullable=True,
            ),
            Column("alarm", "flag", "abnormal for at least the on-delay, not yet cleared"),
            Column(
                "by_rule",
                "flag",
                "abnormal since an expert's rule holds, whatever p is",
                before=False,
            ),
            Column("reason", "text", "why it was not evaluated; empty if it was"),
            RELEASE,
        ),
    ),
    Table(
        "diagnoses",
        "what a window says about the equipment",
        "faults",
        "HA",
        ("asset", "end"),
        (
            ASSET,
            CLASS,
            END,
            *SAID,
            Column(
                "candidates",
                "json",
                "failure mode not struck off -> p-value, null by rule; "
                "``sensor:<name>`` it rests on -> null",
            ),
            Column(
                "also",
                "json",
                "further failure mode at the same time -> its p-value",
                before="{}",
            ),
            Column("p_values", "json", "failure mode or healthy -> p-value; null: not judged"),
            Column("evidence", "json", "descriptors for and against, rules; observed, unit"),
            Column("reason", "text", "why it, or a fault in it, was not judged; else empty"),
            RELEASE,
        ),
    ),
)
"""In the order in which they are made."""
