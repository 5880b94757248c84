"""What people decided of a signature goes with it, and every way to be current asks the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from faultprint.faults.lifecycle import carried
from faultprint.faults.release import signature_text
from faultprint.records import JudgedIncident, Opinion, Signature
from faultprint.serve.explaining import explanation_text
from faultprint.serve.score import Scorer
from faultprint.stages.acceptance import Publication, offer
from faultprint.stages.explain import _in_units
from faultprint.stages.releases import export_current
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.opinions import OpinionBook
from faultprint.store.signature_db import SignatureDatabase
from faultprint.tables import empty
from tests.job.plant import faultprint, refused
from tests.serve import plant
from tests.store.sites import PART, TODAY, Site, assets, seal

MODEL = "classes/pump/model.json"


def candidate(folder: Path, *signatures: Signature, blind: bool = False) -> Path:
    """Write a candidate: today's release with other signatures, or one that sees nothing."""
    _, parts = read_bundle(TODAY)
    for one in signatures or (seal(accept_distance=9.9),):
        parts[f"signatures/pump/{one.failure_mode}.yaml"] = signature_text(one)
    if blind:
        parts[MODEL] = json.dumps({**json.loads(parts[MODEL]), "limit": 0.0}).encode()
    write_bundle(parts, folder, {"version": "0.0.0"})
    return folder


def held(site: Site) -> Signature:
    return Scorer.load(site.release).release.signatures[0]


@pytest.fixture
def stable(site: Site) -> Site:
    """A site whose signature bob declared stable in 1.0.2."""
    database, parts = SignatureDatabase(site.url), read_bundle(TODAY)[1]
    for status in ("test", "stable"):
        one = seal(status=status)
        database.publish({**parts, PART: signature_text(one)}, [one], {}, "bob")
    export_current(database, site.release)
    return site


# --- carried over --------------------------------------------------------------------------------


def test_what_is_learnt_anew_keeps_the_status_it_earned(stable: Site, tmp_path: Path) -> None:
    learnt = candidate(tmp_path / "c")
    said = stable.publish("cy", of=learnt)
    assert "pump/bearing_wear detects anew and stays stable: its test cases pass" in said.out
    assert held(stable) == seal(accept_distance=9.9, status="stable")
    (sentence,) = stable.current()["life"]
    assert sentence in said.out
    header = SignatureDatabase(stable.url).current().header
    assert header["candidate"] == read_bundle(learnt)[0].content_hash
    again = stable.publish("cy", of=learnt)
    assert again.code == 0
    assert stable.current()["version"] == "1.1.0", "published again, nothing changes"


def test_what_fails_its_test_cases_is_in_test_again(stable: Site, tmp_path: Path) -> None:
    blind = candidate(tmp_path / "c", seal(accept_distance=9.9), blind=True)
    said = stable.publish("cy", of=blind)
    assert "pump/bearing_wear is in test again: fault: no window names bearing_wear" in said.out
    assert held(stable).status == "test"
    assert stable.publish("cy", of=candidate(tmp_path / "d")).code == 0
    assert held(stable).status == "test", "nobody declared it stable since"


def test_who_taught_it_anew_does_not_keep_it_stable(stable: Site, tmp_path: Path) -> None:
    day = plant.START.to_pydatetime()
    incident = JudgedIncident("i", "P-1", "pump", day, day, None, "deviation", "", "1.0.0+a")
    opinion = Opinion("i", "known_fault", "bearing_wear", 1.0, "", "", "eve", day)
    OpinionBook(stable.url).add([opinion], [incident])
    taught = candidate(tmp_path / "c", seal(accept_distance=9.9, opinions=(opinion.id,)))
    _, parts = read_bundle(taught)
    tests = stable.root / "fixtures"
    for who, asked, status in (
        ("eve", True, "test"),
        ("eve", False, "stable"),
        ("bob", True, "stable"),
    ):
        how = Publication(who, second_person=asked, fixtures=tests)
        offered = offer(stable.url, parts, how)
        assert (offered.signatures[0].status, offered.against) == (status, ()), who


def test_a_deprecated_signature_matches_and_says_what_replaces_it(
    site: Site, tmp_path: Path
) -> None:
    leak = replace(seal(), id="b" * 8, failure_mode="seal_leak", title="Seal leak (pump)")
    assert site.publish("bob", of=candidate(tmp_path / "c", seal(), leak)).code == 0
    rows = plant.readings("P-1", 1)
    before = Scorer.load(site.release).score(rows, empty("events"), assets("P-1")).diagnoses
    refused(site.publish("bob", "--status", "bearing_wear=deprecated:seal"), "mean 'seal_leak'")
    refused(site.publish("bob", "--status", "bearing_wear=test:seal_leak"), "write bearing_wear=")
    assert site.publish("bob", "--status", "bearing_wear=deprecated:seal_leak").code == 0
    assert site.current()["version"] == "1.1.1", "its words changed"
    at = ("--release", str(site.release))
    listed = faultprint(site.patch, site.capture, "signatures", "list", *at).out
    assert "pump/bearing_wear  1.0.0  deprecated, replaced by seal_leak" in listed
    scored = Scorer.load(site.release).score(rows, empty("events"), assets("P-1"))
    columns = ["end", "verdict", "failure_mode", "p_values"]
    assert scored.diagnoses[columns].equals(before[columns]), "it decides what it decided"
    named = scored.incidents[scored.incidents["failure_mode"] == "bearing_wear"]
    assert len(named)
    told = [json.loads(text)["bearing_wear"]["deprecated"] for text in named["evidence"]]
    assert all(why == ["replaced by seal_leak"] for why in told)
    # learnt anew it stays deprecated, until somebody takes it up again
    new = candidate(tmp_path / "d", seal(accept_distance=9.9), leak)
    assert site.publish("cy", of=new).code == 0
    assert (held(site).status, held(site).replaced_by) == ("deprecated", "seal_leak")
    assert site.publish("cy", "--status", "bearing_wear=candidate").code == 0
    assert (held(site).status, held(site).replaced_by) == ("candidate", "")


def test_what_is_said_of_a_signature_is_left_as_it_is_when_evidence_is_put_in_units() -> None:
    release = Scorer.load(TODAY).release
    item = {"descriptor": "vibration.deviance", "unit": "1", "observed": 2.0, "healthy": 0.0}
    sides = {"for": [item], "against": [], "deprecated": ["replaced by seal_leak"]}
    rules = [{"rule": "hot", "holds": True, "parts": []}]
    told = {"bearing_wear": {**sides, "rules": rules}}
    now = _in_units(told, {"equipment_class": "pump"}, release)["bearing_wear"]
    assert (now["deprecated"], now["rules"]) == (sides["deprecated"], rules)
    assert now["for"][0]["unit"] == "mm/s"
    said = dict.fromkeys(("incident", "p_healthy", "again", "second", "reason"))
    text = explanation_text(
        {
            **said,
            "asset": "P-1",
            "end": "2025-01-01T00:00:00",
            "verdict": "known",
            "failure_mode": "bearing_wear",
            "release": "1.0.0",
            "p_values": {},
            "significance": None,
            "evidence": {"bearing_wear": now},
            "similar": [],
            "opinions": [],
            "settled": "",
        }
    )
    assert "Its signature is deprecated: replaced by seal_leak" in text


def test_what_experts_said_goes_with_what_is_learnt_anew() -> None:
    said = seal(opinions=("o-1",), severity=4, recommended_action="Change the bearing.")
    new = seal(accept_distance=9.9)
    now = carried(said, new, advised=True)
    assert (now.opinions, now.severity) == (("o-1",), 4)
    assert (now.recommended_action, now.accept_distance) == ("Change the bearing.", 9.9)
    assert carried(said, new).recommended_action == new.recommended_action
    judged = replace(new, opinions=("o-2",), severity=2)
    assert carried(said, judged, advised=True) == judged
    assert carried(seal(status="stable"), replace(new, status="test")).status == "test"


# --- every way -----------------------------------------------------------------------------------


def adopt(site: Site, folder: Path) -> Callable[[], object]:
    return lambda: site.run(
        "adopt", "--author", "eve", "--reason", "tried", "--candidate", str(folder)
    )


def test_adopting_asks_what_publishing_asks(site: Site, tmp_path: Path) -> None:
    claims = candidate(tmp_path / "c", seal(accept_distance=9.9, status="stable"))
    refused(
        adopt(site, claims)(), "detects anew, so it cannot be stable yet", "nothing was changed"
    )
    assert site.current()["version"] == "1.0.0"
    assert adopt(site, candidate(tmp_path / "d"))().code == 0
    row = SignatureDatabase(site.url).current()
    assert (row.version, row.author, row.header["adopted"]) == ("1.1.0", "eve", "tried")


def test_adopting_does_not_pass_over_test_cases_or_the_second_person(
    site: Site, tmp_path: Path
) -> None:
    assert site.publish("bob", "--status", "bearing_wear=test").code == 0
    proven = candidate(tmp_path / "c", seal(status="stable"))
    policy = {"database": {"policy": {"second_person": True}}}
    site.params.write_text(yaml.safe_dump({**plant.PARAMS, **policy}), "utf-8")
    (site.root / "fixtures").rename(site.root / "aside")
    said = adopt(site, proven)()
    refused(said, "fixture no fixtures were recorded for it")
    (site.root / "aside").rename(site.root / "fixtures")
    assert adopt(site, proven)().code == 0, "eve did not make it"


def test_pointing_asks_of_what_was_never_current_here(stable: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other", stable.patch, stable.capture)
    for version in ("1.0.0", "1.0.2"):
        out = tmp_path / version
        stable.run("export", version, str(out), export=False)
        assert other.run("import", str(out), "--author", "eve", export=False).code == 0
    because = ("--author", "eve", "--reason", "tried")
    said = other.run("point", "1.0.2", *because)
    refused(said, "pump/bearing_wear: detects anew, so it cannot be stable yet")
    assert other.run("point", "1.0.0", *because).code == 0
    assert other.current()["version"] == "1.0.0"


def test_going_back_asks_nothing(stable: Site) -> None:
    """Neither settings nor test cases are needed to go back to what was accepted before."""
    assert stable.publish("cy", "--status", "bearing_wear=deprecated").code == 0
    stable.params.unlink()
    (stable.root / "fixtures").rename(stable.root / "aside")
    assert stable.run("point", "1.0.0", "--author", "cy", "--reason", "calmer").code == 0
    assert held(stable).status == "candidate", "from deprecated, without a step between"
    assert stable.run("rollback", "--author", "cy").code == 0
    assert stable.current()["version"] == "1.0.3"
    assert stable.run("point", "1.0.2", "--author", "cy", "--reason", "proven").code == 0
    assert held(stable).status == "stable"


def test_a_current_release_of_another_version_hands_nothing_on(site: Site, tmp_path: Path) -> None:
    database = SignatureDatabase(site.url)
    _, parts = read_bundle(TODAY)
    strange = seal(status="test")
    database.publish({**parts, PART: b"colour: red"}, [Strange(strange)], {}, "old")
    assert adopt(site, candidate(tmp_path / "c"))().code == 0
    assert held(site).status == "candidate"


class Strange(Signature):
    """A signature with a field that this version does not know."""

    def __init__(self, one: Signature) -> None:
        self.__dict__.update(vars(one))

    def to_dict(self) -> dict[str, object]:
        return {**super().to_dict(), "colour": "red"}
