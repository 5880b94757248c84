"""Grouping incidents that fit no signature, so that an expert judges a group, not each alarm."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from faultprint.config import Discover
from faultprint.faults.discovery.picture import Floats, Pictures, unlikeness

USUAL_CUT = 0.45
"""Distance up to which incidents belong together where no known faults tell."""
CUTS = (0.3, 0.6)
"""Between these the cut is looked for; on known faults it hardly mattered where."""
ROUNDS = 50
"""How often the grouping is repeated with other weights and without some incidents."""
_KEPT = 0.8
"""Share of the incidents that a repetition keeps."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://faultprint.org/group")
_SHORT = 6


@dataclass(frozen=True)
class Group:
    """Incidents that look alike."""

    name: str
    """Identity; it stays when incidents join or leave."""
    incidents: tuple[str, ...]
    """Sorted."""
    stability: float
    """How much of it stays together when the grouping is disturbed, 0 to 1."""


@dataclass(frozen=True)
class Groups:
    """All incidents of one equipment class that were compared."""

    groups: tuple[Group, ...]
    """Largest first."""
    alone: tuple[str, ...]
    """Incidents that are like no other, sorted."""
    cut: float
    """Mean distance between two parts up to which they were joined."""
    basis: str
    """Where the cut comes from: ``setting``, ``known faults`` or ``usual``."""


def group_incidents(
    pictures: Pictures,
    settings: Discover,
    known: Mapping[str, Floats] | None = None,
    previous: Mapping[str, frozenset[str]] | None = None,
    seed: int = 0,
) -> Groups:
    """Group incidents by their pictures.

    Parameters
    ----------
    pictures : Pictures
        Incidents to group; any number, also none.
    settings : Discover
        Smallest group, and the largest distance if the user sets it.
    known : Mapping[str, NDArray[numpy.float64]] | None, default None
        Failure mode -> pictures of incidents that were known, from which the cut is learnt.
    previous : Mapping[str, frozenset[str]] | None, default None
        Name -> incidents of the groups found before, which give their names on.
    seed : int, default 0
        Seed of the disturbances by which stability is measured.

    Returns
    -------
    Groups
        Groups and what stands alone; the order of the incidents changes nothing.

    Notes
    -----
    Average linkage on one minus the cosine of the pictures
    (:mod:`faultprint.faults.discovery.picture`), cut half way between what incidents of one known
    fault and of two are apart. Chosen against HDBSCAN and others on known faults treated as
    unknown: see the page on discovery.
    """
    order = tuple(sorted(pictures.incidents))
    values = pictures.of(order).matrix
    cut, basis = choose_cut(settings, known or {})
    parts = _parts(values, cut, settings.min_incidents)
    steady = _stability(values, parts, cut, seed)
    members = [frozenset(order[i] for i in part.tolist()) for part in parts]
    names = name_groups(members, previous or {})
    found = [
        Group(name, tuple(sorted(mine)), round(share, 4))
        for name, mine, share in zip(names, members, steady, strict=True)
    ]
    grouped = frozenset().union(*members)
    alone = tuple(name for name in order if name not in grouped)
    ranked = sorted(found, key=lambda g: (-len(g.incidents), g.incidents))
    return Groups(tuple(ranked), alone, cut, basis)


def choose_cut(settings: Discover, known: Mapping[str, Floats]) -> tuple[float, str]:
    """Choose the distance up to which incidents belong together.

    Parameters
    ----------
    settings : Discover
        Settings; ``max_distance`` decides where it is given.
    known : Mapping[str, NDArray[numpy.float64]]
        Failure mode -> pictures of known incidents.

    Returns
    -------
    tuple[float, str]
        The distance, and where it comes from: ``setting``; ``known faults``, half way between the
        median distance of two incidents of one fault and that of two incidents of different
        faults, kept between 0.3 and 0.6; or ``usual``, 0.45, where there are not two faults with
        two comparable incidents each.
    """
    if settings.max_distance is not None:
        return settings.max_distance, "setting"
    enough = {mode: rows for mode, rows in sorted(known.items()) if len(rows) > 1}
    if len(enough) < 2:
        return USUAL_CUT, "usual"
    values = np.concatenate(list(enough.values()))
    labels = np.repeat(np.arange(len(enough)), [len(rows) for rows in enough.values()])
    pairs = np.triu_indices(len(values), 1)
    apart = unlikeness(values, values)[pairs]
    same = (labels[:, None] == labels[None, :])[pairs]
    middle = (float(np.median(apart[same])) + float(np.median(apart[~same]))) / 2
    return round(float(np.clip(middle, *CUTS)), 4), "known faults"


def name_groups(members: list[frozenset[str]], previous: Mapping[str, frozenset[str]]) -> list[str]:
    """Give groups their names: that of a group found before, or a new one.

    Parameters
    ----------
    members : list[frozenset[str]]
        Incidents of each group.
    previous : Mapping[str, frozenset[str]]
        Name -> incidents of the groups found before.

    Returns
    -------
    list[str]
        One name a group, all different. The two that share most incidents go together first, if
        they share at least half of the smaller one; when a group splits, its larger part keeps the
        name. A new name is a short hash of the incidents the group was first made of, so that it
        is never given to another group.
    """
    offers = sorted(
        (-len(mine & theirs), len(mine | theirs), sorted(mine), name, number)
        for number, mine in enumerate(members)
        for name, theirs in previous.items()
        if 0 < min(len(mine), len(theirs)) <= 2 * len(mine & theirs)
    )
    names: dict[int, str] = {}
    for *_, name, number in offers:
        if number not in names and name not in names.values():
            names[number] = name
    taken = {*previous, *names.values()}
    for number in sorted(set(range(len(members))) - set(names), key=lambda n: sorted(members[n])):
        names[number] = _fresh_name(members[number], taken)
        taken.add(names[number])
    return [names[number] for number in range(len(members))]


def _fresh_name(incidents: Iterable[str], taken: set[str]) -> str:
    whole = uuid.uuid5(_NAMESPACE, "|".join(sorted(incidents))).hex
    lengths = range(_SHORT, len(whole) + 1)
    return next((n for k in lengths if (n := f"g-{whole[:k]}") not in taken), f"g-{whole}-2")


def _parts(values: Floats, cut: float, fewest: int) -> list[NDArray[np.int64]]:
    """Return the rows of each group, in the order of their first rows."""
    if len(values) < 2:
        return []
    labels = _linked(unlikeness(values, values), cut)
    parts = [np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist())]
    return [part for part in parts if len(part) >= fewest]


def _linked(apart: Floats, cut: float) -> NDArray[np.int64]:
    even = (apart + apart.T) / 2
    np.fill_diagonal(even, 0.0)
    tree = linkage(squareform(even, checks=False), "average")
    # Nothing in common is 1: a cut there must not join it.
    return np.asarray(fcluster(tree, min(cut, 1 - 1e-9), "distance"), dtype=np.int64)


def _stability(
    values: Floats, parts: list[NDArray[np.int64]], cut: float, seed: int
) -> list[float]:
    """Regroup with other weights of the features and without a fifth of the incidents.

    Mean, over the repetitions in which two of the group are left, of its Jaccard similarity with
    the most similar part of the new grouping (Hennig 2007, doi:10.1016/j.csda.2006.11.025).
    """
    if not parts:
        return []
    random = np.random.default_rng(seed)
    scores: list[list[float]] = [[] for _ in parts]
    for _ in range(ROUNDS):
        weights = np.asarray(random.exponential(1.0, values.shape[1]))
        kept = np.flatnonzero(random.random(len(values)) < _KEPT)
        if len(kept) < 2:
            continue
        again = _linked(unlikeness(values[kept], values[kept], weights), cut)
        now = [set(kept[again == label].tolist()) for label in np.unique(again)]
        for part, score in zip(parts, scores, strict=True):
            mine = set(part.tolist()) & set(kept.tolist())
            if len(mine) > 1:
                score.append(max(len(mine & other) / len(mine | other) for other in now))
    return [float(np.mean(score)) if score else 0.0 for score in scores]
