"""The coverage page, the CSV and the text say the same of each cell."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict

import pytest

from faultprint.evaluate.coverage import Cell, Coverage, Gain
from faultprint.evaluate.standing import Standing
from faultprint.serve.coverage_page import (
    Covered,
    coverage_csv,
    coverage_text,
    render_coverage,
)
from faultprint.state.intervals import poisson_rate, wilson
from tests.serve.test_report import Page


@pytest.fixture(scope="module")
def covered() -> Covered:
    cells = (
        Cell("pump", "wear", "P-1", "isolable", "", judged=1.0),
        Cell("pump", "wear", "P-2 <b>", "blind", "sensors missing: flow", (), ("flow",), 0.1),
        Cell("pump", "leak", "P-1", "ambiguous", "windows given to wear", ("wear",), (), 1.0),
        Cell("pump", "leak", "P-2 <b>", "detectable", "no signature (too few): 1 of 2 found"),
    )
    named, false = asdict(wilson(3, 4)), asdict(poisson_rate(1, 5.0))
    one = Standing(
        "pump", "wear", "1.0.0", "test", 5, 4, 4, named, false, 30.0, 3, 2,
        "2025-03-01T00:00:00+00:00", "failure", 40.0, 1,
    )  # fmt: skip
    never = Standing(
        "pump", "leak", "1.0.0", "test", 5, 4, 0, asdict(wilson(0, 0)), false, None, 0, 0,
        "", "", None, 0,
    )  # fmt: skip
    gains = (Gain("pump", "flow", (("P-2 <b>", "wear"),)),)
    return Covered("1.0.0+ab", Coverage(cells, gains), (one, never))


def test_the_page_stands_alone_and_says_why(covered: Covered) -> None:
    html = render_coverage(covered)
    page = Page(html)
    assert not page.addresses
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "<b>" not in html
    said = re.sub(r"\s+", " ", " ".join(page.texts))
    assert "4 pairs of asset and failure mode: 1 isolable, 1 ambiguous, 1 detectable" in said
    assert "wear: blind on P-2 <b>: sensors missing: flow" in said
    assert "flow pump wear on P-2 <b>" in said
    assert "3 of 4: 75 % (30 to 95 %)" in said
    assert "2025-03-01 00:00 by failure, 40 days before the end; 3 times on 2 assets" in said
    assert "never on what it was not learnt from" in said
    assert render_coverage(covered) == html


def test_the_text_has_a_mark_for_each_cell(covered: Covered) -> None:
    text = coverage_text(covered)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if "  leak  " in line}
    assert rows == {"leak": ["?", "+"]}
    assert "# isolable 1, ? ambiguous 1, + detectable 1, - blind 1" in text
    assert "flow (pump): wear on P-2 <b>" in text
    assert "0.2 (0.0051 to 1.1)" in text


def test_the_csv_has_a_row_for_each_cell(covered: Covered) -> None:
    rows = list(csv.DictReader(io.StringIO(coverage_csv(covered))))
    assert [row["ability"] for row in rows] == ["isolable", "blind", "ambiguous", "detectable"]
    assert (rows[1]["missing"], rows[2]["beside"]) == ("flow", "wear")


def test_the_data_are_plain(covered: Covered) -> None:
    told = covered.to_dict()
    assert told["counts"]["blind"] == 1
    assert told["signatures"][0]["named"]["hits"] == 3
