"""Classes of grouped units: what is blended is chosen by groups left out, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import f1_score

from faultprint.errors import LearnError
from faultprint.faults.grouped.aligned import Aligned, learn_aligned
from faultprint.faults.grouped.blend import (
    fit_temperature,
    group_weights,
    log_loss,
    pick,
    temper,
)
from faultprint.faults.grouped.chain import learn_chain
from faultprint.faults.grouped.classifier import Units, deal, learn_classifier
from faultprint.faults.grouped.learners import learn_discriminants
from faultprint.faults.grouped.settings import GroupedSettings
from faultprint.faults.grouped.trees import learn_trees
from faultprint.faults.grouped.views import views_of

QUICK = GroupedSettings(rounds=15, leaves=4, folds=3)
ABC = ("a", "b", "c")


def planted(seed: int = 0, groups: int = 18, each: int = 12) -> tuple[Units, np.ndarray]:
    """Runs of one class; one descriptor tells it, one tells the run, two are noise."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), each)
    label = group % 3
    values = rng.normal(size=(len(group), 4))
    values[:, 0] += 2.0 * label
    values[:, 1] = rng.normal(size=groups)[group] * 10 + values[:, 1] * 0.01
    return Units(values, ("a.mean", "a.std", "b.mean", "a.mean_1_of_2"), group), label


def test_views_are_sorted_by_resolution() -> None:
    found = views_of(["a.mean_2_of_12", "a.std", "b.std_1_of_3", "b.slope_9_of_12"])
    assert {name: at.tolist() for name, at in found.items()} == {
        "whole": [1],
        "of 3": [1, 2],
        "of 12": [0, 1, 3],
    }
    assert list(views_of(["a.mean_1_of_2"])) == ["of 2"]


@pytest.mark.parametrize("shrinkage", [0.001, 0.3])
def test_the_discriminant_is_that_of_another_engine(shrinkage: float) -> None:
    units, label = planted()
    ours = learn_discriminants([shrinkage], ranks=False)(units.values, label, 3)[0]
    z = (units.values - units.values.mean(axis=0)) / units.values.std(axis=0)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(z, label)
    np.testing.assert_allclose(ours.predict(units.values), theirs.predict_proba(z), atol=1e-6)


def test_missing_constant_and_single_classes_are_borne() -> None:
    units, label = planted()
    values = units.values.copy()
    values[::5, 0] = np.nan
    values[:, 2], values[:, 3] = np.nan, 7.0
    for ranks in (False, True):
        said = learn_discriminants([0.03], ranks=ranks)(values, label, 4)[0].predict(values)
        assert np.isfinite(said).all()
        np.testing.assert_allclose(said.sum(axis=1), 1.0)
        assert (said[:, 3] == 0).all()  # a class without a unit
        assert (said.argmax(axis=1) == label).mean() > 0.6
    only = learn_discriminants([0.03], ranks=False)(values, np.full(len(label), 1), 3)[0]
    np.testing.assert_array_equal(only.predict(values), np.eye(3)[np.full(len(label), 1)])


def test_ranks_do_not_mind_a_curve() -> None:
    units, label = planted()
    learn = learn_discriminants([0.03], ranks=True)
    straight = learn(units.values, label, 3)[0].predict(units.values)
    bent = learn(np.exp(units.values), label, 3)[0].predict(np.exp(units.values))
    np.testing.assert_allclose(straight, bent, atol=1e-9)


def test_ordinal_trees_say_probabilities() -> None:
    units, label = planted()
    said = learn_trees(QUICK, ordinal=True)(units.values, label, 3)[0].predict(units.values)
    np.testing.assert_allclose(said.sum(axis=1), 1.0)
    assert (said >= 0).all()
    assert (said.argmax(axis=1) == label).mean() > 0.8


def test_what_was_learnt_from_two_classes_holds_for_a_third() -> None:
    rng = np.random.default_rng(2)
    label = np.arange(90) % 3
    values = rng.normal(size=(90, 3))
    values[np.arange(90), label] += 3.0
    seen = label < 2
    learnt = learn_aligned(values[seen], label[seen], 3)[0]
    assert isinstance(learnt, Aligned)
    assert learnt.weights[0] > 0.5
    assert (learnt.predict(values[~seen]).argmax(axis=1) == 2).mean() > 0.9
    blank = learnt.predict(np.full((1, 3), np.nan))
    np.testing.assert_allclose(blank, 1 / 3)


def test_the_aligned_learner_is_chosen_where_a_class_has_one_group() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(3), 30)
    values = rng.normal(size=(90, 4))
    values[np.arange(90), group] += 3.0
    values[:, 3] = group + 0.01 * rng.normal(size=90)  # tells the group: worthless elsewhere
    names = ("x.of_a", "x.of_b", "x.of_c", "x.mean")
    settings = QUICK.model_copy(update={"aligned": (dict(zip(ABC, names, strict=False)),)})
    learnt = learn_classifier(Units(values, names, group), group, ABC, settings)
    assert learnt.weights()["aligned"] > 0.8
    lost = QUICK.model_copy(update={"aligned": ({"a": "y.of_a", "b": "x.of_b", "c": "x.of_c"},)})
    with pytest.raises(LearnError, match=r"no descriptors 'y\.of_a'"):
        learn_classifier(Units(values, names, group), group, ABC, lost)


def test_a_fault_is_told_beyond_what_the_condition_does() -> None:
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(18), 12)
    label = group % 3
    load = rng.normal(size=len(group))
    values = np.column_stack([5 * load**2 + 0.8 * label + 0.2 * rng.normal(size=len(group)), load])
    values[::7, 0] = np.nan
    units = Units(values, ("a.mean", "load.mean"), group)
    plain = QUICK.model_copy(update={"learners": ("discriminant",), "shrinkages": (0.01,)})
    given = plain.model_copy(update={"conditions": r"load\.mean"})
    without, with_it = (learn_classifier(units, label, ABC, how) for how in (plain, given))
    assert f1_score(label, without.outside.argmax(axis=1), average="macro") < 0.6
    assert f1_score(label, with_it.outside.argmax(axis=1), average="macro") > 0.8
    assert set(with_it.weights()) == {"discriminant 0.01, whole given conditions"}
    said = with_it.predict(values)
    assert (said.argmax(axis=1) == label).mean() > 0.8
    odd = plain.model_copy(update={"conditions": "speed"})
    with pytest.raises(LearnError, match="no descriptor like 'speed'"):
        learn_classifier(units, label, ABC, odd)


def test_groups_are_dealt_whole() -> None:
    _, label = planted()
    group = np.arange(len(label)) // 12
    parts = deal(label, group, 4, 0)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(label)))
    for part in parts:
        assert not set(group[part]) & set(np.delete(group, part))
    with pytest.raises(LearnError, match="units of one group"):
        deal(label, np.zeros(len(label), dtype=np.int64), 4, 0)


def test_the_blend_takes_what_is_better_outside() -> None:
    label, even = np.arange(60) % 2, np.full(60, 1 / 60)
    right, wrong = np.eye(2)[label] * 0.8 + 0.1, np.eye(2)[1 - label] * 0.8 + 0.1
    assert pick([wrong, right, right], label, even, 5) == {1: 1.0}
    first, second = right.copy(), right.copy()
    first[:20], second[20:40] = 0.5, 0.5
    chosen = pick([first, second], label, even, 10)
    assert chosen[0] == pytest.approx(chosen[1], abs=0.1)
    mixed = temper(right, 0.25)
    mixed[:12] = mixed[:12, ::-1]
    cooled = temper(mixed, fit_temperature(mixed, label, even))
    assert log_loss(cooled, label, even) < log_loss(mixed, label, even)


def test_a_large_group_counts_less_for_each_of_its_units() -> None:
    groups = np.repeat([4, 9], [16, 1])
    assert group_weights(groups, 0.0).tolist() == [1 / 17] * 17
    assert group_weights(groups, 1.0)[-1] == pytest.approx(0.5)
    assert group_weights(groups, 0.5)[-1] == pytest.approx(0.2)
    right, wrong = np.eye(2)[np.zeros(17, int)], np.eye(2)[np.ones(17, int)]
    one = np.where((groups == 9)[:, None], right, wrong)  # right on the lone unit only
    label = np.zeros(17, dtype=np.int64)
    other = np.where((groups == 9)[:, None], wrong, right)
    assert pick([one, other], label, group_weights(groups, 0.0), 1) == {1: 1.0}
    lone = group_weights(np.repeat([4, 5], [16, 1]), 1.0).copy()
    lone[-1] = 0.6
    assert pick([one, other], label, lone / lone.sum(), 1) == {0: 1.0}


def test_new_groups_are_told_and_equal_input_gives_equal_answers() -> None:
    units, label = planted()
    new, truth = planted(seed=1)
    one, two = (learn_classifier(units, label, ABC, QUICK) for _ in range(2))
    said = one.predict(new.values)
    np.testing.assert_array_equal(said, two.predict(new.values))
    assert f1_score(truth, said.argmax(axis=1), average="macro") > 0.65
    assert f1_score(label, one.outside.argmax(axis=1), average="macro") > 0.6
    assert sum(one.weights().values()) == pytest.approx(1.0)


def test_classes_that_only_mark_groups_are_not_believed() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(18), 12)
    label = (rng.permutation(18) % 3)[group]
    values = rng.normal(size=(18, 6))[group] + 0.01 * rng.normal(size=(len(group), 6))
    names = tuple(f"s{i}.mean" for i in range(6))
    learnt = learn_classifier(Units(values, names, group), label, ABC, QUICK)
    # rows dealt at random would be told without a mistake
    leaky = learn_classifier(Units(values, names, np.arange(len(group))), label, ABC, QUICK)
    assert f1_score(label, leaky.outside.argmax(axis=1), average="macro") > 0.95
    assert f1_score(label, learnt.outside.argmax(axis=1), average="macro") < 0.6
    assert log_loss(learnt.outside, label, np.full(len(label), 1 / len(label))) > 0.8 * np.log(3)


def test_nothing_costly_is_tried_where_a_cheap_learner_says_enough() -> None:
    units, label = planted()
    values = units.values.copy()
    values[:, 0] += 50.0 * label
    easy = learn_classifier(Units(values, units.names, units.groups), label, ABC, QUICK)
    assert not any(one.candidate.costly for one in easy.asked)
    hard = learn_classifier(units, label, ABC, QUICK)
    assert any(one.candidate.costly for one in hard.asked)


def test_a_label_that_follows_from_others_is_chained() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(48), 6)
    a, b = (group // 2) % 2, (group // 4) % 2
    values = rng.normal(size=(len(group), 30))
    values[:, 0] += 5.0 * a
    values[:, 1] += 5.0 * b
    names = tuple(f"s{i}.mean" for i in range(30))
    labels = {"a": a, "b": b, "both": a & b}
    classes = dict.fromkeys(labels, ("no", "yes"))
    cheap = QUICK.model_copy(update={"learners": ("discriminant",), "shrinkages": (0.1,)})
    units = Units(values, names, group)
    chained = learn_chain(units, labels, classes, cheap)
    used = chained.joined["both"].weights()
    assert sum(weight for name, weight in used.items() if "siblings" in name) > 0.5
    said = chained.predict(values)
    assert (said["both"].argmax(axis=1) == labels["both"]).mean() > 0.95
    plain = learn_chain(units, labels, classes, cheap.model_copy(update={"chain": False}))
    assert plain.joined == {}
    np.testing.assert_array_equal(plain.predict(values)["a"], chained.alone["a"].predict(values))


def test_an_unknown_view_is_refused() -> None:
    units, label = planted()
    with pytest.raises(LearnError, match=r"the views \['of 7'\]"):
        learn_classifier(units, label, ABC, QUICK.model_copy(update={"views": ("of 7",)}))
