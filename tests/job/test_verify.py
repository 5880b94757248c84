"""A release is made again from what it states, and damage anywhere in an export is found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from faultprint.config import Settings
from faultprint.errors import ReleaseError
from faultprint.faults.release import ORIGIN, release_from_parts, release_to_parts
from faultprint.stages.verify import compare_parts, rebuild, verify_text
from faultprint.stages.workspace import Workspace
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.manifest import MANIFEST
from faultprint.store.parquet import read_table
from faultprint.store.provenance import params_sha256
from tests.job.plant import PUMP, Plant, Said, copy_plant, faultprint, refused

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def parts(job: Job) -> Parts:
    return read_bundle(job[0].release)[1]


@pytest.fixture(scope="module")
def rebuilt(job: Job, parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """The release, made again elsewhere from what it states itself."""
    made_from = release_from_parts(parts).made_from
    assert made_from
    return rebuild(made_from, job[0], tmp_path_factory.mktemp("again"))


def test_a_release_made_again_is_the_same_byte_by_byte(parts: Parts, rebuilt: Parts) -> None:
    assert rebuilt == parts
    found = compare_parts("1.0.0", parts, rebuilt)
    assert found.same
    assert (found.differing, [one.same for one in found.ingredients]) == ((), [True] * 4)
    assert f"all {len(parts)} parts are equal" in verify_text(found)


def test_a_release_states_its_settings_and_no_places(parts: Parts, settings: Settings) -> None:
    made_from = release_from_parts(parts).made_from
    assert made_from
    assert made_from.params_sha256 == params_sha256(made_from.params)
    assert made_from.params["classifier"]["rounds"] == settings.classifier.rounds
    assert not {"source", "tracking", "database", "simulate"} & set(made_from.params)
    assert b"/tmp" not in parts[ORIGIN]


def test_the_part_that_differs_is_named(parts: Parts, rebuilt: Parts) -> None:
    release = release_from_parts(parts)
    assert release.made_from
    models = {**release.models, PUMP: replace(release.models[PUMP], limit=0.5)}
    origin = replace(release.made_from, code_sha256="0" * 64)
    altered = replace(release, models=models, made_from=origin, signatures=release.signatures[1:])
    found = compare_parts("1.0.0", release_to_parts(altered), rebuilt)
    assert not found.same
    said = verify_text(found)
    assert f"classes/{PUMP}/model.json: changed in limit" in said
    first = release.signatures[0]
    assert f"signatures/{first.equipment_class}/{first.failure_mode}.yaml: extra" in said
    assert "origin.json: changed in code_sha256" in said
    assert "code   000000000000  another here" in said
    assert len(found.differing) == 3
    assert "Only what it says" not in said
    other = replace(release, made_from=origin)
    said = verify_text(compare_parts("1.0.0", release_to_parts(other), rebuilt))
    assert "Only what it says of its origin differs" in said


def test_a_flipped_byte_in_any_file_of_an_export_is_found(parts: Parts, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write_bundle(parts, folder, {"version": "1.0.0", "provenance": {"by": "test"}})
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) == len(parts) + 1
    for file in files:
        content = file.read_bytes()
        name = file.relative_to(folder).as_posix()
        for place in {0, len(content) // 2, len(content) - 1}:
            for flip in (0x01, 0x80):
                damaged = bytearray(content)
                damaged[place] ^= flip
                file.write_bytes(bytes(damaged))
                with pytest.raises(ReleaseError, match=name):
                    read_bundle(folder)
        file.write_bytes(content)
    read_bundle(folder)


def test_no_byte_of_the_manifest_can_be_another(parts: Parts, tmp_path: Path) -> None:
    some = {name: parts[name] for name in list(parts)[:2]}
    write_bundle(some, tmp_path / "e", {"version": "1.0.0", "provenance": {"by": "test"}})
    file = tmp_path / "e" / MANIFEST
    content = file.read_bytes()
    for place, byte in enumerate(content):
        # A space may become a tab, a line feed a carriage return: still the same JSON.
        other = {0x20: 0x09, 0x0A: 0x0D}.get(byte, byte ^ 0x01)
        file.write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
        with pytest.raises(ReleaseError, match=MANIFEST):
            read_bundle(tmp_path / "e")
    file.write_bytes(content + b"\n")
    with pytest.raises(ReleaseError, match=MANIFEST):
        read_bundle(tmp_path / "e")


def test_the_quick_command_names_the_damaged_file(
    job: Job,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    plant = copy_plant(job[0], settings, tmp_path / "plant")
    at = ["--release", str(plant.workspace.release), "--workspace", str(plant.root)]

    def run(*args: str) -> Said:
        return faultprint(monkeypatch, capfd, "signatures", "verify", *at, *args)

    assert "all as they were published" in run("--quick").out
    assert json.loads(run("--quick", "--json").out)["same"]
    file = plant.workspace.release / "classes" / PUMP / "booster.txt"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    refused(run("--quick"), f"classes/{PUMP}/booster.txt", "altered")
    refused(run(), f"classes/{PUMP}/booster.txt")
    old = {k: v for k, v in read_bundle(job[0].release)[1].items() if k != ORIGIN}
    write_bundle(old, plant.workspace.release, {"version": "1.0.0"})
    refused(run(), "a release without origin.json")


@pytest.mark.slow
def test_other_data_make_another_release_and_the_command_says_so(
    job: Job,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    at = ["--release", str(plant.workspace.release), "--workspace", str(plant.root)]
    said = faultprint(monkeypatch, capfd, "signatures", "verify", *at)
    assert said.code == 0, said
    plant.edit(
        plant.workspace.tables / "events.parquet",
        lambda events: events[events["failure_mode"] != "bearing_wear"],
    )
    said = faultprint(monkeypatch, capfd, "signatures", "verify", *at)
    assert said.code == 1
    assert "another here" in said.out
    assert f"signatures/{PUMP}/bearing_wear.yaml: missing" in said.out


@pytest.mark.slow
def test_what_experts_taught_is_made_again_from_their_opinions(
    job: Job,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    url = f"sqlite:///{plant.root / 'models' / 'signatures.db'}"

    def run(*command: str) -> Said:
        said = faultprint(monkeypatch, capfd, *command)
        assert said.code == 0, said
        return said

    incidents = read_table(plant.workspace.results, "incidents")
    one = incidents.loc[incidents["windows"].idxmax(), "incident"]
    words = ["--verdict", "new_fault", "--failure-mode", "loose_foot", "--author", "ada"]
    held = ["--results", str(plant.workspace.results), "--database", url]
    run("incidents", "judge", str(one), *words, *held)
    at = ["--workspace", str(plant.root)]
    told = run("teach", "--params", str(plant.root / "params.yaml"), *at)
    assert "loose_foot" in told.out
    assert release_from_parts(read_bundle(plant.workspace.release)[1]).taught
    release = ["--release", str(plant.workspace.release), "--database", url]
    assert "byte by byte" in run("signatures", "verify", *release, *at).out
