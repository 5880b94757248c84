"""A classifier of units that come in groups; what it is made of is chosen by groups left out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedGroupKFold

from faultprint.errors import LearnError
from faultprint.faults.grouped.blend import fit_temperature, group_weights, log_loss, pick, temper
from faultprint.faults.grouped.candidates import Candidate, candidates
from faultprint.faults.grouped.learners import Learnt
from faultprint.faults.grouped.settings import GroupedSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Units:
    """What is known of units apart from their classes."""

    values: Floats
    """Units by descriptors; NaN where a unit has none."""
    names: tuple[str, ...]
    """Descriptors."""
    groups: Ints
    """Group of each unit: what must not be torn apart, e.g. a run or a bearing."""

    def take(self, rows: ArrayLike) -> Units:
        """Take some of the units.

        Parameters
        ----------
        rows : ArrayLike
            Positions or flags.

        Returns
        -------
        Units
            Those.
        """
        at = np.asarray(rows)
        return Units(self.values[at], self.names, self.groups[at])


@dataclass(frozen=True, eq=False)
class Asked:
    """An answer of a candidate, and what it said of groups that it was not learnt from."""

    candidate: Candidate
    answer: int
    """Which of its answers."""
    said: Floats
    """Units by classes, tempered."""
    temperature: float


@dataclass(frozen=True, eq=False)
class Part:
    """A candidate that was chosen."""

    name: str
    columns: Ints
    learnt: Learnt
    temperature: float
    weight: float


@dataclass(frozen=True, eq=False)
class Classifier:
    """A blend of learners."""

    parts: tuple[Part, ...]
    outside: Floats
    """What the blend says of each unit it was learnt from, its group left out."""
    asked: tuple[Asked, ...]
    """All that it was chosen from."""

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors, in the order they were learnt in.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes; rows sum to 1.
        """
        said = [
            part.weight * temper(part.learnt.predict(values[:, part.columns]), part.temperature)
            for part in self.parts
        ]
        return np.asarray(np.sum(said, axis=0), dtype=np.float64)

    def weights(self) -> Mapping[str, float]:
        """Say what the blend is made of.

        Returns
        -------
        Mapping[str, float]
            Candidate -> weight.
        """
        return {part.name: part.weight for part in self.parts}


def deal(labels: Ints, groups: Ints, folds: int, seed: int) -> list[Ints]:
    """Deal whole groups into parts with about equal shares of each class.

    Parameters
    ----------
    labels : NDArray[numpy.int64]
        Class of each unit.
    groups : NDArray[numpy.int64]
        Group of each unit.
    folds : int
        Parts at most; there are never more than groups.
    seed : int
        Order of the dealing.

    Returns
    -------
    list[NDArray[numpy.int64]]
        Positions of the units of each part; every unit is in one.

    Raises
    ------
    LearnError
        If there is only one group.
    """
    number = len(np.unique(groups))
    if number < 2:
        raise LearnError.because("units of one group", "two groups or more", "add other units")
    split = StratifiedGroupKFold(min(folds, number), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class may be in fewer groups than parts
        parts = [held for _, held in split.split(labels, labels, groups)]
    return [held for held in parts if len(held)]


def learn_classifier(
    units: Units, labels: Ints, classes: Sequence[str], settings: GroupedSettings
) -> Classifier:
    """Learn classes of grouped units.

    Parameters
    ----------
    units : Units
        What is learnt from.
    labels : NDArray[numpy.int64]
        Their classes, from 0.
    classes : int
        Their names; some may have no unit.
    settings : GroupedSettings
        What may be chosen.

    Returns
    -------
    Classifier
        The blend, each part learnt from all units.

    Notes
    -----
    Every candidate is learnt without each part of the groups in turn and asked about it; these
    answers alone decide temperatures and weights, so that nothing is chosen by a unit that shares
    a run or a bearing with what it is judged by. With a single candidate nothing but its
    temperature is chosen. Varma and Simon 2006, doi:10.1186/1471-2105-7-91.
    """
    every = candidates(units.names, classes, settings)
    return settle(units, labels, classes, ask(units, labels, classes, every, settings), settings)


def ask(
    units: Units,
    labels: Ints,
    classes: Sequence[str],
    every: Sequence[Candidate],
    settings: GroupedSettings,
) -> list[Asked]:
    """Ask candidates about groups that they were not learnt from.

    Parameters
    ----------
    units : Units
        What is learnt from.
    labels : NDArray[numpy.int64]
        Their classes, from 0.
    classes : int
        Their names.
    every : Sequence[Candidate]
        What may be chosen.
    settings : GroupedSettings
        Folds and seed, and which loss is enough.

    Returns
    -------
    list[Asked]
        The candidates in order and what they said; costly ones are left out where a cheap one
        said enough.
    """
    held = deal(labels, units.groups, settings.folds, settings.seed)
    weights = group_weights(units.groups, settings.group_power)
    asked: list[Asked] = []
    for one in sorted(every, key=lambda candidate: candidate.costly):
        if one.costly and any(log_loss(a.said, labels, weights) <= settings.enough for a in asked):
            break
        for answer, raw in enumerate(_outside(one, units.values, labels, classes, held)):
            heat = fit_temperature(raw, labels, weights)
            asked.append(Asked(one, answer, temper(raw, heat), heat))
    return asked


def settle(
    units: Units,
    labels: Ints,
    classes: Sequence[str],
    asked: Sequence[Asked],
    settings: GroupedSettings,
) -> Classifier:
    """Blend the candidates that said best, learnt anew from all units.

    Parameters
    ----------
    units : Units
        What is learnt from.
    labels : NDArray[numpy.int64]
        Their classes, from 0.
    classes : int
        Their names.
    asked : Sequence[Asked]
        Candidates and what they said of groups left out.
    settings : GroupedSettings
        Steps of the blend.

    Returns
    -------
    Classifier
        The blend.
    """
    counted = group_weights(units.groups, settings.group_power)
    weights = pick([one.said for one in asked], labels, counted, settings.picks)
    parts = []
    for i, weight in weights.items():
        one = asked[i].candidate
        learnt = one.learn(units.values[:, one.columns], labels, len(classes))[asked[i].answer]
        name = one.names[asked[i].answer]
        parts.append(Part(name, one.columns, learnt, asked[i].temperature, weight))
    outside = np.sum([weight * asked[i].said for i, weight in weights.items()], axis=0)
    return Classifier(tuple(parts), np.asarray(outside, dtype=np.float64), tuple(asked))


def _outside(
    one: Candidate, values: Floats, labels: Ints, classes: Sequence[str], held: Sequence[Ints]
) -> list[Floats]:
    """Learn without each part of the groups and ask about it."""
    said = [np.zeros((len(labels), len(classes))) for _ in one.names]
    for rows in held:
        rest = np.setdiff1d(np.arange(len(labels)), rows)
        learnt = one.learn(values[np.ix_(rest, one.columns)], labels[rest], len(classes))
        for answer, each in zip(learnt, said, strict=True):
            each[rows] = answer.predict(values[np.ix_(rows, one.columns)])
    return said
