"""The ceiling of a finished run, by the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from faultprint.config import Settings
from faultprint.stages.workspace import Workspace
from tests.job.plant import faultprint, refused

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def _params(folder: Path, settings: Settings) -> str:
    path = folder / "params.yaml"
    text = yaml.safe_dump(settings.model_dump(mode="json"), allow_unicode=True)
    path.write_text(text, "utf-8")
    return str(path)


def test_the_ceiling_of_the_fleet(
    job: tuple[Workspace, object],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: Patch,
    capfd: Capture,
) -> None:
    at = ["--params", _params(tmp_path, settings), "--workspace", str(job[0].root)]
    picture = tmp_path / "ceiling.svg"
    said = faultprint(monkeypatch, capfd, "ceiling", *at, "--json", "--picture", str(picture))
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert [one["equipment_class"] for one in told] == ["centrifugal_pump", "screw_compressor"]
    for one in told:
        assert set(one["scores"]) == {"trees", "linear", "nearest"}
        assert one["scores"][one["best"]] > 0.6
        assert one["failures"] > 5
        assert one["visible"]["hits"] >= 0.7 * one["visible"]["n"]
        assert one["says"]
    assert picture.read_text("utf-8").count("failures learnt from") == 2
    assert faultprint(monkeypatch, capfd, "ceiling", *at, "--json").out == said.out


def test_a_folder_without_a_run(
    settings: Settings, tmp_path: Path, monkeypatch: Patch, capfd: Capture
) -> None:
    at = ["--params", _params(tmp_path, settings), "--workspace", str(tmp_path)]
    refused(faultprint(monkeypatch, capfd, "ceiling", *at), "run the stage that makes them first")
