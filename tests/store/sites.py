"""A site of its own: a database, a release folder, test cases, and the command line on them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from faultprint.records import Signature, signature_from
from faultprint.serve.score import Scorer
from faultprint.stages.fixtures import make_fixtures
from faultprint.store.parquet import write_readings, write_tables
from tests.job.plant import Said, faultprint
from tests.serve import plant

TODAY = Path(__file__).parent / "fixtures" / "release_protocol_1"
PART = "signatures/pump/bearing_wear.yaml"


class Site:
    """The command line on a database and a release folder of its own."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, capture: object) -> None:
        self.root, self.patch, self.capture = root, patch, capture
        self.url = f"sqlite:///{root / 's.db'}"
        self.release = root / "release"
        root.mkdir(exist_ok=True)
        self.params = root / "params.yaml"
        self.params.write_text(yaml.safe_dump(plant.PARAMS), "utf-8")

    def run(self, name: str, *args: str, export: bool = True) -> Said:
        where = ["--database", self.url]
        where += ["--release", str(self.release)] if export else []
        tested = ["--params", str(self.params), "--fixtures", str(self.root / "fixtures")]
        where += tested if name in {"publish", "adopt", "point"} else []
        return faultprint(self.patch, self.capture, "releases", name, *args, *where)

    def publish(self, by: str, *args: str, of: Path | None = None) -> Said:
        return self.run("publish", "--author", by, "--candidate", str(of or self.release), *args)

    def current(self) -> dict:
        return json.loads(self.run("current", "--json", export=False).out)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: object, recorded: Path) -> Site:
    one = Site(tmp_path / "here", monkeypatch, capfd)
    assert one.publish("ada", of=TODAY).code == 0
    shutil.copytree(recorded, one.root / "fixtures")
    return one


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Test cases of today's release, recorded from the readings of one of its pumps."""
    folder = tmp_path_factory.mktemp("recorded")
    rows, happened = plant.readings("P-1", 1), plant.events("P-1")
    write_readings(folder / "tables", plant.CLASS, rows)
    write_tables(folder / "tables", {"assets": assets("P-1"), "events": happened})
    made = make_fixtures(Scorer.load(TODAY), folder / "tables", folder / "fixtures")
    assert made == {"pump/bearing_wear": ["fault", "normal"]}
    return folder / "fixtures"


def seal(**fields: object) -> Signature:
    return replace(signature_from(yaml.safe_load((TODAY / PART).read_text("utf-8"))), **fields)


def assets(name: str) -> pd.DataFrame:
    frame = pd.DataFrame({"asset": [name], "equipment_class": [plant.CLASS], "attributes": "{}"})
    return frame.astype("str")
