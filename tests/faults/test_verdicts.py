"""The verdict rule and the two-signal p-value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from faultprint.faults.signals import classifier_signal, ranked, twin_signal
from faultprint.faults.verdicts import combine, judge


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


@pytest.mark.parametrize("independent", [True, False])
def test_joined_p_value_keeps_its_level(*, independent: bool) -> None:
    rng = np.random.default_rng(0)
    near = rng.normal(size=(8000, 1))
    far = rng.normal(size=(8000, 1)) if independent else near
    calibration = {"healthy": (rng.normal(size=1999), rng.normal(size=1999))}
    p = ranked(near, far, ("healthy",), calibration)
    for level in (0.05, 0.1, 0.3):
        assert (p <= level).mean() < level + 3 * np.sqrt(level / 1999)  # of the calibration


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
@hypothesis_settings(max_examples=25, deadline=None)
def test_combine_is_symmetric_and_bounded(pairs: list[tuple[float, float]]) -> None:
    first, second = np.array(pairs).T
    joined = combine(first, second)
    np.testing.assert_array_equal(joined, combine(second, first))
    assert ((joined >= np.minimum(first, second)) & (joined <= 1)).all()


def test_one_signal_stands_alone() -> None:
    lost = np.array([np.nan, np.nan])
    np.testing.assert_array_equal(combine(np.array([0.2, np.nan]), lost), [0.2, np.nan])
    empty = {"healthy": (np.array([]), np.array([]))}
    assert ranked(lost[:, None], lost[:, None], ("healthy",), empty).tolist() == [[1.0], [1.0]]


def test_classifier_signal_has_no_opinion_without_a_choice() -> None:
    assert np.isnan(classifier_signal(np.ones((2, 1)))).all()
    one = classifier_signal(np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert one[0, 0] < one[1, 0]
    assert np.isnan(one[:, 1]).all()
    two = classifier_signal(np.array([[0.5, 0.4, 0.1]]))
    np.testing.assert_allclose(two[0, 1:], [-np.log(0.8), -np.log(0.2)])


def test_twin_signal_averages_the_three_largest() -> None:
    names = ("a.deviance", "a.mean", "b.deviance", "c.deviance", "d.deviance")
    rows = np.array([[-9.0, 1e6, 3.0, 1.0, 0.0], [np.nan, 1e6, -4.0, np.nan, np.nan], [np.nan] * 5])
    np.testing.assert_allclose(twin_signal(rows, names), [13 / 3, 4.0, np.nan])
    assert np.isnan(twin_signal(rows, ("a", "b", "c", "d", "e"))).all()
