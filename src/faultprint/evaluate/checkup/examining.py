"""All checks, in the order in which they look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from faultprint.evaluate.checkup import (
    cleaned,
    clocks,
    failures,
    history,
    horizons,
    leaks,
    logs,
    seen,
    sensors,
)
from faultprint.evaluate.checkup.finding import Finding, ranked
from faultprint.evaluate.checkup.material import Door, Material

Check = Callable[[Material], Iterator[Finding]]
DoorCheck = Callable[[Door], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    failures.no_failures,
    failures.too_few_failures,
    failures.one_asset_only,
    failures.unnamed_failures,
    seen.outside_readings,
    seen.unseen_failures,
    seen.nothing_to_judge,
    failures.repeated_failures,
    logs.repair_before_failure,
    logs.dates_only,
    logs.everything_censored,
    history.too_short_history,
    history.no_healthy_time,
    history.sampling,
    history.apart_in_time,
    history.duplicate_times,
    sensors.dead_sensors,
    sensors.constant_sensors,
    sensors.changed_units,
    sensors.counters,
    sensors.same_sensor_twice,
    sensors.sensor_after_failures,
    horizons.horizon_length,
    cleaned.spikes_before_failures,
    clocks.log_clock,
    clocks.sensor_clocks,
    leaks.separates_too_well,
    leaks.tells_only_afterwards,
    leaks.codes_after_failures,
)
"""Checks of one equipment class."""

DOOR_CHECKS: tuple[DoorCheck, ...] = (
    logs.units_never_seen,
    logs.unmapped_words,
    logs.without_readings,
    history.refused_rows,
)
"""Checks of what was refused while reading."""


def examine(materials: Iterable[Material], door: Door) -> list[Finding]:
    """Run every check.

    Parameters
    ----------
    materials : Iterable[Material]
        The equipment classes.
    door : Door
        What was refused while reading.

    Returns
    -------
    list[Finding]
        The worst first.
    """
    found = [one for check in DOOR_CHECKS for one in check(door)]
    for material in materials:
        found += [one for check in CHECKS for one in check(material)]
    return ranked(found)
