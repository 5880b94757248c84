"""What distinguishes one simulated pump from the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class PumpDesign:
    """What distinguishes one pump from the next."""

    rated_speed: float = 1480.0
    """[rpm]"""
    rated_flow: float = 200.0
    """Flow of best efficiency at rated speed [m^3/h]."""
    shutoff_head: float = 52.0
    """Head at rated speed without flow [m]."""
    head_loss: float = 2.5e-4
    """Fall of the head with the flow squared [m/(m^3/h)^2]."""
    static_head: float = 12.0
    """Head of the plant without flow [m]."""
    resistance: float = 7.5e-4
    """Resistance of the plant [m/(m^3/h)^2]."""
    efficiency: float = 0.78
    """At the point of best efficiency [1]."""
    rated_current: float = 66.0
    """[A]"""
    inlet_level: float = 0.55
    """Mean suction pressure at rest, above atmosphere [bar]."""
    winding_rise: float = 70.0
    """Rise of the winding temperature at rated current and speed [K]."""
    bearing_rise: float = 22.0
    """Rise of the bearing temperature at rated speed [K]."""
    vibration_de: float = 1.6
    """At rated speed and best efficiency, drive end [mm/s RMS]."""
    vibration_nde: float = 1.2
    """The same at the non-drive end [mm/s RMS]."""
    seal_pressure: float = 6.0
    """Pressure of the barrier fluid [bar]."""


def draw_design(rng: np.random.Generator) -> PumpDesign:
    """Draw a pump: built alike, no two the same.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    PumpDesign
        The nominal design with every constant but the speed a few per cent off.
    """
    nominal = PumpDesign()
    spread = {
        "rated_flow": 0.03,
        "shutoff_head": 0.03,
        "static_head": 0.1,
        "resistance": 0.06,
        "efficiency": 0.02,
        "inlet_level": 0.1,
        "winding_rise": 0.08,
        "bearing_rise": 0.08,
        "vibration_de": 0.15,
        "vibration_nde": 0.15,
        "seal_pressure": 0.03,
    }
    drawn = {
        name: getattr(nominal, name) * (1 + share * float(np.clip(rng.standard_normal(), -2, 2)))
        for name, share in spread.items()
    }
    return replace(nominal, **drawn)
