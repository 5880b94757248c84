"""Settings are strict, typed, and say what is wrong with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from faultprint.config import Settings, settings_from
from faultprint.errors import ConfigError

PUMP = {"sensors": {"speed": {"unit": "rpm", "role": "condition"}, "flow": {"unit": "m3/h"}}}


def settings(**more: object) -> Settings:
    return settings_from({"equipment": {"pump": PUMP}, **more})


def test_defaults_are_filled_in() -> None:
    assert settings().windows.length == timedelta(hours=24)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"windos": {}}, "unknown key 'windos'.*did you mean 'windows'"),
        ({"windows": {"lenght": "3h"}}, "windows.lenght.*did you mean 'length'"),
        ({"windows": {"length": 24}}, "write a duration with its unit"),
        ({"windows": {"length": "-3h"}}, "cannot be negative"),
        ({"windows": {"length": "soon"}}, "not a duration: 'soon'"),
        ({"classifier": {"rounds": "many"}}, "classifier.rounds.*valid integer"),
        ({"source": {"readings": [{"pth": "x"}]}}, "pth.*did you mean 'path'"),
    ],
)
def test_wrong_settings_are_told(params: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        settings(**params)


def test_wrong_sensor_keys_are_told_with_every_other_offender() -> None:
    broken = {"sensors": {"flow": {"unti": "bar"}}, "perid": "1h"}
    with pytest.raises(ConfigError, match=r"3 wrong settings.*'unit'.*'period'"):
        settings_from({"equipment": {"pump": broken}})


def test_running_sensor_must_exist() -> None:
    with pytest.raises(ConfigError, match=r"running.sensor 'sped' is not among the sensors"):
        settings_from({"equipment": {"p": {**PUMP, "running": {"sensor": "sped", "above": 1}}}})


def test_embargo_covers_window_and_horizon() -> None:
    assert settings(labels={"horizon": "5d"}).split.embargo == timedelta(days=5)
    said = "split.embargo is 1d; expected at least 5d"
    with pytest.raises(ConfigError, match=said):
        settings(labels={"horizon": "5d"}, split={"embargo": "1d"})


def test_a_sensor_is_judged_before_an_alarm_can_open_on_it() -> None:
    said = "sensor_health.penalty is 6h; expected at most detect.on_delay, which is 3h"
    with pytest.raises(ConfigError, match=said):
        settings(detect={"on_delay": "3h"})
    assert settings(detect={"on_delay": "3h"}, sensor_health={"penalty": "3h"})
    assert settings(detect={"on_delay": "3h"}, sensor_health={"enabled": False})


def test_settings_round_trip_through_plain_data() -> None:
    first = settings(windows={"length": "90min", "step": "1d"})
    again = settings_from(first.model_dump(mode="json"))
    assert again == first
    assert first.model_dump(mode="json")["windows"]["length"] == "90min"
