"""The smallest params file runs on an export that looks as it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.stages.run import run_stage
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.parquet import read_table
from faultprint.store.settings import load_settings

STARTER = Path(__file__).parents[2] / "params" / "starter.yaml"


def _export(folder: Path) -> None:
    """Two fans, forty days, a breakdown each; in local time, with semicolons."""
    (folder / "readings").mkdir(parents=True)
    times = pd.date_range("2026-01-05", periods=40 * 24, freq="h")
    rng = np.random.default_rng(1)
    log = []
    for number, name in enumerate(["V01", "V02"]):
        speed = rng.normal(900, 50, len(times))
        frame = pd.DataFrame(
            {
                "Time": times.strftime("%Y-%m-%d %H:%M:%S"),
                "Speed": speed.round(1),
                "Vibration": (speed / 450 + rng.normal(0, 0.1, len(times))).round(3),
                "BearingTemp": (40 + rng.normal(0, 1, len(times))).round(2),
            }
        )
        frame.to_csv(folder / "readings" / f"{name}.csv", sep=";", index=False)
        log.append((name, times[24 * (20 + number)], "breakdown", "bearing"))
        log.append((name, times[24 * (21 + number)], "repair", ""))
        log.append((name, times[24 * 5], "chat", ""))
    events = pd.DataFrame(log, columns=["Fan", "Date", "Type", "Cause"])
    events["Date"] = events["Date"].dt.strftime("%Y-%m-%d %H:%M")
    events.assign(Part="bearing", Remark="").to_csv(folder / "events.csv", sep=";", index=False)


def test_the_starter_reads_an_export_that_looks_as_it_says(tmp_path: Path) -> None:
    _export(tmp_path / "export")
    settings = load_settings(STARTER, {"source.path": str(tmp_path / "export")})
    for name in ("ingest", "describe"):
        run_stage(name, settings, tmp_path)
    workspace = Workspace(tmp_path)
    events = read_table(workspace.tables, "events")
    assert events["kind"].value_counts().to_dict() == {"failure": 2, "maintenance": 2}
    assert set(events.loc[events["kind"] == "failure", "failure_mode"]) == {"bearing_wear"}
    assert len(read_table(workspace.tables, "rejects")) == 2
    used = read_frames(workspace.windows)["fan"]["use"]
    assert {"healthy", "fault"} <= set(used)
