"""Similarity to histories that ran to failure, each run faster or slower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.prognosis.trajectories import Floats, Histories

Singles = NDArray[np.float32]

TEMPERS = (1.0, 2.0, 4.0)
"""What log-likelihoods are divided by, since noise is not the only error; each half the next."""
FEATURES = 2 * len(TEMPERS) + 1
"""Columns of :func:`recall`."""
ALONE = 2
"""The column whose forecast serves alone: that of the second temper."""
STRETCHES = np.geomspace(0.6, 1 / 0.6, 13)
"""How much longer than a known asset this one may live."""
STRETCH_SPREAD = 0.2
"""Standard deviation of the logarithm of the stretch before anything is seen."""
OFFSET = 0.5
"""Standard deviation of an asset's own constant offset, in units of the noise."""
_WIDTH = 8.0
"""Standard deviation of the Gaussian that smooths the known histories [rows]."""
_BARRED = np.float32(1e15)
"""Squared distance of a hypothesis that must not be used."""
_NEGLIGIBLE = 60.0
"""Log-likelihood below the best at which a hypothesis no longer counts."""


@dataclass(frozen=True)
class Library:
    """Smoothed wear of assets that failed."""

    assets: tuple[str, ...]
    """Their names."""
    courses: tuple[Floats, ...]
    """Rows by indices of each, in units of the noise."""
    lives: Floats
    """Rows from the first to failure, of each [cycles]."""
    whiten: Floats
    """Turns indices into independent ones of unit noise."""


def learn_library(wear: Floats, history: Histories, remaining: Floats) -> Library:
    """Keep the histories of assets that failed.

    Parameters
    ----------
    wear : NDArray[numpy.float64]
        Rows by wear indices.
    history : Histories
        The assets.
    remaining : NDArray[numpy.float64]
        Remaining life at each asset's last row; NaN if nobody knows [cycles].

    Returns
    -------
    Library
        Those whose remaining life is known.
    """
    smooth = np.vstack([_smoothed(wear[span]) for span in history.spans()])
    noise = np.atleast_2d(np.cov((wear - smooth).T)) + 1e-9 * np.eye(wear.shape[1])
    whiten = np.linalg.inv(np.linalg.cholesky(noise)).T
    known = [number for number, rest in enumerate(remaining) if np.isfinite(rest)]
    spans = [history.spans()[number] for number in known]
    return Library(
        tuple(history.assets[number] for number in known),
        tuple(smooth[span] @ whiten for span in spans),
        np.array([span.stop - span.start - 1 for span in spans]) + remaining[known],
        whiten,
    )


def recall(library: Library, wear: Floats, history: Histories, cap: float) -> Floats:
    """Forecast remaining life by the known histories that could have looked like this.

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
        For every row, from it and the rows before it: mean and standard deviation of the remaining
        life for each of ``TEMPERS`` [cycles], and the log-likelihood per row of the best. Past
        the end of every hypothesis the last row's values are kept.

    Notes
    -----
    A hypothesis is a known history with its time stretched by a factor; it starts where the record
    starts. Its likelihood is that of independent Gaussian noise about its smoothed wear, with a
    constant offset of the asset integrated out; the prior of the stretch is log-normal. The
    forecast is the posterior mean of min(remaining life, cap). It is similarity-based prediction
    (Wang et al. 2008, doi:10.1109/PHM.2008.4711421) with weights from a likelihood and with
    stretched time.
    """
    out = np.zeros((len(wear), FEATURES))
    if not library.assets or not len(wear):
        return out
    white = (wear @ library.whiten).astype(np.float32)
    known = _hypotheses(library, int(np.diff(history.starts).max()))
    place = {name: number for number, name in enumerate(library.assets)}
    for name, span in zip(history.assets, history.spans(), strict=True):
        out[span] = _one(white[span], known, place.get(name, -1), cap)
    return out


@dataclass(frozen=True)
class _Hypotheses:
    """Known histories, each stretched in several ways; those that last longest come first."""

    paths: Singles
    """Instants by indices by hypotheses."""
    last: Singles
    """Last instant that is known of each."""
    life: Singles
    """Instant of failure of each."""
    prior: Singles
    """Log of what each is worth before anything is seen."""
    owner: NDArray[np.int64]
    """Position in the library of each."""


def _hypotheses(library: Library, longest: int) -> _Hypotheses:
    count, indices = len(library.assets), library.whiten.shape[0]
    ends = np.array([len(course) - 1.0 for course in library.courses])
    last = np.outer(ends, STRETCHES).ravel()
    order = np.argsort(-last, kind="stable")
    paths = np.zeros((longest, indices, len(order)), dtype=np.float32)
    owner, stretch = np.divmod(order, len(STRETCHES))
    instants = np.arange(longest)
    for at, (asset, way) in enumerate(zip(owner, stretch, strict=True)):
        course = library.courses[asset]
        position = instants / STRETCHES[way]
        for index in range(indices):
            paths[:, index, at] = np.interp(position, np.arange(len(course)), course[:, index])
    prior = np.tile(-0.5 * (np.log(STRETCHES) / STRETCH_SPREAD) ** 2, count)
    life = np.outer(library.lives, STRETCHES).ravel()
    ranked = [one[order].astype(np.float32) for one in (last, life, prior)]
    return _Hypotheses(paths, ranked[0], ranked[1], ranked[2], owner)


def _one(seen: Singles, known: _Hypotheses, own: int, cap: float) -> Floats:
    """Forecast for every row of one asset."""
    out = np.zeros((len(seen), FEATURES))
    total = np.zeros(known.paths.shape[1:], dtype=np.float32)
    square = np.where(known.owner == own, _BARRED, np.float32(0.0))
    alive = np.searchsorted(-known.last, -np.arange(len(seen)), side="right")
    worth = worth_of(known.prior, known.life, cap)
    for row, live in enumerate(alive):
        gap = seen[row][:, None] - known.paths[row, :, :live]
        total[:, :live] += gap
        square[:live] += np.einsum("ij,ij->j", gap, gap)
        shared = np.einsum("ij,ij->j", total[:, :live], total[:, :live])
        fit = shared * np.float32(0.5 / (row + 1 + OFFSET**-2)) - np.float32(0.5) * square[:live]
        best = fit.max(initial=-_BARRED)
        if best < -_BARRED / 4:
            out[row:] = out[row - 1] if row else 0.0
            return out
        np.minimum(known.life[:live] - np.float32(row + cap), 0.0, out=worth[1, :live])
        worth[1, :live] *= worth[0, :live]
        worth[2, :live] = worth[1, :live] ** 2 / worth[0, :live]
        out[row, :-1] = posterior((fit - best)[None, :], worth[:, :live], cap)
        out[row, -1] = best / (row + 1)
    return out


def posterior(fit: Singles, worth: Singles, cap: float) -> Floats:
    """Take mean and standard deviation of the remaining life over hypotheses.

    Parameters
    ----------
    fit : NDArray[numpy.float32]
        Rows by hypotheses: log-likelihood less that of the best, minus infinity for one that is
        out of the question.
    worth : NDArray[numpy.float32]
        From :func:`worth_of`.
    cap : float
        Longest life that is told apart [cycles].

    Returns
    -------
    NDArray[numpy.float64]
        Rows by mean and standard deviation, for each of ``TEMPERS`` [cycles].
    """
    out = np.zeros((len(fit), 2 * len(TEMPERS)))
    weight = np.exp(np.where(fit < -_NEGLIGIBLE, np.float32(-np.inf), fit) / TEMPERS[-1])
    for column in range(len(TEMPERS))[::-1]:  # each temper is half the next: its weights, squared
        whole, first, second = (weight @ worth.T).T.astype(np.float64)
        mean = first / whole
        out[:, 2 * column] = cap + mean
        out[:, 2 * column + 1] = np.sqrt(np.maximum(second / whole - mean * mean, 0.0))
        if column:
            weight *= weight
    return out


def worth_of(prior: Singles, life: Singles, cap: float) -> Singles:
    """Multiply the prior of each hypothesis by powers of its remaining life, counted from the cap.

    Parameters
    ----------
    prior : NDArray[numpy.float32]
        Log of what each is worth before anything is seen.
    life : NDArray[numpy.float32]
        Remaining life under each [cycles].
    cap : float
        Longest life that is told apart [cycles]; counted from it, single precision will do.

    Returns
    -------
    NDArray[numpy.float32]
        Powers 0, 1 and 2 by hypotheses.
    """
    whole, rest = np.exp(prior), np.minimum(life, np.float32(cap)) - np.float32(cap)
    return np.stack([whole, whole * rest, whole * rest * rest])


def _smoothed(values: Floats) -> Floats:
    """Smooth by straight lines under a Gaussian, forwards and backwards."""
    if len(values) < 3:
        return values
    rows = np.arange(len(values))
    gap = rows[None, :] - rows[:, None]
    kernel = np.exp(-0.5 * (gap / _WIDTH) ** 2)
    zero, one, two = ((kernel * gap**power).sum(axis=1)[:, None] for power in (0, 1, 2))
    weights = kernel * (two - one * gap)
    return np.asarray(weights @ values / (zero * two - one**2))
