"""How levels wander: against slow and obvious code, and against processes of known kind."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.errors import LearnError
from faultprint.twin.wander import deviances, find_level, learn_wander, trailing_mean


def walks(rng: np.random.Generator, units: int, rows: int, step: float) -> list[np.ndarray]:
    """Units with a sensor that holds still and one that walks at random, both with noise."""
    return [
        np.column_stack(
            [
                rng.normal(5, 1, rows),
                rng.normal(0, 1, rows) + np.cumsum(rng.normal(0, step, rows)),
            ]
        )
        for _ in range(units)
    ]


def test_trailing_mean_is_the_slow_one() -> None:
    rng = np.random.default_rng(0)
    values = 1e6 + rng.normal(size=(40, 3))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[:, 2] = np.nan
    found = trailing_mean(values, 7)
    for row in range(40):
        for sensor in range(3):
            held = values[max(0, row - 6) : row + 1, sensor]
            held = held[np.isfinite(held)]
            if held.size:
                assert found[row, sensor] == pytest.approx(held.mean(), abs=1e-8)
            else:
                assert np.isnan(found[row, sensor])


def test_growth_is_that_of_the_walk() -> None:
    wander = learn_wander(walks(np.random.default_rng(1), 40, 400, 0.1), 10)
    assert 0.005 < wander.growth[1] < 0.011  # 0.01; the median of skewed estimates is lower
    assert wander.growth[0] < 0.1 * wander.growth[1]
    # steady Kalman gain of a local level with q = 0.01, r = 1.005
    assert 0.06 < wander.gain[1] < 0.105
    assert wander.gain[0] < 0.3 * wander.gain[1]


def test_deviances_stay_usual_where_growth_is_learnt_and_not_where_it_is_not() -> None:
    rng = np.random.default_rng(2)
    units = walks(rng, 60, 1200, 0.1)
    for growing, least, most in ((True, 0.5, 1.6), (False, 2.5, 10.0)):
        wander = learn_wander([one[:400] for one in units], 10, growing=growing)
        late = [deviances(wander, find_level(wander, one[:400]), one)[-1, 1] for one in units]
        assert least < float(np.std(late)) < most


def test_sensors_without_readings_and_without_movement_do_not_accuse() -> None:
    rng = np.random.default_rng(3)
    values = np.column_stack([rng.normal(size=200), np.full(200, np.nan), np.full(200, 7.0)])
    wander = learn_wander([values[:100]], 10)
    level = find_level(wander, values[:100])
    found = deviances(wander, level, values)
    assert np.isfinite(found).all()
    assert (np.abs(found[:, 1:]) < 1e-6).all()
    values[150:, 2] = 7.001  # it never moved: a thousandth is strange
    assert (np.abs(deviances(wander, level, values)[160:, 2]) > 100).all()


def test_a_level_leaves_out_rows_that_do_not_count() -> None:
    values = np.column_stack([np.r_[np.zeros(100), np.full(50, 9.0)] + 1e-3 * np.arange(150)])
    wander = learn_wander([values], 10, growing=False)
    kept = np.arange(150) < 100
    level = find_level(wander, values, kept)
    assert level.centre[0] == pytest.approx(0.05, abs=0.01)
    assert level.rows == 100


def test_inputs_stay_as_they_were() -> None:
    values = np.random.default_rng(4).normal(size=(80, 2))
    before = values.copy()
    wander = learn_wander([values], 10)
    deviances(wander, find_level(wander, values), values)
    assert (values == before).all()


def test_short_references_are_refused() -> None:
    with pytest.raises(LearnError, match="1 references, the shortest of 30 rows"):
        learn_wander([np.zeros((30, 2))], 10)
    with pytest.raises(LearnError, match="0 references"):
        learn_wander([], 10)
