"""Remaining useful life: learnt from run-to-failure and censored histories, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.errors import LearnError
from faultprint.prognosis.health import health_index, history_features
from faultprint.prognosis.intervals import Margins, calibrate, nonconformity
from faultprint.prognosis.learners import FIRST_STAGE, SECOND_STAGE, Net, boost, train_net
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import (
    BLOCKS,
    Floats,
    Histories,
    Ints,
    smooth_columns,
    trajectory_features,
)
from faultprint.twin.modes import OperatingModes, learn_modes

SHORTEST = 10
"""Cycles of an asset's own history below which there is no forecast."""
BANDS = (0.2, 0.4, 0.8)
"""Upper edges of the bands that have a margin of their own, as shares of the cap."""
_AT_CAP = 1.0
"""How near the cap the upper end counts as open [cycles]."""


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


@dataclass(frozen=True)
class LifeModel:
    """What forecasts remaining life."""

    settings: LifeSettings
    members: tuple[Member, ...]
    margins: Margins
    """Of the mean of the members."""
    held_out: Floats
    """Members by training rows by (middle, low, high): each forecast by two stages that were learnt
    without the asset's own rows and labels [cycles]."""


def life_labels(history: Histories, remaining: Floats, cap: float) -> Floats:
    """Label every row with its remaining life.

    Parameters
    ----------
    history : Histories
        The assets.
    remaining : NDArray[numpy.float64]
        Remaining life at each asset's last row [cycles]: 0 if it failed there, NaN if it was still
        running and nobody knows (censored).
    cap : float
        Largest label [cycles].

    Returns
    -------
    NDArray[numpy.float64]
        At most the cap; for a censored asset the cap where so many rows still follow, else NaN.
    """
    out = np.full(int(history.starts[-1]), np.nan)
    for span, rest in zip(history.spans(), remaining, strict=True):
        follow = np.arange(span.stop - span.start)[::-1].astype(float)
        if np.isnan(rest):
            out[span] = np.where(follow >= cap, cap, np.nan)
        else:
            out[span] = np.minimum(follow + rest, cap)
    return out


def deal_assets(number: int, folds: int, seed: int) -> Ints:
    """Deal assets into parts of equal size.

    Parameters
    ----------
    number : int
        Assets.
    folds : int
        Parts.
    seed : int
        Shuffles.

    Returns
    -------
    NDArray[numpy.int64]
        Part of each asset.
    """
    return np.random.default_rng(seed).permutation(np.arange(number) % folds).astype(np.int64)


def random_cuts(history: Histories, cuts: int, seed: int) -> Ints:
    """Cut histories off at random, as a test set is.

    Parameters
    ----------
    history : Histories
        The assets.
    cuts : int
        Cuts of each asset.
    seed : int
        Draws them.

    Returns
    -------
    NDArray[numpy.int64]
        Last row of each cut, drawn with repetition from the rows with twice the shortest history;
        an asset that never has that much is not cut.
    """
    rng = np.random.default_rng(seed)
    drawn = [
        rng.integers(span.start + 2 * SHORTEST, span.stop, cuts)
        for span in history.spans()
        if span.stop - span.start > 2 * SHORTEST
    ]
    return np.concatenate(drawn).astype(np.int64) if drawn else np.empty(0, np.int64)


def learn_life(history: Histories, remaining: Floats, settings: LifeSettings) -> LifeModel:
    """Learn to forecast remaining life.

    Parameters
    ----------
    history : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at each asset's last row, as for :func:`life_labels` [cycles].
    settings : LifeSettings
        What is learnt and how hard.

    Returns
    -------
    LifeModel
        The model.

    Raises
    ------
    LearnError
        If there are fewer assets than parts, or no asset failed.

    Notes
    -----
    First stage: residuals per operating mode, causal features of their trajectory, boosted
    trees blended with a small net. Second stage: boosted trees on the asset's own history of
    first-stage predictions, which were made by models that never saw the asset. Assets
    are dealt into parts anew for each seed; modes, scales and both stages are learnt without the
    part left out. A forecast is the mean over parts and seeds (cross-validation as bagging), an
    interval moves the mean quantiles by margins from the left-out forecasts at random cuts. The
    inputs that teach the second stage come from first stages some of which saw the asset left out;
    left-out figures are therefore a little too good, those of new assets are not touched.
    """
    if len(history.assets) < settings.folds or not np.isfinite(remaining).any():
        raise LearnError.because(
            f"{len(history.assets)} assets, {int(np.isfinite(remaining).sum())} that failed",
            f"at least {settings.folds} assets and one failure",
            "add run-to-failure histories or lower the number of folds",
        )
    labels = life_labels(history, remaining, settings.cap)
    found = [_learn_member(history, labels, settings, seed) for seed in settings.seeds]
    held_out = np.stack([held for _, _, held in found])
    margins = _margins(history, labels, held_out.mean(axis=0), settings)
    members = tuple(
        Member(first, second, _margins(history, labels, held, settings))
        for first, second, held in found
    )
    return LifeModel(settings, members, margins, held_out)


def forecast_life(model: LifeModel, history: Histories) -> pd.DataFrame:
    """Forecast the remaining life at every row.

    Parameters
    ----------
    model : LifeModel
        The model.
    history : Histories
        Assets, new or known.

    Returns
    -------
    pandas.DataFrame
        See :func:`forecast_table`; the mean of the members.
    """
    middle = np.mean([forecast_member(one, model.settings, history) for one in model.members], 0)
    return forecast_table(middle, model.margins, model.settings, history)


def forecast_table(
    forecast: Floats, margins: Margins, settings: LifeSettings, history: Histories
) -> pd.DataFrame:
    """Write forecasts as a table with intervals and the reasons why there are none.

    Parameters
    ----------
    forecast : NDArray[numpy.float64]
        Rows by (middle, low, high) [cycles].
    margins : Margins
        Moves the quantiles.
    settings : LifeSettings
        The cap.
    history : Histories
        The assets.

    Returns
    -------
    pandas.DataFrame
        A row for each row of the histories: ``asset``, ``age``, ``life``, ``low``, ``high``
        [cycles], ``health`` and ``status``: ``estimated``; ``beyond_cap``, where the interval
        reaches the cap, so that nothing is said of its upper end (``high`` is the cap);
        ``insufficient_history``, where life, its interval and health are NaN.
    """
    cap, age = settings.cap, history.ages()
    life = np.clip(forecast[:, 0], 0.0, cap)
    low, high = margins.widen(life, forecast[:, 1], forecast[:, 2])
    low, high = np.clip(low, 0.0, cap), np.clip(high, 0.0, cap)
    status = np.where(high >= cap - _AT_CAP, "beyond_cap", "estimated")
    high = np.where(high >= cap - _AT_CAP, cap, high)
    short = age < SHORTEST
    numbers = {
        "life": life,
        "low": np.minimum(low, life),
        "high": np.maximum(high, life),
        "health": health_index(life, cap, history.spans()),
    }
    return pd.DataFrame(
        {
            "asset": np.asarray(history.assets, dtype=object)[history.codes()],
            "age": age,
            **{name: np.where(short, np.nan, value) for name, value in numbers.items()},
            "status": np.where(short, "insufficient_history", status),
        }
    )


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


def _learn_member(
    history: Histories, labels: Floats, settings: LifeSettings, seed: int
) -> tuple[tuple[FirstStage, ...], tuple[SecondStage, ...], Floats]:
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
    return tuple(first), tuple(second), held


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


def _margins(history: Histories, labels: Floats, held: Floats, settings: LifeSettings) -> Margins:
    cuts = random_cuts(history, settings.calibration_cuts, settings.seeds[0])
    cuts = cuts[np.isfinite(labels[cuts])]
    life, low, high = np.clip(held[cuts], 0.0, settings.cap).T
    scores = nonconformity(low, high, labels[cuts])
    edges = settings.cap * np.asarray(BANDS)
    return calibrate(life, scores, history.codes()[cuts], settings.coverage, edges)
