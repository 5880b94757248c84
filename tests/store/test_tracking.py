"""A training can be found again: parameters, metrics, data, pictures, models, aliases."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from faultprint.config import Tracking
from faultprint.errors import TrackingError
from faultprint.store import tracking as tracker
from faultprint.store.tracking import TrainedModel, Training
from faultprint.store.training import flatten, numbers, run_tags, spelled_params

SETTINGS = Tracking(experiment="tests", model="print")
FEATURES = ("vibration.rms", "pressure.slope_per_hour", "volt.mean@recent")
CLASSES = ("healthy", "seal leak", "bearing_wear")


def booster(seed: int) -> str:
    rng = np.random.default_rng(seed)
    rows = lgb.Dataset(
        rng.normal(size=(120, 3)), rng.integers(0, 3, 120), feature_name=list(FEATURES)
    )
    params = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    return lgb.train(params, rows, 3).model_to_string()


def training(seed: int = 1) -> Training:
    return Training(
        params={"twin": {"ridge": 1e-3}, "long": "x" * 9000, "list": [1, "a"], "ä(b)": None},
        metrics={"pump": {"recall": 0.75, "n": 12, "why": "text"}, "bad": float("nan")},
        fingerprints={"readings": "ab" * 32, "events": "cd" * 32},
        files={"plots/confusion.png": b"\x89PNG", "release/scoring.json": b"{}",
               "release/classes/pump/booster.txt": b"tree"},
        models=[TrainedModel(name, booster(seed), FEATURES, CLASSES) for name in ("pump", "fan")],
        tags={"release": "1.0.0"},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _outside_of_dvc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "PREFECT__FLOW_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


def race(root: str) -> str:
    return tracker.prepare(SETTINGS, Path(root))


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """A tracker that two processes found missing at the same time."""
    root = tmp_path_factory.mktemp("root")
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(race, [str(root)] * 2, timeout=120)), root


@pytest.fixture(scope="module")
def ready(raced: tuple[list[str], Path]) -> tuple[str, tracker.Logged, Path]:
    """A tracker with two trainings logged."""
    root = raced[1]
    uri = tracker.prepare(SETTINGS, root)
    tracker.log_training(uri, SETTINGS, training(seed=1))
    start = time.perf_counter()
    logged = tracker.log_training(uri, SETTINGS, training(seed=2))
    assert time.perf_counter() - start < 8
    return uri, logged, root


def client(uri: str):
    with tracker._client(uri) as made:
        return made


def test_everything_of_a_training_is_found_again(ready) -> None:
    uri, logged, _ = ready
    run = client(uri).get_run(logged.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["twin.ridge"] == "0.001"
    assert run.data.params["list"] == '[1, "a"]'
    assert run.data.params["long"] == "x" * 6000
    assert run.data.metrics == {"pump.recall": 0.75, "pump.n": 12.0}
    assert run.data.tags["data.readings"] == "ab" * 32
    assert (run.data.tags["release"], run.data.tags["runner"]) == ("1.0.0", "hand")
    assert {d.dataset.name: d.dataset.digest for d in run.inputs.dataset_inputs} == {
        "readings": "ab" * 18,
        "events": "cd" * 18,
    }


def test_files_come_back_byte_for_byte(ready) -> None:
    uri, logged, _ = ready
    assert tracker.read_files(uri, logged.run_id, "release") == {
        "scoring.json": b"{}",
        "classes/pump/booster.txt": b"tree",
    }
    assert tracker.read_files(uri, logged.run_id, "plots") == {"confusion.png": b"\x89PNG"}
    with pytest.raises(TrackingError, match="nowhere"):
        tracker.read_files(uri, logged.run_id, "nowhere")


def test_models_have_a_signature_and_are_challengers(ready) -> None:
    from mlflow.models import get_model_info

    uri, logged, _ = ready
    assert set(logged.versions) == {"pump", "fan"}
    assert tracker.champion(uri, SETTINGS, "fan", "challenger") == logged.versions["fan"]
    pump = logged.versions["pump"]
    assert (pump.name, pump.run_id) == ("print-pump", logged.run_id)
    assert tracker.read_booster(uri, pump) == booster(2)
    source = client(uri).get_model_version(pump.name, pump.version).source
    with tracker._mlflow(uri):
        signature = get_model_info(source).signature
    assert tuple(signature.inputs.input_names()) == FEATURES
    assert {str(kind) for kind in signature.inputs.input_types()} == {"DataType.double"}


def test_the_champion_is_who_was_promoted_never_the_latest(tmp_path: Path, ready) -> None:
    del tmp_path
    uri, logged, _ = ready
    with pytest.raises(TrackingError, match="alias champion not found"):
        tracker.champion(uri, SETTINGS, "fan")
    with pytest.raises(TrackingError, match="print-nothing not found"):
        tracker.champion(uri, SETTINGS, "nothing")
    tracker.promote(uri, SETTINGS, "pump", "1")
    assert tracker.champion(uri, SETTINGS, "pump").version == "1"
    assert tracker.champion(uri, SETTINGS, "pump", "challenger") == logged.versions["pump"]
    assert tracker.read_booster(uri, tracker.champion(uri, SETTINGS, "pump")) == booster(1)
    tracker.promote(uri, SETTINGS, "pump", "2")
    assert tracker.champion(uri, SETTINGS, "pump").version == "2"
    with pytest.raises(TrackingError, match="alias challenger not found"):
        tracker.champion(uri, SETTINGS, "pump", "challenger")


def test_an_alias_needs_a_version_that_exists(ready) -> None:
    uri, _, _ = ready
    with pytest.raises(TrackingError, match="version=99"):
        tracker.set_alias(uri, "print-pump", "champion", "99")


def test_an_altered_booster_is_refused(ready) -> None:
    uri, logged, root = ready
    files = [path for path in root.rglob("model.lgb") if path.read_text() == booster(2)]
    assert len(files) == 2
    for file in files:
        file.write_text(booster(3))
    try:
        with pytest.raises(TrackingError, match="a booster of print-fan 2 that was altered"):
            tracker.read_booster(uri, logged.versions["fan"])
    finally:
        for file in files:
            file.write_text(booster(2))


def test_nothing_is_written_elsewhere_and_global_state_is_left(ready, tmp_path: Path) -> None:
    import mlflow

    uri, _, root = ready
    before = mlflow.get_tracking_uri()
    assert before != uri
    with pytest.raises(TrackingError, match="not found"):
        tracker.champion(uri, SETTINGS, "nothing")
    assert mlflow.get_tracking_uri() == before
    assert list((tmp_path / "cwd").iterdir()) == []
    assert sorted(path.name for path in root.iterdir()) == ["mlflow.db", "mlruns"]
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == os.environ["DO_NOT_TRACK"] == "true"


def test_a_failed_training_is_marked_as_failed(ready) -> None:
    uri, _, _ = ready
    broken = TrainedModel("pump", "no booster", FEATURES, CLASSES)
    with pytest.raises(lgb.basic.LightGBMError, match="Model file"):
        tracker.log_training(uri, SETTINGS, Training({}, {}, {}, {}, [broken], {"mark": "broken"}))
    experiment = client(uri).get_experiment_by_name(SETTINGS.experiment).experiment_id
    (run,) = client(uri).search_runs([experiment], "tags.mark = 'broken'")
    assert run.info.status == "FAILED"


def test_dvc_experiments_use_the_main_repository(
    tmp_path: Path, raced: tuple[list[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main").mkdir()
    shutil.copy(raced[1] / "mlflow.db", tmp_path / "main")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "main"))
    uri = tracker.prepare(Tracking(experiment="other"), tmp_path / "temp")
    assert uri == f"sqlite:///{tmp_path / 'main' / 'mlflow.db'}"
    assert (
        client(uri).get_experiment_by_name("other").artifact_location
        == (tmp_path / "main" / "mlruns").as_uri()
    )
    assert not (tmp_path / "temp").exists()


def test_first_users_at_the_same_time_all_succeed(raced: tuple[list[str], Path]) -> None:
    uris, root = raced
    assert uris == [f"sqlite:///{root / 'mlflow.db'}"] * 2
    raw = sqlite3.connect(root / "mlflow.db")
    found = raw.execute("SELECT count(*) FROM experiments WHERE name = 'tests'").fetchone()
    raw.close()
    assert found == (1,)


def test_a_broken_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("not a database, but long enough to be taken for one" * 50)
    with pytest.raises(TrackingError, match="file is not a database"):
        tracker.prepare(SETTINGS, tmp_path)


def test_plain_words_for_the_tracker() -> None:
    assert flatten({"a": {"b": {"c": 1}, "d": {}}, "e": [1]}) == {"a.b.c": 1, "a.d": {}, "e": [1]}
    assert spelled_params({"ä(b)": None, "t": True}) == {"__b_": "null", "t": "true"}
    assert numbers({"a": 1, "b": None, "c": float("inf"), "d": True}) == {"a": 1.0, "d": 1.0}


def test_tags_say_who_ran_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "learn")
    monkeypatch.setenv("DVC_EXP_NAME", "")
    assert run_tags() == {"runner": "dvc", "dvc.stage": "learn"}
    monkeypatch.delenv("DVC_STAGE")
    monkeypatch.setenv("PREFECT__FLOW_RUN_ID", "f1")
    assert run_tags() == {"runner": "prefect", "prefect.flow_run": "f1"}
