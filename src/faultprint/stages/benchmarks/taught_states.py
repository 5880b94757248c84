"""The board of states taught by other units: an experiment, or a group of them, is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.evaluate.benchmarks.figures import Figure, refuse_copies, refuse_shared
from faultprint.evaluate.benchmarks.states import (
    FAULT_FREE,
    baselines,
    false_alarms,
    refuse_clocks,
    refuse_overlap,
    score_states,
)
from faultprint.stages.benchmarks.experiments import (
    Floats,
    Marks,
    Runs,
    fault_free_runs,
    faulty_runs,
    forecast_rows,
    read_runs,
    read_states,
    scores_of,
)
from faultprint.state.taught import TaughtSettings, judge_taught, learn_taught, relative_features
from faultprint.store.benchmarks import TransferBenchmark

LEAKY = "leaky, a warning: rows dealt at random"
EXPERIMENT, GROUP = "one experiment out", "one group out"


def predict(benchmark: TransferBenchmark, data: Path) -> pd.DataFrame:
    """Judge each experiment by a learner that was handed the labels of others alone.

    Parameters
    ----------
    benchmark : TransferBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``asset``, ``row``, ``score``; abnormal above 1. Each variant stands twice:
        with one experiment left out, and with the whole group of the experiment left out. The
        fault-free runs are judged by a learner taught by all experiments.
    """
    return _predicted(benchmark, data, benchmark.variants)


def score(benchmark: TransferBenchmark, data: Path, forecasts: pd.DataFrame) -> list[Figure]:
    """Open the labels, and score the forecasts.

    Parameters
    ----------
    benchmark : TransferBenchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : pandas.DataFrame
        What :func:`predict` gave.

    Returns
    -------
    list[Figure]
        Rates of rows for all units and each group, of each variant, of baselines that look at no
        sensor, and of the protocol that leaks.
    """
    states = read_states(benchmark, data)
    scores = scores_of(forecasts)
    judged = _only(scores, states.abnormal) | baselines(states.abnormal)
    settings = next(iter(benchmark.variants.values()))
    judged[LEAKY] = _leaky(benchmark, data, settings)
    found = score_states(judged, states.abnormal, benchmark.group)
    return found + false_alarms(scores, states.abnormal)


def ablate(benchmark: TransferBenchmark, data: Path) -> list[Figure]:
    """Judge what each part gives, on the same folds.

    Parameters
    ----------
    benchmark : TransferBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    list[Figure]
        Rates of rows over all units, of each ablation.
    """
    forecasts = _predicted(benchmark, data, benchmark.ablations)
    labels = read_states(benchmark, data).abnormal
    found = score_states(_only(scores_of(forecasts), labels), labels, benchmark.group)
    return [one for one in found if one.stratum == "all"]


def _predicted(
    benchmark: TransferBenchmark, data: Path, variants: Mapping[str, TaughtSettings]
) -> pd.DataFrame:
    runs = read_runs(benchmark, data)
    units, free = faulty_runs(benchmark, runs), fault_free_runs(benchmark, runs)
    refuse_clocks(units, runs.sensors)
    labels = _whole_labels(benchmark, data)
    groups = {unit: _group(benchmark.group, unit) for unit in units}
    tables = []
    for name, settings in variants.items():
        features = _features({**units, **free}, benchmark.reference_rows, settings)
        alone = {**{unit: unit for unit in units}, **dict.fromkeys(free, FAULT_FREE)}
        for way, folds in ((EXPERIMENT, alone), (GROUP, groups)):
            scores: dict[str, Floats] = {}
            for fold in dict.fromkeys(folds.values()):
                others = [unit for unit in units if folds[unit] != fold]
                judged = [unit for unit in folds if folds[unit] == fold]
                _guard(runs, others, [unit for unit in judged if unit in units])
                taught = learn_taught(
                    [features[unit] for unit in others], [labels[u] for u in others], settings
                )
                scores |= {unit: judge_taught(taught, features[unit]) for unit in judged}
            tables.append(forecast_rows(f"{name}, {way}", scores, benchmark.reference_rows))
    return pd.concat(tables, ignore_index=True)


def _guard(runs: Runs, learnt: list[str], judged: list[str]) -> None:
    refuse_shared(learnt, judged, "experiments")
    refuse_overlap({u: runs.spans[u] for u in learnt}, {u: runs.spans[u] for u in judged})
    refuse_copies(
        {unit: runs.readings[unit] for unit in learnt},
        {unit: runs.readings[unit] for unit in judged},
        "experiments",
    )


def _features(
    units: Mapping[str, Floats], reference_rows: int, settings: TaughtSettings
) -> dict[str, Floats]:
    return {
        unit: relative_features(rows, reference_rows, settings.windows)
        for unit, rows in units.items()
    }


def _whole_labels(benchmark: TransferBenchmark, data: Path) -> dict[str, Marks]:
    """Read the labels from the first row on; each fold is handed those of its own units."""
    return read_states(benchmark.model_copy(update={"reference_rows": 0}), data).abnormal


def _leaky(benchmark: TransferBenchmark, data: Path, settings: TaughtSettings) -> dict[str, Floats]:
    """Judge as the wrong protocol does: rows of one experiment on both sides."""
    units = faulty_runs(benchmark, read_runs(benchmark, data))
    features = _features(units, benchmark.reference_rows, settings)
    labels = _whole_labels(benchmark, data)
    rows, marks = np.vstack(list(features.values())), np.concatenate(list(labels.values()))
    part = np.random.default_rng(0).integers(0, 5, len(rows))
    scores = np.zeros(len(rows))
    for fold in range(5):
        taught = learn_taught([rows[part != fold]], [marks[part != fold]], settings)
        scores[part == fold] = judge_taught(taught, rows[part == fold])
    ends = np.cumsum([len(one) for one in features.values()])[:-1]
    split = zip(features, np.split(scores, ends), strict=True)
    return {unit: one[benchmark.reference_rows :] for unit, one in split}


def _only(
    scores: Mapping[str, Mapping[str, Floats]], labelled: Mapping[str, Marks]
) -> dict[str, Mapping[str, Floats]]:
    """Leave the fault-free runs out."""
    return {
        variant: {unit: one for unit, one in judged.items() if unit in labelled}
        for variant, judged in scores.items()
    }


def _group(pattern: str, unit: str) -> str:
    held = re.match(pattern, unit)
    return held.group(1) if held else unit
