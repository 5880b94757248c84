"""Relations of two sensors, run hours and starts equal their plain definitions."""

from __future__ import annotations

import numpy as np
import pytest

from faultprint.config import Descriptors, Windows, settings_from
from faultprint.errors import ConfigError
from faultprint.signal.describe import describe
from faultprint.signal.relations import compare
from tests.signal.test_describe import NO_EVENTS, PUMP, hourly

NAMES = ["correlation", "regression_slope"]


@pytest.mark.parametrize("size", [3, 8, 57])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_relations_equal_numpy(size: int, offset: float) -> None:
    rng = np.random.default_rng(size)
    y = np.round(rng.normal(size=size) * 64) / 64
    x = np.round(3 * y * 64 + rng.normal(size=size) * 32) / 64
    bounds = np.array([0]), np.array([size])
    found = compare(NAMES, x + offset, y + offset, *bounds)
    assert found["correlation"][0] == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9)
    assert found["regression_slope"][0] == pytest.approx(np.polyfit(y, x, 1)[0], rel=1e-9)


def test_a_constant_has_no_relation_and_two_readings_say_nothing() -> None:
    x, y = np.arange(6.0), np.full(6, 2.0)
    found = compare(NAMES, x, y, np.array([0, 0]), np.array([6, 2]))
    assert np.isnan(found["correlation"]).all()
    assert np.isnan(found["regression_slope"]).all()
    assert compare(NAMES, y, x, np.array([0]), np.array([6]))["regression_slope"][0] == 0


def test_hours_and_starts_of_the_run() -> None:
    speed = np.where(np.isin(np.arange(24), [5, 6, 14]), 0.0, 1500.0)
    asked = Descriptors(default=["mean"], run=["hours", "starts"])
    windows = Windows(length="12h", step="12h", max_gap="8h", min_coverage=0.1)
    found = describe(hourly(24, speed=speed), NO_EVENTS, "pump", PUMP, windows, asked)
    found = found.set_index("end")
    # readings at 1 h, 2 h, ... 24 h; it stands still at 6 h, 7 h and 15 h
    assert found["run.hours"].tolist() == [10.0, 11.0]
    assert found["run.starts"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("side", ["of", "against"])
def test_a_relation_of_an_unknown_sensor_is_refused(side: str) -> None:
    pair = {"of": "pressure", "against": "speed", side: "presure"}
    equipment = {"pump": PUMP.model_dump()}
    with pytest.raises(ConfigError, match=r"unknown sensor 'presure'.*did you mean 'pressure'"):
        settings_from({"equipment": equipment, "descriptors": {"pairs": [pair]}})
    known = {"of": "pressure", "against": "speed"}
    assert settings_from({"equipment": equipment, "descriptors": {"pairs": [known]}})
