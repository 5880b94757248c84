"""Descriptors of two sensors read at the same times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from faultprint.signal.arrays import Real, Whole, spans_of
from faultprint.signal.kernels import rooms_for
from faultprint.signal.motion import relate


@dataclass(frozen=True)
class Relation:
    """One descriptor of two sensors x and y, over the readings where both are good."""

    name: str
    """As it stands after the sensors' names in a column."""
    means: str
    """What it tells of the equipment."""
    says: str
    """Formula; degenerate cases."""
    unit: str
    """Unit, with ``{unit}`` for the sensor x and ``{other}`` for y."""
    of: Callable[[Real, Real, Real], Real]
    """The function of both variances and the covariance."""


LEAST = 3
"""Readings of both below which a relation is missing."""


def _correlation(one: Real, other: Real, both: Real) -> Real:
    found: Real = both / (np.sqrt(one) * np.sqrt(other))
    return found


_LISTED = (
    Relation(
        "correlation",
        "whether two quantities still move together",
        "covariance / (std x std y); missing if either is constant",
        "1",
        _correlation,
    ),
    Relation(
        "regression_slope",
        "how strongly one quantity answers the other",
        "covariance / variance of y; missing if y is constant",
        "{unit}/({other})",
        lambda _, other, both: both / other,
    ),
)

PAIRED: Mapping[str, Relation] = MappingProxyType({r.name: r for r in _LISTED})
"""Descriptors of two sensors, by name."""


def compare(
    names: Sequence[str], values: Real, others: Real, starts: Whole, stops: Whole
) -> dict[str, Real]:
    """Compute relations of two sensors over many windows.

    Parameters
    ----------
    names : Sequence[str]
        Which of :data:`PAIRED`.
    values : numpy.ndarray
        Good values of the sensor x, oldest first, shape (n,).
    others : numpy.ndarray
        Values of the sensor y at the same times, shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).

    Returns
    -------
    dict[str, numpy.ndarray]
        Name -> one value per window, shape (w,); NaN where there are fewer than :data:`LEAST`
        values, or the formula divides by zero.
    """
    found = np.full((3, starts.size), np.nan)
    one, other = (spans_of(each, starts, starts, stops) for each in (values, others))
    relate(one, other.values, rooms_for(one, 2), found)
    enough = stops - starts >= LEAST
    with np.errstate(all="ignore"):
        made = {name: PAIRED[name].of(*found) for name in names}
        return {name: np.where(enough & np.isfinite(m), m, np.nan) for name, m in made.items()}
