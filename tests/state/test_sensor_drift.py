"""Sensors that walk away alone, and those that do not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from faultprint.config import SensorHealth
from faultprint.signal.instants import HOUR, NEVER, instants
from faultprint.state.sensor_drift import find_drift, related_sensors, silenced, suspects
from faultprint.twin.redundancy import Relations, learn_relations

START = pd.Timestamp("2025-03-01T00:00:00Z")
HEALTH = SensorHealth(related=0.5)
STEPS = 240
"""Windows of six hours: two months."""
SENSORS = ("current", "flow", "pressure", "seal")
"""The first three follow one demand the twin does not know; the seal goes alone."""


def _residuals(
    walk: dict[str, np.ndarray] | None = None, seed: int = 2, asset: str = "p1"
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ends = (START + pd.to_timedelta(6 * np.arange(STEPS), unit="h")).as_unit("ns")
    slow = np.convolve(rng.standard_normal(STEPS + 19), np.ones(20) / np.sqrt(20), "valid")
    parts = []
    for sensor in SENSORS:
        noise = rng.standard_normal(STEPS)
        deviance = noise if sensor == "seal" else slow + 0.5 * noise
        deviance = deviance + (walk or {}).get(sensor, np.zeros(STEPS))
        parts.append(pd.DataFrame({"end": ends, "sensor": sensor, "deviance": deviance}))
    return pd.concat(parts, ignore_index=True).assign(asset=asset)


def _ramp(first: int, last: int, size: float) -> np.ndarray:
    walk = np.zeros(STEPS)
    walk[first:last] = np.linspace(0, size, last - first)
    return walk


@pytest.fixture(scope="module")
def relations() -> Relations:
    """Learnt from ten healthy machines and three whose seal leaks: its pressure falls."""
    leak = {"seal": np.full(STEPS, -6.0), "flow": np.full(STEPS, -0.5)}
    parts = [_residuals(seed=s, asset=f"p{s}") for s in range(100, 110)]
    parts += [_residuals(leak, seed=s, asset=f"p{s}") for s in range(110, 113)]
    every = pd.concat(parts, ignore_index=True)
    windows = every[["asset", "end"]].drop_duplicates()
    faulty = windows["asset"].isin(["p110", "p111", "p112"])
    windows["use"] = np.where(faulty, "fault", "healthy")
    windows["label"] = np.where(faulty, "seal_leak", "healthy")
    found = learn_relations(every, windows, HEALTH.drift_window)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def at_once() -> Relations:
    """How the sensors of ten healthy machines go together in single windows."""
    parts = [_residuals(seed=s, asset=f"p{s}") for s in range(100, 110)]
    every = pd.concat(parts, ignore_index=True)
    windows = every[["asset", "end"]].drop_duplicates().assign(use="healthy", label="healthy")
    found = learn_relations(every, windows, timedelta(0))
    assert found is not None
    return found


def _window_of(instant: int) -> float:
    zero = int(instants(pd.Series([START]))[0])
    return (instant - zero) / HOUR / 6


def test_a_sensor_that_walks_away_alone_is_named_until_it_is_back(relations: Relations) -> None:
    (spell,) = find_drift(_residuals({"flow": _ramp(60, 160, 5.0)}), relations, HEALTH)
    assert (spell.sensor, spell.kind) == ("flow", "drift")
    assert 70 <= _window_of(spell.since) <= 130
    assert 162 <= _window_of(spell.until) <= 180
    assert "healthy scales" in spell.evidence
    assert "do not follow" in spell.evidence
    back = find_drift(_residuals({"flow": _ramp(60, STEPS, -5.0)}), relations, HEALTH)
    assert [s.until for s in back] == [NEVER]


def test_relatives_show_a_drift_that_the_sensor_itself_does_not(relations: Relations) -> None:
    small = {"flow": _ramp(60, 160, 2.5)}
    (spell,) = find_drift(_residuals(small), relations, HEALTH)
    assert spell.sensor == "flow"
    assert find_drift(_residuals({"seal": _ramp(60, 160, 1.0)}), relations, HEALTH) == []


def test_it_is_taken_back_after_the_reward_window_and_not_before(relations: Relations) -> None:
    walk = {"flow": _ramp(60, 160, 5.0)}
    slow = SensorHealth(reward=timedelta(days=5))
    early, late = (find_drift(_residuals(walk), relations, h)[0].until for h in (HEALTH, slow))
    assert late - early == 4 * 24 * HOUR


def test_sensors_that_move_together_are_the_machine(relations: Relations) -> None:
    both = {"flow": _ramp(60, 160, 6.0), "seal": _ramp(60, 160, 8.0)}
    assert find_drift(_residuals(both), relations, HEALTH) == []


def test_a_known_fault_is_no_drift_but_the_opposite_is(relations: Relations) -> None:
    falling = _residuals({"seal": _ramp(60, 160, -8.0), "flow": _ramp(60, 160, -0.7)})
    assert find_drift(falling, relations, HEALTH) == []
    rising = _residuals({"seal": _ramp(60, 160, 8.0)})
    assert [s.sensor for s in find_drift(rising, relations, HEALTH)] == ["seal"]


def test_a_drift_is_taken_back_once_others_move_too(relations: Relations) -> None:
    walk = {"flow": _ramp(60, 160, 5.0), "seal": np.where(np.arange(STEPS) > 130, 9.0, 0.0)}
    (spell,) = [s for s in find_drift(_residuals(walk), relations, HEALTH) if s.sensor == "flow"]
    assert 131 <= _window_of(spell.until) <= 145


def test_only_sensors_that_others_contradict_are_silenced(relations: Relations) -> None:
    assert related_sensors(relations, HEALTH) == {"current", "flow", "pressure"}
    walked = {"flow": _ramp(20, 90, 5.0), "seal": _ramp(150, 220, 8.0)}
    found = find_drift(_residuals(walked), relations, HEALTH)
    assert {s.sensor for s in found} == {"flow", "seal"}
    assert [s.sensor for s in silenced(found, relations, HEALTH)] == ["flow"]
    named = SensorHealth(related=0.5, redundant=[["seal", "pressure"], ["seal"]])
    assert {s.sensor for s in silenced(found, relations, named)} == {"flow", "seal"}
    never = SensorHealth()
    assert silenced(found, relations, never) == []


@pytest.mark.parametrize("seed", range(2, 8))
def test_noise_is_no_drift(relations: Relations, seed: int) -> None:
    assert find_drift(_residuals(seed=seed), relations, HEALTH) == []


@pytest.mark.parametrize("cut", [70, 90, 120, 165, 200])
def test_the_future_and_row_order_change_nothing(
    relations: Relations, at_once: Relations, cut: int
) -> None:
    residuals = _residuals({"flow": _ramp(60, 160, 5.0)})
    last = residuals["end"].unique()[cut]
    now = residuals[residuals["end"] <= last]
    times = instants(pd.Series(now["end"].unique()))

    def bad(rows: pd.DataFrame) -> list[int]:
        spells = find_drift(rows, relations, HEALTH)
        return [int(t) for t in times if any(s.since <= t < s.until for s in spells)]

    mixed = now.sample(frac=1, random_state=3)
    assert bad(mixed) == bad(residuals)
    both = (relations, at_once)
    whole = suspects(residuals, both, HEALTH)
    pd.testing.assert_series_equal(suspects(mixed, both, HEALTH), whole.iloc[: cut + 1])


def test_a_sensor_is_suspect_before_it_is_bad(relations: Relations, at_once: Relations) -> None:
    jump = np.where(np.arange(STEPS) >= 100, 6.0, 0.0)
    residuals = _residuals({"flow": jump})
    (spell,) = find_drift(residuals, relations, HEALTH)
    told = suspects(residuals, (relations, at_once), HEALTH)
    assert told.iloc[100] == "flow:drift"
    assert (told.iloc[:100] == "").mean() > 0.95
    assert _window_of(spell.since) > 100


def test_nothing_to_judge(relations: Relations) -> None:
    walk = _residuals({"flow": _ramp(60, 160, 8.0)})
    assert find_drift(walk.iloc[:0], relations, HEALTH) == []
    assert find_drift(walk, None, HEALTH) == []
    assert find_drift(walk, relations, SensorHealth(enabled=False)) == []
    assert silenced(find_drift(walk, relations, HEALTH), None, HEALTH) == []


@pytest.mark.slow
def test_most_drifts_beyond_three_scales_are_caught_and_few_good_sensors_accused(
    relations: Relations,
) -> None:
    """40 healthy machines over 60 days (26 sensor-years), then a ramp on each of them."""
    seeds = range(500, 540)
    wrong = [s for n in seeds for s in find_drift(_residuals(seed=n), relations, HEALTH)]
    assert len(wrong) <= 8  # at most one in three sensor-years
    for sensor, size, least in (("flow", 3.0, 32), ("seal", 6.0, 32), ("flow", 1.0, 0)):
        walk = {sensor: _ramp(60, 140, size)}
        found = [find_drift(_residuals(walk, seed=n), relations, HEALTH) for n in seeds]
        caught = sum(any(s.sensor == sensor for s in spells) for spells in found)
        others = sum(any(s.sensor != sensor for s in spells) for spells in found)
        assert caught >= least, (sensor, size)
        assert others <= 8, (sensor, size)
