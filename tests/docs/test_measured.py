"""Pages of measurements show the numbers that are kept beside them."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from docs import false_alarms, loop_bearings


@pytest.mark.parametrize("written", [false_alarms, loop_bearings])
def test_the_page_shows_the_results_that_are_kept(written: ModuleType) -> None:
    kept = json.loads(written.RESULTS.read_text("utf-8"))
    assert written.PAGE.read_text("utf-8") == written.page(kept)


def test_the_fleets_sum_up_to_what_the_page_says() -> None:
    kept = json.loads(false_alarms.RESULTS.read_text("utf-8"))
    assert [one["seed"] for one in kept] == [*false_alarms.CHOSEN, *false_alarms.LATER]
    total = sum(one["home"]["false"] for one in kept)
    months = sum(one["home"]["months"] for one in kept)
    assert f"{total} in {months:.1f} |" in false_alarms.PAGE.read_text("utf-8")
