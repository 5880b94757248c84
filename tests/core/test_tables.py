"""Boundary tables are checked whole: every violation is told at once."""

from __future__ import annotations

import pandas as pd
import pytest

from faultprint import tables
from faultprint.errors import TableError


@pytest.mark.parametrize("name", list(tables.TABLES))
def test_an_empty_table_fits_its_schema(name: str) -> None:
    assert tables.check(name, tables.empty(name)).empty


def test_every_violation_is_listed() -> None:
    frame = tables.empty("assets").drop(columns="asset").assign(colour="red")
    with pytest.raises(TableError, match=r"2 violations.*colour.*asset"):
        tables.check("assets", frame)


def test_a_repeated_key_is_refused() -> None:
    row = {"asset": "P1", "equipment_class": "pump", "attributes": "{}"}
    with pytest.raises(TableError, match="violations"):
        tables.check("assets", pd.DataFrame([row, row]).astype("str"))


def test_a_verdict_outside_the_list_is_refused() -> None:
    frame = tables.empty("events")
    at = pd.Timestamp("2026-01-01", tz="UTC").as_unit("ns")
    text = {c.name: "" for c in tables.table("events").columns if c.kind == "text"}
    row = pd.DataFrame([{**text, "time": at, "kind": "explosion"}]).reindex(columns=frame.columns)
    with pytest.raises(TableError, match="explosion"):
        tables.check("events", row.astype(frame.dtypes.to_dict()))


def test_an_unknown_table_names_the_nearest() -> None:
    with pytest.raises(TableError, match="did you mean 'readings'"):
        tables.table("reading")
