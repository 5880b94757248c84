"""Bearing faults of the Case Western recordings, by their envelope alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faultprint.signal.bearing_faults import CLEAR, Ranking
from faultprint.stages.bearings import bearing_page, counts, judge_recordings

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("FAULTPRINT_DATA", REPOSITORY.parent / "shared" / "data")) / "cwru"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings at {DATA}; set FAULTPRINT_DATA"),
]


def test_the_right_fault_comes_first_and_none_is_named_wrongly() -> None:
    judged = judge_recordings(DATA)
    faulty = judged[judged["fault"] != ""]
    assert len(faulty) == 12
    assert faulty["right"].sum() >= 9  # ten when written; chance gives four
    named = judged[judged["prominence"] >= CLEAR]
    assert len(named) >= 6
    assert named["right"].all()
    assert "of 12 faulty recordings" in counts(judged)[0]
    page = bearing_page(judged).splitlines()
    assert sum(line.startswith("| ") for line in page) == 1 + len(judged)


@pytest.mark.parametrize("how", [Ranking(4), Ranking(6), Ranking(8, 0.5)])
def test_other_settings_name_none_wrongly_either(how: Ranking) -> None:
    judged = judge_recordings(DATA, how)
    named = judged[judged["prominence"] >= CLEAR]
    assert len(named) >= 6
    assert named["right"].all()
    assert judged["right"].sum() >= 8
