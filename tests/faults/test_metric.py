"""The shared space: what it is, on data of known shape, and the contracts it keeps."""

import json
from dataclasses import replace

import numpy as np
import pytest

from faultprint.errors import LearnError
from faultprint.faults.learning.crossfit import fit_rows
from faultprint.faults.learning.metric import fit_metric, metric_from
from faultprint.faults.learning.sample import gather
from faultprint.faults.learning.signals import space_signals, twin_signal
from faultprint.faults.learning.space import Reference, reference, squash
from tests.faults.pumps import fleet, settings

CLASSES = ("healthy", "wear", "leak")


def plant(seed=0, n=600):
    """Three classes that differ by small shifts, in ten columns that move together."""
    rng = np.random.default_rng(seed)
    mix = np.eye(10) + 0.8 * rng.normal(size=(10, 10)) / np.sqrt(10)
    label = rng.integers(0, 3, n)
    shift = np.zeros((3, 10))
    shift[1, 2], shift[2, 7] = 2.0, -2.0
    values = 100 + 3 * (rng.normal(size=(n, 10)) @ mix * 0.5 + shift[label])
    truth = np.eye(3)[label]
    episodes = [f"{c}-{i % 20}" for i, c in enumerate(label)]
    return values, truth, episodes


def fitted(values, truth, episodes):
    healthy = reference(values[truth[:, 0] > 0], values)
    return fit_metric(values, truth, episodes, CLASSES, healthy, tuple(range(values.shape[1])))


def test_windows_of_a_class_spread_evenly():
    values, truth, episodes = plant(n=3000)
    metric = fitted(values, truth, episodes)
    place = metric.project(values)
    within = [np.cov(place[truth[:, i] > 0].T) for i in range(3)]
    assert np.mean(within, axis=0) == pytest.approx(np.eye(10), abs=0.15)
    assert metric.shrinkage < 0.1


def test_first_coordinates_hold_all_difference_of_means():
    values, truth, episodes = plant()
    metric = fitted(values, truth, episodes)
    apart = metric.means - metric.means.mean(axis=0)
    assert metric.discriminants == 2
    assert np.abs(apart[:, 2:]).max() < 1e-6 < 1 < np.abs(apart[:, :2]).max()


def test_distance_equals_mahalanobis_when_nothing_is_shrunk():
    values, truth, episodes = plant(n=20_000)
    metric = fitted(values, truth, episodes)
    units = squash(metric.reference.units(values))
    pooled = np.mean([np.cov(units[truth[:, i] > 0].T) for i in range(3)], axis=0)
    one, two = units[0], units[1]
    slow = np.sqrt((one - two) @ np.linalg.inv(pooled) @ (one - two))
    fast = np.linalg.norm(metric.project(values[:1]) - metric.project(values[1:2]))
    assert fast == pytest.approx(slow, rel=0.05)


def test_a_long_episode_does_not_rule():
    values, truth, _ = plant()
    episodes = np.where(truth[:, 1] > 0, "many", "other").astype(object)
    wear = np.flatnonzero(truth[:, 1] > 0)
    episodes[wear[0]] = "one"
    values[wear[0]] += 30
    metric = fitted(values, truth, episodes)
    middle = (metric.project(values[wear[:1]])[0] + metric.project(values[wear[1:]]).mean(0)) / 2
    assert metric.means[1] == pytest.approx(middle, abs=1e-6)


def test_few_episodes_shrink_correlations():
    values, truth, _ = plant(n=60)
    few = fitted(values, truth, truth.argmax(axis=1))
    assert few.shrinkage > 0.2 > 0.1 > fitted(*plant(n=3000)).shrinkage
    assert fitted(values, np.eye(3)[[0] * 60], ["one"] * 60).shrinkage == 1.0


def test_missing_values_lie_at_the_healthy_centre():
    values, truth, episodes = plant()
    metric = fitted(values, truth, episodes)
    lost, centred = values[:5].copy(), values[:5].copy()
    lost[:, 3], centred[:, 3] = np.nan, metric.reference.centre[3]
    assert np.isfinite(metric.project(lost)).all()
    assert metric.project(lost) == pytest.approx(metric.project(centred), abs=1e-12)


def test_rows_are_placed_alone_and_input_is_left_as_it_is():
    values, truth, episodes = plant()
    metric, before = fitted(values, truth, episodes), values.copy()
    order = np.random.default_rng(1).permutation(len(values))
    whole = metric.project(values)
    assert (metric.project(values[order]) == whole[order]).all()
    assert (np.vstack([metric.project(row[None]) for row in values[:50]]) == whole[:50]).all()
    assert (values == before).all()


def test_equal_input_gives_equal_bytes_and_reads_back():
    metric, again = fitted(*plant()), fitted(*plant())
    text = json.dumps(metric.to_dict())
    assert text == json.dumps(again.to_dict())
    back = metric_from(json.loads(text))
    assert json.dumps(back.to_dict()) == text
    assert (back.project(plant()[0]) == metric.project(plant()[0])).all()


def test_the_distance_from_healthy_is_the_twins_or_that_from_its_mean():
    metric = fitted(*plant())
    values = plant(seed=1, n=30)[0]
    names = (*(f"s{i}.mean" for i in range(9)), "s9.deviance")
    twin, _, _ = space_signals(values, names, metric, CLASSES)
    own, foreign, _ = space_signals(values, names, replace(metric, by_twin=False), CLASSES)
    assert twin[:, 0] == pytest.approx(twin_signal(values, names))
    away = (metric.project(values) - metric.means[0])[:, : metric.discriminants]
    assert own[:, 0] == pytest.approx(np.linalg.norm(away, axis=1))
    assert (own[:, 1:] == twin[:, 1:]).all()
    assert np.isnan(foreign[:, 0]).all()


def test_who_tells_healthy_reads_back_and_was_the_twin_before_it_was_asked():
    told = replace(fitted(*plant()), by_twin=False).to_dict()
    assert not metric_from(told).by_twin
    del told["by_twin"]
    assert metric_from(told).by_twin


def test_a_twin_without_conditions_says_nothing_of_a_single_asset():
    some = settings(classifier={"rounds": 3, "min_episodes": 2})
    blank = settings(
        equipment={"pump": {"sensors": {"temperature": {"unit": "degC"}}}},
        classifier={"rounds": 3, "min_episodes": 2},
    )
    sample = gather(*fleet(assets=4, n=120), some)
    alone = replace(sample, windows=sample.windows.assign(asset="P00"))
    rows = np.ones(len(sample.matrix), dtype=bool)
    told = [
        fit_rows(one, rows, asked, 0).metric.by_twin
        for one, asked in ((sample, some), (sample, blank), (alone, some), (alone, blank))
    ]
    assert told == [True, True, True, False]


def test_row_order_moves_nothing_but_the_last_digits():
    values, truth, episodes = plant()
    order = np.random.default_rng(2).permutation(len(values))
    one = fitted(values, truth, episodes)
    two = fitted(values[order], truth[order], np.array(episodes)[order])
    lengths = [
        np.linalg.norm(m.project(values[:9])[:, None] - m.means[None], axis=2) for m in (one, two)
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-6)


def test_a_class_without_a_window_is_left_out():
    values, truth, episodes = plant()
    kept = truth[:, 2] == 0
    healthy = Reference(np.full(10, 100.0), np.ones(10))
    metric = fit_metric(
        values[kept],
        truth[kept],
        np.array(episodes)[kept],
        CLASSES,
        healthy,
        tuple(range(10)),
    )
    assert metric.classes == ("healthy", "wear")
    assert metric.discriminants == 1


def test_nothing_to_learn_from_is_refused():
    values, truth, episodes = plant()
    healthy = Reference(np.full(10, 100.0), np.ones(10))
    with pytest.raises(LearnError, match="0 windows with a class, 10 columns"):
        fit_metric(values, 0 * truth, episodes, CLASSES, healthy, tuple(range(10)))
    with pytest.raises(LearnError, match="600 windows with a class, 0 columns"):
        fit_metric(values, truth, episodes, CLASSES, healthy, ())
