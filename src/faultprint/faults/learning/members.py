"""The two members of the classifier: trees and a line, each for every failure mode apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from faultprint.config import Classifier
from faultprint.faults.learning.boost import WEIGHT_CAP, tree_settings
from faultprint.faults.learning.space import Reference, squash, tidy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PENALTY = 10.0
"""Of the squared slopes of a line [windows]: it needs as much evidence to move."""
_FLAT = 1e-9
_TURNS = 1000
"""Of the solver at most; a hundred are usual."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The linear member, one line a failure mode; and where the trees begin."""

    start: Floats
    """Log-odds of each failure mode before the first tree."""
    centre: Floats
    """Mean of each feature [squashed healthy scales]."""
    scale: Floats
    """Standard deviation of each feature; infinite where it does not vary."""
    slopes: Floats
    """Shape (features, failure modes) [log-odds per standard deviation]."""
    levels: Floats
    """Log-odds of each failure mode at the mean of all features."""

    def steps(self, units: Floats) -> Floats:
        """Measure how far windows are from the mean.

        Parameters
        ----------
        units : NDArray[numpy.float64]
            Windows in healthy scales, shape (windows, features), without NaN.

        Returns
        -------
        NDArray[numpy.float64]
            Standard deviations, same shape.
        """
        return np.asarray((squash(units) - self.centre) / self.scale, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        varies = np.isfinite(self.scale)
        return {
            "start": self.start.tolist(),
            "centre": self.centre.tolist(),
            "scale": [
                s if known else None
                for s, known in zip(self.scale.tolist(), varies.tolist(), strict=True)
            ],
            "slopes": self.slopes.tolist(),
            "levels": self.levels.tolist(),
        }


def lines_from(data: Mapping[str, Any]) -> Lines:
    """Build lines from what :meth:`Lines.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.

    Returns
    -------
    Lines
        Equal to those that were written.
    """
    levels = np.array(data["levels"], dtype=np.float64)
    scale = [np.inf if s is None else s for s in data["scale"]]
    return Lines(
        start=np.array(data["start"], dtype=np.float64),
        centre=np.array(data["centre"], dtype=np.float64),
        scale=np.array(scale, dtype=np.float64),
        slopes=np.array(data["slopes"], dtype=np.float64).reshape(len(scale), len(levels)),
        levels=levels,
    )


def grow(values: Floats, shown: Flags, settings: Classifier, seed: int) -> tuple[str, Floats]:
    """Learn the trees, a sequence of them for each failure mode.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features), without NaN.
    shown : NDArray[numpy.bool_]
        Which failure modes each window shows, shape (windows, failure modes); there may be none,
        or several.
    settings : Classifier
        Size of the model.
    seed : int
        Seed of the choice of features.

    Returns
    -------
    booster : str
        The model as LightGBM's text: equal for equal input.
    start : NDArray[numpy.float64]
        Log-odds of each failure mode before the first tree.

    Notes
    -----
    Each failure mode is told from everything else by itself, so that a window of two of them
    counts in full for both and few windows of one mode need not stand up to all others in one
    softmax. What shows it and what does not weigh the same, but for a cap of 10 times the mean.
    """
    count = len(shown)
    present = shown.sum(axis=0)
    rare = count / (2 * np.maximum(present, 1))
    usual = count / (2 * np.maximum(count - present, 1))
    weights = np.where(shown, np.minimum(WEIGHT_CAP, rare), np.minimum(WEIGHT_CAP, usual))
    truth = shown.astype(np.float64)
    for_it, against = (weights * truth).sum(axis=0), (weights * (1 - truth)).sum(axis=0)
    start = tidy(np.log((for_it + 0.5) / (against + 0.5)))
    flat = shown.shape[1] == 1

    def slope(scores: Floats, _: lightgbm.Dataset) -> tuple[Floats, Floats]:
        chance = 1 / (1 + np.exp(-scores.reshape(truth.shape)))
        first, second = weights * (chance - truth), weights * chance * (1 - chance)
        return (first.ravel(), second.ravel()) if flat else (first, second)

    from_start = np.tile(start, (count, 1))
    chosen = {**tree_settings(settings, seed), "objective": slope, "num_class": shown.shape[1]}

    def trained(**further: bool) -> lightgbm.Booster:
        data = lightgbm.Dataset(
            values,
            truth[:, 0],
            init_score=from_start.ravel() if flat else from_start,
            params={"verbosity": -1, "max_bin": 63, **further},
        )
        return lightgbm.train({**chosen, **further}, data, num_boost_round=settings.rounds)

    try:
        booster = trained()
    except lightgbm.basic.LightGBMError:  # no cut leaves enough windows on each side
        booster = trained(feature_pre_filter=False)
    return str(booster.model_to_string()), start


def draw(units: Floats, shown: Flags, start: Floats) -> Lines:
    """Learn the lines.

    Parameters
    ----------
    units : NDArray[numpy.float64]
        Windows in healthy scales, shape (windows, features), without NaN.
    shown : NDArray[numpy.bool_]
        Which failure modes each window shows, shape (windows, failure modes).
    start : NDArray[numpy.float64]
        What :func:`grow` gave; a mode without any window keeps it.

    Returns
    -------
    Lines
        Logistic regressions with a ridge on the slopes of the standardised, squashed features.
    """
    points = squash(units)
    centre, scale = points.mean(axis=0), points.std(axis=0)
    scale = np.where(scale > _FLAT, scale, np.inf)
    slopes, levels = np.zeros((units.shape[1], shown.shape[1])), start.copy()
    for mode in np.flatnonzero(shown.any(axis=0) & ~shown.all(axis=0)).tolist():
        line = LogisticRegression(C=1 / PENALTY, tol=1e-6, max_iter=_TURNS)
        line.fit((points - centre) / scale, shown[:, mode])
        slopes[:, mode], levels[mode] = line.coef_[0], line.intercept_[0]
    return Lines(start, tidy(centre), tidy(scale), tidy(slopes), tidy(levels))


def opinions(booster: lightgbm.Booster, lines: Lines, healthy: Reference, values: Floats) -> Floats:
    """Ask both members.

    Parameters
    ----------
    booster : lightgbm.Booster
        The trees.
    lines : Lines
        The lines.
    healthy : Reference
        Centre and scale of healthy equipment.
    values : NDArray[numpy.float64]
        Shape (windows, features); NaN is read as the healthy centre.

    Returns
    -------
    NDArray[numpy.float64]
        Log-odds of each failure mode by trees and by lines, shape (windows, failure modes, 2).
    """
    filled, count = healthy.filled(values), len(lines.levels)
    if not len(values):
        return np.zeros((0, count, 2))
    grown = np.asarray(booster.predict(filled, num_threads=1, raw_score=True), dtype=np.float64)
    steps = lines.steps(healthy.units(filled))
    # A product of matrices may sum in another order for another number of rows.
    straight = np.einsum("nf,fm->nm", steps, lines.slopes) + lines.levels
    return np.stack([grown.reshape(len(values), count) + lines.start, straight], axis=2)


def gains(
    booster: lightgbm.Booster,
    lines: Lines,
    healthy: Reference,
    values: Floats,
    trees: tuple[float, ...],
) -> Floats:
    """Attribute the mixed log-odds to the features.

    Parameters
    ----------
    booster : lightgbm.Booster
        The trees.
    lines : Lines
        The lines.
    healthy : Reference
        Centre and scale of healthy equipment.
    values : NDArray[numpy.float64]
        Shape (windows, features).
    trees : tuple[float, ...]
        Share of the trees in the log-odds of each failure mode.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, 1 + failure modes, features), log-odds; 0 for healthy, which the odds are
        against.

    Notes
    -----
    TreeSHAP of the trees (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, as built into
    LightGBM), and slope times distance from the mean of the lines, which is their Shapley value
    for independent features; mixed as the log-odds are, so that both add up to them.
    """
    filled, count, width = healthy.filled(values), len(lines.levels), values.shape[1]
    told = np.zeros((len(values), 1 + count, width))
    if not len(values):
        return told
    flat = np.asarray(booster.predict(filled, pred_contrib=True, num_threads=1))
    grown = flat.reshape(len(values), count, width + 1)[:, :, :-1]
    straight = lines.steps(healthy.units(filled))[:, None, :] * lines.slopes.T[None]
    share = np.array(trees)[None, :, None]
    told[:, 1:] = share * grown + (1 - share) * straight
    return told
