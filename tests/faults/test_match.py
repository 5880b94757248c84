"""Judging windows: tables, isolation, missing sensors, evidence."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.errors import ReleaseError, TableError
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.match import diagnose
from tests.faults.pumps import ORIGIN, fleet, settings

LABEL = "1.0.0+0123456789ab"


@cache
def learned() -> Learned:
    return learn_class(*fleet(), settings(), 7, ORIGIN)


def judged(windows: pd.DataFrame, residuals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return diagnose(learned().model, learned().signatures, windows, residuals, LABEL)


@cache
def fresh() -> tuple[pd.DataFrame, pd.DataFrame]:
    return fleet(seed=9, assets=3, modes=("bearing_wear", "blockage", "unseen"))


def test_tables_keep_their_schema() -> None:
    states, diagnoses = judged(*fresh())
    tables.check("states", states)
    tables.check("diagnoses", diagnoses)
    assert list(states.columns) == [c.name for c in tables.table("states").columns]
    assert list(diagnoses.columns) == [c.name for c in tables.table("diagnoses").columns]
    assert set(diagnoses["release"]) == {LABEL}
    assert not states["alarm"].any()


def test_known_faults_are_named_and_a_new_one_is_a_deviation() -> None:
    windows, residuals = fresh()
    _, diagnoses = judged(windows, residuals)
    late = windows["label"].where(windows["label"].eq(windows["label"].shift(-3)), "")
    for mode in ("bearing_wear", "blockage"):
        assert (diagnoses.loc[windows["label"] == mode, "failure_mode"] == mode).mean() > 0.85
    assert (diagnoses.loc[late == "unseen", "verdict"] == "deviation").mean() > 0.85
    assert (diagnoses.loc[windows["label"] == "healthy", "verdict"] == "healthy").mean() > 0.85


def test_signature_is_named_by_identity_and_version() -> None:
    _, diagnoses = judged(*fresh())
    by_mode = {s.failure_mode: f"{s.id}@{s.version}" for s in learned().signatures} | {"": ""}
    assert (diagnoses["failure_mode"].map(by_mode) == diagnoses["signature"]).all()


def test_a_window_is_judged_by_itself() -> None:
    windows, residuals = fresh()
    states, diagnoses = judged(windows, residuals)
    for row in (12, 30, 95, 333):
        key = windows.loc[row, ["asset", "end"]]
        mine = (residuals["asset"] == key["asset"]) & (residuals["end"] == key["end"])
        one_state, one = judged(windows.loc[[row]], residuals[mine])
        pd.testing.assert_frame_equal(
            one_state, states.loc[[row]].reset_index(drop=True), check_exact=True
        )
        pd.testing.assert_frame_equal(
            one, diagnoses.loc[[row]].reset_index(drop=True), check_exact=True
        )


def test_order_of_rows_does_not_matter() -> None:
    windows, residuals = fresh()
    one = judged(windows, residuals)
    other = judged(windows.sample(frac=1, random_state=1), residuals.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one[0], other[0])
    pd.testing.assert_frame_equal(one[1], other[1])


def test_windows_with_a_reason_are_not_evaluated() -> None:
    windows, residuals = fresh()
    windows = windows.assign(reason=windows["reason"].mask(windows.index < 5, "off"))
    states, diagnoses = judged(windows, residuals)
    assert (diagnoses["verdict"] == "not_evaluable").sum() == 5
    assert (diagnoses.loc[:4, ["reason", "candidates", "evidence"]] == ["off", "{}", "{}"]).all(
        axis=None
    )
    assert states["p_value"].isna().sum() == 5
    tables.check("diagnoses", diagnoses)


@pytest.mark.parametrize("reason", ["", "off"])
def test_no_window_and_none_to_evaluate(reason: str) -> None:
    windows, residuals = fresh()
    few = windows.iloc[: 4 * bool(reason)].assign(reason=reason)
    states, diagnoses = judged(few, residuals.iloc[:0])
    tables.check("states", states)
    assert len(diagnoses) == len(few)


def test_a_missing_sensor_raises_no_alarm() -> None:
    windows, residuals = fleet(seed=11, assets=3, modes=())
    gone = windows.assign(**{c: np.nan for c in windows if c.startswith("pressure.")})
    held = residuals.assign(deviance=residuals["deviance"].where(residuals["sensor"] != "pressure"))
    _, usual = judged(windows, residuals)
    _, without = judged(gone, held)
    assert (without["verdict"] != "healthy").mean() <= (usual["verdict"] != "healthy").mean()


def test_without_any_residual_the_classifier_decides_alone() -> None:
    windows, residuals = fresh()
    states, diagnoses = judged(windows, residuals.iloc[:0])
    assert states["p_value"].between(0, 1).all()
    assert set(diagnoses["verdict"]) - {"healthy"}


def test_evidence_says_what_was_seen_in_units() -> None:
    windows, residuals = fresh()
    _, diagnoses = judged(windows, residuals)
    row = diagnoses[
        (diagnoses["verdict"] == "known") & (diagnoses["failure_mode"] == "bearing_wear")
    ]
    seen = residuals.set_index(["asset", "end", "sensor"])["deviance"]
    grown = [
        seen[asset, end, "vibration"] for asset, end in zip(row["asset"], row["end"], strict=True)
    ]
    row = row[np.array(grown) > 4]
    told = json.loads(row["evidence"].iloc[-1])
    pro = {item["descriptor"]: item for item in told["bearing_wear"]["for"]}
    wear = pro["vibration.deviance"]
    assert wear["typical"] > 2 > wear["healthy"]
    assert wear["observed"] == pytest.approx(wear["deviance"], abs=0.6)
    key = (row["asset"].iloc[-1], row["end"].iloc[-1], "vibration")
    assert wear["observed"] == pytest.approx(seen[key], rel=1e-4)
    units = {i["descriptor"]: i["unit"] for s in told.values() for side in s.values() for i in side}
    assert {unit for name, unit in units.items() if name.startswith("vibration.mean")} <= {"mm/s"}
    assert json.loads(row["candidates"].iloc[-1])["bearing_wear"] >= settings().detect.significance


def test_evidence_says_why_not_the_next_fault() -> None:
    _, diagnoses = judged(*fresh())
    rows = diagnoses[
        (diagnoses["verdict"] == "known") & (diagnoses["failure_mode"] == "bearing_wear")
    ]
    decisive = json.loads(rows["evidence"].iloc[-1])["bearing_wear"]["not"]
    assert {item["other"] for item in decisive} == {"blockage"}
    assert {item["sensor"] for item in decisive} <= {"vibration", "temperature", "pressure"}
    gains = [item["contribution"] for item in decisive]
    assert gains == sorted(gains, reverse=True)
    assert min(gains) > 0
    wear = next(item for item in decisive if item["descriptor"].startswith("vibration"))
    far = abs(wear["observed"] - wear["typical_other"])
    assert far > abs(wear["typical_other"] - wear["healthy"])


def test_evidence_of_a_deviation_says_what_is_strange() -> None:
    _, diagnoses = judged(*fresh())
    for text in diagnoses.loc[diagnoses["verdict"] == "deviation", "evidence"]:
        told = json.loads(text)
        assert list(told) == ["healthy"]
        sizes = [abs(item["deviance"]) for item in told["healthy"]["against"]]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes
        assert {item["other"] for item in told["healthy"]["not"]} <= {"bearing_wear", "blockage"}
    assert set(diagnoses.loc[diagnoses["verdict"] == "healthy", "evidence"]) == {"{}"}


def test_another_class_and_other_descriptors_are_refused() -> None:
    windows, residuals = fresh()
    with pytest.raises(ReleaseError, match=r"got windows of \['fan'\]; expected windows of 'pump'"):
        judged(windows.assign(equipment_class="fan"), residuals)
    with pytest.raises(TableError, match=r"without the descriptors \['load.mean'\]"):
        judged(windows.drop(columns="load.mean"), residuals)


def test_a_diagnosis_that_needs_a_bad_sensor_is_not_evaluable_and_says_so() -> None:
    windows, residuals = fresh()
    states, diagnoses = judged(windows, residuals)
    needed = {s.failure_mode: set(s.required_sensors) for s in learned().signatures}
    assert "pressure" in needed["blockage"]
    doubted = windows.assign(distrusted="pressure:stuck")
    bad_states, bad = judged(doubted, residuals)
    named = diagnoses["verdict"].isin(["known", "ambiguous"])
    struck = named & diagnoses["failure_mode"].map(lambda m: "pressure" in needed.get(m, ()))
    assert struck.sum() > 10
    assert (bad.loc[struck, "verdict"] == "not_evaluable").all()
    assert (bad.loc[struck, "reason"] == "sensor_bad:pressure:stuck").all()
    assert (bad.loc[struck, "failure_mode"] == "").all()
    assert bad_states.loc[struck, "p_value"].isna().all()
    assert (bad_states.loc[struck, "reason"] == "sensor_bad:pressure:stuck").all()
    pd.testing.assert_frame_equal(bad[~struck], diagnoses[~struck])
    pd.testing.assert_frame_equal(bad_states[~struck], states[~struck])
    tables.check("diagnoses", bad)
    tables.check("states", bad_states)
    _, other = judged(windows.assign(distrusted="unheard:stuck"), residuals)
    pd.testing.assert_frame_equal(other, diagnoses)


def test_a_diagnosis_that_rests_on_a_suspect_sensor_alone_is_taken_back() -> None:
    windows, residuals = fresh()
    states, diagnoses = judged(windows, residuals)
    suspected = windows.assign(suspected="pressure:drift")
    weak_states, weak = judged(suspected, residuals)
    taken = (weak["reason"] == "sensor_suspect:pressure:drift").to_numpy()
    assert diagnoses.loc[taken, "failure_mode"].eq("blockage").sum() > 10
    assert (weak.loc[taken, "verdict"] == "not_evaluable").all()
    assert weak_states.loc[taken, "p_value"].isna().all()
    pd.testing.assert_frame_equal(weak[~taken], diagnoses[~taken])
    pd.testing.assert_frame_equal(weak_states[~taken], states[~taken])
    healthy = (diagnoses["verdict"] == "healthy").to_numpy()
    assert not (taken & healthy).any()
    stands = diagnoses["failure_mode"].eq("bearing_wear").to_numpy() & ~taken
    assert stands.sum() > 10
    tables.check("diagnoses", weak)


def test_a_taken_back_diagnosis_would_not_be_made_without_the_sensor() -> None:
    windows, residuals = fresh()
    _, weak = judged(windows.assign(suspected="pressure:drift"), residuals)
    own = [c for c in windows.columns if c.startswith("pressure.")]
    deaf = residuals.assign(deviance=residuals["deviance"].where(residuals["sensor"] != "pressure"))
    _, without = judged(windows.assign(**dict.fromkeys(own, np.nan)), deaf)
    _, whole = judged(windows, residuals)
    named = whole["verdict"].isin(["known", "ambiguous"])
    same = without["verdict"].isin(["known", "ambiguous"]) & (
        without["failure_mode"] == whole["failure_mode"]
    )
    taken = weak["reason"].str.startswith("sensor_suspect:")
    assert (taken[named] == ~same[named]).all()


def test_without_a_suspect_condition_no_deviance_is_left() -> None:
    windows, residuals = fresh()
    _, weak = judged(windows.assign(suspected="load:missing"), residuals)
    _, nobody = judged(windows.assign(suspected="unheard:missing"), residuals)
    _, whole = judged(windows, residuals)
    pd.testing.assert_frame_equal(nobody, whole)
    assert (weak["reason"] == "sensor_suspect:load:missing").sum() > 0
