"""Values from the plant's unit to the sensor's own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pint

from faultprint.errors import ConfigError


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry:
    # Building the registry takes a moment, so only plants that mix units pay for it.
    return pint.UnitRegistry(cache_folder=None)


def check_units(source: str | None, target: str, where: str) -> None:
    """Check that one unit converts to another.

    Parameters
    ----------
    source : str | None
        Unit in the file; ``None`` or equal to ``target``: no conversion, any text will do.
    target : str
        Unit of the sensor.
    where : str
        What the message calls the place, e.g. ``'sensor p of pump'``.

    Raises
    ------
    ConfigError
        If a unit is unknown or the two measure different quantities.
    """
    try:
        convert(np.zeros(1), source, target)
    except Exception as error:  # pint raises tokenizer, attribute and type errors of many kinds
        raise ConfigError.because(
            f"unit {source!r} for {where}, stored in {target!r} ({error})",
            "two units of one quantity, spelt as pint knows them (bar, kPa, degC, l/min, mm/s)",
            "correct `unit` in the mapping or in equipment",
        ) from error


def convert(
    values: npt.NDArray[np.float64], source: str | None, target: str
) -> npt.NDArray[np.float64]:
    """Convert values between two units of one quantity.

    Parameters
    ----------
    values : numpy.ndarray
        Values [source].
    source : str | None
        Unit they are in; ``None``: already in ``target``.
    target : str
        Unit wanted.

    Returns
    -------
    numpy.ndarray
        Values [target]; the same array when nothing changes.
    """
    if source is None or source == target:
        return values
    quantity = _registry().Quantity(values, source)
    return np.asarray(quantity.to(target).magnitude, dtype="float64")


def same_unit(one: str, other: str) -> bool:
    """Tell whether two names stand for one unit.

    Parameters
    ----------
    one : str
        Unit.
    other : str
        Unit.

    Returns
    -------
    bool
        True for equal names, and for two spellings of one unit that pint knows. Names it does not
        know are different units.

    Examples
    --------
    >>> same_unit("l/min", "liter/minute"), same_unit("bar", "kPa"), same_unit("K", "degC")
    (True, False, False)
    """
    if one == other:
        return True
    at = np.array([0.0, 1.0])  # degC and K differ by what they call zero
    try:
        return bool(np.allclose(convert(at, one, other), at, rtol=1e-9, atol=1e-12))
    except Exception:  # noqa: BLE001 - pint raises errors of many kinds for what it cannot read
        return False
