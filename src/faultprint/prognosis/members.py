"""One member of the ensemble: two stages for each part of the assets that was left out."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np

from faultprint.prognosis.blend import blend_weights
from faultprint.prognosis.first_stage import FirstStage, forecast_first, learn_first
from faultprint.prognosis.health import history_features
from faultprint.prognosis.intervals import Margins, calibrate, nonconformity
from faultprint.prognosis.labels import asset_shares, deal_assets, random_cuts
from faultprint.prognosis.learners import SECOND_STAGE, boost
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories, Ints

BANDS = (0.2, 0.4, 0.8)
"""Upper edges of the bands that have a margin of their own, as shares of the cap."""


@dataclass(frozen=True)
class SecondStage:
    """From the history of forecasts to the life, and to quantiles of the first stage's error."""

    middle: lightgbm.Booster | None
    low: lightgbm.Booster
    high: lightgbm.Booster


@dataclass(frozen=True)
class Member:
    """One seed of the ensemble: a pair of stages for each part that was left out."""

    first: tuple[FirstStage, ...]
    second: tuple[SecondStage, ...]
    weights: tuple[tuple[Floats, Floats], ...]
    """For each pair: of the forecasts of the first stage; of their mean and of the second stage."""
    margins: Margins
    """Of the member alone."""


def forecast_member(member: Member, settings: LifeSettings, history: Histories) -> Floats:
    """Forecast with one member of the ensemble.

    Parameters
    ----------
    member : Member
        The member.
    settings : LifeSettings
        Those it was learnt with.
    history : Histories
        Assets.

    Returns
    -------
    NDArray[numpy.float64]
        Rows by (middle, low, high), before any margin [cycles].
    """
    every = []
    for one, two, (blend, final) in zip(member.first, member.second, member.weights, strict=True):
        forecasts, spread = forecast_first(one, settings, history)
        first = forecasts @ blend
        table = _history_table(settings, history, first, forecasts, spread)
        every.append(_finished(_forecast_second(two, table), first, final))
    return np.asarray(np.mean(every, axis=0), dtype=np.float64)


def learn_margins(
    history: Histories, labels: Floats, held: Floats, settings: LifeSettings
) -> Margins:
    """Calibrate the intervals of left-out forecasts.

    Parameters
    ----------
    history : Histories
        Training assets.
    labels : NDArray[numpy.float64]
        Label of every row, NaN where it is not known [cycles].
    held : NDArray[numpy.float64]
        Rows by (middle, low, high), forecast with the asset left out [cycles].
    settings : LifeSettings
        Coverage, cuts and cap.

    Returns
    -------
    Margins
        By band of the prediction.
    """
    cuts = random_cuts(history, settings.calibration_cuts, settings.seeds[0])
    cuts = cuts[np.isfinite(labels[cuts])]
    life, low, high = np.clip(held[cuts], 0.0, settings.cap).T
    scores = nonconformity(low, high, labels[cuts])
    edges = settings.cap * np.asarray(BANDS)
    return calibrate(life, scores, history.codes()[cuts], settings.coverage, edges)


def learn_member(
    history: Histories, remaining: Floats, labels: Floats, settings: LifeSettings, seed: int
) -> tuple[Member, Floats]:
    """Learn one member of the ensemble.

    Parameters
    ----------
    history : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at the last row of each, NaN where it is not known [cycles].
    labels : NDArray[numpy.float64]
        Label of every row, NaN where it is not known [cycles].
    settings : LifeSettings
        What is learnt and how hard.
    seed : int
        Its seed.

    Returns
    -------
    member : Member
        The member.
    held : NDArray[numpy.float64]
        Rows by (middle, low, high), forecast with the asset left out, before any margin [cycles].
    """
    part = deal_assets(len(history.assets), settings.folds, seed)
    dealt = part[history.codes()]
    first, forecasts, spread = _first_stages(history, remaining, labels, settings, (part, seed))
    blends = _weights(forecasts, labels, dealt, settings)
    mean = np.einsum("ij,ij->i", forecasts, np.stack(blends)[dealt])
    table = _history_table(settings, history, mean, forecasts, spread)
    turn = (np.arange(len(labels)) + history.codes()) % settings.thin == 0
    second: list[SecondStage] = []
    told = np.zeros((len(labels), 3))
    for fold in range(settings.folds):
        used = (dealt != fold) & np.isfinite(labels) & turn
        share = asset_shares(history.codes()[used]) if settings.even else None
        second.append(_learn_second((table[used], labels[used], share), settings, seed))
        told[dealt == fold] = _forecast_second(second[-1], table[dealt == fold])
    both = np.column_stack([mean, told[:, 0]]) if settings.history else mean[:, None]
    finals = _weights(both, labels, dealt, settings)
    held = np.zeros((len(labels), 3))
    for fold, final in enumerate(finals):
        held[dealt == fold] = _finished(told[dealt == fold], mean[dealt == fold], final)
    margins = learn_margins(history, labels, held, settings)
    weights = tuple(zip(blends, finals, strict=True))
    return Member(tuple(first), tuple(second), weights, margins), held


def _first_stages(
    history: Histories,
    remaining: Floats,
    labels: Floats,
    settings: LifeSettings,
    dealt: tuple[Ints, int],
) -> tuple[list[FirstStage], Floats, Floats]:
    """Learn a first stage without each part, and forecast that part with it."""
    part, seed = dealt
    row = part[history.codes()]
    stages: list[FirstStage] = []
    found: dict[int, tuple[Floats, Floats]] = {}
    for fold in range(settings.folds):
        chosen = np.flatnonzero(part != fold)
        known = history.take(chosen)
        stages.append(learn_first(known, remaining[chosen], labels[row != fold], settings, seed))
        new = history.take(np.flatnonzero(part == fold))
        found[fold] = forecast_first(stages[-1], settings, new)
    forecasts, spread = (np.zeros((len(labels), one.shape[1])) for one in found[0])
    for fold, (some, wide) in found.items():
        forecasts[row == fold], spread[row == fold] = some, wide
    return stages, forecasts, spread


def _weights(
    forecasts: Floats, labels: Floats, dealt: Ints, settings: LifeSettings
) -> list[Floats]:
    """Weigh forecasts for each part by the rows of the other parts."""
    if settings.blend == "equal":
        return [np.full(forecasts.shape[1], 1.0 / forecasts.shape[1])] * settings.folds
    known = np.isfinite(labels)
    return [
        blend_weights(forecasts[used], labels[used])
        for used in ((dealt != fold) & known for fold in range(settings.folds))
    ]


def _learn_second(
    known: tuple[Floats, Floats, Floats | None], settings: LifeSettings, seed: int
) -> SecondStage:
    table, labels, share = known
    tail = (1.0 - settings.coverage) / 2.0
    error = labels - table[:, 0]  # quantiles of the labels start at the cap and cannot split
    low, high = (
        boost(table, error, SECOND_STAGE, seed, quantile, share) for quantile in (tail, 1.0 - tail)
    )
    middle = boost(table, labels, SECOND_STAGE, seed, share=share) if settings.history else None
    return SecondStage(middle, low, high)


def _forecast_second(stage: SecondStage, table: Floats) -> Floats:
    """Forecast (life, lower and upper quantile of the error of the first stage)."""
    every = (stage.middle, stage.low, stage.high)
    nothing = np.zeros(len(table))
    return np.column_stack([nothing if one is None else one.predict(table) for one in every])


def _finished(told: Floats, first: Floats, weights: Floats) -> Floats:
    """Join the stages: (middle, low, high)."""
    both = np.column_stack([first, told[:, 0]])[:, : len(weights)]
    return np.column_stack([both @ weights, first + told[:, 1], first + told[:, 2]])


def _history_table(
    settings: LifeSettings, history: Histories, first: Floats, forecasts: Floats, spread: Floats
) -> Floats:
    table = history_features(first, settings.cap, history.spans())
    ages = history.ages()[:, None] if settings.age else forecasts[:, :0]
    return np.column_stack([table, forecasts, spread, ages])
