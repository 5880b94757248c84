"""The loop on a simulated fleet, from an unknown fault to a recognised one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs import loop
from docs.loop_page import page


@pytest.mark.slow
def test_a_fault_nobody_knew_is_recognised_after_three_opinions(tmp_path: Path) -> None:
    """Seed 11: five later incidents, all named, and nothing else changed, when this was written."""
    played = loop.fleet_loop(11, tmp_path)
    result = played["result"]
    assert loop.HELD_BACK not in str(result["at_first"])
    assert result["incidents"]["n"] >= 4
    assert result["incidents"]["value"] >= 0.8
    assert result["others"] == 0
    assert played["rollback"]
    assert [c["what"] for c in played["changes"]] == ["added"]


def test_the_page_shows_the_results_that_are_kept() -> None:
    kept = json.loads(loop.RESULTS.read_text("utf-8"))
    assert loop.PAGE.read_text("utf-8") == page(kept)
