"""Which run of the experiment tracker made a release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faultprint.config import Tracking
from faultprint.store import run_log
from faultprint.store.tracking import DATABASE, _client, prepare


@dataclass(frozen=True)
class TrackedRun:
    """One training in the tracker."""

    run_id: str
    started: str
    """Instant [UTC, ISO 8601]."""
    commit: str
    """Commit of the code, ``+changed`` where files differed; empty if it was not noted."""
    runner: str
    """dvc, prefect or hand."""


def find_run(tracking: Tracking, root: Path, content_hash: str) -> TrackedRun | None:
    """Find the training that made a release.

    Parameters
    ----------
    tracking : Tracking
        Settings.
    root : Path
        Folder of the project.
    content_hash : str
        Of the release.

    Returns
    -------
    TrackedRun | None
        The latest one; None if there is none, or no tracker here.
    """
    if tracking.uri is None and not (root / DATABASE).is_file():
        return None
    # The one place that knows how to reach the tracker lends its client within this package.
    with _client(prepare(tracking, root)) as client:
        runs = run_log.runs_tagged(client, tracking.experiment, "content_hash", content_hash)
    found = [
        TrackedRun(run_id, started, tags.get("code_commit", ""), tags.get("runner", ""))
        for run_id, started, tags in runs
    ]
    return max(found, key=lambda run: (run.started, run.run_id), default=None)
