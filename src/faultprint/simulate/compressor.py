"""An oil-injected screw compressor with a frequency converter, healthy or not.

Sources: N. Stosic, I. Smith, A. Kovacevic, Screw Compressors, Springer 2005 (volumetric efficiency,
oil injection); ISO 1217 (delivered flow); adiabatic power from the ideal-gas relations; ISO 20816-3
(vibration velocity). Constants are typical of a 90 kW machine, not of one product.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from faultprint.simulate.ambient import lag, wander
from faultprint.simulate.faults import Course, Mode, Plan
from faultprint.simulate.history import Conditions, Floats

EQUIPMENT_CLASS = "screw_compressor"
KAPPA = 1.4
"""Ratio of specific heats of air [1]."""
ATMOSPHERE = 1.013
"""Air pressure [bar]."""

NOISE = {
    "speed": 6.0,
    "ambient_temperature": 0.3,
    "flow": 0.06,
    "inlet_pressure_drop": 0.4,
    "discharge_pressure": 0.02,
    "discharge_temperature": 0.5,
    "oil_temperature": 0.4,
    "motor_current": 0.7,
    "separator_pressure_drop": 0.008,
    "vibration": 0.07,
}
"""Sensor -> standard deviation of its noise [sensor's unit]."""


@dataclass(frozen=True)
class CompressorDesign:
    """What distinguishes one compressor from the next."""

    rated_speed: float = 3000.0
    """[rpm]"""
    rated_flow: float = 12.0
    """Swept flow at rated speed [m^3/min]."""
    pressure: float = 7.5
    """Pressure the control holds, above atmosphere [bar]."""
    adiabatic_efficiency: float = 0.75
    """[1]"""
    filter_drop: float = 15.0
    """Pressure drop of the clean air filter at rated flow [mbar]."""
    separator_drop: float = 0.22
    """Pressure drop of the new oil separator at rated flow [bar]."""
    cooler_rise: float = 36.0
    """Oil above air temperature at rated power, clean cooler [K]."""
    vibration: float = 2.4
    """At rated speed [mm/s RMS]."""


def draw_design(rng: np.random.Generator) -> CompressorDesign:
    """Draw a compressor: built alike, no two the same.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    CompressorDesign
        The nominal design with every constant but the speed a few per cent off.
    """
    nominal = CompressorDesign()
    spread = {
        "rated_flow": 0.02,
        "pressure": 0.03,
        "adiabatic_efficiency": 0.015,
        "filter_drop": 0.1,
        "separator_drop": 0.1,
        "cooler_rise": 0.07,
        "vibration": 0.15,
    }
    drawn = {
        name: getattr(nominal, name) * (1 + share * float(np.clip(rng.standard_normal(), -2, 2)))
        for name, share in spread.items()
    }
    return replace(nominal, **drawn)


def relative_speed(load: Floats) -> Floats:
    """Speed that the frequency converter sets for a demand of air.

    Parameters
    ----------
    load : numpy.ndarray
        Demand as a share of the rated one [1].

    Returns
    -------
    numpy.ndarray
        Speed as a share of the rated one [1], 0.4 to 1.
    """
    return np.clip(0.15 + 0.9 * load, 0.4, 1.0)


def _flow_stress(conditions: Conditions) -> Floats:
    return relative_speed(conditions.load) / 0.75


def _heat_stress(conditions: Conditions) -> Floats:
    warm = np.exp((conditions.ambient - 16.0) / 16.0)
    return np.asarray(relative_speed(conditions.load) / 0.75 * warm)


MODES = (
    Mode("air_filter_clogging", "air_filter", (16.0, 32.0), "power", 1.8, _flow_stress),
    Mode("oil_cooler_fouling", "oil_cooler", (12.0, 24.0), "power", 1.3, _heat_stress),
    Mode("valve_leakage", "check_valve", (4.0, 8.0), "step", 0.4, _flow_stress),
    Mode("rotor_bearing_wear", "rotor_bearing", (20.0, 38.0), "exponential", 4.5, _flow_stress),
    Mode("separator_clogging", "oil_separator", (8.0, 15.0), "power", 1.3, _flow_stress),
)
"""Failure modes of the compressor; lives are at the mean speed of 0.75 and 16 degC."""

PLAN = Plan(
    modes=MODES,
    replaced_every={"air_filter": 100.0, "oil_cooler": 160.0, "rotor_bearing": 200.0},
)
"""What a compressor may get, and what is replaced on schedule."""


def adiabatic_power(inlet: Floats, outlet: Floats, flow: Floats) -> Floats:
    """Power of an adiabatic compression of an ideal gas.

    Parameters
    ----------
    inlet : numpy.ndarray
        Absolute pressure before [bar].
    outlet : numpy.ndarray
        Absolute pressure after [bar].
    flow : numpy.ndarray
        Volume flow at the inlet [m^3/min].

    Returns
    -------
    numpy.ndarray
        Power [kW]: ``k / (k - 1) p1 V1 ((p2 / p1)^((k - 1) / k) - 1)``.
    """
    power = (KAPPA - 1) / KAPPA
    watts = inlet * 1e5 * flow / 60 / power * ((outlet / inlet) ** power - 1)
    return np.asarray(watts / 1000)


def run_compressor(
    rng: np.random.Generator, design: CompressorDesign, conditions: Conditions, course: Course
) -> dict[str, Floats]:
    """Compute what the sensors of a compressor would read without noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the disturbances no sensor sees: control of the pressure, dust, valve flutter.
    design : CompressorDesign
        The compressor.
    conditions : Conditions
        Demand and air temperature.
    course : Course
        When it runs and how severe each fault is.

    Returns
    -------
    dict[str, numpy.ndarray]
        Sensor -> values in rpm, degC, m^3/min, mbar (inlet), bar, A and mm/s.
    """
    count, step, on = len(conditions.time), conditions.step, course.running
    bad = course.severities
    speed = relative_speed(conditions.load) * on
    flutter = 0.7 + 0.3 * np.tanh(2 * wander(rng, count, step, 1.0))
    leak = bad["valve_leakage"] * flutter
    setpoint = design.pressure + 0.06 * wander(rng, count, step, 6.0) - 0.15 * (speed - 0.75)
    pressure = setpoint - 0.12 * leak
    moist = 1 + 0.012 * wander(rng, count, step, 60.0)
    dirt = 1 + 4 * bad["air_filter_clogging"] + 0.12 * wander(rng, count, step, 96.0)

    swept = design.rated_flow * speed * (0.95 - 0.03 / np.maximum(speed, 0.2))
    relative = swept / design.rated_flow
    drop = design.filter_drop * dirt * relative**2
    inlet = ATMOSPHERE - drop / 1000
    separator = design.separator_drop * relative**1.6 * (1 + 2.5 * bad["separator_clogging"])
    separator = separator * (1 + 0.10 * wander(rng, count, step, 72.0))
    inner = ATMOSPHERE + pressure + separator
    power = adiabatic_power(inlet, inner, swept) / design.adiabatic_efficiency
    power = (power * (1 + 0.04 * leak + 0.02 * bad["rotor_bearing_wear"]) + 3.0 * speed) * on
    oil, outlet = _heat(design, conditions, power, leak + 0.5 * bad["rotor_bearing_wear"], bad)
    calm = np.exp(0.05 * wander(rng, count, step, 1.0) + 0.10 * wander(rng, count, step, 72.0))
    shake = design.vibration * speed**1.2 * (1 + 2.0 * bad["rotor_bearing_wear"] + 0.2 * leak)
    return {
        "speed": speed * design.rated_speed,
        "ambient_temperature": conditions.ambient,
        "flow": swept * inlet / ATMOSPHERE * (1 - 0.10 * leak) * moist,
        "inlet_pressure_drop": drop,
        "discharge_pressure": np.where(on, pressure, 0.9 * design.pressure),
        "discharge_temperature": outlet,
        "oil_temperature": oil,
        "motor_current": np.hypot(power / 0.94 * 1000 / (np.sqrt(3) * 400.0), 45.0) * on,
        "separator_pressure_drop": separator * on,
        "vibration": shake * calm + 0.2,
    }


def _heat(
    design: CompressorDesign,
    conditions: Conditions,
    power: Floats,
    internal: Floats,
    bad: dict[str, Floats],
) -> tuple[Floats, Floats]:
    """Return oil and discharge temperature [degC].

    The cooler gives the heat of the shaft power to the air; below about 52 degC a thermostat
    bypasses it, so that in winter the early part of fouling does not show.
    """
    share = power / 95.0
    cooler = design.cooler_rise * (1 + 0.8 * bad["oil_cooler_fouling"]) * share
    free = conditions.ambient + lag(cooler, conditions.step, 0.7)
    held = 52.0 + 4.0 * np.logaddexp(0.0, (free - 52.0) / 4.0)
    warm = lag((power > 0).astype(np.float64), conditions.step, 0.7)
    oil = conditions.ambient + warm * (held - conditions.ambient)
    hot = share * (22.0 * (1 + 0.35 * internal) + 2.0 * bad["separator_clogging"])
    return oil, oil + lag(hot, conditions.step, 0.4)
