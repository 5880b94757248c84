"""Fitting on some assets and asking about the others; limits come from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.diagnosis.unmix import shares_alone, unmix
from faultprint.faults.diagnosis.verdicts import Judgement, judge
from faultprint.faults.learning import boost
from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.learning.limit import limit_for
from faultprint.faults.learning.metric import Metric, fit_metric
from faultprint.faults.learning.sample import Sample
from faultprint.faults.learning.signals import (
    Calibration,
    Signals,
    calibrate,
    classifier_signal,
    ranked,
    space_signals,
)
from faultprint.faults.learning.space import Cloud, Reference, cloud, reference
from faultprint.faults.learning.symptoms import choose, nameable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HEALTHY_PER_FAULT = 3
"""Healthy windows the classifier is shown per window of a fault; calibration uses them all."""
FEWEST_SHOWN = 2000
"""Healthy windows it is shown at least, if there are as many."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What is learnt from a set of rows."""

    healthy: Reference
    named: dict[str, tuple[int, ...]]
    clouds: dict[str, Cloud]
    booster: str
    metric: Metric


@dataclass(frozen=True, eq=False)
class Outside:
    """What models say about windows of assets they were not learnt from."""

    probabilities: Floats
    p_values: Floats
    distances: Floats
    scaling: boost.Scaling
    calibration: dict[str, Calibration]
    alone: dict[str, Floats]
    limit: float
    judgement: Judgement


def fit_rows(sample: Sample, rows: Flags, settings: Settings, seed: int) -> Fit:
    """Learn from some of the windows.

    Parameters
    ----------
    sample : Sample
        The training windows.
    rows : NDArray[numpy.bool_]
        Which of them to look at.
    settings : Settings
        Settings.
    seed : int
        Seed of the classifier and of the choice of healthy windows.

    Returns
    -------
    Fit
        Reference, clouds, classifier and shared space; a failure mode without a window has no
        cloud.
    """
    healthy = reference(sample.matrix[rows & sample.showing("healthy")], sample.matrix[rows])
    filled = healthy.filled(sample.matrix)
    allowed = nameable(sample.features, settings.equipment[sample.equipment_class])
    named = _named(sample, filled, rows, healthy, allowed, settings)
    deviances = [i for i, name in enumerate(sample.features) if name.endswith(DEVIANCE)]
    clouds = {}
    for mode, mine in named.items():
        space = (*mine, *(i for i in deviances if i not in mine))
        units = healthy.units(sample.matrix[rows & sample.showing(mode)])
        clouds[mode] = cloud(units, space, settings.signatures.prototypes)
    metric = fit_metric(
        sample.matrix[rows],
        sample.truth[rows],
        sample.occurrences[rows],
        sample.classes,
        healthy,
        allowed,
    )
    metric = replace(metric, by_twin=_twin_knows(sample, settings))
    return Fit(healthy, named, clouds, boosted(sample, filled, rows, settings, seed), metric)


def _twin_knows(sample: Sample, settings: Settings) -> bool:
    """Say whether the twin has anything to go by: conditions, or what is usual for each asset."""
    conditions = settings.equipment[sample.equipment_class].named("condition")
    asset = sample.windows["asset"]
    return bool(conditions) or bool((asset != asset.iloc[0]).any())


def _named(
    sample: Sample,
    filled: Floats,
    rows: Flags,
    healthy: Reference,
    allowed: tuple[int, ...],
    settings: Settings,
) -> dict[str, tuple[int, ...]]:
    """Choose the descriptors that each failure mode with a window is named by."""
    shown = {mode: rows & sample.showing(mode) for mode in sample.classes[1:]}
    return {
        mode: choose(
            filled[mine],
            filled[rows & sample.showing("healthy")],
            healthy,
            allowed,
            sample.features,
            settings.signatures,
        )
        for mode, mine in shown.items()
        if mine.any()
    }


def boosted(sample: Sample, filled: Floats, rows: Flags, settings: Settings, seed: int) -> str:
    """Learn the classifier from some of the windows.

    Parameters
    ----------
    sample : Sample
        The training windows.
    filled : NDArray[numpy.float64]
        Their descriptors, shape (windows, features), without NaN.
    rows : NDArray[numpy.bool_]
        Which of them to look at.
    settings : Settings
        Settings.
    seed : int
        Seed of the classifier and of the choice of healthy windows.

    Returns
    -------
    str
        LightGBM's text; empty where there is but one class.
    """
    if len(sample.classes) == 1:
        return ""
    shown, labels = np.nonzero((sample.truth > 0) & rows[:, None])
    kept = _thinned(labels, seed)
    return boost.boost(
        filled[shown[kept]], labels[kept], len(sample.classes), settings.classifier, seed
    )


def _thinned(labels: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Keep every window of a fault and a seeded choice of healthy ones."""
    healthy, faulty = np.flatnonzero(labels == 0), np.flatnonzero(labels)
    most = max(FEWEST_SHOWN, HEALTHY_PER_FAULT * len(faulty))
    if len(healthy) > most:
        healthy = np.random.default_rng(seed).choice(healthy, most, replace=False)
    return np.sort(np.concatenate([healthy, faulty]))


def ask_outside(sample: Sample, settings: Settings, seed: int) -> Outside:
    """Fit without each fold in turn and ask about its windows.

    Parameters
    ----------
    sample : Sample
        The training windows.
    settings : Settings
        Settings.
    seed : int
        Seed.

    Returns
    -------
    Outside
        What the models say, the calibration that follows and the limit that keeps the budget.
    """
    every = np.ones(len(sample.matrix), dtype=np.bool_)
    raw, placed, shares = outside_signals(sample, every, settings, seed)
    scaling = boost.fit_scaling(raw, sample.truth)
    probabilities = scaling.apply(raw)
    signals = Signals(classifier_signal(probabilities), *placed)
    calibration = {
        name: calibrate(signals, i, sample.showing(name)) for i, name in enumerate(sample.classes)
    }
    calibration = calibration | _against_healthy(sample, signals, calibration, settings)
    p_values = ranked(signals, sample.classes, calibration)
    limit, modes = limit_for(sample, p_values[:, 0], settings), sample.classes[1:]
    return Outside(
        probabilities,
        p_values,
        placed[0],
        scaling,
        calibration,
        shares_alone(shares, {m: sample.truth[:, 1 + i] == 1 for i, m in enumerate(modes)}),
        limit,
        judge(p_values, probabilities, limit, settings.detect.significance),
    )


def _against_healthy(
    sample: Sample, signals: Signals, calibration: dict[str, Calibration], settings: Settings
) -> dict[str, Calibration]:
    """Hear sensors and events together only where that finds more within the budget.

    Where events are alarms on the very sensors that are looked at, both are strange together
    whenever one is, and a second witness who repeats the first costs a part of the budget. Where
    the classifier finds all known faults, they do not say what it would miss: a fault that it does
    not know. So they are looked for once more as if it took them for usual healthy windows, and
    both count alike.
    """
    name = sample.classes[0]
    both = calibration[name]
    if not len(both.foreign) or len(sample.classes) == 1:
        return {}
    silent = np.where(np.arange(len(sample.classes)) == 0, np.nan, signals.foreign)
    alone = calibrate(replace(signals, foreign=silent), 0, sample.showing(name))
    unaware = replace(signals, doubt=np.minimum(signals.doubt, np.median(both.doubt)))
    found = []
    for one in (alone, both):
        kept = {**calibration, name: one}
        known, unknown = (ranked(s, sample.classes, kept)[:, 0] for s in (signals, unaware))
        limit = limit_for(sample, known, settings)
        found.append(sum(_share_found(sample, p < limit) for p in (known, unknown)))
    return {name: both if found[1] > found[0] else alone}


def _share_found(sample: Sample, abnormal: Flags) -> float:
    """Count the abnormal windows of known faults, episodes counting alike."""
    rows, episode = sample.episodes["row"].to_numpy(), sample.episodes["episode"].to_numpy()
    return float(pd.Series(abnormal[rows]).groupby(episode).mean().mean())


def outside_signals(
    sample: Sample, known: Flags, settings: Settings, seed: int
) -> tuple[Floats, tuple[Floats, Floats, Floats], Floats]:
    """Fit without each fold in turn and measure its windows.

    Parameters
    ----------
    sample : Sample
        Windows with folds.
    known : NDArray[numpy.bool_]
        Which windows may be learnt from; the others are only measured.
    settings : Settings
        Settings.
    seed : int
        Seed.

    Returns
    -------
    raw : NDArray[numpy.float64]
        Probabilities as the classifier gives them, shape (windows, classes).
    placed : tuple[NDArray[numpy.float64], NDArray[numpy.float64], NDArray[numpy.float64]]
        See :func:`faultprint.faults.learning.signals.space_signals`.
    shares : NDArray[numpy.float64]
        See :func:`faultprint.faults.diagnosis.unmix.unmix`, shape (windows, failure modes).
    """
    shape = (len(sample.matrix), len(sample.classes))
    raw, placed = np.ones(shape), tuple(np.full(shape, np.nan) for _ in range(3))
    shares = np.full((shape[0], shape[1] - 1), np.nan)
    for fold in sample.folds:
        held = (sample.windows["fold"] == fold).to_numpy()
        fit = fit_rows(sample, ~held & known, settings, seed + 1 + fold)
        values = sample.matrix[held]
        if fit.booster:
            raw[held] = boost.predict(boost.load(fit.booster), fit.healthy.filled(values))
        found = space_signals(values, sample.features, fit.metric, sample.classes)
        for signal, mine in zip(placed, found, strict=True):
            signal[held] = mine
        shares[held] = unmix(values, fit.metric, sample.classes)
    return raw, (placed[0], placed[1], placed[2]), shares
