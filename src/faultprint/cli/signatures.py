"""Commands that look at signatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli import releases
from faultprint.cli.options import (
    DEFAULT_DATABASE,
    AsJson,
    Database,
    Folder,
    Params,
    Release,
)
from faultprint.errors import ConfigError

app = typer.Typer(help="Look at the signatures of a release.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Version, 'current', or folder of a release.")]


@app.command("list")
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
        other = f", replaced by {one.replaced_by}" if one.replaced_by else ""
        name = f"{one.equipment_class}/{one.failure_mode}"
        typer.echo(f"  {name}  {one.version}  {one.status}{other}  {found}")


@app.command("show")
def show_signature(
    mode: Annotated[str, typer.Argument(help="Failure mode, or class/failure mode.")],
    release: Release = Path("models/release"),
    workspace: Folder = Path(),
    database: Database = DEFAULT_DATABASE,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a signature as a page that a technician can read."""
    from faultprint.faults.pages.page import signature_page
    from faultprint.serve.score import Scorer
    from faultprint.stages.workspace import Workspace

    scorer = Scorer.load(release)
    held = {f"{s.equipment_class}/{s.failure_mode}": s for s in scorer.release.signatures}
    found = [s for key, s in held.items() if mode in {key, s.failure_mode}]
    if not found:
        raise ConfigError.unknown("signature", mode, list(held))
    if as_json:
        for one in found:
            typer.echo(json.dumps(one.to_dict(), indent=1))
        return
    from faultprint.stages.pages import around_signature, described

    place = Workspace(workspace)
    around = [
        around_signature(one, scorer.release, described(one.equipment_class, place), database)
        for one in found
    ]
    if html is None:
        for one, beside in zip(found, around, strict=True):
            typer.echo(signature_page(one, beside))
        return
    if len(found) > 1:
        keys = [f"{s.equipment_class}/{s.failure_mode}" for s in found]
        raise ConfigError.because(f"{mode!r}, which {len(found)} have", "one", f"name {keys[0]!r}")
    from faultprint.serve.signature_page import render_signature
    from faultprint.store.folders import write_text

    write_text(render_signature(found[0], scorer.label, around[0]), html)
    typer.echo(str(html))


@app.command("diff")
def diff_releases(
    old: Name,
    new: Name,
    behaviour: Annotated[
        bool, typer.Option("--behaviour", help="Replay the archive under both as well.")
    ] = False,
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    database: Database = DEFAULT_DATABASE,
    as_json: AsJson = False,
) -> None:
    """Say how two releases differ: in what they hold, and in what they say of the archive."""
    from faultprint.stages.difference import behaviour_sentences, semantic_diff
    from faultprint.stages.held import find_release

    before, after = (find_release(name, database) for name in (old, new))
    told = {"old": before.label, "new": after.label, **semantic_diff(before.parts, after.parts)}
    lines = [f"{before.label} -> {after.label}: {told['level']}", *told["sentences"]]
    if behaviour:
        from faultprint.stages.replay import compare_releases
        from faultprint.stages.workspace import Workspace
        from faultprint.store.settings import load_settings

        place, settings = Workspace(workspace), load_settings(params)
        found = compare_releases(before.scorer, after.scorer, place.tables, settings, place.replays)
        told["behaviour"] = found.to_dict()
        lines += ["", "On the archive, which both may have learnt from:"]
        lines += behaviour_sentences(found)
    typer.echo(json.dumps(told, indent=1) if as_json else "\n".join(lines))


@app.command("verify")
def verify_release(
    release: Release = Path("models/release"),
    workspace: Folder = Path(),
    database: Database = DEFAULT_DATABASE,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only compare its files with its manifest.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a release again from data, code, settings and opinions, and compare every part."""
    if quick:
        from faultprint.store.bundle import read_bundle

        manifest, parts = read_bundle(release)
        told = {"label": manifest.label, "parts": len(parts), "same": True}
        said = f"{manifest.label}: {len(parts)} parts, all as they were published"
        typer.echo(json.dumps(told, indent=1) if as_json else said)
        return
    from faultprint.stages.verify import verify, verify_text
    from faultprint.stages.workspace import Workspace

    found = verify(release, Workspace(workspace), database)
    typer.echo(json.dumps(found.to_dict(), indent=1) if as_json else verify_text(found))
    if not found.same:
        raise typer.Exit(1)


@app.command("coverage")
def cover_assets(
    release: Release = Path("models/release"),
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    database: Database = DEFAULT_DATABASE,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which failure mode the release can see on which asset, and what is in the way."""
    from faultprint.serve.coverage_page import coverage_csv, coverage_text
    from faultprint.serve.score import Scorer
    from faultprint.stages.coverage import coverage
    from faultprint.stages.voices import confirmations
    from faultprint.stages.workspace import Workspace
    from faultprint.store.settings import load_settings

    said = confirmations(database)
    found = coverage(load_settings(params), Workspace(workspace), Scorer.load(release), said)
    if as_csv:
        typer.echo(coverage_csv(found), nl=False)
    else:
        typer.echo(json.dumps(found.to_dict(), indent=1) if as_json else coverage_text(found))


# What moves releases moves signatures: the same commands under both names.
app.command("export")(releases.export_release)
app.command("import")(releases.import_release)
app.command("rollback")(releases.rollback_release)
