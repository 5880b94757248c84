"""The matrix says of each cell what scoring would do, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from faultprint.evaluate.coverage import Fleet, cover, judgeable
from faultprint.evaluate.standing import Confirmation, standing
from faultprint.faults.match import diagnose
from faultprint.records import Proportion
from faultprint.state.distrust import DISTRUSTED
from tests.evaluate.test_behaviour import at, failures
from tests.faults.pumps import fleet
from tests.faults.test_signature import learned, named

ALL = timedelta(days=400)


@pytest.fixture(scope="module")
def windows() -> pd.DataFrame:
    return fleet()[0].assign(**{DISTRUSTED: ""})


def without(windows: pd.DataFrame, asset: str, sensor: str, told: str = "") -> pd.DataFrame:
    """Take a sensor away from an asset, as windows show it."""
    changed = windows.copy()
    mine = changed["asset"] == asset
    changed.loc[mine, [c for c in changed if c.startswith(f"{sensor}.")]] = np.nan
    changed.loc[mine, DISTRUSTED] = told
    return changed


def make(windows: pd.DataFrame, **changes: object) -> Fleet:
    plain = Fleet("pump", learned().model, learned().signatures, windows, (), {}, {})
    return replace(plain, **changes)  # type: ignore[arg-type]


def cells(fleet: Fleet) -> dict[tuple[str, str], object]:
    return {(c.failure_mode, c.asset): c for c in cover([fleet], ALL).cells}


def test_a_sound_fleet_is_isolable_throughout(windows: pd.DataFrame) -> None:
    found = cover([make(windows)], ALL)
    assert len(found.cells) == 2 * windows["asset"].nunique()
    assert found.counts() == {
        "isolable": len(found.cells), "ambiguous": 0, "detectable": 0, "blind": 0
    }  # fmt: skip
    assert not found.gains


@pytest.mark.parametrize("sensor", ["vibration", "temperature", "pressure"])
def test_judgeable_windows_are_those_that_diagnosing_judges(
    windows: pd.DataFrame, sensor: str
) -> None:
    asset = str(windows["asset"].iloc[0])
    lame = without(windows, asset, sensor)
    residuals = fleet()[1]
    residuals = residuals[(residuals["asset"] != asset) | (residuals["sensor"] != sensor)]
    _, told = diagnose(learned().model, learned().signatures, lame, residuals, "r")
    lame = lame.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    good = (lame["reason"] == "").to_numpy()
    blind = 0
    for signature in learned().signatures:
        unjudged = told["reason"].str.contains(signature.failure_mode).to_numpy()
        assert (judgeable(signature, lame)[good] == ~unjudged[good]).all()
        blind += int(unjudged.sum())
    assert blind


def test_a_missing_sensor_is_named_and_what_it_would_buy(windows: pd.DataFrame) -> None:
    asset = str(windows["asset"].iloc[0])
    found = cover([make(without(windows, asset, "vibration"))], ALL)
    by = {(c.failure_mode, c.asset): c for c in found.cells}
    assert by["bearing_wear", asset].ability == "blind"
    assert by["bearing_wear", asset].missing == ("vibration",)
    assert by["bearing_wear", asset].reason == "sensors missing: vibration"
    assert sum(c.ability == "blind" for c in found.cells) == 1
    assert [(g.sensor, g.cells) for g in found.gains] == [("vibration", ((asset, "bearing_wear"),))]


def test_a_sensor_that_is_not_believed_blinds_too(windows: pd.DataFrame) -> None:
    asset = str(windows["asset"].iloc[0])
    needed = named("bearing_wear").required_sensors[-1]
    doubted = windows.copy()
    doubted.loc[doubted["asset"] == asset, DISTRUSTED] = f"{needed}:stuck"
    cell = cells(make(doubted))["bearing_wear", asset]
    assert (cell.ability, cell.missing) == ("blind", (needed,))


def test_faults_that_are_confused_are_one_group(windows: pd.DataFrame) -> None:
    mixed = [
        replace(s, confused_with={"blockage": 0.3} if s.failure_mode == "bearing_wear" else {})
        for s in learned().signatures
    ]
    found = cover([make(windows, signatures=tuple(mixed))], ALL)
    assert {c.ability for c in found.cells} == {"ambiguous"}
    assert {c.beside for c in found.cells} == {("blockage",), ("bearing_wear",)}


def test_where_nothing_that_differs_is_measured_two_faults_are_one(windows: pd.DataFrame) -> None:
    model = learned().model
    same = replace(model, typical={**model.typical, "blockage": model.typical["bearing_wear"]})
    found = cover([make(windows, model=same)], ALL)
    assert {c.ability for c in found.cells} == {"ambiguous"}
    assert "nothing that tells it from" in found.cells[0].reason


def test_modes_without_a_signature_say_why(windows: pd.DataFrame) -> None:
    found = make(
        windows,
        modes=("leak", "rust"),
        refused={"leak": "2 episodes in training, 3 needed"},
        found={"leak": (2, 3), "rust": (0, 4)},
    )
    asset = str(windows["asset"].iloc[0])
    leak, rust = (cells(found)[mode, asset] for mode in ("leak", "rust"))
    assert (leak.ability, rust.ability) == ("detectable", "blind")
    assert "2 episodes in training, 3 needed): 2 of 3 found, not named" in leak.reason
    assert "none of 4 found" in rust.reason


def test_a_signature_that_names_nothing_is_only_detectable(windows: pd.DataFrame) -> None:
    wear, *others = learned().signatures
    poor = replace(wear.performance, recall=Proportion(0.0, 0.0, 0.6, 0, 3))
    found = cover([make(windows, signatures=(replace(wear, performance=poor), *others))], ALL)
    mine = [c for c in found.cells if c.failure_mode == wear.failure_mode]
    assert {c.reason for c in mine} == {"named in none of 3 held-out occurrences"}


def test_only_the_last_part_counts_and_an_idle_asset_is_blind(windows: pd.DataFrame) -> None:
    asset = str(windows["asset"].iloc[0])
    last = windows.loc[windows["asset"] == asset, "end"].max()
    late = (windows["asset"] == asset) & (windows["end"] > last - pd.Timedelta(days=5))
    idle = windows.assign(reason=windows["reason"].mask(late, "off"))
    (cell, *_) = (c for c in cover([make(idle)], timedelta(days=5)).cells if c.asset == asset)
    assert (cell.ability, cell.reason) == ("blind", "not evaluable lately: off")
    assert cells(make(idle))["bearing_wear", asset].ability == "isolable"
    unknown = cover([make(windows, model=None)], ALL).cells
    assert {c.reason for c in unknown} == {"the release knows no pump"}


def incident(mode: str, outcome: str) -> dict[str, object]:
    """Return an incident that opened at hour 100."""
    return {"failure_mode": mode, "outcome": outcome, "asset": "P", "opened": at(100)}


def open_to_doubt(days: float, start: int = 0) -> pd.DataFrame:
    """Return the time in which an incident could have been false."""
    end = at(start) + pd.Timedelta(days=days)
    return pd.DataFrame({"asset": ["P"], "start": [at(start)], "end": [end]})


def test_the_standing_of_a_signature_counts_what_it_did_not_learn_from() -> None:
    wear = named("bearing_wear")
    failed = failures(
        ("bearing_wear", 100, 30.0),
        ("bearing_wear", 200, 10.0),
        ("bearing_wear", 300, None),
        ("leak", 400, 5.0),
    )
    raised = pd.DataFrame([incident("bearing_wear", "false"), incident("leak", "false")])
    one = standing(wear, failed, raised, open_to_doubt(120), at(400))
    assert (one.judged, one.named["hits"], one.named["n"]) == (3, 2, 3)
    assert (one.false_alarms["count"], one.false_alarms["value"]) == (1, 0.25)
    before = standing(wear, failed, raised, open_to_doubt(120, 101), at(400))
    assert (before.false_alarms["count"], before.false_alarms["exposure"]) == (0, 4.0)
    assert (one.lead_hours, one.missed_since) == (20.0, 1)
    assert (one.last_confirmed, one.last_confirmed_by) == (at(200).isoformat(), "failure")
    assert one.days_since == pytest.approx(200 / 24, rel=1e-3)
    assert (one.confirmed, one.confirmed_assets) == (2, 1)
    assert one.episodes == 8


def test_an_expert_confirms_too() -> None:
    wear = named("bearing_wear")
    said = [
        Confirmation("bearing_wear", "P-7", at(350), "A. Smith"),
        Confirmation("leak", "P-7", at(390), "A. Smith"),
    ]
    failed = failures(("bearing_wear", 100, 30.0), ("bearing_wear", 300, None))
    none = pd.DataFrame([incident("", "false")])
    one = standing(wear, failed, none, open_to_doubt(0), at(400), said)
    assert (one.last_confirmed_by, one.confirmed, one.confirmed_assets) == ("A. Smith", 2, 2)
    assert one.missed_since == 0
    assert one.false_alarms["high"] is None
    never = standing(wear, failures(("leak", 1, 1.0)), none, open_to_doubt(30), at(400))
    assert (never.last_confirmed, never.days_since, never.judged) == ("", None, 0)
