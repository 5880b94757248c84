"""The first stage: from readings, free of their conditions, to several forecasts of life."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from faultprint.prognosis.labels import asset_shares
from faultprint.prognosis.learners import Net, boost, train_net
from faultprint.prognosis.recent import recall_recent
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.similarity import ALONE, Library, learn_library, recall
from faultprint.prognosis.trajectories import (
    Floats,
    Histories,
    smooth_columns,
    trajectory_features,
)
from faultprint.prognosis.wear import LEVELS, WearIndex, learn_wear
from faultprint.twin.modes import OperatingModes, learn_modes


@dataclass(frozen=True)
class FirstStage:
    """From readings to forecasts."""

    modes: OperatingModes
    sensors: NDArray[np.bool_]
    """Which sensors move at all."""
    wear: WearIndex | None
    library: Library | None
    trees: lightgbm.Booster | None
    net: Net | None


@dataclass(frozen=True)
class _Described:
    """What the learners read."""

    smooth: NDArray[np.float32]
    """Features that a net can bear."""
    rough: NDArray[np.float32]
    """Features that trees may use beside them: they bear noise, and more features."""
    recalled: Floats
    """From the library; no column without one."""


def learn_first(
    history: Histories, remaining: Floats, labels: Floats, settings: LifeSettings, seed: int
) -> FirstStage:
    """Learn the first stage.

    Parameters
    ----------
    history : Histories
        Assets to learn from.
    remaining : NDArray[numpy.float64]
        Remaining life at the last row of each, NaN where it is not known [cycles].
    labels : NDArray[numpy.float64]
        Label of every row, NaN where it is not known [cycles].
    settings : LifeSettings
        What is learnt and how hard.
    seed : int
        Starts the clustering, the trees and the net.

    Returns
    -------
    FirstStage
        The stage.
    """
    conditions = _conditions(settings, history)
    modes = learn_modes(conditions, history.readings, seed)
    residuals = modes.residuals(conditions, history.readings)
    sensors = residuals.std(axis=0) > 0.1
    wear, library = None, None
    if settings.wear:
        mode = modes.assign(conditions)
        given = (residuals[:, sensors], mode)
        place = (mode, history.codes())
        wear = learn_wear(given[0], place, len(modes.centres), labels, settings.cap)
        if settings.similarity:
            library = learn_library(wear.read(*given)[:, :LEVELS], history, remaining)
    blank = FirstStage(modes, sensors, wear, library, None, None)
    told = _describe(blank, settings, history)
    turn = (np.arange(len(labels)) + history.codes()) % settings.thin == 0
    used = np.isfinite(labels) & turn
    smooth = np.hstack([told.smooth, told.recalled.astype(np.float32)])[used]
    trees = net = None
    if "trees" in settings.learners:
        both = np.hstack([smooth, told.rough[used]])
        share = asset_shares(history.codes()[used]) if settings.even else None
        trees = boost(both, labels[used], settings.trees, seed, share=share)
    if "net" in settings.learners:
        net = train_net(smooth, labels[used], settings.net, seed)
    return FirstStage(modes, sensors, wear, library, trees, net)


def forecast_first(
    stage: FirstStage, settings: LifeSettings, history: Histories
) -> tuple[Floats, Floats]:
    """Forecast with the first stage.

    Parameters
    ----------
    stage : FirstStage
        The stage.
    settings : LifeSettings
        Those it was learnt with.
    history : Histories
        Assets.

    Returns
    -------
    forecasts : NDArray[numpy.float64]
        Rows by forecasts: those of the trees, of the net, of similarity; of each that there is
        [cycles].
    spread : NDArray[numpy.float64]
        Rows by one: standard deviation of the lives that similarity holds possible [cycles]; no
        column without it.
    """
    told = _describe(stage, settings, history)
    smooth = np.hstack([told.smooth, told.recalled.astype(np.float32)])
    found = []
    if stage.trees is not None:
        found.append(stage.trees.predict(np.hstack([smooth, told.rough])))
    if stage.net is not None:
        found.append(stage.net.predict(smooth))
    if stage.library is not None:
        found.append(told.recalled[:, ALONE])
    spread = told.recalled[:, ALONE + 1 : ALONE + 2]
    return np.clip(np.column_stack(found), 0.0, settings.cap), spread


def _describe(stage: FirstStage, settings: LifeSettings, history: Histories) -> _Described:
    conditions = _conditions(settings, history)
    residuals = stage.modes.residuals(conditions, history.readings)[:, stage.sensors]
    spans, smooth = history.spans(), smooth_columns(residuals.shape[1])
    features = trajectory_features(residuals, spans)
    parts, rough = [features[:, smooth]], np.zeros((len(residuals), 0), dtype=np.float32)
    recalled = np.zeros((len(residuals), 0))
    if stage.wear is not None:
        indices = stage.wear.read(residuals, stage.modes.assign(conditions))
        levels, courses = indices[:, :LEVELS], indices[:, LEVELS:]
        fused, even = trajectory_features(levels, spans), smooth_columns(LEVELS)
        parts.append(fused[:, even])
        own = trajectory_features(courses, spans)[:, smooth_columns(courses.shape[1])]
        rough = np.hstack([fused[:, ~even], own])
        if stage.library is not None:
            how = recall if settings.age else recall_recent
            recalled = how(stage.library, levels, history, settings.cap)
    if settings.age:
        parts.append(history.ages()[:, None].astype(np.float32))
    return _Described(np.hstack(parts), rough, recalled)


def _conditions(settings: LifeSettings, history: Histories) -> Floats:
    return history.conditions if settings.modes else history.conditions[:, :0]
