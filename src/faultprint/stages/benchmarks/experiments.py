"""Experiments with a healthy beginning: their readings, and apart from these their labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.errors import SourceError
from faultprint.store.benchmarks import RowsBenchmark
from faultprint.store.sources.raw import RawReadings
from faultprint.store.sources.registry import open_source

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True)
class Runs:
    """Readings of experiments, in order of time; no label is in it."""

    sensors: tuple[str, ...]
    readings: dict[str, Floats]
    """Asset -> rows by sensors."""
    spans: dict[str, tuple[pd.Timestamp, pd.Timestamp]]
    """Asset -> first and last time."""


@dataclass(frozen=True)
class States:
    """Labels of experiments, of the rows after the reference."""

    abnormal: dict[str, Marks]
    """Asset -> which rows are abnormal."""
    seconds: dict[str, Floats]
    """Asset -> time of each row since the first judged one [s]."""
    changes: dict[str, Floats]
    """Asset -> times of its change points, the same way [s]; empty where none are published."""


def read_runs(benchmark: RowsBenchmark, data: Path) -> Runs:
    """Read the sensors of every experiment, and nothing else.

    Parameters
    ----------
    benchmark : RowsBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    Runs
        Of all assets, the fault-free ones among them.
    """
    values: dict[str, Floats] = {}
    spans: dict[str, tuple[pd.Timestamp, pd.Timestamp]] = {}
    sensors: tuple[str, ...] = ()
    for asset, raw in _opened(benchmark, data):
        columns = list(raw.mapping.sensors)
        sensors = tuple(raw.mapping.sensors[name].sensor for name in columns)
        numbers = raw.frame[columns].apply(pd.to_numeric, errors="coerce")
        times = pd.to_datetime(raw.frame[raw.mapping.time], utc=True)
        values[asset] = numbers.to_numpy(dtype=np.float64)
        spans[asset] = (times.min(), times.max())
    return Runs(sensors, values, spans)


def read_states(benchmark: RowsBenchmark, data: Path) -> States:
    """Open the labels of every experiment that is not fault-free.

    Parameters
    ----------
    benchmark : RowsBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    States
        Of the rows after the reference.

    Raises
    ------
    SourceError
        If a file has no column of labels.
    """
    abnormal: dict[str, Marks] = {}
    seconds: dict[str, Floats] = {}
    changes: dict[str, Floats] = {}
    for asset, raw in _opened(benchmark, data):
        if asset in benchmark.fault_free:
            continue
        if benchmark.label not in raw.frame.columns:
            raise SourceError.because(
                f"{raw.source} without a column {benchmark.label!r}",
                "labels of each row",
                "name the column under label in the benchmark's file",
            )
        judged = raw.frame.iloc[benchmark.reference_rows :]
        times = pd.to_datetime(judged[raw.mapping.time], utc=True)
        abnormal[asset] = _marked(judged, benchmark.label)
        seconds[asset] = _seconds(times)
        marks = np.zeros(len(judged), dtype=bool)
        if benchmark.change:
            marks = _marked(judged, benchmark.change)
        changes[asset] = seconds[asset][marks]
    return States(abnormal, seconds, changes)


def fault_free_runs(benchmark: RowsBenchmark, runs: Runs) -> dict[str, Floats]:
    """Cut the fault-free records into runs as long as the experiments.

    Parameters
    ----------
    benchmark : RowsBenchmark
        Says which assets they are.
    runs : Runs
        All of them.

    Returns
    -------
    dict[str, NDArray[numpy.float64]]
        Name -> rows by sensors; what is left over at the end is not used.
    """
    others = [len(rows) for name, rows in runs.readings.items() if name not in benchmark.fault_free]
    usual = int(np.median(others))
    cut = {}
    for name in benchmark.fault_free:
        rows = runs.readings[name]
        for number in range(len(rows) // usual):
            cut[f"{name} {number}"] = rows[number * usual : (number + 1) * usual]
    return cut


def faulty_runs(benchmark: RowsBenchmark, runs: Runs) -> dict[str, Floats]:
    """Take the experiments that are judged by labels.

    Parameters
    ----------
    benchmark : RowsBenchmark
        Says which are not.
    runs : Runs
        All of them.

    Returns
    -------
    dict[str, NDArray[numpy.float64]]
        Asset -> rows by sensors.
    """
    return {name: rows for name, rows in runs.readings.items() if name not in benchmark.fault_free}


def forecast_rows(variant: str, scores: Mapping[str, Floats], reference_rows: int) -> pd.DataFrame:
    """Lay out the scores of the judged rows as a table.

    Parameters
    ----------
    variant : str
        Which model.
    scores : Mapping[str, NDArray[numpy.float64]]
        Asset -> score of each row, the reference among them.
    reference_rows : int
        Rows of the reference, which are not judged.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``asset``, ``row``, ``score``; scores have six digits.
    """
    parts = [
        pd.DataFrame(
            {
                "variant": variant,
                "asset": asset,
                "row": np.arange(reference_rows, len(score)),
                "score": [float(f"{one:.6g}") for one in score[reference_rows:]],
            }
        )
        for asset, score in scores.items()
    ]
    return pd.concat(parts, ignore_index=True)


def scores_of(forecasts: pd.DataFrame) -> dict[str, dict[str, Floats]]:
    """Take a table of forecasts apart again.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        As from :func:`forecast_rows`.

    Returns
    -------
    dict[str, dict[str, NDArray[numpy.float64]]]
        Variant -> asset -> score of each judged row.
    """
    found: dict[str, dict[str, Floats]] = {}
    for (variant, asset), part in forecasts.groupby(["variant", "asset"], sort=False):
        ordered = part.sort_values("row")["score"].to_numpy(dtype=np.float64)
        found.setdefault(str(variant), {})[str(asset)] = ordered
    return found


def _opened(benchmark: RowsBenchmark, data: Path) -> Iterator[tuple[str, RawReadings]]:
    """Read each asset's rows, whether a file holds one asset or names them in a column."""
    source = benchmark.source.model_copy(update={"path": str(data)})
    held: dict[str, list[RawReadings]] = {}
    for raw in open_source(source, benchmark.equipment):
        if not isinstance(raw, RawReadings):
            continue
        if raw.asset is not None:
            held.setdefault(raw.asset, []).append(raw)
        elif raw.mapping.asset in raw.frame.columns:
            for asset, rows in raw.frame.groupby(raw.mapping.asset, sort=False):
                held.setdefault(str(asset), []).append(replace(raw, frame=rows))
    for asset, parts in held.items():
        yield asset, replace(parts[0], frame=pd.concat([one.frame for one in parts]))


def _seconds(times: pd.Series) -> Floats:
    return np.asarray((times - times.min()).dt.total_seconds(), dtype=np.float64)


def _marked(rows: pd.DataFrame, column: str) -> Marks:
    numbers = pd.to_numeric(rows[column], errors="coerce")
    return np.asarray(numbers > 0, dtype=bool)
