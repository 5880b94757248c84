"""The pages beside the report, what experts add to them, and what is noted of a release."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.evaluate.exposure import exposed_time
from faultprint.evaluate.metrics import asset_months
from faultprint.faults.release import release_to_parts
from faultprint.records import Opinion
from faultprint.serve.score import Scorer
from faultprint.stages.desk import Desk
from faultprint.stages.incidents import judge_incident
from faultprint.stages.judging import evaluable_time, held_out_periods
from faultprint.stages.publish import _note_behaviour
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.parquet import read_table
from faultprint.store.signature_db import SignatureDatabase
from tests.job.plant import PUMP, Plant, copy_plant, faultprint

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]


def url_of(root: Path) -> str:
    return f"sqlite:///{root}/models/signatures.db"


def test_links_of_the_report_lead_to_pages(job: Job) -> None:
    reports = job[0].reports
    html = (reports / "index.html").read_text("utf-8")
    links = {unquote(a) for a in re.findall(r'href="([^"#]+)"', html) if not a.startswith("data:")}
    signatures = Scorer.load(job[0].release).release.signatures
    assert len(links) == len(signatures) + 1
    assert all((reports / link).is_file() for link in links)
    assert {p.name for p in (reports / "signatures").iterdir()} == {
        f"{s.equipment_class}-{s.failure_mode}.html" for s in signatures
    }
    for link in links:
        assert "http" not in (reports / link).read_text("utf-8")


def test_what_a_release_can_see_is_noted_once(job: Job) -> None:
    database = SignatureDatabase(url_of(job[0].root))
    note = database.note("1.0.0", "coverage")
    assert note
    assert note["release"] == database.current().label
    assets = read_table(job[0].tables, "assets")["asset"].nunique()
    assert {c["asset"] for c in note["cells"]} <= set(read_table(job[0].tables, "assets")["asset"])
    assert len({c["asset"] for c in note["cells"]}) == assets
    assert sum(note["counts"].values()) == len(note["cells"])


def test_a_signature_is_judged_over_the_time_of_its_own_class(job: Job, settings: Settings) -> None:
    events = read_table(job[0].tables, "events")
    windows = read_frames(job[0].expected / "windows")
    rules = settings.detect, settings.labels
    signatures = Scorer.load(job[0].release).release.signatures
    later = [s for s in signatures if s.performance.basis == "later time"]
    assert later
    for one in later:
        mine = {one.equipment_class: windows[one.equipment_class]}
        exposed = exposed_time(evaluable_time(mine), held_out_periods(mine), events, *rules)
        assert one.performance.asset_months == pytest.approx(asset_months(exposed), rel=1e-4)


def test_items_come_from_the_log_and_severity_from_nobody(job: Job) -> None:
    events = read_table(job[0].tables, "events")
    for one in Scorer.load(job[0].release).release.signatures:
        logged = events.loc[events["failure_mode"] == one.failure_mode, "item"]
        assert one.item in set(logged) - {""}
        assert one.severity is None
        assert set(one.condition_units) == set(one.conditions)


def test_experts_are_heard_on_the_page_and_in_the_coverage(
    job: Job,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    incidents = read_table(plant.workspace.results, "incidents")
    known = incidents[incidents["verdict"] == "known"].sort_values("opened").iloc[-1]
    when = pd.Timestamp("2026-01-05T08:00Z").to_pydatetime()
    desk = Desk(plant.workspace.results, url_of(plant.root))
    said = Opinion(
        known["incident"], "known_fault", known["failure_mode"], 0.9, "seen by eye", "", "A", when
    )
    judge_incident(desk, said)
    judge_incident(desk, replace(said, author="B", confidence=0.5, rationale="heard it"))
    at = ["--release", str(plant.workspace.release), "--workspace", str(plant.root)]
    at += ["--database", url_of(plant.root)]
    mode = f"{known['equipment_class']}/{known['failure_mode']}"
    page = faultprint(monkeypatch, capfd, "signatures", "show", mode, *at).out
    words = re.sub(r"\s+", " ", page)
    assert "1 incidents were taken for it by experts; of 1 that stands." in words
    assert "Where two looked, they agreed 100 times in 100." in words
    assert "sure 0.9. seen by eye." in words
    html = tmp_path / "page.html"
    done = faultprint(monkeypatch, capfd, "signatures", "show", mode, "--html", str(html), *at)
    assert done.code == 0
    assert "seen by eye" in html.read_text("utf-8")
    at += ["--params", str(plant.root / "params.yaml"), "--json"]
    told = json.loads(faultprint(monkeypatch, capfd, "signatures", "coverage", *at).out)
    (mine,) = [
        s
        for s in told["signatures"]
        if (s["equipment_class"], s["failure_mode"]) == tuple(mode.split("/"))
    ]
    assert mine["confirmed"] >= 1
    assert pd.Timestamp(mine["last_confirmed"]) >= known["opened"]


def test_what_changed_in_the_archive_is_noted_with_a_release(
    job: Job, settings: Settings, tmp_path: Path
) -> None:
    plant: Plant = copy_plant(job[0], settings, tmp_path / "plant")
    plant.keep((PUMP, "P-101"))
    database = SignatureDatabase(url_of(plant.root))
    before = database.current()
    release = Scorer.load(plant.workspace.release).release
    models = {
        name: replace(model, limit=0.0, home_limit=0.0) for name, model in release.models.items()
    }
    deaf = replace(release, models=models)
    row = database.publish(release_to_parts(deaf), deaf.signatures, {}, "A. Person")
    _note_behaviour(settings, plant.workspace, database, before)
    note = database.note(row.version, "behaviour")
    assert note
    assert note["against"] == before.label
    assert note["kept"] == 0
    incidents = read_table(plant.workspace.results, "incidents")
    assert len(note["vanished"]) == (incidents["asset"] == "P-101").sum()


def test_releases_move_under_both_names(
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    at = ["--database", url_of(job[0].root)]
    for name in ("signatures", "releases"):
        said = faultprint(monkeypatch, capfd, name, "export", "1.0.0", str(tmp_path / name), *at)
        assert said.code == 0, said
    files = [p for p in (tmp_path / "releases").rglob("*") if p.is_file()]
    assert files
    for file in files:
        other = tmp_path / "signatures" / file.relative_to(tmp_path / "releases")
        assert other.read_bytes() == file.read_bytes()
