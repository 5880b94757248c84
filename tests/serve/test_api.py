"""The HTTP service: the one scoring path, and errors a caller can act on."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from faultprint import tables
from faultprint.config import Equipment
from faultprint.errors import SourceError
from faultprint.faults.release import Release
from faultprint.serve import current
from faultprint.serve.api import create_app, records
from faultprint.serve.body import ScoreBody, read_body, read_times
from faultprint.serve.current import CurrentRelease
from faultprint.serve.score import Scorer
from faultprint.store.parquet import write_tables
from tests.serve import plant
from tests.serve.conftest import Serve


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["got"]
    assert found["expected"]
    assert found["do"]
    return found


@pytest.fixture
def small() -> dict[str, Any]:
    return plant.body("P-9", 99, last=30)


# --- scoring -------------------------------------------------------------------------------------


def test_service_says_what_batch_scoring_says(release_dir: Path, serve: Serve) -> None:
    scorer = Scorer.load(release_dir)
    assets = pd.DataFrame({"asset": ["P-9"], "equipment_class": [plant.CLASS], "attributes": "{}"})
    batch = scorer.score(plant.readings("P-9", 99), tables.empty("events"), assets)
    with serve(create_app(release_dir)) as client:
        answer = client.post("/score", json=plant.body("P-9", 99)).json()
    assert len(batch.diagnoses) > 150
    assert (batch.diagnoses["verdict"] == "known").any()
    assert len(batch.incidents) == 2
    for name in ("states", "diagnoses", "incidents"):
        assert answer[name] == json.loads(json.dumps(records(name, getattr(batch, name))))
    assert {row["release"] for row in answer["diagnoses"]} == {scorer.label}


def test_order_of_readings_does_not_matter(release_dir: Path, serve: Serve) -> None:
    body = plant.body("P-9", 99, last=120)
    shuffled = {**body, "readings": body["readings"][::-1]}
    with serve(create_app(release_dir)) as client:
        assert (
            client.post("/score", json=body).json() == client.post("/score", json=shuffled).json()
        )


def test_offset_of_the_zone_does_not_matter(release_dir: Path, serve: Serve) -> None:
    body = plant.body("P-9", 99, last=60)
    local = json.loads(json.dumps(body))
    for row in local["readings"]:
        row["time"] = pd.Timestamp(row["time"]).tz_convert("Asia/Kolkata").isoformat()
    with serve(create_app(release_dir)) as client:
        assert client.post("/score", json=body).json() == client.post("/score", json=local).json()


def test_missing_sensor_is_not_evaluated_and_not_zero(release_dir: Path, serve: Serve) -> None:
    body = plant.body("P-9", 99, last=60)
    for row in body["readings"]:
        del row["vibration"]
    with serve(create_app(release_dir)) as client:
        answer = client.post("/score", json=body).json()
    assert {row["verdict"] for row in answer["diagnoses"]} == {"not_evaluable"}
    assert any("vibration" in row["reason"] for row in answer["diagnoses"])


def test_text_in_a_number_is_refused_by_name_and_the_rest_scored(
    release_dir: Path, serve: Serve
) -> None:
    body = plant.body("P-1", 99, last=60)
    body["readings"][4]["vibration"] = "Bad"
    body["readings"][5]["vibration"] = True
    body["readings"][6]["vibration"] = 10**400
    body["readings"].append(body["readings"][0])
    with serve(create_app(release_dir)) as client:
        answer = client.post("/score", json=body).json()
    assert [(r["row"], r["field"], r["reason"]) for r in answer["rejects"]] == [
        (5, "vibration", "not a number"),
        (6, "vibration", "not a number"),
        (7, "vibration", "not a number"),
        (61, "time", "time given twice"),
    ]
    assert any(row["verdict"] == "healthy" for row in answer["diagnoses"])


def test_too_short_a_history_is_answered_with_a_reason(release_dir: Path, serve: Serve) -> None:
    body = plant.body("P-1", 99, first=1, last=3)
    with serve(create_app(release_dir)) as client:
        answer = client.post("/score", json=body).json()
    assert answer["states"] == []
    assert "no window ends" in answer["notes"][0]


# --- bad requests --------------------------------------------------------------------------------


def test_unknown_class_names_the_nearest(
    release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    with serve(create_app(release_dir)) as client:
        found = problem(client.post("/score", json={**small, "equipment_class": "pumps"}), 422)
    assert "did you mean 'pump'?" in found["do"]


def test_misspelt_sensor_names_the_nearest(
    release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    small["readings"][3]["vibratoin"] = 1.0
    with serve(create_app(release_dir)) as client:
        found = problem(client.post("/score", json=small), 422)
    assert "'vibratoin'" in found["got"]
    assert "did you mean 'vibration'?" in found["do"]


@pytest.mark.parametrize(
    "time",
    ["2025-01-01T00:00:00", "2025-01-01", "01/02/2025 10:00Z", "", 3, None, "0001-01-01T00:00Z"],
)
def test_time_without_zone_or_sense_is_refused(
    release_dir: Path, serve: Serve, small: dict[str, Any], time: object
) -> None:
    small["readings"][7]["time"] = time
    with serve(create_app(release_dir)) as client:
        found = problem(client.post("/score", json=small), 422)
    assert "row 8" in found["got"]
    assert "with its zone" in found["expected"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "required"),
        (b"{", "JSON"),
        (b"[" * 100_000, "error"),
        (b'{"asset": "a"}', "equipment_class"),
        (b'{"asset": "a", "equipment_class": "pump", "readings": [], "x": 1}', "readings"),
    ],
)
def test_broken_body_is_a_problem(
    release_dir: Path, serve: Serve, content: bytes, said: str
) -> None:
    with serve(create_app(release_dir)) as client:
        answer = client.post(
            "/score", content=content, headers={"content-type": "application/json"}
        )
    assert said in problem(answer, answer.status_code)["got"]
    assert answer.status_code in {400, 422}


def test_unknown_kind_of_event_is_a_problem(
    release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    small["events"] = [{"time": "2025-01-01T05:00:00Z", "kind": "repair"}]
    with serve(create_app(release_dir)) as client:
        assert "events.0.kind" in problem(client.post("/score", json=small), 422)["got"]


@pytest.mark.parametrize("chunked", [False, True])
def test_large_body_is_refused_before_it_is_parsed(
    release_dir: Path, serve: Serve, chunked: bool
) -> None:
    content = b"x" * 5000
    with serve(create_app(release_dir, max_bytes=4096)) as client:
        sent = iter([content[:100], content[100:]]) if chunked else content
        found = problem(client.post("/score", content=sent), 413)
    assert "4096 bytes" in found["got"]


def test_unknown_path_is_a_problem(release_dir: Path, serve: Serve) -> None:
    with serve(create_app(release_dir)) as client:
        problem(client.get("/signatures"), 404)
        problem(client.get("/score"), 405)


# --- releases ------------------------------------------------------------------------------------


def test_service_starts_without_a_release_and_finds_it_later(
    release: Release, tmp_path: Path, serve: Serve, small: dict[str, Any]
) -> None:
    with serve(create_app(tmp_path / "release")) as client:
        problem(client.get("/health"), 503)
        problem(client.post("/score", json=small), 503)
        plant.publish(release, tmp_path / "release")
        assert client.get("/health").json()["health"] == "ok"
        assert client.post("/score", json=small).status_code == 200


def test_new_release_is_used_without_a_restart(
    release: Release, release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    with serve(create_app(release_dir)) as client:
        before = client.post("/score", json=small).json()["release"]
        plant.publish(release, release_dir, "1.1.0")
        after = client.post("/score", json=small).json()
    assert (before[:6], after["release"][:6]) == ("1.0.0+", "1.1.0+")
    assert {row["release"] for row in after["diagnoses"]} == {after["release"]}


def test_broken_release_never_replaces_the_old_one(
    release: Release, release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    with serve(create_app(release_dir)) as client:
        good = client.get("/release").json()
        assert good["problem"] is None
        plant.publish(release, release_dir, "1.1.0")
        part = next(release_dir.rglob("booster.txt"))
        part.write_bytes(part.read_bytes().replace(b"tree", b"trie", 1))
        assert client.post("/score", json=small).json()["release"] == good["release"]
        said = client.get("/health").json()
        assert said["health"] == "old release"
        assert "booster.txt: altered" in said["problem"]["got"]
        plant.publish(release, release_dir, "1.2.0")
        assert client.get("/health").json() == {
            "health": "ok",
            "release": client.get("/release").json()["release"],
            "problem": None,
        }


def test_release_that_parses_wrong_is_a_problem_not_a_crash(
    release_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faultprint.store.bundle import write_bundle

    seen = CurrentRelease(release_dir)
    label = seen.scorer().label
    write_bundle({"scoring.json": b"[]"}, release_dir, {"version": "2.0.0"})
    assert seen.scorer().label == label
    assert seen.problem is not None
    monkeypatch.setattr(current, "AGAIN_AFTER", 0.0)
    assert seen.scorer().label == label


def test_requests_during_a_switch_get_one_release_each(
    release: Release, release_dir: Path, serve: Serve, small: dict[str, Any]
) -> None:
    answers: list[dict[str, Any]] = []

    def ask(client: httpx.Client) -> None:
        answers.extend(
            client.post("/score", json=small).raise_for_status().json() for _ in "123456"
        )

    with serve(create_app(release_dir)) as client:
        askers = [threading.Thread(target=ask, args=(client,)) for _ in range(3)]
        for thread in askers:
            thread.start()
        for minor in range(1, 5):
            plant.publish(release, release_dir, f"1.{minor}.0")
        for thread in askers:
            thread.join()
    assert len(answers) == 18
    for answer in answers:
        assert {row["release"] for row in answer["diagnoses"]} == {answer["release"]}


def test_release_says_what_it_needs(release_dir: Path, serve: Serve) -> None:
    with serve(create_app(release_dir)) as client:
        said = client.get("/release").json()
    assert said["equipment"]["pump"]["load"] == {
        "unit": "kW",
        "role": "condition",
        "required": True,
    }
    assert [s["failure_mode"] for s in said["signatures"]] == ["bearing_wear"]


# --- state of an asset ---------------------------------------------------------------------------


def write_results(folder: Path, scorer: Scorer, names: list[str], hours: int) -> None:
    assets = pd.DataFrame({"asset": names, "equipment_class": plant.CLASS, "attributes": "{}"})
    rows = pd.concat([plant.readings(n, i).iloc[:hours] for i, n in enumerate(names)])
    scored = scorer.score(rows, tables.empty("events"), assets)
    found = {n: getattr(scored, n) for n in ("states", "diagnoses", "incidents")}
    write_tables(folder, found)


def test_state_is_the_latest_and_follows_the_results(
    release_dir: Path, tmp_path: Path, serve: Serve
) -> None:
    scorer, results = Scorer.load(release_dir), tmp_path / "results"
    with serve(create_app(release_dir, results)) as client:
        problem(client.get("/assets/P-0/state"), 503)
        write_results(results, scorer, ["P-0", "hall 2/P-1"], hours=10 * 24)
        calm = client.get("/assets/P-0/state").json()
        write_results(results, scorer, ["P-0", "hall 2/P-1"], hours=15 * 24)
        worn = client.get("/assets/P-0/state").json()
        slash = client.get("/assets/hall 2/P-1/state").json()
        problem(client.get("/assets/P-7/state"), 404)
    assert calm["open_incidents"] == []
    assert calm["diagnosis"]["verdict"] == "healthy"
    assert worn["state"]["end"] > calm["state"]["end"]
    assert worn["state"]["alarm"] is True
    assert [row["failure_mode"] for row in worn["open_incidents"]] == ["bearing_wear"]
    assert worn["release"] == scorer.label
    assert slash["asset"] == "hall 2/P-1"


def test_service_without_results_says_so(release_dir: Path, serve: Serve) -> None:
    with serve(create_app(release_dir)) as client:
        assert "--results" in problem(client.get("/assets/P-0/state"), 503)["do"]


# --- the door ------------------------------------------------------------------------------------


def equipment() -> Equipment:
    return plant.settings().equipment[plant.CLASS]


def test_body_becomes_checked_tables() -> None:
    body = ScoreBody(
        asset="A",
        equipment_class="pump",
        readings=[
            {"time": "2025-01-01T02:00:00Z", "load": 1, "vibration": None, "segment": 4},
            {"time": "2025-01-01T01:00:00+01:00", "load": 2.5, "temperature": float("nan")},
        ],
        events=[
            {"time": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z", "kind": "fault"},
            {"time": "2025-01-01T00:00:00Z", "kind": "error", "code": "E4"},
        ],
    )
    received = read_body(body, equipment())
    tables.check("readings", received.readings)
    tables.check("events", received.events)
    tables.check("assets", received.assets)
    assert received.rejects == []
    assert received.readings["load"].tolist() == [2.5, 1.0]
    assert received.readings["segment"].tolist() == [-1, 4]
    missing = tables.QUALITY["missing"]
    assert received.readings["vibration__quality"].tolist() == [missing, missing]
    assert received.events["kind"].tolist() == ["error", "fault"]


def test_quality_of_the_sender_is_kept() -> None:
    body = ScoreBody(
        asset="A",
        equipment_class="pump",
        readings=[
            {"time": "2025-01-01T00:00:00Z", "load": 1.0, "load__quality": 4},
            {"time": "2025-01-01T01:00:00Z", "load": 1.0, "load__quality": 77},
        ],
    )
    received = read_body(body, equipment())
    invalid = tables.QUALITY["invalid"]
    assert received.readings["load__quality"].tolist() == [invalid, invalid]
    assert [r["reason"] for r in received.rejects] == ["unknown quality"]


def test_times_keep_nanoseconds_and_list_every_offender() -> None:
    good = read_times(["2025-01-01T00:00:00.123456789Z", "2025-01-01 00:00+0100"], "readings")
    assert good.dtype == tables.UTC_TIME
    assert good[0].nanosecond == 789
    with pytest.raises(SourceError, match=r"9 unusable times in events.*row 5.*and 4 more"):
        read_times(["nonsense"] * 9, "events")


def test_segment_must_be_a_whole_number() -> None:
    body = ScoreBody(
        asset="A",
        equipment_class="pump",
        readings=[{"time": "2025-01-01T00:00:00Z", "segment": "four"}],
    )
    with pytest.raises(SourceError, match="segment that is no whole number in row 1"):
        read_body(body, equipment())


def test_several_unknown_fields_are_listed() -> None:
    body = ScoreBody(
        asset="A",
        equipment_class="pump",
        readings=[{"time": "2025-01-01T00:00:00Z", "a": 1, "b": 2}],
    )
    with pytest.raises(SourceError, match="unknown fields of a reading: 'a', 'b'"):
        read_body(body, equipment())


def test_values_are_flagged_by_the_release(release_dir: Path, serve: Serve) -> None:
    good = plant.body("P-9", 99, last=200)
    bad = plant.body("P-9", 99, last=200)
    bad["readings"][100]["temperature"] = 900.0
    with serve(create_app(release_dir)) as client:
        first, second = (client.post("/score", json=b).json() for b in (good, bad))
    assert first["diagnoses"] != second["diagnoses"]
    mean = Scorer.load(release_dir)
    readings = read_body(ScoreBody(**bad), mean.release.scoring.equipment["pump"]).readings
    windows = mean.describe(readings, tables.empty("events"), "pump").windows
    assert windows["temperature.max"].max() < 900


def test_records_of_no_rows_are_none() -> None:
    assert records("incidents", tables.empty("incidents")) == []
