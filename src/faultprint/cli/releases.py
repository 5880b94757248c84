"""Commands that look at releases and move between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import DEFAULT_DATABASE, AsJson, Database, Release

app = typer.Typer(help="Look at and move between releases.", no_args_is_help=True)


@app.command("list")
def list_releases(database: Database = DEFAULT_DATABASE, as_json: AsJson = False) -> None:
    """List the published releases, newest first."""
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    current = held.current().version
    for row in reversed(held.releases()):
        if as_json:
            said = {"version": row.version, "content_hash": row.content_hash}
            typer.echo(json.dumps({**said, "current": row.version == current}))
        else:
            mark = "*" if row.version == current else " "
            typer.echo(f"{mark} {row.label}  {row.created:%Y-%m-%d %H:%M} UTC  by {row.author}")


@app.command("verify")
def verify_release(release: Release = Path("models/release")) -> None:
    """Check every part of an exported release against its manifest."""
    from faultprint.store.bundle import read_bundle

    manifest, parts = read_bundle(release)
    typer.echo(f"{manifest.label}: {len(parts)} parts, all as they were published")


@app.command("export")
def export_release(
    version: Annotated[str, typer.Argument(help="Version to export.")],
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Write a release of the database as a plain directory."""
    from faultprint.store.signature_db import SignatureDatabase

    typer.echo(SignatureDatabase(database).export(version, folder).label)


@app.command("adopt")
def adopt_release(
    author: Annotated[str, typer.Option(help="Who decides, for the audit.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit.")],
    candidate: Annotated[
        Path, typer.Option("--candidate", help="Candidate or exported release.")
    ] = Path("models/candidate"),
    database: Database = DEFAULT_DATABASE,
    release: Release = Path("models/release"),
) -> None:
    """Publish a candidate that the gate holds, make it the current release and export it."""
    from faultprint.faults.release import release_from_parts
    from faultprint.store.bundle import read_bundle
    from faultprint.store.signature_db import SignatureDatabase

    _, parts = read_bundle(candidate)
    held = SignatureDatabase(database)
    signatures = release_from_parts(parts).signatures
    row = held.publish(parts, signatures, {"adopted": reason}, author)
    held.point(row.version, author, reason)
    typer.echo(f"current: {held.export(row.version, release).label}")


@app.command("rollback")
def rollback_release(
    author: Annotated[str, typer.Option(help="Who rolls back, for the audit.")],
    release: Release = Path("models/release"),
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Point back to the release that was current before, and export it for scoring."""
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    row = held.rollback(author)
    typer.echo(f"current: {held.export(row.version, release).label}")
