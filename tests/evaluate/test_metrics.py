"""Events are matched and counted as promised."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from faultprint.config import Labels
from faultprint.evaluate.metrics import asset_months, event_metrics, lead_time, match_incidents
from tests.evaluate.cases import (
    DETECT,
    FAILED,
    LOOKED,
    day,
    events,
    incidents,
    judge,
    observed,
)


@pytest.mark.parametrize(
    ("opened", "cleared", "mode", "found", "right", "outcome"),
    [
        (48, None, "wear", True, True, "true"),
        (48, None, "leak", True, False, "true"),
        (48, None, "", True, False, "true"),
        (40, 51, "", True, False, "true"),
        (39.9, 51, "wear", False, False, "false"),
        (50 - 2 / 24, 52, "wear", True, True, "true"),
        (50 - 1 / 24, 52, "wear", False, False, "duplicate"),
        (50.9, 52, "wear", False, False, "duplicate"),
        (51.1, 52, "wear", False, False, "false"),
        (41, 47.9, "leak", False, False, "false"),
        (41, 48, "leak", True, False, "true"),
        (41, 45.5, "wear", True, True, "true"),
        (41, 45.4, "wear", False, False, "false"),
    ],
    ids=[
        "named rightly",
        "named wrongly",
        "a deviation",
        "exactly at max_lead",
        "too early",
        "exactly at the gap",
        "too late",
        "in the aftermath",
        "after recovery",
        "another mode, cleared before the horizon",
        "cleared at the horizon",
        "the right mode, open half of the time",
        "the right mode, came and went",
    ],
)
def test_one_incident_one_failure(
    opened: float, cleared: float | None, mode: str, found: bool, right: bool, outcome: str
) -> None:
    failures, judged = judge(FAILED, incidents(("P1", opened, cleared, mode)))
    row = failures.iloc[0]
    assert (row["found"], row["mode_right"]) == (found, right)
    assert judged["outcome"].tolist() == [outcome]
    if found:
        assert row["lead_hours"] == pytest.approx((50 - opened) * 24)
        assert (row["incident"], row["named"]) == ("I0", mode)
        assert judged["failure"].tolist() == ["wear"]
    else:
        assert pd.isna(row["lead_hours"])
        assert row["incident"] == ""


def test_another_asset_does_not_foretell() -> None:
    failures, judged = judge(FAILED, incidents(("P2", 48, None, "wear")))
    assert not failures["found"].any()
    assert judged["outcome"].tolist() == ["false"]


def test_of_two_incidents_the_rightly_named_counts_else_the_earliest() -> None:
    raised = incidents(("P1", 45, 49, ""), ("P1", 46, 51, "wear"), ("P1", 44, 48.5, "leak"))
    failures, judged = judge(FAILED, raised)
    assert failures["incident"].tolist() == ["I1"]
    assert judged["outcome"].tolist() == ["duplicate", "true", "duplicate"]
    failures, judged = judge(FAILED, raised.iloc[[0, 2]])
    assert failures["incident"].tolist() == ["I2"]
    assert judged["outcome"].tolist() == ["duplicate", "true"]


def test_two_failures_at_one_time_and_repeated_rows() -> None:
    happened = events(
        ("P1", 50, "failure", "wear", "bearing"),
        ("P1", 50, "failure", "leak", "seal"),
        ("P1", 50, "failure", "wear", "bearing"),
    )
    failures, judged = judge(happened, incidents(("P1", 49, None, "leak")))
    assert failures["failure_mode"].tolist() == ["leak", "wear"]
    assert failures["found"].tolist() == [True, True]
    assert failures["mode_right"].tolist() == [True, False]
    assert judged["outcome"].tolist() == ["true"]


def test_only_the_judged_time_counts() -> None:
    happened = events(
        ("P1", 10, "failure", "wear", ""),
        ("P1", 50, "failure", "wear", ""),
        ("P3", 50, "failure", "wear", ""),
    )
    raised = incidents(("P1", 9, 11, "wear"), ("P1", 29, 51, ""), ("P1", 49, 51, "wear"))
    failures, judged = judge(happened, raised, observed(("P1", 49.5, 80)))
    assert failures["time"].tolist() == [day(50)]
    assert failures["found"].tolist() == [True]
    assert failures["lead_hours"].tolist() == [12.0]  # it was open when the judged period began
    assert judged["incident"].tolist() == ["I2"]
    failures, judged = judge(happened, raised, observed(("P1", 10.5, 49.5)))
    assert failures.empty
    assert judged["outcome"].tolist() == ["false", "censored"]
    assert judged["why"].tolist() == ["", "outside"]


def test_what_nobody_can_know_is_censored() -> None:
    happened = events(
        ("P1", 50, "failure", "wear", "bearing"),
        ("P1", 50.5, "maintenance", "", "bearing"),
        ("P2", 20, "maintenance", "", "bearing"),
        ("P2", 70, "maintenance", "", "seal"),
    )
    raised = incidents(
        ("P2", 15, None, "wear"),
        ("P2", 15, 18, "wear"),
        ("P2", 15, 17.4, "wear"),
        ("P2", 21, 40, "wear"),
        ("P2", 69, 71, "wear"),
        ("P2", 69, 71, ""),
        ("P2", 97.9, None, "wear"),
        ("P2", 98.1, None, "wear"),
        ("P1", 51.5, 53, "wear"),
    )
    _, judged = judge(happened, raised)
    assert judged["outcome"].tolist() == [
        "censored",
        "censored",
        "false",
        "false",
        "false",
        "false",
        "false",
        "censored",
        "false",
    ]
    assert set(judged.loc[judged["outcome"] == "censored", "why"]) == {"preventive", "end"}


def test_labelled_intervals_are_found_while_they_last() -> None:
    happened = events(("P1", 50, "fault", "valve", ""), ("P2", 50, "fault", "valve", ""))
    happened["end"] = happened["time"] + pd.Timedelta(days=3)
    labels = Labels(source="intervals")
    raised = incidents(("P1", 52, 60, "valve"), ("P2", 53.1, None, "valve"), ("P2", 40, 49, ""))
    failures, judged = match_incidents(raised, happened, DETECT, labels, LOOKED)
    assert failures["found"].tolist() == [True, False]
    assert failures["lead_hours"].isna().all()
    assert judged["outcome"].tolist() == ["true", "false", "false"]


def test_the_rate_is_over_the_time_in_which_an_alarm_could_be_false() -> None:
    failures, judged = judge(FAILED, incidents(("P2", 20, 21, ""), ("P1", 44, 45, "leak")))
    found = event_metrics(failures, judged, LOOKED, observed(("P1", 0, 40), ("P2", 0, 20)))
    assert (found["asset_months"], found["exposed_asset_months"]) == (200 / 30, 2.0)
    assert (found["false_alarms"], found["exposed_false_alarms"]) == (2, 1)
    rate = found["false_alarms_per_asset_month"]
    assert (rate["value"], rate["count"], rate["exposure"]) == (0.5, 1, 2.0)
    assert found["modes"]["leak"]["exposed_false_alarms"] == 0
    other = event_metrics(failures, judged, LOOKED, observed(("P2", 42, 46), ("P1", 0, 43)))
    assert other["exposed_false_alarms"] == 0
    bare = event_metrics(failures, judged, LOOKED, LOOKED.head(0))
    assert bare["false_alarms_per_asset_month"]["exposure"] == pytest.approx(200 / 30)


def test_duplicates_count_against_the_stricter_precision() -> None:
    found = event_metrics(
        *judge(FAILED, incidents(("P1", 47, 51, ""), ("P1", 48, 51, ""), ("P1", 50.5, 51, ""))),
        LOOKED,
    )
    assert found["precision"]["value"] == 1.0
    assert found["precision_with_duplicates"]["value"] == pytest.approx(1 / 3)


def test_a_failure_is_recognised_by_its_name_or_as_new_if_it_has_no_signature() -> None:
    happened = events(
        *(("P1", time, "failure", mode, "") for time, mode in ((20, "wear"), (40, "leak"))),
        *(("P2", time, "failure", mode, "") for time, mode in ((20, "leak"), (40, ""))),
    )
    raised = incidents(
        ("P1", 19, 21, "wear"), ("P1", 39, 41, ""), ("P2", 19, 21, "wear"), ("P2", 39, 41, "")
    )
    failures, judged = judge(happened, raised)
    strict = event_metrics(failures, judged, LOOKED)
    assert (strict["recognised"]["hits"], strict["recognised"]["n"]) == (1, 3)
    known = event_metrics(failures, judged, LOOKED, signed=frozenset({"wear"}))
    assert (known["recognised"]["hits"], known["recognised"]["n"]) == (2, 3)
    assert known["f1_named"] == pytest.approx(0.8)
    assert known["f1_events"] == 1.0


def test_counts_rates_and_means() -> None:
    happened = events(
        ("P1", 20, "failure", "wear", ""),
        ("P1", 60, "failure", "wear", ""),
        ("P2", 30, "failure", "leak", ""),
        ("P2", 80, "failure", "", ""),
    )
    raised = incidents(
        ("P1", 18, 21, "wear"),
        ("P1", 19, 21, "wear"),
        ("P2", 29, 31, "wear"),
        ("P2", 50, 51, "leak"),
        ("P1", 40, 41, ""),
    )
    failures, judged = judge(happened, raised)
    found = event_metrics(failures, judged, LOOKED)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["failures"], found["found"]["hits"], found["named"]["hits"]) == (4, 2, 1)
    assert (found["true_incidents"], found["false_alarms"], found["duplicates"]) == (2, 2, 1)
    assert found["asset_months"] == pytest.approx(200 / 30)
    rate = found["false_alarms_per_asset_month"]
    assert rate["value"] == pytest.approx(2 / (200 / 30))
    assert rate["low"] < rate["value"] < rate["high"]
    assert found["precision"]["value"] == 0.5
    assert found["f1_events"] == pytest.approx(0.5)
    assert found["macro_recall"] == pytest.approx((0.5 + 0.0) / 2)
    assert found["lead_time"] == {"n": 2, "median": 36.0, "q10": 26.4, "q90": 45.6}
    assert set(found["modes"]) == {"wear", "leak"}
    assert found["modes"]["wear"]["named"]["n"] == 2
    assert found["modes"]["leak"]["false_alarms"] == 1


def test_nothing_happened_nothing_said() -> None:
    failures, judged = judge(events(), incidents())
    found = event_metrics(failures, judged, LOOKED.head(0))
    assert (found["failures"], found["f1_events"], found["macro_recall"]) == (0, 0.0, 0.0)
    assert found["lead_time"]["median"] is None
    assert asset_months(LOOKED) == pytest.approx(200 / 30)
    assert lead_time(pd.Series([float("nan")])).n == 0


def test_input_stays_and_row_order_does_not_matter() -> None:
    raised = incidents(("P1", 45, 49, ""), ("P1", 46, 51, "wear"), ("P2", 44, 48.5, "leak"))
    kept = raised.copy(deep=True), FAILED.copy(deep=True)
    first = judge(FAILED, raised)
    mixed = judge(FAILED, raised.iloc[::-1])
    pd.testing.assert_frame_equal(first[0], mixed[0])
    by_name = mixed[1].sort_values("incident", ignore_index=True)
    pd.testing.assert_frame_equal(first[1], by_name)
    twice = judge(pd.concat([FAILED, FAILED]), pd.concat([raised.head(1), raised.tail(2).head(1)]))
    assert (len(twice[0]), len(twice[1])) == (1, 2)
    pd.testing.assert_frame_equal(raised, kept[0])
    pd.testing.assert_frame_equal(FAILED, kept[1])
