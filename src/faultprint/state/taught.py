"""A state detector taught by the labels of other units, on readings relative to each unit's start.

What it may see of a row are trailing means, changes and spreads of the readings, in units of the
unit's own healthy reference; never how long the unit has been running. Experiments are often run
to a timetable, and a learner that finds the timetable has found nothing about the machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from faultprint.config import Strict
from faultprint.errors import LearnError
from faultprint.twin.wander import Floats, trailing_mean

Marks = NDArray[np.bool_]
TREES: Mapping[str, Any] = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
LIMIT = 0.5
"""Probability above which a row is abnormal: the likelier state."""


class TaughtSettings(Strict):
    """How a state is told from the labels of other units."""

    windows: tuple[int, ...] = Field((3, 10, 30), min_length=1)
    """Rows of the trailing means; spreads are over the longest."""
    rounds: tuple[int, ...] = Field((50, 100, 200, 400), min_length=1)
    """Boosted trees of a member; which number is chosen on left-out units."""
    folds: int = Field(3, ge=2)
    """Parts the units are dealt into for that choice; a unit is whole in one part."""
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    """Members whose probabilities are averaged; each draws other rows and features."""


@dataclass(frozen=True)
class Taught:
    """A detector that has learnt."""

    members: tuple[lightgbm.Booster, ...]
    windows: tuple[int, ...]


def relative_features(values: Floats, reference_rows: int, windows: Sequence[int]) -> Floats:
    """Describe each row by those up to it, relative to the unit's own reference.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Rows by sensors from the beginning of the reference on.
    reference_rows : int
        Rows of the reference.
    windows : Sequence[int]
        Rows of the trailing means.

    Returns
    -------
    NDArray[numpy.float64]
        For each sensor: its trailing mean over each window, less the mean of the reference, in
        standard deviations of that trailing mean there; what each mean but the longest is above the
        next longer one just before that, and the spread over the longest window, in standard
        deviations of the reference's rows. A sensor that never moves there counts in its own units.
    """
    reference = values[:reference_rows]
    scaled = (values - _known_mean(reference)) / _spread(reference)
    spans = sorted(windows)
    means = [trailing_mean(scaled, span) for span in spans]
    columns = [
        mean / _spread(mean[span - 1 : reference_rows])
        for span, mean in zip(spans, means, strict=True)
    ]
    for fast, slow, span in zip(means, means[1:], spans[1:], strict=False):
        columns.append(fast - np.vstack([np.repeat(slow[:1], span, axis=0), slow[:-span]]))
    squares = trailing_mean(scaled**2, spans[-1])
    columns.append(np.sqrt(np.maximum(squares - means[-1] ** 2, 0.0)))
    return np.hstack(columns)


def learn_taught(
    tables: Sequence[Floats], labels: Sequence[Marks], settings: TaughtSettings
) -> Taught:
    """Learn from units whose states are known.

    Parameters
    ----------
    tables : Sequence[NDArray[numpy.float64]]
        Features of each unit, see :func:`relative_features`.
    labels : Sequence[NDArray[numpy.bool_]]
        Of each unit, which rows are abnormal.
    settings : TaughtSettings
        How.

    Returns
    -------
    Taught
        Boosted trees, one set for each seed; as many as gave the units that were left out of them
        the least log loss.

    Raises
    ------
    LearnError
        If there is no unit, or one state is missing.
    """
    every = np.concatenate([np.empty(0, dtype=bool), *labels])
    if every.all() or not every.any():
        raise LearnError.because(
            f"{len(tables)} units, {int(every.sum())} of {every.size} rows abnormal",
            "rows of both states",
            "label more units, or use the detector without labels",
        )
    rounds = _choose_rounds(tables, labels, settings)
    members = [_boost(tables, labels, rounds, seed) for seed in settings.seeds]
    return Taught(tuple(members), settings.windows)


def judge_taught(taught: Taught, table: Floats) -> Floats:
    """Judge each row of a unit by those up to it.

    Parameters
    ----------
    taught : Taught
        The detector.
    table : NDArray[numpy.float64]
        Its features, see :func:`relative_features`.

    Returns
    -------
    NDArray[numpy.float64]
        Probability over ``LIMIT``: abnormal above 1.
    """
    every = [np.asarray(one.predict(table, num_threads=1)) for one in taught.members]
    return np.asarray(np.mean(every, axis=0) / LIMIT, dtype=np.float64)


def _choose_rounds(
    tables: Sequence[Floats], labels: Sequence[Marks], settings: TaughtSettings
) -> int:
    """Choose the number of trees on units that the trees have not seen."""
    parts = min(settings.folds, len(tables))
    if len(settings.rounds) == 1 or parts < 2:
        return settings.rounds[0]
    losses = np.zeros(len(settings.rounds))
    for fold in range(parts):
        kept = [i for i in range(len(tables)) if i % parts != fold]
        trees = _boost(
            [tables[i] for i in kept],
            [labels[i] for i in kept],
            max(settings.rounds),
            settings.seeds[0],
        )
        for i in range(fold, len(tables), parts):
            losses += [_log_loss(trees, tables[i], labels[i], one) for one in settings.rounds]
    return settings.rounds[int(np.argmin(losses))]


def _boost(
    tables: Sequence[Floats], labels: Sequence[Marks], rounds: int, seed: int
) -> lightgbm.Booster:
    rows, marks = np.vstack(tables), np.concatenate(labels).astype(np.float64)
    least = min(int(TREES["min_data_in_leaf"]), max(1, len(rows) // 50))
    given = {**TREES, "min_data_in_leaf": least, "seed": seed}
    return lightgbm.train(given, lightgbm.Dataset(rows, marks), rounds)


def _log_loss(trees: lightgbm.Booster, table: Floats, marks: Marks, rounds: int) -> float:
    chance = np.asarray(trees.predict(table, num_iteration=rounds, num_threads=1))
    right = np.clip(np.where(marks, chance, 1.0 - chance), 1e-6, 1.0)
    return float(-np.log(right).sum())


def _known_mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _spread(values: Floats) -> Floats:
    spread = np.sqrt(_known_mean((values - _known_mean(values)) ** 2))
    return np.asarray(np.where(spread > 0, spread, 1.0))
