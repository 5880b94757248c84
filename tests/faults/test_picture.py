"""The picture of an incident holds what moved, and compares by direction."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.faults.discovery.picture import (
    FLOOR,
    picture,
    picture_columns,
    standing_out,
    unlikeness,
)
from faultprint.faults.learning.space import Reference

from .pumps import settings

HEALTHY = Reference(np.array([10.0, 0.0]), np.array([2.0, 1.0]))


def test_levels_are_left_to_the_deviance_and_circumstances_out() -> None:
    features = (
        "load.mean",
        "maintenance.any.hours_since",
        "error.E1.count",
        "temperature.deviance",
        "temperature.mean",
        "temperature.max",
        "temperature.std",
        "temperature.mean@recent",
        "vibration.mean",
    )
    chosen = picture_columns(features, settings().equipment["pump"])
    assert [features[i] for i in chosen] == [
        "error.E1.count",
        "temperature.deviance",
        "temperature.std",
        "temperature.mean@recent",
        "vibration.mean",
    ]


def test_a_picture_is_bounded_and_sees_a_count_of_some_windows() -> None:
    windows = np.array([[14.0, 3.0], [14.0, 0.0], [1e9, 0.0]])
    seen = picture(windows, HEALTHY)
    assert seen[0] < 8  # asinh of a wild reading, a third of it
    assert seen[1] == pytest.approx(np.arcsinh(3.0) / 3)


def test_a_feature_that_most_windows_lack_is_not_in_the_picture() -> None:
    windows = np.array([[14.0, np.nan], [14.0, np.nan], [14.0, 3.0]])
    assert np.isfinite(picture(windows, HEALTHY)).tolist() == [True, False]
    assert np.isnan(picture(np.full((1, 2), np.nan), HEALTHY)).all()


def test_small_moves_say_nothing() -> None:
    out = standing_out(np.array([FLOOR, -FLOOR / 2, FLOOR + 1, -FLOOR - 1, np.nan]))
    assert out[:4].tolist() == pytest.approx([0.0, 0.0, 1.0, -1.0])
    assert np.isnan(out[4])


def test_unlikeness_is_about_direction() -> None:
    rows = np.array([[3.0, 0.0], [6.0, 0.0], [-3.0, 0.0], [0.0, 3.0], [3.0, 3.0]])
    apart = unlikeness(rows, rows)
    assert apart[0].tolist() == pytest.approx([0.0, 0.0, 1.0, 1.0, 1 - 2**-0.5])
    assert np.array_equal(apart, apart.T)
    heavy = unlikeness(rows[:1], rows[4:], np.array([9.0, 1.0]))
    assert heavy[0, 0] < apart[0, 4]


def test_weights_of_one_are_no_weights() -> None:
    random = np.random.default_rng(2)
    a, b = 3 * random.standard_normal((4, 7)), 3 * random.standard_normal((3, 7))
    a[0, 0] = b[1, 2] = np.nan
    assert np.array_equal(unlikeness(a, b), unlikeness(a, b, np.ones(7)))
    for i in range(4):  # one pair at a time gives the same
        for j in range(3):
            assert unlikeness(a[i : i + 1], b[j : j + 1])[0, 0] == unlikeness(a, b)[i, j]
