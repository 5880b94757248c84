"""The command line: parse, call, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from faultprint.errors import ConfigError, FaultprintError, StoreError

app = typer.Typer(
    name="faultprint",
    help="Predictive maintenance with a versioned database of fault signatures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
signatures_app = typer.Typer(help="Look at the signatures of a release.", no_args_is_help=True)
releases_app = typer.Typer(help="Look at and move between releases.", no_args_is_help=True)
app.add_typer(signatures_app, name="signatures")
app.add_typer(releases_app, name="releases")

Params = Annotated[Path, typer.Option("--params", help="Settings, YAML.")]
Folder = Annotated[Path, typer.Option("--workspace", help="Project folder.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Override a setting: windows.step=3h")
]
Release = Annotated[Path, typer.Option("--release", help="Exported release to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def overrides_from(pairs: list[str] | None) -> dict[str, Any]:
    """Read ``key=value`` pairs of the command line.

    Parameters
    ----------
    pairs : list[str] | None
        Such as ``['windows.step=3h']``; values are YAML.

    Returns
    -------
    dict[str, Any]
        Dotted key -> value.

    Raises
    ------
    ConfigError
        If a pair has no ``=`` or its value is not YAML.
    """
    import yaml

    read = {}
    for pair in pairs or []:
        key, mark, text = pair.partition("=")
        if not mark or not key:
            raise ConfigError.because(
                f"--set {pair!r}", "key=value", "write for example --set windows.step=3h"
            )
        try:
            read[key] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigError.because(
                f"--set {pair!r}, whose value is not YAML", "a plain value", "quote it"
            ) from error
    return read


@app.command()
def stage(
    name: Annotated[str, typer.Argument(help="simulate, ingest, describe, expect, learn ...")],
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    overrides: Overrides = None,
) -> None:
    """Run one stage of the main job; dvc.yaml calls this."""
    from faultprint.stages.run import run_stage
    from faultprint.store.settings import load_settings

    summary = run_stage(name, load_settings(params, overrides_from(overrides)), workspace)
    typer.echo(json.dumps(summary, indent=1, default=str))


@app.command()
def score(
    release: Release = Path("models/release"),
    tables: Annotated[Path, typer.Option(help="Folder with assets, readings, events.")] = Path(
        "data/tables"
    ),
    results: Annotated[Path, typer.Option(help="Folder the results are added to.")] = Path(
        "results"
    ),
) -> None:
    """Score readings with a release; scoring the same readings again changes nothing."""
    from faultprint.stages.score import score as score_tables

    typer.echo(json.dumps(score_tables(release, tables, results), indent=1, default=str))


@app.command()
def serve(
    release: Release = Path("models/release"),
    results: Annotated[Path, typer.Option(help="Folder of results for asset states.")] = Path(
        "results"
    ),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
) -> None:
    """Serve scoring over HTTP; a newly published release is taken up without a restart."""
    import uvicorn

    from faultprint.serve.api import create_app

    uvicorn.run(create_app(release, results), host=host, port=port)


@app.command()
def bearings(
    folder: Annotated[Path, typer.Argument(help="Folder of the Case Western recordings.")],
    bands: Annotated[int, typer.Option(help="Equal bands that are averaged.")] = 8,
    resolution: Annotated[float, typer.Option(help="Resolution of the envelope, Hz.")] = 1.0,
) -> None:
    """Rank the faults of bearing recordings by their envelope, with no training."""
    from faultprint.signal.bearing_faults import Ranking
    from faultprint.stages.bearings import bearing_page, judge_recordings

    typer.echo(bearing_page(judge_recordings(folder, Ranking(bands, resolution))))


@app.command()
def sensors(
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    overrides: Overrides = None,
) -> None:
    """Measure sensor health on the simulated fleet: caught, how late, wrongly accused."""
    from faultprint.stages.sensors import sensor_page
    from faultprint.stages.workspace import Workspace
    from faultprint.store.settings import load_settings

    settings = load_settings(params, overrides_from(overrides))
    typer.echo(sensor_page(settings, Workspace(workspace)))


@signatures_app.command("list")
def list_signatures(release: Release = Path("models/release"), as_json: AsJson = False) -> None:
    """List the signatures of a release."""
    from faultprint.serve.score import Scorer

    held = Scorer.load(release)
    if as_json:
        typer.echo(json.dumps([s.to_dict() for s in held.release.signatures], indent=1))
        return
    typer.echo(f"release {held.label}")
    for one in held.release.signatures:
        recall = one.performance.recall
        found = f"{recall.hits} of {recall.n} held-out failures found"
        typer.echo(f"  {one.equipment_class}/{one.failure_mode}  {one.version}  {found}")


@signatures_app.command("show")
def show_signature(
    mode: Annotated[str, typer.Argument(help="Failure mode, or class/failure mode.")],
    release: Release = Path("models/release"),
    as_json: AsJson = False,
) -> None:
    """Print a signature as a page that a technician can read."""
    from faultprint.faults.page import signature_page
    from faultprint.serve.score import Scorer

    signatures = Scorer.load(release).release.signatures
    held = {f"{s.equipment_class}/{s.failure_mode}": s for s in signatures}
    found = [s for key, s in held.items() if mode in {key, s.failure_mode}]
    if not found:
        raise ConfigError.unknown("signature", mode, list(held))
    for one in found:
        typer.echo(json.dumps(one.to_dict(), indent=1) if as_json else signature_page(one))


Database = Annotated[str, typer.Option("--database", help="SQLAlchemy URL of the database.")]
DEFAULT_DATABASE = "sqlite:///models/signatures.db"


@releases_app.command("list")
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


@releases_app.command("verify")
def verify_release(release: Release = Path("models/release")) -> None:
    """Check every part of an exported release against its manifest."""
    from faultprint.store.bundle import read_bundle

    manifest, parts = read_bundle(release)
    typer.echo(f"{manifest.label}: {len(parts)} parts, all as they were published")


@releases_app.command("export")
def export_release(
    version: Annotated[str, typer.Argument(help="Version to export.")],
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Write a release of the database as a plain directory."""
    from faultprint.store.signature_db import SignatureDatabase

    typer.echo(SignatureDatabase(database).export(version, folder).label)


@releases_app.command("adopt")
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


@releases_app.command("rollback")
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


def main() -> None:
    """Run the command line; an expected error ends with its message and status 1."""
    try:
        app()
    except FaultprintError as error:
        said = str(error)
    except OSError as error:  # a disk or a network refuses where nobody expected it
        said = str(
            StoreError.because(
                f"{error.strerror or error} ({error.filename or 'no file named'})",
                "a system that takes and gives what is asked of it",
                "free disk space or memory, check rights and addresses, and run it again",
            )
        )
    else:
        return
    print(f"faultprint: {' '.join(said.split())}", file=sys.stderr)
    raise SystemExit(1)
