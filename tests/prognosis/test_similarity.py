"""Wear indices, recalled histories and weights, where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from faultprint.prognosis.blend import blend_weights
from faultprint.prognosis.labels import asset_shares, life_labels
from faultprint.prognosis.recent import BACK, recall_recent
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.similarity import ALONE, FEATURES, learn_library, recall
from faultprint.prognosis.trajectories import Histories
from faultprint.prognosis.wear import INDICES, LEVELS, learn_wear

RECALLS = pytest.mark.parametrize("how", [recall, recall_recent])


def _fleet(assets: int, seed: int, prefix: str = "k") -> tuple[Histories, np.ndarray]:
    """Assets that wear alike, faster or slower, from their first row to failure; one index."""
    rng = np.random.default_rng(seed)
    lives = rng.integers(110, 200, assets)
    courses = [np.exp(4 * (np.arange(n) / (n - 1) - 1))[:, None] * 6 for n in lives]
    starts = np.concatenate([[0], np.cumsum(lives)]).astype(np.int64)
    wear = np.vstack(courses) + rng.normal(0, 0.3, (starts[-1], 1))
    names = tuple(f"{prefix}{number:02d}" for number in range(assets))
    return Histories(names, starts, wear[:, :0], wear), np.zeros(assets)


@RECALLS
def test_known_histories_foretell_the_life_of_a_new_one(how) -> None:
    known, ends = _fleet(25, 0)
    library = learn_library(known.readings, known, ends)
    new, _ = _fleet(12, 1, "n")
    told = how(library, new.readings, new, 60.0)
    assert told.shape == (len(new.readings), FEATURES)
    truth = life_labels(new, np.zeros(12), 60.0)
    late = new.ages() > 80
    error = told[late, ALONE] - truth[late]
    assert np.sqrt(np.mean(error**2)) < 0.4 * truth[late].std()
    near = truth < 15
    far = late & (truth > 30) & (truth < 60)
    assert told[near, ALONE + 1].mean() < told[far, ALONE + 1].mean()  # surer near the end


@RECALLS
def test_an_asset_is_not_recalled_by_its_own_end(how) -> None:
    known, ends = _fleet(8, 2)
    with_own = learn_library(known.readings, known, ends)
    one = known.take(np.array([3]))
    others = np.array([0, 1, 2, 4, 5, 6, 7])
    row = known.codes()
    rest = known.take(others)
    without = learn_library(known.readings[row != 3], rest, ends[others])
    without = replace(without, whiten=with_own.whiten, courses=_without(with_own.courses, 3))
    mine = one.readings
    np.testing.assert_allclose(
        how(with_own, mine, one, 60.0), how(without, mine, one, 60.0), rtol=1e-3, atol=0.02
    )
    known_by_another_name = replace(one, assets=("stranger",))
    assert (
        np.abs(
            how(with_own, mine, known_by_another_name, 60.0) - how(with_own, mine, one, 60.0)
        ).max()
        > 1.0
    )


def _without(courses: tuple, number: int) -> tuple:
    return courses[:number] + courses[number + 1 :]


@RECALLS
def test_future_rows_do_not_change_what_was_recalled(how) -> None:
    known, ends = _fleet(8, 3)
    library = learn_library(known.readings, known, ends)
    new, _ = _fleet(1, 4, "n")
    edited = new.readings.copy()
    edited[60:] += 5.0
    before, after = (how(library, one, new, 60.0) for one in (new.readings, edited))
    np.testing.assert_allclose(before[:60], after[:60], rtol=1e-6, atol=1e-6)
    assert np.abs(before[60:] - after[60:]).max() > 1.0


def test_without_the_age_nothing_older_is_looked_at() -> None:
    known, ends = _fleet(10, 5)
    library = learn_library(known.readings, known, ends)
    new, _ = _fleet(1, 6, "n")
    longer = np.vstack([np.full((70, 1), 9.0), new.readings])
    both = Histories(new.assets, np.array([0, len(longer)]), longer[:, :0], longer)
    seen = BACK[-1] - 1
    alone = recall_recent(library, new.readings, new, 60.0)[seen:]
    np.testing.assert_allclose(
        recall_recent(library, longer, both, 60.0)[70 + seen :], alone, 1e-3, 0.02
    )
    with_age = recall(library, new.readings, new, 60.0)[seen:]
    assert np.abs(recall(library, longer, both, 60.0)[70 + seen :] - with_age).max() > 1.0


@RECALLS
def test_without_any_failure_nothing_is_recalled(how) -> None:
    known, _ = _fleet(3, 7)
    library = learn_library(known.readings, known, np.full(3, np.nan))
    assert not how(library, known.readings, known, 60.0).any()


def test_an_asset_that_outlives_all_keeps_its_last_forecast() -> None:
    known, ends = _fleet(4, 8)
    library = learn_library(known.readings, known, ends)
    old = np.zeros((600, 1))
    told = recall(library, old, Histories(("o",), np.array([0, 600]), old[:, :0], old), 60.0)
    assert np.isfinite(told).all()
    np.testing.assert_array_equal(told[-1], told[-2])


def test_sensors_are_weighed_by_mode() -> None:
    rng = np.random.default_rng(9)
    life = np.tile(np.arange(150.0)[::-1], 20)
    labels, mode = np.minimum(life, 125.0), rng.integers(0, 2, len(life))
    signal = np.exp(-life / 40) * 3
    noise = rng.normal(0, 1, len(life))  # to be added in one mode, subtracted in the other
    sensors = np.column_stack([signal + noise, np.where(mode == 1, noise, -noise)])
    engine = np.repeat(np.arange(20), 150)
    by_mode = learn_wear(sensors, (mode, engine), 2, labels, 125.0).read(sensors, mode)
    pooled = learn_wear(sensors, (mode * 0, engine), 1, labels, 125.0).read(sensors, mode * 0)
    assert by_mode.shape == (len(life), INDICES)
    late = mode == 1
    assert _tells(by_mode[late, 1], signal[late]) > 0.98
    assert _tells(pooled[late, 1], signal[late]) < 0.9


def test_the_own_course_is_not_hidden_by_how_an_asset_was_made() -> None:
    rng = np.random.default_rng(12)
    engine = np.repeat(np.arange(60), 150)
    life = np.tile(np.arange(150.0)[::-1], 60)
    signal = np.exp(-life / 40)
    made = rng.normal(0, 3, 60)[engine]  # a clean sensor that differs from asset to asset, as made
    clean, noisy = signal + made, signal + rng.normal(0, 0.5, len(life))
    sensors = np.column_stack([clean, noisy]) + rng.normal(0, 0.02, (len(life), 2))
    mode = np.zeros(len(life), dtype=np.int64)
    index = learn_wear(sensors, (mode, engine), 1, np.minimum(life, 125.0), 125.0)
    found = index.read(sensors, mode)
    last = engine == 59
    assert _tells(found[last, LEVELS], signal[last]) > 0.98
    assert _tells(found[last, 0], signal[last]) < 0.9


def _tells(index: np.ndarray, signal: np.ndarray) -> float:
    return float(np.corrcoef(index, signal)[0, 1])


def test_a_mode_without_rows_takes_the_weights_of_all() -> None:
    rng = np.random.default_rng(10)
    labels = rng.uniform(0, 125, 500)
    sensors = (labels[:, None] - labels.mean()) / 36 + rng.normal(0, 0.2, (500, 2))
    nothing = np.zeros(500, dtype=np.int64)
    index = learn_wear(sensors, (nothing, nothing), 2, labels, 125.0)
    np.testing.assert_allclose(index.weights[1], index.weights[0], atol=0.05)
    assert np.corrcoef(index.read(sensors, np.ones(500, dtype=np.int64))[:, 0], labels)[0, 1] < -0.9


def test_weights_are_those_of_least_squares() -> None:
    rng = np.random.default_rng(11)
    truth = rng.normal(0, 10, 4000)
    errors = rng.normal(0, 1, (4000, 3)) * [1.0, 2.0, 9.0]
    weights = blend_weights(truth[:, None] + errors, truth)
    best = np.array([1.0, 1 / 4, 1 / 81])
    np.testing.assert_allclose(weights, best / best.sum(), atol=0.02)
    assert weights.sum() == pytest.approx(1.0)
    worse = blend_weights(np.column_stack([truth, -truth]), truth)
    np.testing.assert_allclose(worse, [1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(blend_weights(np.empty((0, 4)), np.empty(0)), 0.25)


def test_every_asset_has_the_same_share() -> None:
    codes = np.repeat([4, 7, 9], [2, 5, 20])
    share = asset_shares(codes)
    assert share.mean() == pytest.approx(1.0)
    np.testing.assert_allclose([share[codes == one].sum() for one in (4, 7, 9)], 9.0)
    assert not len(asset_shares(codes[:0]))


def test_similarity_needs_wear() -> None:
    with pytest.raises(ValidationError, match="similarity compares wear indices"):
        LifeSettings(wear=False)
