"""A project folder with a published release and new readings, and a home of Prefect's own.

The environment is set when this module is imported: Prefect reads it once, when it is imported.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

HOME = tempfile.mkdtemp(prefix="faultprint-prefect-")
os.environ["PREFECT_HOME"] = HOME
os.environ.pop("PREFECT_API_URL", None)

from faultprint import tables  # noqa: E402 - after the environment
from faultprint.stages.workspace import Workspace  # noqa: E402
from faultprint.store.parquet import write_readings, write_tables  # noqa: E402
from faultprint.store.table_units import write_units  # noqa: E402
from tests.serve import plant  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    yield Path(HOME)
    shutil.rmtree(HOME, ignore_errors=True)


def write_history(folder: Path, names: list[str], hours: int) -> None:
    assets = pd.DataFrame({"asset": names, "equipment_class": plant.CLASS, "attributes": "{}"})
    events = pd.concat([plant.events(name) for name in names], ignore_index=True)
    found = {
        "assets": assets.astype("str"),
        "events": events,
        "rejects": tables.empty("rejects"),
    }
    write_tables(folder, found)
    write_units(folder, plant.settings().equipment)
    for i, name in enumerate(names):
        write_readings(folder, plant.CLASS, plant.readings(name, 50 + i).iloc[:hours])


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    """Return a project with params, readings of two pumps and a release."""
    places = Workspace(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(plant.PARAMS), encoding="utf-8")
    write_history(places.tables, ["P-0", "P-1"], hours=15 * 24)
    plant.publish(plant.learn(), places.release)
    return places
