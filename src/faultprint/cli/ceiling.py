"""The command that says whether model or data are the limit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from faultprint.cli.options import AsJson, Folder, Overrides

Given = Annotated[
    Path | None, typer.Option("--params", help="Settings, YAML; else params.yaml of the workspace.")
]
Picture = Annotated[Path | None, typer.Option("--picture", help="PNG or SVG file to write.")]


def ceiling(
    params: Given = None,
    workspace: Folder = Path(),
    overrides: Overrides = None,
    as_json: AsJson = False,
    picture: Picture = None,
) -> None:
    """Say whether model or data are the limit, from the training windows of a finished run."""
    from faultprint.cli import overrides_from
    from faultprint.evaluate.ceiling.page import SAYS, ceiling_page
    from faultprint.stages.ceiling import ceiling as measure
    from faultprint.stages.workspace import Workspace
    from faultprint.store.ceiling_figure import ceiling_figure
    from faultprint.store.settings import load_settings

    settings = load_settings(params or workspace / "params.yaml", overrides_from(overrides))
    found = measure(settings, Workspace(workspace))
    if picture is not None:
        picture.write_bytes(ceiling_figure(found, "svg" if picture.suffix == ".svg" else "png"))
    if as_json:
        told: list[dict[str, Any]] = [
            {**asdict(one), "best": one.best, "limit": one.limit, "says": SAYS[one.limit]}
            for one in found
        ]
        typer.echo(json.dumps(told, indent=1))
        return
    typer.echo("\n\n".join(map(ceiling_page, found)))
