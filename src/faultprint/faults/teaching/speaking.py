"""What taught recognisers say about windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.metric import Metric
from faultprint.faults.teaching.apart import apartness
from faultprint.faults.teaching.rays import Rays, nonconformity, ray_distances
from faultprint.faults.teaching.taught import Taught, TaughtSet

Floats = NDArray[np.float64]


def p_value(one: Taught, score: Floats) -> Floats:
    """Rank windows among those of incidents that were left out in turn.

    Parameters
    ----------
    one : Taught
        The recogniser.
    score : NDArray[numpy.float64]
        Nonconformity of windows.

    Returns
    -------
    NDArray[numpy.float64]
        ``(1 + sum over occasions of the share of its windows at least as strange) / (n + 1)``:
        occasions count, not windows, so that three incidents never give less than a quarter.
    """
    shares = [1 - np.searchsorted(held, score, side="left") / len(held) for held in one.scores]
    return np.asarray((1 + sum(shares, np.zeros(len(score)))) / (len(one.scores) + 1))


@dataclass(frozen=True, eq=False)
class Spoken:
    """Which recogniser accepts each window."""

    chosen: NDArray[np.int64]
    """Position of the recogniser; -1 for none."""
    p_values: Floats
    """Shape (windows, recognisers)."""


def speak(taught: TaughtSet, metric: Metric, values: Floats) -> Spoken:
    """Ask every recogniser about abnormal windows.

    Parameters
    ----------
    taught : TaughtSet
        What was taught.
    metric : Metric
        The shared space of the class.
    values : NDArray[numpy.float64]
        Shape (windows, features).

    Returns
    -------
    Spoken
        The nearest of those that accept a window; each window is judged by itself.

    Notes
    -----
    A recogniser accepts a window that lies closer to its picture than to that of every other known
    fault, by its margin, within its acceptance region, and that reads what tells it, if a
    descriptor does. Normal behaviour must, moreover, lie
    closer than every taught fault: what is near a fault is never called normal.
    """
    offsets = offsets_of(metric, values)
    near = np.full((len(values), len(taught.recognisers)), np.inf)
    ranked = np.zeros(near.shape)
    for place, one in enumerate(taught.recognisers):
        score, closeness = measure(one, taught, metric, offsets)
        inside = (score <= one.accept) & (closeness < one.margin)
        if one.telling:
            inside &= one.telling.shown(values)
        near[inside, place] = score[inside] / one.accept
        ranked[:, place] = p_value(one, score)
    faults = np.array([one.kind == "fault" for one in taught.recognisers], dtype=np.bool_)
    if faults.any() and len(values):  # of both, the fault speaks
        near[np.isfinite(near[:, faults]).any(axis=1)[:, None] & ~faults] = np.inf
    none = ~np.isfinite(near).any(axis=1) if near.shape[1] else np.ones(len(values), np.bool_)
    chosen = np.where(none, -1, near.argmin(axis=1) if near.shape[1] else -1)
    return Spoken(np.asarray(chosen, dtype=np.int64), ranked)


def offsets_of(metric: Metric, values: Floats) -> Floats:
    """Place windows in the shared space, as seen from healthy.

    Parameters
    ----------
    metric : Metric
        The shared space.
    values : NDArray[numpy.float64]
        Shape (windows, features).

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, coordinates).
    """
    return np.asarray(metric.project(values) - metric.means[0], dtype=np.float64)


def known_rays(metric: Metric, without: tuple[str, ...] = ()) -> Floats:
    """Give the pictures of the learnt faults, as seen from healthy.

    Parameters
    ----------
    metric : Metric
        The shared space; its first class is healthy.
    without : tuple[str, ...], default ()
        Failure modes to leave out.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (failure modes, coordinates).
    """
    kept = [i for i, name in enumerate(metric.classes) if i and name not in without]
    return np.asarray(metric.means[kept] - metric.means[0], dtype=np.float64)


def measure(
    one: Taught, taught: TaughtSet, metric: Metric, offsets: Floats
) -> tuple[Floats, Floats]:
    """Say how strange windows are to a recogniser, and how close beside other pictures.

    Parameters
    ----------
    one : Taught
        The recogniser.
    taught : TaughtSet
        The set it is in.
    metric : Metric
        The shared space.
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy, shape (windows, coordinates).

    Returns
    -------
    score : NDArray[numpy.float64]
        Nonconformity.
    closeness : NDArray[numpy.float64]
        Distance to its picture over that to the nearest other one; 0 without another. Of a grade,
        see :func:`faultprint.faults.teaching.apart.apartness`.
    """
    known = known_rays(metric, (one.name, one.parent))
    rays = Rays(one.centre, known_rays(metric), one.grows)
    score = nonconformity(offsets, rays, one.spread)
    if one.reaches:
        return score, apartness(offsets, one.centre, _means(metric, one), one.reaches)
    others = [known]
    if one.kind == "normal":
        others += [fault.centre[None] for fault in taught.faults]
    beside = np.concatenate(others)
    if not len(beside):
        return score, np.zeros(len(offsets))
    own = ray_distances(offsets, one.centre, grows=one.grows)
    grow = one.grows or one.kind == "normal"
    rest = np.min([ray_distances(offsets, ray, grows=grow) for ray in beside], axis=0)
    return score, np.asarray(own / np.maximum(rest, 1e-12))


def _means(metric: Metric, one: Taught) -> Floats:
    """Place the classes that a grade is compared with, healthy first."""
    known = known_rays(metric, (one.name, one.parent))
    return np.vstack([np.zeros((1, known.shape[1])), known])
