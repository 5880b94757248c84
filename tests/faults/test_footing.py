"""What a name stands on: a single sensor gives no known fault, two sensors do."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.faults.diagnosis.doubts import Known, with_doubts
from faultprint.faults.diagnosis.footing import pictures, sensors_of, traces, with_footing
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.match import diagnose
from faultprint.faults.model import class_model_from
from faultprint.twin.baseline import Twin, add_baselines, expect, fit
from tests.faults.pumps import ORIGIN, SENSORS, fleet, settings

EVERY = ("load", *SENSORS)
CAREFUL = settings(detect={"false_alarms_per_asset_month": 0.1})


@cache
def learned() -> tuple[Learned, Twin]:
    windows, _ = fleet()
    twin = fit(windows, settings().equipment["pump"], settings().twin)
    residuals = expect(twin, windows)
    found = learn_class(windows, residuals, CAREFUL, 7, ORIGIN)
    return replace(found, model=with_footing(found.model, twin, windows, residuals)), twin


@cache
def fresh() -> pd.DataFrame:
    windows, _ = fleet(seed=9, assets=4)
    return windows


def known() -> Known:
    return Known(learned()[0].model, add_baselines(learned()[1], fresh()))


def judged(windows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Diagnoses before and after sensors are left out in turn."""
    residuals = expect(known().twin, windows)
    found = learned()[0]
    _, diagnoses = diagnose(found.model, found.signatures, windows, residuals, "1.0.0+abc")
    return diagnoses, with_doubts(known(), windows, residuals, diagnoses)


def doubts(diagnoses: pd.DataFrame) -> list[set[str]]:
    names = [set(json.loads(text)) for text in diagnoses["candidates"]]
    return [{n.removeprefix("sensor:") for n in one if n.startswith("sensor:")} for one in names]


def test_a_fault_that_two_sensors_show_is_known_and_one_of_one_sensor_is_not() -> None:
    before, after = judged(fresh())
    tables.check("diagnoses", after)
    rests = pd.Series(doubts(after))
    wear = (before["failure_mode"] == "bearing_wear") & (fresh()["label"] == "bearing_wear")
    block = (before["failure_mode"] == "blockage") & (fresh()["label"] == "blockage")
    assert wear.sum() > 50
    assert block.sum() > 50
    assert (rests[wear].map(len) == 0).mean() > 0.25
    assert not rests[wear].map(lambda one: "pressure" in one).any()
    assert rests[block].map(lambda one: "pressure" in one).mean() > 0.9
    assert (after["failure_mode"] == before["failure_mode"]).all()
    doubted = rests.map(len) > 0
    assert (after.loc[doubted, "verdict"] == "ambiguous").all()
    pd.testing.assert_frame_equal(after[~doubted], before[~doubted])


def test_what_the_sensor_shows_stands_in_the_evidence() -> None:
    before, after = judged(fresh())
    at = next(n for n, one in enumerate(doubts(after)) if one == {"pressure"})
    told = json.loads(after["evidence"].iloc[at])
    shown = told.pop("sensor:pressure")
    assert told == json.loads(before["evidence"].iloc[at])
    assert shown["against"] == []
    assert {item["sensor"] for item in shown["for"]} == {"pressure"}
    assert abs(shown["for"][0]["deviance"]) > 2
    assert json.loads(after["candidates"].iloc[at])["sensor:pressure"] is None


def test_a_sensor_under_suspicion_stands_beside_those_in_doubt() -> None:
    before, after = judged(fresh())
    windows = fresh().assign(suspected="vibration:missing")
    told = with_doubts(known(), windows, expect(known().twin, fresh()), before)
    rests = doubts(after)
    assert {frozenset(one) for one in rests} > {frozenset()}
    assert doubts(told) == [one | {"vibration"} if one else set() for one in rests]


def test_no_reading_of_one_sensor_alone_gives_a_known_fault() -> None:
    """Healthy machines; one sensor reads anything."""
    healthy = fresh()[fresh()["use"] == "healthy"].iloc[::4].reset_index(drop=True)
    shifts = (-40.0, -12.0, -5.0, -2.5, 2.5, 5.0, 12.0, 40.0)
    named, firm = dict.fromkeys(EVERY, 0), dict.fromkeys(EVERY, 0)
    for sensor in EVERY:
        for shift in shifts:
            read = healthy[f"{sensor}.mean"] + shift
            before, after = judged(healthy.assign(**{f"{sensor}.mean": read}))
            names = before["verdict"].isin(["known", "ambiguous"]).tolist()
            named[sensor] += sum(names)
            firm[sensor] += sum(
                name and sensor not in one for name, one in zip(names, doubts(after), strict=True)
            )
    assert sum(named.values()) > 400  # as many faults there would be else
    assert sum(firm.values()) < 0.15 * sum(named.values())
    chance = known().model.limit * len(shifts) * len(healthy)
    assert max(firm.values()) < 0.5 * chance, (firm, chance)


def test_each_window_is_judged_by_itself() -> None:
    _, whole = judged(fresh())
    some = fresh().iloc[40:60]
    _, alone = judged(some.sample(frac=1.0, random_state=3).reset_index(drop=True))
    keys = ["asset", "end"]
    mine = whole.set_index(keys).loc[pd.MultiIndex.from_frame(some[keys])].sort_index()
    assert mine["candidates"].str.contains("sensor:").any()
    pd.testing.assert_frame_equal(alone.set_index(keys).sort_index(), mine)


def test_a_sensor_that_says_nothing_is_not_in_doubt() -> None:
    columns = [c for c in fresh().columns if c.startswith("temperature.")]
    silent = fresh().assign(**dict.fromkeys(columns, np.nan))
    _, after = judged(silent)
    rests = doubts(after)
    assert any("vibration" in one for one in rests)
    assert not any("temperature" in one for one in rests)


def test_a_further_fault_that_rests_on_one_sensor_is_not_named() -> None:
    before, _ = judged(fresh())
    residuals = expect(known().twin, fresh())
    wear = before["failure_mode"] == "bearing_wear"
    told = before.assign(also=before["also"].mask(wear, '{"blockage":0.4}'))
    after = with_doubts(known(), fresh(), residuals, told)
    assert (after.loc[wear, "also"] == "{}").mean() > 0.95
    assert (after.loc[~wear, "also"] == before.loc[~wear, "also"]).all()


def test_a_model_from_before_says_what_it_said() -> None:
    before, _ = judged(fresh())
    old = replace(known(), model=replace(known().model, footing={}))
    assert with_doubts(old, fresh(), expect(old.twin, fresh()), before) is before


def test_footing_is_kept_with_the_model() -> None:
    model = learned()[0].model
    assert set(model.footing) == set(EVERY) == set(sensors_of(model, known().twin))
    again = class_model_from(json.loads(json.dumps(model.to_dict())), model.booster)
    assert again.footing == model.footing
    assert "footing" not in replace(model, footing={}).to_dict()
    for one in model.footing.values():
        assert all(usual <= most for usual, most in one.values())


def test_healthy_machines_leave_as_seldom_a_trace_as_is_said() -> None:
    windows, _ = fleet(seed=31, assets=8)
    healthy = windows[windows["use"] == "healthy"]
    before, _ = judged(healthy.reset_index(drop=True))
    assert before["verdict"].isin(["known", "ambiguous"]).mean() < 0.05
    model, twin = known().model, add_baselines(learned()[1], windows)
    shown = pictures(model.metric)
    assert shown is not None
    refit = with_footing(model, twin, windows, expect(twin, windows)).footing
    for sensor, modes in model.footing.items():
        for mode, (usual, _) in modes.items():
            assert refit[sensor][mode][0] == pytest.approx(usual, abs=0.6)


def test_the_trace_is_the_best_linear_one() -> None:
    """The matched filter against its definition, window by window."""
    model = learned()[0].model
    shown = pictures(model.metric)
    assert shown is not None
    rng = np.random.default_rng(4)
    columns = rng.random(len(model.metric.columns)) < 0.6
    units = rng.standard_normal((20, len(columns)))
    units[3, 2] = np.nan
    found = traces(shown, columns, units)
    for place in range(len(shown.names)):
        step = shown.steps[place][columns]
        inverse = np.linalg.inv(shown.spread[np.ix_(columns, columns)])
        for n, row in enumerate(units):
            away = np.nan_to_num(np.arcsinh(row) - shown.healthy)[columns]
            slow = (step @ inverse @ away) / np.sqrt(step @ inverse @ step)
            assert found.size[n, place] == pytest.approx(slow, abs=1e-8)
    assert np.diag(found.alike) == pytest.approx(1.0)
