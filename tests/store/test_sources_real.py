"""The readers of published layouts, on the data themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from faultprint.config import settings_from
from faultprint.errors import ConfigError, SourceError
from faultprint.stages.ingest import ingest
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.store.settings import load_settings
from faultprint.store.sources import azure_pdm, cmapss, cwru, hydraulic, skab

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FAULTPRINT_DATA", ROOT.parent / "shared" / "data"))

present = pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data sets at {DATA}")


def params(
    layout: ModuleType, path: Path, sensors: list[str] | None = None, **options: Any
) -> dict[str, Any]:
    """Params with the sensors a layout publishes, or some of them."""
    published = dict(layout.VARIABLE_MAP.values())
    chosen = {name: {"unit": published[name]} for name in sensors or published}
    kind = layout.__name__.rpartition(".")[2]
    return {
        "equipment": {"unit": {"period": "1s", "sensors": chosen}},
        "source": {"kind": kind, "path": str(path), "options": options},
    }


def read(tmp_path: Path, said: Mapping[str, Any]) -> tuple[dict[str, Any], Path]:
    told = ingest(settings_from(said), tmp_path / "tables", tmp_path / "ingest.html")
    return told, tmp_path / "tables"


@pytest.mark.realdata
@present
def test_azure_pdm(tmp_path: Path) -> None:
    said = load_settings(ROOT / "params/azure_pdm.yaml", {"source.path": str(DATA / "azure_pdm")})
    told = ingest(said, tmp_path / "tables", tmp_path / "ingest.html")
    assert (told["assets"], told["readings"], told["rejects"]) == (20, 43_200, {})
    machine = read_readings(tmp_path / "tables", "machine", "1")
    assert machine["time"].iloc[0] == pd.Timestamp("2015-01-01T06:00Z")
    assert machine["volt"].iloc[0] == 176.217853015625
    events = read_table(tmp_path / "tables", "events")
    assert set(events["asset"]) <= {str(n) for n in range(1, 21)}
    failed = events[(events["asset"] == "1") & (events["kind"] == "failure")].iloc[0]
    assert (failed["time"], failed["failure_mode"], failed["item"]) == (
        pd.Timestamp("2015-01-05T06:00Z"),
        "comp4",
        "comp4",
    )
    assert set(events[events["kind"] == "error"]["code"]) == {f"error{n}" for n in range(1, 6)}


def test_azure_pdm_with_american_dates(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    files = {
        "PdM_telemetry.csv": "datetime,machineID,volt,rotate,pressure,vibration\n"
        "1/2/2015 6:00:00 AM,7,170,450,100,40\n1/2/2015 1:00:00 PM,7,171,451,101,41\n",
        "PdM_failures.csv": "datetime,machineID,failure\n1/3/2015 6:00:00 AM,7,comp2\n",
        "PdM_maint.csv": "datetime,machineID,comp\n6/1/2014 6:00:00 AM,7,comp2\n",
        "PdM_errors.csv": "datetime,machineID,errorID\n",
        "PdM_machines.csv": "machineID,model,age\n7,model3,18\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    _, tables = read(tmp_path, params(azure_pdm, folder))
    times = read_readings(tables, "unit", "7")["time"]
    assert times.tolist() == [pd.Timestamp("2015-01-02T06:00Z"), pd.Timestamp("2015-01-02T13:00Z")]
    assert read_table(tables, "events")["time"].tolist() == [
        pd.Timestamp("2014-06-01T06:00Z"),
        pd.Timestamp("2015-01-03T06:00Z"),
    ]


@pytest.mark.realdata
@present
def test_cmapss_train_and_test(tmp_path: Path) -> None:
    said = params(cmapss, DATA / "cmapss", ["altitude", "t24", "nc"], part="both")
    told, tables = read(tmp_path, said)
    assert (told["assets"], told["readings"], told["rejects"]) == (200, 33_727, {})
    engine = read_readings(tables, "unit", "FD001-train-001")
    assert len(engine) == 192
    assert engine["t24"].iloc[0] == 641.82
    failures = read_table(tables, "events").set_index("asset")["time"]
    assert failures["FD001-train-001"] == engine["time"].iloc[-1]
    last = read_readings(tables, "unit", "FD001-test-001")["time"].iloc[-1]
    assert failures["FD001-test-001"] - last == pd.Timedelta("112h")


@pytest.mark.realdata
@present
def test_hydraulic(tmp_path: Path) -> None:
    said = params(hydraulic, DATA / "hydraulic", ["flow1", "temperature1"], target="cooler")
    told, tables = read(tmp_path, said)
    assert (told["assets"], told["readings"]) == (194, 2205 * 60)
    run = read_readings(tables, "unit", "run-001")
    assert run["segment"].iloc[[0, 59, 60]].tolist() == [0, 0, 1]
    assert run["temperature1"].iloc[:2].tolist() == [35.57, 35.492]
    first = [8.99, 0.77, 0.641, 0.006, 0, 0, 0.001, 0.003, 0.001, 0.001]
    assert run["flow1"].iloc[0] == pytest.approx(np.mean(first))
    events = read_table(tables, "events")
    assert set(events["failure_mode"]) == {"cooler_reduced", "cooler_near_failure"}
    covered = (events["end"] - events["time"] + pd.Timedelta("100ms")).sum() / pd.Timedelta("60s")
    assert covered == 732 + 732


@pytest.mark.realdata
@present
def test_skab(tmp_path: Path) -> None:
    _, tables = read(tmp_path, params(skab, DATA / "skab" / "data" / "valve1"))
    assert len(list_assets(tables)) == 16
    fault = read_table(tables, "events").set_index("asset").loc["valve1-0"]
    rig = read_readings(tables, "unit", "valve1-0")
    inside = rig["time"].between(fault["time"], fault["end"])
    raw = pd.read_csv(DATA / "skab/data/valve1/0.csv", sep=";")
    np.testing.assert_array_equal(inside, raw["anomaly"] == 1)
    np.testing.assert_array_equal(rig["current"], raw["Current"])


@pytest.mark.realdata
@present
def test_cwru(tmp_path: Path) -> None:
    said = params(cwru, DATA / "cwru", ["drive_end", "fan_end"], seconds=0.5)
    _, tables = read(tmp_path, said)
    assert [asset for _, asset in list_assets(tables)] == [
        "B007", "B014", "IR007", "IR014", "OR007", "OR014", "normal",
    ]  # fmt: skip
    bearing = read_readings(tables, "unit", "IR007")
    assert bearing.groupby("segment").size().to_dict() == {105: 6000, 107: 6000}
    events = read_table(tables, "events")
    assert set(events["failure_mode"]) == {"inner_race", "outer_race", "ball"}
    assert "normal" not in set(events["asset"])
    within = bearing[bearing["segment"] == 105]
    fault = events[(events["asset"] == "IR007")].iloc[0]
    assert within["time"].between(fault["time"], fault["end"]).all()
    assert (
        within["drive_end"].std() > 3 * read_readings(tables, "unit", "normal")["drive_end"].std()
    )


@pytest.mark.realdata
@present
def test_a_truncated_recording_is_a_reject(tmp_path: Path) -> None:
    source = DATA / "cwru/12k_Drive_End_Bearing_Fault_Data/B/007"
    for load in ("118_0", "120_2"):
        target = tmp_path / f"raw/B/007/{load}.mat"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(
            (source / f"{load}.mat").read_bytes()[: None if load == "118_0" else 50_000]
        )
    _, tables = read(tmp_path, params(cwru, tmp_path / "raw", ["drive_end"], seconds=0.1))
    refused = read_table(tables, "rejects")
    assert refused["source"].tolist() == ["B/007/120_2.mat"]
    assert refused["reason"].str.contains("truncated or no .mat file").all()


@pytest.mark.realdata
@present
@pytest.mark.parametrize(
    ("layout", "folder", "options", "said"),
    [
        (azure_pdm, "azure_pdm", {"machines": "one"}, "a range like '1-20'"),
        (azure_pdm, "azure_pdm", {"machine": "1"}, "did you mean 'machines'"),
        (cmapss, "cmapss", {"subset": "FD01"}, "did you mean 'FD001'"),
        (hydraulic, "hydraulic", {"target": "vale"}, "did you mean 'valve'"),
        (cwru, "cwru", {"seconds": -1}, "seconds -1; expected a number above 0"),
    ],
)
def test_wrong_options(
    tmp_path: Path, layout: ModuleType, folder: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, params(layout, DATA / folder, **options))


@pytest.mark.parametrize("layout", [azure_pdm, cmapss, hydraulic, skab, cwru])
def test_an_empty_folder_is_a_clear_error(tmp_path: Path, layout: ModuleType) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(SourceError, match=r"no file at .*expected CSV or Parquet"):
        read(tmp_path, params(layout, tmp_path / "raw"))
