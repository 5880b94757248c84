"""Commands for rules that experts write by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import AsJson, Folder, Params, Release
from faultprint.errors import ConfigError

app = typer.Typer(help="Check and show the rules that experts write.", no_args_is_help=True)


@app.command("check")
def check_rules(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Rule files; those of expert.rules if left out.")
    ] = None,
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    release: Release = Path("models/release"),
    as_json: AsJson = False,
) -> None:
    """Check rules and say what each would have done on the archive; nothing is written."""
    from faultprint.faults.release import scoring_settings
    from faultprint.faults.rules.matching import compile_book
    from faultprint.serve.score import Scorer
    from faultprint.stages.rule_trial import trial_page, try_rules
    from faultprint.stages.rules import load_rules, version_hints
    from faultprint.stages.workspace import Workspace
    from faultprint.store.manifest import MANIFEST
    from faultprint.store.settings import load_settings

    settings, place = load_settings(params), Workspace(workspace)
    book = load_rules(settings, workspace, files)
    compiled = compile_book(book, scoring_settings(settings))
    told = f"{len(compiled)} rules and {len(book.instances)} instances are sound"
    if (workspace / release / MANIFEST).exists():
        held = Scorer.load(workspace / release).release.rules
        told = "\n".join([told, *version_hints(book, held)])
    if not (place.expected / "windows").is_dir():
        typer.echo(f"{told}; no archive to try them on: run the stages up to expect")
        return
    trial = try_rules(book, settings, place)
    if as_json:
        typer.echo(json.dumps(trial.rows.to_dict("records"), indent=1))
        return
    from faultprint.stages.rule_alarms import rates_text, rule_rates
    from faultprint.stages.workspace import read_frames
    from faultprint.store.parquet import read_table

    frames, events = read_frames(place.expected / "windows"), read_table(place.tables, "events")
    rates = rule_rates(book, trial, frames, events, settings)
    said = rates_text(rates, settings.detect.false_alarms_per_asset_month)
    typer.echo("\n".join([f"{told}\n\n{trial_page(book, trial)}".rstrip(), "", *said]).rstrip())


@app.command("show")
def show_rules_of(
    asset: Annotated[str, typer.Argument(help="The asset.")],
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the rules of an asset: what it inherits and what it does otherwise."""
    from faultprint.stages.rules import load_rules, rules_page, show_rules
    from faultprint.stages.workspace import Workspace
    from faultprint.store.parquet import read_table
    from faultprint.store.settings import load_settings

    book = load_rules(load_settings(params), workspace)
    assets = read_table(Workspace(workspace).tables, "assets")
    classes = dict(zip(assets["asset"], assets["equipment_class"], strict=True))
    if asset not in classes:
        raise ConfigError.unknown("asset", asset, [str(name) for name in classes])
    told = show_rules(book, asset, str(classes[asset]))
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    typer.echo(rules_page(told) or f"no rules for {classes[asset]!r}, the class of {asset}")
