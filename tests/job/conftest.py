"""One small fleet, taken through the whole job once; the tests look at what came out."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultprint.config import Settings
from faultprint.stages.run import STAGES, run_stage
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings

REPOSITORY = Path(__file__).parents[2]
SMALL = {
    "simulate": {"days": 240, "pumps": 8, "compressors": 5, "held_back": None},
    "classifier": {"rounds": 40, "min_episodes": 2},
    "split": {"folds": 3},
}


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings(REPOSITORY / "params.yaml", SMALL)


@pytest.fixture(scope="session")
def job(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> tuple[Workspace, dict[str, dict[str, object]]]:
    """Every stage, run once; gives the workspace and what each stage said."""
    root = tmp_path_factory.mktemp("plant")
    said = {name: run_stage(name, settings, root) for name in STAGES}
    return Workspace(root), said
