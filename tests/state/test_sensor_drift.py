"""Sensors that walk away alone, and those that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import SensorHealth
from faultprint.signal.instants import NEVER, instants
from faultprint.state.sensor_drift import find_drift

START = pd.Timestamp("2025-03-01T00:00:00Z")
HEALTH = SensorHealth()
STEPS = 240
"""Windows of six hours: two months."""


def _residuals(walk: dict[str, np.ndarray], seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ends = (START + pd.to_timedelta(6 * np.arange(STEPS), unit="h")).as_unit("ns")
    parts = []
    for sensor in ("flow", "pressure", "current"):
        deviance = rng.standard_normal(STEPS) + walk.get(sensor, np.zeros(STEPS))
        parts.append(pd.DataFrame({"end": ends, "sensor": sensor, "deviance": deviance}))
    return pd.concat(parts, ignore_index=True)


def _ramp(first: int, last: int, size: float) -> np.ndarray:
    walk = np.zeros(STEPS)
    walk[first:last] = np.linspace(0, size, last - first)
    return walk


NOTHING = pd.Series([], dtype="datetime64[ns, UTC]")


def test_a_sensor_that_walks_away_alone_is_named_until_it_is_back() -> None:
    (spell,) = find_drift(_residuals({"flow": _ramp(60, 160, 8.0)}), NOTHING, HEALTH)
    assert (spell.sensor, spell.kind) == ("flow", "drift")
    zero = int(instants(pd.Series([START]))[0])
    begins, ends = (((t - zero) / 3.6e12) / 6 for t in (spell.since, spell.until))
    assert 105 <= begins <= 130  # the ramp passes four scales at 110
    assert 160 <= ends <= 175
    back = find_drift(_residuals({"flow": _ramp(60, STEPS, -8.0)}), NOTHING, HEALTH)
    assert [s.until for s in back] == [NEVER]


def test_sensors_that_move_together_are_the_machine() -> None:
    both = {"flow": _ramp(60, 160, 8.0), "pressure": _ramp(60, 160, 6.0)}
    assert find_drift(_residuals(both), NOTHING, HEALTH) == []


def test_what_a_known_fault_explains_is_no_drift() -> None:
    residuals = _residuals({"flow": _ramp(60, 160, 8.0)})
    explained = pd.Series(residuals["end"].unique()[80:170])
    assert find_drift(residuals, explained, HEALTH) == []


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_drift(seed: int) -> None:
    assert find_drift(_residuals({}, seed), NOTHING, HEALTH) == []


@pytest.mark.parametrize("cut", [90, 120, 150, 165, 200])
def test_the_future_changes_nothing(cut: int) -> None:
    residuals = _residuals({"flow": _ramp(60, 160, 8.0)})
    last = residuals["end"].unique()[cut]
    now = residuals[residuals["end"] <= last]
    times = instants(pd.Series(now["end"].unique()))

    def bad(rows: pd.DataFrame) -> list[int]:
        spells = find_drift(rows, NOTHING, HEALTH)
        return [int(t) for t in times if any(s.since <= t < s.until for s in spells)]

    assert bad(now.sample(frac=1, random_state=3)) == bad(residuals)


def test_nothing_to_judge() -> None:
    assert find_drift(_residuals({}).iloc[:0], NOTHING, HEALTH) == []
    off = SensorHealth(enabled=False)
    assert find_drift(_residuals({"flow": _ramp(60, 160, 8.0)}), NOTHING, off) == []
