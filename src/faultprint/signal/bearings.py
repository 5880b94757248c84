"""Geometry of bearings and gears, and the frequencies at which their parts strike and mesh."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from faultprint.errors import ConfigError

SLIP = 0.02
"""Tolerance of a fault frequency [1]: rolling elements slip by one or two per cent."""

PARTS = {
    "bpfo": "outer race",
    "bpfi": "inner race",
    "bsf": "rolling element",
    "ftf": "cage",
    "shaft": "shaft",
    "wheel": "wheel that the gear drives",
}
"""Name of a frequency -> the part that strikes at it."""

_COUNT, _BALL, _PITCH = "bearing_balls", "bearing_ball_diameter", "bearing_pitch_diameter"
_ANGLE, _SPEED = "bearing_contact_angle", "rated_speed"
_TEETH, _DRIVEN, _MEASURED = "gear_teeth", "wheel_teeth", "speed_sensor"

TURNS_PER_HZ = {"rpm": 60.0, "1/min": 60.0, "Hz": 1.0, "1/s": 1.0}
"""Units that a speed may be measured in: how many of them are one turn a second."""


@dataclass(frozen=True)
class Bearing:
    """Geometry of one rolling-element bearing; both diameters in the same unit."""

    balls: int
    """Rolling elements in one row."""
    ball_diameter: float
    pitch_diameter: float
    contact_angle: float = 0.0
    """Angle of the load from the radial plane [degree]."""

    def __post_init__(self) -> None:
        fits = 0 < self.ball_diameter < self.pitch_diameter and self.balls >= 2
        if not fits or not 0 <= self.contact_angle < 90:
            raise ConfigError.because(
                f"a bearing of {self.balls} balls, ball diameter {self.ball_diameter:g}, pitch "
                f"diameter {self.pitch_diameter:g}, contact angle {self.contact_angle:g} degrees",
                "two balls or more, smaller than the pitch diameter, an angle from 0 to below 90",
                "correct the attributes of the asset",
            )

    def orders(self) -> dict[str, float]:
        """Give the frequencies as multiples of the shaft's, inner race turning.

        Returns
        -------
        dict[str, float]
            ``bpfo`` and ``bpfi``: a ball passes a point of the outer, inner race; ``bsf``: a point
            of a ball strikes either race, which is twice a turn of the ball; ``ftf``: the cage
            turns; ``shaft``: 1.

        Notes
        -----
        With ``r = d cos(a) / D``: ``bpfo = n (1 - r) / 2``, ``bpfi = n (1 + r) / 2``,
        ``bsf = D (1 - r^2) / d``, ``ftf = (1 - r) / 2`` (Randall and Antoni 2011, who give half of
        this ``bsf``, the turns of the ball).
        """
        ratio = (
            self.ball_diameter / self.pitch_diameter * math.cos(math.radians(self.contact_angle))
        )
        return {
            "bpfo": self.balls * (1 - ratio) / 2,
            "bpfi": self.balls * (1 + ratio) / 2,
            "bsf": self.pitch_diameter / self.ball_diameter * (1 - ratio * ratio),
            "ftf": (1 - ratio) / 2,
            "shaft": 1.0,
        }

    def frequencies(self, shaft_hz: float) -> dict[str, float]:
        """Give the frequencies at a speed.

        Parameters
        ----------
        shaft_hz : float
            Turns of the shaft a second.

        Returns
        -------
        dict[str, float]
            As :meth:`orders`, in Hz.
        """
        return {name: order * shaft_hz for name, order in self.orders().items()}


@dataclass(frozen=True)
class Gear:
    """A pair of gears, the first of them on the shaft whose speed is known."""

    teeth: int
    """Of the gear on the shaft."""
    driven: int = 0
    """Of the wheel that it drives; 0: not known."""

    def __post_init__(self) -> None:
        if self.teeth < 2 or self.driven < 0 or self.driven == 1:
            raise ConfigError.because(
                f"gears of {self.teeth} and {self.driven} teeth",
                "two teeth or more on each",
                "correct the attributes of the asset",
            )


@dataclass(frozen=True)
class Mounting:
    """A bearing, a pair of gears or both, and the speed they turn at."""

    bearing: Bearing | None
    shaft_hz: float
    """Turns of the shaft a second by the rated speed; NaN if only a sensor tells."""
    gear: Gear | None = None
    speed_sensor: str = ""
    """Sensor whose mean over a window is the speed there; empty: the rated speed is."""

    def orders(self) -> dict[str, float]:
        """Give the frequencies of what beats, as multiples of the shaft's.

        Returns
        -------
        dict[str, float]
            Those of :meth:`Bearing.orders`, ``shaft``, and ``wheel``, the turns of the driven
            wheel; of each part that is known.
        """
        found = {**(self.bearing.orders() if self.bearing else {}), "shaft": 1.0}
        if self.gear and self.gear.driven:
            found["wheel"] = self.gear.teeth / self.gear.driven
        return found


def mounting_from(attributes: Mapping[str, object]) -> Mounting | None:
    """Read bearing, gears and speed from the attributes of an asset.

    Parameters
    ----------
    attributes : Mapping[str, object]
        ``bearing_balls``, ``bearing_ball_diameter``, ``bearing_pitch_diameter`` (one unit),
        ``bearing_contact_angle`` [degree], 0 if left out; ``gear_teeth``, and ``wheel_teeth`` if
        known; ``rated_speed`` [rpm], or ``speed_sensor``, the name of the sensor that measures it.

    Returns
    -------
    Mounting | None
        None if the attributes name neither a bearing nor a gear.

    Raises
    ------
    ConfigError
        If some of what belongs together is missing, or is no number.
    """
    bears = any(name in attributes for name in (_COUNT, _BALL, _PITCH))
    if not bears and _TEETH not in attributes:
        return None
    sensor = str(attributes.get(_MEASURED, ""))
    needed = [
        *((_COUNT, _BALL, _PITCH) if bears else ()),
        *((_TEETH,) if _TEETH in attributes else ()),
    ]
    if not sensor or _SPEED in attributes:
        needed.append(_SPEED)
    numbers = {name: _number(attributes.get(name)) for name in needed}
    numbers |= {name: _number(attributes.get(name, 0)) for name in (_ANGLE, _DRIVEN)}
    wrong = [name for name, value in numbers.items() if not math.isfinite(value)]
    if wrong or numbers.get(_SPEED, 1.0) <= 0:
        raise ConfigError.because(
            f"the attributes { ({name: attributes.get(name) for name in numbers}) }",
            f"numbers for {', '.join(needed)}, the speed above 0",
            "complete the asset register",
        )
    bearing = gear = None
    if bears:
        sizes = numbers[_BALL], numbers[_PITCH], numbers[_ANGLE]
        bearing = Bearing(int(numbers[_COUNT]), *sizes)
    if _TEETH in attributes:
        gear = Gear(int(numbers[_TEETH]), int(numbers[_DRIVEN]))
    return Mounting(bearing, numbers.get(_SPEED, math.nan) / 60, gear, sensor)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return math.nan
