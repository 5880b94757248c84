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


def test_the_first_is_promoted() -> None:
    result = decide(metrics(0.0, wear=0.0), None, Gate(recall_floor=0.9))
    assert result.promoted
    assert result.reason == "there is no incumbent"
    assert result.incumbent is None
    assert result.recalls == {"wear": 0.0}


@pytest.mark.parametrize(
    ("candidate", "gain", "promoted", "said"),
    [
        (0.8, 0.0, True, "f1_events 0.800 against 0.700: better"),
        (0.7, 0.0, False, "not better"),
        (0.6, 0.0, False, "not better"),
        (0.74, 0.05, False, "better by less than 0.05"),
        (0.75, 0.05, True, "better"),
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


def test_the_metric_is_chosen() -> None:
    result = decide(metrics(0.8), metrics(0.6), Gate(metric="macro_recall"))
    assert (result.candidate, result.incumbent) == (0.4, 0.3)


def test_different_data_is_refused() -> None:
    with pytest.raises(ReleaseError, match="a candidate judged on 10 failures and an incumbent"):
        decide(metrics(0.8), metrics(0.6, failures=9), Gate())
