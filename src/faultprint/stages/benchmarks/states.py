"""The board of states without labels: each unit begins with its reference, the rest is judged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from faultprint.evaluate.benchmarks.changes import change_figures, count_changes, detect_changes
from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.evaluate.benchmarks.states import (
    FAULT_FREE,
    ROWS_PCA,
    baselines,
    false_alarms,
    refuse_clocks,
    score_states,
    single_rows,
)
from faultprint.stages.benchmarks.experiments import (
    Floats,
    States,
    fault_free_runs,
    faulty_runs,
    forecast_rows,
    read_runs,
    read_states,
    scores_of,
)
from faultprint.state.watch import WatchSettings, judge_rows, learn_watch
from faultprint.store.benchmarks import StateBenchmark


def predict(benchmark: StateBenchmark, data: Path) -> pd.DataFrame:
    """Learn from the references, and judge the rows after them; no label is read.

    Parameters
    ----------
    benchmark : StateBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``asset``, ``row``, ``score``; abnormal above 1. The fault-free record is a
        class of its own: its runs are learnt from and judged apart from the experiments.
    """
    return _predicted(benchmark, data, benchmark.variants, floor=True)


def score(benchmark: StateBenchmark, data: Path, forecasts: pd.DataFrame) -> list[Figure]:
    """Open the labels, and score the forecasts.

    Parameters
    ----------
    benchmark : StateBenchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : pandas.DataFrame
        What :func:`predict` gave.

    Returns
    -------
    list[Figure]
        Rates of rows for all units and each group, change points, and false alarms on the
        fault-free record; of each variant and baseline.
    """
    states = read_states(benchmark, data)
    scores = scores_of(forecasts)
    judged = {name: _only(found, states.abnormal) for name, found in scores.items()}
    judged |= baselines(states.abnormal)
    found = score_states(judged, states.abnormal, benchmark.group)
    for variant, one in judged.items():
        if benchmark.change and variant in scores:
            found += change_figures(variant, _changes(one, states, benchmark.change_window))
    return found + false_alarms(scores, states.abnormal)


def ablate(benchmark: StateBenchmark, data: Path) -> list[Figure]:
    """Judge what each part gives, on the same rows.

    Parameters
    ----------
    benchmark : StateBenchmark
        The benchmark.
    data : Path
        Folder of the published files; its labels are opened after the forecasts were made.

    Returns
    -------
    list[Figure]
        Rates of rows over all units, of each ablation.
    """
    forecasts = _predicted(benchmark, data, benchmark.ablations, floor=False)
    found = score(benchmark.model_copy(update={"change": None}), data, forecasts)
    free = {f.variant: f for f in found if f.stratum == FAULT_FREE and f.measure == "far"}
    names = set(benchmark.ablations)
    kept = [f for f in found if f.stratum == "all" and f.variant in names]
    return kept + [
        Figure(f.variant, "all", "far_fault_free", f.value, f.low, f.high, f.n)
        for f in free.values()
    ]


def _predicted(
    benchmark: StateBenchmark, data: Path, variants: Mapping[str, WatchSettings], *, floor: bool
) -> pd.DataFrame:
    runs = read_runs(benchmark, data)
    refuse_clocks(runs.readings, runs.sensors)
    rows = benchmark.reference_rows
    tables = []
    for units in (faulty_runs(benchmark, runs), fault_free_runs(benchmark, runs)):
        if not units:
            continue
        for name, settings in variants.items():
            tables.append(forecast_rows(name, _watched(units, rows, settings), rows))
        if floor:
            plain = {unit: single_rows(values, rows) for unit, values in units.items()}
            tables.append(forecast_rows(ROWS_PCA, plain, rows))
    return pd.concat(tables, ignore_index=True)


def _watched(
    units: Mapping[str, Floats], reference_rows: int, settings: WatchSettings
) -> dict[str, Floats]:
    """Judge each unit, by a detector of all or one of its own."""
    references = {unit: values[:reference_rows] for unit, values in units.items()}
    if settings.shared:
        watch = learn_watch(list(references.values()), settings)
        return {unit: judge_rows(watch, rows, reference_rows) for unit, rows in units.items()}
    return {
        unit: judge_rows(learn_watch([references[unit]], settings), rows, reference_rows)
        for unit, rows in units.items()
    }


def _only(found: Mapping[str, Floats], units: Mapping[str, object]) -> dict[str, Floats]:
    return {unit: found[unit] for unit in units if unit in found}


def _changes(
    judged: Mapping[str, Floats], states: States, window: float
) -> dict[str, tuple[float, float, float, int]]:
    found = {}
    for unit, scores in judged.items():
        detected = states.seconds[unit][detect_changes(scores > 1.0)]
        changes = states.changes[unit]
        found[unit] = (*count_changes(detected, changes, window), len(changes))
    return found
