"""Results only grow also where rules look back over earlier windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from faultprint.faults.release import Release
from faultprint.faults.rules.book import rule_book
from tests.job.test_additions import HOURS, Place, hours, same
from tests.serve import plant


@pytest.fixture(scope="module")
def ruled() -> Release:
    rules = {
        name: {"title": name, "failure_mode": name, "rule": text}
        for name, text in {
            "rising": "actual(temperature) > actual(temperature) 12 h ago for 18 h",
            "steady": "running for 4 d",
        }.items()
    }
    return replace(plant.learn(), rules=rule_book([{"template": plant.CLASS, "rules": rules}]))


@pytest.fixture
def place(tmp_path: Path, ruled: Release) -> Place:
    plant.publish(ruled, tmp_path / "release")
    return Place(tmp_path, tmp_path / "release")


def test_two_parts_that_overlap_say_what_the_whole_says(place: Place) -> None:
    place.score(place.tables("early", ["P-1"], hours(0, 240)))
    said = place.score(place.tables("late", ["P-1"], hours(60, HOURS)))
    assert said["conflicts"] == 0
    place.score(place.tables("all", ["P-1"]), "at once")
    same(place, "results", "at once")
    assert 0 < place.rows("states")["by_rule"].mean() < 1


def test_windows_whose_rules_look_back_too_far_are_left_out(place: Place) -> None:
    place.score(place.tables("early", ["P-1"], hours(0, 240)))
    said = place.score(place.tables("late", ["P-1"], hours(200, HOURS)))
    place.score(place.tables("all", ["P-1"]), "at once")
    whole, held = place.rows("diagnoses", "at once"), place.rows("diagnoses")
    missing = whole[~whole["end"].isin(held["end"])]
    assert said["without_history"] >= len(missing) > 0
    expected = whole[whole["end"].isin(held["end"])].reset_index(drop=True)
    assert held.equals(expected)
