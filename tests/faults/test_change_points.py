"""The begin of a deviation is found, and its interval holds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.faults.discovery.change_points import FEWEST, direction_of, find_change, find_onset
from faultprint.tables import UTC_TIME

HOURS = 6.0 * np.arange(120)
START = pd.Timestamp("2025-03-01", tz="UTC").as_unit("ns")


def series(begin: float, slope: float, seed: int, noise: float = 0.5) -> np.ndarray:
    random = np.random.default_rng(seed)
    return slope * np.clip(HOURS - begin, 0, None) + noise * random.standard_normal(len(HOURS))


def slow_change(hours: np.ndarray, values: np.ndarray, until: float) -> float:
    """Fit every broken line and every step with the library's least squares."""
    best, loss = np.nan, np.inf
    for i in range(1, len(hours)):
        if hours[i] <= until:
            for shape in (np.clip(hours - hours[i], 0, None), hours >= hours[i]):
                line = np.column_stack([np.ones_like(hours), shape])
                answer, *_ = np.linalg.lstsq(line, values, rcond=None)
                rest = float(((values - line @ answer) ** 2).sum())
                if rest < loss and answer[1] > 0:
                    best, loss = hours[i], rest
    return float(best)


@pytest.mark.parametrize("seed", range(4))
def test_the_search_is_exact(seed: int) -> None:
    values = series(400.0, 0.01, seed)
    found = find_change(HOURS, values, 700.0)
    assert found is not None
    assert found[1] == slow_change(HOURS, values, 700.0)


def test_the_interval_holds_the_begin_about_as_often_as_it_says() -> None:
    held, errors = 0, []
    for seed in range(200):
        found = find_change(HOURS, series(450.0, 0.02, seed), 690.0)
        assert found is not None
        earliest, likely, latest = found
        assert earliest <= likely <= latest
        held += earliest <= 450.0 <= latest
        errors.append(likely - 450.0)
    assert 145 <= held <= 185  # 80 % asked for
    assert abs(np.median(errors)) < 12


@pytest.mark.parametrize("seed", range(5))
def test_a_sudden_change_is_dated_to_the_window(seed: int) -> None:
    values = np.where(HOURS >= 600, 4.0, 0.0) + series(9999, 0.0, seed)
    found = find_change(HOURS, values, 660.0)
    assert found is not None
    assert found[1] == 600.0
    assert found[2] - found[0] <= 12


def test_a_fall_or_nothing_has_no_begin() -> None:
    assert find_change(HOURS, -0.05 * np.clip(HOURS - 300, 0, None), 700.0) is None
    assert find_change(HOURS, np.zeros_like(HOURS), 700.0) is None


def test_missing_values_are_left_out_and_few_say_nothing() -> None:
    values = series(450.0, 0.05, 1)
    gaps = values.copy()
    gaps[::3] = np.nan
    found = find_change(HOURS, gaps, 700.0)
    assert found is not None
    assert found[0] - 24 <= 450.0 <= found[2] + 24
    gaps[FEWEST - 1 :] = np.nan
    assert find_change(HOURS, gaps, 700.0) is None
    assert find_change(HOURS, values, -1.0) is None


def test_sensors_that_do_not_stand_out_have_no_weight() -> None:
    weights = direction_of({"a": 6.0, "b": -6.0, "c": 1.0, "d": float("nan")})
    assert weights == pytest.approx({"a": 2**-0.5, "b": -(2**-0.5)})
    assert direction_of({"c": 1.0}) == {}


def residuals(begin: float) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rise = 0.03 * np.clip(HOURS - begin, 0, None)
    ends = START + pd.to_timedelta(HOURS, unit="h")
    parts = [
        pd.DataFrame({"end": ends, "sensor": s, "deviance": f * rise + random.standard_normal(120)})
        for s, f in (("flow", -1.0), ("heat", 1.0), ("noise", 0.0))
    ]
    return pd.concat(parts, ignore_index=True).astype({"end": UTC_TIME})


def at(hours: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hours)


def test_an_onset_lies_before_the_alarm_and_what_came_later_changes_nothing() -> None:
    rows, weights = residuals(450.0), {"flow": -0.7, "heat": 0.7}
    onset = find_onset(rows, START, at(560), at(590), weights)
    assert onset is not None
    assert onset.earliest <= at(450) <= onset.latest <= at(560)
    assert abs((onset.likely - at(450)) / pd.Timedelta(hours=1)) < 48
    later = rows.assign(deviance=rows["deviance"].where(rows["end"] <= at(590), 99.0))
    assert find_onset(later, START, at(560), at(590), weights) == onset
    shuffled = rows.sample(frac=1.0, random_state=1)
    assert find_onset(shuffled, START, at(560), at(590), weights) == onset


def test_before_the_last_repair_nothing_began() -> None:
    onset = find_onset(residuals(450.0), at(480), at(560), at(590), {"heat": 1.0})
    assert onset is not None
    assert onset.earliest > at(480)
    assert find_onset(residuals(450.0), at(560), at(560), at(590), {"heat": 1.0}) is None
    assert find_onset(residuals(450.0), START, at(560), at(590), {}) is None
