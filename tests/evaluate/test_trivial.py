"""Detectors that look at nothing are judged as the real one is."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from faultprint.evaluate.metrics import event_metrics
from faultprint.evaluate.trivial import trivial_metrics
from tests.evaluate.cases import DETECT, LABELS, LOOKED, events, incidents, judge

Scores = dict[str, dict[str, float]]

HAPPENED = events(
    *(("P1", day, "failure", "wear", "") for day in (5, 45, 85)), ("P2", 65, "failure", "leak", "")
)
RAISED = incidents(("P1", 43, 46, "wear"), ("P1", 84, 86, "wear"), ("P2", 20, 22, ""))


def trivial(raised: pd.DataFrame = RAISED) -> Scores:
    _, judged = judge(HAPPENED, raised)
    return trivial_metrics(judged, HAPPENED, (DETECT, LABELS), LOOKED, LOOKED)


@pytest.fixture(scope="module")
def beside() -> Scores:
    return trivial()


def test_always_on_finds_what_fails_soon_and_nothing_else(
    beside: Scores,
) -> None:
    found = beside["always_on"]
    assert (found["incidents"], found["found"], found["false_alarms"]) == (2, 0.25, 1)
    assert found["precision"] == 0.5
    assert found["named"] == 0.0


def test_raised_anew_each_max_lead_misses_nothing_and_is_mostly_false(
    beside: Scores,
) -> None:
    found = beside["every_max_lead"]
    assert found["found"] == 1.0
    assert found["incidents"] == 20  # 100 days of two assets, 10 days each
    assert found["precision"] < 0.3
    assert found["false_alarms_per_asset_month"] == pytest.approx(found["false_alarms"] / 200 * 30)


def test_random_incidents_are_as_many_and_score_less_than_the_real_ones(
    beside: Scores,
) -> None:
    found = beside["random"]
    real = event_metrics(*judge(HAPPENED, RAISED), LOOKED)
    assert found["incidents"] == 3
    assert 0 < found["found"] < real["found"]["value"]
    assert found["f1_events"] < real["f1_events"] / 2


def test_same_incidents_give_the_same_numbers_whatever_their_identity_and_order(
    beside: Scores,
) -> None:
    other = RAISED.iloc[::-1].assign(incident=["x", "a", "m"], release="2.0.0+b")
    assert trivial(other.astype(RAISED.dtypes.to_dict())) == beside
    json.dumps(beside, allow_nan=False)


def test_a_release_that_says_nothing_is_compared_too() -> None:
    found = trivial(RAISED.head(0))
    assert found["random"]["incidents"] == 0
    assert found["random"]["f1_events"] == 0
    assert found["every_max_lead"]["found"] == 1.0
