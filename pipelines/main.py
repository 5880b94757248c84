"""The flow of the main job: from histories to a published release, scored data and a report.

``python -m pipelines.main --help`` tells how to run it on other data, in another folder.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import yaml
from prefect import flow

from faultprint.cli import overrides_from
from faultprint.errors import FaultprintError
from faultprint.stages.summary import summary
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings
from pipelines import tasks
from pipelines.artifacts import Progress
from pipelines.console import show_sentences
from pipelines.ingest import ingest
from pipelines.publish import publish
from pipelines.score import score
from pipelines.train import train


@flow(name="main")
def main(params: str = tasks.PARAMS, *, simulated: bool = False) -> str:
    """Read, learn, publish, score and report; ``simulated`` makes the histories first."""
    progress = Progress("main", steps=5 + simulated)
    if simulated:
        tasks.simulate(params)
        progress.step()
    for part in (ingest, train, publish, score):
        part(params)
        progress.step()
    page = tasks.report(params)
    progress.step()
    return page


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run the main job, from histories to a report.")
    parser.add_argument("--params", default=tasks.PARAMS, help="settings file")
    parser.add_argument("--simulated", action="store_true", help="simulate the histories first")
    parser.add_argument("--source", help="folder or URL of the histories; else as in the settings")
    parser.add_argument("--workspace", help="folder to work in; made if missing")
    parser.add_argument(
        "--set", "-S", action="append", metavar="KEY=VALUE", help="override a setting"
    )
    return parser.parse_args()


def enter(chosen: argparse.Namespace) -> str:
    """Go to the workspace, with the settings as they are used written down in it."""
    changed = overrides_from(chosen.set)
    if chosen.source:
        path = chosen.source
        changed["source.path"] = path if "://" in path else str(Path(path).resolve())
    if not (chosen.workspace or changed):
        return str(chosen.params)
    settings = load_settings(Path(chosen.params), changed)
    if chosen.workspace:
        Path(chosen.workspace).mkdir(parents=True, exist_ok=True)
        os.chdir(chosen.workspace)
    used = Path(tasks.PARAMS if chosen.workspace else "params.used.yaml")
    used.write_text(yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False), "utf-8")
    return str(used)


if __name__ == "__main__":
    show_sentences(logging.getLogger())
    try:
        asked, here = options(), Path.cwd()
        main(enter(asked), simulated=asked.simulated)
        os.chdir(here)
        print("\n" + summary(Workspace(Path(asked.workspace or ""))))  # noqa: T201
    except FaultprintError as error:
        sys.exit(f"faultprint: {error}")
