"""Which opinion stands, how far experts agree, and what carries over to another release."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from faultprint.faults.opinions import (
    Judged,
    agreement,
    carried_over,
    problems_of,
    settle,
    snapshots,
)
from faultprint.records import JudgedIncident, Opinion
from faultprint.tables import empty

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
SEAL = Opinion("i1", "known_fault", "seal_leak", 0.8, "wet floor", "replaced it", "ada", START)


def said(by: str, mode: str = "seal_leak", sure: float = 0.8, **fields: object) -> Opinion:
    return replace(SEAL, author=by, failure_mode=mode, confidence=sure, **fields)


def incident(name: str, first: float, cleared: float | None, **fields: object) -> JudgedIncident:
    one = JudgedIncident(
        name,
        "P-1",
        "pump",
        START + (first + 0.25) * DAY,
        START + first * DAY,
        None if cleared is None else START + cleared * DAY,
        "known",
        "seal_leak",
        "1.0.0+a",
    )
    return replace(one, **fields)


def test_an_opinion_is_named_by_what_it_says() -> None:
    elsewhere = START.astimezone(timezone(timedelta(hours=5)))
    assert SEAL.id == replace(SEAL, time=elsewhere).id == replace(SEAL).id
    changed = [
        {"incident": "i2"},
        {"confidence": 0.81},
        {"rationale": "other"},
        {"adjudicates": True},
        {"time": START + timedelta(microseconds=1)},
        {"severity": 3},
    ]
    names = {replace(SEAL, **fields).id for fields in changed}
    assert len(names | {SEAL.id}) == len(changed) + 1
    assert replace(SEAL, confidence=1).id == replace(SEAL, confidence=1.0).id


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"incident": " "}, "incident: empty"),
        ({"verdict": "fault"}, "verdict: 'fault' is none of known_fault, new_fault"),
        ({"failure_mode": ""}, "failure_mode: empty, but known_fault names one"),
        ({"verdict": "sensor_issue"}, "'seal_leak', but sensor_issue names none"),
        ({"failure_mode": "healthy"}, "'healthy' cannot be one"),
        ({"failure_mode": "a|b"}, "cannot be one"),
        ({"confidence": 1.01}, "confidence: 1.01 is not within"),
        ({"confidence": math.nan}, "confidence: nan is not within"),
        ({"author": ""}, "author: empty"),
        ({"time": START.replace(tzinfo=None)}, "has no zone"),
        ({"severity": 6}, "severity: 6"),
        ({"duplicate_of": "i2"}, "duplicate_of: name the other incident for a duplicate"),
        ({"verdict": "duplicate", "failure_mode": ""}, "duplicate_of: name the other"),
        (
            {"verdict": "duplicate", "failure_mode": "", "duplicate_of": "i1"},
            "no duplicate of itself",
        ),
    ],
)
def test_half_an_opinion_is_found_out(fields: dict[str, object], problem: str) -> None:
    found = problems_of(replace(SEAL, **fields))
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize("verdict", ["normal_behaviour", "sensor_issue", "cause_unknown"])
def test_whole_opinions_have_no_problems(verdict: str) -> None:
    assert problems_of(SEAL) == ()
    assert problems_of(replace(SEAL, verdict=verdict, failure_mode="", severity=5)) == ()
    other = replace(SEAL, verdict="duplicate", failure_mode="", duplicate_of="i2")
    assert problems_of(other) == ()


def test_the_surer_majority_stands_in_any_order() -> None:
    every = [said("ada", sure=0.6), said("bob", sure=0.9), said("cy", "bearing", 1.0)]
    for order in itertools.permutations(every):
        found = settle(order)
        assert found.opinion == every[1]
        assert found.votes == {"seal_leak": 1.5, "bearing": 1.0}
        assert found.confidence == pytest.approx(1.5 / 2.5 * 0.75)
        assert found.reason == "2 of 3 people"


@pytest.mark.parametrize(
    "opinions",
    [
        [said("ada"), said("bob", "bearing")],
        [said("ada", sure=0.0)],
        [said("ada", sure=0.5), said("bob", "bearing", 0.4), said("cy", "vane", 0.4)],
    ],
)
def test_ties_and_no_majority_are_unsettled(opinions: list[Opinion]) -> None:
    found = settle(opinions)
    assert (found.opinion, found.confidence) == (None, 0.0)
    assert "no majority: " in found.reason
    assert settle([]).reason == "nobody has judged it"


def test_only_the_latest_word_of_each_counts() -> None:
    change = said("ada", "bearing", time=START + DAY)
    found = settle([change, said("ada", sure=1.0), said("bob", "bearing", 0.3)])
    assert found.opinion == change
    assert found.votes == {"bearing": pytest.approx(1.1)}


def test_a_known_and_a_new_fault_of_one_name_agree() -> None:
    new = said("bob", verdict="new_fault")
    assert settle([said("ada"), new]).votes == {"seal_leak": 1.6}


def test_the_latest_adjudication_settles() -> None:
    first = said("eve", "bearing", 0.5, adjudicates=True, time=START + DAY)
    second = said("eve", "vane", 0.7, adjudicates=True, time=START + 2 * DAY)
    found = settle([second, said("ada", sure=1.0), said("bob", sure=1.0), first])
    assert (found.opinion, found.reason) == (second, "adjudicated by eve")
    assert found.confidence == 0.7


def test_agreement_is_that_of_pairs_of_people() -> None:
    two_of_three = [said("ada"), said("bob"), said("cy", "bearing")]
    alone = [replace(said("ada", "vane"), incident="i2")]
    both = [replace(one, incident="i3") for one in (said("ada"), said("bob"))]
    tie = [replace(one, incident="i4") for one in (said("ada"), said("bob", "bearing"))]
    judged = [
        Judged(incident(f"i{n}", n, n + 1), tuple(opinions))
        for n, opinions in enumerate((two_of_three, alone, both, tie), 1)
    ]
    found = agreement(judged)
    assert list(found) == ["bearing", "seal_leak", "vane"]
    # seal_leak: incident 1: 2 people, 2 others each; incident 3: 2 x 1; incident 4: 1 x 1
    seal = found["seal_leak"]
    assert (seal.incidents, seal.pairs, seal.unsettled) == (3, 4 + 2 + 1, 1)
    assert seal.agreed == pytest.approx((2 + 2) / 7)
    assert (found["bearing"].pairs, found["bearing"].agreed) == (3, 0.0)
    assert found["vane"].agreed is None


def judged(one: JudgedIncident, *opinions: Opinion) -> Judged:
    return Judged(one, tuple(replace(o, incident=one.incident) for o in opinions or (SEAL,)))


def receivers(old: Judged, new: list[JudgedIncident]) -> list[str]:
    return [one.incident.incident for one in carried_over([old], new) if one.opinions]


NEW = "1.1.0+b"


def test_opinions_stay_at_their_incident_and_follow_it_into_another_release() -> None:
    old = judged(incident("a", 0, 5))
    beside = incident("b", 0, 5)  # the same release, the same time: another fault
    new = incident("c", 1, 6, release=NEW)
    found = carried_over([old], [beside, new, old.incident])
    assert [one.incident for one in found] == [beside, new, old.incident]
    assert [one.opinions for one in found] == [(), old.opinions, old.opinions]
    assert found[1].opinions[0].incident == "a"


@pytest.mark.parametrize(
    ("new", "taken"),
    [
        ([("c", 5.01, 9)], []),
        ([("c", 4, 9), ("d", 0, 2)], ["d"]),
        ([("c", 0, 2.2, ""), ("d", 2.5, 5, "")], ["d"]),
        ([("c", 0, 4, ""), ("d", 2.5, 5)], ["d"]),
        ([("c", 0, 4, ""), ("d", 4, 5)], ["c"]),
        ([("c", 4.5, None)], ["c"]),
    ],
)
def test_the_longest_overlap_counts_then_the_failure_mode(new: list, taken: list[str]) -> None:
    fresh = [
        incident(name, first, cleared, release=NEW, failure_mode=(*mode, "seal_leak")[0])
        for name, first, cleared, *mode in new
    ]
    old = judged(incident("a", 0, 5))
    assert receivers(old, fresh) == taken
    assert receivers(old, fresh[::-1]) == taken
    strangers = [replace(one, asset="P-2") for one in fresh]
    assert receivers(old, strangers) == []


def test_an_incident_judged_while_open_is_found_again() -> None:
    old = judged(incident("a", 3, None), said("ada", time=START + 10 * DAY))
    later = incident("c", 5, 12, release=NEW)
    much_later = incident("d", 9, 90, release=NEW)
    assert receivers(old, [much_later, later]) == ["c"]
    there = incident("e", 2, 4, release=NEW, failure_mode="")
    assert receivers(old, [much_later, later, there]) == ["e"]
    after = incident("f", 10.5, 12, release=NEW)
    assert receivers(old, [after]) == []


def test_opinions_on_two_old_incidents_meet_in_one(tmp_path: Path) -> None:
    one = judged(incident("a", 0, 2), said("ada"))
    two = judged(incident("b", 3, 5), said("bob", time=START - DAY))
    (found,) = carried_over([one, two], [incident("c", 0, 6, release=NEW)])
    assert [o.author for o in found.opinions] == ["bob", "ada"]


def test_snapshots_keep_what_the_table_says() -> None:
    values = {
        "incident": ["a", "b"],
        "asset": ["P-1", "P-2"],
        "equipment_class": ["pump", "pump"],
        "opened": [START + DAY, START + DAY],
        "first_seen": [START, START],
        "cleared": [START + 2 * DAY, pd.NaT],
        "verdict": ["known", "deviation"],
        "failure_mode": ["seal_leak", ""],
        "release": ["1.0.0+a", "1.0.0+a"],
    }
    columns = empty("incidents")
    frame = pd.DataFrame(values, columns=columns.columns)
    frame["cleared"] = pd.to_datetime(frame["cleared"], utc=True)
    first, second = snapshots(frame)
    assert (first.cleared, second.cleared) == (START + 2 * DAY, None)
    assert (first.asset, first.first_seen, second.failure_mode) == ("P-1", START, "")
    assert type(first.opened) is datetime
