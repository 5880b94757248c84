"""The command that judges on public data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def benchmark(
    name: Annotated[str, typer.Argument(help="A file of --params-folder, without .yaml.")],
    data: Annotated[
        Path, typer.Option("--data", help="Folder of the published files, or above it.")
    ],
    ablations: Annotated[
        bool, typer.Option("--ablations", help="What each part of the method gives.")
    ] = False,
    params: Annotated[Path, typer.Option("--params-folder", help="Benchmark files.")] = Path(
        "params/benchmarks"
    ),
    results: Annotated[Path, typer.Option(help="Folder the results files go to.")] = Path(
        "docs/benchmarks/results"
    ),
    build: Annotated[Path, typer.Option(help="Folder for forecasts.")] = Path("build/benchmarks"),
) -> None:
    """Judge on a public data set: forecast blind, then score; python -m docs.book writes it up."""
    from faultprint.stages.benchmarks.running import figure_lines, run_ablations, run_benchmark
    from faultprint.store.benchmarks import folder_of, load_benchmark

    said = load_benchmark(name, params)
    place = folder_of(said, data)
    if ablations:
        result = run_ablations(name, said, place, results)
    else:
        result = run_benchmark(name, said, place, results, build)
    typer.echo("\n".join(figure_lines(result)))
