"""What a reader hands to the door: frames as the plant wrote them, each with its mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import AssetsMap, Equipment, EventsMap, ReadingsMap, SensorColumn
from faultprint.errors import ConfigError, listed
from faultprint.tables import empty


@dataclass(frozen=True)
class RawReadings:
    """Rows of one readings file or query, columns as the plant names them."""

    source: str
    frame: pd.DataFrame
    mapping: ReadingsMap
    asset: str | None = None
    """The asset of every row, where the file's name says it."""
    first_row: int = 1
    """Number of the first data row, counted from 1."""


@dataclass(frozen=True)
class RawEvents:
    """Rows of one events file or query, every column as text or time."""

    source: str
    frame: pd.DataFrame
    mapping: EventsMap


@dataclass(frozen=True)
class RawAssets:
    """Rows of one asset register, every column as text."""

    source: str
    frame: pd.DataFrame
    mapping: AssetsMap


@dataclass(frozen=True)
class Refusal:
    """Rows of the table ``rejects``, for what a reader itself refuses, e.g. a whole file."""

    rejects: pd.DataFrame


Raw = RawReadings | RawEvents | RawAssets | Refusal

VariableMap = Mapping[str, tuple[str, str]]
"""The vendor's name of a variable -> our sensor and the unit it is published in."""


def make_rejects(
    source: str | pd.Series,
    row: int | np.ndarray | pd.Series | pd.Index,
    reason: str | pd.Series,
    asset: str | pd.Series = "",
    field: str = "",
    value: str | pd.Series = "",
) -> pd.DataFrame:
    """Make rows of the table ``rejects``.

    Parameters
    ----------
    source : str | pandas.Series
        Where it came from.
    row : int | numpy.ndarray | pandas.Series | pandas.Index
        Data row counted from 1; 0 for the whole source.
    reason : str | pandas.Series
        Why it was refused.
    asset : str | pandas.Series, default ''
        The asset, where known.
    field : str, default ''
        The column at fault.
    value : str | pandas.Series, default ''
        What stood there.

    Returns
    -------
    pandas.DataFrame
        One row for each row number.
    """
    numbers = np.atleast_1d(np.asarray(row, dtype="int64"))
    given = {
        "source": source,
        "row": numbers,
        "asset": asset,
        "field": field,
        "value": value,
        "reason": reason,
    }
    columns = {
        name: item.to_numpy() if isinstance(item, pd.Series) else item
        for name, item in given.items()
    }
    made = pd.DataFrame(columns, index=range(len(numbers)))
    return made.fillna({"asset": "", "value": ""}).astype(dict(empty("rejects").dtypes))


def only_class(equipment: Mapping[str, Equipment], named: object = None) -> str:
    """Say which equipment class the assets of a built-in layout are.

    Parameters
    ----------
    equipment : Mapping[str, Equipment]
        The equipment classes of params.yaml.
    named : object, default None
        The option ``equipment_class`` of the source, if given.

    Returns
    -------
    str
        The class.

    Raises
    ------
    ConfigError
        If the class is unknown, or left open while there are several.
    """
    if named is not None:
        if str(named) not in equipment:
            raise ConfigError.unknown("equipment class", str(named), list(equipment))
        return str(named)
    if len(equipment) != 1:
        raise ConfigError.because(
            f"{len(equipment)} equipment classes",
            "one for a built-in layout",
            "state source.options.equipment_class",
        )
    return next(iter(equipment))


def published_sensors(variables: VariableMap, equipment: Equipment) -> dict[str, SensorColumn]:
    """Choose those published variables that the equipment has as sensors.

    Parameters
    ----------
    variables : VariableMap
        The ``VARIABLE_MAP`` of a layout.
    equipment : Equipment
        The equipment class of params.yaml.

    Returns
    -------
    dict[str, SensorColumn]
        As in a readings mapping.

    Raises
    ------
    ConfigError
        If the equipment has a sensor that the layout does not publish.
    """
    ours = {sensor for sensor, _ in variables.values()}
    strange = [name for name in equipment.sensors if name not in ours]
    if strange:
        raise ConfigError.because(
            f"the sensors {listed(strange)}",
            f"sensors that the layout publishes: {listed(sorted(ours), 40)}",
            "correct equipment.sensors",
        )
    return {
        name: SensorColumn(sensor=sensor, unit=unit)
        for name, (sensor, unit) in variables.items()
        if sensor in equipment.sensors
    }


EPOCH = pd.Timestamp("2000-01-01", tz="UTC")
"""Where layouts that publish no date begin."""

LAYOUT_EVENTS = EventsMap(
    kind="kind", code="code", failure_mode="failure_mode", item="item", end="end"
)
"""The mapping of events that a built-in layout words itself."""


def choice(options: Mapping[str, object], name: str, default: str, known: Sequence[str]) -> str:
    """Read an option of a built-in layout that is one of a few words.

    Parameters
    ----------
    options : Mapping[str, object]
        Section ``source.options``.
    name : str
        The option.
    default : str
        Its value when left out.
    known : Sequence[str]
        What it may be.

    Returns
    -------
    str
        The value.

    Raises
    ------
    ConfigError
        If it is none of them.
    """
    value = str(options.get(name, default))
    if value not in known:
        raise ConfigError.unknown(f"value of the option {name!r}", value, known)
    return value


def check_options(options: Mapping[str, object], known: Sequence[str]) -> None:
    """Check that a built-in layout knows every option given.

    Parameters
    ----------
    options : Mapping[str, object]
        Section ``source.options``.
    known : Sequence[str]
        Options it has, besides ``equipment_class``.

    Raises
    ------
    ConfigError
        If one is unknown.
    """
    for name in options:
        if name not in {*known, "equipment_class"}:
            raise ConfigError.unknown("option", name, ["equipment_class", *known])
