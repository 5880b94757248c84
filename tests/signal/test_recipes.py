"""Names of descriptor columns parse back to their recipe."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import ConfigError
from faultprint.signal.recipes import SENSOR_DESCRIPTORS, Recipe, parse, recipes_for

PUMP = Equipment.model_validate(
    {
        "sensors": {
            "pressure": {"unit": "bar", "type": "pressure"},
            "vibration": {"unit": "mm/s", "type": "vibration"},
        }
    }
)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=12)


@given(WORDS, st.sampled_from(SENSOR_DESCRIPTORS), st.booleans())
@settings(max_examples=50, deadline=None)
def test_sensor_name_round_trips(sensor: str, descriptor: str, recent: bool) -> None:
    recipe = Recipe(sensor, descriptor, recent)
    assert parse(recipe.name) == recipe
    assert parse(recipe.name).subject == sensor


@given(WORDS)
@settings(max_examples=50, deadline=None)
def test_event_names_round_trip(word: str) -> None:
    descriptors = Descriptors(error_codes=[word], since_maintenance=[word])
    *_, error, care = recipes_for(PUMP, Windows(), descriptors)
    assert parse(error.name) == error
    assert parse(care.name) == care
    assert (error.kind, error.subject) == ("error", word)
    assert (care.kind, care.subject) == ("maintenance", word)
    assert (error.unit(PUMP), care.unit(PUMP)) == ("1", "h")


def test_units_follow_the_sensor() -> None:
    units = [parse(f"pressure.{d}").unit(PUMP) for d in ("mean", "slope_per_hour", "crest")]
    assert units == ["bar", "bar/h", "1"]
    assert parse("vibration.rms@recent").unit(PUMP) == "mm/s"


def test_every_sensor_has_what_the_twin_needs_and_each_column_comes_once() -> None:
    descriptors = Descriptors(
        default=["mean", "mean", "max"], by_type={"vibration": ["rms", "coverage"]}
    )
    names = [r.name for r in recipes_for(PUMP, Windows(recent="3h"), descriptors)]
    assert names == [
        "pressure.mean", "pressure.std", "pressure.coverage", "pressure.max",
        "pressure.mean@recent", "pressure.max@recent",
        "vibration.mean", "vibration.std", "vibration.coverage", "vibration.rms",
        "vibration.rms@recent", "vibration.coverage@recent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vibration.rsm", "unknown descriptor 'rsm'.*did you mean 'rms'"),
        ("vibration", "got the column name 'vibration'; expected <source>.<descriptor>"),
        (".mean", "expected <source>.<descriptor>"),
        ("pressure.count", "expected 'error.<code>.count'"),
        ("error.E1.count@recent", "over the whole window only"),
        ("maintenance..hours_since", "'maintenance.<item>.hours_since'"),
        ("pressure.mean@recently", "unknown descriptor 'mean@recently'"),
    ],
)
def test_what_is_no_name_is_refused(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(name)


def test_a_misspelt_descriptor_in_the_params_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=re.escape("did you mean 'slope_per_hour'")):
        recipes_for(PUMP, Windows(), Descriptors(default=["slope_per_hours"]))


def test_a_unit_of_no_sensor_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown sensor 'presure'.*did you mean 'pressure'"):
        parse("presure.mean").unit(PUMP)


@pytest.mark.parametrize(
    ("name", "kind", "sensors", "unit"),
    [
        ("pressure~vibration.correlation", "pair", ("pressure", "vibration"), "1"),
        ("pressure~vibration.regression_slope", "pair", ("pressure", "vibration"), "bar/(mm/s)"),
        ("run.hours", "run", (), "h"),
        ("run.starts", "run", (), "1"),
        ("vibration.band_energy_0p5_10", "sensor", ("vibration",), "(mm/s)^2"),
        ("vibration.autocorrelation_24@recent", "sensor", ("vibration",), "1"),
        ("vibration.dominant_frequency", "sensor", ("vibration",), "Hz"),
    ],
)
def test_relations_runs_and_families_parse_back(
    name: str, kind: str, sensors: tuple[str, ...], unit: str
) -> None:
    recipe = parse(name)
    assert (recipe.name, recipe.kind, recipe.sensors) == (name, kind, sensors)
    assert recipe.unit(PUMP) == unit


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("vibration.band_energy_10_5", "unknown descriptor 'band_energy_10_5'.*band_energy_<from>"),
        ("vibration.autocorrelation_0", "unknown descriptor 'autocorrelation_0'"),
        ("pressure.correlation", "'<sensor>~<sensor>.correlation'"),
        ("pump.hours", "'run.hours'"),
    ],
)
def test_what_is_nearly_a_relation_a_run_or_a_family_is_refused(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(name)


def test_relations_come_only_where_the_class_has_both_sensors() -> None:
    descriptors = Descriptors(
        default=["max"],
        pairs=[{"of": "pressure", "against": "vibration"}, {"of": "pressure", "against": "oil"}],
        run=["hours"],
    )
    names = [r.name for r in recipes_for(PUMP, Windows(), descriptors)]
    assert names[-2:] == ["pressure~vibration.correlation", "run.hours"]
