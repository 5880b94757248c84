"""One member of the ensemble: two stages for each part of the assets that was left out."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from faultprint.prognosis.health import history_features
from faultprint.prognosis.intervals import Margins, calibrate, nonconformity
from faultprint.prognosis.labels import deal_assets, random_cuts
from faultprint.prognosis.learners import FIRST_STAGE, SECOND_STAGE, Net, boost, train_net
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import (
    BLOCKS,
    Floats,
    Histories,
    smooth_columns,
    trajectory_features,
)
from faultprint.twin.modes import OperatingModes, learn_modes

BANDS = (0.2, 0.4, 0.8)
"""Upper edges of the bands that have a margin of their own, as shares of the cap."""


@dataclass(frozen=True)
class FirstStage:
    """From readings to a predicted life."""

    modes: OperatingModes
    sensors: NDArray[np.bool_]
    """Which sensors move at all."""
    trees: lightgbm.Booster
    net: Net | None


@dataclass(frozen=True)
class SecondStage:
    """From the history of predictions to the life, and to quantiles of the first stage's error."""

    middle: lightgbm.Booster
    low: lightgbm.Booster
    high: lightgbm.Booster


@dataclass(frozen=True)
class Member:
    """One seed of the ensemble: a pair of stages for each part that was left out."""

    first: tuple[FirstStage, ...]
    second: tuple[SecondStage, ...]
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
    every = [
        _second(two, settings, history, _first(one, settings, history))
        for one, two in zip(member.first, member.second, strict=True)
    ]
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
    history: Histories, labels: Floats, settings: LifeSettings, seed: int
) -> tuple[Member, Floats]:
    """Learn one member of the ensemble.

    Parameters
    ----------
    history : Histories
        Training assets.
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
    predicted = np.zeros(len(labels))
    first: list[FirstStage] = []
    dealt = part[history.codes()]
    for fold in range(settings.folds):
        known = history.take(np.flatnonzero(part != fold))
        first.append(_learn_first(known, labels[dealt != fold], settings, seed))
        new = history.take(np.flatnonzero(part == fold))
        predicted[dealt == fold] = _first(first[-1], settings, new)
    held = np.zeros((len(labels), 3))
    second: list[SecondStage] = []
    table = _history_table(settings, history, predicted)
    for fold in range(settings.folds):
        used = (dealt != fold) & np.isfinite(labels)
        second.append(_learn_second(table[used], labels[used], settings, seed))
        new = history.take(np.flatnonzero(part == fold))
        held[dealt == fold] = _second(second[-1], settings, new, predicted[dealt == fold])
    margins = learn_margins(history, labels, held, settings)
    return Member(tuple(first), tuple(second), margins), held


def _learn_first(
    history: Histories, labels: Floats, settings: LifeSettings, seed: int
) -> FirstStage:
    conditions = _conditions(settings, history)
    modes = learn_modes(conditions, history.readings, seed)
    residuals = modes.residuals(conditions, history.readings)
    sensors = residuals.std(axis=0) > 0.1
    used = np.isfinite(labels)
    table = _trajectory_table(settings, history, residuals[:, sensors])[used]
    trees = boost(table, labels[used], FIRST_STAGE, seed)
    net = None
    if settings.net_share > 0:
        net = train_net(table[:, _smooth(table)], labels[used], seed)
    return FirstStage(modes, sensors, trees, net)


def _learn_second(table: Floats, labels: Floats, settings: LifeSettings, seed: int) -> SecondStage:
    tail = (1.0 - settings.coverage) / 2.0
    error = labels - table[:, 0]  # quantiles of the labels start at the cap and cannot split
    low, high = (
        boost(table, error, {**SECOND_STAGE, "objective": "quantile", "alpha": share}, seed)
        for share in (tail, 1.0 - tail)
    )
    return SecondStage(boost(table, labels, SECOND_STAGE, seed), low, high)


def _first(stage: FirstStage, settings: LifeSettings, history: Histories) -> Floats:
    conditions = _conditions(settings, history)
    residuals = stage.modes.residuals(conditions, history.readings)[:, stage.sensors]
    table = _trajectory_table(settings, history, residuals)
    life = np.asarray(stage.trees.predict(table), dtype=np.float64)
    if stage.net is not None:
        share = settings.net_share
        life = (1.0 - share) * life + share * stage.net.predict(table[:, _smooth(table)])
    return np.clip(life, 0.0, settings.cap)


def _second(
    stage: SecondStage, settings: LifeSettings, history: Histories, first: Floats
) -> Floats:
    table = _history_table(settings, history, first)
    middle, low, high = (
        np.asarray(one.predict(table), dtype=np.float64)
        for one in (stage.middle, stage.low, stage.high)
    )
    share = settings.history_share
    return np.column_stack([share * middle + (1.0 - share) * first, first + low, first + high])


def _trajectory_table(
    settings: LifeSettings, history: Histories, residuals: Floats
) -> NDArray[np.float32]:
    table = trajectory_features(residuals, history.spans())
    age = history.ages()[:, None].astype(np.float32)
    return np.hstack([table, age]) if settings.age else table


def _conditions(settings: LifeSettings, history: Histories) -> Floats:
    return history.conditions if settings.modes else history.conditions[:, :0]


def _smooth(table: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Choose the columns of the net; the age, if there, comes last."""
    sensors, rest = divmod(table.shape[1], BLOCKS)
    return np.append(smooth_columns(sensors), np.ones(rest, dtype=np.bool_))


def _history_table(settings: LifeSettings, history: Histories, first: Floats) -> Floats:
    table = history_features(first, settings.cap, history.spans())
    return np.column_stack([table, history.ages()]) if settings.age else table
