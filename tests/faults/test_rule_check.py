"""Names and units of rules: what does not fit is refused, with what to write instead."""

from __future__ import annotations

import pytest

from faultprint.errors import RuleError
from faultprint.faults.rules.check import Checker
from faultprint.faults.rules.grammar import parse_rule
from faultprint.faults.rules.units import difference, product, read_unit
from tests.faults.test_rule_values import scope


def check(text: str) -> None:
    Checker(text, scope(), ("limit", "full_load")).check(parse_rule(text))


@pytest.mark.parametrize(
    "text",
    [
        "residual(temperature) > 8 K",
        "actual(temperature) > 80 degC and actual(temperature) < 200 °C",
        "actual(temperature) - expected(temperature) > 8 delta_degF".replace("delta_degF", "K"),
        "temperature.std > 3 K and temperature.slope_per_hour < 2 K/h",
        "rate(actual(pressure)) < -0.2 bar/h",
        "rate(actual(pressure) over 7 d) < -20 mbar/d",
        "rate(deviance(pressure)) > 0.5 1/h",
        "actual(pressure) * 2 > 3 bar and actual(pressure) / actual(pressure) > 0.9",
        "actual(pressure) / rate(actual(pressure)) < 24 h",
        "actual(smell) > 3 whiff and actual(smell) / 2 > residual(smell)",
        "deviance(temperature) > 4 and temperature.coverage > 50 %",
        "actual(temperature) between -5 degC and 5 degC",
        "actual(temperature) + residual(temperature) > 80 degC",
        "running for 90 min",
    ],
)
def test_what_fits_is_accepted(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("text", "says", "under"),
    [
        ("residual(temperature) > 8",
         r"residual\(temperature\) in K beside 8, which has no unit; .*write 8 K", "8"),
        ("residual(temperature) > -8", "write -8 K", "-8"),
        ("8 < residual(temperature)", "write 8 K", "8"),
        ("rate(actual(pressure)) < 0.2 bar", r"in bar/h beside 0.2 bar", "0.2 bar"),
        ("actual(temperature) > 80 K", "in degC beside 80 K; .*write 80 degC", "80 K"),
        ("residual(temperature) > 8 degC", "in K beside 8 degC; .*write 8 K", "8 degC"),
        ("deviance(temperature) > 4 K", "without a unit beside 4 K; .*write 4$", "4 K"),
        ("actual(pressure) > actual(vibration)", "in bar beside actual.vibration. in mm/s",
         "actual(vibration)"),
        ("actual(pressure) + 3 > 4 bar", "write 3 bar", "3"),
        ("actual(pressure) between 1 bar and 3 kW", "in bar beside 3 kW", "3 kW"),
        ("actual(load) > 3 barr", "unknown unit 'barr'.*did you mean 'bar'", "3 barr"),
        ("actual(smell) > 3 kwhiff", "unknown unit 'kwhiff'.*did you mean 'whiff'", "3 kwhiff"),
        ("actual(temprature) > 3 K", "unknown sensor 'temprature'.*'temperature'",
         "actual(temprature)"),
        ("vibration.p59x > 3 mm/s", "unknown descriptor 'vibration.p59x'", "vibration.p59x"),
        ("pressure > 3 bar", r"the sensor pressure by itself; expected actual\(pressure\)",
         "pressure"),
        ("residual(pressure) > limt", "unknown parameter 'limt'.*did you mean 'limit'", "limt"),
        ("mode is ful_load", "unknown mode 'ful_load'.*did you mean 'full_load'",
         "mode is ful_load"),
        ("residual(load) > 3 kW", "residual.load., an operating condition", "residual(load)"),
        ("running for 12", "12, which has no unit; expected a length of time; write 12 h", "12"),
        ("running for 12 K", "expected a length of time; write for example 12 h", "12 K"),
        ("running for 1e9 h", "at most ten years", "1e9 h"),
        ("rate(actual(pressure) over 0 h) > 1 bar/h", "a rate over no time", "0 h"),
        ("actual(pressure) 3 bar ago > 1 bar", "expected a length of time", "3 bar"),
        ("actual(temperature) * 2 > 3 K", "computes with degC.*a difference in K",
         "actual(temperature) * 2"),
        ("abs(actual(temperature)) > 3 degC", "computes with degC", "abs(actual(temperature))"),
        ("actual(temperature) + actual(temperature) > 3 K", "computes with degC",
         "actual(temperature) + actual(temperature)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_pointed_at(text: str, says: str, under: str) -> None:
    with pytest.raises(RuleError) as caught:
        check(text)
    message, shown, carets = str(caught.value).rsplit("\n", 2)
    with pytest.raises(RuleError, match=says):
        raise RuleError(message)
    assert shown[carets.index("^") : len(carets)] == under


def test_turns_are_not_taken_for_hertz() -> None:
    assert read_unit("rpm").base != read_unit("Hz").base
    assert read_unit("rpm").base == read_unit("rad/s").base


def test_units_that_are_not_linear_or_not_known_are_their_own() -> None:
    for text in ("dB", "whiff", "m^^2"):
        unit = read_unit(text)
        assert not unit.known
        assert unit.base == ((text, 1.0),)


def test_units_of_differences_and_products() -> None:
    celsius, fahrenheit, bar = read_unit("degC"), read_unit("degF"), read_unit("bar")
    assert difference(celsius).text == "K"
    assert difference(fahrenheit).text == "delta_degF"
    assert difference(fahrenheit).factor == pytest.approx(5 / 9)
    assert difference(bar) is bar
    assert product(bar, bar, -1).base == ()
    assert product(bar, read_unit("h"), -1).base == read_unit("bar/h").base
