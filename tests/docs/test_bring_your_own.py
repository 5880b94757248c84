"""The how-to says what happens: what it shows is kept beside it, and comes out again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs import bring_your_own as page
from faultprint.stages.doctor import doctor
from faultprint.stages.run import STAGES, run_stage
from faultprint.stages.workspace import Workspace, read_json
from faultprint.store.settings import load_settings
from tests.job.test_azure import DATA

TEXT = page.PAGE.read_text("utf-8")
KEPT = json.loads(page.RESULTS.read_text("utf-8"))


def test_the_page_shows_what_came_out() -> None:
    assert page.filled(TEXT, KEPT) == TEXT, "run python -m docs.bring_your_own --data DIR"
    assert [one["params"] for one in KEPT["runs"]] == list(page.params(TEXT))


def test_the_params_of_the_page_are_settings(tmp_path: Path) -> None:
    horizons = []
    for row, text in enumerate(page.params(TEXT).values()):
        (tmp_path / f"{row}.yaml").write_text(text, "utf-8")
        settings = load_settings(tmp_path / f"{row}.yaml")
        horizons.append(settings.labels.horizon.total_seconds() / 3600)
    assert horizons == [72, 48, 48]
    assert settings.source.events[1].constant_kind == "error"
    assert len(settings.descriptors.error_codes) == 5


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.exists(), reason=f"no public data in {DATA}: set FAULTPRINT_DATA")
def test_the_doctor_says_what_the_page_shows(tmp_path: Path) -> None:
    page.export(DATA, tmp_path)
    params = tmp_path / "my_params.yaml"
    params.write_text(page.blocks(TEXT, "yaml")[0], "utf-8")
    examined = doctor(load_settings(params, {"source.path": str(tmp_path)}))
    assert examined.page().replace(str(tmp_path), page.SOURCE) == KEPT["doctor"]
    assert not examined.is_serious


@pytest.mark.slow
@pytest.mark.realdata
@pytest.mark.skipif(not DATA.exists(), reason=f"no public data in {DATA}: set FAULTPRINT_DATA")
def test_the_job_scores_what_the_page_shows(tmp_path: Path) -> None:
    source, plant = tmp_path / "export", tmp_path / "plant"
    source.mkdir()
    page.export(DATA, source)
    params = tmp_path / "my_params.yaml"
    params.write_text(list(page.params(TEXT).values())[-1], "utf-8")
    settings = load_settings(params, {"source.path": str(source)})
    for name in STAGES:
        if name != "simulate":
            run_stage(name, settings, plant)
    numbers = read_json(Workspace(plant).metrics / "events.json")
    shown = KEPT["runs"][-1]
    assert numbers["found"]["hits"] == shown["found"]["hits"]
    assert numbers["f1_events"] == pytest.approx(shown["f1_events"])


def test_the_page_names_what_there_is() -> None:
    assert {"stops", "misleads", "weakens", "note"} <= set(
        re.findall(r"^\| `(\w+)` \|", TEXT, re.M)
    )
