"""Names of descriptor columns, and the recipe each one parses back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import ConfigError
from faultprint.signal.descriptors import CATALOGUE

RECENT = "@recent"
"""Ending of a descriptor of the second, shorter look-back."""

COVERAGE = "coverage"
"""Share of the window covered by good values of the sensor [1]."""

ALWAYS = ("mean", "std", COVERAGE)
"""Computed for every sensor, since the twin needs them."""

_ERRORS, _COUNT = "error.", "count"
_CARE, _SINCE = "maintenance.", "hours_since"

SENSOR_DESCRIPTORS = (*CATALOGUE, COVERAGE)
"""Every descriptor that params.yaml may ask of a sensor."""


@dataclass(frozen=True, order=True)
class Recipe:
    """How one descriptor column is made."""

    source: str
    """A sensor, ``error.<code>`` or ``maintenance.<item>``."""
    descriptor: str
    """A name of the catalogue, ``coverage``, ``count`` or ``hours_since``."""
    recent: bool = False
    """Whether it looks back over the shorter span only."""

    @property
    def name(self) -> str:
        """Column name, e.g. ``vibration.rms@recent``."""
        return f"{self.source}.{self.descriptor}{RECENT if self.recent else ''}"

    @property
    def kind(self) -> Literal["sensor", "error", "maintenance"]:
        """What it looks at: a sensor's values, error events or maintenance events."""
        if self.descriptor == _COUNT:
            return "error"
        return "maintenance" if self.descriptor == _SINCE else "sensor"

    @property
    def subject(self) -> str:
        """The sensor, error code or maintainable item it is about."""
        prefix = {"sensor": "", "error": _ERRORS, "maintenance": _CARE}[self.kind]
        return self.source.removeprefix(prefix)

    def unit(self, equipment: Equipment) -> str:
        """Say in which unit the column is.

        Parameters
        ----------
        equipment : Equipment
            The class the column belongs to.

        Returns
        -------
        str
            For example ``bar/h``; ``1`` if it has no dimension.

        Raises
        ------
        ConfigError
            If the class has no such sensor.
        """
        if self.kind != "sensor":
            return "h" if self.kind == "maintenance" else "1"
        if self.source not in equipment.sensors:
            raise ConfigError.unknown("sensor", self.source, list(equipment.sensors))
        if self.descriptor == COVERAGE:
            return "1"
        return CATALOGUE[self.descriptor].unit.format(unit=equipment.sensors[self.source].unit)


def parse(name: str) -> Recipe:
    """Read a column name back into its recipe.

    Parameters
    ----------
    name : str
        For example ``vibration.rms@recent`` or ``error.E12.count``.

    Returns
    -------
    Recipe
        The recipe whose name it is.

    Raises
    ------
    ConfigError
        If it is no name of a descriptor column.

    Examples
    --------
    >>> parse("vibration.rms@recent")
    Recipe(source='vibration', descriptor='rms', recent=True)
    """
    plain = name.removesuffix(RECENT)
    source, _, descriptor = plain.rpartition(".")
    if not source:
        raise ConfigError.because(
            f"the column name {name!r}",
            "<source>.<descriptor>, like 'vibration.rms'",
            "see the reference of the descriptors",
        )
    recipe = Recipe(source, descriptor, recent=plain != name)
    if recipe.kind == "sensor":
        if descriptor not in SENSOR_DESCRIPTORS:
            known = [*SENSOR_DESCRIPTORS, _COUNT, _SINCE]
            raise ConfigError.unknown("descriptor", descriptor, known)
    elif recipe.recent or recipe.subject in {"", source}:
        raise ConfigError.because(
            f"the column name {name!r}",
            "'error.<code>.count' or 'maintenance.<item>.hours_since'",
            "counts and hours are taken over the whole window only",
        )
    return recipe


def _of_sensor(name: str, kind: str, windows: Windows, descriptors: Descriptors) -> list[Recipe]:
    asked = descriptors.by_type.get(kind, descriptors.default)
    for descriptor in asked:
        if descriptor not in SENSOR_DESCRIPTORS:
            raise ConfigError.unknown("descriptor", descriptor, list(SENSOR_DESCRIPTORS))
    whole = [Recipe(name, d) for d in dict.fromkeys((*ALWAYS, *asked))]
    late = [Recipe(name, d, recent=True) for d in dict.fromkeys(asked)] if windows.recent else []
    return whole + late


def recipes_for(equipment: Equipment, windows: Windows, descriptors: Descriptors) -> list[Recipe]:
    """List the descriptor columns of an equipment class.

    Parameters
    ----------
    equipment : Equipment
        Its sensors.
    windows : Windows
        Whether there is a second look-back.
    descriptors : Descriptors
        What is asked for, by sensor type.

    Returns
    -------
    list[Recipe]
        Each once: by sensor in the order of params.yaml, then error counts, then maintenance.

    Raises
    ------
    ConfigError
        If a descriptor is unknown; the nearest known one is named.
    """
    sensors = [
        recipe
        for name, sensor in equipment.sensors.items()
        for recipe in _of_sensor(name, sensor.type, windows, descriptors)
    ]
    codes = [Recipe(f"{_ERRORS}{c}", _COUNT) for c in dict.fromkeys(descriptors.error_codes)]
    items = [Recipe(f"{_CARE}{i}", _SINCE) for i in dict.fromkeys(descriptors.since_maintenance)]
    return sensors + codes + items
