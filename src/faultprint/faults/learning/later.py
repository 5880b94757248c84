"""The limit for machines that were learnt from: on stretches of their time that were not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.learning import boost
from faultprint.faults.learning.crossfit import fit_rows
from faultprint.faults.learning.design import design, values_of
from faultprint.faults.learning.limit import limit_for
from faultprint.faults.learning.sample import Sample
from faultprint.faults.learning.signals import (
    Calibration,
    Signals,
    classifier_signal,
    ranked,
    space_signals,
)
from faultprint.twin.baseline import add_baselines, expect, fit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Turns = NDArray[np.int64]

STRETCH = timedelta(days=15)
"""Length of what is left out at once; three embargoes, if these are longer. Long against windows
that look alike, short against seasons, which the rest of the year must still show."""
TURNS = 5
"""In how many turns everything is left out once."""


def limit_at_home(
    windows: pd.DataFrame,
    sample: Sample,
    scaling: boost.Scaling,
    calibration: Mapping[str, Calibration],
    settings: Settings,
    seed: int,
) -> float | None:
    """Find the limit for machines that a model was learnt from, and that it judges later.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one class with label, use and part.
    sample : Sample
        What is learnt from of them.
    scaling : boost.Scaling
        Of the model.
    calibration : Mapping[str, Calibration]
        Of the model: what p-values are ranks among.
    settings : Settings
        Settings.
    seed : int
        Seed.

    Returns
    -------
    float | None
        The limit that keeps the budget or costs least; to be used where it is the higher one, for
        a machine one knows is not stranger than one that nobody has seen. None where the folds of
        the sample are not by asset, or the history is too short to leave stretches out.

    Notes
    -----
    Models that never saw a machine find its healthy windows stranger than the published model
    will, which knows the machine. A limit that keeps the budget on the former gives fewer false
    alarms than the budget allows on the latter. Here each machine is learnt from, but for every
    fifth stretch of its time, with the embargo before and after; twin, classifier and space are
    fitted anew without it and asked about it. At any time other machines are learnt from, so that
    the season is known.
    """
    train = windows[windows["part"] == "train"].reset_index(drop=True)
    first, embargo = train["end"].min(), pd.Timedelta(settings.split.embargo)
    stretch = max(pd.Timedelta(STRETCH), 3 * embargo)
    of_fold = sample.windows.groupby("asset")["fold"].nunique()
    if train["end"].max() - first < TURNS * stretch or (of_fold > 1).any() or len(of_fold) < 2:
        return None
    mine = _turns(sample.windows, first, stretch, embargo)
    if not all(sample.showing("healthy")[~_near(mine, turn)].any() for turn in range(TURNS)):
        return None
    away = _residuals(train, _turns(train, first, stretch, embargo), settings)
    home = replace(sample, matrix=values_of(design(sample.windows, away), sample.features))
    against = np.full(len(sample.windows), np.nan)
    for turn in range(TURNS):
        held = mine[0] == turn
        model = fit_rows(home, ~_near(mine, turn), settings, seed + 1 + turn)
        values = home.matrix[held]
        placed = space_signals(values, sample.features, model.metric, sample.classes)
        signals = Signals(classifier_signal(scaling.apply(model.says(values))), *placed)
        against[held] = ranked(signals, sample.classes, calibration)[:, 0]
    return limit_for(sample, against, settings)


def _residuals(train: pd.DataFrame, turns: Turns, settings: Settings) -> pd.DataFrame:
    """Compare each window with twins that know its machine, but not this stretch of its time."""
    equipment = settings.equipment[str(train["equipment_class"].iloc[0])]
    pieces = []
    for turn in range(TURNS):
        learnt = train[~_near(turns, turn)]
        twin = add_baselines(fit(learnt, equipment, settings.twin), learnt)
        pieces.append(expect(twin, train[turns[0] == turn]))
    return pd.concat([piece for piece in pieces if len(piece)], ignore_index=True)


def _near(turns: Turns, turn: int) -> Flags:
    """Mark what a turn leaves out, and what is within the embargo of it."""
    return np.asarray((turns == turn).any(axis=0))


def _turns(
    windows: pd.DataFrame, first: pd.Timestamp, stretch: pd.Timedelta, embargo: pd.Timedelta
) -> Turns:
    """Say when each window is left out, and when what is near it; machines take turns.

    Returns the turn in which the window itself is left out, then those of the stretches that
    begin or end within the embargo of it; shape (3, windows).
    """
    rank = windows["asset"].rank(method="dense").to_numpy(dtype=np.int64)
    instants = (windows["end"], windows["start"] - embargo, windows["end"] + embargo)
    return np.stack([((t - first) // stretch + rank).to_numpy() % TURNS for t in instants])
