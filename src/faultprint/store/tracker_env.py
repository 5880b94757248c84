"""What the tracker's client reads from the environment: no telemetry, no endless waiting."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}

IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Times, and seconds; MLflow's own are seven, and two minutes each."""


def be_quiet() -> None:
    """Turn off telemetry and progress bars, before the client is imported."""
    os.environ.update(QUIET)


@contextmanager
def impatient() -> Iterator[None]:
    """Let the first question to a server fail soon, unless the user asked for patience.

    Yields
    ------
    None
        While the question is asked.
    """
    mine = {name: text for name, text in IMPATIENT.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)
