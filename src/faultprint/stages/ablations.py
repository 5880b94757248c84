"""What each part of a model gives, judged on held-out training units."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.evaluate.benchmarks.life import leaky_forecast, score_life
from faultprint.prognosis.labels import life_labels, random_cuts
from faultprint.prognosis.rul import LifeModel, forecast_table, learn_life
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories
from faultprint.stages.benchmark import cost_of, result_of, train_part
from faultprint.store.benchmarks import Benchmark, check_pins, write_result

LEAKY = "leaky, a warning: trees alone, rows dealt at random"
CUTS = 8
"""Random truncations of each training unit on which ablations are judged."""
CUTS_SEED = 1000
"""Draws them; another one than calibrates the intervals."""


def run_ablations(name: str, benchmark: Benchmark, data: Path, results: Path) -> dict[str, Any]:
    """Judge what each part of the model gives, on held-out training units.

    Parameters
    ----------
    name : str
        Name of the benchmark.
    benchmark : Benchmark
        The benchmark.
    data : Path
        Folder of the published files; those of the test part are not opened.
    results : Path
        Folder of the results files: ``<name>.ablations.json`` and its cost.

    Returns
    -------
    dict[str, Any]
        What stands in the results file.
    """
    began = time.process_time()
    check_pins(data, benchmark.data)
    train, remaining = train_part(benchmark, data)
    found: list[Figure] = []
    for variant, settings in benchmark.ablations.items():
        model = learn_life(train, remaining, settings)
        found += _judge_held_out(variant, model, train, remaining)
    first = next(iter(benchmark.variants.values()))
    found += _judge_leaky(train, remaining, first)
    result = result_of(name, benchmark, found, " --ablations")
    write_result(results / f"{name}.ablations.json", result)
    write_result(results / f"{name}.ablations.cost.json", cost_of(began))
    return result


def _judge_held_out(
    variant: str, model: LifeModel, train: Histories, remaining: Floats
) -> list[Figure]:
    """Score forecasts that were made without the unit, at random cuts."""
    middle = model.held_out.mean(axis=0)
    table = forecast_table(middle, model.margins, model.settings, train)
    return _judge_cuts(variant, table, train, remaining, model.settings.cap)


def _judge_leaky(train: Histories, remaining: Floats, settings: LifeSettings) -> list[Figure]:
    life = leaky_forecast(train, remaining, settings)
    names = np.asarray(train.assets, dtype=object)[train.codes()]
    columns = {"asset": names, "life": life, "low": life, "high": life, "status": "estimated"}
    found = _judge_cuts(LEAKY, pd.DataFrame(columns), train, remaining, settings.cap)
    return [one for one in found if one.measure in {"rmse", "mae"}]


def _judge_cuts(
    variant: str, table: pd.DataFrame, train: Histories, remaining: Floats, cap: float
) -> list[Figure]:
    cuts = random_cuts(train, CUTS, CUTS_SEED)
    labels = life_labels(train, remaining, cap)[cuts]
    chosen = table.iloc[cuts]
    names = [f"{asset} {n}" for n, asset in enumerate(chosen["asset"])]
    truth = dict(zip(names, labels.tolist(), strict=True))
    found = score_life({variant: chosen.assign(asset=names)}, truth, cap)
    return [one for one in found if one.stratum == "all"]
