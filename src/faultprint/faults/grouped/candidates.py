"""What a classifier of grouped units may be made of: each learner on each view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.errors import LearnError, listed
from faultprint.faults.grouped.aligned import learn_aligned
from faultprint.faults.grouped.given import learn_given
from faultprint.faults.grouped.learners import Learn, learn_discriminants
from faultprint.faults.grouped.settings import GroupedSettings
from faultprint.faults.grouped.trees import learn_trees
from faultprint.faults.grouped.views import views_of

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A learner on a view."""

    names: tuple[str, ...]
    """Of each answer, e.g. ``trees, of 10``."""
    columns: Ints
    learn: Learn
    costly: bool
    """Whether it is tried only where the others do not say enough."""


def candidates(
    names: Sequence[str], classes: Sequence[str], settings: GroupedSettings
) -> list[Candidate]:
    """List what may be chosen.

    Parameters
    ----------
    names : Sequence[str]
        Descriptors.
    classes : Sequence[str]
        Names of the classes.
    settings : GroupedSettings
        Learners, views and sizes.

    Returns
    -------
    list[Candidate]
        Each learner on each view, coarse views first.

    Raises
    ------
    LearnError
        If no view is left, or no descriptor is an operating condition that was asked for.
    """
    every = views_of(names)
    views = {name: at for name, at in every.items() if name in (settings.views or every)}
    if not views:
        raise LearnError.because(
            f"the views {list(settings.views)}", f"some of {list(every)}", "name others"
        )
    found = _aligned(names, classes, settings) if "aligned" in settings.learners else []
    for view, columns in views.items():
        for learner in settings.learners:
            if learner in {"discriminant", "ranks"}:
                learn = learn_discriminants(settings.shrinkages, ranks=learner == "ranks")
                called = tuple(f"{learner} {share:g}, {view}" for share in settings.shrinkages)
                found.append(Candidate(called, columns, learn, costly=False))
            elif learner != "aligned" and len(columns) <= settings.widest:
                learn = learn_trees(settings, ordinal=learner == "ordinal")
                found.append(Candidate((f"{learner}, {view}",), columns, learn, costly=True))
    return [*found, *_given(names, found, settings)]


def _given(
    names: Sequence[str], plain: Sequence[Candidate], settings: GroupedSettings
) -> list[Candidate]:
    """Offer the residuals of each view, given the conditions."""
    if not settings.conditions:
        return []
    told = [i for i, name in enumerate(names) if re.search(settings.conditions, name)]
    if not told:
        raise LearnError.because(
            f"no descriptor like {settings.conditions!r}", "operating conditions", "name others"
        )
    return [
        Candidate(
            tuple(f"{name} given conditions" for name in one.names),
            np.concatenate([one.columns, np.array(told, dtype=np.int64)]),
            learn_given(one.learn, len(told)),
            one.costly,
        )
        for one in plain
        if one.names != ("aligned",)
    ]


def _aligned(
    names: Sequence[str], classes: Sequence[str], settings: GroupedSettings
) -> list[Candidate]:
    """Offer the descriptors that stand for classes, where there is one for each class."""
    told = [one for one in settings.aligned if one.keys() == set(classes)]
    lost = sorted({name for one in told for name in one.values()} - set(names))
    if lost:
        raise LearnError.because(
            f"no descriptors {listed(lost)}", "those that stand for classes", "describe them too"
        )
    at = {name: i for i, name in enumerate(names)}
    columns = np.array([at[one[name]] for name in classes for one in told], dtype=np.int64)
    return [Candidate(("aligned",), columns, learn_aligned, costly=False)] if told else []
