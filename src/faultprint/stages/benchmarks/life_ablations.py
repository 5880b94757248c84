"""What each part of a model gives, judged on held-out training units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.evaluate.benchmarks.life import leaky_forecast, score_life
from faultprint.prognosis.labels import deal_assets, life_labels, random_cuts
from faultprint.prognosis.rul import LifeModel, forecast_table, learn_life, weigh_cost
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories
from faultprint.stages.benchmarks.remaining_life import LEAST_COST, train_part
from faultprint.store.benchmarks import LifeBenchmark

LEAKY = "leaky, a warning: trees alone, rows dealt at random"
CUTS = 8
"""Random truncations of each training unit on which ablations are judged."""
CUTS_SEED = 1000
"""Draws them; another one than calibrates the intervals."""


def ablate(benchmark: LifeBenchmark, data: Path) -> list[Figure]:
    """Judge what each part of the model gives, on held-out training units.

    Parameters
    ----------
    benchmark : LifeBenchmark
        The benchmark.
    data : Path
        Folder of the published files; those of the test part are not opened.

    Returns
    -------
    list[Figure]
        Of each ablation, and of the protocol that leaks.
    """
    train, remaining = train_part(benchmark, data)
    found: list[Figure] = []
    for number, (variant, settings) in enumerate(benchmark.ablations.items()):
        model = learn_life(train, remaining, settings)
        table = _held_out(model, train, remaining)
        found += _judge_cuts(variant, table, train, remaining, settings.cap)
        if number == 0:  # the others would say the same of it
            cheap = table.assign(life=table["least_cost"])
            name = f"{variant}, {LEAST_COST}"
            found += _judge_cuts(name, cheap, train, remaining, settings.cap)
    first = next(iter(benchmark.variants.values()))
    return found + _judge_leaky(train, remaining, first)


def _held_out(model: LifeModel, train: Histories, remaining: Floats) -> pd.DataFrame:
    """Write forecasts that were made without the unit as a table.

    What corrects them to the least cost is learnt without the unit, too; the margins are those of
    the model, for which all units were used.
    """
    middle, settings = model.held_out.mean(axis=0), model.settings
    labels = life_labels(train, remaining, settings.cap)
    part = deal_assets(len(train.assets), settings.folds, settings.seeds[0])
    dealt = part[train.codes()]
    tables = []
    for fold in range(settings.folds):
        other, mine = dealt != fold, dealt == fold
        known = train.take(np.flatnonzero(part != fold))
        least = weigh_cost(known, labels[other], middle[other], settings)
        unseen = train.take(np.flatnonzero(part == fold))
        table = forecast_table(middle[mine], (model.margins, least), settings, unseen)
        tables.append(table.set_index(np.flatnonzero(mine)))
    return pd.concat(tables).sort_index()


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
