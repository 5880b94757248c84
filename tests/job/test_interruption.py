"""A full disk, a killed run, two runs at once: nothing is lost, and the next run is right."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from faultprint.config import Settings
from faultprint.errors import ReleaseError, StoreError
from faultprint.stages.run import run_stage
from faultprint.stages.score import score
from faultprint.stages.workspace import Workspace
from faultprint.store.bundle import read_bundle
from faultprint.store.folders import only_writer, staged_folder
from faultprint.store.parquet import read_table, readings_path
from faultprint.store.settings import load_settings
from faultprint.store.signature_db import SignatureDatabase
from tests.job.plant import LIMIT, PUMP, Plant, copy_plant, refused

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]

QUICK = ("-S", "classifier.rounds=5")
WRITTEN = {
    "describe": ("data/windows",),
    "expect": ("data/expected",),
    "learn": ("models/candidate", "metrics/learn.json", "plots"),
    "publish": ("models/release", "metrics/gate.json"),
    "score": ("results",),
    "report": ("reports/index.html", "metrics/events.json"),
}
"""What each stage writes."""


@pytest.fixture
def plant(job: Job, settings: Settings, tmp_path: Path) -> Plant:
    copy = copy_plant(job[0], settings, tmp_path / "plant")
    copy.keep((PUMP, "P-101"), (PUMP, "P-102"), (PUMP, "P-103"))
    return copy


def unpublished(plant: Plant) -> None:
    for place in (plant.root / "models").glob("signatures.db*"):
        place.unlink()


def again(plant: Plant, stage: str) -> dict[str, object]:
    """Run a stage to its end."""
    overrides = {"classifier.rounds": 5, "tracking.experiment": "copy"}
    return run_stage(stage, load_settings(plant.root / "params.yaml", overrides), plant.root)


def versions(plant: Plant) -> list[str]:
    database = SignatureDatabase(f"sqlite:///{plant.root}/models/signatures.db")
    return [row.version for row in database.releases()]


def leftovers(plant: Plant) -> list[str]:
    return [path.name for path in plant.root.rglob(".*.tmp")]


# --- full disk -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stage",
    [
        "learn",
        "publish",
        "score",
        pytest.param("report", marks=pytest.mark.slow),
        pytest.param("describe", marks=pytest.mark.slow),
        pytest.param("expect", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_leaves_what_was_there(plant: Plant, stage: str) -> None:
    if stage == "publish":
        unpublished(plant)
    if stage == "score":
        # something to add, so that there is something to write
        results = plant.workspace.results / "states.parquet"
        plant.edit(results, lambda frame: frame[frame["asset"] != "P-101"])
    before = plant.content(*WRITTEN[stage])
    # The experiment is there already: the tracker must not be the first that finds no room.
    told = plant.told(stage, *QUICK, "-S", "tracking.experiment=faultprint")
    refused(plant.finish(*told, limit=LIMIT))
    assert plant.content(*WRITTEN[stage]) == before
    assert leftovers(plant) == []
    again(plant, stage)


def test_a_release_that_could_not_be_exported_is_exported_by_the_next_run(plant: Plant) -> None:
    unpublished(plant)
    _, parts = read_bundle(plant.workspace.release)
    shutil.rmtree(plant.workspace.release)
    plant.workspace.release.write_text("in the way", "utf-8")
    with pytest.raises(StoreError, match="models/release"):
        again(plant, "publish")
    assert versions(plant) == ["1.0.0"]
    plant.workspace.release.unlink()
    assert again(plant, "publish")["promoted"] is False
    assert read_bundle(plant.workspace.release)[1] == parts
    assert versions(plant) == ["1.0.0"]


# --- killed --------------------------------------------------------------------------------------


def kill(plant: Plant, stage: str, at: str) -> None:
    """Kill a stage as it asks the disk to keep a file."""
    said = plant.finish(*plant.told(stage, *QUICK), kill_at=at)
    assert said.code == -signal.SIGKILL, said.err


@pytest.mark.parametrize(
    "at",
    [
        pytest.param("/.states.parquet", marks=pytest.mark.slow),
        "/refused.parquet",  # all is written, nothing is in its place
    ],
)
def test_killed_while_scoring(plant: Plant, at: str) -> None:
    right = plant.content("results/diagnoses.parquet", "results/incidents.parquet")
    for name in ("states", "diagnoses", "residuals"):
        file = plant.workspace.results / f"{name}.parquet"
        plant.edit(file, lambda frame: frame[frame["asset"] != "P-102"])
    before = plant.content("results")
    kill(plant, "score", at)
    assert plant.content("results") == before
    assert len(leftovers(plant)) > 0
    again(plant, "score")
    assert plant.content("results/diagnoses.parquet", "results/incidents.parquet") == right
    assert leftovers(plant) == []


@pytest.mark.parametrize(
    "at",
    [
        "/manifest.json",  # published, not yet exported
        pytest.param("/.gate.json", marks=pytest.mark.slow),  # exported, the gate's word is missing
    ],
)
def test_killed_while_publishing(plant: Plant, at: str) -> None:
    unpublished(plant)
    before = read_bundle(plant.workspace.release)
    kill(plant, "publish", at)
    assert read_bundle(plant.workspace.release)[1] == before[1]
    told = again(plant, "publish")
    assert versions(plant) == ["1.0.0"]
    assert read_bundle(plant.workspace.release)[0].label == told["current"]
    assert leftovers(plant) == []


@pytest.mark.slow
def test_killed_before_the_candidate_is_in_its_place(plant: Plant) -> None:
    before = plant.content(*WRITTEN["learn"])
    kill(plant, "learn", "/scoring.json")
    assert plant.content(*WRITTEN["learn"]) == before
    assert again(plant, "publish")["promoted"] is False


def test_killed_between_a_candidate_and_its_numbers(plant: Plant) -> None:
    """Numbers of one candidate never let another one pass the gate."""
    before = plant.content(*WRITTEN["learn"])
    kill(plant, "learn", "/.learn.json")
    now = plant.content(*WRITTEN["learn"])
    assert now[0] != before[0]
    assert now[1] == before[1]
    with pytest.raises(ReleaseError, match="run the learn stage again"):
        again(plant, "publish")
    content_hash = again(plant, "learn")["content_hash"]
    assert read_bundle(plant.workspace.candidate)[0].content_hash == content_hash
    assert leftovers(plant) == []


# --- at once -------------------------------------------------------------------------------------


def waits(pid: int) -> bool:
    """Say whether a process waits for a file lock."""
    return any(
        f" {pid} " in line for line in Path("/proc/locks").read_text().splitlines() if "->" in line
    )


def test_two_scoring_runs_at_once_both_count(plant: Plant, tmp_path: Path) -> None:
    """While one writes its results, the other waits, and then adds its own to them."""
    results = plant.workspace.results
    shutil.rmtree(results)
    every, other = plant.workspace.tables, tmp_path / "other"
    shutil.copytree(every, other)
    shutil.rmtree(readings_path(other, PUMP, "P-101").parent)
    shutil.rmtree(readings_path(every, PUMP, "P-103").parent)
    aside = tmp_path / "aside"
    score(plant.workspace.release, other, aside)
    with only_writer(results):
        at = ("--tables", str(every), "--results", str(results))
        process = plant.start("score", "--release", str(plant.workspace.release), *at)
        until = time.monotonic() + 60
        while not waits(process.pid):
            assert process.poll() is None, "it wrote while another run held the results"
            assert time.monotonic() < until
            time.sleep(0.02)
        with staged_folder(results) as new:
            shutil.copytree(aside, new, dirs_exist_ok=True)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["added"]["diagnoses"] > 0
    held = read_table(results, "diagnoses")
    assert sorted(held["asset"].unique()) == ["P-101", "P-102", "P-103"]
    assert not held.duplicated(["asset", "end", "release"]).any()
