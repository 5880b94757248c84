"""The detector taught by other units: what its features hold, and what it finds."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.errors import LearnError
from faultprint.state.taught import TaughtSettings, judge_taught, learn_taught, relative_features

SMALL = TaughtSettings(rounds=(5, 40), seeds=(0, 1))
REFERENCE = 100


def unit(rng: np.random.Generator, level: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Sensors in units of their own; the first one falls while the unit is abnormal."""
    rows = rng.normal(size=(300, 2))
    begun = int(rng.integers(120, 200))
    marks = np.zeros(300, bool)
    marks[begun : begun + 80] = True
    rows[marks, 0] -= 2.0
    return level + scale * rows, marks


def test_features_are_relative_causal_and_blind_to_the_clock() -> None:
    rng = np.random.default_rng(0)
    rows, _ = unit(rng, 0.0, 1.0)
    found = relative_features(rows, REFERENCE, (3, 10, 30))
    assert found.shape == (300, 2 * 6)
    other = relative_features(500 + 7 * rows, REFERENCE, (3, 10, 30))
    assert other == pytest.approx(found, abs=1e-9)  # level and scale of a unit do not show
    later = rows.copy()
    later[200:] += 5
    assert (relative_features(later, REFERENCE, (3, 10, 30))[:200] == found[:200]).all()
    # the same readings later in a run look the same
    longer = np.vstack([rows[:REFERENCE], rows[:REFERENCE], rows[REFERENCE:]])
    moved = relative_features(longer, REFERENCE, (3, 10, 30))
    assert moved[2 * REFERENCE + 60 :] == pytest.approx(found[REFERENCE + 60 :], abs=1e-9)


def test_a_sensor_that_never_moved_counts_in_its_own_units() -> None:
    rows = np.zeros((60, 1))
    rows[40:] = 2.0
    found = relative_features(rows, 30, (1, 5))
    assert np.isfinite(found).all()
    assert found[45, 0] == 2.0


def test_other_units_teach_what_is_abnormal() -> None:
    rng = np.random.default_rng(1)
    units = [unit(rng, level, 0.1 + level) for level in (0.0, 3.0, 50.0, 7.0, 1.0)]
    tables = [relative_features(rows, REFERENCE, SMALL.windows) for rows, _ in units]
    marks = [one for _, one in units]
    taught = learn_taught(tables[:4], marks[:4], SMALL)
    called = judge_taught(taught, tables[4]) > 1
    assert (called == marks[4])[REFERENCE:].mean() > 0.93
    again = learn_taught(tables[:4], marks[:4], SMALL)
    assert (judge_taught(again, tables[4]) == judge_taught(taught, tables[4])).all()
    assert taught.members[0].num_trees() == 40
    few = learn_taught(tables[:4], [rng.permutation(one) for one in marks[:4]], SMALL)
    assert few.members[0].num_trees() == 5  # nothing to learn: fewer trees are less wrong
    shuffled = [rng.permutation(one) for one in marks[:4]]
    chance = judge_taught(learn_taught(tables[:4], shuffled, SMALL), tables[4]) > 1
    assert (chance == marks[4])[REFERENCE:].mean() < 0.7


def test_one_state_alone_teaches_nothing() -> None:
    table = np.zeros((50, 2))
    with pytest.raises(LearnError, match="1 units, 0 of 50 rows abnormal"):
        learn_taught([table], [np.zeros(50, bool)], SMALL)
    with pytest.raises(LearnError, match="0 units"):
        learn_taught([], [], SMALL)
