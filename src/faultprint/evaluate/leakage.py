"""Two searches for leaks: a descriptor that knows too much, and skill on shuffled labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from faultprint.evaluate.folds import mode_flags

SUSPICIOUS = 0.999
"""Area under the ROC curve of one descriptor alone that real faults hardly ever reach."""

Learn = Callable[[pd.DataFrame, NDArray[np.object_], pd.DataFrame], ArrayLike]
"""Training features, training labels, test features -> predicted labels."""


@dataclass(frozen=True)
class ShuffledScore:
    """Skill that is left when the labels say nothing."""

    score: float
    """Mean recall over the labels (balanced accuracy), out of fold."""
    chance: float
    """What guessing reaches: one over the number of labels."""
    spread: float
    """Standard error of the score if it is chance."""

    @property
    def is_chance(self) -> bool:
        """Whether the score lies within four standard errors of chance, or below."""
        return self.score <= self.chance + 4 * self.spread


def auroc(values: ArrayLike, positive: ArrayLike) -> float:
    """Measure how well one number alone tells two groups apart.

    Parameters
    ----------
    values : ArrayLike
        The numbers; NaN are left out.
    positive : ArrayLike
        True for the group expected to be higher.

    Returns
    -------
    float
        Area under the ROC curve: 0.5 blind, 1 or 0 perfect; 0.5 where a group is empty.

    Notes
    -----
    Mann and Whitney 1947, doi:10.1214/aoms/1177730491, with mean ranks for ties.
    """
    number, group = np.asarray(values, dtype=np.float64), np.asarray(positive, dtype=bool)
    known = ~np.isnan(number)
    number, group = number[known], group[known]
    ups = int(group.sum())
    downs = group.size - ups
    if not ups or not downs:
        return 0.5
    ranks = float(np.sum(rankdata(number)[group]))
    return (ranks - ups * (ups + 1) / 2) / (ups * downs)


def single_descriptor_scores(features: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Measure how well each descriptor alone tells each fault from healthy.

    Parameters
    ----------
    features : pandas.DataFrame
        One column per descriptor.
    labels : pandas.Series
        Label of each row: ``healthy`` or failure modes joined by ``|``; other rows are left out.

    Returns
    -------
    pandas.DataFrame
        ``descriptor``, ``failure_mode``, ``auroc`` (0.5 to 1, whichever direction) and
        ``suspicious`` (at or above 0.999: it may know the label), the highest first.
    """
    names = labels.reset_index(drop=True)
    modes = mode_flags(names)
    healthy = (names == "healthy").to_numpy()
    rows = []
    for mode in modes.columns:
        fault = modes[mode].to_numpy()
        used = fault | healthy
        for descriptor in features.columns:
            area = auroc(features[descriptor].to_numpy()[used], fault[used])
            rows.append((str(descriptor), str(mode), max(area, 1 - area)))
    table = pd.DataFrame(rows, columns=["descriptor", "failure_mode", "auroc"]).astype(
        {"descriptor": "str", "failure_mode": "str", "auroc": "float64"}
    )
    table = table.assign(suspicious=table["auroc"] >= SUSPICIOUS)
    return table.sort_values(
        ["auroc", "descriptor", "failure_mode"], ascending=[False, True, True], ignore_index=True
    )


def shuffled_label_score(
    features: pd.DataFrame, labels: pd.Series, folds: ArrayLike, learn: Learn, seed: int
) -> ShuffledScore:
    """Learn from shuffled labels; any skill that is left is a leak.

    Parameters
    ----------
    features : pandas.DataFrame
        One column per descriptor.
    labels : pandas.Series
        Label of each row.
    folds : ArrayLike
        Fold of each row; each is predicted by what the others teach.
    learn : Learn
        The way of learning under test, from the selection of descriptors on.
    seed : int
        Of the shuffle.

    Returns
    -------
    ShuffledScore
        The score, what chance would be, and its standard error.
    """
    number = np.asarray(folds)
    shuffled = np.random.default_rng(seed).permutation(labels.to_numpy(dtype=object))
    predicted = np.empty(len(shuffled), dtype=object)
    for fold in np.unique(number):
        test = number == fold
        predicted[test] = np.asarray(learn(features[~test], shuffled[~test], features[test]))
    kinds, counts = np.unique(shuffled.astype(str), return_counts=True)
    recalls = [float(np.mean(predicted[shuffled == kind] == kind)) for kind in kinds]
    chance = 1.0 / len(kinds)
    spread = float(np.sqrt(np.sum(chance * (1 - chance) / counts)) / len(kinds))
    return ShuffledScore(score=float(np.mean(recalls)), chance=chance, spread=spread)
