"""Run a benchmark blind: forecast without the labels of what is judged, then score."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.stages.benchmarks.boards import BOARDS
from faultprint.store.benchmarks import Benchmark, check_pins
from faultprint.store.result_files import write_result


def run_benchmark(
    name: str, benchmark: Benchmark, data: Path, results: Path, build: Path
) -> dict[str, Any]:
    """Forecast, score, and write the results file and what it cost.

    Parameters
    ----------
    name : str
        Name of the benchmark.
    benchmark : Benchmark
        The benchmark.
    data : Path
        Folder of the published files.
    results : Path
        Folder of the results files: ``<name>.json`` and, apart since it differs from run to run,
        ``<name>.cost.json``.
    build : Path
        Folder for the forecasts.

    Returns
    -------
    dict[str, Any]
        What stands in the results file.
    """

    def judged() -> list[Figure]:
        forecasts = build / f"{name}.csv"
        forecast_blind(benchmark, data, forecasts)
        return score_forecasts(benchmark, data, forecasts)

    pins = {**benchmark.data, **benchmark.labels}
    return _written(results / name, benchmark, pins, f"{name} --data DIR", judged)


def run_ablations(name: str, benchmark: Benchmark, data: Path, results: Path) -> dict[str, Any]:
    """Judge what each part gives, and write the results file and what it cost.

    Parameters
    ----------
    name : str
        Name of the benchmark.
    benchmark : Benchmark
        The benchmark.
    data : Path
        Folder of the published files; those of test labels are not opened.
    results : Path
        Folder of the results files: ``<name>.ablations.json`` and its cost.

    Returns
    -------
    dict[str, Any]
        What stands in the results file.
    """

    def judged() -> list[Figure]:
        check_pins(data, benchmark.data)
        return BOARDS[benchmark.protocol].ablate(benchmark, data)

    path = results / f"{name}.ablations"
    return _written(path, benchmark, benchmark.data, f"{name} --data DIR --ablations", judged)


def forecast_blind(benchmark: Benchmark, data: Path, forecasts: Path) -> None:
    """Forecast what is judged, and leave the forecasts on disk.

    Parameters
    ----------
    benchmark : Benchmark
        The benchmark.
    data : Path
        Folder of the published files; files of test labels need not be there.
    forecasts : Path
        The CSV file to write.
    """
    check_pins(data, benchmark.data)
    table = BOARDS[benchmark.protocol].predict(benchmark, data)
    forecasts.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(forecasts, index=False)


def score_forecasts(benchmark: Benchmark, data: Path, forecasts: Path) -> list[Figure]:
    """Open the labels, and score the forecasts that lie on disk.

    Parameters
    ----------
    benchmark : Benchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : Path
        What :func:`forecast_blind` wrote.

    Returns
    -------
    list[Figure]
        Of every variant and baseline.
    """
    check_pins(data, benchmark.labels)
    return BOARDS[benchmark.protocol].score(benchmark, data, pd.read_csv(forecasts))


def _written(
    path: Path,
    benchmark: Benchmark,
    pins: dict[str, str],
    command: str,
    judged: Callable[[], list[Figure]],
) -> dict[str, Any]:
    """Judge, and write ``path`` with .json and .cost.json."""
    began = time.process_time()
    result = {
        "title": benchmark.title,
        "protocol": benchmark.protocol,
        "command": f"faultprint benchmark {command}",
        "data": pins,
        "figures": [asdict(one) for one in judged()],
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {"cpu_seconds": round(time.process_time() - began), "peak_memory_mib": round(peak)}
    write_result(path.with_name(f"{path.name}.json"), result)
    write_result(path.with_name(f"{path.name}.cost.json"), cost)
    return result


def figure_lines(result: dict[str, Any]) -> list[str]:
    """Write the figures of a result as lines of text.

    Parameters
    ----------
    result : dict[str, Any]
        What a results file holds.

    Returns
    -------
    list[str]
        One line a figure.
    """
    return [
        f"{one['variant']}; {one['stratum']}: {one['measure']} {one['value']:.4g} "
        f"({one['low']:.4g} to {one['high']:.4g}), n {one['n']}"
        for one in result["figures"]
    ]
