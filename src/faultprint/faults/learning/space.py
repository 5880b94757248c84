"""Robust units and prototypes: where healthy lies, where a fault lies, and how far a window is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAD = 1.482602218505602
"""Makes the median absolute deviation of a normal distribution equal its standard deviation."""
_SPREAD_FLOOR = 0.5
"""Smallest spread of a fault around its prototype, in squashed units: half a healthy scale."""
_CLOSEST = 20
"""Windows a prototype should stand for, at least."""


def tidy(values: Floats) -> Floats:
    """Round to nine significant digits, so that stored and held numbers are equal.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Any numbers.

    Returns
    -------
    NDArray[numpy.float64]
        The same, rounded.
    """
    flat = [float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(np.shape(values))


@dataclass(frozen=True, eq=False)
class Reference:
    """Centre and scale of healthy equipment, per feature."""

    centre: Floats
    """Median of healthy windows [unit of the feature]."""
    scale: Floats
    """Robust standard deviation of healthy windows [unit of the feature]; never 0."""

    def units(self, values: Floats) -> Floats:
        """Express values in healthy scales.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).

        Returns
        -------
        NDArray[numpy.float64]
            ``(value - centre) / scale`` [1].
        """
        return np.asarray((values - self.centre) / self.scale, dtype=np.float64)

    def filled(self, values: Floats) -> Floats:
        """Put the healthy centre where a value is missing.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).

        Returns
        -------
        NDArray[numpy.float64]
            Without NaN: what is not measured speaks neither for nor against a fault.
        """
        return np.where(np.isfinite(values), values, self.centre)


def reference(healthy: Floats, every: Floats) -> Reference:
    """Measure centre and scale of healthy windows.

    Parameters
    ----------
    healthy : NDArray[numpy.float64]
        Healthy windows, shape (windows, features); a feature never measured has centre 0.
    every : NDArray[numpy.float64]
        All windows; their spread serves where healthy windows do not vary at all.

    Returns
    -------
    Reference
        Median, and the first of these that is not 0: 1.4826 times the median absolute deviation,
        the standard deviation of healthy, that of all windows, 1.
    """
    healthy, every = _known(healthy), _known(every)
    centre = np.nanmedian(healthy, axis=0)
    candidates = (
        _MAD * np.nanmedian(np.abs(healthy - centre), axis=0),
        np.nanstd(healthy, axis=0),
        np.nanstd(every, axis=0),
    )
    floor = 1e-9 * np.maximum(np.abs(centre), 1.0)
    scale = np.ones_like(centre)
    for spread in reversed(candidates):
        scale = np.where(spread > floor, spread, scale)
    return Reference(tidy(centre), tidy(scale))


def _known(rows: Floats) -> Floats:
    """Put 0 throughout a column that was never measured."""
    return np.where(np.isfinite(rows).any(axis=0), rows, 0.0)


def squash(units: Floats) -> Floats:
    """Compress large deviations, so that a fault far grown stays near one just begun.

    Parameters
    ----------
    units : NDArray[numpy.float64]
        Values in healthy scales.

    Returns
    -------
    NDArray[numpy.float64]
        ``asinh``: linear near 0, logarithmic far away.
    """
    return np.asarray(np.arcsinh(units), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Cloud:
    """Where the windows of one failure mode lie."""

    features: tuple[int, ...]
    """Positions, among the model's features, of the ones it is measured in."""
    prototypes: Floats
    """Shape (prototypes, features), squashed healthy scales."""
    spread: Floats
    """Spread around the nearest prototype per feature, squashed healthy scales."""
    weights: Floats
    """Share of the windows nearest to each prototype."""

    def distances(self, units: Floats) -> Floats:
        """Measure how far windows lie from the nearest prototype.

        Parameters
        ----------
        units : NDArray[numpy.float64]
            Windows in healthy scales, shape (windows, all features of the model).

        Returns
        -------
        NDArray[numpy.float64]
            Root mean square difference in spreads of the fault, over the features there are; NaN
            for a window that lacks more than half of them.
        """
        mine = squash(units[:, list(self.features)])
        square = ((mine[:, None, :] - self.prototypes[None]) / self.spread) ** 2
        known = np.isfinite(mine)
        enough = 2 * known.sum(axis=1) >= mine.shape[1]
        mean = np.nansum(square, axis=2) / np.maximum(known.sum(axis=1), 1)[:, None]
        return np.where(enough, np.sqrt(mean.min(axis=1)), np.nan)

    def nearest(self, units: Floats) -> NDArray[np.int64]:
        """Tell which prototype each window is nearest to.

        Parameters
        ----------
        units : NDArray[numpy.float64]
            Windows in healthy scales, shape (windows, all features of the model).

        Returns
        -------
        NDArray[numpy.int64]
            Position of the prototype.
        """
        mine = np.nan_to_num(squash(units[:, list(self.features)]))
        return np.asarray(_assigned(mine, self.prototypes, self.spread), dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "features": list(self.features),
            "prototypes": self.prototypes.tolist(),
            "spread": self.spread.tolist(),
            "weights": self.weights.tolist(),
        }


def cloud_from(data: dict[str, Any]) -> Cloud:
    """Build a cloud from what :meth:`Cloud.to_dict` gave.

    Parameters
    ----------
    data : dict[str, Any]
        Plain data.

    Returns
    -------
    Cloud
        Equal to the one that was written.
    """
    return Cloud(
        tuple(data["features"]),
        np.array(data["prototypes"], dtype=np.float64).reshape(-1, len(data["features"])),
        np.array(data["spread"], dtype=np.float64),
        np.array(data["weights"], dtype=np.float64),
    )


def _assigned(points: Floats, centres: Floats, spread: Floats) -> NDArray[np.int64]:
    square = (((points[:, None, :] - centres[None]) / spread) ** 2).sum(axis=2)
    return np.asarray(square.argmin(axis=1), dtype=np.int64)


def _seeds(points: Floats, k: int) -> Floats:
    """Start at the point nearest the median, then always take the farthest one."""
    chosen = [int(((points - np.median(points, axis=0)) ** 2).sum(axis=1).argmin())]
    while len(chosen) < k:
        away = ((points[:, None, :] - points[chosen][None]) ** 2).sum(axis=2).min(axis=1)
        chosen.append(int(away.argmax()))
    return np.asarray(points[chosen], dtype=np.float64)


def cloud(units: Floats, features: tuple[int, ...], prototypes: int) -> Cloud:
    """Condense the windows of one failure mode into prototypes.

    Parameters
    ----------
    units : NDArray[numpy.float64]
        Its windows in healthy scales, shape (windows, all features); at least one window.
    features : tuple[int, ...]
        Positions of the features it is measured in.
    prototypes : int
        How many at most; fewer when there are not 20 windows for each.

    Returns
    -------
    Cloud
        Medians of the groups of a k-medians clustering (no random start), and the spread of each
        feature around the nearest of them.
    """
    points = np.nan_to_num(squash(units[:, list(features)]))
    k = int(np.clip(len(points) // _CLOSEST, 1, max(prototypes, 1)))
    centres, even = _seeds(points, k), np.ones(points.shape[1])
    groups = _assigned(points, centres, even)
    for _ in range(30):
        full = [g for g in range(len(centres)) if (groups == g).any()]
        centres = np.array([np.median(points[groups == g], axis=0) for g in full])
        moved = _assigned(points, centres, even)
        if len(full) == k and (moved == groups).all():
            break
        groups, k = moved, len(centres)
    spread = _MAD * np.median(np.abs(points - centres[groups]), axis=0)
    shares = np.bincount(groups, minlength=len(centres)) / len(points)
    return Cloud(features, tidy(centres), tidy(np.maximum(spread, _SPREAD_FLOOR)), tidy(shares))
