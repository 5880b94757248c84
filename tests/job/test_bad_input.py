"""Bad input between the stages: a clear line and status 1, or a result that says why."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
import yaml

from faultprint.config import Settings
from faultprint.serve.api import create_app
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store import engine
from faultprint.store.parquet import list_assets, read_parquet, read_table, write_parquet
from faultprint.store.signature_db import SignatureDatabase
from tests.job.plant import COMPRESSOR, PUMP, Plant, Said, copy_plant, faultprint, refused
from tests.serve.conftest import serve

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
Run = Callable[..., Said]
Damage = Callable[[Path], object]


@pytest.fixture
def plant(job: Job, settings: Settings, tmp_path: Path) -> Plant:
    return copy_plant(job[0], settings, tmp_path / "plant")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    return lambda *args: faultprint(monkeypatch, capfd, *map(str, args))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def drop(column: str) -> Damage:
    def damage(path: Path) -> None:
        write_parquet(read_parquet(path).drop(columns=column), path)

    return damage


def block(path: Path) -> None:
    """Put a file where a folder should be made: nobody, not even root, can write below it."""
    shutil.rmtree(path, ignore_errors=True)
    path.write_text("a file", "utf-8")


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("windws: {step: 6h}", "did you mean 'windows'"),
        ("windows: {stp: 6h}", "did you mean 'step'"),
        ("seed: 1\nseed: 2", "the key 'seed' stands twice"),
        ("windows: [", "not sound YAML"),
        ("- a list", "a mapping of settings"),
    ],
)
def test_wrong_params_are_named(run: Run, tmp_path: Path, text: str, said: str) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(text, "utf-8")
    refused(run("stage", "describe", "--params", params), said, str(params))


def test_missing_params_and_odd_overrides_are_named(run: Run, tmp_path: Path) -> None:
    refused(run("stage", "describe", "--params", tmp_path / "none.yaml"), "none.yaml")
    refused(run("stage", "describe", "-S", "windows.step"), "key=value")
    refused(run("stage", "describe", "-S", "windows.step=["), "not YAML")
    refused(run("stage", "descibe", "-S", "seed=1"), "did you mean 'describe'")


# --- what earlier stages left --------------------------------------------------------------------

TABLES, EXPECTED = "data/tables", "data/expected"
FIRST = f"{TABLES}/readings/equipment_class={PUMP}/asset=P-101/part-0.parquet"


@pytest.mark.parametrize(
    ("stage", "place", "damage", "said"),
    [
        ("describe", TABLES, shutil.rmtree, "run that stage first"),
        ("describe", f"{TABLES}/readings", shutil.rmtree, "run the ingest stage first"),
        ("describe", FIRST, truncate, "asset=P-101"),
        ("describe", FIRST, drop("time"), "'readings' without 'time'"),
        ("describe", f"{TABLES}/events.parquet", drop("item"), "'events' without 'item'"),
        ("expect", "data/windows", shutil.rmtree, "no Parquet file"),
        ("expect", f"data/windows/{PUMP}.parquet", truncate, "a whole Parquet file"),
        ("expect", f"data/windows/{PUMP}.parquet", drop("use"), "'windows' without 'use'"),
        ("learn", EXPECTED, shutil.rmtree, "no Parquet file"),
        ("learn", TABLES, shutil.rmtree, "data/tables"),
        ("learn", f"{EXPECTED}/windows/{PUMP}.parquet", truncate, "a whole Parquet file"),
        ("learn", f"{EXPECTED}/residuals/{PUMP}.parquet", Path.unlink, f"no file of '{PUMP}'"),
        ("learn", f"{EXPECTED}/residuals/{PUMP}.parquet", drop("deviance"), "without 'deviance'"),
        ("publish", "models/candidate", shutil.rmtree, "no such folder"),
        ("publish", "models/candidate/manifest.json", truncate, "manifest.json"),
        ("publish", "metrics/learn.json", Path.unlink, "metrics/learn.json"),
        ("publish", "metrics/learn.json", truncate, "metrics/learn.json"),
        ("publish", "models/signatures.db", truncate, "signatures.db"),
        ("score", TABLES, shutil.rmtree, "run that stage first"),
        ("score", f"{TABLES}/readings", shutil.rmtree, "run the ingest stage first"),
        ("score", f"{TABLES}/assets.parquet", truncate, "assets.parquet"),
        ("score", "models/release", shutil.rmtree, "no such folder"),
        ("score", "models/release/scoring.json", truncate, "scoring.json: altered"),
        ("score", "models/release/manifest.json", truncate, "manifest.json"),
        ("score", "results/states.parquet", truncate, "states.parquet"),
        ("score", "results/states.parquet", drop("alarm"), "'states' without 'alarm'"),
        ("report", "results", shutil.rmtree, "incidents.parquet"),
        ("report", "results/residuals.parquet", truncate, "residuals.parquet"),
        ("report", "models/release/scoring.json", Path.unlink, "scoring.json: missing"),
        ("report", EXPECTED, shutil.rmtree, "no Parquet file"),
        ("report", "metrics/learn.json", truncate, "metrics/learn.json"),
    ],
)
def test_a_damaged_or_missing_place_is_named(
    run: Run, plant: Plant, stage: str, place: str, damage: Damage, said: str
) -> None:
    if stage in {"score", "describe"}:
        plant.keep((PUMP, "P-101"))
    damage(plant.root / place)
    left = {p for p in plant.root.rglob("*") if p.is_file() and "mlflow" not in p.name}
    refused(run(*plant.told(stage)), said)
    now = {p for p in plant.root.rglob("*") if p.is_file() and "mlflow" not in p.name}
    assert {p.name for p in now ^ left} <= {".results.lock"}


@pytest.mark.parametrize("damage", [truncate, Path.unlink])
def test_a_damaged_twin_is_named(run: Run, plant: Plant, damage: Damage) -> None:
    plant.keep()
    for table in ("windows", "residuals"):
        file = plant.root / EXPECTED / table / f"{PUMP}.parquet"
        file.unlink()
    damage(plant.root / EXPECTED / "twins" / f"{COMPRESSOR}.json")
    before = plant.content("models/candidate", "metrics")
    refused(run(*plant.told("learn", "-S", "classifier.rounds=2")), f"{COMPRESSOR}.json")
    assert plant.content("models/candidate", "metrics") == before


def test_numbers_of_another_candidate_do_not_pass_the_gate(run: Run, plant: Plant) -> None:
    file = plant.workspace.metrics / "learn.json"
    numbers = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**numbers, "content_hash": "0" * 64}), "utf-8")
    refused(run(*plant.told("publish")), "numbers of 000000000000", "run the learn stage again")


@pytest.mark.parametrize("stage", ["describe", "expect", "learn"])
def test_a_class_that_the_settings_do_not_know(run: Run, plant: Plant, stage: str) -> None:
    params = plant.root / "params.yaml"
    told = yaml.safe_load(params.read_text("utf-8"))
    del told["equipment"][COMPRESSOR]
    params.write_text(yaml.safe_dump(told), "utf-8")
    refused(run(*plant.told(stage)), f"unknown equipment class '{COMPRESSOR}'")


@pytest.mark.parametrize(
    ("stage", "place"),
    [
        ("describe", "data/windows"),
        ("expect", "data/expected"),
        ("publish", "models/release"),
        ("score", "results"),
        ("report", "reports"),
    ],
)
def test_a_folder_that_cannot_be_written(run: Run, plant: Plant, stage: str, place: str) -> None:
    if stage in {"score", "describe"}:
        plant.keep((PUMP, "P-101"))
    block(plant.root / place)
    refused(run(*plant.told(stage)), place, "what stood there before is untouched")


# --- histories -----------------------------------------------------------------------------------


def test_three_rows_in_training_are_kept_with_their_reason(run: Run, plant: Plant) -> None:
    kept = list_assets(plant.workspace.tables)[:2]
    plant.keep(*kept)
    plant.edit(plant.readings(*kept[0]), lambda frame: frame.head(3))
    assert run(*plant.told("describe")).code == 0
    windows = read_table(plant.workspace.windows, PUMP)
    short = windows[windows["asset"] == kept[0][1]]
    assert len(short) > 0
    assert set(short["use"]) <= {"not_evaluable:insufficient_history", "not_evaluable:off"}


def test_no_row_at_all_is_too_little(run: Run, plant: Plant) -> None:
    kept = list_assets(plant.workspace.tables)[0]
    plant.keep(kept)
    plant.edit(plant.readings(*kept), lambda frame: frame.head(0))
    refused(run(*plant.told("describe")), "not one window")


def test_a_class_that_never_ran_healthy_is_named(run: Run, plant: Plant) -> None:
    for one in list_assets(plant.workspace.tables):
        if one[0] == COMPRESSOR:
            plant.edit(plant.readings(*one), lambda frame: frame.assign(speed=0.0))
    assert run(*plant.told("describe")).code == 0
    before = plant.content("data/expected")
    refused(run(*plant.told("expect")), f"no healthy window of '{COMPRESSOR}'", "not_evaluable:off")
    assert plant.content("data/expected") == before


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2035-01-01T00:00:00Z", "none of them held out"),
        ("1999-01-01T00:00:00Z", "the held-out time covers all"),
        ("2025-06-01T00:00:00", "a date without a zone"),
        ("soon", "an ISO date with zone"),
    ],
)
def test_a_holdout_outside_the_history(run: Run, plant: Plant, date: str, said: str) -> None:
    option = ("-S", f"split.holdout='{date}'")
    described = run(*plant.told("describe", *option))
    refused(described if described.code else run(*plant.told("expect", *option)), said)


def test_one_asset_is_learnt_from_by_its_runs(run: Run, plant: Plant) -> None:
    """There is no other asset to hold out, so what ran without a break stays in one fold."""
    plant.keep((PUMP, "P-101"))
    for stage in ("describe", "expect", "learn"):
        assert run(*plant.told(stage)).code == 0
    windows = read_frames(plant.workspace.expected / "windows")[PUMP]
    train = windows[windows["part"] == "train"]
    assert len(set(train["fold"])) > 1
    assert (train.groupby("run")["fold"].agg(lambda folds: len(set(folds))) == 1).all()


LEARN = ("-S", "classifier.rounds=5", "-S", "split.folds=2", "-S", "labels.horizon=3d")
PASS = ("-S", "gate.first_floor=0")  # with so little history it is hardly better than nothing


def only_pumps(plant: Plant, count: int) -> None:
    plant.keep(*[one for one in list_assets(plant.workspace.tables) if one[0] == PUMP][:count])
    shutil.rmtree(plant.workspace.results)
    for place in (plant.root / "models").glob("signatures.db*"):
        place.unlink()


def learnt(run: Run, plant: Plant, *options: str) -> dict[str, Said]:
    stages = ("describe", "expect", "learn", "publish", "score", "report")
    said = {name: run(*plant.told(name, *LEARN, *PASS, *options)) for name in stages}
    assert [one.error for one in said.values() if one.code] == []
    return said


def test_a_history_without_a_failure_gives_a_release_without_a_signature(
    run: Run, plant: Plant
) -> None:
    only_pumps(plant, 4)
    events = plant.workspace.tables / "events.parquet"
    plant.edit(events, lambda frame: frame[frame["kind"] != "failure"])
    said = learnt(run, plant)
    assert json.loads(said["learn"].out)["found"] == "0 of 0 held-out failures"
    assert json.loads(said["publish"].out)["promoted"] is True
    release = ("--release", plant.workspace.release)
    assert run("signatures", "list", *release).out.count("\n") == 1
    refused(run("signatures", "show", "seal_leak", *release), "unknown signature")
    verdicts = set(read_table(plant.workspace.results, "diagnoses")["verdict"])
    assert {"healthy", "not_evaluable"} <= verdicts <= {"healthy", "not_evaluable", "deviation"}
    assert "No failure happened in the judged time" in (
        plant.workspace.reports / "index.html"
    ).read_text("utf-8")


def test_too_few_episodes_are_refused_by_name(run: Run, plant: Plant) -> None:
    only_pumps(plant, 5)
    told = json.loads(learnt(run, plant, "-S", "classifier.min_episodes=50")["learn"].out)
    assert told["refused"][PUMP]
    assert all("50" in reason for reason in told["refused"][PUMP])
    assert told["events"]["failures"] > 0
    page = (plant.workspace.reports / "index.html").read_text("utf-8")
    assert told["refused"][PUMP][0].split(":")[0] in page


@pytest.mark.slow
def test_a_single_failure_is_not_learnt_and_said_so(run: Run, plant: Plant) -> None:
    only_pumps(plant, 4)

    def one(frame: pd.DataFrame) -> pd.DataFrame:
        failed = (frame["kind"] == "failure") & (frame["failure_mode"] != "")
        mine = frame["asset"].isin([name for _, name in list_assets(plant.workspace.tables)])
        first = frame.index[failed & mine][:1]
        return frame[(frame["kind"] != "failure") | frame.index.isin(first)]

    plant.edit(plant.workspace.tables / "events.parquet", one)
    told = json.loads(learnt(run, plant)["learn"].out)
    assert len(told["refused"][PUMP]) <= 1
    assert set(read_table(plant.workspace.results, "diagnoses")["failure_mode"]) == {""}


# --- scoring -------------------------------------------------------------------------------------


@pytest.fixture
def pump(plant: Plant) -> Plant:
    """One pump, nothing scored yet."""
    plant.keep((PUMP, "P-101"))
    shutil.rmtree(plant.workspace.results)
    return plant


def diagnoses(plant: Plant) -> pd.DataFrame:
    return read_table(plant.workspace.results, "diagnoses")


def test_scoring_three_rows_says_that_they_are_too_few(run: Run, pump: Plant) -> None:
    pump.edit(pump.readings(PUMP, "P-101"), lambda frame: frame.head(3))
    assert run(*pump.told("score")).code == 0
    assert set(diagnoses(pump)["verdict"]) == {"not_evaluable"}
    assert set(diagnoses(pump)["reason"]) <= {"insufficient_history", "off"}
    assert len(read_table(pump.workspace.results, "incidents")) == 0
    assert run(*pump.told("report")).code == 0


@pytest.mark.parametrize("how", ["column gone", "flood of NaN"])
def test_a_sensor_that_vanished_is_named_in_every_window(run: Run, pump: Plant, how: str) -> None:
    def vanish(frame: pd.DataFrame) -> pd.DataFrame:
        if how == "column gone":
            return frame.drop(columns=["flow", "flow__quality"])
        return frame.assign(flow=np.nan, flow__quality=np.uint8(1))

    pump.edit(pump.readings(PUMP, "P-101"), vanish)
    assert run(*pump.told("score")).code == 0
    found = diagnoses(pump)
    assert set(found["verdict"]) == {"not_evaluable"}
    assert "sensor_missing:flow" in set(found["reason"])


def test_a_new_sensor_changes_nothing(run: Run, pump: Plant) -> None:
    assert run(*pump.told("score")).code == 0
    before = pump.content("results")
    shutil.rmtree(pump.workspace.results)
    pump.edit(
        pump.readings(PUMP, "P-101"),
        lambda frame: frame.assign(torque=1.0, torque__quality=frame["flow__quality"]),
    )
    assert run(*pump.told("score")).code == 0
    assert pump.content("results") == before


def test_an_unknown_class_is_refused_and_the_others_scored(run: Run, plant: Plant) -> None:
    plant.keep((PUMP, "P-101"), (PUMP, "P-102"))
    shutil.rmtree(plant.workspace.results)
    plant.readings("turbine", "P-101").parent.parent.mkdir()
    plant.readings(PUMP, "P-101").parent.rename(plant.readings("turbine", "P-101").parent)
    plant.edit(
        plant.workspace.tables / "assets.parquet",
        lambda frame: frame.assign(
            equipment_class=frame["equipment_class"].where(frame["asset"] != "P-101", "turbine")
        ),
    )
    said = json.loads(run(*plant.told("score")).out)
    assert [one["asset"] for one in said["refused"]] == ["P-101"]
    assert "knows no 'turbine'" in said["refused"][0]["reason"]
    assert set(diagnoses(plant)["asset"]) == {"P-102"}
    assert run(*plant.told("report")).code == 0
    assert "P-101 was not judged" in (plant.workspace.reports / "index.html").read_text("utf-8")


def test_nothing_but_unknown_assets_keeps_what_was_there(run: Run, plant: Plant) -> None:
    plant.keep((PUMP, "P-101"))
    plant.edit(plant.workspace.tables / "assets.parquet", lambda frame: frame.head(0))
    before = plant.content("results/diagnoses.parquet", "results/incidents.parquet")
    said = json.loads(run(*plant.told("score")).out)
    assert "asset register" in said["refused"][0]["reason"]
    assert plant.content("results/diagnoses.parquet", "results/incidents.parquet") == before
    shutil.rmtree(plant.workspace.results)
    assert run(*plant.told("score")).code == 0
    assert len(diagnoses(plant)) == 0
    assert run(*plant.told("report")).code == 0


def test_equipment_that_was_off_throughout_is_not_evaluated(run: Run, pump: Plant) -> None:
    pump.edit(pump.readings(PUMP, "P-101"), lambda frame: frame.assign(speed=0.0))
    assert run(*pump.told("score")).code == 0
    assert set(diagnoses(pump)["reason"]) == {"off"}
    assert run(*pump.told("report")).code == 0


# --- releases, database and tracker --------------------------------------------------------------


def test_every_reader_of_a_corrupted_release_refuses_it(run: Run, plant: Plant) -> None:
    release = plant.workspace.release
    truncate(release / "scoring.json")
    for command in (["score"], ["signatures", "list"], ["signatures", "show", "seal_leak"]):
        refused(run(*command, "--release", release), "scoring.json: altered")
    refused(run("releases", "verify", "--release", release), "scoring.json: altered")
    assert run(*plant.told("publish")).code == 0
    assert run("releases", "verify", "--release", release).code == 0


def test_questions_to_a_database_that_cannot_answer(run: Run, plant: Plant) -> None:
    file = plant.root / "models" / "signatures.db"
    at = ("--database", f"sqlite:///{file}")
    refused(run("releases", "rollback", "--author", "me", *at), "at least two")
    refused(run("releases", "export", "9.0.0", plant.root / "out", *at), "9.0.0")
    refused(run("releases", "list", "--database", "mysql://nowhere/x"), "SQLite file")
    said = run("releases", "list", "--database", f"sqlite:///{plant.root}/new.db")
    assert said.code == 0
    assert "no release yet: run the publish stage" in said.out
    for place in file.parent.glob("signatures.db*"):
        place.unlink()
    file.write_bytes(b"not a database" * 1000)
    refused(run("releases", "list", *at), "not a database")
    refused(run(*plant.told("publish")), "not a database")


def test_a_locked_database_is_said_to_be(
    run: Run, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_WAIT", 0.2)
    file = plant.root / "models" / "signatures.db"
    before = plant.content("models/release")
    other = sqlite3.connect(file)
    try:
        other.execute("BEGIN IMMEDIATE")
        refused(run(*plant.told("publish")), "locked", "nothing was changed")
    finally:
        other.close()
    assert plant.content("models/release") == before
    assert run(*plant.told("publish")).code == 0


def test_a_tracker_that_does_not_answer(run: Run, plant: Plant) -> None:
    nobody = ("-S", "tracking.uri=http://127.0.0.1:9")
    before = plant.content("models/candidate", "metrics", "plots")
    refused(run(*plant.told("learn", *nobody)), "http://127.0.0.1:9", "see that it runs")
    for place in (plant.root / "models").glob("signatures.db*"):
        place.unlink()
    refused(run(*plant.told("publish", *nobody)), "http://127.0.0.1:9", "see that it runs")
    assert plant.content("models/candidate", "metrics", "plots") == before
    assert SignatureDatabase(f"sqlite:///{plant.root}/models/signatures.db").releases() == ()
    assert json.loads(run(*plant.told("publish")).out)["promoted"] is True


def test_a_damaged_tracker_is_said_in_one_line(run: Run, plant: Plant) -> None:
    (plant.root / "mlflow.db").write_bytes(b"not a database" * 1000)
    refused(run(*plant.told("learn")), "mlflow.db", "not a database")


def test_a_release_stands_without_its_alias(run: Run, plant: Plant) -> None:
    said = json.loads(run(*plant.told("publish", "-S", "tracking.model=other")).out)
    assert "no challenger of" in said["champion"]
    assert said["current"].startswith("1.0.0+")


# --- the service ---------------------------------------------------------------------------------


def body(plant: Plant, rows: int, **changes: object) -> dict[str, object]:
    readings = read_parquet(plant.readings(PUMP, "P-101")).head(rows)
    sensors = [c for c in readings if f"{c}__quality" in readings]
    plain = readings[sensors].assign(time=readings["time"].map(pd.Timestamp.isoformat))
    sent = json.loads(plain.to_json(orient="records"))
    return {"asset": "P-101", "equipment_class": PUMP, "readings": sent, **changes}


def problem(answer: httpx.Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert all(answer.json()[part] for part in ("got", "expected", "do"))
    assert said in answer.json()["got"]


def test_the_service_answers_bad_requests_with_what_to_do(pump: Plant) -> None:
    with serve(create_app(pump.workspace.release, pump.workspace.results)) as client:
        few = client.post("/score", json=body(pump, 3)).json()
        assert {row["verdict"] for row in few["diagnoses"]} <= {"not_evaluable"}
        gone = body(pump, 200)
        gone["readings"] = [
            {k: v for k, v in row.items() if k != "flow"}
            for row in gone["readings"]  # type: ignore[attr-defined]
        ]
        rows = client.post("/score", json=gone).json()["diagnoses"]
        assert {row["verdict"] for row in rows} == {"not_evaluable"}
        assert "sensor_missing:flow" in {row["reason"] for row in rows}
        more = body(pump, 5)
        more["readings"][0]["torque"] = 1.0  # type: ignore[index]
        problem(client.post("/score", json=more), 422, "torque")
        other = body(pump, 5, equipment_class="turbine")
        problem(client.post("/score", json=other), 422, "turbine")
        problem(client.get("/assets/P-101/state"), 503, "states.parquet")


def test_the_service_goes_on_when_the_release_is_damaged(pump: Plant) -> None:
    release = pump.workspace.release
    with serve(create_app(release)) as client:
        label = client.get("/health").json()["release"]
        kept = (release / "manifest.json").read_bytes()
        truncate(release / "manifest.json")
        health = client.get("/health").json()
        assert (health["health"], health["release"]) == ("old release", label)
        assert "manifest.json" in health["problem"]["got"]
        assert client.post("/score", json=body(pump, 60)).json()["release"] == label
        (release / "manifest.json").write_bytes(kept)
        assert client.get("/health").json() == {"health": "ok", "release": label, "problem": None}


def test_a_service_without_a_release_says_so(tmp_path: Path) -> None:
    with serve(create_app(tmp_path / "none")) as client:
        problem(client.get("/health"), 503, "no such folder")
        problem(client.get("/release"), 503, "no such folder")
