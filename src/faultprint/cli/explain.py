"""The command that explains a diagnosis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from faultprint.cli.options import (
    DEFAULT_DATABASE,
    AsJson,
    Database,
    Folder,
    Params,
    Release,
)


def explain(
    diagnosis: Annotated[
        str, typer.Argument(help="Incident (its beginning is enough), or asset@time.")
    ],
    lineage: Annotated[
        bool, typer.Option("--lineage", help="Walk to release, data, code, params and opinions.")
    ] = False,
    release: Release = Path("models/release"),
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Say why a diagnosis says what it says, or where it comes from."""
    from faultprint.serve.explaining import explanation_text
    from faultprint.stages.explain import explain as explain_diagnosis
    from faultprint.stages.finding import find_diagnosis
    from faultprint.stages.held import release_of
    from faultprint.stages.workspace import Workspace

    place = Workspace(workspace)
    found = find_diagnosis(diagnosis, place, _label(release))
    held = release_of(str(found.diagnosis["release"]), release, database)
    told = explain_diagnosis(found, held.release if held else None, place, database)
    if not lineage:
        typer.echo(
            json.dumps(told.to_dict(), indent=1) if as_json else explanation_text(told.to_dict())
        )
        return
    from faultprint.stages.lineage import lineage_of, lineage_text
    from faultprint.store.settings import load_settings

    settings: Any = load_settings(params) if params.is_file() else None
    links = lineage_of(told, held, place, database, settings)
    said = [link.to_dict() for link in links]
    typer.echo(json.dumps(said, indent=1) if as_json else lineage_text(links))


def _label(release: Path) -> str:
    from faultprint.errors import ReleaseError
    from faultprint.store.bundle import read_manifest

    try:
        return read_manifest(release).label
    except ReleaseError:  # results can be explained without the export of the current release
        return ""
