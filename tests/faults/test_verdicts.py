"""The verdict rule and the joined p-value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from faultprint.faults.diagnosis.verdicts import judge
from faultprint.faults.learning.ranks import tail_ranks
from faultprint.faults.learning.signals import (
    Signals,
    calibrate,
    classifier_signal,
    novelty,
    ranked,
    strangeness,
    twin_signal,
)


@pytest.mark.parametrize(
    ("p", "probability", "verdict", "mode"),
    [
        ([0.5, 0.01, 0.01], [0.9, 0.05, 0.05], "healthy", -1),
        ([0.01, 0.5, 0.5], [0.9, 0.05, 0.05], "healthy", -1),
        ([0.009, 0.04, 0.04], [0.1, 0.8, 0.1], "deviation", -1),
        ([0.009, 0.05, 0.04], [0.1, 0.1, 0.8], "known", 0),
        ([0.009, 0.3, 0.3], [0.1, 0.3, 0.6], "ambiguous", 1),
        ([0.009, 0.3, 0.3], [0.1, 0.05, 0.85], "known", 1),
    ],
)
def test_rule(p: list[float], probability: list[float], verdict: str, mode: int) -> None:
    told = judge(np.array([p]), np.array([probability]), limit=0.01, significance=0.05)
    assert told.verdict[0] == verdict
    assert told.mode[0] == mode


def test_without_modes_abnormal_is_a_deviation() -> None:
    told = judge(np.array([[0.001], [0.5]]), np.ones((2, 1)), limit=0.01, significance=0.05)
    assert told.verdict.tolist() == ["deviation", "healthy"]
    assert told.mode.tolist() == [-1, -1]


def signals_of(doubt: np.ndarray, distance: np.ndarray, foreign: np.ndarray) -> Signals:
    return Signals(doubt[:, None], distance[:, None], foreign[:, None])


@pytest.mark.parametrize("independent", [True, False])
def test_joined_p_value_keeps_its_level(*, independent: bool) -> None:
    rng = np.random.default_rng(0)

    def draw(n: int) -> Signals:
        one, two, three = rng.normal(size=(3, n))
        return signals_of(one, two if independent else one, np.where(three > 2, np.nan, three))

    known = calibrate(draw(1999), 0, np.ones(1999, dtype=bool))
    p = ranked(draw(8000), ("healthy",), {"healthy": known})
    for level in (0.05, 0.1, 0.3):
        assert (p <= level).mean() < level + 3 * np.sqrt(level / 1999)  # of the calibration
        assert (p <= level).mean() > level - 5 * np.sqrt(level / 1999)


def test_one_signal_stands_alone_and_none_speaks_against_nothing() -> None:
    rng = np.random.default_rng(1)
    lost, one = np.full(500, np.nan), rng.normal(size=500)
    known = calibrate(signals_of(lost, one, lost), 0, np.ones(500, dtype=bool))
    p = ranked(
        signals_of(lost[:2], np.array([9.0, np.nan]), lost[:2]), ("healthy",), {"healthy": known}
    )
    assert p[:, 0].tolist() == [1 / 501, 1.0]


def test_signals_that_agree_are_stranger_than_one_alone() -> None:
    rng = np.random.default_rng(2)
    known = calibrate(signals_of(*rng.normal(size=(3, 999))), 0, np.ones(999, dtype=bool))
    rows = signals_of(np.array([3.0, 3.0]), np.array([0.0, 3.0]), np.array([0.0, 3.0]))
    alone, together = strangeness(rows, [known], first=1)[:, 0]
    assert together > 2 * alone
    # against healthy, the second witness takes the place of a weaker joint signal, no more
    without = signals_of(rows.doubt[:, 0], rows.distance[:, 0], np.full(2, np.nan))
    assert (strangeness(rows, [known]) >= strangeness(without, [known])).all()


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.floats(-60, 900))
@hypothesis_settings(max_examples=50, deadline=None)
def test_ranks_fall_also_beyond_the_largest_known(known: list[float], score: float) -> None:
    ordered = np.sort(np.array(known))
    one, two = tail_ranks(np.array([score, score + 1]), ordered)
    assert 0 < two <= one < 1
    if score > ordered[-1]:
        assert one <= 0.5 / (len(known) + 1)
    assert np.isnan(tail_ranks(np.array([np.nan]), ordered)[0])


def test_the_tail_of_an_exponential_is_its_own() -> None:
    known = np.sort(np.random.default_rng(3).exponential(size=20_000))
    beyond = np.array([known[-1] + 1, known[-1] + 3])
    ranks = tail_ranks(beyond, known)
    np.testing.assert_allclose(np.log(ranks[0] / ranks[1]), 2.0, rtol=0.1)


def test_what_is_near_one_class_is_not_novel() -> None:
    rng = np.random.default_rng(4)
    calibration = {
        name: calibrate(signals_of(*rng.normal(size=(3, 300))), 0, np.ones(300, dtype=bool))
        for name in ("healthy", "wear")
    }
    near, far = np.array([[9.0, 0.0]]), np.array([[9.0, 9.0]])
    usual, strange = (
        novelty(Signals(row, row, row), ("healthy", "wear"), calibration)[0] for row in (near, far)
    )
    assert usual < 1 < 5 < strange


def test_classifier_signal_has_no_opinion_without_a_choice() -> None:
    assert np.isnan(classifier_signal(np.ones((2, 1)))).all()
    two = classifier_signal(np.array([[0.5, 0.4, 0.1]]))
    np.testing.assert_allclose(two[0], -np.log([0.5, 0.4, 0.1]))


def test_twin_signal_averages_the_three_largest() -> None:
    names = ("a.deviance", "a.mean", "b.deviance", "c.deviance", "d.deviance")
    rows = np.array([[-9.0, 1e6, 3.0, 1.0, 0.0], [np.nan, 1e6, -4.0, np.nan, np.nan], [np.nan] * 5])
    np.testing.assert_allclose(twin_signal(rows, names), [13 / 3, 4.0, np.nan])
    assert np.isnan(twin_signal(rows, ("a", "b", "c", "d", "e"))).all()


@pytest.mark.parametrize(("count", "struck"), [(10, 0.026), (40, 1 / 41)])
def test_a_fault_of_few_windows_can_be_struck_off(count: int, struck: float) -> None:
    """By rank alone ten windows give no p-value below a tenth."""
    rng = np.random.default_rng(2)
    classes = ("healthy", "worn")
    own = Signals(*(rng.exponential(size=(count, 2)) for _ in range(3)))
    rows = np.ones(count, dtype=np.bool_)
    known = {name: calibrate(own, i, rows) for i, name in enumerate(classes)}
    strange = Signals(*(np.full((1, 2), 60.0) for _ in range(3)))
    p = ranked(strange, classes, known)[0]
    assert p[1] <= struck + 1e-9
    assert p[0] == pytest.approx(1 / (count + 1))  # of healthy windows there are enough
    inside = ranked(own, classes, known)[:, 1]
    assert inside.min() >= 1 / (count + 1)
