"""The settings Prefect runs with, and a way to run Prefect's own commands with them.

A setting that is already in the environment wins.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

SETTINGS = {
    # Everything Prefect writes stays in the repository, not in the user's home.
    "PREFECT_HOME": str(REPOSITORY / ".prefect"),
    # A temporary server needs more than the default 20 s on a busy machine or an empty home.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    # One transaction per task-run event (the default) loses events when a temporary server ends.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    # Hides the tracebacks of a temporary server that is told to stop, and nothing of a flow.
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "true",
}


def prepare(environment: MutableMapping[str, str] = os.environ) -> None:
    """Put the settings into the environment, keeping what is there.

    Parameters
    ----------
    environment : MutableMapping[str, str], default os.environ
        The environment to complete; must happen before Prefect is imported.
    """
    for name, value in SETTINGS.items():
        environment.setdefault(name, value)


def run(arguments: list[str]) -> None:
    """Replace this process by ``prefect`` with the settings.

    Parameters
    ----------
    arguments : list[str]
        Its arguments, e.g. ``['worker', 'start', '--pool', 'faultprint']``.
    """
    prepare()
    path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(REPOSITORY), *([path] if path else [])])
    # The interpreter and the module are fixed; the arguments are the caller's own.
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *arguments])  # noqa: S606
