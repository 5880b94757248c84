"""The loop on a simulated fleet, from an unknown fault to a recognised one."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import loop
from docs.loop_page import page


@pytest.mark.slow
def test_a_fault_nobody_knew_is_recognised_after_three_opinions(tmp_path: Path) -> None:
    """Seed 11: six later incidents, of which five were named when this was written."""
    played = loop.fleet_loop(11, tmp_path)
    result = played["result"]
    assert loop.HELD_BACK not in str(result.at_first)
    assert result.incidents.n >= 4
    assert result.incidents.value >= 0.75
    assert result.others <= 5
    assert played["rollback"]
    assert [c["what"] for c in played["told"]["changes"]] == ["added"]
    assert "| seed 11 |" in page({"seed 11": played}, None)
