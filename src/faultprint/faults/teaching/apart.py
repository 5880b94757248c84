"""How clearly a window lies on a taught picture's side of the plane halfway to a known class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from faultprint.faults.learning.space import tidy
from faultprint.faults.model import ClassModel

Floats = NDArray[np.float64]

CROSSING = 0.01
"""Share of the windows of a known class that may lie beyond its reach."""
FEW, CROSSING_OF_FEW = 3, 0.005
"""Occasions below which a picture's direction is less certain, and the share that holds then."""
_HALF = 0.5
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Classes that a grade is told apart from, healthy among them."""

    means: Floats
    """Where they lie as seen from healthy, shape (classes, coordinates)."""
    along: Floats
    """Spread of each among new windows, along the coordinates that tell classes apart."""
    across: Floats
    """The same along all other coordinates."""
    discriminants: int
    """How many coordinates, the first, tell classes apart."""


def neighbours(model: ClassModel, without: tuple[str, ...] = ()) -> Neighbours:
    """Describe the classes of a model by what its release keeps of them.

    Parameters
    ----------
    model : ClassModel
        The model.
    without : tuple[str, ...], default ()
        Failure modes to leave out.

    Returns
    -------
    Neighbours
        Spreads are of windows of assets that were left out of learning; windows that were learnt
        from lie closer to their class than any later one. Where none is kept, as of healthy, it is
        the mean of the others', and at least 1.
    """
    metric, count = model.metric, model.metric.discriminants
    rest = metric.axes.shape[1] - count
    sizes = {}
    for name in metric.classes[1:]:
        kept = model.calibration[name]
        sizes[name] = (_spread(kept.distance, count), _spread(kept.foreign, rest))
    usual = np.maximum(np.mean(list(sizes.values()), axis=0), 1.0) if sizes else np.ones(2)
    names = [name for i, name in enumerate(metric.classes) if not i or name not in without]
    spreads = np.array([sizes.get(name, tuple(usual)) for name in names]).reshape(-1, 2)
    at = [metric.classes.index(name) for name in names]
    return Neighbours(metric.means[at] - metric.means[0], spreads[:, 0], spreads[:, 1], count)


def _spread(distances: Floats, directions: int) -> float:
    return float(np.sqrt((distances**2).mean() / directions)) if len(distances) else 1.0


def reaches(centre: Floats, beside: Neighbours, occasions: int) -> tuple[float, ...]:
    """Say how far each class reaches towards a picture.

    Parameters
    ----------
    centre : NDArray[numpy.float64]
        The picture as seen from healthy.
    beside : Neighbours
        The classes.
    occasions : int
        How many the picture was taught from: of few, its direction is less certain, and every class
        is given more room.

    Returns
    -------
    tuple[float, ...]
        Distance from the mean of each class, in the direction of the picture, below which 99 % of
        its windows should lie.
    """
    away = centre - beside.means
    length = np.maximum(np.sqrt((away**2).sum(axis=1)), _TINY)
    share = (away[:, : beside.discriminants] ** 2).sum(axis=1) / length**2
    spread = np.sqrt(share * beside.along**2 + (1 - share) * beside.across**2)
    crossing = CROSSING if occasions >= FEW else CROSSING_OF_FEW
    return tuple(tidy(float(norm.isf(crossing)) * spread).tolist())


def apartness(offsets: Floats, centre: Floats, means: Floats, reach: tuple[float, ...]) -> Floats:
    """Compare windows with a picture and with each class, on the line between the two.

    Parameters
    ----------
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy, shape (windows, coordinates).
    centre : NDArray[numpy.float64]
        The picture.
    means : NDArray[numpy.float64]
        The classes.
    reach : tuple[float, ...]
        How far each of them reaches.

    Returns
    -------
    NDArray[numpy.float64]
        Below 1 where the window is on the picture's side of the plane halfway to every class, and
        beyond the reach of all of them: the decision of linear discriminant analysis, with a margin
        that the known classes' own spread sets.
    """
    closest = np.zeros(len(offsets))
    for mean, far in zip(means, reach, strict=True):
        away = centre - mean
        length = max(float(np.sqrt(away @ away)), _TINY)
        # A product of matrices may sum in another order for another number of rows.
        place = np.einsum("nk,k->n", offsets - mean, away / length)
        middle = _HALF * length
        closest = np.maximum(closest, max(middle, far) / np.maximum(place, _TINY))
    return closest
