"""The same job on real input: what the makers of the data built in comes out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from docs import azure
from faultprint.serve.score import Scorer
from faultprint.stages.run import STAGES, run_stage
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("FAULTPRINT_DATA", REPOSITORY.parent / "shared" / "data")) / "azure_pdm"
PUBLISHED = {
    "comp1": [("volt", "up"), ("error.error1", "up")],
    "comp2": [("rotate", "down"), ("error.error2", "up"), ("error.error3", "up")],
    "comp3": [("pressure", "up"), ("error.error4", "up")],
    "comp4": [("vibration", "up"), ("error.error5", "up")],
}

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.xdist_group("azure"),
    pytest.mark.skipif(not DATA.exists(), reason=f"no public data in {DATA}: set FAULTPRINT_DATA"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    settings = load_settings(
        REPOSITORY / "params" / "azure_pdm.yaml", {"source.path": str(DATA.resolve())}
    )
    root = tmp_path_factory.mktemp("azure")
    for name in STAGES:
        if name != "simulate":
            run_stage(name, settings, root)
    return Workspace(root)


@pytest.mark.parametrize("mode", list(PUBLISHED))
def test_signatures_show_what_was_built_in(workspace: Workspace, mode: str) -> None:
    signatures = Scorer.load(workspace.release).release.signatures
    (one,) = [s for s in signatures if s.failure_mode == mode]
    shown = {(s.descriptor.rpartition(".")[0], s.direction) for s in one.symptoms}
    assert set(PUBLISHED[mode]) <= shown
    first = one.symptoms[0]
    assert (first.descriptor.rpartition(".")[0], first.direction) in PUBLISHED[mode]


def test_the_pages_in_the_docs_are_those_of_the_data(workspace: Workspace) -> None:
    pages = azure.signature_texts(workspace)
    assert set(pages) == {f"azure-{mode}.md" for mode in azure.SHOWN}
    for name, text in pages.items():
        shown = (azure.SIGNATURES / name).read_text("utf-8")
        assert shown == text, "stale: run python -m docs.azure --data DIR"
        assert (azure.SIGNATURES / name).with_suffix(".png").is_file()
    said = azure.overview(Scorer.load(workspace.release).release.signatures)
    assert azure.PAGE.read_text("utf-8") == said, "stale: run python -m docs.azure --data DIR"


def test_most_failures_of_the_judged_month_are_found_in_time(workspace: Workspace) -> None:
    numbers = json.loads((workspace.metrics / "events.json").read_text("utf-8"))
    assert numbers["failures"] == 14
    assert numbers["found"]["hits"] >= 11
    assert numbers["lead_time"]["median"] >= 12
    assert numbers["false_alarms_per_asset_month"]["value"] <= 0.5
