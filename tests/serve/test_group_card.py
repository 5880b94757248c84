"""The report shows each group of unknown incidents with what to look at."""

from __future__ import annotations

from faultprint.serve.report import render_report
from tests.faults.test_group_story import story
from tests.serve import samples
from tests.serve.test_report import Page


def test_a_group_is_told_and_drawn() -> None:
    html = render_report(samples.context(groups=(story(),)))
    page = Page(html)
    assert f"group-{story().name}" in page.ids
    said = " ".join(page.texts)
    for words in ("Look at:", "pressure is up", "began about", "E1 in 1 of"):
        assert words in said
    assert any(f"Common symptoms of {story().name}" in (i["alt"] or "") for i in page.images)
    assert html == render_report(samples.context(groups=(story(),)))


def test_no_group_is_said_to_be_none() -> None:
    said = " ".join(Page(render_report(samples.context())).texts)
    assert "No two unknown incidents look alike." in said
