"""A group tells what its incidents share, when they began and how they differ from known faults."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Detect, Discover
from faultprint.faults.discover import Group, group_incidents
from faultprint.faults.discovery.archive import Archive, pictures_of
from faultprint.faults.discovery.group_page import group_page, listed, onset_words
from faultprint.faults.discovery.group_story import GroupStory, tell_group
from faultprint.faults.discovery.likeness import compare_with_known, moved
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning.design import design, values_of
from faultprint.faults.match import diagnose
from faultprint.state.alarms import raise_incidents, with_alarms
from tests.faults.pumps import ORIGIN, STEP, fleet, settings

LABEL = "1.0.0+0123456789ab"
PUMP = settings().equipment["pump"]


@cache
def learned() -> Learned:
    return learn_class(*fleet(), settings(), 7, ORIGIN)


@cache
def recorded(seed: int = 9) -> Archive:
    """Score a fleet that has a fault which nobody has seen."""
    windows, residuals = fleet(seed=seed, assets=5, modes=("bearing_wear", "unseen"))
    states, diagnoses = diagnose(learned().model, learned().signatures, windows, residuals, LABEL)
    states = with_alarms(states, Detect())
    incidents = raise_incidents(diagnoses, states, Detect())
    abnormal = states[states["p_value"] < states["limit"]][["asset", "end"]]
    rows = windows.merge(abnormal, on=["asset", "end"])
    values = values_of(design(rows, residuals), learned().model.features)
    told = rows[["asset", "equipment_class", "end"]].assign(values=list(values))
    both = told.merge(incidents[["asset", "incident", "first_seen", "cleared"]], on="asset")
    inside = (both["end"] >= both["first_seen"]) & ~(both["end"] >= both["cleared"])
    events = tables.empty("events")
    unknown = incidents[incidents["verdict"] == "deviation"].iloc[0]
    code = {"asset": unknown["asset"], "time": unknown["opened"], "kind": "error", "code": "E1"}
    events = pd.concat([events, pd.DataFrame([code])], ignore_index=True)
    return Archive(incidents, both[inside].reset_index(drop=True), residuals, events)


@cache
def story() -> GroupStory:
    archive = recorded()
    unknown = archive.incidents[archive.incidents["verdict"] == "deviation"]
    pictures = pictures_of(unknown, archive.windows, learned().model, PUMP)
    group = group_incidents(pictures, Discover()).groups[0]
    return tell_group(group, pictures, archive, learned().model, PUMP)


def test_the_unseen_fault_is_one_group() -> None:
    incidents = recorded().incidents
    # Shorter ones are false alarms, of which the budget allows some; the fault lasts four days.
    long = (incidents["cleared"] - incidents["opened"]) > pd.Timedelta("2D")
    unknown = (incidents["verdict"] == "deviation") & long
    assert len(story().incidents) >= 3
    assert len(story().incidents) >= 0.8 * unknown.sum()
    assert story().stability > 0.9
    opened = [one.opened for one in story().incidents]
    assert opened == sorted(opened)


def test_common_symptoms_have_the_direction_that_was_built_in() -> None:
    told = {s.descriptor: s for s in story().symptoms}
    built_in = {"temperature": "down", "vibration": "down", "pressure": "up"}
    for sensor, direction in built_in.items():
        symptom = told[f"{sensor}.deviance"]
        assert symptom.direction == direction
        assert symptom.unit == PUMP.sensors[sensor].unit
        assert (symptom.observed > symptom.healthy) == (direction == "up")
        assert symptom.shown_by == symptom.measured == len(story().incidents)
    assert not any(name.startswith("load") for name in told)
    assert "temperature.mean" not in told


def test_it_says_how_it_differs_from_the_nearest_known_faults() -> None:
    known = {one.failure_mode: one for one in story().known}
    assert set(known) == {"bearing_wear", "blockage"}
    wear = known["bearing_wear"]
    assert wear.distance == 1.0
    assert "vibration is down instead of the other way" in wear.unlike
    assert "pressure is up" in wear.unlike
    assert [one.distance for one in story().known] == sorted(o.distance for o in known.values())


def test_conditions_and_codes_are_told() -> None:
    (load,) = story().conditions
    assert load.sensor == "load"
    assert load.usual_low < load.low < load.high < load.usual_high
    assert load.usual_low == pytest.approx(50 - 2.326 * 5, abs=1.5)
    assert story().codes == {"E1": 1}


def test_onsets_lie_before_the_alarms_and_near_the_truth() -> None:
    windows, _ = fleet(seed=9, assets=5, modes=("bearing_wear", "unseen"))
    faulty = windows[windows["label"] == "unseen"]
    dated = [one for one in story().incidents if one.onset is not None]
    assert len(dated) >= 3
    away = []
    for one in dated:
        assert one.onset is not None
        assert one.onset.earliest <= one.onset.likely <= one.onset.latest <= one.first_seen
        begins = faulty.loc[faulty["asset"] == one.asset, "end"]
        away.append(abs(begins - one.onset.likely).min())
    assert np.median(away) <= 2 * STEP


def test_a_page_names_everything_an_expert_needs() -> None:
    page = group_page(story())
    for words in (
        story().name,
        "fit no signature",
        "pressure is up",
        "temperature is down",
        "load ",
        "E1: in 1 of",
        "Nearest known faults",
        "began about",
        story().incidents[0].asset,
    ):
        assert words in page
    assert story().to_dict()["incidents"][0]["first_seen"].startswith("2025-")


def test_a_group_on_one_asset_is_told_to_be_that() -> None:
    archive = recorded()
    asset = story().incidents[0].asset
    mine = archive.incidents[
        (archive.incidents["verdict"] == "deviation") & (archive.incidents["asset"] == asset)
    ].head(1)
    pictures = pictures_of(mine, archive.windows, learned().model, PUMP)
    alone = group_incidents(pictures, Discover())
    assert alone.alone == tuple(mine["incident"])
    told = tell_group(Group("g-1", alone.alone, 1.0), pictures, archive, learned().model, PUMP)
    assert f"{asset} itself: no other asset shows it" in group_page(told)


def test_a_sensor_that_was_never_measured_is_no_symptom() -> None:
    archive = recorded()
    place = learned().model.features.index("pressure.deviance")
    values = [np.array(v, dtype=np.float64) for v in archive.windows["values"]]
    for row in values:
        row[place] = np.nan
    blind = Archive(
        archive.incidents,
        archive.windows.assign(values=values),
        archive.residuals[archive.residuals["sensor"] != "pressure"],
        archive.events,
    )
    unknown = blind.incidents[blind.incidents["verdict"] == "deviation"]
    pictures = pictures_of(unknown, blind.windows, learned().model, PUMP)
    group = group_incidents(pictures, Discover()).groups[0]
    told = tell_group(group, pictures, blind, learned().model, PUMP)
    assert not any(s.descriptor == "pressure.deviance" for s in told.symptoms)
    assert "pressure is up" not in {w for one in told.known for w in one.unlike}


def test_comparison_names_what_is_common_and_what_contradicts() -> None:
    features = ("vibration.deviance", "heat.deviance", "heat.std", "error.E1.count", "flow.std")
    group = np.array([3.0, 0.0, 0.0, np.nan, -2.5])
    (one,) = compare_with_known(group, {"wear": np.array([3.0, 2.5, 2.0, 4.0, 0.0])}, features)
    assert one.like == ("vibration is up",)
    assert one.unlike == ("heat is not up", "flow (std) is down")


@pytest.mark.parametrize(
    ("feature", "value", "said"),
    [
        ("flow.deviance", -1.0, "flow is down"),
        ("volt.mean@recent", 2.0, "volt (mean@recent) is up"),
        ("error.A1.count", 1.0, "error A1 is more frequent"),
        ("error.A1.count@recent", -1.0, "error A1 is less frequent"),
    ],
)
def test_moves_in_words(feature: str, value: float, said: str) -> None:
    assert moved(feature, value) == said


def test_words() -> None:
    assert listed([]) == ""
    assert listed(["a_b"]) == "a b"
    assert onset_words(None) == "when it began cannot be told"
