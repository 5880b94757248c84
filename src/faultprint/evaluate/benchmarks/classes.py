"""Protocol: classes of units, judged on groups (runs, bearings) that were not learnt from.

A forecast is a probability of every class, one row a unit. Splits are by whole groups; a unit's
class reaches a learner only when its group is learnt from. Only :func:`score_classes` sees the
classes of what is judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.errors import ConfigError, TableError, listed
from faultprint.evaluate.benchmarks.class_settings import Split
from faultprint.evaluate.benchmarks.figures import (
    Figure,
    Floats,
    bootstrap,
    refuse_copies,
    refuse_shared,
)
from faultprint.faults.grouped.classifier import deal

Ints = NDArray[np.int64]

HEALTHY = "healthy"
"""The class of a unit in which an item has no fault."""


@dataclass(frozen=True, eq=False)
class Parts:
    """A split, carried out."""

    groups: Ints
    """Group of each unit."""
    held: list[Ints]
    """Positions of the units that are judged together; the others are learnt from."""


def labels_at(units: pd.DataFrame, events: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
    """Look up the state of each item in each unit.

    Parameters
    ----------
    units : pandas.DataFrame
        ``asset`` and ``time``, the first instant of each unit.
    events : pandas.DataFrame
        Intervals of fault: ``asset``, ``item``, ``time``, ``end``, ``failure_mode``.
    items : Sequence[str]
        Maintainable items.

    Returns
    -------
    pandas.DataFrame
        One column an item: the failure mode of the interval that holds the instant, or
        ``healthy``. Index as in ``units``.

    Raises
    ------
    TableError
        If an item is in no interval at all.
    """
    lost = [item for item in items if item not in set(events["item"])]
    if lost:
        raise TableError.because(
            f"no fault of {listed(lost)}", "intervals of fault of every item", "correct items"
        )
    told = pd.DataFrame(HEALTHY, index=units.index, columns=list(items))
    rows = {asset: mine.index for asset, mine in units.groupby("asset")}
    for item in items:
        for one in events[events["item"] == item].to_dict("records"):
            mine = rows.get(one["asset"])
            if mine is not None:
                time = units.loc[mine, "time"]
                within = (time >= one["time"]) & (time <= one["end"])
                told.loc[mine[within], item] = str(one["failure_mode"])
    return told


def split_units(units: pd.DataFrame, labels: pd.DataFrame, split: Split) -> Parts:
    """Deal units to parts by whole groups.

    Parameters
    ----------
    units : pandas.DataFrame
        ``asset`` of each unit.
    labels : pandas.DataFrame
        State of each item in each unit.
    split : Split
        What a group is and how groups are dealt.

    Returns
    -------
    Parts
        Every unit is in one part.

    Raises
    ------
    ConfigError
        If the name of an asset does not say its part.
    """
    if split.group == "asset":
        named = units["asset"]
    elif split.group == "states":
        named = labels[list(split.items or labels.columns)].agg(" ".join, axis=1)
    else:
        named = pd.Series(np.arange(len(units)), index=units.index)
    groups = pd.factorize(named)[0].astype(np.int64)
    if not split.fold:
        spread = pd.factorize(labels[split.stratify or labels.columns[0]], sort=True)[0]
        return Parts(groups, deal(spread.astype(np.int64), groups, split.folds, split.seed))
    found = [re.search(split.fold, asset) for asset in units["asset"]]
    if any(one is None for one in found):
        odd = {a for a, one in zip(units["asset"], found, strict=True) if one is None}
        raise ConfigError.because(
            f"no {split.fold!r} in {listed(sorted(odd))}", "a part in every name", "correct fold"
        )
    part = np.array([one[0] for one in found if one])
    return Parts(groups, [np.flatnonzero(part == name) for name in sorted(set(part.tolist()))])


def refuse_leaks(units: pd.DataFrame, values: Floats, held: Ints) -> None:
    """Refuse to judge assets that were learnt from, under their own name or another.

    Parameters
    ----------
    units : pandas.DataFrame
        ``asset`` of each unit.
    values : NDArray[numpy.float64]
        Units by descriptors.
    held : NDArray[numpy.int64]
        Positions of the units that are judged.
    """
    asset = units["asset"].to_numpy()
    rest = np.setdiff1d(np.arange(len(asset)), held)
    refuse_shared(asset[rest].tolist(), asset[held].tolist(), "assets")
    learnt, judged = (
        {str(name): values[rows[asset[rows] == name]] for name in dict.fromkeys(asset[rows])}
        for rows in (rest, held)
    )
    refuse_copies(learnt, judged, "assets")


def majority(labels: Ints, classes: int, n: int) -> Floats:
    """Say of every unit what is usual.

    Parameters
    ----------
    labels : NDArray[numpy.int64]
        Classes of the units that are learnt from.
    classes : int
        How many classes there are.
    n : int
        Units that are judged.

    Returns
    -------
    NDArray[numpy.float64]
        Units by classes: their shares.
    """
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return np.tile(shares, (n, 1))


def last_labels(units: pd.DataFrame, labels: pd.Series, classes: Sequence[str]) -> Floats:
    """Say of every unit what the one before it was: a warning, for it is not known at the time.

    Parameters
    ----------
    units : pandas.DataFrame
        ``time`` of each unit.
    labels : pandas.Series
        Class of each unit.
    classes : Sequence[str]
        The classes.

    Returns
    -------
    NDArray[numpy.float64]
        Units by classes; of the first unit nothing is known.
    """
    order = np.argsort(units["time"].to_numpy(), kind="stable")
    code = np.array([list(classes).index(one) for one in labels])
    said = np.full((len(code), len(classes)), 1.0 / len(classes))
    said[order[1:]] = np.eye(len(classes))[code[order[:-1]]]
    return said


def score_classes(
    name: str, stratum: str, said: Floats, truth: Ints, groups: Sequence[object]
) -> list[Figure]:
    """Score what was said of the classes of one item.

    Parameters
    ----------
    name : str
        Which model or baseline.
    stratum : str
        Which item and units.
    said : NDArray[numpy.float64]
        Units by classes.
    truth : NDArray[numpy.int64]
        True class of each unit.
    groups : Sequence[object]
        Group of each unit; what is drawn for the ranges.

    Returns
    -------
    list[Figure]
        Macro-F1, balanced accuracy and the area under the ROC curve of each class against the
        others, averaged over the classes that occur.
    """
    codes, number = pd.factorize(np.asarray(groups, dtype=object))[0], len(set(groups))
    classes = said.shape[1]
    counted = np.zeros((number, classes, classes))
    np.add.at(counted, (codes, truth, said.argmax(axis=1)), 1.0)
    levels = [np.unique(said[:, k], return_inverse=True)[1] for k in range(classes)]

    def drawn(i: Ints) -> Floats:
        return np.bincount(i, minlength=number).astype(np.float64)

    measures = {
        "macro_f1": lambda i: macro_f1(np.tensordot(drawn(i), counted, 1)),
        "balanced_accuracy": lambda i: balanced_accuracy(np.tensordot(drawn(i), counted, 1)),
        "auroc": lambda i: _area(levels, truth, drawn(i)[codes]),
    }
    return [
        Figure(name, stratum, measure, *bootstrap(take, number), number)
        for measure, take in measures.items()
    ]


def macro_f1(counted: Floats) -> float:
    """Average the F1 of the classes that occur.

    Parameters
    ----------
    counted : NDArray[numpy.float64]
        True classes by said classes: how many units.

    Returns
    -------
    float
        0 to 1; a class that never occurs and is said counts against those it is mistaken for.
    """
    right, true, said = np.diag(counted), counted.sum(axis=1), counted.sum(axis=0)
    return float(np.mean((2 * right / np.maximum(true + said, 1e-9))[true > 0]))


def balanced_accuracy(counted: Floats) -> float:
    """Average the share of right answers over the classes that occur.

    Parameters
    ----------
    counted : NDArray[numpy.float64]
        True classes by said classes: how many units.

    Returns
    -------
    float
        0 to 1.
    """
    true = counted.sum(axis=1)
    return float(np.mean((np.diag(counted) / np.maximum(true, 1e-9))[true > 0]))


def _area(levels: Sequence[Ints], truth: Ints, weight: Floats) -> float:
    """Average over classes the chance that a unit of it scores above another; ties count half."""
    areas = []
    for place, level in enumerate(levels):
        own = truth == place
        mine = np.bincount(level[own], weight[own], level.max() + 1)
        other = np.bincount(level[~own], weight[~own], level.max() + 1)
        pairs = mine.sum() * other.sum()
        if pairs > 0:
            areas.append(float(mine @ (np.cumsum(other) - other / 2)) / pairs)
    return float(np.mean(areas)) if areas else float("nan")
