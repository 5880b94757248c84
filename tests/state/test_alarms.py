"""On- and off-delay at their boundaries, and the incidents they make."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Detect
from faultprint.errors import TableError
from faultprint.state.alarms import persist, raise_incidents, with_alarms
from faultprint.tables import check

HOUR = timedelta(hours=1)
NAN = float("nan")
MARKS = st.lists(st.sampled_from([0.0, 1.0, NAN]), max_size=30)


def hours(*numbers: float) -> pd.DatetimeIndex:
    start = pd.Timestamp("2025-01-01", tz="UTC").as_unit("ns")
    return pd.DatetimeIndex([start + pd.Timedelta(hours=n) for n in numbers])


def run(marks: list[float], on: int, off: int, step: int = 1) -> list[int]:
    ends = hours(*range(0, len(marks) * step, step)) if marks else pd.DatetimeIndex([], tz="UTC")
    return [int(a) for a in persist(ends, np.array(marks), on * HOUR, off * HOUR)]


@pytest.mark.parametrize(
    ("marks", "on", "off", "states"),
    [
        ([0, 1, 0], 0, 0, [0, 1, 0]),
        ([0, 1, 1, 1], 2, 0, [0, 0, 0, 1]),
        ([0, 1, 1, 0], 2, 0, [0, 0, 0, 0]),
        ([1, 1, 0, 0, 0], 0, 2, [1, 1, 1, 1, 0]),
        ([1, 0, 0, 1, 0, 0, 0], 0, 2, [1, 1, 1, 1, 1, 1, 0]),
        ([1, 0, 1, 1], 1, 0, [0, 0, 0, 1]),
        ([1, NAN, 1], 2, 0, [0, 0, 1]),
        ([1, NAN, NAN, NAN, 0], 0, 0, [1, 1, 1, 1, 0]),
        ([NAN, NAN], 0, 0, [0, 0]),
        ([1, NAN, NAN, NAN, 1, 1, 1], 2, 2, [0, 0, 0, 0, 0, 0, 1]),
        ([1, NAN, 1], 2, 2, [0, 0, 1]),
    ],
    ids=[
        "no delays",
        "opens exactly at the on-delay",
        "one window short",
        "clears exactly at the off-delay",
        "a relapse starts the off-delay anew",
        "a normal window breaks the on-streak",
        "not evaluable does not break it",
        "not evaluable keeps an open alarm",
        "never evaluable",
        "a long silence starts the streak anew",
        "a short silence does not",
    ],
)
def test_delays_at_the_boundary(marks: list[float], on: int, off: int, states: list[int]) -> None:
    assert run(marks, on, off) == states


def test_delays_are_times_not_counts() -> None:
    marks = np.ones(3)
    assert persist(hours(0, 5.99, 6), marks, 6 * HOUR, HOUR).tolist() == [False, False, True]
    assert persist(hours(0, 5, 12), marks, 6 * HOUR, HOUR).tolist() == [False, False, True]


@settings(max_examples=60, deadline=None)
@given(MARKS, MARKS, st.integers(0, 4), st.integers(0, 4))
def test_the_future_does_not_change_the_past(
    past: list[float], future: list[float], on: int, off: int
) -> None:
    assert run(past + future, on, off)[: len(past)] == run(past, on, off)


def slow(marks: list[float], on: int, off: int) -> list[int]:
    """Look back from each window anew; only for marks that can all be evaluated."""
    alarm, states = 0, []
    for i, mark in enumerate(marks):
        begin = i
        while begin and marks[begin - 1] == mark:
            begin -= 1
        if mark != alarm and i - begin >= (on if mark else off):
            alarm = int(mark)
        states.append(alarm)
    return states


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0]), max_size=30), st.integers(0, 4), st.integers(0, 4))
def test_equals_the_slow_twin(marks: list[float], on: int, off: int) -> None:
    assert run(marks, on, off) == slow(marks, on, off)


def scored(asset: str, rows: list[tuple[float, str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make states and diagnoses from (p, verdict, mode), 6 h apart, limit 0.05."""
    ends = hours(*range(0, 6 * len(rows), 6))
    p = np.array([r[0] for r in rows])
    reason = pd.Series(["off" if np.isnan(v) else "" for v in p], dtype="str")
    states = pd.DataFrame(
        {
            "asset": asset,
            "end": ends,
            "p_value": p,
            "limit": 0.05,
            "alarm": False,
            "by_rule": False,
            "reason": reason,
            "release": "1.0.0+abc",
        }
    )
    diagnoses = pd.DataFrame(
        {
            "asset": asset,
            "equipment_class": "pump",
            "end": ends,
            "verdict": [r[1] for r in rows],
            "failure_mode": [r[2] for r in rows],
            "signature": [f"{r[2]}@1" if r[2] else "" for r in rows],
            "candidates": "{}",
            "also": [r[3] if len(r) > 3 else "{}" for r in rows],
            "p_values": "{}",
            "evidence": [f'{{"row":{i}}}' for i in range(len(rows))],
            "reason": reason,
            "release": "1.0.0+abc",
        }
    )
    return check("states", states), check("diagnoses", diagnoses)


H = (0.6, "healthy", "")
D = (0.02, "deviation", "")
W = (0.01, "known", "wear")
L = (0.03, "known", "leak")
Q = (0.02, "ambiguous", "wear")
OFF = (NAN, "not_evaluable", "")
DETECT = Detect(on_delay="6h", off_delay="12h")


def test_an_incident_says_when_and_what() -> None:
    states, diagnoses = scored("P1", [H, D, D, W, OFF, W, H, H, H, H])
    incident = check("incidents", raise_incidents(diagnoses, states, DETECT)).iloc[0]
    assert incident["first_seen"] == hours(6)[0]
    assert incident["opened"] == hours(12)[0]
    assert incident["cleared"] == hours(48)[0]
    assert (incident["verdict"], incident["failure_mode"]) == ("known", "wear")
    assert incident["signature"] == "wear@1"
    assert (incident["windows"], incident["p_value"]) == (4, 0.01)
    assert incident["evidence"] == '{"row":3}'


def test_the_latest_windows_weigh_most_and_modes_come_before_verdicts() -> None:
    states, diagnoses = scored("P1", [L, L, L, W, W])
    assert raise_incidents(diagnoses, states, DETECT)["failure_mode"].tolist() == ["wear"]
    states, diagnoses = scored("P1", [W, Q, D, W, Q, D])
    incident = raise_incidents(diagnoses, states, DETECT).iloc[0]
    assert (incident["failure_mode"], incident["verdict"]) == ("wear", "ambiguous")
    assert pd.isna(incident["cleared"])


def test_two_alarms_two_assets_any_row_order() -> None:
    first = scored("P2", [D, D, H, H, H, W, W])
    second = scored("P1", [H, W, W, H])
    states = pd.concat([first[0], second[0]], ignore_index=True)
    diagnoses = pd.concat([first[1], second[1]], ignore_index=True)
    found = raise_incidents(diagnoses, states, DETECT)
    assert found["asset"].tolist() == ["P1", "P2", "P2"]
    assert found["incident"].is_unique
    mixed = raise_incidents(
        diagnoses.sample(frac=1, random_state=1), states.sample(frac=1, random_state=2), DETECT
    )
    pd.testing.assert_frame_equal(found, mixed)
    alone = raise_incidents(second[1], second[0], DETECT)
    pd.testing.assert_frame_equal(alone, found.head(1))


def test_identity_stays_while_the_incident_grows() -> None:
    short = raise_incidents(*reversed(scored("P1", [D, D])), DETECT)
    grown = raise_incidents(*reversed(scored("P1", [D, D, W, W, W])), DETECT)
    assert short["incident"].tolist() == grown["incident"].tolist()
    assert short["verdict"].tolist() != grown["verdict"].tolist()


WL = (0.01, "known", "wear", '{"leak":0.4}')
LW = (0.01, "known", "leak", '{"wear":0.7}')


def test_two_faults_at_once_are_two_incidents() -> None:
    states, diagnoses = scored("P1", [H, W, W, WL, LW, WL, W, W, W, H, H, H])
    found = check("incidents", raise_incidents(diagnoses, states, DETECT))
    assert found["failure_mode"].tolist() == ["wear", "leak"]
    assert found["incident"].is_unique
    second = found.iloc[1]
    assert (second["first_seen"], second["opened"]) == (hours(18)[0], hours(24)[0])
    assert second["cleared"] == hours(48)[0]
    assert (second["windows"], second["verdict"]) == (3, "known")
    assert second["signature"] == "leak@1"
    assert second["evidence"] == '{"row":4}'


def test_a_second_fault_changes_nothing_of_the_first_incident() -> None:
    alone = raise_incidents(*reversed(scored("P1", [W, W, W, W])), DETECT)
    both = raise_incidents(*reversed(scored("P1", [W, WL, WL, W])), DETECT)
    pd.testing.assert_frame_equal(both.head(1), alone)
    assert len(both) == 2


def test_a_second_fault_seen_once_is_no_incident() -> None:
    found = raise_incidents(*reversed(scored("P1", [W, WL, W, W, D, H])), DETECT)
    assert found["failure_mode"].tolist() == ["wear"]


def resting(rows: list[tuple[str, ...]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Windows that name wear; each on the sensors that are told with it."""
    states, diagnoses = scored("P1", [W if not on else Q for on in rows])
    told = [[f'"sensor:{name}":' for name in on] for on in rows]
    evidence = [
        f'{{"wear":{i}{"".join("," + t + str(i) for t in one)}}}' for i, one in enumerate(told)
    ]
    candidates = ["{" + ",".join(t + "null" for t in one) + "}" for one in told]
    return states, diagnoses.assign(candidates=candidates, evidence=evidence)


def test_an_incident_rests_on_the_sensors_that_half_of_its_windows_rest_on() -> None:
    states, diagnoses = resting([("flow",), ("flow", "speed"), ("flow",), (), ()])
    incident = check("incidents", raise_incidents(diagnoses, states, DETECT)).iloc[0]
    assert incident["verdict"] == "known"  # the latest weigh most
    assert incident["evidence"] == '{"wear":3}'
    states, diagnoses = resting([(), (), ("flow",), ("flow", "speed"), ("flow",)])
    incident = raise_incidents(diagnoses, states, DETECT).iloc[0]
    assert (incident["verdict"], incident["failure_mode"]) == ("ambiguous", "wear")
    assert incident["evidence"] == '{"wear":2,"sensor:flow":2}'
    states, diagnoses = resting([("flow",), ("speed",), ("flow",), ("speed",), ("current",)])
    assert '"sensor:' not in raise_incidents(diagnoses, states, DETECT)["evidence"].iloc[0]


def test_a_fault_that_may_be_a_sensor_is_no_second_incident() -> None:
    states, diagnoses = scored("P1", [W, W, LW, LW, LW, W, W, W, W])
    assert raise_incidents(diagnoses, states, DETECT)["failure_mode"].tolist() == ["wear", "leak"]
    leak = diagnoses["failure_mode"] == "leak"
    told = diagnoses.assign(candidates=diagnoses["candidates"].mask(leak, '{"sensor:seal":null}'))
    assert raise_incidents(told, states, DETECT)["failure_mode"].tolist() == ["wear"]


def test_nothing_abnormal_gives_an_empty_table() -> None:
    states, diagnoses = scored("P1", [H, D, H, OFF])
    assert check("incidents", raise_incidents(diagnoses, states, DETECT)).empty
    assert raise_incidents(diagnoses.head(0), states.head(0), DETECT).empty


def test_alarm_column_and_input_unchanged() -> None:
    states, diagnoses = scored("P1", [H, D, D, OFF, H, H, H])
    kept = states.copy(deep=True), diagnoses.copy(deep=True)
    filled = check("states", with_alarms(states, DETECT))
    assert filled["alarm"].tolist() == [False, False, True, True, True, True, False]
    raise_incidents(diagnoses, states, DETECT)
    pd.testing.assert_frame_equal(states, kept[0])
    pd.testing.assert_frame_equal(diagnoses, kept[1])


def test_a_state_without_diagnosis_is_an_error() -> None:
    states, diagnoses = scored("P1", [H, D])
    with pytest.raises(TableError, match="1 states without a diagnosis, the first of 'P1' at"):
        raise_incidents(diagnoses.head(1), states, DETECT)
