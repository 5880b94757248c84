"""Geometry of rolling-element bearings and the frequencies at which their parts strike."""

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
}
"""Name of a frequency -> the part that strikes at it."""

_COUNT, _BALL, _PITCH = "bearing_balls", "bearing_ball_diameter", "bearing_pitch_diameter"
_ANGLE, _SPEED = "bearing_contact_angle", "rated_speed"


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
class Mounting:
    """A bearing and the speed it turns at."""

    bearing: Bearing
    shaft_hz: float
    """Turns of the shaft a second."""


def mounting_from(attributes: Mapping[str, object]) -> Mounting | None:
    """Read bearing and speed from the attributes of an asset.

    Parameters
    ----------
    attributes : Mapping[str, object]
        ``bearing_balls``, ``bearing_ball_diameter``, ``bearing_pitch_diameter`` (one unit),
        ``bearing_contact_angle`` [degree], 0 if left out, and ``rated_speed`` [rpm].

    Returns
    -------
    Mounting | None
        None if the attributes name no bearing.

    Raises
    ------
    ConfigError
        If some of them are missing or are no numbers.
    """
    needed = (_COUNT, _BALL, _PITCH, _SPEED)
    if not any(name in attributes for name in needed[:3]):
        return None
    numbers = {name: _number(attributes.get(name)) for name in needed}
    numbers[_ANGLE] = _number(attributes.get(_ANGLE, 0.0))
    wrong = [name for name, value in numbers.items() if not math.isfinite(value)]
    if wrong or numbers[_SPEED] <= 0:
        raise ConfigError.because(
            f"the attributes { ({name: attributes.get(name) for name in (*needed, _ANGLE)}) }",
            f"numbers for {', '.join(needed)}, the speed above 0",
            "complete the asset register",
        )
    count, ball, pitch = int(numbers[_COUNT]), numbers[_BALL], numbers[_PITCH]
    return Mounting(Bearing(count, ball, pitch, numbers[_ANGLE]), numbers[_SPEED] / 60)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return math.nan
