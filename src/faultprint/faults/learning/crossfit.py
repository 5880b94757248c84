"""Fitting on some assets and asking about the others; limits come from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.diagnosis.unmix import shares_alone, unmix
from faultprint.faults.diagnosis.verdicts import Judgement, judge
from faultprint.faults.learning import boost
from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.learning.hearing import against_healthy
from faultprint.faults.learning.limit import limit_for
from faultprint.faults.learning.members import Lines, draw, grow, opinions
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
FEWEST_SHOWN = 8000
"""Healthy windows it is shown at least, if there are as many."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What is learnt from a set of rows."""

    healthy: Reference
    named: dict[str, tuple[int, ...]]
    clouds: dict[str, Cloud]
    booster: str
    lines: Lines
    metric: Metric

    def says(self, values: Floats) -> Floats:
        """Ask the classifier.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).

        Returns
        -------
        NDArray[numpy.float64]
            As from :func:`faultprint.faults.learning.members.opinions`.
        """
        if not self.booster:
            return np.zeros((len(values), 0, 2))
        return opinions(boost.load(self.booster), self.lines, self.healthy, values)


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
    booster, lines = classifier(sample, healthy, rows, settings, seed)
    return Fit(healthy, named, clouds, booster, lines, metric)


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


def classifier(
    sample: Sample, healthy: Reference, rows: Flags, settings: Settings, seed: int
) -> tuple[str, Lines]:
    """Learn the classifier from some of the windows.

    Parameters
    ----------
    sample : Sample
        The training windows.
    healthy : Reference
        Centre and scale of healthy equipment.
    rows : NDArray[numpy.bool_]
        Which of them to look at.
    settings : Settings
        Settings.
    seed : int
        Seed of the trees and of the choice of healthy windows.

    Returns
    -------
    booster : str
        The trees as LightGBM's text; empty where there is no failure mode.
    lines : Lines
        The lines.
    """
    shown = sample.truth[:, 1:] > 0
    looked_at = np.flatnonzero(rows)
    faulty = np.asarray(shown.any(axis=1), dtype=np.bool_)
    kept = looked_at[_thinned(faulty[looked_at], seed)]
    filled = healthy.filled(sample.matrix[kept])
    booster, start = "", np.zeros(0)
    if shown.shape[1]:
        booster, start = grow(filled, shown[kept], settings.classifier, seed)
    return booster, draw(healthy.units(filled), shown[kept], start)


def _thinned(shown: Flags, seed: int) -> NDArray[np.int64]:
    """Keep every window of a fault and a seeded choice of healthy ones."""
    healthy, faulty = np.flatnonzero(~shown), np.flatnonzero(shown)
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
    calibration[sample.classes[0]] = against_healthy(sample, signals, probabilities, settings)
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
        Log-odds as the members of the classifier give them, shape (windows, failure modes, 2).
    placed : tuple[NDArray[numpy.float64], NDArray[numpy.float64], NDArray[numpy.float64]]
        See :func:`faultprint.faults.learning.signals.space_signals`.
    shares : NDArray[numpy.float64]
        See :func:`faultprint.faults.diagnosis.unmix.unmix`, shape (windows, failure modes).
    """
    shape = (len(sample.matrix), len(sample.classes))
    raw = np.zeros((shape[0], shape[1] - 1, 2))
    placed = tuple(np.full(shape, np.nan) for _ in range(3))
    shares = np.full((shape[0], shape[1] - 1), np.nan)
    for fold in sample.folds:
        held = (sample.windows["fold"] == fold).to_numpy()
        fit = fit_rows(sample, ~held & known, settings, seed + 1 + fold)
        values = sample.matrix[held]
        raw[held] = fit.says(values)
        found = space_signals(values, sample.features, fit.metric, sample.classes)
        for signal, mine in zip(placed, found, strict=True):
            signal[held] = mine
        shares[held] = unmix(values, fit.metric, sample.classes)
    return raw, (placed[0], placed[1], placed[2]), shares
