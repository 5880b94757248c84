"""The two members of the classifier: what they say, how they are mixed, and what they rest on."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from scipy.special import logit, softmax

from faultprint.config import Classifier
from faultprint.faults.learning.boost import fit_scaling, load
from faultprint.faults.learning.members import Lines, draw, gains, grow, lines_from, opinions
from faultprint.faults.learning.mixing import fit_shares, mixed
from faultprint.faults.learning.space import Reference, squash
from faultprint.faults.model import class_model_from
from tests.faults.test_learn import learned

SMALL = Classifier(rounds=40, min_leaf=5)
HEALTHY = Reference(np.zeros(6), np.ones(6))


def windows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two faults, each a shift of a feature of its own; now and then both at once."""
    rng = np.random.default_rng(seed)
    shown = rng.random((count, 2)) < 0.15
    values = rng.normal(size=(count, 6))
    values[:, :2] += 4.0 * shown
    values[:, 5] = 3.0  # never varies
    return values, shown


@cache
def taught(count: int = 600) -> tuple[str, Lines]:
    values, shown = windows(count, 1)
    booster, start = grow(values, shown, SMALL, 7)
    return booster, draw(HEALTHY.units(values), shown, start)


def said(values: np.ndarray, count: int = 600) -> np.ndarray:
    booster, lines = taught(count)
    return opinions(load(booster), lines, HEALTHY, values)


def test_both_members_tell_each_fault_by_itself_even_two_at_once() -> None:
    values, shown = windows(400, 2)
    odds = said(values)
    assert odds.shape == (400, 2, 2)
    for member in range(2):
        assert ((odds[:, :, member] > 0) == shown).mean() > 0.93
    both = shown.all(axis=1)
    assert both.sum() >= 5
    assert (odds[both].min(axis=1) > 0).mean() > 0.8


def test_where_no_cut_leaves_enough_windows_trees_say_nothing() -> None:
    values, shown = windows(15, 4)
    booster, start = grow(values, shown, Classifier(), 7)
    trees = opinions(load(booster), draw(HEALTHY.units(values), shown, start), HEALTHY, values)
    np.testing.assert_allclose(trees[:, :, 0], np.tile(start, (15, 1)))


def test_contributions_add_up_to_the_mixed_log_odds() -> None:
    values, _ = windows(50, 3)
    trees = (0.3, 0.8)
    booster, lines = taught()
    told = gains(load(booster), lines, HEALTHY, values, trees)
    share = np.array(trees)
    odds = share * said(values)[:, :, 0] + (1 - share) * said(values)[:, :, 1]
    rest = odds - told[:, 1:].sum(axis=2)  # what the members say of a mean window
    np.testing.assert_allclose(rest, np.broadcast_to(rest[0], rest.shape), atol=1e-6)
    assert not told[:, 0].any()
    assert not told[:, :, 5].any()  # a feature that never varies says nothing


def test_mixed_odds_are_those_against_healthy() -> None:
    odds = said(windows(30, 4)[0])
    probability = mixed(odds, (1.0, 0.0))
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    chosen = np.stack([odds[:, 0, 0], odds[:, 1, 1]], axis=1)
    np.testing.assert_allclose(probability[:, 1:] / probability[:, :1], np.exp(chosen))
    oracle = softmax(np.column_stack([np.zeros(30), chosen]), axis=1)
    np.testing.assert_allclose(probability, oracle)


@pytest.mark.parametrize(("right", "share"), [(0, 1.0), (1, 0.0)])
def test_the_member_that_is_right_is_heard(right: int, share: float) -> None:
    rng = np.random.default_rng(5)
    shown = rng.random((500, 1)) < 0.3
    odds = rng.normal(size=(500, 1, 2)) * 3
    odds[:, :, right] = np.where(shown, 3.0, -3.0)
    assert fit_shares(odds, shown) == (share,)


def test_few_windows_are_left_to_the_line_and_many_to_the_trees() -> None:
    # A sum that a fifth feature turns round: lines cannot say the last, trees need windows for it.
    def crossed(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(count, 6))
        turned = np.abs(values[:, 4]) > 1.3
        return values, ((values[:, :4].sum(axis=1) > 0) ^ turned)[:, None]

    shares = []
    for count in (80, 3000):
        values, shown = crossed(count, 6)
        booster, start = grow(values, shown, SMALL, 7)
        lines = draw(HEALTHY.units(values), shown, start)
        later, truth = crossed(2000, 8)
        shares.append(fit_shares(opinions(load(booster), lines, HEALTHY, later), truth)[0])
    assert shares[0] < shares[1]
    assert shares[1] >= 0.9


def test_a_fault_without_a_window_is_improbable_to_both() -> None:
    values, shown = windows(300, 9)
    shown[:, 1] = False
    booster, start = grow(values, shown, SMALL, 7)
    odds = opinions(load(booster), draw(HEALTHY.units(values), shown, start), HEALTHY, values)
    assert (odds[:, 1] < logit(0.01)).all()
    assert (odds[:, 1, 1] == start[1]).all()


def test_windows_are_judged_alike_alone_and_together() -> None:
    values = windows(100, 10)[0]
    alone = np.concatenate([said(values[[n]]) for n in range(len(values))])
    np.testing.assert_array_equal(alone, said(values))
    assert said(values[:0]).shape == (0, 2, 2)


def test_lines_say_what_their_numbers_say() -> None:
    values = windows(20, 11)[0]
    lines = taught()[1]
    assert np.isinf(lines.scale[5])
    steps = (squash(values[:, :5]) - lines.centre[:5]) / lines.scale[:5]
    np.testing.assert_allclose(said(values)[:, :, 1], steps @ lines.slopes[:5] + lines.levels)
    back = lines_from(json.loads(json.dumps(lines.to_dict())))
    for name in ("start", "centre", "scale", "slopes", "levels"):
        np.testing.assert_array_equal(getattr(back, name), getattr(lines, name))


def test_a_stored_model_says_the_same_and_one_of_trees_alone_is_still_read() -> None:
    model = learned().model
    rng = np.random.default_rng(12)
    values = model.healthy.centre + rng.normal(size=(40, len(model.features))) * model.healthy.scale
    plain = json.loads(json.dumps(model.to_dict()))
    back = class_model_from(plain, model.booster)
    np.testing.assert_array_equal(back.probabilities(values), model.probabilities(values))
    np.testing.assert_array_equal(back.contributions(values), model.contributions(values))
    assert back.to_dict() == model.to_dict()
    older = class_model_from({k: v for k, v in plain.items() if k != "lines"}, model.booster)
    assert older.lines is None
    assert not older.sure_of(np.full((3, 3), 1 / 3)).any()


def test_the_classifier_is_sure_of_two_faults_at_once() -> None:
    model = learned().model
    probability = np.array([[0.02, 0.49, 0.49], [0.02, 0.96, 0.02], [0.9, 0.05, 0.05]])
    expected = [[True, True], [True, False], [False, False]]
    np.testing.assert_array_equal(model.sure_of(probability), expected)


def test_scaling_mixes_what_the_members_say() -> None:
    values, shown = windows(800, 13)
    truth = np.column_stack([~shown.any(axis=1), shown]) / np.maximum(shown.sum(axis=1), 1)[:, None]
    scaling = fit_scaling(said(values), truth)
    assert len(scaling.trees) == 2
    probability = scaling.apply(said(values))
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_allclose(probability.mean(axis=0), truth.mean(axis=0), atol=0.02)
