"""Two real releases over the archive: scored once, and the difference said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.faults.release import Release, release_from_parts, release_to_parts
from faultprint.serve.score import Scorer
from faultprint.stages import replay as replaying
from faultprint.stages.difference import semantic_diff
from faultprint.stages.replay import compare_releases, replay
from faultprint.stages.workspace import Workspace
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.parquet import list_assets, read_table
from tests.job.plant import COMPRESSOR, PUMP, Plant, copy_plant, faultprint, refused

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]


@pytest.fixture(scope="module")
def plant(job: Job, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Plant:
    """A copy with two failing assets, which is quick to score."""
    plant = copy_plant(job[0], settings, tmp_path_factory.mktemp("replay") / "plant")
    failed = read_table(plant.workspace.results, "incidents").groupby("asset")["incident"].size()
    some: dict[str, tuple[str, str]] = {}
    for one in list_assets(plant.workspace.tables):
        if one[1] in failed.index:
            some.setdefault(one[0], one)
    assert set(some) == {PUMP, COMPRESSOR}
    plant.keep(*some.values())
    return plant


@pytest.fixture(scope="module")
def release(plant: Plant) -> Release:
    return release_from_parts(read_bundle(plant.workspace.release)[1])


@pytest.fixture(scope="module")
def deaf(release: Release) -> Release:
    """A release that never finds anything abnormal in pumps."""
    silent = replace(release.models[PUMP], limit=0.0, home_limit=0.0)
    models = {**release.models, PUMP: silent}
    return replace(release, models=models)


def test_a_replay_says_what_scoring_says(
    plant: Plant, release: Release, settings: Settings, tmp_path: Path
) -> None:
    (one,) = replay([Scorer(release, "x")], plant.workspace.tables, pd.Timedelta("6h"), tmp_path)
    (again,) = replay([Scorer(release, "y")], plant.workspace.tables, pd.Timedelta("6h"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    for name in ("record", "incidents", "windows"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(again, name))
    kept = [asset for _, asset in list_assets(plant.workspace.tables)]
    for name, columns in {
        "diagnoses": ["asset", "end", "verdict", "failure_mode"],
        "states": ["asset", "end", "p_value", "reason"],
    }.items():
        scored = read_table(plant.workspace.results, name)
        scored = scored.loc[scored["asset"].isin(kept), columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(one.windows[columns], scored)


def test_an_incumbent_is_not_scored_again(
    plant: Plant, release: Release, deaf: Release, tmp_path: Path
) -> None:
    step, tables = pd.Timedelta("6h"), plant.workspace.tables
    replay([Scorer(release, "x")], tables, step, tmp_path)
    (kept,) = tmp_path.iterdir()
    held = {file.name: file.stat().st_ino for file in kept.iterdir()}
    replay([Scorer(release, "x"), Scorer(deaf, "y")], tables, step, tmp_path)
    assert {file.name: file.stat().st_ino for file in kept.iterdir()} == held
    assert len(list(tmp_path.iterdir())) == 2


def test_other_data_are_scored_anew_and_old_replays_go(
    plant: Plant, release: Release, tmp_path: Path
) -> None:
    for n in range(replaying.KEPT + 2):
        (tmp_path / f"{n:064d}").mkdir()
    for length in ("6h", "12h"):
        replay([Scorer(release, "x")], plant.workspace.tables, pd.Timedelta(length), tmp_path)
    assert len(list(tmp_path.iterdir())) == replaying.KEPT


def test_what_a_deaf_release_loses_is_what_vanishes(
    plant: Plant, release: Release, deaf: Release, settings: Settings
) -> None:
    tables = plant.workspace.tables
    found = compare_releases(Scorer(release, "a"), Scorer(deaf, "b"), tables, settings)
    incidents = read_table(plant.workspace.results, "incidents")
    classes = {asset: name for name, asset in list_assets(tables)}
    lost = incidents[incidents["asset"].map(classes) == PUMP]
    assert len(lost)
    assert {(one.asset, one.opened) for one in found.vanished} == {
        (row.asset, row.opened.isoformat()) for row in lost.itertuples()
    }
    assert found.kept == (incidents["asset"].map(classes) == COMPRESSOR).sum()
    assert not found.appeared
    assert {after for _, after in found.transitions()} == {"healthy"}
    back = compare_releases(Scorer(deaf, "b"), Scorer(release, "a"), tables, settings)
    assert len(back.appeared) == len(found.vanished)


def test_the_semantic_difference_names_field_and_values(release: Release, deaf: Release) -> None:
    first, *others = release.signatures
    wordy = replace(first, recommended_action="Call the maker.")
    parts = release_to_parts(release)
    told = semantic_diff(parts, release_to_parts(replace(release, signatures=(wordy, *others))))
    assert told["level"] == "patch"
    assert len(told["sentences"]) == 1
    assert "changed: recommended_action" in told["sentences"][0]
    assert told["changes"][0]["fields"][0]["new"] == "Call the maker."
    told = semantic_diff(parts, release_to_parts(replace(deaf, signatures=tuple(others))))
    mode = first.failure_mode.replace("_", " ")
    kind = first.equipment_class.replace("_", " ")
    assert f"Signature {mode} of {kind} was retired." in told["sentences"]
    model = release.models[PUMP]
    assert model.home_limit
    limits = f"home_limit from {model.home_limit} to 0.0; limit from {model.limit} to 0.0."
    assert f"Calibration of centrifugal pump changed: {limits}" in told["sentences"]
    assert semantic_diff(parts, parts) == {"level": "none", "changes": [], "sentences": []}


def test_the_command_prints_both_differences(
    plant: Plant,
    deaf: Release,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    other = tmp_path / "deaf"
    write_bundle(release_to_parts(deaf), other, {"version": "9.0.0"})
    url = f"sqlite:///{plant.root}/models/signatures.db"
    at = ["--database", url, "--workspace", str(plant.root)]
    at += ["--params", str(plant.root / "params.yaml")]

    def run(*args: str):
        return faultprint(monkeypatch, capfd, "signatures", "diff", *args, *at)

    said = run("current", str(other), "--behaviour")
    assert said.code == 0, said
    assert "limit from" in said.out
    assert "vanish" in said.out
    told = json.loads(run("1.0.0", str(other), "--behaviour", "--json").out)
    assert told["behaviour"]["vanished"]
    assert told["new"].startswith("9.0.0+")
    refused(run("1.0.0", "7.7.7"), "unknown release '7.7.7'", "'1.0.0'")
