"""The stages by name, each with its places in the workspace."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from faultprint.config import Settings
from faultprint.errors import ConfigError
from faultprint.stages.workspace import Workspace, expert_places

_SQLITE = "sqlite:///"

Places = Callable[[Settings, Workspace], tuple[Any, ...]]

STAGES: dict[str, Places] = {
    "simulate": lambda s, w: (s, w.raw, w.truth),
    "ingest": lambda s, w: (s, w.tables, w.reports / "ingest"),
    "describe": lambda s, w: (s, w.tables, w.windows, expert_places(s, w.root)[1]),
    "expect": lambda s, w: (s, w.windows, w.expected),
    "learn": lambda s, w: (s, w),
    "publish": lambda s, w: (s, w),
    "score": lambda s, w: (w.release, w.tables, w.results, s.discover),
    "report": lambda s, w: (s, w),
}
"""What each stage is called with, in the order in which the main job runs them."""


def run_stage(name: str, settings: Settings, root: Path) -> dict[str, object]:
    """Run one stage in a workspace.

    Parameters
    ----------
    name : str
        Name of the stage.
    settings : Settings
        Settings.
    root : Path
        Folder of the workspace.

    Returns
    -------
    dict[str, object]
        The stage's summary.

    Raises
    ------
    ConfigError
        If there is no such stage.
    """
    if name not in STAGES:
        raise ConfigError.unknown("stage", name, list(STAGES))
    # Imported when called: a stage should not wait for the libraries of the others.
    function = getattr(import_module(f"faultprint.stages.{name}"), name)
    places = STAGES[name](located(settings, root), Workspace(root))
    summary: dict[str, object] = function(*places)
    return summary


def located(settings: Settings, root: Path) -> Settings:
    """Let relative places in the settings start at the workspace.

    Parameters
    ----------
    settings : Settings
        Settings as written.
    root : Path
        Folder of the workspace.

    Returns
    -------
    Settings
        The source's path and the file of a SQLite database below the workspace; URLs and absolute
        paths stay as they are.
    """
    path, url = settings.source.path, settings.database.url
    if "://" not in path:
        path = str(root / path)
    if url.startswith(_SQLITE) and not url.startswith(_SQLITE + "/"):
        url = f"{_SQLITE}{root / url.removeprefix(_SQLITE)}"
    return settings.model_copy(
        update={
            "source": settings.source.model_copy(update={"path": path}),
            "database": settings.database.model_copy(update={"url": url}),
        }
    )
