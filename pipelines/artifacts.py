"""What a run shows in Prefect: a table of the summary, pictures, links and progress.

Outside of a run (a task called as a plain function) there is nothing to show it to, and each of
these does nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_run_logger

LOGGED = 400
"""Characters of a summary that go to the log; all of it is in the artifact."""

PICTURE_LIMIT = 512 * 1024
"""Larger pictures stay on disk: artifacts are rows of Prefect's database."""


def is_running() -> bool:
    """Tell whether this code is part of a flow or task run.

    Returns
    -------
    bool
        False when a task's function is called directly.
    """
    return FlowRunContext.get() is not None or TaskRunContext.get() is not None


def _key(*words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


def flat(summary: Mapping[str, object], prefix: str = "") -> list[dict[str, str]]:
    """Flatten a summary into rows for a table.

    Parameters
    ----------
    summary : Mapping[str, object]
        What a stage returned; inner mappings become dotted names.
    prefix : str, default ''
        Put before every name.

    Returns
    -------
    list[dict[str, str]]
        Rows ``{"what": ..., "value": ...}``.
    """
    rows: list[dict[str, str]] = []
    for name, value in summary.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{name}.")
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            rows.append({"what": f"{prefix}{name}", "value": shown})
    return rows


def show_summary(stage: str, summary: Mapping[str, object]) -> None:
    """Show the summary of a stage as a table and in the log of the run.

    Parameters
    ----------
    stage : str
        Name of the stage; the artifacts of one stage are versions of one key.
    summary : Mapping[str, object]
        What it returned.
    """
    if not is_running():
        return
    rows = flat(summary)
    told = "; ".join(f"{row['what']} {row['value']}" for row in rows)
    get_run_logger().info("%s: %s", stage, told if len(told) <= LOGGED else told[:LOGGED] + " ...")
    create_table_artifact(table=rows, key=_key(stage, "summary"), description=f"Summary of {stage}")


def show_pictures(stage: str, folder: str) -> None:
    """Show the PNG pictures in a folder and below.

    Parameters
    ----------
    stage : str
        Name of the stage that made them.
    folder : str
        Where they lie.
    """
    if not is_running():
        return
    for path in sorted(Path(folder).rglob("*.png")):
        if path.stat().st_size <= PICTURE_LIMIT:
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            create_image_artifact(
                image_url=f"data:image/png;base64,{data}",
                key=_key(stage, path.stem),
                description=f"{path.stem.replace('_', ' ')} ({path})",
            )


def show_pages(stage: str, folder: str) -> None:
    """Show links to the pages in a folder, on the machine that ran the stage.

    Parameters
    ----------
    stage : str
        Name of the stage that made them.
    folder : str
        Where they lie.
    """
    if not is_running():
        return
    for path in sorted(Path(folder).glob("*.html")):
        create_link_artifact(
            link=path.resolve().as_uri(), key=_key(stage, path.stem), description=str(path)
        )


class Progress:
    """Progress of a flow in per cent, over steps that are known beforehand."""

    def __init__(self, flow: str, steps: int) -> None:
        self._steps = steps
        self._done = 0
        self._artifact: UUID | None = None
        if is_running():
            made = create_progress_artifact(
                progress=0.0, key=_key(flow, "progress"), description=f"Progress of {flow}"
            )
            assert isinstance(made, UUID)
            self._artifact = made

    @property
    def percent(self) -> float:
        """Share of the steps that are done.

        Returns
        -------
        float
            0 to 100.
        """
        return min(100.0, 100.0 * self._done / self._steps)

    def step(self) -> None:
        """Count one step as done."""
        self._done += 1
        if self._artifact is not None:
            update_progress_artifact(artifact_id=self._artifact, progress=self.percent)
