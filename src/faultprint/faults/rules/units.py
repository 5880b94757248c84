"""Units of the values in a rule: what may be compared with what, and how one becomes the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pint

Floats = NDArray[np.float64]

Base = tuple[tuple[str, float], ...]
_FEW = 1e-9


@dataclass(frozen=True)
class Unit:
    """A unit, by what it is made of.

    Radians are kept as a base of their own, so that rpm is not taken for Hz. A unit that pint does
    not know is a base of its own, too: it can be compared with itself.
    """

    text: str
    """How it is written; ``1`` for none."""
    base: Base
    """Base unit -> exponent, sorted."""
    factor: float = 1.0
    """Size in base units."""
    zero: float = 0.0
    """Where its zero lies in base units, as with degC."""
    known: bool = True
    """Whether pint knows it."""

    @property
    def has_zero(self) -> bool:
        """Whether it marks points on a scale with a zero of its own, as degC does."""
        return self.zero != 0.0


ONE = Unit("1", ())
"""Of a value without a dimension."""

HOUR = Unit("h", (("second", 1),), 3600.0)


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry:
    import pint  # reading its definitions takes a moment: only those who have rules wait for it

    return pint.UnitRegistry(cache_folder=None)


@lru_cache(maxsize=512)
def read_unit(text: str) -> Unit:
    """Look up a unit.

    Parameters
    ----------
    text : str
        How it is written; empty or ``1`` for none.

    Returns
    -------
    Unit
        A unit of its own if pint does not know it, or if it is not linear, as dB.

    Examples
    --------
    >>> read_unit("bar/h").base == read_unit("Pa/s").base, read_unit("smell").known
    (True, False)
    """
    if text in {"", "1"}:
        return ONE
    try:
        unit = _registry().parse_units(text, as_delta=True)
        ends = [_registry().Quantity(v, unit).to_root_units() for v in (0.0, 1.0, 2.0)]
    except Exception:  # noqa: BLE001 - pint raises errors of many kinds for what it cannot read
        return Unit(text, ((text, 1.0),), known=False)
    zero, one, two = (float(end.magnitude) for end in ends)
    if abs(two - 2 * one + zero) > _FEW * abs(one - zero):
        return Unit(text, ((text, 1.0),), known=False)
    base = tuple(sorted((str(name), float(power)) for name, power in ends[0].unit_items()))
    return Unit(text, base, one - zero, zero)


def difference(unit: Unit) -> Unit:
    """Give the unit of the difference of two values.

    Parameters
    ----------
    unit : Unit
        Unit of both.

    Returns
    -------
    Unit
        The same, but for a scale with a zero of its own: K for degC.
    """
    if not unit.has_zero:
        return unit
    text = "K" if unit.factor == 1.0 else f"delta_{unit.text}"
    return Unit(text, unit.base, unit.factor)


def product(one: Unit, other: Unit, power: int) -> Unit:
    """Give the unit of a product or quotient.

    Parameters
    ----------
    one : Unit
        Unit of the first value.
    other : Unit
        Unit of the second.
    power : int
        1 for the product, -1 for the quotient.

    Returns
    -------
    Unit
        Their product or quotient.
    """
    powers = dict(one.base)
    for name, exponent in other.base:
        powers[name] = powers.get(name, 0.0) + power * exponent
    base = tuple(sorted((n, p) for n, p in powers.items() if p))
    if other == ONE:
        return one
    text = f"{one.text}{'*' if power > 0 else '/'}{other.text}"
    if one == ONE and power > 0:
        text = other.text
    return Unit(text, base, one.factor * other.factor**power, known=one.known and other.known)


def convert(values: Floats, unit: Unit, into: Unit) -> Floats:
    """Convert values to another unit of the same quantity.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Values [unit].
    unit : Unit
        Unit they are in.
    into : Unit
        Unit wanted, of equal base.

    Returns
    -------
    NDArray[numpy.float64]
        Values [into]; the same array when nothing changes.
    """
    if (unit.factor, unit.zero) == (into.factor, into.zero):
        return values
    ratio, shift = unit.factor / into.factor, (unit.zero - into.zero) / into.factor
    return np.asarray(values * ratio + shift, dtype=np.float64)
