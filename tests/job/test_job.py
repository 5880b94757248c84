"""The main job, from the plant's files to scored readings and a report."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Settings
from faultprint.errors import ConfigError, ReleaseError
from faultprint.stages.run import run_stage
from faultprint.stages.score import score
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store import provenance
from faultprint.store.bundle import read_bundle
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.store.signature_db import SignatureDatabase

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]


def test_every_table_fits_its_schema(job: Job) -> None:
    workspace, _ = job
    for name in ("assets", "events", "rejects"):
        tables.check(name, read_table(workspace.tables, name))
    for equipment_class, asset in list_assets(workspace.tables):
        tables.check("readings", read_readings(workspace.tables, equipment_class, asset))
    for frame in read_frames(workspace.windows).values():
        tables.check("windows", frame)
    results = {n: read_table(workspace.results, n) for n in ("states", "diagnoses", "incidents")}
    for name, frame in results.items():
        tables.check(name, frame)
    residuals = read_table(workspace.results, "residuals").drop(columns="release")
    tables.check("residuals", residuals)
    assert len(results["incidents"]) > 0


def test_every_window_says_why_it_is_used_or_not(job: Job) -> None:
    workspace, _ = job
    used = pd.concat([frame["use"] for frame in read_frames(workspace.windows).values()])
    assert not (used == "").any()
    assert {"healthy", "fault", "censored:preventive", "censored:end"} <= set(used)


def test_the_release_is_published_and_named_by_every_result(job: Job) -> None:
    workspace, said = job
    manifest, _ = read_bundle(workspace.release)
    assert manifest.version == "1.0.0"
    assert said["publish"]["promoted"] is True
    for name in ("states", "diagnoses", "incidents"):
        assert set(read_table(workspace.results, name)["release"]) == {manifest.label}


def test_the_release_holds_text_only(job: Job) -> None:
    workspace, _ = job
    files = [p for p in workspace.release.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} == {".json", ".yaml", ".txt"}
    for path in files:
        path.read_text("utf-8")


def test_scoring_the_same_readings_twice_changes_nothing(job: Job) -> None:
    workspace, _ = job
    before = provenance.data_sha256(workspace.results)
    said = score(workspace.release, workspace.tables, workspace.results)
    assert set(said["added"].values()) == {0}  # type: ignore[attr-defined]
    assert provenance.data_sha256(workspace.results) == before


def test_scoring_in_two_parts_gives_what_scoring_at_once_gives(job: Job, tmp_path: Path) -> None:
    workspace, _ = job
    early, results = tmp_path / "early", tmp_path / "results"
    equipment_class, asset = list_assets(workspace.tables)[0]
    readings = read_readings(workspace.tables, equipment_class, asset)
    halfway = readings["time"].iloc[len(readings) // 2]
    _only(workspace.tables, early, equipment_class, readings[readings["time"] <= halfway])
    score(workspace.release, early, results)
    first = read_table(results, "diagnoses")
    _only(workspace.tables, early, equipment_class, readings)
    score(workspace.release, early, results)
    for name in ("states", "diagnoses", "incidents"):
        at_once = read_table(workspace.results, name)
        expected = at_once[at_once["asset"] == asset].reset_index(drop=True)
        pd.testing.assert_frame_equal(read_table(results, name), expected)
    assert 0 < len(first) < len(expected_length(workspace, asset))


def expected_length(workspace: Workspace, asset: str) -> pd.DataFrame:
    diagnoses = read_table(workspace.results, "diagnoses")
    return diagnoses[diagnoses["asset"] == asset]


def _only(source: Path, folder: Path, equipment_class: str, readings: pd.DataFrame) -> None:
    from faultprint.store.parquet import write_readings, write_tables
    from faultprint.store.table_units import UNITS

    write_tables(folder, {name: read_table(source, name) for name in ("assets", "events")})
    write_readings(folder, equipment_class, readings)
    shutil.copy(source / UNITS, folder / UNITS)


def test_learning_again_gives_the_same_content(job: Job, settings: Settings) -> None:
    workspace, said = job
    again = run_stage("learn", settings, workspace.root)
    assert again["content_hash"] == said["learn"]["content_hash"]


def test_publishing_again_holds_and_says_why(job: Job, settings: Settings) -> None:
    workspace, _ = job
    again = run_stage("publish", settings, workspace.root)
    assert again["promoted"] is False
    assert "is the current release" in str(again["reason"])
    url = f"sqlite:///{workspace.root / 'models/signatures.db'}"
    assert [row.version for row in SignatureDatabase(url).releases()] == ["1.0.0"]


def test_the_report_stands_alone_and_names_false_alarms(job: Job) -> None:
    workspace, _ = job
    page = (workspace.reports / "index.html").read_text("utf-8")
    assert not re.search(r"(src|href)=.?(https?:)?//", page)
    assert "false alarm" in page.lower()
    assert read_bundle(workspace.release)[0].label.split("+")[0] in page
    numbers = json.loads((workspace.metrics / "events.json").read_text("utf-8"))
    assert numbers["failures"] > 0
    assert f"{numbers['found']['hits']} of {numbers['found']['n']} failures" in page


def test_the_report_and_the_summary_put_trivial_detectors_beside(job: Job) -> None:
    from faultprint.stages.summary import summary

    workspace, _ = job
    numbers = json.loads((workspace.metrics / "events.json").read_text("utf-8"))
    assert set(numbers["baselines"]) == {"always_on", "every_max_lead", "random"}
    assert numbers["f1_events"] > numbers["baselines"]["random"]["f1_events"]
    assert 0 < numbers["exposed_asset_months"] < numbers["asset_months"]
    assert "Beside detectors that look at nothing" in (workspace.reports / "index.html").read_text(
        "utf-8"
    )
    told = summary(workspace).splitlines()
    (line,) = [line for line in told if "trivial:" in line]
    assert f"random {numbers['baselines']['random']['f1_events']:.2f}" in line
    assert any(f"in {numbers['exposed_asset_months']:.0f} asset-months = " in line for line in told)


def test_batch_scoring_agrees_with_the_judging_of_the_candidate(job: Job) -> None:
    workspace, _ = job
    learned = json.loads((workspace.metrics / "learn.json").read_text("utf-8"))["events"]
    scored = json.loads((workspace.metrics / "events.json").read_text("utf-8"))
    assert learned == scored


def test_signatures_name_sensors_of_their_class(job: Job, settings: Settings) -> None:
    from faultprint.serve.score import Scorer
    from faultprint.signal.recipes import parse

    workspace, _ = job
    signatures = Scorer.load(workspace.release).release.signatures
    assert signatures
    for one in signatures:
        assert one.symptoms
        for symptom in one.symptoms:
            assert symptom.descriptor.endswith(".deviance") or parse(symptom.descriptor)
        assert one.origin.episodes


def test_an_altered_release_is_refused(job: Job, tmp_path: Path) -> None:
    workspace, _ = job
    copy = tmp_path / "release"
    shutil.copytree(workspace.release, copy)
    file = next(copy.glob("classes/*/booster.txt"))
    file.write_text(file.read_text("utf-8").replace("leaf_value=", "leaf_value=1", 1), "utf-8")
    with pytest.raises(ReleaseError, match=r"booster.txt: altered"):
        score(copy, workspace.tables, tmp_path / "results")


def test_an_unknown_stage_names_the_nearest(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'publish'"):
        run_stage("publsh", settings, tmp_path)
