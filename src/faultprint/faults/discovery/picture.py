"""The picture of an incident: which descriptors moved, which way, how far; how alike two are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.config import Equipment
from faultprint.errors import TableError
from faultprint.faults.learning.design import DEVIANCE, source_of
from faultprint.faults.learning.space import Reference, squash
from faultprint.faults.learning.symptoms import nameable

Floats = NDArray[np.float64]

FLOOR = 1.2
"""Squashed size up to which a descriptor says nothing: one and a half healthy scales."""
_LEVELS = frozenset({"mean", "median", "min", "max", "p95"})
"""Descriptors of the level of a sensor, which its deviance tells better."""
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures of incidents of one equipment class."""

    incidents: tuple[str, ...]
    features: tuple[str, ...]
    """Names of the columns."""
    matrix: Floats
    """Shape (incidents, features), squashed healthy scales; NaN where not measured."""

    def __post_init__(self) -> None:
        """Check that the parts fit."""
        if self.matrix.shape != (len(self.incidents), len(self.features)):
            raise TableError.because(
                f"pictures of shape {self.matrix.shape}",
                f"{len(self.incidents)} incidents by {len(self.features)} features",
                "give one row an incident and one column a feature",
            )
        if len(set(self.incidents)) < len(self.incidents):
            raise TableError.because(
                f"{len(self.incidents)} pictures of {len(set(self.incidents))} incidents",
                "one picture an incident",
                "leave out what repeats",
            )

    def of(self, incidents: tuple[str, ...]) -> Pictures:
        """Take the pictures of some incidents.

        Parameters
        ----------
        incidents : tuple[str, ...]
            Which.

        Returns
        -------
        Pictures
            In the order asked for.
        """
        place = {name: row for row, name in enumerate(self.incidents)}
        rows = [place[name] for name in incidents]
        return Pictures(incidents, self.features, self.matrix[rows])


def picture_columns(features: tuple[str, ...], equipment: Equipment) -> tuple[int, ...]:
    """List the features that a picture shows.

    Parameters
    ----------
    features : tuple[str, ...]
        Columns of the design.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    tuple[int, ...]
        Positions of those that may stand in a signature, without mean, median, extremes and
        percentile of a sensor that has a deviance: this tells the level, freed of load and weather.
    """
    expected = {source_of(name) for name in features if name.endswith(DEVIANCE)}
    return tuple(
        i
        for i in nameable(features, equipment)
        if not (source_of(features[i]) in expected and features[i].rpartition(".")[2] in _LEVELS)
    )


def picture(windows: Floats, healthy: Reference) -> Floats:
    """Condense the abnormal windows of one incident.

    Parameters
    ----------
    windows : NDArray[numpy.float64]
        Shape (windows, features), at least one window; NaN where not measured.
    healthy : Reference
        Centre and scale of healthy equipment, of the same features.

    Returns
    -------
    NDArray[numpy.float64]
        Mean over the windows of the squashed healthy scales; NaN for a feature that fewer than
        half of the windows have.

    Notes
    -----
    The squashing bounds what one wild window can do, and the mean, unlike the median, still sees a
    count that is above zero in a third of the windows.
    """
    units = squash(healthy.units(windows))
    known = np.isfinite(units)
    total = np.where(known, units, 0.0).sum(axis=0)
    enough = known.sum(axis=0) >= max(1.0, _HALF * len(units))
    return np.where(enough, total / np.maximum(known.sum(axis=0), 1), np.nan)


def standing_out(values: Floats) -> Floats:
    """Take away what healthy equipment does as well.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Squashed healthy scales.

    Returns
    -------
    NDArray[numpy.float64]
        The size beyond 1.5 healthy scales, with its sign; 0 below, NaN where it was NaN.
    """
    return np.asarray(np.sign(values) * np.maximum(np.abs(values) - FLOOR, 0.0), dtype=np.float64)


def unlikeness(first: Floats, second: Floats, weights: Floats | None = None) -> Floats:
    """Compare pictures with pictures.

    Parameters
    ----------
    first : NDArray[numpy.float64]
        Shape (n, features), squashed healthy scales, NaN where not measured.
    second : NDArray[numpy.float64]
        Shape (m, features).
    weights : NDArray[numpy.float64] | None, default None
        Weight of each feature, not negative; all alike when left out.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (n, m), from 0 (the same direction) to 1 (nothing in common, or opposite).

    Notes
    -----
    One minus the cosine between what stands out of both, over the features that both have. The
    direction decides, so that a fault far grown and one just begun are alike; the size of each
    symptom counts as its logarithm. Pictures of which nothing stands out, or of which the features
    in common hold less than half (of the squared size), are not comparable: 1.
    """
    root = np.sqrt(np.ones(first.shape[1]) if weights is None else weights)
    known_first, known_second = np.isfinite(first), np.isfinite(second)
    a = np.where(known_first, standing_out(first), 0.0) * root
    b = np.where(known_second, standing_out(second), 0.0) * root
    shared_a = (a**2) @ known_second.T.astype(np.float64)
    shared_b = known_first.astype(np.float64) @ (b**2).T
    whole_a, whole_b = (a**2).sum(axis=1)[:, None], (b**2).sum(axis=1)[None, :]
    able = (shared_a > _HALF * whole_a) & (shared_b > _HALF * whole_b)
    length = np.sqrt(np.where(able, shared_a * shared_b, 1.0))
    cosine = np.where(able, (a @ b.T) / length, 0.0)
    # Rounded, since products of matrices of other sizes may differ in the last bits.
    return np.asarray(np.round(np.clip(1.0 - cosine, 0.0, 1.0), 9), dtype=np.float64)
