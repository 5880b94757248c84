"""An incident is credited with one failure at most, and only with one it could tell of."""

from __future__ import annotations

import pandas as pd
import pytest

from faultprint.config import Labels
from faultprint.evaluate.metrics import match_incidents
from tests.evaluate.cases import DETECT, LOOKED, day, events, incidents, judge, observed

WEAR = ("P1", 50, "failure", "wear", "bearing")


def test_an_alarm_stuck_through_failure_and_repair_foretells_one_failure() -> None:
    happened = events(
        WEAR,
        ("P1", 50.5, "maintenance", "", "bearing"),
        ("P1", 55, "failure", "leak", "seal"),
        ("P1", 57, "failure", "wear", "bearing"),
    )
    unrepaired = happened[happened["kind"] == "failure"]
    failures, _ = judge(unrepaired, incidents(("P1", 48, None, "")))
    assert failures["found"].tolist() == [True, False, False]
    failures, judged = judge(happened, incidents(("P1", 48, None, "wear")))
    assert failures["found"].tolist() == [True, False, False]
    assert judged["outcome"].tolist() == ["true"]
    assert judged["failure_time"].tolist() == [day(50)]


@pytest.mark.parametrize(
    ("item", "named", "found"),
    [
        ("bearing", "", False),
        ("bearing", "wear", False),
        ("seal", "leak", False),
        ("seal", "wear", True),
        ("seal", "", True),
        ("", "wear", True),
    ],
    ids=[
        "the item that failed later was new",
        "so it was, whatever was named",
        "the item behind the named mode was new",
        "another item",
        "another item, nothing named",
        "work that replaced nothing",
    ],
)
def test_a_replacement_ends_the_claim(item: str, named: str, found: bool) -> None:
    happened = events(
        WEAR, ("P2", 5, "failure", "leak", "seal"), ("P1", 46, "maintenance", "", item)
    )
    failures, _ = judge(happened, incidents(("P1", 44, None, named)))
    assert failures.loc[failures["asset"] == "P1", "found"].tolist() == [found]


def test_where_nobody_knows_what_failed_any_replacement_ends_the_claim() -> None:
    happened = events(("P1", 50, "failure", "", ""), ("P1", 46, "maintenance", "", "filter"))
    failures, _ = judge(happened, incidents(("P1", 44, None, "")))
    assert failures["found"].tolist() == [False]
    failures, _ = judge(happened.head(1), incidents(("P1", 44, None, "")))
    assert failures["found"].tolist() == [True]


def test_one_failure_written_down_twice_counts_once() -> None:
    happened = events(
        ("P1", 50, "failure", "", ""),
        ("P1", 50.5, "failure", "wear", "bearing"),
        ("P1", 50.9, "failure", "wear", ""),
        ("P1", 50.9, "failure", "leak", "seal"),
        ("P1", 52.1, "failure", "wear", ""),
        ("P2", 50, "failure", "wear", ""),
    )
    failures, _ = judge(happened, incidents())
    told = failures[["asset", "time", "failure_mode", "item"]].to_numpy().tolist()
    assert told == [
        ["P1", day(50), "wear", "bearing"],
        ["P1", day(50.9), "leak", "seal"],
        ["P1", day(52.1), "wear", ""],
        ["P2", day(50), "wear", ""],
    ]


def test_what_came_and_went_repeats_a_found_failure_and_is_false_otherwise() -> None:
    blip, alarm = ("P1", 41, 41.5, "wear"), ("P1", 48, 51, "")
    _, judged = judge(events(WEAR), incidents(blip, alarm))
    assert judged["outcome"].tolist() == ["duplicate", "true"]
    failures, judged = judge(events(WEAR), incidents(blip))
    assert judged["outcome"].tolist() == ["false"]
    assert not failures["found"].any()


@pytest.mark.parametrize(
    ("work", "cleared", "mode", "outcome"),
    [
        ((67, "bearing"), 61, "", "false"),
        ((67, "bearing"), None, "", "censored"),
        ((62.9, "bearing"), 61, "", "censored"),
        ((63.1, "bearing"), 61, "", "false"),
        ((62.9, "belt"), 61, "", "false"),
        ((70.1, "bearing"), None, "", "false"),
        ((67, "bearing"), 63.5, "wear", "censored"),
        ((67, "bearing"), 63.4, "wear", "false"),
    ],
    ids=[
        "routine work long after it cleared",
        "work while it stood",
        "work within the horizon after it cleared",
        "work after that",
        "an item that never failed",
        "work later than max_lead",
        "named, and open half of the time",
        "named, came and went",
    ],
)
def test_preventive_work_censors_where_a_failure_would_have_counted(
    work: tuple[float, str], cleared: float | None, mode: str, outcome: str
) -> None:
    happened = events(WEAR, ("P2", work[0], "maintenance", "", work[1]))
    _, judged = judge(happened, incidents(("P2", 60, cleared, mode)))
    assert judged["outcome"].tolist() == [outcome]


@pytest.mark.parametrize("gap", ["0h", "12h"])
def test_an_incident_that_opens_as_the_failure_happens_is_its_aftermath(gap: str) -> None:
    failures, judged = match_incidents(
        incidents(("P1", 50, 52, "wear")),
        events(WEAR),
        DETECT,
        Labels(horizon="48h", gap=gap, recovery="24h"),
        LOOKED,
    )
    assert failures["found"].tolist() == [False]
    assert judged[["outcome", "why"]].to_numpy().tolist() == [["duplicate", "after_failure"]]


def test_failures_and_incidents_are_judged_over_the_same_time() -> None:
    happened = events(WEAR)
    looked = observed(("P1", 49, 80), ("P2", 49, 80))
    stood, gone = ("P1", 45, 51, ""), ("P1", 45, 48.9, "wear")
    failures, judged = judge(happened, incidents(stood), looked)
    assert (failures["found"].tolist(), judged["outcome"].tolist()) == ([True], ["true"])
    failures, judged = judge(happened, incidents(gone), looked)
    assert (failures["found"].tolist(), len(judged)) == ([False], 0)
    _, judged = judge(happened, incidents(("P2", 45, 51, ""), ("P2", 38, None, "")), looked)
    assert judged[["incident", "outcome"]].to_numpy().tolist() == [["I0", "false"]]


def test_an_incident_claims_the_first_spell_of_fault_it_sees() -> None:
    happened = events(*(("P1", start, "fault", "valve", "") for start in (50, 53.5, 60)))
    happened["end"] = happened["time"] + pd.Timedelta(days=3)
    labels = Labels(source="intervals", recovery="24h")
    stuck = incidents(("P1", 45, None, ""))
    failures, judged = match_incidents(stuck, happened, DETECT, labels, LOOKED)
    assert failures["found"].tolist() == [True, True, False]
    assert judged["outcome"].tolist() == ["true"]
    lasting = happened.head(1).assign(end=pd.NaT)
    lasting["end"] = pd.to_datetime(lasting["end"], utc=True)
    late = incidents(("P1", 70, 71, ""))
    failures, _ = match_incidents(late, lasting, DETECT, labels, LOOKED)
    assert failures["found"].tolist() == [True]
