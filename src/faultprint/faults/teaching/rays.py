"""How far a window lies from the picture of a fault, whatever its severity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAINTEST, GROWN = 0.3, 2.0
"""Severities a picture stands for, beside the mean of the windows it was taught from: 1."""
ANGLE = 0.6
"""Uncertainty of the direction of a picture, as a share of its length: a cone, not a tube."""


@dataclass(frozen=True, eq=False)
class Rays:
    """A picture among those that are known, all as seen from the healthy mean."""

    centre: Floats
    """The picture: mean of its windows, one number per coordinate."""
    known: Floats
    """Pictures of the faults that were learnt, shape (faults, coordinates)."""
    grows: bool
    """Whether fainter and stronger windows belong to it: so for a fault, not for normal."""

    def basis(self) -> Floats:
        """Span the pictures.

        Returns
        -------
        NDArray[numpy.float64]
            Orthonormal, shape (coordinates, directions).
        """
        return np.asarray(np.linalg.qr(np.vstack([self.known, self.centre]).T)[0])


def _along(offsets: Floats, centre: Floats, *, grows: bool) -> Floats:
    """Tell how severe each window is, as a multiple of the picture."""
    if not grows:
        return np.ones(len(offsets))
    length = max(float(centre @ centre), 1e-12)
    # A product of matrices may sum in another order for another number of rows.
    severity = np.einsum("nk,k->n", offsets, centre) / length
    return np.asarray(np.clip(severity, FAINTEST, GROWN), dtype=np.float64)


def ray_distances(offsets: Floats, centre: Floats, *, grows: bool) -> Floats:
    """Measure the distance of windows to a picture, of any severity.

    Parameters
    ----------
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy, shape (windows, coordinates).
    centre : NDArray[numpy.float64]
        The picture.
    grows : bool
        Whether fainter and stronger windows belong to it.

    Returns
    -------
    NDArray[numpy.float64]
        Distance [standard deviations within a class].
    """
    away = offsets - _along(offsets, centre, grows=grows)[:, None] * centre
    return np.asarray(np.sqrt(np.einsum("nk,nk->n", away, away)), dtype=np.float64)


def alike(centre: Floats, ray: Floats) -> bool:
    """Say whether a picture shows what a fault shows, fainter or stronger.

    Parameters
    ----------
    centre : NDArray[numpy.float64]
        The picture as seen from healthy.
    ray : NDArray[numpy.float64]
        The picture of the fault.

    Returns
    -------
    bool
        Whether its direction is that of the fault, within the uncertainty of a direction.
    """
    away = float(ray_distances(centre[None], ray, grows=True)[0])
    return away <= ANGLE * float(np.sqrt(centre @ centre))


def near_and_beyond(offsets: Floats, rays: Rays) -> tuple[Floats, Floats]:
    """Split the distance to a picture: among the known pictures, and beyond all of them.

    Parameters
    ----------
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy, shape (windows, coordinates).
    rays : Rays
        The picture and those that are known.

    Returns
    -------
    near : NDArray[numpy.float64]
        Root mean square over the directions that tell pictures apart; about 1 for windows of the
        class.
    beyond : NDArray[numpy.float64]
        The same over all other directions, in which an unknown fault may lie.

    Notes
    -----
    The direction of a picture taught from few incidents is uncertain, and an error of direction
    grows with severity; so both are measured against the spread within a class plus ``ANGLE`` times
    the severity.
    """
    basis = rays.basis()
    severity = _along(offsets, rays.centre, grows=rays.grows)
    away = offsets - severity[:, None] * rays.centre
    inside = np.einsum("nk,kd->nd", away, basis)
    within = np.einsum("nd,nd->n", inside, inside)
    rest = np.maximum(np.einsum("nk,nk->n", away, away) - within, 0.0)
    slack = (ANGLE * severity) ** 2 * float(rays.centre @ rays.centre) if rays.grows else 0.0
    width, directions = basis.shape
    return (
        np.sqrt(within / (directions + slack)),
        np.sqrt(rest / (max(width - directions, 1) + slack)),
    )


def nonconformity(offsets: Floats, rays: Rays, spread: tuple[float, float]) -> Floats:
    """Say how strange windows are to a picture.

    Parameters
    ----------
    offsets : NDArray[numpy.float64]
        Windows as seen from healthy, shape (windows, coordinates).
    rays : Rays
        The picture and those that are known.
    spread : tuple[float, float]
        Its own spread among the known pictures and beyond them.

    Returns
    -------
    NDArray[numpy.float64]
        The larger of both distances in own spreads.
    """
    near, beyond = near_and_beyond(offsets, rays)
    return np.maximum(near / spread[0], beyond / spread[1])
