"""Several labels of one unit: what is said of its other components is a descriptor of this one.

A chain of classifiers (Read et al. 2011, doi:10.1007/s10994-011-5256-5) without an order: each
label is first learnt alone, then offered the others' probabilities; nested validation decides
whether they are taken. What is learnt from are probabilities said with the group left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.grouped.blend import group_weights, log_loss
from faultprint.faults.grouped.candidates import candidates
from faultprint.faults.grouped.classifier import (
    Classifier,
    Floats,
    Ints,
    Units,
    ask,
    learn_classifier,
    settle,
)
from faultprint.faults.grouped.settings import GroupedSettings
from faultprint.faults.grouped.views import WHOLE, views_of

SIBLINGS = "siblings"
"""The view of what is said of the other components."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Classifiers of several labels."""

    alone: Mapping[str, Classifier]
    """Label -> the classifier that looks at descriptors alone."""
    joined: Mapping[str, Classifier]
    """Label -> the one that was offered what is said of the others; empty without a chain."""

    def predict(self, values: Floats) -> dict[str, Floats]:
        """Say how probable each class of each label is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors, in the order they were learnt in.

        Returns
        -------
        dict[str, NDArray[numpy.float64]]
            Label -> units by classes.
        """
        first = {label: one.predict(values) for label, one in self.alone.items()}
        if not self.joined:
            return first
        return {
            label: one.predict(np.hstack([values, *_others(first, label)]))
            for label, one in self.joined.items()
        }


def _others(said: Mapping[str, Floats], label: str) -> list[Floats]:
    return [one for name, one in said.items() if name != label]


def learn_chain(
    units: Units,
    labels: Mapping[str, Ints],
    classes: Mapping[str, Sequence[str]],
    settings: GroupedSettings,
) -> Chain:
    """Learn several labels of the same units.

    Parameters
    ----------
    units : Units
        What is learnt from.
    labels : Mapping[str, NDArray[numpy.int64]]
        Label -> class of each unit, from 0.
    classes : Mapping[str, Sequence[str]]
        Label -> names of its classes.
    settings : GroupedSettings
        What may be chosen.

    Returns
    -------
    Chain
        The classifiers; those of a single label are not joined.
    """
    alone = {
        label: learn_classifier(units, codes, classes[label], settings)
        for label, codes in labels.items()
    }
    if not settings.chain or len(labels) == 1:
        return Chain(alone, {})
    first = {label: one.outside for label, one in alone.items()}
    joined = {
        label: _join(units, (codes, classes[label]), alone[label], _others(first, label), settings)
        for label, codes in labels.items()
    }
    return Chain(alone, joined)


def _join(
    units: Units,
    label: tuple[Ints, Sequence[str]],
    alone: Classifier,
    others: list[Floats],
    settings: GroupedSettings,
) -> Classifier:
    """Choose anew, with what is said of the others among the descriptors."""
    codes, classes = label
    counted = group_weights(units.groups, settings.group_power)
    if log_loss(alone.outside, codes, counted) <= settings.enough:
        return alone
    width, said = units.values.shape[1], np.hstack(others)
    columns: NDArray[np.int64] = np.arange(width, width + said.shape[1])
    names = tuple(f"sibling.{i}" for i in range(len(columns)))
    plain = candidates(
        names, classes, settings.model_copy(update={"views": (), "aligned": (), "conditions": ""})
    )
    offered = [
        replace(one, names=tuple(n.replace(WHOLE, SIBLINGS) for n in one.names), columns=columns)
        for one in plain
    ]
    whole = views_of(units.names).get(WHOLE)
    if whole is not None:
        both = np.concatenate([whole, columns])
        offered += [
            replace(one, names=tuple(f"{n} and {WHOLE}" for n in one.names), columns=both)
            for one in offered
        ]
    wider = Units(np.hstack([units.values, said]), (*units.names, *names), units.groups)
    asked = [*alone.asked, *ask(wider, codes, classes, offered, settings)]
    return settle(wider, codes, classes, asked, settings)
