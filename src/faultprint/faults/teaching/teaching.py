"""Making one recogniser from few incidents, calibrated by leaving each of them out in turn."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from faultprint.faults.learning.space import tidy
from faultprint.faults.teaching.apart import apartness, reaches
from faultprint.faults.teaching.fitted import Fitted, Others
from faultprint.faults.teaching.guard import inside, share, shrunk
from faultprint.faults.teaching.rays import (
    Rays,
    alike,
    near_and_beyond,
    nonconformity,
    ray_distances,
)
from faultprint.faults.teaching.telling import Readings, Telling, besides, telling

Floats = NDArray[np.float64]

OWN_WEIGHT = 3.0
"""Incidents a recogniser needs before its own spread counts as much as the shared one."""
USUAL_SPREAD = 0.25
"""Usual spread of the log nonconformity over incidents of one fault."""
COVERED = 0.8
"""Chance that one more incident lies within the acceptance region."""
COVERED_IF_TOLD = 0.95
"""The same where more than one sensor or event must show it: these keep out what the region does
not."""
OF_WINDOWS = 0.9
"""Share of its windows by which an incident is measured."""
SAFER = 0.05
"""Share of the own windows that a telling descriptor may cost."""
_HALF = 0.5
_TINY = 1e-6


def fit_fault(parts: Sequence[Floats], others: Others) -> Fitted:
    """Learn to recognise a fault from its occasions.

    Parameters
    ----------
    parts : Sequence[NDArray[numpy.float64]]
        Windows of each occasion as seen from healthy, shape (windows, coordinates).
    others : Others
        What it must be told apart from.

    Returns
    -------
    Fitted
        Mean of the occasions, which count alike; spread shrunk towards that of the class; an
        acceptance region that one more occasion should lie in, shrunk until no protected window
        lies in it.

    Notes
    -----
    The region is a prediction limit of the log-normal distribution of the nonconformity of
    occasions that were left out, whose variance is shrunk towards a usual one. A single occasion
    cannot be left out of itself: its windows count as further away by the factor sqrt(2), which is
    what the distance of two occasions is to that of one from their mean. Fainter and stronger
    windows belong to a fault, unless less than half of its own are accepted so, or its picture
    looks like a known fault: then it may be a *grade* of that, and severity tells them apart. A
    grade must win against every class, healthy too, beyond the reach of each (see
    :mod:`faultprint.faults.teaching.apart`). What looks like a known fault is a growing fault
    only if, of several occasions, most windows are accepted as such, and twice as many as of a
    grade, and if a descriptor tells it or most occasions are recognised when they are left out.
    """
    ray, grade = _fit(parts, others, grows=True), _fit(parts, others, grows=False)
    if any(alike(grade.centre, known) for known in others.beside):
        grown = len(parts) > 1 and ray.unguarded >= max(_HALF, 2 * grade.unguarded)
        sure = ray.telling is not None or ray.found >= _HALF * ray.tried
        return ray if grown and sure else grade
    if ray.covered >= _HALF:
        return ray
    return max(ray, grade, key=lambda one: (one.covered, one.grows))


def _fit(parts: Sequence[Floats], others: Others, *, grows: bool) -> Fitted:
    centre, spread = _placed(parts, others, grows=grows)
    scores, closeness = _left_out(parts, others, grows=grows)
    limit = _limit(scores)
    rays = Rays(centre, others.known, grows)
    near = nonconformity(others.protected, rays, spread)
    beside = _closeness(others.protected, centre, others, grows=grows, occasions=len(parts))
    accept, margin = shrunk(scores, closeness, limit, near, beside)
    covered, unguarded = (share(scores, closeness, *b) for b in ((accept, margin), (limit, 1.0)))
    told, tells, reach = None, 0.0, limit
    if others.readings and len(parts) > 1:  # one occasion does not say what is common to all
        told, tells, reach = _told(others.readings, (scores, closeness), (near, beside))
    if told and tells >= covered - SAFER:
        accept, margin, covered = reach, 1.0, tells
    else:
        told = None
    several = range(len(parts) if len(parts) > 1 else 0)
    return Fitted(
        centre,
        spread,
        accept,
        margin,
        tuple(tidy(np.sort(one)) for one in scores),
        sum(_found(parts, place, others, (margin, told), grows=grows) for place in several),
        len(several),
        covered,
        unguarded,
        grows,
        reaches(centre, others.around, len(parts)) if others.around and not grows else (),
        told,
    )


def _told(
    readings: Readings, own: tuple[list[Floats], list[Floats]], others: tuple[Floats, Floats]
) -> tuple[Telling | None, float, float]:
    """Find what tells a fault, the share of its windows that show it, and how wide its region is.

    The region is wide where more than one sensor or event must show the fault, else as usual.
    """
    for chance in (COVERED_IF_TOLD, COVERED):
        reach = _limit(own[0], chance)
        like = (others[0] <= reach) & (others[1] < 1.0)
        near = inside(*own, reach, 1.0)
        told, tells = telling(readings, near, like)
        told = besides(readings, told, near) if told else None
        if told and told.besides:
            break
    return told, tells, reach


def accepts(fitted: Fitted, others: Others, offsets: Floats) -> NDArray[np.bool_]:
    """Ask a recogniser of a fault about windows.

    Parameters
    ----------
    fitted : Fitted
        The recogniser.
    others : Others
        What it is told apart from.
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy.

    Returns
    -------
    NDArray[numpy.bool_]
        Those in its region, and nearer to it than to others by its margin.
    """
    rays = Rays(fitted.centre, others.known, fitted.grows)
    inside = nonconformity(offsets, rays, fitted.spread) <= fitted.accept
    n = len(fitted.scores)
    near = _closeness(offsets, fitted.centre, others, grows=fitted.grows, occasions=n)
    return np.asarray(inside & (near < fitted.margin), dtype=np.bool_)


def fit_normal(part: Floats, others: Others) -> Fitted:
    """Learn to recognise behaviour that an expert called normal.

    Parameters
    ----------
    part : NDArray[numpy.float64]
        Windows of one incident as seen from healthy.
    others : Others
        Faults it must not swallow.

    Returns
    -------
    Fitted
        Its region reaches no further than the windows that were judged, and is shrunk until no
        protected window lies in it.
    """
    centre = tidy(part.mean(axis=0))
    rays, even = Rays(centre, others.known, grows=False), (1.0, 1.0)
    score = nonconformity(part, rays, even)
    closeness = _closeness(part, centre, others, grows=False, rest_grows=True)
    reach = float(tidy(np.array([score.max() * (1 + _TINY)]))[0])
    near = nonconformity(others.protected, rays, even)
    beside = _closeness(others.protected, centre, others, grows=False, rest_grows=True)
    accept, margin = shrunk([score], [closeness], reach, near, beside)
    kept, whole = (share([score], [closeness], *b) for b in ((accept, margin), (reach, 1.0)))
    return Fitted(centre, even, accept, margin, (tidy(np.sort(score)),), 0, 0, kept, whole, False)  # noqa: FBT003


def _placed(
    parts: Sequence[Floats], others: Others, *, grows: bool
) -> tuple[Floats, tuple[float, float]]:
    mean = np.mean([part.mean(axis=0) for part in parts], axis=0)
    centre = tidy(mean) if grows else _graded(mean, len(parts), others.known)
    rays = Rays(centre, others.known, grows)
    spread = []
    for direction in zip(*(near_and_beyond(part, rays) for part in parts), strict=True):
        own = float(np.mean([(away**2).mean() for away in direction]))
        share = (OWN_WEIGHT + len(parts) * own) / (OWN_WEIGHT + len(parts))
        spread.append(float(f"{math.sqrt(share):.9g}"))
    return centre, (spread[0], spread[1])


def _graded(mean: Floats, occasions: int, known: Floats) -> Floats:
    """Place a grade of a known fault: of what lies beyond the known pictures, drop what is chance.

    An occasion lies off its fault's mean by about one standard deviation in each coordinate. The
    pictures that were learnt stand for many occasions; one taught from few carries that error in
    every coordinate, and would seem further away than it is. (James and Stein 1961, positive part.)
    """
    basis = np.linalg.qr(known.T)[0] if len(known) else np.zeros((len(mean), 0))
    inside = basis @ (basis.T @ mean)
    beyond = mean - inside
    chance = (len(mean) - basis.shape[1]) / occasions
    kept = max(0.0, 1.0 - chance / max(float(beyond @ beyond), _TINY))
    return tidy(inside + kept * beyond)


def _closeness(
    offsets: Floats,
    centre: Floats,
    others: Others,
    *,
    grows: bool,
    rest_grows: bool | None = None,
    occasions: int = 0,
) -> Floats:
    if occasions and not grows and others.around:
        far = reaches(centre, others.around, occasions)
        return apartness(offsets, centre, others.around.means, far)
    if not len(others.beside):
        return np.zeros(len(offsets))
    grow = grows if rest_grows is None else rest_grows
    own = ray_distances(offsets, centre, grows=grows)
    rest = np.min([ray_distances(offsets, ray, grows=grow) for ray in others.beside], axis=0)
    return np.asarray(own / np.maximum(rest, 1e-12), dtype=np.float64)


def _left_out(
    parts: Sequence[Floats], others: Others, *, grows: bool
) -> tuple[list[Floats], list[Floats]]:
    """Judge each occasion by what the others teach."""
    scores, closeness = [], []
    for place, part in enumerate(parts):
        rest = [one for n, one in enumerate(parts) if n != place] or [part]
        centre, spread = _placed(rest, others, grows=grows)
        score = nonconformity(part, Rays(centre, others.known, grows), spread)
        scores.append(score * math.sqrt(2) if len(parts) == 1 else score)
        closeness.append(_closeness(part, centre, others, grows=grows, occasions=len(rest)))
    return scores, closeness


def _limit(scores: Sequence[Floats], chance: float = COVERED) -> float:
    """Find the nonconformity that one more occasion should stay below."""
    logs = np.log(np.maximum([np.quantile(one, OF_WINDOWS) for one in scores], _TINY))
    freedom = OWN_WEIGHT + len(logs) - 1
    squares = OWN_WEIGHT * USUAL_SPREAD**2 + float(((logs - logs.mean()) ** 2).sum())
    further = math.sqrt(squares / freedom * (1 + 1 / len(logs)))
    limit = math.exp(float(logs.mean()) + float(student.ppf(chance, freedom)) * further)
    return float(f"{limit:.9g}")


def _found(
    parts: Sequence[Floats],
    place: int,
    others: Others,
    bounds: tuple[float, Telling | None],
    *,
    grows: bool,
) -> bool:
    """Say whether the other occasions alone would have recognised one, limit and all."""
    rest = [one for n, one in enumerate(parts) if n != place]
    centre, spread = _placed(rest, others, grows=grows)
    score = nonconformity(parts[place], Rays(centre, others.known, grows), spread)
    closeness = _closeness(parts[place], centre, others, grows=grows, occasions=len(rest))
    limit = _limit(_left_out(rest, others, grows=grows)[0])
    margin, told = bounds
    accepted = (score <= limit) & (closeness < margin)
    if told and others.readings:
        accepted &= told.shown(others.readings.own[place])
    return bool(accepted.mean() >= _HALF)
