"""Tasks and schedules without a server: what they call, what they retry, what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.states import Failed

from faultprint.errors import ConfigError, ReleaseError, SourceError
from faultprint.stages.run import STAGES
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import read_table
from pipelines import artifacts, runtime, tasks
from pipelines.deploy import SCHEDULES, deploy

REPOSITORY = Path(__file__).parents[2]


def test_settings_in_the_environment_win() -> None:
    found = {"PREFECT_HOME": "/elsewhere"}
    runtime.prepare(found)
    assert found["PREFECT_HOME"] == "/elsewhere"
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert set(found) == set(runtime.SETTINGS)


def test_settings_are_there_before_prefect_is_imported() -> None:
    code = (
        "import sys, pipelines; assert 'prefect' not in sys.modules;"
        "from pipelines import score; from prefect.settings import get_current_settings as s;"
        "print(s().server.ephemeral.startup_timeout_seconds, s().home,"
        "s().server.analytics_enabled, s().server.services.task_run_recorder.batch_size)"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == ["180", str(REPOSITORY / ".prefect"), "False", "200"]


def test_every_stage_is_a_task() -> None:
    for name in STAGES:
        assert getattr(tasks, name).name == name


def test_scoring_twice_adds_nothing(project: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    results = Path(tasks.score.fn("params.yaml"))
    first = read_table(results, "diagnoses")
    assert set(first["asset"]) == {"P-0", "P-1"}
    assert (first["verdict"] == "known").any()
    tasks.score.fn("params.yaml")
    assert read_table(results, "diagnoses").equals(first)


def test_misspelt_setting_stops_the_task(
    project: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    with (project.root / "params.yaml").open("a") as file:
        file.write("sead: 3\n")
    with pytest.raises(ConfigError, match="did you mean 'seed'"):
        tasks.score.fn("params.yaml")


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (OSError("network folder is away"), True),
        (SourceError("got a wrong separator"), False),
        (caused(SourceError("got no answer"), ConnectionError("refused")), True),
        (ConfigError("got an unknown key"), False),
        (ReleaseError("got an altered part"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert tasks.may_pass(None, None, Failed(data=error)) is again


def test_summary_becomes_rows() -> None:
    rows = artifacts.flat({"assets": 3, "found": {"wear": 0.123456, "leak": {"n": 2}}})
    assert [(r["what"], r["value"]) for r in rows] == [
        ("assets", "3"),
        ("found.wear", "0.1235"),
        ("found.leak.n", "2"),
    ]


def test_outside_of_a_run_nothing_is_shown(tmp_path: Path) -> None:
    assert not artifacts.is_running()
    artifacts.show_summary("score", {"a": 1})
    artifacts.show_pages("score", str(tmp_path))
    artifacts.show_pictures("score", str(tmp_path))
    progress = artifacts.Progress("score", steps=4)
    progress.step()
    assert progress.percent == 25.0


def test_schedules_need_a_server_and_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="no PREFECT_API_URL"):
        deploy(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(ConfigError, match=r"without params\.yaml"):
        deploy(tmp_path)


def test_scoring_runs_more_often_than_training() -> None:
    crons = {f"{entry.flow.name}/{entry.name}": entry.cron for entry in SCHEDULES}
    assert crons == {
        "score/hourly": "5 * * * *",
        "retrain/weekly": "0 3 * * 0",
        "main/on-demand": None,
    }
