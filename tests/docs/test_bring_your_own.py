"""The how-to says what happens: its params are read, and the doctor says what is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from faultprint.stages.doctor import doctor
from faultprint.store.settings import load_settings
from tests.job.test_azure import DATA

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "bring-your-own.md"


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


def _export(folder: Path) -> None:
    """Write the public sample as a stranger would export it."""
    rows = pd.concat(pd.read_csv(path) for path in DATA.glob("PdM_telemetry_machines*"))
    broken = pd.read_csv(DATA / "PdM_failures.csv").rename(columns={"failure": "Part"})
    changed = pd.read_csv(DATA / "PdM_maint.csv").rename(columns={"comp": "Part"})
    log = pd.concat([broken.assign(Type="Breakdown"), changed.assign(Type="Replacement")])
    log = log[log["machineID"].isin(rows["machineID"]) & log["datetime"].between(
        "2015-01-01", "2015-04-01")]  # fmt: skip
    log["Part"] = "Component " + log["Part"].str[-1]
    for frame, time in ((rows, "Timestamp"), (log, "When")):
        frame["Machine"] = "M-" + frame["machineID"].astype(str).str.zfill(2)
        frame[time] = pd.to_datetime(frame["datetime"]).dt.strftime("%d.%m.%Y %H:%M")
    names = {"volt": "Voltage [V]", "rotate": "Speed [1/min]", "pressure": "Pressure",
             "vibration": "Vibration"}  # fmt: skip
    rows = rows.rename(columns=names)[["Machine", "Timestamp", *names.values()]].round(3)
    rows.to_csv(folder / "sensors.csv", sep=";", decimal=",", index=False)
    log[["Machine", "When", "Type", "Part"]].to_csv(folder / "log.csv", sep=";", index=False)


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.exists(), reason=f"no public data in {DATA}: set FAULTPRINT_DATA")
def test_the_doctor_says_what_the_page_shows(tmp_path: Path) -> None:
    _export(tmp_path)
    params = tmp_path / "my_params.yaml"
    params.write_text(_blocks("yaml")[0], "utf-8")
    examined = doctor(load_settings(params, {"source.path": str(tmp_path)}))
    said = examined.page().replace(str(tmp_path), "/path/to/export")
    shown = next(block for block in _blocks("text") if block.startswith("Source"))
    assert said == shown.rstrip("\n")
    assert not examined.is_serious


def test_the_page_names_what_there_is() -> None:
    whole = "".join(_blocks("yaml"))
    assert "constant_kind: error" in whole
    assert {"stops", "misleads", "weakens", "note"} <= set(
        re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.M)
    )
