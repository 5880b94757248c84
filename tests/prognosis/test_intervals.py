"""Conformal intervals hold what they promise, by asset."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.errors import LearnError
from faultprint.prognosis.intervals import calibrate, conformal_quantile, nonconformity


def test_one_point_an_asset_is_split_conformal() -> None:
    scores = np.arange(19.0)
    assets = np.arange(19)
    assert conformal_quantile(scores, assets, 0.9) == 17.0  # the 18th of 19: ceil(0.9 * 20)
    assert conformal_quantile(scores[:8], assets[:8], 0.9) == float("inf")


def test_assets_weigh_the_same_however_many_points_they_have() -> None:
    rng = np.random.default_rng(0)
    many, few = np.zeros(1000), np.arange(1.0, 40.0)
    scores = np.concatenate([many, few])
    assets = np.concatenate([np.zeros(1000, int), np.arange(1, 40)])
    order = rng.permutation(len(scores))
    assert conformal_quantile(scores[order], assets[order], 0.9) == 36.0  # 37 of 41


def test_new_assets_are_covered_as_promised() -> None:
    """Errors share a part within an asset; coverage is over assets, 400 trials, sd about 0.3 %."""
    rng = np.random.default_rng(1)
    held = []
    for _ in range(400):
        scores = rng.normal(0, 1, (40, 1)) + rng.normal(0, 0.5, (40, 5))
        limit = conformal_quantile(scores.ravel(), np.repeat(np.arange(40), 5), 0.9)
        new = rng.normal(0, 1, 500) + rng.normal(0, 0.5, 500)
        held.append((new <= limit).mean())
    assert 0.885 <= np.mean(held) <= 0.93


def test_bands_have_their_own_margin_when_enough_assets_reach_them() -> None:
    rng = np.random.default_rng(2)
    life = np.concatenate([rng.uniform(0, 40, 300), rng.uniform(60, 100, 300), [50.0] * 3])
    noise = np.where(life < 45, 2.0, 10.0) * rng.normal(0, 1, len(life))
    assets = np.concatenate([np.arange(300), np.arange(300), np.arange(3)])
    scores = nonconformity(life, life, life + noise)
    margins = calibrate(life, scores, assets, 0.9, np.array([45.0, 55.0]))
    assert 2.5 < margins.margin[0] < 4.5
    assert 13.0 < margins.margin[2] < 20.0
    assert margins.margin[0] < margins.margin[1] < margins.margin[2]
    low, high = margins.widen(life, life, life)
    assert ((high - low)[life < 45] < (high - low)[life > 55].min()).all()


def test_margins_never_turn_an_interval_inside_out() -> None:
    scores = np.full(50, -8.0)
    margins = calibrate(np.zeros(50), scores, np.arange(50), 0.9, np.array([]))
    low, high = margins.widen(np.zeros(3), np.array([0.0, 1, 2]), np.array([4.0, 30, 40]))
    assert (low <= high).all()


def test_too_few_assets_are_refused() -> None:
    with pytest.raises(LearnError, match="5 assets to calibrate a coverage"):
        calibrate(np.zeros(5), np.zeros(5), np.arange(5), 0.9, np.array([]))
