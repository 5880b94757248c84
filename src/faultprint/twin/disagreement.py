"""One sensor held against the others: a sensor that lies is told from a machine that ails.

Each sensor is expected from the operating conditions (the twin) *and* from the other sensors. Where
one sensor disagrees with all the others while these agree among themselves, that sensor lies; where
several moved, or a known fault explains as much of it, the machine did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.twin.redundancy import Relations, rest_of

Floats = NDArray[np.float64]

_AS_WELL = 0.5
"""Share of what a sensor alone explains from which a known fault explains it as well."""

_MOVED = 1.5
"""Multiple of the distance at which the others still agree from which they do not."""


@dataclass(frozen=True, eq=False)
class Disagreement:
    """How far each sensor stands apart from what conditions and other sensors say."""

    ends: pd.DatetimeIndex
    sensors: tuple[str, ...]
    apart: Floats
    """By window and sensor, signed, in healthy scales of that disagreement; NaN: not known."""
    alone: NDArray[np.bool_]
    """Whether this sensor by itself explains the window best: it is the loudest, without it the
    others are as healthy as ever, and no known fault would do as well."""
    ailing: NDArray[np.bool_]
    """Whether the machine explains the window as well: others have moved far too, or a known fault
    would do as well."""


def disagree(
    level: pd.DataFrame, relations: Relations, quiet: float, without: Iterable[str] = ()
) -> Disagreement:
    """Hold each sensor of one asset against the others.

    Parameters
    ----------
    level : pandas.DataFrame
        From :func:`deviances`.
    relations : Relations
        What is usual.
    quiet : float
        The other sensors agree while their distance is at most this multiple of the usual one.
    without : Iterable[str], default ()
        Failure modes that are not thought of.

    Returns
    -------
    Disagreement
        Row by row; a row depends on nothing but itself. Sensors that are not known in a row take
        no part in it.

    Notes
    -----
    Reconstruction after Dunia and Qin (1998, doi:10.1002/aic.690440812): of all causes along one
    direction ``d`` (a sensor: its axis; a known fault: where it moves the levels) the one that
    takes away most of ``x' P x``, ``(d' P x)^2 / (d' P d)``, is the best explanation. A fault
    counts only with its own sign. It would do as well as a sensor where it takes away at least half
    as much and leaves the sensors as healthy as ever.
    """
    told = level.reindex(columns=list(relations.sensors))
    standard = (told.to_numpy(dtype=np.float64) - relations.centre) / np.asarray(relations.scale)
    known = np.isfinite(standard)
    apart = np.full(standard.shape, np.nan)
    alone, ailing = np.zeros((2, *standard.shape), dtype=np.bool_)
    left_out = set(without)
    known_faults = (moved for mode, moved in relations.faults.items() if mode not in left_out)
    faults = [np.asarray(one) for moved in known_faults for one in moved]
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, seen in enumerate(patterns):
        rows = np.flatnonzero(which.ravel() == number)
        if seen.sum() < 2:
            continue
        place = np.ix_(rows, np.flatnonzero(seen))
        inverse = np.linalg.inv(np.asarray(relations.correlation)[np.ix_(seen, seen)])
        x = standard[place]
        score = x @ inverse
        size = np.sqrt(np.diag(inverse)) * np.asarray(relations.inflation)[seen]
        apart[place] = score / size
        rest = rest_of(x, inverse)
        loudest = rest <= rest.min(axis=1, keepdims=True)
        taken = score**2 / np.diag(inverse)
        fault = _taken_by_faults(x, inverse, [f[seen] for f in faults])[:, None]
        missed = np.sqrt(np.maximum(((score * x).sum(axis=1))[:, None] - fault, 0.0))
        known_fault = (fault >= _AS_WELL * taken) & (missed <= quiet * relations.quiet)
        alone[place] = loudest & (rest <= quiet * relations.quiet) & ~known_fault
        ailing[place] = (rest > _MOVED * quiet * relations.quiet) | known_fault
    return Disagreement(pd.DatetimeIndex(level.index), relations.sensors, apart, alone, ailing)


def _taken_by_faults(x: Floats, inverse: Floats, faults: list[Floats]) -> Floats:
    """Give what the best of the known faults takes away of the squared distance; 0 for none."""
    score, most = x @ inverse, np.zeros(len(x))
    for moved in faults:
        own = float(moved @ inverse @ moved)
        if own > 0:
            most = np.maximum(most, np.maximum(score @ moved, 0.0) ** 2 / own)
    return most
