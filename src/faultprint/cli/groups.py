"""The command that groups incidents which fit no signature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import AsJson, Params, Release

Results = Annotated[Path, typer.Option("--results", help="Folder of results of scoring.")]
Tables = Annotated[Path, typer.Option("--tables", help="Folder with the events.")]


def group_incidents(
    params: Params = Path("params.yaml"),
    release: Release = Path("models/release"),
    results: Results = Path("results"),
    tables: Tables = Path("data/tables"),
    as_json: AsJson = False,
) -> None:
    """Group the incidents that fit no signature, and tell what each group shows."""
    from faultprint.faults.discovery.group_page import group_page
    from faultprint.stages.groups import groups
    from faultprint.store.settings import load_settings

    found = groups(release, results, tables, load_settings(params, {}).discover)
    if as_json:
        told = [{**s.to_dict(), "new": found.joined[s.name]} for s in found.stories]
        typer.echo(json.dumps({"groups": told, "alone": found.alone}, indent=1))
        return
    typer.echo(
        f"unknown incidents: {len(found.table)}; groups of them: {len(found.stories)}; "
        f"like no other: {len(found.alone)}"
    )
    for story in found.stories:
        new = found.joined[story.name]
        typer.echo(f"\n{group_page(story)}" + (f"\n  New since last time: {new}" if new else ""))


def register(incidents: typer.Typer) -> None:
    """Add the command to the commands on incidents.

    Parameters
    ----------
    incidents : typer.Typer
        Where to.
    """
    incidents.command("groups")(group_incidents)
