"""The command line: parse, call, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from faultprint.cli import benchmark, groups, incidents, open_set, releases, rules, signatures
from faultprint.cli import ceiling as limiting
from faultprint.cli import doctor as examining
from faultprint.cli import explain as explaining
from faultprint.cli.options import Folder, Overrides, Params, Release
from faultprint.cli.search import search
from faultprint.cli.teach import teach
from faultprint.errors import ConfigError, FaultprintError, RuleError, StoreError

app = typer.Typer(
    name="faultprint",
    help="Predictive maintenance with a versioned database of fault signatures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(signatures.app, name="signatures")
app.add_typer(releases.app, name="releases")
app.command()(teach)
groups.register(incidents.app)
app.add_typer(incidents.app, name="incidents")
app.add_typer(rules.app, name="rules")
app.command("open-set")(open_set.open_set)
app.command("benchmark")(benchmark.benchmark)
app.command("explain")(explaining.explain)
app.command()(search)
app.command("doctor")(examining.doctor)
app.command("ceiling")(limiting.ceiling)


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
    from faultprint.serve.score import Scorer

    if not (release.is_dir() and not any(release.iterdir())):  # empty: the gate held the first one
        Scorer.load(release)
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


def main() -> None:
    """Run the command line; an expected error ends with its message and status 1."""
    try:
        app()
    except RuleError as error:  # its carets stand under the place they point at
        print(f"faultprint: {error}", file=sys.stderr)
        raise SystemExit(1) from error
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
