"""A diagnosis is explained, and followed to everything it rests on, on a finished job."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.serve.score import Scorer
from faultprint.stages.workspace import Workspace
from faultprint.store.bundle import read_manifest
from faultprint.store.parquet import read_table
from tests.job.plant import Plant, Said, copy_plant, faultprint, refused

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
Run = Callable[..., Said]


@pytest.fixture
def run(
    job: Job,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Run:
    import yaml

    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump(settings.model_dump(mode="json"), allow_unicode=True))

    def call(*args: str, root: Path = job[0].root, command: str = "explain") -> Said:
        at = ["--database", f"sqlite:///{root}/models/signatures.db"]
        if command == "explain":
            at += ["--workspace", str(root), "--params", str(params)]
            at += ["--release", str(root / "models/release")]
        return faultprint(monkeypatch, capfd, command, *args, *at)

    return call


@pytest.fixture(scope="module")
def incident(job: Job) -> dict[str, Any]:
    incidents = read_table(job[0].results, "incidents")
    known = incidents[incidents["verdict"] == "known"].sort_values("windows")
    return {str(k): v for k, v in known.iloc[-1].to_dict().items()}


def test_an_incident_is_explained_in_units(run: Run, incident: dict[str, Any]) -> None:
    said = run(incident["incident"][:8])
    assert said.code == 0, said
    mode = incident["failure_mode"].replace("_", " ")
    assert f"known fault: {mode}" in said.out
    assert "Scored again from its readings: the same" in said.out
    assert "Speaks for it" in said.out
    assert "Why not " in said.out
    told = json.loads(run(incident["incident"], "--json").out)
    assert told["incident"]["incident"] == incident["incident"]
    assert told["again"]["failure_mode"] == incident["failure_mode"]
    stored = json.loads(incident["evidence"])[incident["failure_mode"]]["for"][0]
    shown = told["evidence"][incident["failure_mode"]]["for"][0]
    assert shown["descriptor"] == stored["descriptor"]
    others = {m: p for m, p in told["p_values"].items() if m != incident["failure_mode"]}
    best = max((m for m, p in others.items() if p is not None), key=lambda m: others[m])
    assert told["second"]["failure_mode"] == best
    assert told["second"]["for"] or told["second"]["against"]
    assert all(one["opened"] < told["incident"]["opened"] for one in told["similar"])


def test_deviances_are_told_in_the_units_of_the_sensor(
    job: Job, run: Run, incident: dict[str, Any]
) -> None:
    release = Scorer.load(job[0].release).release
    told = json.loads(run(incident["incident"], "--json").out)
    name = incident["equipment_class"]
    items = {
        item["descriptor"]: item
        for sides in json.loads(incident["evidence"]).values()
        for item in [*sides["for"], *sides["against"]]
    }
    converted = 0
    for sides in told["evidence"].values():
        for item in [*sides["for"], *sides["against"]]:
            sensor = item["descriptor"].removesuffix(".deviance")
            if sensor == item["descriptor"]:
                assert item["observed"] == items[item["descriptor"]]["observed"]
                continue
            converted += 1
            scale = release.twins[name].sensors[sensor].scale
            wanted = items[item["descriptor"]]["observed"] * scale
            assert item["observed"] == pytest.approx(wanted, rel=1e-4)
            assert item["unit"] == release.scoring.equipment[name].sensors[sensor].unit
    assert converted


def test_a_window_is_named_by_asset_and_time(run: Run, incident: dict[str, Any]) -> None:
    during = incident["opened"] + pd.Timedelta(hours=1)
    told = json.loads(run(f"{incident['asset']}@{during:%Y-%m-%dT%H:%M}", "--json").out)
    assert told["asset"] == incident["asset"]
    assert pd.Timestamp(told["end"]) <= during
    assert told["incident"]["incident"] == incident["incident"]


def test_names_that_mean_nothing_or_too_much_are_refused(
    run: Run, incident: dict[str, Any]
) -> None:
    refused(run("zzzz"), "unknown incident 'zzzz'")
    refused(run("NOPE@2025-03-01"), "unknown asset 'NOPE'")
    refused(run(f"{incident['asset']}@1999-01-01"), "nothing was scored at")
    refused(run(f"{incident['asset']}@noon"), "no instant")


def test_every_link_of_the_chain_is_checked(job: Job, run: Run, incident: dict[str, Any]) -> None:
    links = json.loads(run(incident["incident"], "--lineage", "--json").out)
    kinds = [link["kind"] for link in links]
    assert list(dict.fromkeys(kinds)) == [
        "diagnosis", "release", "published", "signature", "episode", "data", "code", "params", "run"
    ]  # fmt: skip
    assert {link["check"] for link in links} == {"same"}, links
    by = {link["kind"]: link for link in links}
    assert read_manifest(job[0].release).content_hash in by["release"]["note"]
    assert "MLflow" in by["run"]["says"]
    text = run(incident["incident"], "--lineage").out
    assert "= data" in text


def test_changed_data_and_missing_data_are_told(
    job: Job, run: Run, settings: Settings, incident: dict[str, Any], tmp_path: Path
) -> None:
    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    mode = incident["failure_mode"]
    plant.edit(
        plant.workspace.tables / "events.parquet",
        lambda events: events[events["failure_mode"] != mode],
    )

    def checks(*args: str) -> dict[str, set[str]]:
        links = json.loads(run(incident["incident"], "--lineage", "--json", root=plant.root).out)
        found: dict[str, set[str]] = {}
        for link in links:
            found.setdefault(link["kind"], set()).add(link["check"])
        return found

    told = checks()
    assert (told["data"], told["episode"], told["code"]) == ({"changed"}, {"changed"}, {"same"})
    shutil.rmtree(plant.workspace.tables)
    told = checks()
    assert told["diagnosis"] == told["data"] == told["episode"] == {"not here"}
    shutil.rmtree(plant.workspace.release)
    (plant.root / "models/signatures.db").unlink()
    assert checks() == {"diagnosis": {"not here"}, "release": {"not here"}}
    assert not (plant.root / "models/signatures.db").exists()


def test_opinions_are_part_of_the_explanation_and_of_the_chain(
    job: Job, run: Run, settings: Settings, incident: dict[str, Any], tmp_path: Path
) -> None:
    from faultprint.records import Opinion
    from faultprint.stages.desk import Desk
    from faultprint.stages.incidents import judge_incident

    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    when = pd.Timestamp("2026-01-05T08:00Z").to_pydatetime()
    opinion = Opinion(
        incident["incident"], "known_fault", incident["failure_mode"], 0.9, "seen by eye",
        "part changed", "A. Smith", when,
    )  # fmt: skip
    url = f"sqlite:///{plant.root}/models/signatures.db"
    judge_incident(Desk(plant.workspace.results, url), opinion)
    text = run(incident["incident"], root=plant.root).out
    assert "A. Smith: known fault" in text
    assert "seen by eye" in text
    links = json.loads(run(incident["incident"], "--lineage", "--json", root=plant.root).out)
    (one,) = [link for link in links if link["kind"] == "opinion"]
    assert (one["check"], opinion.id in one["note"]) == ("same", True)
