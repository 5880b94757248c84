"""Flows with a server started and with none, on real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import read_table

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("prefect")]

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 240.0
"""Seconds to wait for anything; a busy machine needs a minute to start a server."""


def environment(home: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src")])
    return {**os.environ, "PREFECT_HOME": str(home), "PYTHONPATH": path, **more}


@contextlib.contextmanager
def running(command: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a group of its own and end the whole group afterwards."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    try:
        yield process
    finally:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)


def wait_for(what: str, is_so: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if is_so():
                return
        time.sleep(0.5)
    pytest.fail(f"no {what} after {PATIENCE:.0f} s; the log ends with:\n{log.read_text()[-4000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_flow_runs_with_no_server_started(project: Workspace, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.score"],
        cwd=project.root,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert (read_table(project.results, "states")["alarm"]).any()


def test_scheduled_scoring_happens_on_a_server_with_a_worker(
    project: Workspace, tmp_path: Path
) -> None:
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = environment(tmp_path / "home", PREFECT_API_URL=api)
    log = tmp_path / "worker.log"
    register = (
        "from pathlib import Path; from pipelines.deploy import Schedule, deploy;"
        "from pipelines.score import score;"
        "print(deploy(Path(), [Schedule(score, 'minutely', '* * * * *', {})]))"
    )
    serve = ["pipelines", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    work = ["pipelines", "worker", "start", "--pool", "faultprint"]
    with running(serve, tmp_path / "server.log", env=env, cwd=tmp_path):
        wait_for("server", lambda: httpx.get(f"{api}/health").is_success, tmp_path / "server.log")
        for _ in range(2):  # registering again changes nothing
            subprocess.run([sys.executable, "-c", register], env=env, cwd=project.root, check=True)
        found = httpx.post(f"{api}/deployments/filter", json={}).json()
        assert [deployment["name"] for deployment in found] == [f"{project.root.name}-minutely"]
        with running(work, log, env=env, cwd=tmp_path):
            ended = ["COMPLETED", "FAILED", "CRASHED"]
            wait_for("run", lambda: bool(runs(api, ended)), log)
        done = runs(api, ended)
        shown = httpx.post(f"{api}/artifacts/filter", json={}).json()
    assert {run["state"]["type"] for run in done} == {"COMPLETED"}, log.read_text()[-4000:]
    assert all(run["auto_scheduled"] for run in done)
    assert not [run for run in done if run["deployment_id"] != found[0]["id"]]
    assert "score-summary" in {row["key"] for row in shown}
    assert "Downloading" not in log.read_text()  # the project's data are not copied for a run
    diagnoses = read_table(project.results, "diagnoses")
    assert set(diagnoses["asset"]) == {"P-0", "P-1"}
    assert (diagnoses["failure_mode"] == "bearing_wear").any()


def runs(api: str, states: list[str]) -> list[dict[str, Any]]:
    wanted = {"flow_runs": {"state": {"type": {"any_": states}}}}
    found: list[dict[str, Any]] = httpx.post(f"{api}/flow_runs/filter", json=wanted).json()
    return found
