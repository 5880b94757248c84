"""Releases from the command line: policy, life of a signature, other sites, old layouts."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from faultprint.config import Equipment, Sensor
from faultprint.errors import ReleaseError
from faultprint.faults.fixtures import KINDS, Answer, judge_case
from faultprint.faults.lifecycle import authors_of, refusals
from faultprint.faults.provisional import Cover, provisional
from faultprint.faults.release import release_from_parts
from faultprint.records import Opinion
from faultprint.serve.score import Scorer
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.changelog import changelog
from faultprint.store.parquet import write_readings, write_tables
from faultprint.store.signature_db import SignatureDatabase
from faultprint.store.table_units import write_units
from faultprint.store.versions import compare
from faultprint.tables import empty
from tests.job.plant import faultprint, refused
from tests.serve import plant
from tests.store.sites import PART, TODAY, Site, assets, seal

# --- life of a signature -------------------------------------------------------------------------


def test_a_signature_goes_through_its_life_one_step_at_a_time(site: Site) -> None:
    refused(
        site.publish("bob", "--status", "bearing_wear=stable"),
        "pump/bearing_wear: from candidate to stable is no step of its life",
        "nothing was changed",
    )
    assert site.current()["version"] == "1.0.0"
    for status in ("test", "stable", "deprecated"):
        assert site.publish("bob", "--status", f"pump/bearing_wear={status}").code == 0
    now = site.current()
    assert now["version"] == "1.0.3"
    assert now["changelog"] == [
        "Signature bearing_wear of pump changed in words only: status from 'stable' to "
        "'deprecated'."
    ]
    (held,) = Scorer.load(site.release).release.signatures
    assert held == seal(status="deprecated")
    assert read_bundle(site.release)[1].keys() == read_bundle(TODAY)[1].keys()


def test_the_second_person_of_the_policy(site: Site) -> None:
    policy = {"database": {"policy": {"second_person": True}}}
    site.params.write_text(yaml.safe_dump({**plant.PARAMS, **policy}), "utf-8")
    assert site.publish("bob", "--status", "bearing_wear=test").code == 0
    refused(
        site.publish("ada", "--status", "bearing_wear=stable"),
        "'ada' made it, so somebody else must declare it stable",
    )
    assert site.publish("bob", "--status", "bearing_wear=stable").code == 0
    assert site.publish("ada", "--status", "bearing_wear=stable").code == 0, "it is stable already"


def test_what_detects_anew_begins_anew() -> None:
    stable = seal(status="stable")
    assert refusals(stable, stable, "ada", frozenset(), second_person=True) == ()
    moved = replace(stable, accept_distance=9.9)
    tried = replace(stable, status="test")
    (told,) = refusals(tried, moved, "bob", frozenset({"ada"}), second_person=False)
    assert "detects anew, so it cannot be stable yet" in told
    assert (
        refusals(stable, replace(moved, status="candidate"), "b", frozenset(), second_person=True)
        == ()
    )
    made = frozenset({"ada"})
    assert refusals(stable, moved, "bob", made, second_person=True) == (), "it stays what it was"
    assert refusals(stable, moved, "ada", made, second_person=False) == ()
    (told,) = refusals(stable, moved, "ada", made, second_person=True)
    assert "'ada' taught it anew, so somebody else must keep it stable" in told
    assert refusals(None, stable, "bob", frozenset(), second_person=False) != ()


def test_authors_are_who_first_published_it_and_who_taught_it() -> None:
    opinion = Opinion(
        "i", "known_fault", "bearing_wear", 1.0, "", "", "eve", pd.Timestamp("2026-01-01", tz="UTC")
    )
    now = seal(opinions=(opinion.id, "unknown"), status="test")
    history = [("old", seal(accept_distance=9.0)), ("ada", seal()), ("bob", seal(severity=5))]
    assert authors_of(now, history, {opinion.id: opinion}) == {"ada", "eve"}
    assert authors_of(seal(accept_distance=7.0), history, {}) == frozenset()


def test_wrong_statuses_are_named(site: Site) -> None:
    refused(site.publish("bob", "--status", "bearing_wear=stabel"), "did you mean 'stable'")
    refused(site.publish("bob", "--status", "bearing=test"), "did you mean 'pump/bearing_wear'")
    refused(site.publish("bob", "--status", "test"), "write seal_leak=test")
    late = site.publish("bob", "--status", "bearing_wear=test", "--expected", "0.9.0")
    refused(late, "release 1.0.0, made current by 'ada'")
    assert site.current()["version"] == "1.0.0"


def fixture_run(site: Site, release: Path) -> dict[str, dict[str, str]]:
    args = ("--fixtures", str(site.root / "fixtures"), "--release", str(release), "--json")
    said = faultprint(site.patch, site.capture, "releases", "fixtures", *args)
    return json.loads(said.out)


def test_a_stable_signature_passes_its_fixtures(site: Site) -> None:
    told = fixture_run(site, site.release)["pump/bearing_wear"]
    assert tuple(told) == KINDS
    assert {kind for kind, why in told.items() if why} == {"equipment_off"}
    assert told["equipment_off"] == "does not apply: the class always runs"
    assert site.publish("bob", "--status", "bearing_wear=test").code == 0
    kept = site.root / "fixtures/pump/bearing_wear"
    (kept / "normal").rename(site.root / "aside")
    refused(
        site.publish("bob", "--status", "bearing_wear=stable"),
        "pump/bearing_wear: fixture no fixtures were recorded for it",
    )
    shutil.copytree(kept / "fault", kept / "normal")  # what is called normal is the fault
    refused(
        site.publish("bob", "--status", "bearing_wear=stable"),
        "pump/bearing_wear: fixture normal: 1 incidents",
    )
    assert site.current()["version"] == "1.0.1"


def test_fixtures_find_what_went_wrong(site: Site) -> None:
    """Each kind can fail."""
    scorer = Scorer.load(TODAY)
    (one,) = scorer.release.signatures
    equipment = scorer.release.scoring.equipment["pump"]
    rows = plant.readings("P-1", 1)
    scored = scorer.score(rows, empty("events"), assets("P-1"))
    ill = Answer(scored.diagnoses, scored.incidents, scored.windows["pump"])
    calm = Answer(scored.diagnoses.iloc[:20], empty("incidents"), scored.windows["pump"])
    for kind in KINDS:
        named = kind in {"fault", "boundary", "irregular_sampling"}
        other = calm if named else ill
        assert judge_case(kind, one, equipment, other, calm), kind
        assert bool(judge_case(kind, one, equipment, replace(ill, refusal="x"), ill)) == (
            kind != "duplicate_time"
        )


# --- changelog -----------------------------------------------------------------------------------


def test_the_changelog_is_made_of_sentences(site: Site) -> None:
    assert site.current()["changelog"] == ["First release: 1 signature: bearing_wear of pump."]
    _, old = read_bundle(TODAY)
    new = {
        **{path: part for path, part in old.items() if path != PART},
        "signatures/pump/seal%2Fleak.yaml": b"status: candidate",
        "classes/pump/booster.txt": b"tree",
        "classes/fan/booster.txt": b"tree",
        "scoring.json": old["scoring.json"].replace(b'"length": "12h"', b'"length": "24h"'),
        "rules.json": b"{}",
    }
    assert changelog(compare(old, new), old, new) == [
        "Signature bearing_wear of pump is retired.",
        "Signature seal/leak of pump is new (candidate).",
        "Equipment class fan is new.",
        "Of pump changed, and may detect otherwise: classifier.",
        "Part rules.json was added.",
        "Settings of scoring changed (windows), what it reads: review every signature.",
    ]
    better = {**old, PART: old[PART].replace(b"accept_distance: ", b"accept_distance: 1")}
    (said,) = changelog(compare(old, better), old, better)
    assert said.startswith("Signature bearing_wear of pump changed and may detect otherwise: ")
    gone = {path: part for path, part in old.items() if not path.startswith("classes/")}
    assert "Equipment class pump is no longer judged." in changelog(compare(old, gone), old, gone)


# --- other sites ---------------------------------------------------------------------------------


def tables(folder: Path, load: float, unit: str = "kW") -> Path:
    """Write the readings of one pump of a site."""
    rows = plant.readings("X-1", 3).iloc[:400]
    rows = rows.assign(load=rows["load"] + load)
    write_readings(folder, plant.CLASS, rows.reset_index(drop=True))
    assets = pd.DataFrame({"asset": ["X-1"], "equipment_class": [plant.CLASS], "attributes": "{}"})
    write_tables(folder, {"assets": assets.astype("str"), "events": empty("events")})
    sensors = plant.settings().equipment[plant.CLASS].sensors
    changed = {**sensors, "load": sensors["load"].model_copy(update={"unit": unit})}
    write_units(folder, {plant.CLASS: Equipment(sensors=changed)})
    return folder


@pytest.mark.parametrize(
    ("load", "unit", "why"),
    [
        (0.0, "kW", None),
        (0.0, "kilowatt", None),
        (25.0, "kW", "load is from"),
        (0.0, "W", "load is in 'W' here and was learnt in 'kW'"),
    ],
)
def test_what_lies_outside_the_boundary_is_provisional(
    site: Site, tmp_path: Path, load: float, unit: str, why: str | None
) -> None:
    here = tables(tmp_path / "tables", load, unit)
    other = Site(tmp_path / "other", site.patch, site.capture)
    taken = ("--author", "eve", "--site", "north", "--tables", str(here))
    assert other.run("import", str(site.release), *taken, export=False).code == 0
    refused(other.run("current", export=False), "without a current release")
    assert other.run("point", "1.0.0", "--author", "eve", "--reason", "tried").code == 0
    marks = other.current()["provisional"]
    assert (TODAY / PART).read_bytes() == (other.release / PART).read_bytes(), "as it was"
    scorer = Scorer.load(other.release)
    rows = plant.readings("P-1", 1)
    scored = scorer.score(rows, empty("events"), assets("P-1"))
    named = scored.diagnoses[scored.diagnoses["failure_mode"] == "bearing_wear"]
    assert len(named)
    said = [json.loads(text)["bearing_wear"].get("provisional") for text in named["evidence"]]
    if why is None:
        assert (marks, {str(one) for one in said}) == ({}, {"None"})
        return
    (reasons,) = marks.values()
    assert any(why in reason for reason in reasons)
    assert all(one == reasons for one in said)
    told = json.loads(scored.incidents["evidence"].iloc[0])["bearing_wear"]["provisional"]
    assert told == reasons
    assert why in other.run("current", export=False).out


def test_reasons_for_being_provisional() -> None:
    one = seal(required_sensors=("vibration",), conditions={"load": (40.0, 60.0)})
    sensors = {name: Sensor(unit="u") for name in ("vibration", "load")}
    equipment = {"pump": Equipment(sensors=sensors)}
    units = {"vibration": "u", "load": "u"}
    values = tuple(np.linspace(38.0, 62.0, 11))
    inside = Cover(units, {"vibration": (1.0,), "load": values})

    def why(cover: Cover) -> tuple[str, ...]:
        return next(iter(provisional([one], equipment, {"pump": cover}, {}).values()), ())

    assert why(inside) == ()
    assert why(Cover(units, {"load": values})) == ("vibration is not measured here",)
    assert why(Cover({"load": "u"}, inside.seen)) == ("vibration is not measured here",)
    assert why(Cover(units, {"vibration": (1.0,)})) == ("load is not measured here",)
    far = Cover(units, {"vibration": (1.0,), "load": tuple(np.linspace(62.1, 80, 5))})
    assert why(far) == (
        "load is from 62.1 to 80 u here, 0% of the time within 40 to 60, where it was learnt",
    )
    half = Cover(units, {"vibration": (1.0,), "load": (50.0, 90.0)})
    assert why(half) == ()
    assert provisional([one], equipment, {}, {}) == {
        f"{one.id}@{one.version}": ("no readings of any pump here",)
    }


def test_what_is_taken_in_goes_out_as_it_came(site: Site, tmp_path: Path) -> None:
    site.publish("bob", "--status", "bearing_wear=test")
    other = Site(tmp_path / "other", site.patch, site.capture)
    files = {}
    for name in ("1.0.1", "1.0.0"):
        out = tmp_path / name
        site.run("export", name, str(out), export=False)
        assert other.run("import", str(out), "--author", "eve", export=False).code == 0
        assert other.run("export", name, str(tmp_path / "again"), export=False).code == 0
        files[name] = {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file()}
        again = {p.name: p.read_bytes() for p in (tmp_path / "again").rglob("*") if p.is_file()}
        assert again == files[name]
    assert SignatureDatabase(other.url).audit() == (), "nothing became current"
    # a release of other content under a version that is taken gets the next one
    _, parts = read_bundle(TODAY)
    write_bundle({**parts, "learnt.json": b'{"until": "", "assets": []}\n'}, tmp_path / "x", {
        "version": "1.0.1", "parent": "0.9.0", "provenance": {"run": "r"},
    })  # fmt: skip
    said = other.run("import", str(tmp_path / "x"), "--author", "eve", "--json", export=False)
    assert json.loads(said.out)["version"] == "2.0.0"
    other.run("export", "2.0.0", str(tmp_path / "y"), "--as-taken-in", export=False)
    assert (tmp_path / "x/manifest.json").read_bytes() == (
        tmp_path / "y/manifest.json"
    ).read_bytes()
    (tmp_path / "x" / PART).write_bytes(b"title: x")
    refused(other.run("import", str(tmp_path / "x"), "--author", "eve", export=False), PART)


# --- old layouts ---------------------------------------------------------------------------------


def test_a_release_of_protocol_1_is_read_and_scores() -> None:
    scorer = Scorer.load(TODAY)
    assert scorer.label.startswith("1.0.0+")
    rows = plant.readings("P-1", 1)
    scored = scorer.score(rows, empty("events"), assets("P-1"))
    assert set(scored.incidents["failure_mode"]) >= {"bearing_wear"}


def without(path: str, *keys: str, **more: object) -> dict[str, bytes]:
    _, parts = read_bundle(TODAY)
    said = {k: v for k, v in yaml.safe_load(parts[path]).items() if k not in keys}
    return {**parts, path: yaml.safe_dump({**said, **more}).encode()}


def test_fields_that_came_later_have_their_defaults() -> None:
    (held,) = release_from_parts(without(PART, "opinions")).signatures
    assert held == seal(opinions=())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (without(PART, "prototypes"), "bearing_wear.yaml: a signature without 'prototypes'"),
        (
            without(PART, colour="red"),
            "a signature with the unknown fields 'colour'",
        ),
        ({k: v for k, v in without(PART).items() if k != "scoring.json"}, "without 'scoring.json'"),
    ],
)
def test_layouts_that_cannot_be_read_say_who_wrote_them(
    tmp_path: Path, parts: dict[str, bytes], message: str
) -> None:
    write_bundle(parts, tmp_path / "r", {"version": "3.0.0"})
    with pytest.raises(ReleaseError, match=message) as caught:
        Scorer.load(tmp_path / "r")
    assert "release 3.0.0+" in str(caught.value)
    assert "written in protocol 1" in str(caught.value)
    assert "with the version of Faultprint that wrote it" in str(caught.value)


def test_serving_a_mistyped_folder_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "relase"
    said = faultprint(monkeypatch, capfd, "serve", "--release", str(missing))
    refused(said, "no such folder", "relase")
    shutil.copytree(TODAY, missing)
    (missing / PART).write_bytes(b"title: x")
    refused(faultprint(monkeypatch, capfd, "serve", "--release", str(missing)), PART)
