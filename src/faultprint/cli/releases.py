"""Commands that look at releases and move between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faultprint.cli.options import DEFAULT_DATABASE, AsJson, Database, Params, Release
from faultprint.errors import ConfigError

if TYPE_CHECKING:
    from faultprint.store.signature_db import ReleaseRow, SignatureDatabase

app = typer.Typer(help="Look at and move between releases.", no_args_is_help=True)

Author = Annotated[str, typer.Option(help="Who decides, for the audit.")]
Version = Annotated[str, typer.Argument(help="Version of the release.")]
Candidate = Annotated[Path, typer.Option("--candidate", help="Candidate or exported release.")]
Fixtures = Annotated[Path, typer.Option("--fixtures", help="Test cases of signatures.")]
RELEASE = Path("models/release")
FIXTURES = Path("models/fixtures")


@app.command("list")
def list_releases(database: Database = DEFAULT_DATABASE, as_json: AsJson = False) -> None:
    """List the published releases, newest first."""
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    every = held.releases()
    current = held.current().version if held.audit() else ""
    if as_json:
        rows = [_row(held, row, current) for row in reversed(every)]
        typer.echo(json.dumps(rows, indent=1))
        return
    if not every:
        typer.echo("no release yet: run the publish stage")
    for row in reversed(every):
        mark = "*" if row.version == current else " "
        typer.echo(f"{mark} {row.label}  {row.created:%Y-%m-%d %H:%M} UTC  by {row.author}")


@app.command("current")
def current_release(database: Database = DEFAULT_DATABASE, as_json: AsJson = False) -> None:
    """Show the current release: what changed in it, and what is provisional at this site."""
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    current = held.current()
    row = _row(held, current, current.version)
    if as_json:
        typer.echo(json.dumps(row, indent=1))
        return
    typer.echo(f"{current.label}  {current.created:%Y-%m-%d %H:%M} UTC  by {current.author}")
    for sentence in row["changelog"]:
        typer.echo(f"  {sentence}")
    for sentence in row["life"]:
        typer.echo(f"  {sentence}")
    for name, why in row["provisional"].items():
        typer.echo(f"  provisional here: {name}: {'; '.join(why)}")


@app.command("publish")
def publish_release(
    author: Author,
    candidate: Candidate = Path("models/candidate"),
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="seal_leak=test: move a signature on in its life; "
            "seal_leak=deprecated:seal_failure says what replaces it."
        ),
    ] = None,
    expected: Annotated[
        str | None, typer.Option(help="Refuse unless this version is still current.")
    ] = None,
    params: Params = Path("params.yaml"),
    fixtures: Fixtures = FIXTURES,
    database: Database = DEFAULT_DATABASE,
    release: Release = RELEASE,
) -> None:
    """Publish a candidate as the policy allows it, make it current and export it."""
    from faultprint.stages.acceptance import Publication
    from faultprint.stages.releases import publish_release

    how = Publication(author, expected, _statuses(status), _second_person(params), fixtures)
    _tell(*publish_release(database, candidate, release, how))


@app.command("fixtures")
def release_fixtures(
    release: Release = RELEASE,
    fixtures: Fixtures = FIXTURES,
    tables: Annotated[
        Path | None, typer.Option(help="Record missing ones from these tables first.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the test cases of each signature; ``stable`` needs all of them to pass."""
    from faultprint.serve.score import Scorer
    from faultprint.stages.fixtures import make_fixtures, run_fixtures

    scorer = Scorer.load(release)
    if tables is not None:
        make_fixtures(scorer, tables, fixtures)
    told = {
        f"{one.equipment_class}/{one.failure_mode}": run_fixtures(scorer, fixtures, one)
        for one in scorer.release.signatures
    }
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    for name, kinds in told.items():
        typer.echo(name if kinds else f"{name}: no fixtures were recorded for it")
        for kind, why in kinds.items():
            typer.echo(f"  {kind}: {why or 'passes'}")


@app.command("verify")
def verify_release(release: Release = RELEASE, as_json: AsJson = False) -> None:
    """Check every part of an exported release against its manifest."""
    from faultprint.store.bundle import read_bundle

    manifest, parts = read_bundle(release)
    if as_json:
        said = {"version": manifest.version, "content_hash": manifest.content_hash}
        typer.echo(json.dumps({**said, "parts": len(parts)}))
        return
    typer.echo(f"{manifest.label}: {len(parts)} parts, all as they were published")


@app.command("export")
def export_release(
    version: Annotated[str, typer.Argument(help="Version to export.")],
    folder: Annotated[Path, typer.Argument(help="Folder to write.")],
    as_taken_in: Annotated[
        bool, typer.Option(help="Under the version it had where it was taken in from.")
    ] = False,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Write a release of the database as a plain directory."""
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    typer.echo(held.export(version, folder, as_taken_in=as_taken_in).label)


@app.command("import")
def import_release(
    folder: Annotated[Path, typer.Argument(help="Exported release.")],
    author: Author,
    site: Annotated[str, typer.Option(help="Other site it comes from.")] = "",
    tables: Annotated[Path, typer.Option(help="Readings of this site.")] = Path("data/tables"),
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Add an exported release; it becomes current only when you point to it."""
    from faultprint.stages.releases import take_in

    row, marks = take_in(database, folder, author, site, tables if site else None)
    if as_json:
        typer.echo(json.dumps({"version": row.version, "label": row.label, "provisional": marks}))
        return
    typer.echo(f"added: {row.label}; to use it: faultprint releases point {row.version}")
    for name, why in marks.items():
        typer.echo(f"  provisional here: {name}: {'; '.join(why)}")


@app.command("point")
def point_release(
    version: Version,
    author: Author,
    reason: Annotated[str, typer.Option(help="Why, for the audit.")],
    params: Params = Path("params.yaml"),
    fixtures: Fixtures = FIXTURES,
    release: Release = RELEASE,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Make a release the current one and export it; one that never was passes the policy first."""
    from faultprint.stages.acceptance import Publication, point_to, was_current
    from faultprint.stages.releases import export_current
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    back = was_current(held, version)  # no settings are needed to go back
    second = False if back else _second_person(params)
    how = Publication(author, second_person=second, fixtures=fixtures, reason=reason)
    point_to(database, version, how)
    typer.echo(f"current: {export_current(held, release).label}")


@app.command("adopt")
def adopt_release(
    author: Author,
    reason: Annotated[str, typer.Option(help="Why, for the audit.")],
    candidate: Candidate = Path("models/candidate"),
    params: Params = Path("params.yaml"),
    fixtures: Fixtures = FIXTURES,
    database: Database = DEFAULT_DATABASE,
    release: Release = RELEASE,
) -> None:
    """Publish a candidate that is not better, as the policy allows it, and export it."""
    from faultprint.stages.acceptance import Publication
    from faultprint.stages.releases import publish_release

    second = _second_person(params)
    how = Publication(author, second_person=second, fixtures=fixtures, reason=reason)
    _tell(*publish_release(database, candidate, release, how))


@app.command("rollback")
def rollback_release(
    author: Annotated[str, typer.Option(help="Who rolls back, for the audit.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit.")] = "",
    release: Release = RELEASE,
    database: Database = DEFAULT_DATABASE,
) -> None:
    """Point back to the release that was current before, and export it for scoring."""
    from faultprint.stages.releases import export_current
    from faultprint.store.signature_db import SignatureDatabase

    held = SignatureDatabase(database)
    held.rollback(author, reason)
    typer.echo(f"current: {export_current(held, release).label}")


def _row(held: SignatureDatabase, row: ReleaseRow, current: str) -> dict[str, Any]:
    changelog = held.note(row.version, "changelog") or {}
    marks = held.note(row.version, "provisional") or {}
    return {
        "version": row.version,
        "parent": row.parent,
        "level": row.level,
        "content_hash": row.content_hash,
        "author": row.author,
        "created": row.created.isoformat(),
        "current": row.version == current,
        "changelog": changelog.get("sentences", []),
        "life": row.header.get("life", []),
        "provisional": marks.get("signatures", {}),
    }


def _second_person(params: Path) -> bool:
    from faultprint.store.settings import load_settings

    return load_settings(params, {}).database.policy.second_person


def _tell(row: ReleaseRow, life: tuple[str, ...]) -> None:
    typer.echo(f"current: {row.label}")
    for sentence in life:
        typer.echo(f"  {sentence}")


def _statuses(pairs: list[str] | None) -> dict[str, Any]:
    read = {}
    for pair in pairs or []:
        name, mark, status = pair.rpartition("=")
        if not mark or not name:
            raise ConfigError.because(
                f"--status {pair!r}", "a signature and its status", "write seal_leak=test"
            )
        read[name] = status
    return read
