"""Settings of equipment: its sensors, and when it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from faultprint.config.strict import Duration, Strict


class Sensor(Strict):
    """One sensor of an equipment class."""

    unit: str
    """Unit its readings are stored in, e.g. ``bar``; files in another unit are converted."""
    type: str = "generic"
    """What it measures (pressure, temperature, vibration ...); chooses the descriptors."""
    role: Literal["symptom", "condition"] = "symptom"
    """``condition``: an operating condition, an input of the twin; ``symptom``: predicted by it."""
    valid: tuple[float, float] | None = None
    """Physical range [unit]; values outside are flagged, not used."""
    required: bool = True
    """Whether a window without it can still be evaluated."""
    fastest: float | None = Field(None, gt=0)
    """Fastest change that is physically possible [unit/h]; faster steps speak against it."""


class Running(Strict):
    """When the equipment counts as running: ``sensor > above``."""

    sensor: str
    """A sensor of the class."""
    above: float
    """Level above which it runs [unit of the sensor]."""


class Equipment(Strict):
    """One equipment class: what is measured on it and how often."""

    sensors: dict[str, Sensor]
    """Sensor name -> what it is."""
    period: Duration = timedelta(hours=1)
    """Usual time between two readings; for coverage, a reading stands for at most this long."""
    running: Running | None = None
    """When it counts as running; always, when left out."""
    attributes: dict[str, str | int | float] = Field(default_factory=dict)
    """What all assets of the class share, e.g. the geometry of a bearing; an asset's own attributes
    come first."""

    @model_validator(mode="after")
    def _running_sensor_exists(self) -> Equipment:
        if self.running and self.running.sensor not in self.sensors:
            raise ValueError(f"running.sensor {self.running.sensor!r} is not among the sensors")
        return self

    def named(self, role: Literal["symptom", "condition"]) -> list[str]:
        """List the sensors of one role.

        Parameters
        ----------
        role : Literal['symptom', 'condition']
            The role.

        Returns
        -------
        list[str]
            Sensor names in the order of params.yaml.
        """
        return [name for name, sensor in self.sensors.items() if sensor.role == role]
