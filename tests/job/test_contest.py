"""Candidate against incumbent, on real releases: what is held, why, and the way out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.faults.release import (
    Release,
    release_from_parts,
    signature_path,
    signature_text,
)
from faultprint.records import GateResult, Learnt
from faultprint.serve.score import Scorer
from faultprint.stages.acceptance import Publication, accept, offer
from faultprint.stages.contest import contest
from faultprint.stages.workspace import Workspace
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.parquet import list_assets, read_table
from faultprint.store.signature_db import SignatureDatabase
from tests.job.plant import COMPRESSOR, PUMP, Plant, Said, copy_plant, faultprint, refused

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]


@pytest.fixture(scope="module")
def plant(job: Job, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Plant:
    """A copy with one failing asset of each class, which is quick to score."""
    plant = copy_plant(job[0], settings, tmp_path_factory.mktemp("contest") / "plant")
    release = release_from_parts(read_bundle(plant.workspace.release)[1])
    events = read_table(plant.workspace.tables, "events")
    failed = events[(events["kind"] == "failure") & (events["time"] > until(release))]
    failed = failed[failed["failure_mode"] != ""]
    some: dict[str, tuple[str, str]] = {}
    for one in list_assets(plant.workspace.tables):
        if one[1] in set(failed["asset"]):
            some.setdefault(one[0], one)
    assert set(some) == {PUMP, COMPRESSOR}
    plant.keep(*some.values())
    return plant


@pytest.fixture(scope="module")
def release(plant: Plant) -> Release:
    return release_from_parts(read_bundle(plant.workspace.release)[1])


@pytest.fixture
def compete(plant: Plant, settings: Settings, release: Release) -> Callable[[Release], GateResult]:
    """Let a changed release run against the incumbent."""

    def run(incumbent: Release, candidate: Release = release) -> GateResult:
        scorers = Scorer(candidate, "candidate"), Scorer(incumbent, "1.0.0")
        return contest(*scorers, plant.workspace.tables, settings)

    return run


def without(release: Release, name: str) -> Release:
    models = {k: v for k, v in release.models.items() if k != name}
    return replace(release, models=models, twins={k: release.twins[k] for k in models})


def test_an_equal_candidate_is_held(compete: Callable[..., GateResult], release: Release) -> None:
    result = compete(release)
    assert not result.promoted
    assert "not better" in result.reason
    assert result.candidate == result.incumbent
    assert result.interval == (0.0, 0.0)


def test_a_candidate_without_a_class_is_held_and_pays_for_its_failures(
    compete: Callable[..., GateResult], release: Release, plant: Plant
) -> None:
    result = compete(release, without(release, COMPRESSOR))
    assert not result.promoted
    assert result.lost == (f"equipment class {COMPRESSOR}",)
    assert f"equipment class {COMPRESSOR}" in result.reason
    classes = {asset: name for name, asset in list_assets(plant.workspace.tables)}
    events = read_table(plant.workspace.tables, "events")
    failed = events[(events["kind"] == "failure") & (events["time"] > until(release))]
    modes = failed.groupby(failed["asset"].map(classes))["failure_mode"].agg(set)
    alone = modes[COMPRESSOR] - modes[PUMP] - {""}
    assert alone
    assert {result.recalls[mode] for mode in alone} == {0.0}
    assert compete(without(release, COMPRESSOR)).lost == ()


def until(release: Release) -> pd.Timestamp:
    assert release.learnt
    return pd.Timestamp(release.learnt.until)


def test_an_incumbent_that_knows_the_answers_is_not_asked_them(
    compete: Callable[..., GateResult], release: Release, plant: Plant
) -> None:
    assert release.learnt
    late = pd.Timestamp("2035-01-01T00:00:00Z").isoformat()
    result = compete(replace(release, learnt=Learnt(late, release.learnt.assets)))
    assert not result.promoted
    assert "no failure in the time that neither has learnt from" in result.reason
    other = compete(replace(release, learnt=Learnt(late, ("elsewhere",))))
    assert "against" in other.reason
    assert "does not say" in compete(replace(release, learnt=None)).reason


def test_without_a_release_worth_it_there_is_none_until_a_person_decides(
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    shutil.copytree(plant.root, tmp_path / "plant")
    mine = Plant(Workspace(tmp_path / "plant"))
    (mine.root / "models/signatures.db").unlink()

    def run(*args: str) -> Said:
        return faultprint(monkeypatch, capfd, *args)

    said = run(*mine.told("publish", "-S", "gate.first_floor=1"))
    assert said.code == 0, said
    told = json.loads(said.out)
    assert (told["promoted"], told["current"]) == (False, None)
    assert "not better than nothing" in told["reason"]
    assert list(mine.workspace.release.iterdir()) == []
    refused(run(*mine.told("score")), "no release", "gate.json")
    refused(run(*mine.told("report")), "no release")
    url = f"sqlite:///{mine.root}/models/signatures.db"
    places = ["--candidate", str(mine.workspace.candidate)]
    places += ["--release", str(mine.workspace.release), "--database", url]
    said = run("releases", "adopt", "--author", "A. Person", "--reason", "known pump", *places)
    assert said.code == 0, said
    assert "current: 1.0.0+" in said.out
    assert run(*mine.told("score")).code == 0
    assert json.loads(run(*mine.told("publish")).out)["current"].startswith("1.0.0+")


def offered(plant: Plant, name: str, **fields: object) -> str:
    """Change one signature of the candidate, and the numbers that go with it; give its mode."""
    _, parts = read_bundle(plant.workspace.candidate)
    one = next(s for s in release_from_parts(parts).signatures if s.equipment_class == name)
    parts[signature_path(one)] = signature_text(replace(one, **fields))
    manifest = write_bundle(parts, plant.workspace.candidate, {"version": "0.0.0"})
    file = plant.workspace.metrics / "learn.json"
    numbers = {**json.loads(file.read_text("utf-8")), "content_hash": manifest.content_hash}
    file.write_text(json.dumps(numbers), "utf-8")
    return one.failure_mode


def test_the_publish_stage_asks_what_publishing_asks_and_hands_statuses_on(
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    shutil.copytree(plant.root, tmp_path / "plant")
    mine = Plant(Workspace(tmp_path / "plant"))
    url = f"sqlite:///{mine.root}/models/signatures.db"
    passing = ("-S", "gate.min_gain=-1", "-S", "gate.first_floor=0")

    def publish() -> dict[str, object]:
        said = faultprint(monkeypatch, capfd, *mine.told("publish", *passing))
        assert said.code == 0, said
        return json.loads(said.out)

    mode = offered(mine, PUMP, accept_distance=9.9, status="stable")
    told = publish()
    assert told["promoted"] is False
    why = f"it may not be published so: '{PUMP}/{mode}: detects anew, so it cannot be stable yet'"
    assert why in str(told["reason"])
    held = SignatureDatabase(url)
    assert len(held.releases()) == 1
    how = Publication("bob", statuses={mode: "test"})
    current = held.current().version
    accept(url, offer(url, held.parts(current), how), {}, how)
    offered(mine, PUMP, accept_distance=9.9, status="candidate")
    told = publish()
    assert told["promoted"] is True, told
    assert str(told["current"]).startswith("1.1.0+")
    status = {s.failure_mode: s.status for s in held.signatures("1.1.0")}
    assert status.pop(mode) == "test"
    assert set(status.values()) == {"candidate"}
    assert publish()["reason"] == "the candidate is the current release, part by part"
