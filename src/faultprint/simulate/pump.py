"""A centrifugal pump with motor, bearings and a barrier-fluid shaft seal, healthy or not.

Sources: J. F. Guelich, Centrifugal Pumps, 2nd ed. 2010, doi:10.1007/978-3-642-12824-0 (affinity
laws, head-flow curve, cavitation, vibration); IEC 60034-1 (motor heating); ISO 20816-3 (vibration
velocity); API 682, piping plan 53 (barrier-fluid pressure). Constants are typical of a 37 kW water
pump, not of one product; the simulation is for rehearsal, not for design.
"""

from __future__ import annotations

import numpy as np

from faultprint.simulate.ambient import lag, wander
from faultprint.simulate.faults import Course, Mode, Plan
from faultprint.simulate.history import Conditions, Floats
from faultprint.simulate.pump_design import PumpDesign

EQUIPMENT_CLASS = "centrifugal_pump"
GRAVITY = 9.81
"""Acceleration of gravity [m/s^2]."""
DENSITY = 1000.0
"""Density of water [kg/m^3]."""
BAR_PER_METRE = DENSITY * GRAVITY / 1e5
"""Pressure of a metre of water [bar/m]."""
ATMOSPHERE = 1.013
"""Air pressure [bar]."""
VAPOUR = 0.03
"""Vapour pressure of water at 24 degC [bar]."""

NOISE = {
    "speed": 2.0,
    "ambient_temperature": 0.3,
    "flow": 0.9,
    "suction_pressure": 0.008,
    "discharge_pressure": 0.02,
    "motor_current": 0.3,
    "winding_temperature": 0.5,
    "bearing_temperature": 0.4,
    "vibration_de": 0.05,
    "vibration_nde": 0.05,
    "seal_pressure": 0.03,
}
"""Sensor -> standard deviation of its noise [sensor's unit]."""


def relative_speed(load: Floats) -> Floats:
    """Speed that a frequency converter sets for a demand.

    Parameters
    ----------
    load : numpy.ndarray
        Demand as a share of the rated one [1].

    Returns
    -------
    numpy.ndarray
        Speed as a share of the rated one [1], 0.68 to 1.
    """
    return 0.68 + 0.32 * np.clip((load - 0.25) / 0.6, 0.0, 1.0)


def _flow_stress(conditions: Conditions) -> Floats:
    return (relative_speed(conditions.load) / 0.88) ** 2


def _speed_stress(conditions: Conditions) -> Floats:
    return relative_speed(conditions.load) / 0.88


def _heat_stress(conditions: Conditions) -> Floats:
    warm = np.exp((conditions.ambient - 16.0) / 25.0)
    return np.asarray((relative_speed(conditions.load) / 0.88) ** 3 * warm)


MODES = (
    Mode("bearing_wear", "bearing", (22.0, 40.0), "exponential", 4.5, _speed_stress),
    Mode("impeller_wear", "impeller", (18.0, 34.0), "power", 1.6, _flow_stress),
    Mode("cavitation", "strainer", (9.0, 16.0), "power", 1.0, _flow_stress),
    Mode("seal_leak", "mechanical_seal", (3.0, 6.0), "step", 0.4, _speed_stress),
    Mode("motor_cooling", "motor", (10.0, 20.0), "power", 1.3, _heat_stress),
)
"""Failure modes of the pump; lives are at the mean speed of 0.88."""

PLAN = Plan(
    modes=MODES,
    replaced_every={"bearing": 280.0, "mechanical_seal": 190.0, "strainer": 120.0},
)
"""What a pump may get, and what is replaced on schedule."""


def solve_flow(design: PumpDesign, speed: Floats, head_factor: Floats, valve: Floats) -> Floats:
    """Find the flow at which the pump's head meets that of the plant.

    Parameters
    ----------
    design : PumpDesign
        The pump and its plant.
    speed : numpy.ndarray
        Share of the rated speed [1].
    head_factor : numpy.ndarray
        Head as a share of that of the healthy pump [1].
    valve : numpy.ndarray
        Resistance of the plant as a share of the nominal one [1].

    Returns
    -------
    numpy.ndarray
        Flow [m^3/h]; 0 where the pump cannot overcome the static head.

    Notes
    -----
    ``a f n^2 - b Q^2 = H_static + k v Q^2``; head goes with the square of the speed and flow in
    proportion to it (affinity laws, Guelich ch. 3), so ``b`` does not depend on speed.
    """
    excess = design.shutoff_head * head_factor * speed**2 - design.static_head
    bend = design.head_loss + design.resistance * valve
    return np.sqrt(np.maximum(excess, 0.0) / bend)


def cavitate(design: PumpDesign, flow: Floats, suction: Floats) -> Floats:
    """Tell how strongly the pump cavitates.

    Parameters
    ----------
    design : PumpDesign
        The pump.
    flow : numpy.ndarray
        Flow [m^3/h].
    suction : numpy.ndarray
        Suction pressure above atmosphere [bar].

    Returns
    -------
    numpy.ndarray
        0 (none) to 1 (fully developed) [1].

    Notes
    -----
    The head left above vapour pressure, ``NPSH_a = (p_s + p_atm - p_v) / (rho g)``, is set against
    that at which bubbles begin, taken as ``9.75 m (Q / Q_opt)^2``, some 30 % above the usual
    3 %-head-drop value (Guelich ch. 6); 4 m below it cavitation is fully developed.
    """
    available = (suction + ATMOSPHERE - VAPOUR) / BAR_PER_METRE
    begins = 9.75 * (flow / design.rated_flow) ** 2
    return np.asarray(np.clip((begins - available) / 4.0, 0.0, 1.0))


def draw_current(design: PumpDesign, shaft_power: Floats) -> Floats:
    """Compute the current of the motor that delivers a shaft power.

    Parameters
    ----------
    design : PumpDesign
        The pump, for its motor.
    shaft_power : numpy.ndarray
        Power at the shaft [kW].

    Returns
    -------
    numpy.ndarray
        Current [A]: active part at 400 V and 93 % efficiency, with a magnetising part of a third
        of the rated current at right angles to it.
    """
    active = shaft_power / 0.93 * 1000 / (np.sqrt(3) * 400.0)
    return np.asarray(np.hypot(active, design.rated_current / 3.0), dtype=np.float64)


def run_pump(
    rng: np.random.Generator, design: PumpDesign, conditions: Conditions, course: Course
) -> dict[str, Floats]:
    """Compute what the sensors of a pump would read without noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the disturbances no sensor sees: valve position, inlet level, vibration.
    design : PumpDesign
        The pump.
    conditions : Conditions
        Demand and air temperature.
    course : Course
        When it runs and how severe each fault is.

    Returns
    -------
    dict[str, numpy.ndarray]
        Sensor -> values in the units of :data:`NOISE`'s sensors: rpm, degC, m^3/h, bar, A, mm/s.
    """
    count, step, on = len(conditions.time), conditions.step, course.running
    bad = course.severities
    speed = relative_speed(conditions.load) * on
    valve = 1 + 0.04 * wander(rng, count, step, 36.0)
    level = design.inlet_level + 0.05 * wander(rng, count, step, 48.0)
    bursts = wander(rng, count, step, 1.5) > -0.3

    worn = 1 - 0.16 * bad["impeller_wear"]
    flow = solve_flow(design, speed, worn, valve)
    relative = flow / design.rated_flow
    suction = level - 0.15 * (1 + 5 * bad["cavitation"]) * relative**2
    bubbles = cavitate(design, flow, suction) * bursts
    flow = solve_flow(design, speed, worn * (1 - 0.05 * bubbles), valve)
    flow = flow * (1 - 0.015 * bad["seal_leak"])
    current, head = _drive(design, speed, flow, worn * (1 - 0.05 * bubbles), bad)
    draught = 1 + 0.07 * wander(rng, count, step, 60.0)
    winding, bearing = _heat(draught, design, conditions, current * on, (speed, bad))
    hiss = np.exp(0.05 * wander(rng, count, step, 1.0))
    drives, others = (np.exp(0.09 * wander(rng, count, step, 72.0)) * hiss for _ in range(2))
    ends = _shake(design, speed, flow, bubbles, bad)
    return {
        "speed": speed * design.rated_speed,
        "ambient_temperature": conditions.ambient,
        "flow": flow,
        "suction_pressure": suction,
        "discharge_pressure": suction + BAR_PER_METRE * head,
        "motor_current": current * on,
        "winding_temperature": winding,
        "bearing_temperature": bearing,
        "vibration_de": ends[0] * drives + 0.15,
        "vibration_nde": ends[1] * others + 0.15,
        "seal_pressure": design.seal_pressure
        - 0.9 * bad["seal_leak"]
        + 0.1 * (speed - 0.88)
        + 0.08 * wander(rng, count, step, 24.0),
    }


def _drive(
    design: PumpDesign, speed: Floats, flow: Floats, worn: Floats, bad: dict[str, Floats]
) -> tuple[Floats, Floats]:
    """Return motor current [A] and head [m]; efficiency falls away from the best point."""
    head = np.maximum(design.shutoff_head * worn * speed**2 - design.head_loss * flow**2, 0.0)
    ratio = flow / design.rated_flow / np.maximum(speed, 0.1)
    peak = design.efficiency * (1 - 0.10 * bad["impeller_wear"])
    efficiency = peak * np.maximum(1 - 0.9 * (ratio - 1) ** 2, 0.3)
    hydraulic = DENSITY * GRAVITY * flow / 3600 * head / 1000
    friction = (0.8 + 0.5 * bad["bearing_wear"]) * speed
    shaft = hydraulic / efficiency + friction
    current = draw_current(design, shaft) * (1 + 0.03 * bad["motor_cooling"])
    return current, head


def _heat(
    draught: Floats,
    design: PumpDesign,
    conditions: Conditions,
    current: Floats,
    state: tuple[Floats, dict[str, Floats]],
) -> tuple[Floats, Floats]:
    """Return winding and bearing temperature [degC]: losses times resistance to cooling, lagged.

    Copper losses go with the current squared; the fan on the shaft cools less at low speed; the
    air around the machine moves more or less (``draught``). ``state``: speed and severities.
    """
    speed, bad = state
    resistance = draught * (1 + 0.75 * bad["motor_cooling"]) / (0.35 + 0.65 * speed)
    rise = design.winding_rise * (current / design.rated_current) ** 2 * resistance
    rise = lag(rise, conditions.step, 1.5)
    friction = 1 + 0.75 * bad["bearing_wear"] + 0.12 * bad["seal_leak"]
    own = lag(design.bearing_rise * draught * speed**1.5 * friction, conditions.step, 1.0)
    return conditions.ambient + rise, conditions.ambient + own + 0.15 * rise


def _shake(
    design: PumpDesign, speed: Floats, flow: Floats, bubbles: Floats, bad: dict[str, Floats]
) -> tuple[Floats, Floats]:
    """Return vibration velocity [mm/s RMS] at the drive and the non-drive end.

    Lowest at the point of best efficiency, rising with speed (Guelich ch. 10); a bad bearing shakes
    its own end most, cavitation the end of the impeller.
    """
    ratio = flow / design.rated_flow / np.maximum(speed, 0.1)
    base = speed**1.5 * (1 + 1.5 * (ratio - 1) ** 2)
    wear, worn = bad["bearing_wear"], bad["impeller_wear"]
    drive = 1 + 2.4 * wear + 1.2 * bubbles + 0.35 * worn
    other = 1 + 0.8 * wear + 2.2 * bubbles + 0.45 * worn
    return design.vibration_de * base * drive, design.vibration_nde * base * other
