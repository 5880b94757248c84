"""Robust units, prototypes, distances."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from faultprint.faults.learning.space import cloud, cloud_from, reference, squash, tidy


def slow_distance(point: np.ndarray, prototypes: np.ndarray, spread: np.ndarray) -> float:
    """Measure the distance by definition, one number after another."""
    best = np.inf
    for prototype in prototypes:
        total, known = 0.0, 0
        for x, c, s in zip(point, prototype, spread, strict=True):
            if np.isfinite(x):
                total += ((np.arcsinh(x) - c) / s) ** 2
                known += 1
        best = min(best, np.sqrt(total / known)) if known * 2 >= len(point) else np.nan
    return best


def test_reference_is_robust_and_never_zero() -> None:
    rng = np.random.default_rng(0)
    healthy = np.column_stack(
        [rng.normal(5, 2, 1000), np.zeros(1000), rng.random(1000) < 0.05, np.full(1000, np.nan)]
    )
    healthy[:50, 0] = 1e6
    every = np.vstack([healthy, [[5, 3, 1, np.nan]] * 100])
    ref = reference(healthy, every)
    assert abs(ref.centre[0] - 5) < 0.3
    assert abs(ref.scale[0] - 2) < 0.3
    assert ref.scale[1] == tidy(np.array([np.std(every[:, 1])]))[0]
    assert 0.1 < ref.scale[2] < 0.4
    assert (ref.scale > 0).all()
    assert np.isfinite(ref.filled(healthy)).all()


def test_cloud_finds_two_groups_and_their_shares() -> None:
    rng = np.random.default_rng(1)
    units = np.concatenate([rng.normal(0, 0.3, (300, 3)), rng.normal(20, 0.3, (100, 3))])
    found = cloud(units, (0, 1, 2), 2)
    np.testing.assert_allclose(np.sort(found.weights), [0.25, 0.75])
    assert found.distances(units).max() < 3
    assert found.distances(np.array([[0.0, 20.0, 0.0]]))[0] > 3


def test_few_windows_get_one_prototype() -> None:
    found = cloud(np.ones((7, 2)), (0, 1), 3)
    np.testing.assert_allclose(found.prototypes, squash(np.ones((1, 2))))
    np.testing.assert_allclose(found.distances(np.ones((1, 2))), 0, atol=1e-8)


@given(
    st.lists(
        st.lists(st.floats(-50, 50) | st.just(float("nan")), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
@hypothesis_settings(max_examples=25, deadline=None)
def test_distance_equals_the_slow_one(rows: list[list[float]]) -> None:
    known = cloud(np.random.default_rng(2).normal(1, 2, (80, 3)), (0, 1, 2), 3)
    points = np.array(rows)
    slow = [slow_distance(p, known.prototypes, known.spread) for p in points]
    np.testing.assert_allclose(known.distances(points), slow, rtol=1e-12)


def test_order_of_windows_does_not_matter_much_and_repeats_exactly() -> None:
    units = np.random.default_rng(3).normal(2, 3, (200, 4))
    first, again = cloud(units, (0, 2), 3), cloud(units, (0, 2), 3)
    np.testing.assert_array_equal(first.prototypes, again.prototypes)


def test_cloud_survives_json() -> None:
    found = cloud(np.random.default_rng(4).normal(size=(90, 4)), (3, 1), 3)
    back = cloud_from(json.loads(json.dumps(found.to_dict())))
    points = np.random.default_rng(5).normal(size=(50, 4))
    np.testing.assert_array_equal(back.distances(points), found.distances(points))
    np.testing.assert_array_equal(back.nearest(points), found.nearest(points))


@given(st.floats(allow_nan=False, allow_infinity=False))
@hypothesis_settings(max_examples=25, deadline=None)
def test_tidy_numbers_survive_text(value: float) -> None:
    once = tidy(np.array([value]))
    assert tidy(once) == once
    assert float(repr(float(once[0]))) == once[0]
