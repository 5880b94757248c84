"""The table a fault model reads: descriptors and deviances side by side, one row a window."""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.config import Equipment
from faultprint.errors import TableError
from faultprint.signal.recipes import parse

DEVIANCE = ".deviance"
"""``<sensor>.deviance``: how far the sensor lies from what its twin expects, in healthy scales."""

_NOT_LEARNT = (".coverage", ".coverage@recent")
"""Says how good the data are, not how the equipment is."""


def design(windows: pd.DataFrame, residuals: pd.DataFrame) -> pd.DataFrame:
    """Put descriptors and deviances side by side.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one equipment class.
    residuals : pandas.DataFrame
        Their rows of ``residuals``; windows without any get NaN deviances.

    Returns
    -------
    pandas.DataFrame
        One float64 column per descriptor and per ``<sensor>.deviance``, sorted by name; index as in
        ``windows``. Neither asset nor time is a column, and coverage is left out.

    Raises
    ------
    TableError
        If two residuals stand for one asset, end and sensor.
    """
    names = sorted(n for n in windows.columns if "." in n and not n.endswith(_NOT_LEARNT))
    described = windows[names].astype("float64")
    if residuals.empty:
        return described
    keys = ["asset", "end", "sensor"]
    twice = residuals.duplicated(keys)
    if twice.any():
        raise TableError.because(
            f"{int(twice.sum())} residuals that repeat the key {keys}",
            "one residual per asset, end and sensor",
            "give the residuals of one twin only",
        )
    wide = residuals.pivot(index=["asset", "end"], columns="sensor", values="deviance")  # noqa: PD010 - unique
    wide = wide.add_suffix(DEVIANCE).reindex(pd.MultiIndex.from_frame(windows[["asset", "end"]]))
    joined = pd.concat([described, wide.set_axis(windows.index)], axis=1)
    return joined[sorted(joined.columns)].astype("float64")


def source_of(descriptor: str) -> str:
    """Name what a descriptor describes.

    Parameters
    ----------
    descriptor : str
        For example ``vibration.rms`` or ``error.E1.count``.

    Returns
    -------
    str
        The sensor, ``error`` or ``maintenance``.

    Examples
    --------
    >>> source_of("vibration.rms")
    'vibration'
    """
    return descriptor.split(".", 1)[0]


def words_of(descriptor: str) -> str:
    """Spell out a column of the design for people.

    Parameters
    ----------
    descriptor : str
        Its name.

    Returns
    -------
    str
        The name itself, but words for a deviance.

    Examples
    --------
    >>> words_of("vibration.deviance")
    'vibration against what is expected'
    """
    sensor = descriptor.removesuffix(DEVIANCE)
    return descriptor if sensor == descriptor else f"{sensor} against what is expected"


def unit_of(descriptor: str, equipment: Equipment) -> str:
    """Look up the unit of a column of the design.

    Parameters
    ----------
    descriptor : str
        Its name.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    str
        For example ``bar/h``; ``1`` for a deviance.
    """
    return "1" if descriptor.endswith(DEVIANCE) else parse(descriptor).unit(equipment)


def values_of(design_rows: pd.DataFrame, features: tuple[str, ...]) -> np.ndarray:
    """Pick the columns a model reads, in its order.

    Parameters
    ----------
    design_rows : pandas.DataFrame
        What :func:`design` gave.
    features : tuple[str, ...]
        The columns.

    Returns
    -------
    numpy.ndarray
        Shape (windows, features). A deviance that is not there is NaN: the twin gave none.

    Raises
    ------
    TableError
        If a descriptor is missing.
    """
    lost = [f for f in features if f not in design_rows and not f.endswith(DEVIANCE)]
    if lost:
        raise TableError.because(
            f"windows without the descriptors {lost[:5]} ({len(lost)} in all)",
            "every descriptor the model was learnt with",
            "describe the readings with the settings of the release",
        )
    picked = design_rows.reindex(columns=list(features)).to_numpy(dtype=np.float64)
    # Sums along a row depend in their last bit on the layout: one for any number of rows.
    return np.ascontiguousarray(picked)
