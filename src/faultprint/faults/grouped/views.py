"""Views: the descriptors of a unit at one resolution in time."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WHOLE = "whole"
"""The view of descriptors of the whole unit."""
_PART = re.compile(r"_\d+_of_(?P<parts>\d+)$")


def views_of(names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Sort descriptors by resolution.

    Parameters
    ----------
    names : Sequence[str]
        Descriptors, e.g. ``flow.std`` or ``flow.mean_3_of_12``.

    Returns
    -------
    dict[str, NDArray[numpy.int64]]
        View -> positions of its descriptors, coarse to fine: ``whole`` of those that look at the
        whole unit, if there are any, and ``of n`` of these and those that look at one of n parts.

    Examples
    --------
    >>> {name: list(map(int, at)) for name, at in views_of(["a.std", "a.mean_1_of_2"]).items()}
    {'whole': [0], 'of 2': [0, 1]}
    """
    found = [_PART.search(name) for name in names]
    parts = np.array([int(one["parts"]) if one else 0 for one in found], dtype=np.int64)
    views = {WHOLE: np.flatnonzero(parts == 0)} if (parts == 0).any() else {}
    for n in sorted({*parts.tolist()} - {0}):
        views[f"of {n}"] = np.flatnonzero((parts == 0) | (parts == n))
    return views
