"""The command that hides every fault in turn."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from faultprint.cli.options import AsJson, Folder, Overrides, Params


def open_set(
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Hide every failure mode in turn and see whether it is told apart from what was learnt."""
    from faultprint.cli import overrides_from
    from faultprint.stages.open_set import open_set as run
    from faultprint.stages.open_set import open_set_page
    from faultprint.stages.workspace import Workspace
    from faultprint.store.settings import load_settings

    found = run(load_settings(params, overrides_from(overrides)), Workspace(workspace))
    typer.echo(json.dumps(found, indent=1) if as_json else open_set_page(found))
