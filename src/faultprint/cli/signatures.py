"""Commands that look at signatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import AsJson, Release
from faultprint.errors import ConfigError

app = typer.Typer(help="Look at the signatures of a release.", no_args_is_help=True)


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
        typer.echo(f"  {one.equipment_class}/{one.failure_mode}  {one.version}  {found}")


@app.command("show")
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
