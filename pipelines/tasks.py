"""One task per stage: the path of the settings in, the path of what it wrote out.

The work is the stage's, called in this process; the folder it runs in is the project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from faultprint.errors import (
    ConfigError,
    LeakageError,
    LearnError,
    ReleaseError,
    SourceError,
    TableError,
)
from faultprint.stages import run
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings
from pipelines import artifacts

LASTING = (ConfigError, LeakageError, LearnError, ReleaseError, TableError, TypeError, ImportError)
"""Errors that a second attempt meets again."""

PASSING = (ConnectionError, TimeoutError)
"""Causes of a source that cannot be read which may be gone at the second attempt."""

RETRY_DELAYS = [10.0, 60.0]
"""Seconds before the second and the third attempt: long enough for a server to come back."""

PARAMS = "params.yaml"

PLACES = Workspace(Path())


def may_pass(_task: object, _run: object, state: Any) -> bool:
    """Tell Prefect whether a failed attempt is worth another one.

    Parameters
    ----------
    _task : object
        The task.
    _run : object
        Its run.
    state : Any
        The state the attempt ended in.

    Returns
    -------
    bool
        False for an error that a second attempt would meet again.
    """
    error = state.result(raise_on_failure=False)
    if isinstance(error, SourceError):
        return isinstance(error.__cause__, PASSING)
    return not isinstance(error, LASTING)


def run_stage(name: str, params: str) -> dict[str, object]:
    """Run a stage in this process, in this folder, and show its summary.

    Parameters
    ----------
    name : str
        Name of the stage.
    params : str
        Path of the settings.

    Returns
    -------
    dict[str, object]
        The stage's summary.
    """
    summary = run.run_stage(name, load_settings(Path(params)), PLACES.root)
    artifacts.show_summary(name, summary)
    return summary


@task(cache_policy=NO_CACHE)
def simulate(params: str) -> str:
    """Write the histories of a simulated fleet; returns the folder a plant would export."""
    run_stage("simulate", params)
    return str(PLACES.raw)


@task(
    cache_policy=NO_CACHE,
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=may_pass,
)
def ingest(params: str) -> str:
    """Read the plant's files into tables; returns their folder."""
    run_stage("ingest", params)
    artifacts.show_pages("ingest", str(PLACES.reports / "ingest"))
    return str(PLACES.tables)


@task(cache_policy=NO_CACHE)
def describe(params: str) -> str:
    """Cut windows and compute their descriptors and labels; returns their folder."""
    run_stage("describe", params)
    return str(PLACES.windows)


@task(cache_policy=NO_CACHE)
def expect(params: str) -> str:
    """Learn what healthy equipment reads and subtract it; returns the folder."""
    run_stage("expect", params)
    return str(PLACES.expected)


@task(cache_policy=NO_CACHE)
def learn(params: str) -> str:
    """Learn classifier and signatures; returns the folder of the candidate release."""
    run_stage("learn", params)
    artifacts.show_pictures("learn", str(PLACES.reports))
    return str(PLACES.candidate)


@task(cache_policy=NO_CACHE)
def publish(params: str) -> str:
    """Let the gate decide and publish; returns the folder of the current release."""
    run_stage("publish", params)
    return str(PLACES.release)


@task(
    cache_policy=NO_CACHE,
    retries=len(RETRY_DELAYS),
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=may_pass,
)
def score(params: str) -> str:
    """Score every asset with the current release; returns the folder of the results."""
    run_stage("score", params)
    return str(PLACES.results)


@task(cache_policy=NO_CACHE)
def report(params: str) -> str:
    """Write the report of what was found; returns the page."""
    run_stage("report", params)
    artifacts.show_pages("report", str(PLACES.reports))
    artifacts.show_pictures("report", str(PLACES.reports))
    return str(PLACES.reports / "index.html")
