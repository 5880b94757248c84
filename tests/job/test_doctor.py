"""The doctor reads a source as the main job does, and says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from faultprint.cli.doctor import SERIOUS_STATUS
from faultprint.config import Settings
from faultprint.stages.doctor import doctor
from faultprint.stages.run import located
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings
from tests.evaluate import checkup_plant
from tests.job.plant import faultprint
from tests.job.test_azure import DATA

REPOSITORY = Path(__file__).parents[2]

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def test_an_export_in_order(tmp_path: Path, monkeypatch: Patch, capfd: Capture) -> None:
    params = checkup_plant.export(tmp_path / "plant")
    said = faultprint(monkeypatch, capfd, "doctor", "--params", str(params))
    assert said.code == 0, said.out
    assert "nothing here forbids a first try" in said.out
    assert "8640 readings; fan: 6 assets, 18 failures" in said.out
    assert "examine: 100%" in said.err
    assert {p.name for p in (tmp_path / "plant").iterdir()} == {
        "readings",
        "log.csv",
        "params.yaml",
    }


def test_an_export_with_a_log_of_other_words(
    tmp_path: Path, monkeypatch: Patch, capfd: Capture
) -> None:
    log = checkup_plant.events()
    log["asset"] = "Fan " + log["asset"].str[1:]
    log["kind"] = log["kind"].replace({"failure": "breakdown"})
    checkup_plant.export(tmp_path / "plant", log)
    params = str(tmp_path / "plant" / "params.yaml")
    said = faultprint(monkeypatch, capfd, "doctor", "--params", params, "--json")
    assert said.code == SERIOUS_STATUS
    told = json.loads(said.out)
    found = {one["check"]: one for one in told["findings"]}
    assert told["serious"]
    assert found["no_failures"]["severity"] == "stops"
    assert "'breakdown' 18" in found["unmapped_words"]["found"]
    assert found["units_never_seen"]["where"] == [f"Fan {n}" for n in range(6)]
    assert [one["severity"] for one in told["findings"]] == sorted(
        (one["severity"] for one in told["findings"]),
        key=["stops", "misleads", "weakens", "note"].index,
    )


def test_a_source_that_cannot_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: Patch, capfd: Capture
) -> None:
    params = checkup_plant.export(tmp_path / "plant")
    for path in (tmp_path / "plant" / "readings").iterdir():
        rows = pd.read_csv(path)
        rows.assign(time="some day").to_csv(path, index=False)
    said = faultprint(monkeypatch, capfd, "doctor", "--params", str(params))
    assert said.code == SERIOUS_STATUS
    assert "STOPS unreadable" in said.out
    assert "time_format" in said.out


def test_the_simulated_fleet_has_nothing_serious(
    job: tuple[Workspace, object], settings: Settings
) -> None:
    examined = doctor(located(settings, job[0].root))
    assert not [one for one in examined.findings if one.is_serious]
    checks = {one.check for one in examined.findings}
    assert "few_failures" in checks
    assert checks <= {
        "few_failures",
        "too_few_failures",
        "unnamed_failures",
        "units_never_seen",
        "other_period",
        "nothing_to_judge",
        "one_asset_only",
        "duplicate_times",
        "repeated_rows",
    }


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.exists(), reason=f"no public data in {DATA}: set FAULTPRINT_DATA")
def test_azure_has_nothing_serious() -> None:
    """Its failures all happen at six in the morning, which the readings confirm."""
    given = {"source.path": str(DATA.resolve())}
    examined = doctor(load_settings(REPOSITORY / "params" / "azure_pdm.yaml", given))
    assert {one.check for one in examined.findings} == {"few_failures", "outside_readings"}
    assert not examined.is_serious
