"""Courses and contrasts are those of the windows they are made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from faultprint.faults.learning.design import design
from faultprint.faults.pages.around import Around
from faultprint.faults.pages.contrasts import confusable, tell_apart
from faultprint.faults.pages.course import sparkline, typical_course
from faultprint.faults.pages.page import signature_page
from tests.faults.pumps import fleet
from tests.faults.test_signature import learned, named

SPAN = timedelta(days=5)


@pytest.fixture(scope="module")
def course() -> pd.DataFrame:
    windows, residuals = fleet()
    return typical_course(design(windows, residuals), windows, named("bearing_wear"), SPAN)


def test_a_course_ends_at_the_failure_and_is_the_median_over_episodes(
    course: pd.DataFrame,
) -> None:
    wear = named("bearing_wear")
    first = wear.symptoms[0].descriptor
    mine = course[course["descriptor"] == first]
    assert mine["hours"].max() == 0
    assert mine["hours"].min() >= -120
    assert mine["hours"].is_monotonic_increasing
    windows, residuals = fleet()
    values = design(windows, residuals)[first]
    ends = [
        (e.rpartition("@")[0], pd.Timestamp(e.rpartition("@")[2])) for e in wear.origin.episodes
    ]
    last = [
        values[(windows["asset"] == asset) & (windows["end"] == end)].iloc[0] for asset, end in ends
    ]
    at_end = mine[mine["hours"] == 0].iloc[0]
    assert at_end["median"] == pytest.approx(np.median(last))
    assert at_end["episodes"] == len(ends) == 8
    assert at_end["low"] <= at_end["median"] <= at_end["high"]


def test_the_course_of_wear_leads_from_healthy_to_typical(course: pd.DataFrame) -> None:
    first = named("bearing_wear").symptoms[0]
    mine = course[course["descriptor"] == first.descriptor].set_index("hours")["median"]
    assert mine.iloc[-1] > first.typical > mine.iloc[0]


def test_windows_that_were_not_evaluated_and_other_assets_are_left_out() -> None:
    windows, residuals = fleet()
    wear = named("bearing_wear")
    none = windows.assign(reason="off")
    assert typical_course(design(none, residuals), none, wear, SPAN).empty
    elsewhere = replace(wear, origin=replace(wear.origin, episodes=("X@2025-01-11T00:00Z",)))
    assert typical_course(design(windows, residuals), windows, elsewhere, SPAN).empty


def test_sparklines_have_the_shape_of_the_course() -> None:
    assert sparkline(pd.Series([1.0, 1.0])) == "▁▁"
    assert sparkline(pd.Series([], dtype="float64")) == ""
    assert len(sparkline(pd.Series(np.arange(100.0)))) == 24


def test_confusion_counts_in_both_directions() -> None:
    wear = replace(named("bearing_wear"), confused_with={"leak": 0.01, "blockage": 0.2})
    leak = replace(named("blockage"), failure_mode="leak", confused_with={"bearing_wear": 0.3})
    assert confusable(wear, [leak, wear]) == ["leak", "blockage"]
    other = replace(leak, equipment_class="fan")
    assert confusable(wear, [other]) == ["blockage"]


def test_what_tells_two_faults_apart_is_what_was_planted() -> None:
    model = learned().model
    wear, blockage = named("bearing_wear"), named("blockage")
    found = tell_apart(model, wear, blockage)
    assert {one.descriptor.split(".")[0] for one in found[:2]} == {"vibration", "pressure"}
    place = model.features.index(found[0].descriptor)
    assert found[0].here == pytest.approx(model.typical["bearing_wear"][place], rel=1e-4)
    assert [one.apart for one in found] == sorted((one.apart for one in found), reverse=True)
    back = {one.descriptor: one for one in tell_apart(model, blockage, wear)}
    assert back[found[0].descriptor].there == found[0].here
    assert tell_apart(model, wear, replace(blockage, failure_mode="unheard_of")) == ()


def test_the_page_says_how_to_tell_apart_who_says_so_and_what_became_of_it(
    course: pd.DataFrame,
) -> None:
    wear, blockage = named("bearing_wear"), named("blockage")
    apart = {"blockage": tell_apart(learned().model, wear, blockage)}
    around = Around(apart=apart, course=course, history=("release 1.0.0: version 1.0.0",))
    said = signature_page(wear, around)
    assert "blockage: whose windows are taken for this one" in said
    assert "here " in said
    assert "days before the failure: ▁" in said
    assert "Nobody yet" in said
    assert "Severity: not judged by an expert" in said
    assert "kW" in said
    assert "means over a window" in said
    assert said.endswith("release 1.0.0: version 1.0.0\n")
    assert "Severity: 4 of 5" in signature_page(replace(wear, severity=4, opinions=("A: yes",)))
