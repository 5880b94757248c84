"""The physics obeys the laws it cites, and each fault moves the sensors it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.simulate import compressor, pump
from faultprint.simulate.ambient import draw_demand, draw_weather, lag, make_clock, wander
from faultprint.simulate.faults import Course
from faultprint.simulate.history import Conditions, Floats
from faultprint.simulate.pump_design import PumpDesign

FEW = settings(max_examples=25, deadline=None)
RUNNERS = {
    "centrifugal_pump": (pump, pump.run_pump, PumpDesign()),
    "screw_compressor": (compressor, compressor.run_compressor, compressor.CompressorDesign()),
}
SHOWS = {  # failure mode -> sensors that must answer at full severity, and in which direction
    "bearing_wear": {"vibration_de": 1, "vibration_nde": 1, "bearing_temperature": 1},
    "impeller_wear": {"flow": -1, "discharge_pressure": -1},
    "cavitation": {"suction_pressure": -1, "vibration_nde": 1},
    "seal_leak": {"seal_pressure": -1, "bearing_temperature": 1},
    "motor_cooling": {"winding_temperature": 1, "bearing_temperature": 1},
    "air_filter_clogging": {"inlet_pressure_drop": 1, "flow": -1},
    "oil_cooler_fouling": {"oil_temperature": 1, "discharge_temperature": 1},
    "valve_leakage": {"flow": -1, "discharge_temperature": 1, "motor_current": 1},
    "rotor_bearing_wear": {"vibration": 1, "discharge_temperature": 1},
    "separator_clogging": {"separator_pressure_drop": 1, "motor_current": 1},
}


def steady(load: float = 0.85, ambient: float = 25.0, count: int = 400) -> Conditions:
    time = make_clock("2025-01-06T00:00:00+00:00", 9, 0.5)[:count]
    return Conditions(
        time, np.full(count, load), np.full(count, ambient), np.ones(count, dtype=bool), 0.5
    )


def simulate(kind: str, conditions: Conditions, **severity: float) -> dict[str, Floats]:
    module, run, design = RUNNERS[kind]
    count = len(conditions.time)
    bad = {m.name: np.full(count, severity.get(m.name, 0.0)) for m in module.MODES}
    course = Course(conditions.running, bad, (), ())
    return run(np.random.default_rng(3), design, conditions, course)


def kind_of(mode: str) -> str:
    return next(k for k, (module, *_) in RUNNERS.items() if mode in {m.name for m in module.MODES})


@FEW
@given(st.floats(0.7, 1.0))
def test_without_static_head_flow_goes_with_speed(speed: float) -> None:
    design = replace(PumpDesign(), static_head=0.0)
    one = np.ones(1)
    full = pump.solve_flow(design, one, one, one)
    assert pump.solve_flow(design, one * speed, one, one) == pytest.approx(speed * full)


@FEW
@given(st.floats(0.3, 1.2), st.floats(0.5, 2.0))
def test_flow_meets_pump_curve_and_plant_curve(speed: float, valve: float) -> None:
    d, one = PumpDesign(), np.ones(1)
    flow = float(pump.solve_flow(d, one * speed, one, one * valve)[0])
    head = d.shutoff_head * speed**2 - d.head_loss * flow**2
    if flow > 0:
        assert head == pytest.approx(d.static_head + d.resistance * valve * flow**2)
    else:
        assert d.shutoff_head * speed**2 <= d.static_head


def test_rated_point_is_where_the_design_says() -> None:
    d, one = PumpDesign(), np.ones(1)
    assert pump.solve_flow(d, one, one, one)[0] == pytest.approx(d.rated_flow, rel=1e-6)


def test_cavitation_needs_both_flow_and_low_suction() -> None:
    d = PumpDesign()
    flow, suction = np.array([200.0, 200.0, 120.0]), np.array([0.4, -0.5, -0.3])
    strong = pump.cavitate(d, flow, suction)
    assert strong[0] == 0
    assert strong[1] > 0.5
    assert strong[2] == 0


def test_adiabatic_power_equals_the_textbook_case() -> None:
    # 10 m^3/min of air from 1 to 8 bar: 3.5 * 1e5 Pa * (10 / 60) m^3/s * (8^(2/7) - 1) = 47.3 kW
    got = compressor.adiabatic_power(np.array([1.0]), np.array([8.0]), np.array([10.0]))
    assert got[0] == pytest.approx(3.5 * 1e5 / 6 * (8 ** (2 / 7) - 1) / 1000)


def test_fouling_hides_behind_the_thermostat_in_winter() -> None:
    def rise(ambient: float) -> float:
        cold = steady(0.5, ambient)
        foul = simulate("screw_compressor", cold, oil_cooler_fouling=0.3)["oil_temperature"]
        clean = simulate("screw_compressor", cold)["oil_temperature"]
        return float((foul - clean).mean())

    assert rise(32.0) > 3 * rise(2.0) > 0


@pytest.mark.parametrize("mode", sorted(SHOWS))
def test_fault_moves_its_sensors(mode: str) -> None:
    kind = kind_of(mode)
    healthy, faulty = simulate(kind, steady()), simulate(kind, steady(), **{mode: 1.0})
    for sensor, sign in SHOWS[mode].items():
        change = faulty[sensor].mean() - healthy[sensor].mean()
        spread = healthy[sensor].std() + RUNNERS[kind][0].NOISE[sensor]
        assert sign * change > 0.5 * spread, f"{mode} does not show on {sensor}"


@pytest.mark.parametrize("kind", sorted(RUNNERS))
def test_every_sensor_has_a_noise_and_is_finite(kind: str) -> None:
    module = RUNNERS[kind][0]
    values = simulate(kind, steady(), **{m.name: 1.0 for m in module.MODES})
    assert set(values) == set(module.NOISE)
    assert all(np.isfinite(v).all() for v in values.values())


@pytest.mark.parametrize("kind", sorted(RUNNERS))
def test_at_rest_nothing_flows_and_temperatures_fall_to_ambient(kind: str) -> None:
    conditions = steady()
    off = replace(conditions, running=np.zeros(len(conditions.time), dtype=bool))
    values = simulate(kind, off)
    assert values["flow"] == pytest.approx(0, abs=1e-9)
    assert values["motor_current"] == pytest.approx(0, abs=1e-9)
    for sensor in values:
        if sensor.endswith("_temperature"):
            assert values[sensor][-1] == pytest.approx(25.0, abs=0.1)


def test_more_load_means_more_current_heat_and_vibration() -> None:
    low, high = simulate("centrifugal_pump", steady(0.5)), simulate("centrifugal_pump", steady(0.9))
    for sensor in ("flow", "motor_current", "winding_temperature", "vibration_de"):
        assert high[sensor].mean() > low[sensor].mean()


def test_wander_is_stationary_with_unit_variance() -> None:
    # 400 independent histories: the standard error of a variance is sqrt(2 / 400) = 0.07
    rng = np.random.default_rng(11)
    ends = np.array([wander(rng, 50, 1.0, 20.0) for _ in range(400)])
    assert ends[:, 0].var() == pytest.approx(1.0, abs=0.3)
    assert ends[:, -1].var() == pytest.approx(1.0, abs=0.3)


@FEW
@given(st.floats(0.1, 5.0), st.floats(-50, 50))
def test_lag_keeps_a_constant_and_closes_in_on_a_step(constant: float, level: float) -> None:
    flat = np.full(30, level)
    assert lag(flat, 0.5, constant) == pytest.approx(flat)
    step = np.where(np.arange(200) < 100, 0.0, level)
    after = lag(step, 0.5, constant)[100:]
    assert after[0] == pytest.approx(level * (1 - np.exp(-0.5 / constant)))


def test_weather_has_season_and_demand_has_a_week() -> None:
    time = make_clock("2025-01-01T00:00:00+00:00", 364, 1.0)
    air = pd.Series(draw_weather(np.random.default_rng(1), time, 1.0), index=time)
    assert air[air.index.month == 7].mean() > air[air.index.month == 1].mean() + 10
    load = pd.Series(draw_demand(np.random.default_rng(2), time, 1.0, 0.6), index=time)
    weekday, sunday = load[time.day_of_week < 5], load[time.day_of_week == 6]
    assert sunday.mean() < 0.75 * weekday.mean()
    assert weekday[weekday.index.hour == 12].mean() > weekday[weekday.index.hour == 2].mean() + 0.2
