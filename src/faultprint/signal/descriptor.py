"""What a descriptor of the catalogue is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faultprint.signal.arrays import Real
from faultprint.signal.measures import Measures


@dataclass(frozen=True)
class Descriptor:
    """One descriptor of the catalogue.

    It is missing where the window holds fewer than ``least`` good values, or where its formula
    divides by zero or overflows. Values that are missing or of bad quality are left out before.
    """

    name: str
    """As it stands in params.yaml and after the sensor's name in a column."""
    means: str
    """What it tells of the equipment."""
    says: str
    """Formula over the n good values x at times t [h], oldest first; degenerate cases."""
    unit: str
    """Unit, with ``{unit}`` standing for the sensor's."""
    least: int
    """Number of good values below which it is missing."""
    of: Callable[[Measures], Real]
    """The function, over many windows at once."""
    source: str = ""
    """Where the formula comes from, unless it is common knowledge."""
    shares: tuple[float, ...] = ()
    """Quantiles it needs."""
    bands: tuple[tuple[float, float], ...] = ()
    """Frequency bands it needs [Hz]."""
