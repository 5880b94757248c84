"""Units of the sensors, written beside the readings at the door and compared before scoring."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

from faultprint.config import Equipment
from faultprint.errors import StoreError
from faultprint.store.folders import write_text
from faultprint.store.sources.units import same_unit

UNITS = "units.json"
"""File in a folder of tables: equipment class -> sensor -> unit."""

Units = dict[str, dict[str, str]]


def write_units(
    folder: Path, equipment: Mapping[str, Equipment], classes: Collection[str] | None = None
) -> None:
    """Write the units that the readings of a folder of tables are in.

    Parameters
    ----------
    folder : Path
        A folder of tables.
    equipment : Mapping[str, Equipment]
        Equipment class -> its sensors, as the readings were converted.
    classes : Collection[str] | None, default None
        Classes that have readings; all, when left out.
    """
    units = {
        name: {sensor: one.unit for sensor, one in equipment[name].sensors.items()}
        for name in (equipment if classes is None else classes)
    }
    text = json.dumps(units, indent=1, sort_keys=True, ensure_ascii=False)
    write_text(text + "\n", folder / UNITS)


def read_units(folder: Path) -> Units:
    """Read the units that the readings of a folder of tables are in.

    Parameters
    ----------
    folder : Path
        A folder of tables.

    Returns
    -------
    dict[str, dict[str, str]]
        Equipment class -> sensor -> unit.

    Raises
    ------
    StoreError
        If nothing says it: a value in an unknown unit means nothing.
    """
    path = folder / UNITS
    try:
        units = json.loads(path.read_text("utf-8"))
        return {str(name): dict(sensors) for name, sensors in units.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StoreError.because(
            f"tables without readable units: {str(path)!r} ({str(error)[:120]})",
            "the units of the readings beside them, as the ingest stage writes them",
            "run the ingest stage again",
        ) from error


def other_units(units: Mapping[str, str], equipment: Equipment) -> str:
    """Say which sensors were stored in another unit than is asked for.

    Parameters
    ----------
    units : Mapping[str, str]
        Sensor -> unit of its readings; a sensor that is not named has no readings.
    equipment : Equipment
        The sensors with the units asked for.

    Returns
    -------
    str
        What was got and what was expected; empty if nothing differs. Two spellings of one unit
        do not differ.
    """
    wrong = {
        name: (units[name], sensor.unit)
        for name, sensor in equipment.sensors.items()
        if name in units and not same_unit(units[name], sensor.unit)
    }
    if not wrong:
        return ""
    got = ", ".join(f"{name} in {one!r}" for name, (one, _) in wrong.items())
    expected = ", ".join(repr(other) for _, other in wrong.values())
    return f"got {got}; expected {expected}"
