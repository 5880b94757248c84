"""Opinions in a file become labels at the next training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from faultprint.errors import OpinionError
from faultprint.records import JudgedIncident, Opinion
from faultprint.stages.opined import read_opined
from faultprint.store.opinion_files import write_opinions

FIRST = datetime(2025, 5, 1, tzinfo=UTC)
DELAY = timedelta(hours=24)


def incident(name: str, cleared: datetime | None = FIRST + timedelta(days=5)) -> JudgedIncident:
    opened = FIRST + timedelta(hours=12)
    return JudgedIncident(name, "P-1", "pump", opened, FIRST, cleared, "deviation", "", "1.0.0+a")


def opinion(name: str, author: str, mode: str = "icing", confidence: float = 0.8) -> Opinion:
    said = FIRST + timedelta(days=7)
    return Opinion(name, "new_fault", mode, confidence, "", "", author, said)


def test_what_stands_labels_the_time_of_its_abnormal_windows(tmp_path: Path) -> None:
    file = tmp_path / "opinions.yaml"
    told = [opinion("a", "Mira"), opinion("a", "Ole"), opinion("a", "Ann", "frost", 0.5)]
    write_opinions(file, [*told, opinion("b", "Mira")], [incident("a"), incident("b", None)])
    found = read_opined(file, DELAY)
    assert found["failure_mode"].tolist() == ["icing", "icing"]
    assert found["first"].eq(pd.Timestamp(FIRST)).all()
    assert found["last"].tolist() == [
        pd.Timestamp(FIRST + timedelta(days=4)),  # the off-delay is healthy again
        pd.Timestamp(FIRST + timedelta(days=7)),  # open when it was judged
    ]


def test_what_is_disputed_teaches_nothing(tmp_path: Path) -> None:
    file = tmp_path / "opinions.yaml"
    told = [opinion("a", "Mira"), opinion("a", "Ann", "frost")]
    write_opinions(file, told, [incident("a")])
    assert read_opined(file, DELAY).empty
    assert read_opined(tmp_path / "none.yaml", DELAY).empty


def test_an_opinion_on_an_unknown_incident_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "opinions.yaml"
    write_opinions(file, [opinion("lost", "Mira")], [])
    with pytest.raises(OpinionError, match="lost"):
        read_opined(file, DELAY)
