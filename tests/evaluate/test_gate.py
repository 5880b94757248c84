"""The gate promotes what is better and says why it holds."""

from __future__ import annotations

from typing import Any

import pytest

from faultprint.config import Gate
from faultprint.errors import ReleaseError
from faultprint.evaluate.gate import decide


def metrics(f1: float, failures: int = 10, **recalls: float) -> dict[str, Any]:
    return {
        "f1_events": f1,
        "macro_recall": f1 / 2,
        "failures": failures,
        "modes": {m: {"failures": 5, "named": {"value": r}} for m, r in recalls.items()}
        | {"never": {"failures": 0, "named": {"value": 0.0}}},
    }


@pytest.mark.parametrize(("floor", "promoted"), [(0.1, True), (0.3, True), (0.31, False)])
def test_the_first_must_be_better_than_nothing(floor: float, promoted: bool) -> None:
    gate = Gate(recall_floor=0.9, first_floor=floor, metric="macro_recall")
    result = decide(metrics(0.3, wear=0.0), None, gate)
    assert result.promoted is promoted
    assert (result.reason == "there is no incumbent") is promoted
    assert result.incumbent is None
    assert result.recalls == {"wear": 0.0}


def test_a_first_that_was_judged_on_nothing_is_held() -> None:
    result = decide(metrics(0.0, failures=0), None, Gate())
    assert not result.promoted
    assert "not better than nothing: f1_events 0.000 on no failure, 0.1 needed" in result.reason
    assert "faultprint releases adopt" in result.reason
    assert decide(metrics(0.0, failures=0), None, Gate(first_floor=0)).promoted


@pytest.mark.parametrize(
    ("candidate", "gain", "promoted", "said"),
    [
        (0.8, 0.0, True, "f1_events 0.800 against 0.700: better"),
        (0.7, 0.0, False, "not better"),
        (0.6, 0.0, False, "not better"),
        (0.74, 0.05, False, "better by less than 0.05"),
        (0.75, 0.05, True, "better"),
        (0.7, -0.1, True, "better"),
        (0.59, -0.1, False, "not better"),
    ],
)
def test_only_the_better_replaces(candidate: float, gain: float, promoted: bool, said: str) -> None:
    result = decide(metrics(candidate, wear=1.0), metrics(0.7, wear=1.0), Gate(min_gain=gain))
    assert result.promoted is promoted
    assert said in result.reason
    assert (result.candidate, result.incumbent, result.metric) == (candidate, 0.7, "f1_events")


def test_a_fault_the_incumbent_knows_must_not_be_lost() -> None:
    incumbent = metrics(0.5, wear=0.6, leak=0.0)
    better = metrics(0.9, wear=0.4, leak=0.0)
    held = decide(better, incumbent, Gate(recall_floor=0.5))
    assert not held.promoted
    assert held.reason == "recall below the floor of 0.5 for 'wear'"
    assert decide(metrics(0.9, wear=0.5), incumbent, Gate(recall_floor=0.5)).promoted
    assert decide(better, incumbent, Gate(recall_floor=0.4)).promoted


def test_names_must_not_get_worse_while_the_score_gets_better() -> None:
    incumbent = metrics(0.900, wear=1.0, leak=1.0, jam=0.5)
    held = decide(metrics(0.901, wear=0.3, leak=0.8), incumbent, Gate())
    assert not held.promoted
    assert "named rightly less often by more than 0.2: 'jam 0.50 to 0.00', 'wear 1.00 to 0.30'" in (
        held.reason
    )
    assert decide(metrics(0.901, wear=0.8, leak=0.8, jam=0.3), incumbent, Gate()).promoted
    assert decide(metrics(0.901), incumbent, Gate(recall_drop=1.0)).promoted


def test_what_the_incumbent_judges_must_not_be_lost() -> None:
    lost = ("equipment class compressor", "P-7")
    held = decide(metrics(0.9), metrics(0.1), Gate(min_gain=-1), lost)
    assert not held.promoted
    assert "'equipment class compressor', 'P-7'; a person may" in held.reason
    assert held.lost == lost


def test_without_a_failure_there_is_nothing_to_compare_on() -> None:
    held = decide(metrics(0.0, failures=0), metrics(0.0, failures=0), Gate(min_gain=-1))
    assert not held.promoted
    assert "no failure in the time that neither has learnt from" in held.reason
    assert "faultprint releases adopt" in held.reason


def test_the_interval_is_told() -> None:
    result = decide(metrics(0.8), metrics(0.7), Gate(), (), (-0.05, 0.2))
    assert result.promoted
    assert result.reason.endswith(
        "better (f1_events differs by -0.050 to +0.200 at 95 % over assets)"
    )
    assert result.interval == (-0.05, 0.2)


def test_the_metric_is_chosen() -> None:
    result = decide(metrics(0.8), metrics(0.6), Gate(metric="macro_recall"))
    assert (result.candidate, result.incumbent) == (0.4, 0.3)


def test_different_data_is_refused() -> None:
    with pytest.raises(ReleaseError, match="a candidate judged on 10 failures and an incumbent"):
        decide(metrics(0.8), metrics(0.6, failures=9), Gate())
