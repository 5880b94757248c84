"""Similarity without the age: to what known histories looked like over a hundred cycles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultprint.prognosis.similarity import (
    FEATURES,
    OFFSET,
    STRETCH_SPREAD,
    STRETCHES,
    Library,
    Singles,
    posterior,
    worth_of,
)
from faultprint.prognosis.trajectories import Floats, Histories

BACK = (0, 5, 15, 35, 65, 105)
"""Edges of the blocks of past rows that are compared [cycles]."""
_WAYS = slice(2, None, 4)
"""Which of the stretches are tried."""
_STEP = 10
"""Every which row of a stretched history is compared with."""
_AT_ONCE = 256
"""Rows compared at once."""


@dataclass(frozen=True)
class _Instants:
    """Instants of known histories."""

    blocks: Floats
    """Instants by blocks by indices."""
    age: NDArray[np.int64]
    """Rows up to and with each."""
    rest: Singles
    """Remaining life [cycles]."""
    prior: Singles
    """Log of the prior of its stretch."""
    owner: NDArray[np.int64]
    """Position of its asset in the library."""


def recall_recent(library: Library, wear: Floats, history: Histories, cap: float) -> Floats:
    """Forecast remaining life by the instants of known histories that looked like the last rows.

    Parameters
    ----------
    library : Library
        Known histories; that of the asset itself is not used.
    wear : NDArray[numpy.float64]
        Rows by wear indices.
    history : Histories
        The assets.
    cap : float
        Longest life that is told apart [cycles].

    Returns
    -------
    NDArray[numpy.float64]
        As :func:`similarity.recall`.

    Notes
    -----
    Means of the indices over blocks of past rows are compared with those at the instants of
    stretched known histories, whatever their age: nothing older than the last edge of ``BACK`` is
    looked at, and blocks that the record does not reach back to are left out.
    """
    out = np.zeros((len(wear), FEATURES))
    if not library.assets or not len(wear):
        return out
    white = wear @ library.whiten
    blocks = np.concatenate([_blocks(white[span]) for span in history.spans()])
    known = _instants(library)
    place = {name: number for number, name in enumerate(library.assets)}
    own = np.array([place.get(name, -1) for name in history.assets])[history.codes()]
    reached = np.maximum(np.searchsorted(BACK[1:], history.ages(), side="right"), 1)
    for count in range(1, len(BACK)):
        rows = np.flatnonzero(reached == count)
        usable = known.age >= BACK[count]
        if len(rows) and usable.any():
            out[rows] = _compare((blocks[rows, :count], own[rows]), known, usable, cap)
    return out


def _compare(
    rows: tuple[Floats, NDArray[np.int64]],
    known: _Instants,
    usable: NDArray[np.bool_],
    cap: float,
) -> Floats:
    seen, own = rows
    count = seen.shape[1]
    noise = np.diag(1.0 / np.diff(BACK)[:count]) + OFFSET**2
    whiten = np.linalg.inv(np.linalg.cholesky(noise))
    ours, theirs = (
        np.einsum("dc,nck->ndk", whiten, one).reshape(len(one), -1).astype(np.float32)
        for one in (seen, known.blocks[usable, :count])
    )
    length, owner = np.float32(0.5) * (theirs * theirs).sum(axis=1), known.owner[usable]
    worth = worth_of(known.prior[usable], known.rest[usable], cap)
    out = np.zeros((len(ours), FEATURES))
    for start in range(0, len(ours), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        fit = ours[part] @ theirs.T - length
        fit[own[part][:, None] == owner] = -np.inf
        best = fit.max(axis=1, keepdims=True)
        fit -= best
        out[part, :-1] = posterior(fit, worth, cap)
        whole = best[:, 0] - np.float32(0.5) * (ours[part] ** 2).sum(axis=1)
        out[part, -1] = whole / ours.shape[1]
    return out


def _instants(library: Library) -> _Instants:
    ways = STRETCHES[_WAYS]
    found: list[tuple[Any, ...]] = []
    for number, course in enumerate(library.courses):
        rows = np.arange(len(course))
        for way in ways:
            instants = np.arange(int((len(course) - 1) * way) + 1)
            stretched = np.column_stack(
                [np.interp(instants / way, rows, column) for column in course.T]
            )
            chosen = instants[::-1][::_STEP][::-1]
            rest = library.lives[number] * way - chosen
            prior = np.full(len(chosen), -0.5 * (np.log(way) / STRETCH_SPREAD) ** 2)
            owner = np.full(len(chosen), number)
            found.append((_blocks(stretched)[chosen], chosen + 1, rest, prior, owner))
    blocks, age, rest, prior, owner = (np.concatenate(one) for one in zip(*found, strict=True))
    return _Instants(blocks, age, rest.astype(np.float32), prior.astype(np.float32), owner)


def _blocks(values: Floats) -> Floats:
    """Average over blocks of past rows: rows by blocks by columns; 0 before the record."""
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    now = np.arange(1, len(values) + 1)
    edges = [np.maximum(now - back, 0) for back in BACK]
    means = [
        (total[late] - total[early]) / np.maximum(late - early, 1)[:, None]
        for late, early in pairwise(edges)
    ]
    return np.stack(means, axis=1)
