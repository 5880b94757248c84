"""The space in which windows of one equipment class are compared: shared by all its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faultprint.errors import LearnError
from faultprint.faults.learning.space import Reference, squash, tidy

Floats = NDArray[np.float64]

_LEAST_VARIANCE = 0.01
"""Smallest variance within a class, squashed healthy scales: a tenth of a scale."""
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Metric:
    """Coordinates in which windows of one class spread evenly, those that tell classes first.

    A difference of 1 is one standard deviation within a class, whatever the direction, so that
    the distance of two windows is the length of their difference. What is learnt later is placed
    in the same space: neither axes nor means move.
    """

    columns: tuple[int, ...]
    """Positions, among the model's features, of the ones that are looked at."""
    reference: Reference
    """Centre and scale of healthy equipment, of these columns."""
    axes: Floats
    """Shape (columns, coordinates): from squashed healthy scales to coordinates."""
    discriminants: int
    """How many of the coordinates, the first, tell the classes it was fitted on apart."""
    classes: tuple[str, ...]
    """Classes it was fitted on; one without a window is left out."""
    means: Floats
    """Shape (classes, coordinates): where each of them lies, its episodes counting alike."""
    shrinkage: float
    """Share of the correlation within a class that was not believed, 0 to 1."""
    by_twin: bool = True
    """Whether how far a window is from healthy is for the twin to say. A twin that knows neither
    conditions nor more than one asset expects the same of every window, and says less than the
    coordinates that tell healthy from the faults."""

    def project(self, values: Floats) -> Floats:
        """Place windows in the space.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, all features of the model); NaN where not measured.

        Returns
        -------
        NDArray[numpy.float64]
            Shape (windows, coordinates), without NaN: what is not measured lies at the healthy
            centre, where it speaks neither for nor against a fault.
        """
        units = squash(self.reference.units(values[:, list(self.columns)]))
        known = np.where(np.isfinite(units), units, 0.0)
        # A product of matrices may sum in another order for another number of rows.
        return np.asarray(np.einsum("nc,ck->nk", known, self.axes), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "columns": list(self.columns),
            "centre": self.reference.centre.tolist(),
            "scale": self.reference.scale.tolist(),
            "axes": self.axes.tolist(),
            "discriminants": self.discriminants,
            "classes": list(self.classes),
            "means": self.means.tolist(),
            "shrinkage": self.shrinkage,
            "by_twin": self.by_twin,
        }


def metric_from(data: Mapping[str, Any]) -> Metric:
    """Build a metric from what :meth:`Metric.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.

    Returns
    -------
    Metric
        Projects as the one that was written.
    """
    width = len(data["columns"])
    return Metric(
        columns=tuple(data["columns"]),
        reference=Reference(_array(data["centre"]), _array(data["scale"])),
        axes=_array(data["axes"]).reshape(width, -1),
        discriminants=data["discriminants"],
        classes=tuple(data["classes"]),
        means=_array(data["means"]).reshape(len(data["classes"]), -1),
        shrinkage=data["shrinkage"],
        by_twin=data.get("by_twin", True),
    )


def fit_metric(
    values: Floats,
    truth: Floats,
    episodes: ArrayLike,
    classes: tuple[str, ...],
    healthy: Reference,
    columns: tuple[int, ...],
) -> Metric:
    """Learn the space from windows whose class is known.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, all features of the model); NaN is read as the healthy centre.
    truth : NDArray[numpy.float64]
        Share of each class in each window, shape (windows, classes).
    episodes : ArrayLike
        Which occurrence each window belongs to; of healthy windows, which stretch of which asset.
    classes : tuple[str, ...]
        Names of the columns of ``truth``.
    healthy : Reference
        Centre and scale of healthy equipment, of all features.
    columns : tuple[int, ...]
        Positions of the features to look at.

    Returns
    -------
    Metric
        Equal for equal input.

    Raises
    ------
    LearnError
        If no window has a class, or there is no column.

    Notes
    -----
    Linear discriminant analysis without throwing a direction away: the covariance within classes
    is pooled and whitened, and the whitened axes are turned so that the first ones span the
    differences of the class means. Every class counts alike, and within a class every episode, so
    that neither a long episode nor a frequent fault rules. Correlations are shrunk towards none by
    the rule of Schaefer and Strimmer 2005, doi:10.2202/1544-6115.1175; their variance is
    estimated over episodes instead of windows, since windows of one episode repeat each other.
    """
    if not columns or not (truth > 0).any():
        raise LearnError.because(
            f"{int((truth > 0).any(axis=1).sum())} windows with a class, {len(columns)} columns",
            "some of both",
            "check labels and coverage",
        )
    ref = Reference(healthy.centre[list(columns)], healthy.scale[list(columns)])
    units = squash(ref.units(values[:, list(columns)]))
    units = np.where(np.isfinite(units), units, 0.0)
    groups = np.unique(np.asarray(episodes).astype(str), return_inverse=True)[1]
    seen = [i for i in range(len(classes)) if (truth[:, i] > 0).any()]
    weights = np.column_stack([_evenly(truth[:, i], groups) for i in seen])
    means = weights.T @ units
    covariance, shrinkage = _pooled(units, weights, means, groups)
    power, direction = np.linalg.eigh(covariance)
    whitener = direction / np.sqrt(np.maximum(power, _TINY))
    turned, count = _turned((means - means.mean(axis=0)) @ whitener)
    axes = tidy(whitener @ turned)
    return Metric(
        columns=columns,
        reference=ref,
        axes=axes,
        discriminants=count,
        classes=tuple(classes[i] for i in seen),
        means=tidy(means @ axes),
        shrinkage=float(f"{shrinkage:.9g}"),
    )


def _evenly(share: Floats, groups: NDArray[np.int64]) -> Floats:
    """Weigh windows so that each episode weighs the same, and all together 1."""
    total = np.bincount(groups, weights=share)
    alike = share / np.maximum(total[groups], _TINY)
    return np.asarray(alike / alike.sum(), dtype=np.float64)


def _pooled(
    units: Floats, weights: Floats, means: Floats, groups: NDArray[np.int64]
) -> tuple[Floats, float]:
    """Pool the covariance within classes, and shrink its correlations."""
    width, kinds = units.shape[1], weights.shape[1]
    parts: list[tuple[float, Floats]] = []
    for column in range(kinds):
        away = units - means[column]
        for group in np.unique(groups[weights[:, column] > 0]):
            mine = (groups == group) & (weights[:, column] > 0)
            share = weights[mine, column]
            parts.append((float(share.sum()), (away[mine] * share[:, None]).T @ away[mine]))
    raw = sum((part for _, part in parts), np.zeros((width, width))) / kinds
    scale = np.sqrt(np.maximum(np.diag(raw), _LEAST_VARIANCE))
    between = np.outer(scale, scale)
    correlation = raw / between
    spread = np.zeros((width, width))
    for share, part in parts:
        spread += (part / between - share * correlation) ** 2
    off = ~np.eye(width, dtype=np.bool_)
    believed = float((correlation[off] ** 2).sum())
    alone = sum(share**2 for share, _ in parts) / kinds**2  # 1 for a single episode
    doubt = float(spread[off].sum()) / kinds**2 / max(1 - alone, _TINY)
    unsure = believed <= _TINY or len(parts) < 2  # one episode does not tell its own variance
    shrinkage = 1.0 if unsure else min(1.0, doubt / believed)
    shrunk = np.where(off, (1 - shrinkage) * correlation, 1.0)
    return shrunk * between, shrinkage


def _turned(between: Floats) -> tuple[Floats, int]:
    """Turn whitened axes so that the first ones span the differences of the class means."""
    _, sizes, rows = np.linalg.svd(between, full_matrices=True)
    largest = np.abs(rows).argmax(axis=1)
    signs = np.sign(rows[np.arange(len(rows)), largest])
    count = int((sizes > 1e-6 * max(float(sizes.max(initial=0.0)), _TINY)).sum())
    most = min(between.shape[0] - 1, between.shape[1])
    return (rows * signs[:, None]).T, min(count, most)


def _array(values: Any) -> Floats:
    return np.array(values, dtype=np.float64)
