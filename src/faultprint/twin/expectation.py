"""What a twin knows, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from faultprint.twin.conditions import Condition, Floats
from faultprint.twin.redundancy import Relations, relations_from


@dataclass(frozen=True)
class SensorTwin:
    """What one symptom sensor reads on healthy equipment."""

    coefficients: tuple[float, ...]
    """Intercept, then one per feature of the conditions [sensor's unit]; one only: level alone."""
    scale: float
    """Healthy standard deviation of a window's mean about what is expected [sensor's unit]."""
    offsets: dict[str, float]
    """Asset -> its own offset, shrunk towards the class [sensor's unit]."""


@dataclass(frozen=True)
class Twin:
    """Expected behaviour of one equipment class."""

    conditions: tuple[Condition, ...]
    """Operating conditions it depends on."""
    symptoms: tuple[str, ...]
    """Sensors it is asked for."""
    sensors: dict[str, SensorTwin]
    """Sensors it has learnt; the others have no expected reading."""
    shrinkage: float
    """Healthy windows an asset needs before its own offset counts half."""
    reference_hours: float
    """Length of the earliest part of a history taken as the baseline of an asset not seen [h]."""
    relations: Relations | None = None
    """How the levels of the sensors go together; not known of twins from before it was learnt."""
    at_once: Relations | None = None
    """The same of single windows."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists and scalars, ready for JSON.

        Returns
        -------
        dict[str, Any]
            Everything the twin knows.
        """
        plain: dict[str, Any] = asdict(replace(self, relations=None, at_once=None))
        del plain["relations"], plain["at_once"]
        plain["conditions"] = list(plain["conditions"])
        plain["symptoms"] = list(plain["symptoms"])
        for sensor in plain["sensors"].values():
            sensor["coefficients"] = list(sensor["coefficients"])
        if self.relations is not None:
            plain["relations"] = self.relations.to_dict()
        if self.at_once is not None:
            plain["at_once"] = self.at_once.to_dict()
        return plain


def level_of(sensor: SensorTwin, terms: Floats) -> Floats:
    """Say what a sensor reads on healthy equipment of the class, whatever the asset.

    Parameters
    ----------
    sensor : SensorTwin
        What is known of the sensor.
    terms : NDArray[numpy.float64]
        From :func:`faultprint.twin.conditions.features`.

    Returns
    -------
    NDArray[numpy.float64]
        One reading per window [sensor's unit]; NaN where a condition is not known.
    """
    slopes = np.asarray(sensor.coefficients[1:])
    if slopes.size == 0:  # too few windows were learnt to follow the conditions
        return np.full(len(terms), sensor.coefficients[0])
    return sensor.coefficients[0] + np.asarray((terms * slopes).sum(axis=1))


def twin_from(data: Mapping[str, Any]) -> Twin:
    """Build a twin from what :meth:`Twin.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.

    Returns
    -------
    Twin
        Equal to the one that was written.
    """
    return Twin(
        conditions=tuple(Condition(**c) for c in data["conditions"]),
        symptoms=tuple(data["symptoms"]),
        sensors={
            name: SensorTwin(
                coefficients=tuple(s["coefficients"]),
                scale=s["scale"],
                offsets=dict(s["offsets"]),
            )
            for name, s in data["sensors"].items()
        },
        shrinkage=data["shrinkage"],
        reference_hours=data["reference_hours"],
        relations=relations_from(data["relations"]) if "relations" in data else None,
        at_once=relations_from(data["at_once"]) if "at_once" in data else None,
    )
