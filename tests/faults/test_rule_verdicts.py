"""Rules beside what was learnt: who names a fault, and what the tables then say."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Detect
from faultprint.faults.match import diagnose
from faultprint.faults.release import (
    Release,
    release_from_parts,
    release_to_parts,
    scoring_settings,
)
from faultprint.faults.rules.book import rule_book
from faultprint.faults.rules.matching import compile_book, match_rules, sign_rules
from faultprint.records import signature_from
from faultprint.serve.score import Scorer
from faultprint.state.alarms import raise_incidents, with_alarms
from faultprint.twin.baseline import fit
from tests.faults.pumps import ORIGIN, fleet, settings
from tests.faults.test_match import LABEL, fresh, learned

Frames = tuple[pd.DataFrame, pd.DataFrame]


def rule(text: str, mode: str, **said: Any) -> dict[str, Any]:
    return {"title": mode, "failure_mode": mode, "rule": text, **said}


def release(*files: dict[str, Any], **rules: dict[str, Any]) -> Release:
    """A release of the made-up pump with rules."""
    scoring = scoring_settings(settings())
    book = rule_book([{"template": "pump", "author": "A. Expert", "rules": rules}, *files])
    windows, _ = fleet()
    signatures = sign_rules(learned().signatures, compile_book(book, scoring), ORIGIN)
    equipment = settings().equipment["pump"]
    twin = fit(windows, equipment, settings().twin)
    return Release(scoring, {"pump": learned().model}, {"pump": twin}, signatures, rules=book)


@cache
def before() -> Frames:
    return diagnose(learned().model, learned().signatures, *fresh(), LABEL)


def judged(held: Release, frames: Frames | None = None) -> Frames:
    states, diagnoses = match_rules(held, *(frames or fresh()), before())
    tables.check("states", states)
    tables.check("diagnoses", diagnoses)
    return states, diagnoses


def changed(diagnoses: pd.DataFrame) -> np.ndarray:
    return (diagnoses != before()[1]).any(axis=1).to_numpy()


UNSEEN = "residual(temperature) < -2 K and residual(pressure) > 1.2 bar"


def test_a_rule_names_a_fault_that_nobody_has_learnt() -> None:
    held = release(cold=rule(UNSEEN, "freezing", severity=4, recommended_action="Warm it."))
    states, diagnoses = judged(held)
    signature = next(s for s in held.signatures if s.failure_mode == "freezing")
    assert (signature.rule, signature.symptoms, signature.severity) == (UNSEEN, (), 4)
    assert signature.required_sensors == ("pressure", "temperature")
    named = (diagnoses["failure_mode"] == "freezing").to_numpy()
    late = fresh()[0]["label"].to_numpy() == "unseen"
    assert named[late].mean() > 0.5
    assert named[~late].mean() < 0.01
    assert (diagnoses.loc[named, "verdict"] == "known").all()
    assert (diagnoses.loc[named, "signature"] == f"{signature.id}@{signature.version}").all()
    assert (states["by_rule"].to_numpy() == named).all()
    pd.testing.assert_series_equal(states["p_value"], before()[0]["p_value"])
    assert (changed(diagnoses) == named).all()
    row = diagnoses[named].iloc[0]
    assert json.loads(row["candidates"]) == {"freezing": None}
    told = json.loads(row["evidence"])["freezing"]["rules"]
    assert [part["unit"] for part in told[0]["parts"]] == ["K", "bar"]
    residuals = fresh()[1].set_index(["asset", "end", "sensor"])
    seen = residuals.loc[(row["asset"], row["end"], "temperature")]
    assert told[0]["parts"][0]["observed"] == pytest.approx(
        seen["observed"] - seen["expected"], rel=1e-4
    )
    assert told[0]["author"] == "A. Expert"


def test_a_rule_opens_an_incident_through_the_same_delays() -> None:
    always = release(on=rule("actual(temperature) > 0 degC", "being_there"))
    states, diagnoses = judged(always)
    assert states["by_rule"].all()
    detect = Detect.model_validate({"on_delay": "12h"})
    incidents = raise_incidents(diagnoses, with_alarms(states, detect), detect)
    tables.check("incidents", incidents)
    first = states.groupby("asset")["end"].min()
    assert (incidents.set_index("asset")["opened"] - first == pd.Timedelta(hours=12)).all()
    assert len(incidents) == 3
    alone = with_alarms(states.drop(columns="by_rule"), detect)  # results of older releases
    assert alone["alarm"].sum() < with_alarms(states, detect)["alarm"].sum()


def test_where_both_exist_either_names_it() -> None:
    low = "residual(pressure) < -2 bar"
    states, diagnoses = judged(release(low=rule(low, "blockage")))
    old = before()[1]
    named, was = (d["failure_mode"] == "blockage" for d in (diagnoses, old))
    assert (named | ~was | (diagnoses["verdict"] == "ambiguous")).all()
    assert (named & ~was).any() or (was & (diagnoses["evidence"] != old["evidence"])).any()
    both = was & states["by_rule"] & (old["verdict"] == "known")
    assert both.sum() > 10
    assert (diagnoses.loc[both, "verdict"] == "known").all()
    told = [json.loads(text)["blockage"]["rules"][0] for text in diagnoses.loc[both, "evidence"]]
    assert all(one["holds"] for one in told)
    against = was & ~states["by_rule"]
    for text in diagnoses.loc[against, "evidence"]:
        assert json.loads(text)["blockage"]["rules"][0]["holds"] is False


def test_a_rule_that_must_confirm_strikes_off_what_it_denies() -> None:
    never = release(no=rule("residual(pressure) > 99 bar", "blockage", mix="confirm"))
    states, diagnoses = judged(never)
    old = before()[1]
    alone = (old["failure_mode"] == "blockage") & (old["candidates"].str.count(":") == 1)
    assert alone.sum() > 10
    assert (diagnoses.loc[alone, "verdict"] == "deviation").all()
    assert (diagnoses.loc[alone, ["failure_mode", "signature"]] == "").all(axis=None)
    assert (diagnoses.loc[alone, "candidates"] == "{}").all()
    assert not (diagnoses["failure_mode"] == "blockage").any()
    assert not states["by_rule"].any()
    yes = release(yes=rule("residual(pressure) < 99 bar", "blockage", mix="confirm"))
    states, diagnoses = judged(yes)
    pd.testing.assert_series_equal(diagnoses["verdict"], old["verdict"])
    assert not states["by_rule"].any()


def test_a_rule_that_cannot_be_judged_confirms_and_denies_nothing() -> None:
    windows, residuals = fresh()
    dark = windows.assign(**{"pressure.mean": np.nan}, distrusted="pressure:stuck")
    held = release(no=rule("actual(pressure) > 99 bar", "blockage", mix="confirm"))
    _, diagnoses = judged(held, (dark, residuals))
    old = before()[1]
    pd.testing.assert_frame_equal(diagnoses.drop(columns="reason"), old.drop(columns="reason"))
    assert (diagnoses["reason"] == "rules not judged: no (pressure:stuck)").all()
    young = release(old=rule("actual(pressure) > 0 bar for 10 d", "age"))
    _, diagnoses = judged(young)
    counts = diagnoses["reason"].value_counts()
    assert counts["rules not judged: old (history)"] == 3 * 40
    assert counts.sum() == len(diagnoses)


def test_a_rule_that_only_watches_is_evidence() -> None:
    states, diagnoses = judged(release(low=rule("running", "blockage", mix="learnt")))
    assert not states["by_rule"].any()
    differing = changed(diagnoses)
    abnormal = (before()[1]["verdict"] != "healthy").to_numpy()
    assert (differing == abnormal).all()
    pd.testing.assert_frame_equal(
        diagnoses.drop(columns="evidence"), before()[1].drop(columns="evidence")
    )


def test_beside_another_learnt_name_both_are_candidates() -> None:
    _, diagnoses = judged(release(other=rule("running", "looseness")))
    old = before()[1]
    known = old["verdict"] == "known"
    assert (diagnoses.loc[known, "verdict"] == "ambiguous").all()
    assert (diagnoses.loc[known, "failure_mode"] == "looseness").all()  # was never learnt
    assert diagnoses.loc[known, "candidates"].str.endswith('"looseness":null}').all()
    assert (diagnoses.loc[old["verdict"] == "healthy", "failure_mode"] == "looseness").all()
    _, diagnoses = judged(release(flow=rule("running", "blockage")))
    wear = known & (old["failure_mode"] == "bearing_wear")
    assert wear.sum() > 10
    assert (diagnoses.loc[wear, "failure_mode"] == "bearing_wear").all()  # both were learnt
    assert (diagnoses.loc[wear, "verdict"] == "ambiguous").all()


def test_an_ambiguous_verdict_is_settled() -> None:
    states, diagnoses = before()
    at = int(np.flatnonzero(diagnoses["verdict"] == "known")[0])
    open_ = diagnoses.copy()
    open_.loc[at, ["verdict", "failure_mode"]] = ["ambiguous", "bearing_wear"]
    open_.loc[at, "candidates"] = '{"bearing_wear":0.2,"blockage":0.1}'
    open_.loc[at, "evidence"] = '{"healthy":{"for":[],"against":[]}}'
    held = release(flow=rule("running", "blockage"))
    _, after = match_rules(held, *fresh(), (states, open_))
    assert (after.loc[at, "verdict"], after.loc[at, "failure_mode"]) == ("known", "blockage")
    two = release(flow=rule("running", "blockage"), cold=rule("running", "freezing", severity=5))
    _, after = match_rules(two, *fresh(), (states, open_))
    assert after.loc[at, "verdict"] == "ambiguous"
    assert set(json.loads(after.loc[at, "candidates"])) == {"bearing_wear", "blockage", "freezing"}
    healthy = (diagnoses["verdict"] == "healthy").to_numpy()
    assert (after.loc[healthy, "failure_mode"] == "freezing").all()  # the more severe one
    denied = release(no=rule("not running", "bearing_wear", mix="confirm"))
    _, after = match_rules(denied, *fresh(), (states, open_))
    assert (after.loc[at, "verdict"], after.loc[at, "failure_mode"]) == ("known", "blockage")


def test_an_asset_that_overrides_is_judged_by_its_own_limit() -> None:
    base = rule("residual(pressure) > limit", "high", parameters={"limit": "99 bar"})
    own = {
        "instance": "P01",
        "template": "pump",
        "rules": {"high": {"parameters": {"limit": "-99 bar"}}},
    }
    states, _ = judged(release(own, high=base))
    assert states.groupby("asset")["by_rule"].mean().to_dict() == {"P00": 0, "P01": 1, "P02": 0}
    off = {"instance": "P01", "template": "pump", "rules": {"all": {"disabled": True}}}
    states, _ = judged(release(off, all=rule("running", "x")))
    assert states.groupby("asset")["by_rule"].mean().to_dict() == {"P00": 1, "P01": 0, "P02": 1}


def test_windows_with_a_reason_and_deprecated_rules_say_nothing() -> None:
    held = release(all=rule("running", "x", status="deprecated"))
    assert judged(held)[1] is before()[1] or not changed(judged(held)[1]).any()
    states, diagnoses = before()
    off = diagnoses.assign(verdict="not_evaluable", reason="off")
    after = match_rules(release(all=rule("running", "x")), *fresh(), (states, off))
    pd.testing.assert_frame_equal(after[1], off)


def test_order_of_rows_does_not_matter() -> None:
    windows, residuals = fresh()
    held = release(slow=rule("rate(residual(temperature) over 12 h) > 0.05 K/h", "drifting"))
    shuffled = windows.sample(frac=1, random_state=1), residuals.sample(frac=1, random_state=2)
    for one, other in zip(judged(held), judged(held, shuffled), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_rules_travel_with_the_release_and_judge_alike() -> None:
    held = release(
        {"instance": "P01", "template": "pump", "rules": {"cold": {"disabled": True}}},
        cold=rule(UNSEEN, "freezing"),
        low=rule("residual(pressure) < -2 bar", "blockage", mix="confirm"),
    )
    parts = release_to_parts(held)
    back = release_from_parts(parts)
    assert back.rules == held.rules
    assert release_to_parts(back) == parts
    windows, _ = fresh()
    one, other = (Scorer(r, LABEL).score_windows(windows) for r in (held, back))
    pd.testing.assert_frame_equal(one.diagnoses, other.diagnoses)
    pd.testing.assert_frame_equal(one.incidents, other.incidents)
    assert one.states["by_rule"].any()
    assert not one.states.loc[one.states["asset"] == "P01", "by_rule"].any()


def test_signatures_say_their_rules_and_older_ones_still_read() -> None:
    held = release(
        low=rule("residual(pressure) < -2 bar", "blockage"),
        none=rule("not running", "blockage"),
        gone=rule("running", "bearing_wear", status="deprecated"),
    )
    said = {s.failure_mode: s.rule for s in held.signatures}
    assert said == {
        "blockage": "(residual(pressure) < -2 bar) or (not running)",
        "bearing_wear": "",
    }
    plain = held.signatures[0].to_dict()
    assert signature_from(plain) == held.signatures[0]
    del plain["rule"]
    assert signature_from(plain) == replace(held.signatures[0], rule="")
