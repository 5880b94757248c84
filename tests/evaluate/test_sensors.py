"""Counting caught and missed sensor defects."""

from __future__ import annotations

import pandas as pd

from faultprint.evaluate.sensors import (
    defect_table,
    during_defects,
    in_doubt,
    match_defects,
    wrong_accusations,
)

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2025-03-01T00:00:00Z")


def _when(days: float) -> pd.Timestamp:
    return START + days * DAY


def _truth() -> pd.DataFrame:
    rows = [
        ("defect", "p1", "stuck", "flow", 1.0, 3.0),
        ("defect", "p1", "stuck", "pressure", 5.0, 6.0),
        ("defect", "p2", "silence", "all", 1.0, 2.0),
        ("fault", "p2", "bearing_wear", "bearing", 8.0, 20.0),
        ("defect", "p2", "drift", "flow", 10.0, 20.0),
    ]
    frame = pd.DataFrame(rows, columns=["kind", "asset", "mode", "item", "onset", "end"])
    return frame.assign(onset=frame["onset"].map(_when), end=frame["end"].map(_when))


def _health(*rows: tuple[str, str, str, float, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["asset", "sensor", "kind", "since", "until"])
    until = [pd.NaT if pd.isna(u) else _when(u) for u in frame["until"]]
    return frame.assign(
        since=frame["since"].map(_when), until=pd.to_datetime(pd.Series(until), utc=True)
    )


HEALTH = _health(
    ("p1", "flow", "stuck", 1.25, 4.0),  # caught after 6 h
    ("p1", "pressure", "missing", 5.1, 7.0),  # of the wrong kind
    ("p1", "current", "stuck", 2.0, None),  # nothing was wrong
    ("p2", "flow", "missing", 1.5, 2.0),  # the logger was silent
)


def test_a_defect_is_caught_by_an_accusation_that_means_it() -> None:
    defects = _truth().query("kind == 'defect'")
    matched = match_defects(HEALTH, defects).set_index(["asset", "mode", "item"])
    assert matched["caught"].to_dict() == {
        ("p1", "stuck", "flow"): True,
        ("p1", "stuck", "pressure"): False,
        ("p2", "drift", "flow"): False,
    }
    assert matched.loc[("p1", "stuck", "flow"), "late"] == 6.0
    table = defect_table(match_defects(HEALTH, defects))
    assert table[2:] == ["| drift | 1 | 1 | 0 | 0 | | |", "| stuck | 2 | 2 | 1 | 1 | 6.0 | 6.0 |"]


def test_only_what_no_defect_explains_is_a_wrong_accusation() -> None:
    wrong = wrong_accusations(HEALTH, _truth().query("kind == 'defect'"))
    assert wrong["sensor"].tolist() == ["current"]


def test_an_incident_that_names_a_fault_while_a_sensor_is_bad_is_looked_at() -> None:
    incidents = pd.DataFrame(
        {
            "incident": ["a", "b", "c", "d"],
            "asset": ["p1", "p1", "p1", "p2"],
            "first_seen": [_when(2), _when(2), _when(9), _when(12)],
            "verdict": ["known", "deviation", "known", "known"],
            "failure_mode": ["seal_leak", "", "seal_leak", "bearing_wear"],
        }
    )
    incidents["opened"] = incidents["first_seen"]
    found = [
        (incident["incident"], defects[["mode", "item"]].to_numpy().tolist())
        for incident, defects in during_defects(incidents, _truth(), DAY)
    ]
    assert found == [("a", [["stuck", "flow"]]), ("d", [["drift", "flow"]])]


def test_an_incident_says_which_sensors_may_be_all_that_is_wrong() -> None:
    assert in_doubt({"evidence": '{"leak":{"for":[]},"sensor:flow":{"for":[]}}'}) == {"flow"}
    assert in_doubt({"evidence": '{"leak":{"for":[{"sensor":"flow"}]}}'}) == set()
    assert in_doubt({"evidence": ""}) == set()
