"""What is known of equipment before anything is judged: what was acquired, and its descriptors."""

from __future__ import annotations

from faultprint.tables.vocabulary import ASSET, CLASS, END, EVENT_KINDS, Column, Table

OBSERVED = (
    Table(
        "assets",
        "an equipment and what is known of it",
        "store.sources",
        "DA",
        ("asset",),
        (
            ASSET,
            Column("equipment_class", "text", "class that shares sensors and signatures"),
            Column("attributes", "json", "further attributes, canonical JSON object"),
        ),
    ),
    Table(
        "readings",
        "sensor values at an instant, with a quality flag per value",
        "store.sources",
        "DA",
        ("asset", "time"),
        (
            ASSET,
            Column("time", "time", "instant of the reading"),
            Column("segment", "int", "cycle or recording it belongs to; -1: none"),
        ),
        "`<sensor>` (float64, in the sensor's unit, NaN where not sampled) and "
        "`<sensor>__quality` (uint8, see QUALITY)",
    ),
    Table(
        "events",
        "something that happened to an asset",
        "store.sources",
        "DA",
        ("asset", "time", "kind", "code"),
        (
            ASSET,
            Column("time", "time", "when it happened or was logged"),
            Column("end", "time", "end of an interval", nullable=True),
            Column("kind", "text", "kind of event", allowed=EVENT_KINDS),
            Column("code", "text", "the plant's code or word; empty if none"),
            Column("failure_mode", "text", "failure mode where known; empty if not"),
            Column("item", "text", "maintainable item where known; empty if not"),
            Column("onset_earliest", "time", "earliest onset of the fault", nullable=True),
            Column("onset_latest", "time", "latest onset of the fault", nullable=True),
            Column("text", "text", "free text of the log; empty if none"),
        ),
    ),
    Table(
        "rejects",
        "something refused at the door, with the reason",
        "store.sources",
        "DA",
        ("source", "row"),
        (
            Column("source", "text", "file or query it came from"),
            Column("row", "int", "data row in the source, counted from 1; 0: the whole source"),
            Column("asset", "text", "asset, if it could be read; empty if not"),
            Column("field", "text", "column at fault; empty for the whole row"),
            Column("value", "text", "what stood there, as text"),
            Column("reason", "text", "why it was refused"),
        ),
    ),
    Table(
        "windows",
        "descriptors of one causal window",
        "signal",
        "DM",
        ("asset", "end"),
        (
            ASSET,
            CLASS,
            Column("start", "time", "start of the window (exclusive)"),
            END,
            Column("run", "int", "unbroken stretch of the asset's history it lies in"),
            Column("rows", "int", "readings in the window, while running"),
            Column("coverage", "float", "share of the window covered by good readings", "1"),
            Column("reason", "text", "why it cannot be evaluated; empty if it can"),
        ),
        "one float64 column per descriptor, named `<source>.<descriptor>`; `distrusted` "
        "(text) names the sensors that were not believed, `suspected` those that no diagnosis "
        "may rest on alone; after labelling also `label` (failure modes joined by `|`, "
        "`healthy`, or empty) and `use` (why the window is or is not learnt from)",
    ),
)
"""In the order in which they are made."""
