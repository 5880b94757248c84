"""The command that searches settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import Folder, Overrides, Params


def search(
    name: Annotated[
        str, typer.Argument(help="classifier, or a benchmark of remaining life: cmapss-fd001.")
    ] = "classifier",
    trials: Annotated[int | None, typer.Option(help="Trials of each study.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Longest time of all of them, s.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of a benchmark's published files.")
    ] = None,
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    overrides: Overrides = None,
    searches: Annotated[Path, typer.Option(help="Search files.")] = Path("params/search"),
    benchmarks: Annotated[Path, typer.Option(help="Benchmark files.")] = Path("params/benchmarks"),
) -> None:
    """Search settings by nested validation on training assets; taken up again if interrupted."""
    from faultprint.cli import overrides_from
    from faultprint.stages.search import Places
    from faultprint.stages.search import search as run
    from faultprint.stages.searched import learner_of
    from faultprint.store.settings import load_settings
    from faultprint.store.studies import load_search

    settings = load_settings(params, overrides_from(overrides))
    kind, learner = learner_of(name, settings, workspace, benchmarks, data)
    said = load_search(kind, searches)
    given = {"trials": trials, "timeout": timeout}
    said = said.model_copy(update={key: one for key, one in given.items() if one is not None})
    places = Places(
        workspace / "build" / "search" / f"{name}.db",
        workspace / "metrics" / "search" / f"{name}.json",
        workspace,
    )
    found = run(name, learner, said, places, settings.tracking)
    typer.echo(json.dumps(found, indent=1))
