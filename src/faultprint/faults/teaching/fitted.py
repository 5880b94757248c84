"""A recogniser before it has a name: what it is told apart from, and how it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.teaching.apart import Neighbours
from faultprint.faults.teaching.telling import Readings, Telling

Floats = NDArray[np.float64]

ENOUGH, BARELY = 3, 0.1
"""Occasions that prove something, and the share of windows without which they prove that a
recogniser finds nothing."""


@dataclass(frozen=True, eq=False)
class Others:
    """What a recogniser must be told apart from."""

    known: Floats
    """Pictures of all learnt faults as seen from healthy, shape (faults, coordinates)."""
    beside: Floats
    """Those of them, and of taught ones, that it is compared with."""
    protected: Floats
    """Windows as seen from healthy whose diagnosis must stay as it is."""
    around: Neighbours | None = None
    """The classes that a grade is told apart from, as far as they reach."""
    readings: Readings | None = None
    """What was read in own and in protected windows, if one descriptor may tell them apart."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A recogniser and how it did on incidents that were left out."""

    centre: Floats
    spread: tuple[float, float]
    accept: float
    margin: float
    scores: tuple[Floats, ...]
    found: int
    """Occasions of which at least half of the windows were accepted when they were left out."""
    tried: int
    """Occasions that were left out; 0 when there is only one."""
    covered: float
    """Share of the windows of occasions that are accepted, each left out in its turn."""
    unguarded: float
    """The same if no other diagnosis had to be protected."""
    grows: bool
    """Whether fainter and stronger windows belong to it."""
    reaches: tuple[float, ...] = ()
    """Of a grade: how far each of the classes around reaches towards it."""
    telling: Telling | None = None
    """What a window must read besides."""

    def lack(self) -> str:
        """Say why it is better silent.

        Returns
        -------
        str
            Empty if it is not: of three occasions or more, each left out in its turn, the others
            recognise one, or a tenth of the windows.
        """
        if self.tried < ENOUGH or self.found or self.covered >= BARELY:
            return ""
        return f"of {self.tried} occasions, each left out in turn, none would be recognised"
