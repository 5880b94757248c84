"""Where incidents stand, what work orders say of them, and which ones look alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from faultprint.faults.diagnosis.similar import most_similar
from faultprint.faults.experts.standing import Stands, standings
from faultprint.faults.experts.work_orders import AUTHOR, opinions_from_orders
from faultprint.records import JudgedIncident, Marking
from faultprint.tables import UTC_TIME, empty

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
ONE = JudgedIncident(
    "one", "P-1", "pump", START, START, START + 5 * DAY, "known", "seal_leak", "1.0.0+a"
)
GOES_ON = replace(ONE, cleared=None)


def at(days: float) -> datetime:
    return START + days * DAY


def done(days: float, incident: str = "one") -> Marking:
    return Marking(incident, "resolved", "ada", at(days))


def stand(incidents: list[JudgedIncident], marks: list[Marking], seen: float) -> Stands:
    return standings(incidents, marks, {"P-1": at(seen)}, DAY)[incidents[-1].incident]


def test_unmarked_incidents_are_open_until_they_clear() -> None:
    assert stand([ONE], [], 9) == Stands("cleared", "")
    assert stand([GOES_ON], [], 9) == Stands("open", "")


def test_a_resolved_incident_that_does_not_clear_persists() -> None:
    assert stand([GOES_ON], [done(3)], 4.0).standing == "resolved"
    found = stand([GOES_ON], [done(3)], 4.01)
    assert found.standing == "persists"
    assert found.why == "resolved by ada on 2026-03-04 00:00, and not cleared since"
    assert stand([ONE], [done(3)], 9).standing == "resolved"
    assert standings([GOES_ON], [done(3)], {}, DAY)["one"].standing == "resolved"


def test_the_latest_mark_counts() -> None:
    again = Marking("one", "open", "bob", at(4))
    assert stand([ONE], [done(3), again], 9) == Stands("open", "taken up again by bob")
    assert stand([ONE], [done(3), again, done(5)], 9).standing == "resolved"


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({}, "returned"),
        ({"cleared": START + 9 * DAY}, "cleared"),
        ({"failure_mode": "vane"}, "open"),
        ({"verdict": "deviation"}, "open"),
        ({"asset": "P-2"}, "open"),
        ({"first_seen": START + 2 * DAY}, "open"),
    ],
)
def test_the_same_thing_again_on_the_same_asset_has_returned(
    fields: dict[str, object], standing: str
) -> None:
    new = replace(GOES_ON, incident="two", first_seen=START + 6 * DAY)
    assert stand([ONE, replace(new, **fields)], [done(3)], 9).standing == standing


def events(*rows: tuple[str, float, str, str]) -> pd.DataFrame:
    columns = empty("events")
    frame = pd.DataFrame(
        [
            {"asset": a, "time": at(t), "kind": k, "failure_mode": m, "item": "seal"}
            for a, t, k, m in rows
        ],
        columns=columns.columns,
    )
    text = ["asset", "kind", "failure_mode", "item", "code", "text"]
    frame = frame.assign(**{c: frame[c].astype("object").fillna("").astype("str") for c in text})
    return frame.assign(time=frame["time"].astype(UTC_TIME))


KNOWN = {("pump", "seal_leak")}


@pytest.mark.parametrize(
    ("event", "verdict", "mode", "confidence"),
    [
        (("P-1", 2, "failure", "seal_leak"), "known_fault", "seal_leak", 0.9),
        (("P-1", 5, "failure", "vane"), "new_fault", "vane", 0.9),
        (("P-1", 5.1, "failure", "seal_leak"), "known_fault", "seal_leak", 0.6),
        (("P-1", 2, "maintenance", "seal_leak"), "known_fault", "seal_leak", 0.7),
        (("P-1", 7, "maintenance", "seal_leak"), "known_fault", "seal_leak", 0.5),
        (("P-1", 2, "failure", ""), "cause_unknown", "", 0.5),
    ],
)
def test_orders_become_opinions(
    event: tuple[str, float, str, str], verdict: str, mode: str, confidence: float
) -> None:
    (found,) = opinions_from_orders([ONE], events(event), KNOWN, 2 * DAY)
    assert (found.incident, found.verdict, found.failure_mode) == ("one", verdict, mode)
    assert (found.confidence, found.author, found.time) == (confidence, AUTHOR, at(event[1]))
    assert found.item == "seal"


@pytest.mark.parametrize(
    "event",
    [
        ("P-1", 7.01, "failure", "seal_leak"),
        ("P-1", -0.01, "failure", "seal_leak"),
        ("P-2", 2, "failure", "seal_leak"),
        ("P-1", 2, "maintenance", ""),
        ("P-1", 2, "inspection", "seal_leak"),
    ],
)
def test_orders_that_say_nothing(event: tuple[str, float, str, str]) -> None:
    assert opinions_from_orders([ONE], events(event), KNOWN, 2 * DAY) == ()


def test_an_order_goes_to_one_incident() -> None:
    other = replace(ONE, incident="two", failure_mode="vane", first_seen=at(1))
    order = events(("P-1", 2, "failure", "seal_leak"))
    strange = events(("P-1", 2, "failure", "bearing"))
    for pair in ([ONE, other], [other, ONE]):
        assert [o.incident for o in opinions_from_orders(pair, order, KNOWN, DAY)] == ["one"]
        assert [o.incident for o in opinions_from_orders(pair, strange, KNOWN, DAY)] == ["two"]
    over = replace(ONE, incident="old", first_seen=at(-4), cleared=at(1.9))
    assert [o.incident for o in opinions_from_orders([over, ONE], order, KNOWN, DAY)] == ["one"]


def told(**deviances: float) -> str:
    items = [{"descriptor": name, "deviance": value} for name, value in deviances.items()]
    return json.dumps({"healthy": {"for": [], "against": items}})


def test_similar_incidents_show_the_same_picture() -> None:
    names = ["alike", "opposite", "other", "later", "strange", "me", "blank"]
    frame = pd.DataFrame(
        {
            "incident": names,
            "equipment_class": ["pump"] * 4 + ["fan"] + ["pump"] * 2,
            "release": "1.0.0+a",
            "opened": [at(d) for d in (0, 1, 2, 9, 1, 5, 1)],
            "evidence": [
                told(a=30.0, b=-5.0),
                told(a=-30.0, b=5.0),
                told(a=3.0, c=50.0),
                told(a=30.0, b=-5.0),
                told(a=30.0, b=-5.0),
                told(a=30.0, b=-5.0),
                "",
            ],
        }
    )
    found = most_similar(frame, "me")
    assert list(found) == ["alike", "other"]
    assert found["alike"] == 1.0
    assert 0 < found["other"] < 0.5
    assert list(most_similar(frame, "me", 1)) == ["alike"]
