"""dvc.yaml tells the truth about what a stage uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from faultprint.config import Settings
from faultprint.stages.learn import LEARNT_BY, PLACES
from faultprint.stages.run import STAGES
from faultprint.store.bundle import read_manifest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stages() -> dict[str, Any]:
    held: dict[str, Any] = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text("utf-8"))
    return dict(held["stages"])


def test_the_stages_are_those_of_the_main_job(stages: dict[str, Any]) -> None:
    assert list(stages) == list(STAGES)
    assert {s["cmd"] for s in stages.values()} == {
        f"python -m faultprint stage {n}" for n in STAGES
    }


def test_every_dependency_on_code_exists(stages: dict[str, Any]) -> None:
    code = [dep for s in stages.values() for dep in s["deps"] if dep.startswith("src/")]
    assert code
    assert [dep for dep in code if not (REPOSITORY / dep).exists()] == []


def test_the_learn_stage_depends_on_all_that_a_release_names(stages: dict[str, Any]) -> None:
    learn = stages["learn"]
    assert {f"src/faultprint/{place}" for place in LEARNT_BY} <= set(learn["deps"])
    assert set(learn["params"]) == set(Settings.model_fields) - PLACES


def test_every_parameter_a_stage_names_is_in_params(stages: dict[str, Any]) -> None:
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text("utf-8"))
    named = {name for stage in stages.values() for name in stage.get("params", [])}
    assert named <= set(params)


def test_nothing_reports_home() -> None:
    text = (REPOSITORY / ".dvc" / "config").read_text("utf-8")
    assert "analytics = false" in text
    assert "check_update = false" in text


@pytest.mark.slow
def test_two_clones_reproduce_one_release(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        clone = tmp_path / name
        subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
        _dvc(clone, "repro")
        hashes.append(read_manifest(clone / "models" / "release").content_hash)
        assert "up to date" in _dvc(clone, "repro")
        shutil.rmtree(clone / "data")
    assert hashes[0] == hashes[1]


def _dvc(clone: Path, *words: str) -> str:
    bin_folder = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(clone / "src"),
        "DVC_NO_ANALYTICS": "1",
    }
    command = [bin_folder / "dvc", *words]
    done = subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
