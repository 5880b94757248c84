"""Names of descriptor columns, and the recipe each one parses back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import ConfigError
from faultprint.signal.bursts import ENVELOPE
from faultprint.signal.catalogue import CATALOGUE, FAMILIES, descriptor, is_descriptor
from faultprint.signal.relations import PAIRED

RECENT = "@recent"
"""Ending of a descriptor of the second, shorter look-back."""

COVERAGE = "coverage"
"""Share of the window covered by good values of the sensor [1]."""

ALWAYS = ("mean", "std", COVERAGE)
"""Computed for every sensor, since the twin needs them."""

_ERRORS, _COUNT = "error.", "count"
_CARE, _SINCE = "maintenance.", "hours_since"

_RUN, _RUN_UNITS = "run", {"hours": "h", "starts": "1"}

PAIR = "~"
"""Stands between the two sensors of a relation, as in ``vibration~speed.correlation``."""

SENSOR_DESCRIPTORS = (*CATALOGUE, *ENVELOPE, COVERAGE)
"""Every descriptor that params.yaml may ask of a sensor, but for those with numbers in them."""

Kind = Literal["sensor", "pair", "run", "error", "maintenance"]


@dataclass(frozen=True, order=True)
class Recipe:
    """How one descriptor column is made."""

    source: str
    """A sensor, ``<sensor>~<sensor>``, ``run``, ``error.<code>`` or ``maintenance.<item>``."""
    descriptor: str
    """A name of the catalogue, of a relation, ``coverage``, ``hours``, ``starts``, ``count`` or
    ``hours_since``."""
    recent: bool = False
    """Whether it looks back over the shorter span only."""

    @property
    def name(self) -> str:
        """Column name, e.g. ``vibration.rms@recent``."""
        return f"{self.source}.{self.descriptor}{RECENT if self.recent else ''}"

    @property
    def kind(self) -> Kind:
        """What it looks at: a sensor, two sensors, the run, error or maintenance events."""
        if self.descriptor in PAIRED:
            return "pair"
        if self.descriptor in _RUN_UNITS:
            return "run"
        if self.descriptor == _COUNT:
            return "error"
        return "maintenance" if self.descriptor == _SINCE else "sensor"

    @property
    def sensors(self) -> tuple[str, ...]:
        """The sensors it is made from."""
        if self.kind == "pair":
            one, _, other = self.source.partition(PAIR)
            return one, other
        return (self.source,) if self.kind == "sensor" else ()

    @property
    def subject(self) -> str:
        """The sensor, error code or maintainable item it is about."""
        prefix = {"error": _ERRORS, "maintenance": _CARE}.get(self.kind, "")
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
        if not self.sensors:
            return _RUN_UNITS.get(self.descriptor, "h" if self.kind == "maintenance" else "1")
        for sensor in self.sensors:
            if sensor not in equipment.sensors:
                raise ConfigError.unknown("sensor", sensor, list(equipment.sensors))
        units = [equipment.sensors[sensor].unit for sensor in self.sensors]
        if self.kind == "pair":
            return PAIRED[self.descriptor].unit.format(unit=units[0], other=units[1])
        if self.descriptor == COVERAGE:
            return "1"
        if self.descriptor in ENVELOPE:
            return ENVELOPE[self.descriptor][1].format(unit=units[0])
        return descriptor(self.descriptor).unit.format(unit=units[0])


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
    source, _, ending = plain.rpartition(".")
    if not source:
        raise ConfigError.because(
            f"the column name {name!r}",
            "<source>.<descriptor>, like 'vibration.rms'",
            "see the reference of the descriptors",
        )
    recipe = Recipe(source, ending, recent=plain != name)
    if recipe.kind == "sensor":
        _check(ending)
    elif recipe.recent or not _well_formed(recipe):
        raise ConfigError.because(
            f"the column name {name!r}",
            "'error.<code>.count', 'maintenance.<item>.hours_since', 'run.hours', 'run.starts' or "
            "'<sensor>~<sensor>.correlation'",
            "these are taken over the whole window only",
        )
    return recipe


def _well_formed(recipe: Recipe) -> bool:
    if recipe.kind == "pair":
        return all(recipe.sensors)
    if recipe.kind == "run":
        return recipe.source == _RUN
    return recipe.subject not in {"", recipe.source}


def _check(name: str) -> None:
    """Refuse what no descriptor of a sensor is called, naming the nearest that is."""
    if name != COVERAGE and name not in ENVELOPE and not is_descriptor(name):
        known = [*SENSOR_DESCRIPTORS, *FAMILIES, _COUNT, _SINCE]
        raise ConfigError.unknown("descriptor", name, known)


def _of_sensor(name: str, kind: str, windows: Windows, descriptors: Descriptors) -> list[Recipe]:
    asked = descriptors.by_type.get(kind, descriptors.default)
    for each in asked:
        _check(each)
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
        Each once: by sensor in the order of params.yaml, then relations of sensors that the class
        has, the run, error counts and maintenance.

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
    pairs = [
        Recipe(f"{pair.of}{PAIR}{pair.against}", name)
        for pair in descriptors.pairs
        if {pair.of, pair.against} <= set(equipment.sensors)
        for name in pair.descriptors
    ]
    run = [Recipe(_RUN, name) for name in descriptors.run]
    codes = [Recipe(f"{_ERRORS}{c}", _COUNT) for c in dict.fromkeys(descriptors.error_codes)]
    items = [Recipe(f"{_CARE}{i}", _SINCE) for i in dict.fromkeys(descriptors.since_maintenance)]
    return list(dict.fromkeys(sensors + pairs + run)) + codes + items
