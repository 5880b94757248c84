"""The training windows of one class as arrays, and what may be learnt of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.errors import LearnError
from faultprint.faults.learning.design import design
from faultprint.faults.learning.episodes import episodes, modes_of
from faultprint.faults.model import HEALTHY

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MONTH = 30 * 86_400 * 10**9  # [ns]
FEWEST_HEALTHY = 20
"""Healthy windows without which nothing is learnt."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Training windows of one equipment class."""

    equipment_class: str
    windows: pd.DataFrame
    """Rows of ``windows`` with label, use, part and fold; numbered from 0."""
    features: tuple[str, ...]
    matrix: Floats
    """Shape (windows, features); NaN where it was not measured."""
    classes: tuple[str, ...]
    """``healthy``, then the failure modes with enough episodes."""
    truth: Floats
    """Share of each class in each window, shape (windows, classes)."""
    episodes: pd.DataFrame
    """``row``, ``failure_mode``, ``asset``, ``episode``."""
    refused: tuple[str, ...]
    """What was not learnt, each with the reason."""
    history: pd.DataFrame
    """``asset`` and ``end`` of every training window; ``used``: whether it is in ``windows``."""

    def showing(self, name: str) -> Flags:
        """Mark the windows of a class.

        Parameters
        ----------
        name : str
            ``healthy`` or a failure mode.

        Returns
        -------
        NDArray[numpy.bool_]
            One flag per window.
        """
        return np.asarray(self.truth[:, self.classes.index(name)] > 0)

    @property
    def occurrences(self) -> NDArray[np.str_]:
        """Name what each window is a part of, so that many windows of one do not count as many.

        Returns
        -------
        NDArray[numpy.str_]
            The episodes it shows, or asset and month where it shows none.
        """
        month = pd.DatetimeIndex(self.windows["end"]).as_unit("ns").asi8 // _MONTH
        names = self.windows["asset"].astype("str") + "#" + pd.Series(month).astype("str")
        shown = self.episodes.groupby("row")["episode"].agg("|".join)
        names.loc[shown.index] = shown
        return names.to_numpy(dtype=np.str_)

    @property
    def folds(self) -> list[int]:
        """List the folds.

        Returns
        -------
        list[int]
            Ascending.
        """
        return sorted(int(f) for f in self.windows["fold"].unique())


def gather(windows: pd.DataFrame, residuals: pd.DataFrame, settings: Settings) -> Sample:
    """Pick the windows that are learnt from.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one class with label, use, part and fold.
    residuals : pandas.DataFrame
        Their cross-fitted ``residuals``.
    settings : Settings
        Settings.

    Returns
    -------
    Sample
        Windows of the training part whose use is ``healthy`` or ``fault``, without those that show
        only failure modes with too few episodes.

    Raises
    ------
    LearnError
        If there are windows of two classes, fewer than 20 healthy ones or fewer than two folds.
    """
    classes = windows["equipment_class"].unique()
    if len(classes) != 1:
        raise LearnError.because(
            f"windows of {len(classes)} equipment classes",
            "windows of one class",
            "learn class by class",
        )
    train = windows[windows["part"] == "train"].reset_index(drop=True)
    is_set = settings.labels.source == "intervals"
    occurrences = episodes(train, settings.labels.horizon, by_run=is_set)
    modes, refused = _enough(occurrences, settings.classifier.min_episodes)
    names = (HEALTHY, *modes)
    truth = _truth(train, names)
    used = truth.sum(axis=1) > 0
    healthy, folds = int((truth[:, 0] > 0).sum()), train.loc[used, "fold"].nunique()
    if healthy < FEWEST_HEALTHY or folds < 2:
        raise LearnError.because(
            f"{healthy} healthy training windows of {classes[0]!r} in {folds} folds",
            f"{FEWEST_HEALTHY} at least, in two folds",
            "check labels, coverage and split, or give more history or more assets",
        )
    kept = train[used].reset_index(drop=True)
    features, matrix = _features(design(kept, residuals), truth[used][:, 0] > 0)
    return Sample(
        str(classes[0]),
        kept,
        features,
        matrix,
        names,
        truth[used],
        _renumbered(occurrences, used, modes),
        refused,
        train[["asset", "end"]].assign(used=used),
    )


def _enough(occurrences: pd.DataFrame, fewest: int) -> tuple[list[str], tuple[str, ...]]:
    counts = occurrences.groupby("failure_mode")["episode"].nunique().sort_index()
    refused = tuple(
        f"{mode}: {n} episode{'' if n == 1 else 's'} in training, {fewest} needed"
        for mode, n in counts.items()
        if n < fewest
    )
    return [str(mode) for mode, n in counts.items() if n >= fewest], refused


def _truth(train: pd.DataFrame, names: tuple[str, ...]) -> Floats:
    truth = np.zeros((len(train), len(names)))
    truth[:, 0] = (train["use"] == "healthy").to_numpy()
    position = {name: i for i, name in enumerate(names)}
    labels = train["label"].where(train["use"] == "fault", "")
    for label in labels.unique():
        columns = [position[mode] for mode in modes_of(label) if mode in position]
        if columns:
            truth[np.ix_((labels == label).to_numpy(), columns)] = 1.0 / len(columns)
    return truth


def _features(rows: pd.DataFrame, healthy: Flags) -> tuple[tuple[str, ...], Floats]:
    """Leave out what never varies, and what fewer than half of the healthy windows have."""
    values = rows.to_numpy(dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    usual = 2 * np.isfinite(values[healthy]).sum(axis=0) >= healthy.sum()
    low = np.where(np.isnan(values), np.inf, values).min(axis=0)
    high = np.where(np.isnan(values), -np.inf, values).max(axis=0)
    kept = usual & (low < high)
    return tuple(rows.columns[kept]), values[:, kept]


def _renumbered(occurrences: pd.DataFrame, used: Flags, modes: list[str]) -> pd.DataFrame:
    place = np.cumsum(used) - 1
    mine = occurrences[
        used[occurrences["row"].to_numpy()] & occurrences["failure_mode"].isin(modes)
    ]
    rows = mine["row"].to_numpy()
    return pd.DataFrame(mine.assign(row=place[rows])).reset_index(drop=True)
