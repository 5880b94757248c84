"""The detector without labels: what it finds, what it leaves alone, and how it chooses."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.errors import LearnError
from faultprint.state.statistics import ALONE, blend, learn_shape, statistics
from faultprint.state.trials import LIMITS, best_limit, youden
from faultprint.state.watch import WatchSettings, judge_rows, learn_watch

SMALL = WatchSettings(windows=(10,))
ROWS, REFERENCE = 500, 200


def unit(rng: np.random.Generator) -> np.ndarray:
    """Two sensors that hold still and one that walks."""
    rows = rng.normal(0, 1, (ROWS, 3))
    rows[:, 2] = 0.2 * rows[:, 2] + np.cumsum(rng.normal(0, 0.2, ROWS))
    return rows


@pytest.fixture(scope="module")
def units() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [unit(rng) for _ in range(12)]


def test_a_shift_is_found_and_wandering_is_not(units: list[np.ndarray]) -> None:
    watch = learn_watch([one[:REFERENCE] for one in units], SMALL)
    still = learn_watch(
        [one[:REFERENCE] for one in units], SMALL.model_copy(update={"wandering": False})
    )
    false = [np.mean(judge_rows(watch, one, REFERENCE)[REFERENCE:] > 1) for one in units]
    naive = [np.mean(judge_rows(still, one, REFERENCE)[REFERENCE:] > 1) for one in units]
    assert np.mean(false) < 0.15
    assert np.mean(naive) > 2 * np.mean(false)
    shifted = units[0].copy()
    shifted[300:400, 0] += 3
    found = judge_rows(watch, shifted, REFERENCE) > 1
    assert found[310:400].mean() > 0.9
    assert found[415:].mean() < 0.2


def test_a_row_is_judged_by_those_up_to_it(units: list[np.ndarray]) -> None:
    watch = learn_watch([one[:REFERENCE] for one in units], SMALL)
    later = units[1].copy()
    later[350:] += 50
    before, after = (judge_rows(watch, one, REFERENCE) for one in (units[1], later))
    assert (before[:350] == after[:350]).all()
    assert (after[360:] > before[360:]).all()


def test_a_fault_within_the_reference_is_doubted(units: list[np.ndarray]) -> None:
    dirty = units[2].copy()
    dirty[90:180, 0] += 4
    dirty[300:400, 0] += 4
    references = [dirty[:REFERENCE], *(one[:REFERENCE] for one in units[3:])]
    told = {}
    for guarded in (True, False):
        settings = SMALL.model_copy(update={"guarded": guarded})
        told[guarded] = judge_rows(learn_watch(references, settings), dirty, REFERENCE) > 1
    assert told[True][315:400].mean() > 0.9
    assert told[False][315:400].mean() < 0.5


def test_the_choice_is_the_one_with_the_largest_gain(units: list[np.ndarray]) -> None:
    references = [one[:REFERENCE] for one in units[:4]]
    every = (*ALONE, "ensemble")
    settings = WatchSettings(windows=(5, 20), statistics=every)
    gains = {
        (window, name): learn_watch(
            references, WatchSettings(windows=(window,), statistics=(name,))
        ).gain
        for window in (5, 20)
        for name in every
    }
    chosen = learn_watch(references, settings)
    assert chosen.gain == max(gains.values())
    assert gains[chosen.wander.window, chosen.statistic] == chosen.gain


def test_limits_against_numbers_by_hand() -> None:
    scores = [[np.array([0.5, 5.0, 6.0, 0.6]), np.array([0.5, 0.5, 6.0, 7.0])]]
    limit, gain = best_limit(scores, [np.array([False, True, True, False])])
    assert gain == pytest.approx(3 / 4 - 1 / 4)
    assert 0.5 < limit < 0.6 or 0.6 < limit < 5.0
    assert limit in LIMITS
    assert youden(np.array([2.0, 3.0]), np.array([0.0, 1.0]), np.array([0.5, 1.5, 2.5])) == (1.5, 1)


def test_statistics_against_slow_code() -> None:
    rng = np.random.default_rng(6)
    mix = rng.normal(size=(3, 3))
    cloud = rng.normal(size=(50, 3)) @ mix
    rows = rng.normal(size=(7, 3))
    correlation = np.corrcoef(cloud.T)
    shape = learn_shape(correlation)
    found = statistics(rows, shape, cloud)
    inverse = np.linalg.inv(correlation)
    for i, row in enumerate(rows):
        assert found["largest"][i] == max(abs(row))
        assert found["t2"][i] == pytest.approx(np.sqrt(row @ inverse @ row / 3))
        distances = np.sort(np.sqrt(((cloud - row) ** 2).sum(axis=1)))
        assert found["density"][i] == pytest.approx(distances[4])
    leading = np.linalg.eigh(correlation)[1][:, -1]  # what it holds is not left over
    assert statistics(leading[None], shape, cloud)["q"][0] == pytest.approx(0.0, abs=1e-9)
    limits = {"t2": 2.0, "q": 0.5}
    assert blend({"t2": np.array([4.0]), "q": np.array([0.25])}, limits)[0] == pytest.approx(1.0)


def test_one_unit_is_a_class_and_a_short_one_is_refused(units: list[np.ndarray]) -> None:
    alone = learn_watch([units[0][:REFERENCE]], SMALL)
    assert judge_rows(alone, units[0], REFERENCE).shape == (ROWS,)
    with pytest.raises(LearnError, match="the shortest of 90 rows"):
        learn_watch([units[0][:90]], SMALL)
    with pytest.raises(LearnError, match="0 references"):
        learn_watch([], SMALL)
