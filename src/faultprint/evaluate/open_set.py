"""Leave one fault out: how well is a fault that was never learnt told apart from all others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.errors import LearnError
from faultprint.faults.learning import boost
from faultprint.faults.learning.crossfit import outside_signals
from faultprint.faults.learning.sample import Sample
from faultprint.faults.learning.signals import (
    Signals,
    calibrate,
    classifier_signal,
    novelty,
    ranked,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS = 500
"""Draws of episodes for an interval."""
_TAIL = (0.025, 0.975)


@dataclass(frozen=True)
class Auroc:
    """Area under the ROC curve of unknown against known, with its interval over episodes."""

    value: float
    """0.5: blind; 1: every unknown one is stranger than every known one."""
    low: float
    """Lower end of the 95 % interval, episodes drawn with replacement."""
    high: float
    """Upper end."""


@dataclass(frozen=True)
class Hidden:
    """What became of one fault that was hidden from learning."""

    equipment_class: str
    failure_mode: str
    windows: int
    """Windows that show it."""
    episodes: int
    """Occurrences of it."""
    by_window: Auroc
    """Windows against windows of everything known, each known class weighing the same."""
    by_episode: Auroc
    """The same for the mean over each occurrence."""
    struck: float
    """Share of its windows with no known fault left (a deviation, once it is abnormal)."""
    wrongly_struck: float
    """Share of the windows of known faults whose own fault was struck off; promised is the
    significance."""


def leave_out(sample: Sample, mode: str, settings: Settings, seed: int) -> pd.DataFrame:
    """Learn without one failure mode and measure every window by models that did not see it.

    Parameters
    ----------
    sample : Sample
        Windows with folds.
    mode : str
        The failure mode that is hidden.
    settings : Settings
        Settings.
    seed : int
        Seed.

    Returns
    -------
    pandas.DataFrame
        One row per window: ``shown`` (class, ``mode`` where it shows the hidden one), ``hidden``,
        ``occurrence``, ``fold``, ``novelty``, ``p_own`` (against its own class) and ``p_fault``
        (largest against any known fault; 0 without one).

    Raises
    ------
    LearnError
        If the sample has no such failure mode.

    Notes
    -----
    Each fold's windows, known and hidden alike, are measured by a model that saw neither the fold
    nor the hidden fault, and ranked among the known windows of the *other* folds. Windows that
    show the hidden fault beside a known one count as hidden.
    """
    if mode not in sample.classes[1:]:
        raise LearnError.unknown("failure mode", mode, list(sample.classes[1:]))
    column = sample.classes.index(mode)
    hidden = sample.truth[:, column] > 0
    rest = [i for i in range(len(sample.classes)) if i != column]
    truth = np.where(hidden[:, None], 0.0, sample.truth[:, rest])
    left = replace(sample, classes=tuple(sample.classes[i] for i in rest), truth=truth)
    raw, placed, _ = outside_signals(left, ~hidden, settings, seed)
    scaling = boost.fit_scaling(raw[~hidden], truth[~hidden])
    signals = Signals(classifier_signal(scaling.apply(raw)), *placed)
    fold = sample.windows["fold"].to_numpy()
    strange, p_values = _ranked_elsewhere(left, signals, fold, hidden)
    shown = truth.argmax(axis=1)
    named = np.array(left.classes, dtype=object)[shown]
    faults = p_values[:, 1:].max(axis=1) if p_values.shape[1] > 1 else np.zeros(len(p_values))
    return pd.DataFrame(
        {
            "shown": np.where(hidden, mode, named),
            "hidden": hidden,
            "occurrence": sample.occurrences,
            "fold": fold,
            "novelty": strange,
            "p_own": np.where(hidden, np.nan, p_values[np.arange(len(shown)), shown]),
            "p_fault": faults,
        }
    )


def _ranked_elsewhere(
    sample: Sample, signals: Signals, fold: NDArray[np.int64], hidden: Flags
) -> tuple[Floats, Floats]:
    """Rank the windows of each fold among the known windows of the others."""
    strange = np.full(len(fold), np.nan)
    p_values = np.full(signals.doubt.shape, np.nan)
    for one in np.unique(fold):
        held, others = fold == one, (fold != one) & ~hidden
        calibration = {
            name: calibrate(signals, i, others & sample.showing(name))
            for i, name in enumerate(sample.classes)
        }
        mine = Signals(*(signal[held] for signal in signals.all()))
        strange[held] = novelty(mine, sample.classes, calibration)
        p_values[held] = ranked(mine, sample.classes, calibration)
    return strange, p_values


def judge_hidden(
    scores: pd.DataFrame, equipment_class: str, significance: float, seed: int
) -> Hidden:
    """Judge how well a hidden fault was told apart.

    Parameters
    ----------
    scores : pandas.DataFrame
        What :func:`leave_out` gave.
    equipment_class : str
        Equipment class.
    significance : float
        P-value below which a failure mode is struck off.
    seed : int
        Seed of the draws of episodes.

    Returns
    -------
    Hidden
        Numbers by window and by episode.
    """
    hidden = scores[scores["hidden"]]
    known = scores[~scores["hidden"] & (scores["shown"] != "healthy")]
    means = scores.groupby(["occurrence", "shown", "hidden"])["novelty"].mean()
    episodes = means.reset_index()
    return Hidden(
        equipment_class=equipment_class,
        failure_mode=str(hidden["shown"].iloc[0]),
        windows=len(hidden),
        episodes=int(hidden["occurrence"].nunique()),
        by_window=auroc_by_draws(scores, seed),
        by_episode=auroc_by_draws(episodes, seed),
        struck=float((hidden["p_fault"] < significance).mean()),
        wrongly_struck=float((known["p_own"] < significance).mean()) if len(known) else 0.0,
    )


def auroc_by_draws(scores: pd.DataFrame, seed: int) -> Auroc:
    """Measure the area under the ROC curve, and how far it depends on the episodes there are.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``novelty``, ``hidden``, ``shown`` and ``occurrence``.
    seed : int
        Seed of the draws.

    Returns
    -------
    Auroc
        Of hidden against known; each known class weighs the same, ties count half.
    """
    order = np.argsort(scores["novelty"].to_numpy(), kind="stable")
    ordered = scores.iloc[order]
    values = ordered["novelty"].to_numpy()
    hidden = ordered["hidden"].to_numpy(dtype=np.bool_)
    kind = pd.factorize(ordered["shown"], sort=True)[0]
    pair = ordered["occurrence"].astype("str") + "|" + ordered["shown"].astype("str")
    code, names = pd.factorize(pair, sort=True)
    of_episode = np.zeros(len(names), dtype=np.int64)
    of_episode[code] = kind
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf))
    rng = np.random.default_rng(seed)
    found = []
    for draw in range(DRAWS + 1):
        times = np.ones(len(names)) if draw == 0 else _redrawn(of_episode, rng)
        found.append(_weighted(times[code], hidden, kind, starts))
    low, high = np.nanquantile(found[1:], _TAIL)
    return Auroc(*(float(f"{v:.6g}") for v in (found[0], low, high)))


def _redrawn(kinds: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Draw as many episodes of each class as there are, and count how often each was drawn."""
    times = np.zeros(len(kinds))
    for kind in np.unique(kinds):
        mine = np.flatnonzero(kinds == kind)
        np.add.at(times, rng.choice(mine, len(mine)), 1.0)
    return times


def _weighted(
    times: Floats, hidden: Flags, kind: NDArray[np.int64], starts: NDArray[np.int64]
) -> float:
    """Measure the area for windows in ascending order that count several times."""
    total = np.bincount(kind, weights=np.where(hidden, 0.0, times))
    weights = np.where(hidden, 0.0, times / np.maximum(total, 1e-12)[kind])
    above = np.where(hidden, times, 0.0)
    below = np.add.reduceat(weights, starts)
    mine = np.add.reduceat(above, starts)
    before = np.cumsum(below) - below
    return float((mine * (before + below / 2)).sum() / (mine.sum() * weights.sum()))
