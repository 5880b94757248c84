"""Training, batch scoring and the HTTP service say the same about the same rows."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pandas as pd
import pytest

from faultprint.config import Cleaning
from faultprint.faults.learning.design import source_of
from faultprint.faults.release import release_from_parts
from faultprint.serve.api import records
from faultprint.serve.score import Scorer
from faultprint.signal.clean import flag_again
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.bundle import read_bundle
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.tables import QUALITY_SUFFIX

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
SAID = ["verdict", "failure_mode", "candidates", "p_values", "evidence", "reason"]


@pytest.fixture(scope="module")
def address(job: Job) -> Iterator[str]:
    """A real service, started as a user would start it."""
    workspace, _ = job
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "faultprint", "serve", "--port", str(port)]
    command += ["--release", str(workspace.release), "--results", str(workspace.results)]
    service = subprocess.Popen(command, stderr=subprocess.PIPE)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, service)
        yield address
    finally:
        service.terminate()
        service.communicate(timeout=30)


def _wait_for(address: str, service: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert service.poll() is None, service.communicate()[1].decode()
        try:
            if httpx.get(f"{address}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail("the service did not answer within a minute")


def _body(readings: pd.DataFrame, events: pd.DataFrame, equipment_class: str) -> dict[str, object]:
    flags = [c for c in readings.columns if c.endswith(QUALITY_SUFFIX)]
    rows = readings.drop(columns=["asset", *flags])
    rows = rows.assign(time=readings["time"].map(pd.Timestamp.isoformat))
    texts = ["kind", "code", "failure_mode", "item", "text"]
    told = events.assign(time=events["time"].map(pd.Timestamp.isoformat))
    return {
        "asset": str(readings["asset"].iloc[0]),
        "equipment_class": equipment_class,
        "readings": json.loads(rows.to_json(orient="records", double_precision=15)),
        "events": told[["time", *texts]].to_dict("records"),
    }


@pytest.mark.parametrize("which", [0, -1])
def test_the_service_says_what_batch_scoring_said(job: Job, address: str, which: int) -> None:
    workspace, _ = job
    equipment_class, asset = list_assets(workspace.tables)[which]
    readings = read_readings(workspace.tables, equipment_class, asset).iloc[:1500]
    # What JSON carries: the same numbers for both sides.
    values = [c for c in readings.columns if f"{c}{QUALITY_SUFFIX}" in readings.columns]
    readings[values] = readings[values].round(9)
    events = read_table(workspace.tables, "events")
    events = events[events["asset"] == asset]
    scored = Scorer.load(workspace.release).score(
        readings, events, read_table(workspace.tables, "assets")
    )
    answer = httpx.post(
        f"{address}/score", json=_body(readings, events, equipment_class), timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert len(scored.diagnoses) > 50
    for name in ("diagnoses", "states", "incidents"):
        assert answer.json()[name] == records(name, getattr(scored, name))


def test_batch_scoring_says_what_training_judged(job: Job) -> None:
    workspace, _ = job
    _, parts = read_bundle(workspace.candidate)
    scorer = Scorer(release_from_parts(parts), "candidate")
    batch = read_table(workspace.results, "diagnoses").set_index(["asset", "end"])
    for windows in read_frames(workspace.expected / "windows").values():
        judged = scorer.score_windows(windows).diagnoses.set_index(["asset", "end"])
        pd.testing.assert_frame_equal(judged[SAID], batch.loc[judged.index, SAID])


def test_other_assets_and_the_future_change_nothing(job: Job) -> None:
    workspace, _ = job
    equipment_class, asset = list_assets(workspace.tables)[0]
    readings = read_readings(workspace.tables, equipment_class, asset)
    events = read_table(workspace.tables, "events")
    halfway = readings["time"].iloc[len(readings) // 2]
    scored = Scorer.load(workspace.release).score(
        readings[readings["time"] <= halfway],
        events[(events["asset"] == asset) & (events["time"] <= halfway)],
        read_table(workspace.tables, "assets"),
    )
    batch = read_table(workspace.results, "diagnoses").set_index(["asset", "end"])
    alone = scored.diagnoses.set_index(["asset", "end"])
    assert len(alone) > 100
    pd.testing.assert_frame_equal(alone[SAID], batch.loc[alone.index, SAID])


def test_the_state_of_an_asset_is_what_batch_scoring_wrote(job: Job, address: str) -> None:
    workspace, _ = job
    _, asset = list_assets(workspace.tables)[0]
    states = read_table(workspace.results, "states")
    last = states[states["asset"] == asset].tail(1)
    answer = httpx.get(f"{address}/assets/{asset}/state")
    assert answer.json()["state"] == records("states", last)[0]


def test_other_settings_at_the_door_change_no_diagnosis(job: Job) -> None:
    """A release flags readings with the settings it was learnt with."""
    workspace, _ = job
    equipment_class, asset = list_assets(workspace.tables)[0]
    readings = read_readings(workspace.tables, equipment_class, asset)
    scorer = Scorer.load(workspace.release)
    events = read_table(workspace.tables, "events")
    events = events[events["asset"] == asset]
    equipment = scorer.release.scoring.equipment[equipment_class]
    strict = Cleaning(stuck_for=4, spike_sigma=3.0)
    other = flag_again(readings, equipment, strict)
    assert not other.equals(readings)
    one, two = (
        scorer.describe(rows, events, equipment_class).windows for rows in (readings, other)
    )
    pd.testing.assert_frame_equal(one, two)


def test_a_fault_whose_sensor_is_missing_is_not_judged(job: Job) -> None:
    workspace, _ = job
    scorer = Scorer.load(workspace.release)
    windows = read_frames(workspace.expected / "windows")["centrifugal_pump"]
    mine = [s for s in scorer.release.signatures if s.equipment_class == "centrifugal_pump"]
    sensor = source_of(mine[0].symptoms[0].descriptor)
    blinded = windows.assign(
        **{c: float("nan") for c in windows.columns if c.startswith(f"{sensor}.")}
    )
    seen = scorer.score_windows(windows).diagnoses.set_index(["asset", "end"])
    told = scorer.score_windows(blinded).diagnoses.set_index(["asset", "end"])
    judged = told["verdict"] != "not_evaluable"
    mode = mine[0].failure_mode
    assert (seen.loc[judged, "failure_mode"] == mode).any()
    assert not (told["failure_mode"] == mode).any()
    assert told.loc[judged, "reason"].str.contains(mode).all()
    assert told.loc[judged, "p_values"].map(json.loads).map(lambda p: p[mode] is None).all()


def test_an_asset_unknown_to_the_release_is_commissioned_first(job: Job) -> None:
    workspace, _ = job
    scorer = Scorer.load(workspace.release)
    windows = read_frames(workspace.expected / "windows")["centrifugal_pump"]
    asset = windows["asset"].iloc[0]
    known = windows[windows["asset"] == asset].reset_index(drop=True)
    fresh = known.assign(asset="P-new").astype({"asset": "str"})
    scored = scorer.score_windows(fresh)
    early = scored.windows["centrifugal_pump"]["reason"] == "no_baseline"
    evaluable = known.loc[known["reason"] == "", "end"]
    assert early.any()
    assert scored.windows["centrifugal_pump"].loc[early, "end"].max() <= (
        evaluable.min() + pd.Timedelta(days=30)
    )
    late = evaluable.max() - pd.Timedelta(days=60)
    part = scorer.score_windows(fresh[fresh["end"] <= late]).residuals
    whole = scored.residuals[scored.residuals["end"] <= late].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.reset_index(drop=True), whole)
