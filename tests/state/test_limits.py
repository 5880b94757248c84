"""Conformal p-values and the limit that keeps the budget."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Detect
from faultprint.errors import LearnError
from faultprint.state.alarms import persist
from faultprint.state.limits import MONTH, budget_limit, cost_limit, p_values, thin

STEP = timedelta(hours=6)
SCORES = st.lists(st.integers(-5, 5).map(float) | st.just(float("nan")), max_size=12)
KNOWN = st.lists(st.integers(-5, 5).map(float), max_size=12)


def fleet(assets: int, windows: int) -> tuple[np.ndarray, pd.Series]:
    ends = pd.date_range("2025-01-01", periods=windows, freq="6h", tz="UTC").as_unit("ns")
    names = np.repeat([f"P{i}" for i in range(assets)], windows)
    return names, pd.Series(ends.append([ends] * (assets - 1)))


@settings(max_examples=50, deadline=None)
@given(SCORES, KNOWN)
def test_p_values_count_as_defined(scores: list[float], known: list[float]) -> None:
    expected = [
        (1 + sum(k >= s for k in known)) / (len(known) + 1) if s == s else float("nan")
        for s in scores
    ]
    np.testing.assert_array_equal(p_values(scores, known), np.array(expected, dtype=float))


def test_p_values_of_exchangeable_scores_are_valid() -> None:
    """P(p <= a) <= a, for continuous and for heavily tied scores, over 4000 draws."""
    rng = np.random.default_rng(1)
    for draw in (lambda: rng.normal(size=20), lambda: rng.integers(0, 3, 20).astype(float)):
        p = np.concatenate([p_values(one[:1], one[1:]) for one in (draw() for _ in range(4000))])
        for level in (0.05, 0.1, 0.3):
            assert np.mean(p <= level) <= level + 3 * np.sqrt(level * (1 - level) / 4000)


def test_nan_in_calibration_is_refused() -> None:
    with pytest.raises(LearnError, match="2 calibration scores of 3 that are NaN"):
        p_values([1.0], [np.nan, 1.0, np.nan])


def test_thin_keeps_the_earliest_of_each_asset_and_block() -> None:
    assets, ends = fleet(2, 8)
    order = np.random.default_rng(0).permutation(16)
    kept = thin(assets[order], ends.iloc[order], timedelta(days=1))
    times = ends.iloc[order][kept]
    assert (times.dt.hour == 0).all()
    assert sorted(assets[order][kept]) == ["P0", "P0", "P1", "P1"]
    assert thin(assets, ends, timedelta(0)).all()


def openings(
    p: np.ndarray, limit: float, detect: Detect, assets: np.ndarray, ends: pd.Series
) -> int:
    count = 0
    for asset in np.unique(assets):
        own = assets == asset
        alarm = persist(ends[own], p[own] < limit, detect.on_delay, detect.off_delay)
        count += int((np.diff(np.r_[0, alarm.astype(int)]) == 1).sum())
    return count


@pytest.mark.parametrize("budget", [0.1, 0.5, 2.0])
def test_limit_keeps_the_budget_and_uses_it(budget: float) -> None:
    assets, ends = fleet(20, 480)
    p = np.random.default_rng(2).uniform(size=len(assets))
    detect = Detect(false_alarms_per_asset_month=budget, max_lead="300d")
    limit = budget_limit(p, assets, ends, np.ones(len(p), dtype=bool), detect, STEP)
    allowed = budget * 20 * 480 * (STEP / MONTH)
    assert openings(p, limit, detect, assets, ends) <= allowed
    higher = np.sort(p[p > limit])[0]
    assert openings(p, higher, detect, assets, ends) > allowed


def test_promised_budget_holds_on_later_time() -> None:
    """Same process before and after: the realised rate stays within 3 Poisson deviations."""
    assets, ends = fleet(30, 480)
    rng = np.random.default_rng(3)
    detect = Detect(false_alarms_per_asset_month=1.0)
    limit = budget_limit(
        rng.uniform(size=len(assets)), assets, ends, np.ones(len(assets), dtype=bool), detect, STEP
    )
    later = openings(rng.uniform(size=len(assets)), limit, detect, assets, ends)
    promised = 1.0 * 30 * 480 * (STEP / MONTH)
    assert abs(later - promised) < 3 * np.sqrt(2 * promised)


def test_faulty_and_unevaluated_windows_do_not_count() -> None:
    assets, ends = fleet(4, 400)
    p = np.random.default_rng(4).uniform(0.01, 1, size=len(assets))
    detect = Detect(false_alarms_per_asset_month=0.5)
    healthy = np.ones(len(p), dtype=bool)
    before = budget_limit(p, assets, ends, healthy, detect, STEP)
    healthy[100:130] = False
    p[100:130] = 1e-6
    p[40] = np.nan
    after = budget_limit(p, assets, ends, healthy, detect, STEP)
    assert after >= 0.5 * before
    healthy[100:130] = True
    assert budget_limit(p, assets, ends, healthy, detect, STEP) < after


def test_a_standing_alarm_does_not_hide_behind_one_opening() -> None:
    """Merged incidents must not let the limit run away when the budget is generous."""
    assets, ends = fleet(2, 600)
    p = np.repeat(np.random.default_rng(5).uniform(size=40), 30)
    detect = Detect(false_alarms_per_asset_month=1.0, off_delay="10d")
    limit = budget_limit(p, assets, ends, np.ones(len(p), dtype=bool), detect, STEP)
    share = np.mean(
        np.concatenate(
            [
                persist(ends[:600], p[i : i + 600] < limit, detect.on_delay, detect.off_delay)
                for i in (0, 600)
            ]
        )
    )
    assert share < 0.7


def test_no_budget_for_any_incident_gives_a_limit_below_all() -> None:
    assets, ends = fleet(1, 20)
    p = np.linspace(0.05, 1, 20)
    detect = Detect(false_alarms_per_asset_month=0.01, on_delay="0h")
    limit = budget_limit(p, assets, ends, np.ones(20, dtype=bool), detect, STEP)
    assert not (p < limit).any()


def test_budget_needs_healthy_windows() -> None:
    assets, ends = fleet(1, 3)
    with pytest.raises(LearnError, match="no healthy window with a p-value"):
        budget_limit([0.1, 0.2, 0.3], assets, ends, [False] * 3, Detect(), STEP)
    with pytest.raises(LearnError, match="no healthy window with a p-value"):
        budget_limit([np.nan] * 3, assets, ends, [True] * 3, Detect(), STEP)


def _priced(missed: float, false: float) -> tuple[float, float]:
    """Ten assets: a fault that shows weakly on each, and healthy windows that stray."""
    rng = np.random.default_rng(4)
    rows = []
    for a in range(10):
        p = rng.uniform(size=400)
        p[200:210] = rng.uniform(0, 0.1, 10)
        ends = pd.date_range("2025-01-01", periods=400, freq="6h", tz="UTC", unit="ns")
        rows.append(pd.DataFrame({"asset": f"P{a}", "end": ends, "p": p}))
    windows = pd.concat(rows, ignore_index=True)
    at = np.arange(len(windows)) % 400
    windows["healthy"] = (at < 190) | (at > 220)
    shown = np.flatnonzero((at >= 200) & (at < 210))
    occurrences = pd.DataFrame({"row": shown, "episode": windows["asset"].iloc[shown].to_numpy()})
    costs = {"missed_failure": missed, "false_alarm": false}
    return cost_limit(windows, occurrences, Detect(on_delay="0h", off_delay="0h", costs=costs))


def test_dear_failures_raise_the_limit_and_dear_alarms_lower_it() -> None:
    limits = [_priced(*costs)[0] for costs in ((1, 1000), (10, 1), (1000, 1))]
    assert limits[0] < limits[1] < limits[2]
    assert _priced(1, 1000)[1] == 10  # all ten missed, no false alarm
    assert _priced(2, 2000) == (_priced(1, 1000)[0], 20)  # only the ratio decides


def test_without_costs_there_is_no_limit_that_costs_least() -> None:
    with pytest.raises(LearnError, match="no costs"):
        cost_limit(pd.DataFrame({"healthy": [True], "p": [0.1]}), pd.DataFrame(), Detect())
