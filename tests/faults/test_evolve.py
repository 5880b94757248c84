"""Teaching without retraining, on made-up pictures whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.errors import ReleaseError
from faultprint.faults.evolve import Change, Evolved, evolve
from faultprint.faults.learn import learn_class
from faultprint.faults.match import diagnose
from faultprint.faults.model import ClassModel
from faultprint.faults.release import (
    Release,
    release_from_parts,
    release_to_parts,
    scoring_settings,
)
from faultprint.faults.teaching.classroom import LACK
from faultprint.faults.teaching.lessons import Archive, Lesson, Lessons, Order
from faultprint.faults.teaching.speaking import measure, offsets_of, speak
from faultprint.records import Learnt
from faultprint.store.versions import compare, level_of
from faultprint.twin.baseline import fit
from tests.faults import pumps

Floats = NDArray[np.float64]

CLASS = "pump"
SIZES = {"temperature": 0, "vibration": 1, "pressure": 2}
NEW = {"leak": (-8.0, -6.0, 5.0), "loose": (0.0, -8.0, 0.0), "sludge": (9.0, 0.0, 6.0)}
"""New situations: shift of each sensor in healthy scales."""
START = pd.Timestamp("2025-06-01", tz="UTC")


@cache
def settings() -> Settings:
    return pumps.settings()


@cache
def learnt() -> Release:
    """A release that knows bearing_wear and blockage."""
    windows, residuals = pumps.fleet()
    learned = learn_class(windows, residuals, settings(), 1, pumps.ORIGIN)
    twin = fit(windows, settings().equipment[CLASS], settings().twin)
    models = {CLASS: learned.model}
    return Release(scoring_settings(settings()), models, {CLASS: twin}, learned.signatures)


def model() -> ClassModel:
    return learnt().models[CLASS]


def windows_of(shift: tuple[float, float, float], n: int, seed: int) -> Floats:
    """Windows of one incident as the model reads them: sensors shifted, growing, with noise."""
    rng, held = np.random.default_rng(seed), model()
    centre, scale = held.healthy.centre, held.healthy.scale
    values = centre + scale * rng.standard_normal((n, len(centre)))
    grown = np.linspace(0.5, 1.0, n)
    for i, name in enumerate(held.features):
        sensor, _, what = name.partition(".")
        if sensor in SIZES and what in {"mean", "deviance"}:
            step = 1.0 if what == "deviance" else 0.5
            values[:, i] += shift[SIZES[sensor]] * grown * step
    return values


def lesson(
    name: str, verdict: str = "new_fault", mode: str = "leak", like: str = "", number: int = 0
) -> Lesson:
    seed = sum(map(ord, name)) * 31 + number
    shift = NEW.get(like or mode) or pumps.PICTURES[like or mode]
    first = START + pd.Timedelta(days=40 * number)
    ends = pd.date_range(first, periods=10, freq="6h", unit="ns")
    values = windows_of(shift, 10, seed)
    told = mode if verdict in {"new_fault", "known_fault"} else ""
    return Lesson(name, f"P{seed % 7}-{name}", CLASS, verdict, told, ends, values, (f"o-{name}",))


def three(mode: str = "leak") -> list[Lesson]:
    return [lesson(f"{mode}-{n}", mode=mode) for n in range(3)]


def archive(*kinds: tuple[str, str, str], n: int = 12, logged: bool = True) -> Archive:
    """Windows of known incidents: (incident, what it looks like, what is said of it)."""
    rows, values = [], []
    for place, (name, like, said) in enumerate(kinds):
        shift = NEW.get(like) or pumps.PICTURES[like]
        values.append(windows_of(shift, n, 900 + place))
        verdict = "known" if said else "deviation"
        ends = pd.date_range(START, periods=n, freq="6h", unit="ns")
        frame = pd.DataFrame({"incident": name, "asset": f"A-{name}", "end": ends})
        rows.append(frame.assign(verdict=verdict, failure_mode=said, logged=said * logged))
    return Archive(pd.concat(rows, ignore_index=True), np.concatenate(values), 12.0)


KNOWN = (
    ("i-1", "bearing_wear", "bearing_wear"),
    ("i-2", "blockage", "blockage"),
    ("i-3", "bearing_wear", "bearing_wear"),
)


def teach(
    release: Release, *judged: Lesson, held: Archive | None = None, orders: object = ()
) -> Evolved:
    kept = {CLASS: held} if held else {}
    return evolve(release, Lessons(judged, kept, tuple(orders)), settings().signatures)  # type: ignore[call-overload]


def named(release: Release, values: Floats) -> list[str]:
    """What is taught says of abnormal windows; empty for nothing."""
    said, held = release.taught[CLASS], release.models[CLASS]
    assert held.metric is not None
    names = [one.name for one in said.recognisers]
    return [names[n] if n >= 0 else "" for n in speak(said, held.metric, values).chosen.tolist()]


def share(release: Release, like: str, name: str, seed: int = 77) -> float:
    shift = NEW.get(like) or pumps.PICTURES[like]
    found = named(release, windows_of(shift, 60, seed))
    return float(np.mean([one == name for one in found]))


# --- add ------------------------------------------------------------------------------------------


def test_three_incidents_teach_a_fault_and_leave_the_known_ones_alone() -> None:
    made = teach(learnt(), *three(), held=archive(*KNOWN))
    assert [(c.what, c.name, len(c.incidents)) for c in made.changes] == [("added", "leak", 3)]
    assert made.moved == ()
    assert share(made.release, "leak", "leak") >= 0.9
    for other in ("bearing_wear", "blockage"):
        assert share(made.release, other, "leak") == 0
    assert share(made.release, "loose", "leak") <= 0.1  # an unknown one that is half like it
    assert made.release.models is learnt().models
    before = {s.failure_mode: s for s in learnt().signatures}
    after = {s.failure_mode: s for s in made.release.signatures}
    assert {m: s for m, s in after.items() if m != "leak"} == before


def test_the_signature_says_what_is_typical_and_how_little_is_known() -> None:
    signature = teach(learnt(), *three(), held=archive(*KNOWN)).release.signatures[-1]
    assert (signature.failure_mode, signature.status) == ("leak", "candidate")
    told = {s.descriptor: s.direction for s in signature.symptoms}
    assert told["temperature.deviance"] == told["vibration.deviance"] == "down"
    assert told["pressure.deviance"] == "up"
    done = signature.performance
    assert (done.basis, done.recall.n, done.assets, done.asset_months) == (
        "other incidents",
        3,
        3,
        12.0,
    )
    assert done.recall.hits == 3
    assert done.recall.low < 0.5  # three of three says little, and it says so
    assert signature.opinions == ("o-leak-0", "o-leak-1", "o-leak-2")
    assert len(signature.origin.episodes) == 3


def test_one_incident_teaches_and_says_that_it_was_one() -> None:
    made = teach(learnt(), three()[0], held=archive(*KNOWN)).release
    assert share(made, "leak", "leak") >= 0.5
    signature = made.signatures[-1]
    assert signature.title.endswith("taught from 1 occasion")
    assert (signature.performance.recall.n, signature.performance.recall.high) == (0, 1.0)


def steady(share: float, seed: int, n: int = 40) -> Floats:
    """Windows of bearing wear that stays as far as it has gone."""
    held, shift = model(), pumps.PICTURES["bearing_wear"]
    rng = np.random.default_rng(seed)
    values = held.healthy.centre + held.healthy.scale * rng.standard_normal((n, len(held.features)))
    for i, name in enumerate(held.features):
        sensor, _, what = name.partition(".")
        if sensor in SIZES and what in {"mean", "deviance"}:
            values[:, i] += share * shift[SIZES[sensor]] * (1.0 if what == "deviance" else 0.5)
    return values


@pytest.mark.parametrize("incidents", [1, 3])
def test_a_grade_of_a_known_fault_is_told_apart_by_its_severity(incidents: int) -> None:
    judged = [
        replace(
            lesson(f"worn-{n}", mode="worn_out", number=n, like="leak"), matrix=steady(4, n)[:10]
        )
        for n in range(incidents)
    ]
    made = teach(learnt(), *judged, held=archive(*KNOWN)).release
    (one,) = made.taught[CLASS].recognisers
    assert not one.grows
    assert len(one.reaches) == len(model().classes)
    own = named(made, steady(4, 50))
    assert np.mean([name == "worn_out" for name in own]) >= 0.8
    for share_of in (0.0, 1.0):
        claimed = [name == "worn_out" for name in named(made, steady(share_of, 51, 400))]
        assert np.mean(claimed) <= 0.02


def test_a_grade_that_its_neighbour_reaches_is_never_claimed() -> None:
    """Between healthy and a fault near by there is no room: silence, not a guess."""
    judged = [
        replace(lesson(f"mid-{n}", mode="mild", number=n, like="leak"), matrix=steady(1.02, n)[:10])
        for n in range(3)
    ]
    two = teach(learnt(), *judged[:2], held=archive(*KNOWN)).release
    (one,) = two.taught[CLASS].recognisers
    assert set(named(two, steady(1.0, 52, 200))) == {""}
    again = release_from_parts(release_to_parts(two)).taught[CLASS].recognisers[0]
    assert again.reaches == one.reaches
    # three occasions prove it: it is refused, and what was taught from two is gone
    for before in (learnt(), two):
        made = teach(before, *judged, held=archive(*KNOWN))
        assert made.release.taught[CLASS].recognisers == ()
        assert "mild" not in {s.failure_mode for s in made.release.signatures}
        notes = {c.what: c.note for c in made.changes}
        assert notes["recorded"] == (
            "not taught: of 3 occasions, each left out in turn, none would be recognised"
        )
        assert ("retired" in notes) == (before is two)


def test_beside_faults_that_were_each_learnt_from_one_machine_nothing_is_taught() -> None:
    held = learnt()
    unsure = {
        name: one if name == "healthy" else replace(one, distance=np.empty(0))
        for name, one in model().calibration.items()
    }
    alone = replace(held, models={CLASS: replace(model(), calibration=unsure)})
    made = teach(alone, *three(), held=archive(*KNOWN))
    assert made.release.taught[CLASS].recognisers == ()
    assert {c.note for c in made.changes} == {f"not taught: {LACK}"}
    assert made.moved == ()
    # one fault of which it is known is enough to say how far machines differ
    unsure["blockage"] = model().calibration["blockage"]
    some = replace(held, models={CLASS: replace(model(), calibration=unsure)})
    assert [c.what for c in teach(some, *three(), held=archive(*KNOWN)).changes] == ["added"]


def test_two_incidents_of_one_failure_are_one_occasion() -> None:
    first = three()[0]
    later = replace(first, incident="again", ends=first.ends + pd.Timedelta(days=3))
    signature = teach(learnt(), first, later).release.signatures[-1]
    assert signature.title.endswith("taught from 1 occasion")
    far = replace(later, ends=first.ends + pd.Timedelta(days=60))
    signature = teach(learnt(), first, far).release.signatures[-1]
    assert signature.title.endswith("taught from 2 occasions")


def test_a_diagnosis_of_the_archive_never_changes() -> None:
    """Windows that look like the new fault but are judged otherwise shrink its region."""
    twin = archive(*KNOWN, ("i-4", "leak", "blockage"))
    made = teach(learnt(), *three(), held=twin)
    assert made.moved == ()
    assert set(named(made.release, twin.matrix)) == {""}
    assert "lest other diagnoses change" in made.changes[0].note
    # one that nobody judged and the log does not confirm had no better name: that is stated
    unsure = archive(*KNOWN, ("i-4", "leak", "blockage"), logged=False)
    made = teach(learnt(), *three(), held=unsure)
    assert {(m.incident, m.before, m.after) for m in made.moved} == {("i-4", "blockage", "leak")}
    assert share(made.release, "leak", "leak") >= 0.9
    said = lesson("i-4", "known_fault", "blockage", like="leak")
    sure = replace(said, asset="A-i-4", ends=pd.date_range(START, periods=10, freq="6h", unit="ns"))
    assert teach(learnt(), *three(), sure, held=unsure).moved == ()
    # a deviation nobody judged may turn out to be it
    open_one = archive(*KNOWN, ("i-4", "leak", ""))
    moved = teach(learnt(), *three(), held=open_one).moved
    assert {(m.incident, m.before, m.after) for m in moved} == {("i-4", "", "leak")}


def test_what_the_log_refutes_is_not_taken_for_the_fault() -> None:
    def logged(held: Archive, *refuted: str) -> Archive:
        flags = held.rows["incident"].isin(refuted)
        return replace(held, rows=held.rows.assign(refuted=flags))

    open_one = archive(*KNOWN, ("i-4", "leak", ""), ("i-5", "leak", "blockage"), logged=False)
    free = teach(learnt(), *three(), held=logged(open_one))
    assert {m.incident for m in free.moved} == {"i-4", "i-5"}
    made = teach(learnt(), *three(), held=logged(open_one, "i-4", "i-5"))
    assert made.moved == ()
    assert set(named(made.release, open_one.matrix)) == {""}
    # a log that refutes a judged incident does not tell of this fault: it is not asked
    own = lesson("i-9", like="leak")
    mine = replace(own, asset="A-i-6", ends=pd.date_range(START, periods=10, freq="6h", unit="ns"))
    more = archive(*KNOWN, ("i-4", "leak", ""), ("i-6", "leak", ""))
    deaf = teach(learnt(), *three(), mine, held=logged(more, "i-4", "i-6"))
    assert ("i-4", "", "leak") in {(m.incident, m.before, m.after) for m in deaf.moved}


def test_abnormal_windows_of_no_incident_are_left_alone_where_the_log_refutes_them() -> None:
    stray = archive(*KNOWN, ("i-4", "leak", ""))
    alone = stray.rows["incident"] == "i-4"
    rows = stray.rows.assign(incident=stray.rows["incident"].mask(alone, ""), refuted=alone)
    made = teach(learnt(), *three(), held=replace(stray, rows=rows))
    assert made.moved == ()
    assert set(named(made.release, stray.matrix[alone])) == {""}


# --- properties -----------------------------------------------------------------------------------


def test_order_does_not_matter_and_equal_input_gives_equal_bytes() -> None:
    judged = [*three(), lesson("loose-0", mode="loose"), lesson("n", "normal_behaviour", "sludge")]
    held = archive(*KNOWN)
    parts = {
        tuple(release_to_parts(teach(learnt(), *some, held=held).release).items())
        for some in list(permutations(judged))[::17]
    }
    assert len(parts) == 1


def test_a_release_reads_back_as_it_was_and_counts_as_minor() -> None:
    made = teach(learnt(), *three(), lesson("s", "sensor_issue")).release
    old, parts = release_to_parts(learnt()), release_to_parts(made)
    assert release_to_parts(release_from_parts(parts)) == parts
    assert level_of(compare(old, parts)) == "minor"
    assert "classes/pump/taught.json" not in old
    said = json.loads(parts["classes/pump/taught.json"])
    worded = json.dumps({**said, "words": {}}).encode()
    assert level_of(compare(parts, {**parts, "classes/pump/taught.json": worded})) == "patch"


@pytest.mark.parametrize("seed", range(4))
def test_outside_its_region_every_decision_stays(seed: int) -> None:
    """Any windows, faults or not: what is not accepted is diagnosed byte for byte as before."""
    made = teach(learnt(), *three(), lesson("n", "normal_behaviour", "sludge")).release
    windows, residuals = pumps.fleet(seed + 20, 4, 120, ("bearing_wear", "blockage", "unseen"))
    args = (windows, residuals, "r")
    signed = learnt().signatures
    states, before = diagnose(model(), signed, *args)
    taught = made.taught[CLASS]
    states_now, now = diagnose(model(), made.signatures, *args, taught)
    changed = (before != now).any(axis=1) | (
        states["p_value"].fillna(-1) != states_now["p_value"].fillna(-1)
    )
    spoken = now["signature"].str.startswith(tuple(one.id for one in taught.recognisers))
    assert (changed == spoken).all()
    assert not spoken[before["verdict"].isin(["healthy", "not_evaluable"])].any()
    assert 0 < spoken.sum() < (before["verdict"] != "healthy").sum()


def test_a_window_is_judged_by_itself() -> None:
    made = teach(learnt(), *three()).release
    values = windows_of(NEW["leak"], 30, 5)
    one_by_one = [named(made, values[n : n + 1])[0] for n in range(30)]
    assert one_by_one == named(made, values)
    taught, metric = made.taught[CLASS], model().metric
    assert metric is not None
    whole = measure(taught.recognisers[0], taught, metric, offsets_of(metric, values))
    single = measure(taught.recognisers[0], taught, metric, offsets_of(metric, values[3:4]))
    assert [part[3] for part in whole] == [part[0] for part in single]


# --- adjust, merge, split, retire -----------------------------------------------------------------


def test_more_incidents_adjust_what_was_taught() -> None:
    first = teach(learnt(), *three()[:1]).release
    more = teach(first, *three()[1:]).release
    once = teach(learnt(), *three()).release
    assert more.taught[CLASS].recognisers[0].version == "1.1.0"
    np.testing.assert_array_equal(
        more.taught[CLASS].recognisers[0].centre, once.taught[CLASS].recognisers[0].centre
    )
    again = teach(more, *three())
    assert again.changes == ()
    assert release_to_parts(again.release) == release_to_parts(more)


def test_an_incident_judged_otherwise_moves_to_its_fault() -> None:
    first = teach(learnt(), *three()).release
    judged = replace(three()[2], failure_mode="loose")
    made = teach(first, judged)
    held = {
        one.name: [p.incident for p in one.pictures] for one in made.release.taught[CLASS].faults
    }
    assert held == {"leak": ["leak-0", "leak-1"], "loose": ["leak-2"]}
    every = [replace(one, failure_mode="loose") for one in three()]
    gone = teach(first, *every)
    assert [(c.what, c.name) for c in gone.changes] == [("added", "loose"), ("retired", "leak")]
    assert {s.failure_mode for s in gone.release.signatures} == {
        "bearing_wear",
        "blockage",
        "loose",
    }


def test_two_taught_faults_are_merged() -> None:
    first = teach(learnt(), *three(), *three("loose")).release
    order = Order("merge", CLASS, ("leak", "loose"), ("slack",))
    made = teach(first, orders=[order])
    assert ("merged", "slack") in [(c.what, c.name) for c in made.changes]
    held = made.release.taught[CLASS].faults
    assert [(one.name, len(one.pictures)) for one in held] == [("slack", 6)]
    assert share(made.release, "leak", "slack") >= 0.5
    again = teach(made.release, *three(), *three("loose"))
    assert again.changes == ()


def test_a_learnt_fault_is_merged_and_one_is_retired() -> None:
    windows, residuals = pumps.fleet(30)
    before = diagnose(model(), learnt().signatures, windows, residuals, "r")[1]
    order = Order("merge", CLASS, ("blockage",), ("bearing_wear",))
    made = teach(learnt(), orders=[order]).release
    now = diagnose(model(), made.signatures, windows, residuals, "r", made.taught[CLASS])[1]
    was = before["failure_mode"].replace({"blockage": "bearing_wear"})
    assert (now["failure_mode"] == was).all()
    assert (before["failure_mode"] == "blockage").sum() > 0
    status = {s.failure_mode: s.status for s in made.signatures}
    assert status == {"bearing_wear": "candidate", "blockage": "deprecated"}
    gone = teach(learnt(), orders=[Order("retire", CLASS, ("blockage",))]).release
    now = diagnose(model(), gone.signatures, windows, residuals, "r", gone.taught[CLASS])[1]
    assert (now.loc[before["failure_mode"] == "blockage", "verdict"] == "deviation").all()


def test_what_was_taught_is_under_the_same_suspicion() -> None:
    """A deviation stands on temperature; its taught name rests on a sensor in doubt."""
    made = teach(learnt(), *three("loose")).release
    windows, residuals = pumps.fleet(50, modes=("like loose",))
    rows = windows.index[windows["label"] == "like loose"]
    keys = pd.MultiIndex.from_frame(windows.loc[rows, ["asset", "end"]])
    there = pd.MultiIndex.from_frame(residuals[["asset", "end"]]).isin(keys)
    for sensor, size in (("vibration", -8.0), ("temperature", 2.5)):
        windows.loc[rows, f"{sensor}.mean"] += size / 2
        residuals.loc[there & (residuals["sensor"] == sensor), "deviance"] += size
    taught = made.taught[CLASS]

    def judged(suspected: str) -> pd.DataFrame:
        told = windows.assign(suspected=suspected)
        found = diagnose(model(), made.signatures, told, residuals, "r", taught)[1]
        return found.loc[rows]

    assert (judged("")["failure_mode"] == "loose").mean() > 0.9
    assert (judged("pressure:drift")["failure_mode"] == "loose").mean() > 0.9
    doubted = judged("vibration:drift")
    assert (doubted["failure_mode"] == "loose").mean() < 0.2
    assert (doubted["verdict"] == "deviation").mean() > 0.5  # as the model says without it


def test_a_learnt_fault_is_split() -> None:
    """Half of what is called blockage looks like sludge: both get a name, all else stays."""
    order = Order("split", CLASS, ("blockage",), ("sludge",))
    judged = [lesson(f"s-{n}", "new_fault", "sludge") for n in range(3)]
    held = archive(*KNOWN, ("i-9", "sludge", "blockage"))
    made = teach(learnt(), *judged, held=held, orders=[order])
    assert share(made.release, "sludge", "sludge") >= 0.8
    assert share(made.release, "blockage", "sludge") == 0
    assert {(m.incident, m.before, m.after) for m in made.moved} == {("i-9", "blockage", "sludge")}
    # without the order, the archive's diagnosis is protected
    kept = teach(learnt(), *judged, held=held)
    assert kept.moved == ()


def test_a_taught_fault_is_retired() -> None:
    first = teach(learnt(), *three()).release
    made = teach(first, orders=[Order("retire", CLASS, ("leak",))]).release
    assert made.signatures == learnt().signatures
    assert made.taught[CLASS].recognisers == ()
    # its opinions still stand, and do not bring it back
    assert teach(made, *three()).release.taught[CLASS].recognisers == ()
    with pytest.raises(ReleaseError, match=r"unknown failure mode 'lek'.*mean 'leak'"):
        teach(first, orders=[Order("retire", CLASS, ("lek",))])


def test_what_was_retired_or_merged_is_named_again() -> None:
    first = teach(learnt(), *three(), *three("loose")).release
    back = Order("restore", CLASS, ("leak",))
    for order in (
        Order("retire", CLASS, ("leak",)),
        Order("merge", CLASS, ("leak",), ("loose",)),
    ):
        gone = teach(first, *three(), *three("loose"), orders=[order]).release
        assert "leak" not in [one.name for one in gone.taught[CLASS].faults]
        made = teach(gone, *three(), *three("loose"), orders=[back])
        assert ("restored", "leak") in [(c.what, c.name) for c in made.changes]
        assert dict(made.release.taught[CLASS].renamed) == {}
        held = {one.name: one for one in made.release.taught[CLASS].faults}
        before = {one.name: one for one in first.taught[CLASS].faults}
        for name, one in held.items():
            same = replace(one, version=before[name].version)
            assert same.to_dict() == before[name].to_dict(), "as if nothing had been ordered"
    with pytest.raises(ReleaseError, match="unknown merged or retired failure mode 'leak'"):
        teach(first, orders=[back])


def test_a_learnt_fault_that_was_merged_is_used_again() -> None:
    order = Order("merge", CLASS, ("blockage",), ("bearing_wear",))
    merged = teach(learnt(), orders=[order]).release
    told = {s.failure_mode: (s.status, s.replaced_by) for s in merged.signatures}
    assert told["blockage"] == ("deprecated", "bearing_wear")
    back = teach(merged, orders=[Order("restore", CLASS, ("blockage",))]).release
    assert back.signatures == learnt().signatures
    assert release_to_parts(back) == release_to_parts(learnt())


# --- normal behaviour, and what teaches nothing ---------------------------------------------------


def test_normal_behaviour_stops_being_an_alarm() -> None:
    windows, residuals = pumps.fleet(40, modes=("unseen",))
    states, before = diagnose(model(), learnt().signatures, windows, residuals, "r")
    judged = lesson("n", "normal_behaviour", like="leak")
    made = teach(learnt(), judged).release
    taught = made.taught[CLASS]
    now, told = diagnose(model(), made.signatures, windows, residuals, "r", taught)
    normal = told["signature"].str.startswith(taught.recognisers[0].id)
    assert normal.sum() >= 20
    assert (told.loc[normal, "verdict"] == "healthy").all()
    assert (states.loc[normal, "p_value"] < states.loc[normal, "limit"]).all()
    assert (now.loc[normal, "p_value"] >= now.loc[normal, "limit"]).all()
    pd.testing.assert_frame_equal(told[~normal], before[~normal])
    assert len(made.signatures) == len(learnt().signatures)


def test_normal_behaviour_never_swallows_a_fault() -> None:
    """An expert calls a worn bearing normal: windows nearer to the fault still alarm."""
    judged = lesson("n", "normal_behaviour", like="bearing_wear")
    made = teach(learnt(), judged, held=archive(*KNOWN))
    assert made.release.taught[CLASS].recognisers == ()
    assert made.moved == ()
    assert made.changes[0].note == "not taught: it looks like bearing_wear"
    # nor one that was taught
    both = teach(learnt(), *three(), lesson("n", "normal_behaviour", like="leak")).release
    assert [one.name for one in both.taught[CLASS].recognisers] == ["leak"]
    assert share(both, "leak", "leak") >= 0.9
    # what lies between is still no licence: known windows near it are left alone
    mixed = lesson("m", "normal_behaviour", like="sludge")
    near = archive(*KNOWN, ("i-7", "sludge", "blockage"))
    made = teach(learnt(), mixed, held=near)
    assert made.moved == ()
    assert set(named(made.release, near.matrix)) == {""}


def test_normal_behaviour_reaches_no_further_than_what_was_judged() -> None:
    made = teach(learnt(), lesson("n", "normal_behaviour", like="leak")).release
    values = windows_of(NEW["leak"], 40, 3)
    held = model()
    far = held.healthy.centre + 6 * (values - held.healthy.centre)
    assert set(named(made, far)) == {""}


def test_what_teaches_nothing_is_recorded() -> None:
    judged = [lesson(v, v) for v in ("sensor_issue", "duplicate", "cause_unknown")]
    made = teach(learnt(), *judged, lesson("k", "known_fault", "blockage"))
    said = made.release.taught[CLASS]
    assert said.recognisers == ()
    assert said.recorded == {
        "sensor_issue": "sensor_issue",
        "duplicate": "duplicate",
        "cause_unknown": "cause_unknown",
        "k": "known_fault blockage",
    }
    assert sorted(c.what for c in made.changes) == ["confirmed", *["recorded"] * 3]
    assert made.release.signatures == learnt().signatures


def test_a_model_without_the_shared_space_cannot_be_taught() -> None:
    bare = replace(learnt(), models={CLASS: replace(model(), metric=None)})
    with pytest.raises(ReleaseError, match="no shared space; expected one learnt with this"):
        teach(bare, *three())


# --- handing over to the learnt model -------------------------------------------------------------


def later(mode: str) -> list[Lesson]:
    """Incidents of a fault that the model knows, judged as new before it was learnt."""
    return [lesson(f"{mode}-{n}", mode=mode, number=n) for n in range(3)]


def told(judged: list[Lesson], right: int) -> Archive:
    """What the learnt model says of judged incidents: the first ones rightly."""
    frames = [
        pd.DataFrame({"incident": one.incident, "asset": one.asset, "end": one.ends}).assign(
            verdict="known",
            failure_mode=one.failure_mode if n < right else "bearing_wear",
            logged="",
        )
        for n, one in enumerate(judged)
    ]
    return Archive(pd.concat(frames, ignore_index=True), np.concatenate([j.matrix for j in judged]))


@pytest.mark.parametrize(("right", "stays"), [(3, False), (1, True)])
def test_the_learnt_model_takes_over_where_it_is_as_good(right: int, stays: bool) -> None:
    release = replace(learnt(), learnt=Learnt("2025-03-01T00:00:00+00:00", ("P00",)))
    judged = later("blockage")
    made = teach(release, *judged, held=told(judged, right))
    signature = next(s for s in made.release.signatures if s.failure_mode == "blockage")
    of = f"of 3 judged occasions not learnt from, the learnt model names {right}"
    assert of in signature.origin.handover
    assert made.changes[0] == Change("contest", CLASS, "blockage", (), signature.origin.handover)
    assert len(signature.origin.episodes) > 3  # it is still the learnt signature
    names = [one.name for one in made.release.taught[CLASS].recognisers]
    assert names == (["blockage"] if stays else [])
    again = teach(made.release, *judged, held=told(judged, right))
    assert release_to_parts(again.release) == release_to_parts(made.release)


def test_occasions_that_were_learnt_from_decide_nothing() -> None:
    release = replace(learnt(), learnt=Learnt("2026-03-01T00:00:00+00:00", ()))
    judged = later("blockage")
    assets = tuple(one.asset for one in judged)
    knows = replace(release, learnt=Learnt("2026-03-01T00:00:00+00:00", assets))
    made = teach(knows, *judged, held=told(judged, 0)).release
    assert made.taught[CLASS].recognisers == ()
    signature = next(s for s in made.signatures if s.failure_mode == "blockage")
    assert "it learnt from every judged occasion" in signature.origin.handover
