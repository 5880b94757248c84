"""The schedules: registers the deployments of the flows with a running Prefect server.

``PREFECT_API_URL`` names the server. Then, for example::

    python -m pipelines server start
    python -m pipelines.deploy
    python -m pipelines worker start --pool faultprint
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists
from prefect.flows import Flow
from prefect.runner.storage import LocalStorage
from prefect.types.entrypoint import EntrypointType

from faultprint.errors import ConfigError
from pipelines.main import main
from pipelines.retrain import retrain
from pipelines.runtime import REPOSITORY, SETTINGS
from pipelines.score import score

POOL = "faultprint"


@dataclass(frozen=True)
class Schedule:
    """When a flow runs by itself."""

    flow: Flow[..., Any]
    name: str
    cron: str | None
    """Cron expression in UTC; None: only on demand."""
    parameters: dict[str, Any]


SCHEDULES = (
    Schedule(score, "hourly", "5 * * * *", {"read_first": True}),
    Schedule(retrain, "weekly", "0 3 * * 0", {}),
    Schedule(main, "on-demand", None, {}),
)


def _create_pool(client: SyncPrefectClient, name: str) -> None:
    try:
        client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    except ObjectAlreadyExists:
        return


def deploy(project: Path, schedules: Sequence[Schedule] = SCHEDULES, pool: str = POOL) -> list[str]:
    """Register work pool and deployments; doing it again changes nothing.

    Parameters
    ----------
    project : Path
        Folder the flows run in: holds params.yaml.
    schedules : Sequence[Schedule], default SCHEDULES
        What to register.
    pool : str, default POOL
        Work pool, of type ``process``.

    Returns
    -------
    list[str]
        ``flow/deployment`` of each.

    Raises
    ------
    ConfigError
        If no server is named, or the folder holds no params.yaml.
    """
    if not os.environ.get("PREFECT_API_URL"):
        raise ConfigError.because(
            "no PREFECT_API_URL in the environment",
            "the address of a running Prefect server, which keeps the schedules",
            "start one with 'python -m pipelines server start' and set "
            "PREFECT_API_URL=http://127.0.0.1:4200/api",
        )
    if not (project / "params.yaml").is_file():
        raise ConfigError.because(
            f"the folder {str(project)!r} without params.yaml",
            "the folder the flows are to run in",
            "name it with --project",
        )
    with get_client(sync_client=True) as client:
        _create_pool(client, pool)
    return [_register(entry, project.resolve(), pool) for entry in schedules]


def _register(entry: Schedule, project: Path, pool: str) -> str:
    deployment = RunnerDeployment.from_flow(
        entry.flow,
        f"{project.name}-{entry.name}",  # several projects share one server
        cron=entry.cron,
        parameters=entry.parameters,
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=pool,
        job_variables={
            "env": {
                **{name: os.environ[name] for name in SETTINGS},
                "PYTHONPATH": str(REPOSITORY),
            },
        },
        # A run that takes longer than its interval is not joined by a second one.
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW
        ),
    )
    # Runs happen in the project itself; without a pull step a worker copies the folder it is in.
    deployment.storage = LocalStorage(str(project))
    deployment.apply()
    return f"{entry.flow.name}/{deployment.name}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Register the schedules with a Prefect server.")
    parser.add_argument("--project", type=Path, default=Path(), help="folder with params.yaml")
    for made in deploy(parser.parse_args().project):
        print(made)  # noqa: T201
