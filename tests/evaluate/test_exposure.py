"""The time in which an alarm could be false is neither padded nor cut."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Labels
from faultprint.evaluate.exposure import evaluable_periods, exposed_time, false_alarm_rate
from tests.evaluate.cases import DETECT, FAILED, LABELS, LOOKED, START, day, events, observed


def spans(frame: pd.DataFrame) -> list[tuple[str, float, float]]:
    days = [(frame[name] - START) / pd.Timedelta(days=1) for name in ("start", "end")]
    return list(zip(frame["asset"], *(d.round(6).tolist() for d in days), strict=True))


def exposed(
    happened: pd.DataFrame, able: pd.DataFrame = LOOKED, labels: Labels = LABELS
) -> list[tuple[str, float, float]]:
    return spans(exposed_time(able, LOOKED, happened, DETECT, labels))


def test_time_before_a_failure_its_recovery_and_the_end_do_not_count() -> None:
    assert exposed(FAILED) == [("P1", 0, 40), ("P1", 51, 98), ("P2", 0, 98)]
    lasting = FAILED.assign(end=FAILED["time"] + pd.Timedelta(days=5))
    assert exposed(lasting)[1] == ("P1", 56, 98)


def test_time_before_preventive_work_on_what_can_fail_does_not_count() -> None:
    happened = events(
        ("P1", 50, "failure", "wear", "bearing"),
        ("P1", 50.5, "maintenance", "", "bearing"),
        ("P2", 30, "maintenance", "", "bearing"),
        ("P2", 80, "maintenance", "", "belt"),
    )
    assert exposed(happened)[2:] == [("P2", 0, 20), ("P2", 30, 98)]


def test_only_judged_and_evaluable_time_counts() -> None:
    able = observed(("P1", -20, 5), ("P1", 35, 60), ("P3", 0, 50))
    assert exposed(FAILED, able) == [("P1", 0, 5), ("P1", 35, 40), ("P1", 51, 60)]
    assert exposed(FAILED, able.head(0)) == []


def test_intervals_of_fault_do_not_count() -> None:
    happened = events(("P1", 50, "fault", "wear", ""), ("P1", 51, "fault", "leak", ""))
    happened["end"] = happened["time"] + pd.Timedelta(days=3)
    found = exposed(happened, labels=Labels(source="intervals", horizon="48h"))
    assert found == [("P1", 0, 50), ("P1", 54, 98), ("P2", 0, 98)]


def test_windows_that_could_not_be_evaluated_interrupt() -> None:
    ends = [1.0, 1.25, 1.5, 1.75, 2.0, 4.0]
    frame = pd.DataFrame({"asset": "P1", "end": [day(e) for e in ends]})
    frame = frame.assign(
        start=frame["end"] - pd.Timedelta(days=1), reason=["", "", "off", "", "", ""]
    )
    alone = frame.head(1).assign(asset="P2")
    assert spans(evaluable_periods(pd.concat([alone, frame.iloc[::-1]]))) == [
        ("P1", 0.75, 1.25),
        ("P1", 1.5, 2.0),
        ("P1", 3.75, 4.0),
        ("P2", 0.0, 1.0),
    ]
    assert evaluable_periods(frame.assign(reason="off")).empty


@settings(max_examples=25, deadline=None)
@given(
    failed=st.lists(st.integers(0, 100), max_size=6),
    able=st.lists(st.tuples(st.integers(0, 99), st.integers(1, 30)), min_size=1, max_size=4),
)
def test_each_instant_counts_if_nothing_speaks_against_it(
    failed: list[int], able: list[tuple[int, int]]
) -> None:
    happened = events(*(("P1", t, "failure", f"m{i}", "") for i, t in enumerate(failed)))
    periods = observed(*(("P1", start, start + length) for start, length in able))
    found = exposed(happened, periods)
    for i, instant in enumerate(range(0, 100)):
        middle = instant + 0.5
        counts = (
            any(start < middle < start + length for start, length in able)
            and middle < 98
            and not any(t - 10 < middle < t + 1 for t in failed)
        )
        assert any(start < middle < end for _, start, end in found) == counts, (i, found)


def test_only_false_alarms_that_opened_in_exposed_time_are_of_the_rate() -> None:
    time = observed(("P1", 0, 30), ("P1", 40, 60), ("P2", 0, 10))
    raised = pd.DataFrame(
        [
            ("P1", day(30), "false"),
            ("P1", day(35), "false"),  # not exposed
            ("P1", day(50), "true"),
            ("P2", day(50), "false"),  # exposed on the other machine
            ("P2", day(5), "false"),
            ("P2", day(6), "censored"),
        ],
        columns=["asset", "opened", "outcome"],
    )
    rate = false_alarm_rate(raised, time)
    assert (rate.count, rate.exposure, rate.value) == (2, 2.0, 1.0)
    nothing = false_alarm_rate(raised, time.head(0))
    assert (nothing.count, nothing.exposure, nothing.high) == (0, 0.0, None)


def test_input_stays() -> None:
    kept = LOOKED.copy(deep=True), FAILED.copy(deep=True)
    exposed(FAILED)
    pd.testing.assert_frame_equal(LOOKED, kept[0])
    pd.testing.assert_frame_equal(FAILED, kept[1])
