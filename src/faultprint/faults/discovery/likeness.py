"""How a group of incidents differs from every known fault, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from faultprint.faults.discovery.picture import Floats, standing_out, unlikeness
from faultprint.faults.learning.design import DEVIANCE, source_of

SHOWN = 5
"""How many symptoms of either side are compared at most."""


@dataclass(frozen=True)
class Likeness:
    """What a group has in common with a known fault, and what contradicts."""

    failure_mode: str
    distance: float
    """0: the same symptoms; 1: none in common, or the opposite ones."""
    like: tuple[str, ...]
    """Symptoms of the fault that the group shows, for example ``flow is down``."""
    unlike: tuple[str, ...]
    """Symptoms that only one of them shows, for example ``vibration is not up``."""


def compare_with_known(
    group: Floats, known: Mapping[str, Floats], features: tuple[str, ...]
) -> tuple[Likeness, ...]:
    """Compare the common picture of a group with that of every known fault.

    Parameters
    ----------
    group : NDArray[numpy.float64]
        Picture of the group, one value a feature [squashed healthy scales].
    known : Mapping[str, NDArray[numpy.float64]]
        Failure mode -> its picture, of the same features.
    features : tuple[str, ...]
        Names of the features.

    Returns
    -------
    tuple[Likeness, ...]
        Nearest first. Of each sensor the feature that stands out most is looked at, the five
        strongest of the fault and then the five strongest that only the group shows.
    """
    told = []
    for mode, picture in known.items():
        apart = float(unlikeness(group[None], picture[None])[0, 0])
        like, unlike = _sides(group, picture, features)
        told.append(Likeness(mode, round(apart, 4), like, unlike))
    return tuple(sorted(told, key=lambda one: (one.distance, one.failure_mode)))


def moved(feature: str, value: float) -> str:
    """Say in words which way a feature moved.

    Parameters
    ----------
    feature : str
        Its name.
    value : float
        What stands out of it; NaN if not measured.

    Returns
    -------
    str
        For example ``flow is down``; the descriptor is named unless it is the level.

    Examples
    --------
    >>> moved("flow.deviance", -2.0)
    'flow is down'
    >>> moved("error.A105.count", 1.5)
    'error A105 is more frequent'
    """
    subject, _, descriptor = feature.rpartition(".")
    subject = subject.replace(".", " ")
    if descriptor.startswith("count"):
        return f"{subject} is {'more frequent' if value > 0 else 'less frequent'}"
    name = subject if feature.endswith(DEVIANCE) else f"{subject} ({descriptor})"
    return f"{name} is {'up' if value > 0 else 'down'}"


def strongest(out: Floats, features: tuple[str, ...], most: int = SHOWN) -> list[int]:
    """Find the features that stand out most, one a sensor.

    Parameters
    ----------
    out : NDArray[numpy.float64]
        What stands out; NaN where not measured.
    features : tuple[str, ...]
        Names of the features.
    most : int, default SHOWN
        How many at most.

    Returns
    -------
    list[int]
        Positions, strongest first; error codes count as sensors of their own.
    """
    size = np.abs(np.nan_to_num(out))
    order = sorted(np.flatnonzero(size > 0).tolist(), key=lambda i: (-size[i], features[i]))
    chosen: dict[str, int] = {}
    for i in order:
        chosen.setdefault(_subject(features[i]), i)
    return list(chosen.values())[:most]


def _subject(feature: str) -> str:
    source = source_of(feature)
    return feature.rpartition(".")[0] if source == "error" else source


def _sides(
    group: Floats, picture: Floats, features: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mine, theirs = standing_out(group), standing_out(picture)
    named = strongest(theirs, features)
    like, unlike = [], []
    for i in named:
        if not np.isfinite(mine[i]):
            continue
        if mine[i] * theirs[i] > 0:
            like.append(moved(features[i], theirs[i]))
        elif mine[i]:
            unlike.append(f"{moved(features[i], mine[i])} instead of the other way")
        else:
            unlike.append(moved(features[i], theirs[i]).replace(" is ", " is not ", 1))
    shown = {_subject(features[i]) for i in strongest(theirs, features, len(features))}
    own = [i for i in strongest(mine, features) if _subject(features[i]) not in shown]
    return tuple(like), (*unlike, *(moved(features[i], mine[i]) for i in own))
