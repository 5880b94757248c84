"""Checks on sensors: dead, constant, the same twice, counters, and those that know of failures."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import Material
from faultprint.signal.histories import SensorHistory

MOST = 0.5
"""Share of assets from which something is said of a sensor, not of single assets."""


def _by_sensor(material: Material) -> dict[str, dict[str, SensorHistory]]:
    """Sensor -> asset -> its history there."""
    return {
        name: {
            one.asset: sensor
            for one in material.assets
            for sensor in one.sensors
            if sensor.sensor == name
        }
        for name in material.equipment.sensors
    }


def dead_sensors(material: Material) -> Iterator[Finding]:
    """Find sensors that never gave a good value on most assets, or nearly none.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        One for all of them.
    """
    dead, needed = [], False
    for name, seen in _by_sensor(material).items():
        never = np.mean([s.first is None for s in seen.values()] or [False])
        if never > MOST:
            dead.append(name)
            needed |= material.equipment.sensors[name].required
    if not dead:
        return
    yield Finding(
        "dead_sensors",
        "stops" if needed else "weakens",
        material.equipment_class,
        f"{len(dead)} of {len(material.equipment.sensors)} sensors have no good value on most "
        "assets",
        "a window without a required sensor is not evaluated at all",
        "correct the column's name or unit (source.readings.sensors), the decimal mark (decimal) "
        "or the range `valid`; take the sensor out, or say required: false",
        tuple(dead),
        len(dead) / len(material.equipment.sensors),
    )


def constant_sensors(material: Material) -> Iterator[Finding]:
    """Find sensors that never change.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        One for the sensors constant on most assets, or constant on some.
    """
    everywhere, levels, some = [], {}, []
    for name, seen in _by_sensor(material).items():
        known = {a: s for a, s in seen.items() if s.minimum is not None and s.rows > 2}
        still = {a for a, s in known.items() if s.minimum == s.maximum}
        if known and len(still) > MOST * len(known):
            everywhere.append(name)
            levels[name] = len({known[a].median for a in still})
        elif still:
            some.append(name)
    for names, severity in ((everywhere, "weakens"), (some, "note")):
        if not names:
            continue
        identity = [n for n in names if levels.get(n, 1) > 1]
        also = f"; {', '.join(identity)} differ between assets" if identity else ""
        yield Finding(
            "constant_sensors",
            "weakens" if severity == "weakens" else "note",
            material.equipment_class,
            f"{len(names)} sensors never change on "
            f"{'most' if severity == 'weakens' else 'some'} assets{also}",
            "they say nothing of a fault; where each asset has its own level they tell which asset "
            "it is, by which a model remembers who failed",
            "take them out of equipment.sensors, or make them attributes of the asset",
            tuple(names),
            len(names) / len(material.equipment.sensors),
        )


def changed_units(material: Material) -> Iterator[Finding]:
    """Find sensors whose level jumped for good by a large factor.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there are any.
    """
    jumped = [
        f"{asset}: {name} {s.unit_ratio:.3g}-fold"
        for name, seen in _by_sensor(material).items()
        for asset, s in seen.items()
        if s.unit_ratio is not None
    ]
    if not jumped:
        return
    pairs = len(material.assets) * len(material.equipment.sensors)
    yield Finding(
        "changed_units",
        "misleads",
        material.equipment_class,
        f"the level of {len(jumped)} sensors jumped for good by a large factor",
        "a unit or a scale was changed; everything before, or after, looks faulty",
        "split the files at the jump and state each unit (source.readings.sensors.unit)",
        tuple(jumped),
        len(jumped) / max(pairs, 1),
    )


def counters(material: Material) -> Iterator[Finding]:
    """Find sensors that only ever rise, or only ever fall.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there are any on most assets.
    """
    rising = []
    for name, seen in _by_sensor(material).items():
        known = [s for s in seen.values() if s.first is not None and s.rows > 100]
        if known and np.mean([s.monotonic for s in known]) > MOST:
            rising.append(name)
    if not rising:
        return
    yield Finding(
        "counters",
        "misleads",
        material.equipment_class,
        f"{len(rising)} sensors only ever rise or fall",
        "a counter tells the date, and the date tells what the log says of it: learnt levels never "
        "come back, and later time always looks new",
        "take the counter out, or export its rate of change instead",
        tuple(rising),
        len(rising) / len(material.equipment.sensors),
    )


def same_sensor_twice(material: Material) -> Iterator[Finding]:
    """Find pairs of sensors with the same values.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If two sensors agree in smallest, middle and largest value on every asset.
    """

    def face(s: SensorHistory) -> tuple[object, ...]:
        return s.minimum, s.median, s.maximum, s.missing

    seen = _by_sensor(material)
    pairs = []
    for one, other in combinations(seen, 2):
        both = [
            face(seen[one][a]) == face(seen[other][a])
            for a in seen[one]
            if a in seen[other]
            and seen[one][a].minimum is not None
            and seen[one][a].minimum != seen[one][a].maximum
        ]
        if both and all(both):
            pairs.append(f"{one} = {other}")
    if not pairs:
        return
    yield Finding(
        "same_sensor_twice",
        "weakens",
        material.equipment_class,
        f"{len(pairs)} pairs of sensors have the same values",
        "one column was mapped twice, or a tag copied: the second adds nothing, and the two seem "
        "to confirm each other",
        "map each to its own column, or take one out",
        tuple(pairs),
        len(pairs) / max(len(seen), 1),
    )


def sensor_after_failures(material: Material) -> Iterator[Finding]:
    """Find sensors that are there only once something has failed.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If, on half of the assets that failed and at least two, the sensor's first good value comes
        after the first failure though the asset was recorded a horizon earlier; or if it has values
        on nearly all assets that failed and on none of at least three that did not; or if its
        values come in the recovery after failures only.
    """
    first = material.failures.groupby("asset")["time"].min()
    horizon = pd.Timedelta(material.settings.labels.horizon)
    starts = {one.asset: one.times.start for one in material.assets}
    failed = [str(a) for a in first.index if starts.get(a) is not None]
    failed = [a for a in failed if starts[a] < first[a] - horizon]
    calm = [one.asset for one in material.assets if one.asset not in set(first.index)]
    found: dict[str, tuple[str, float]] = {}
    for name, seen in _by_sensor(material).items():
        there = {a: s.first for a, s in seen.items() if s.first is not None}
        late = [a for a in failed if a in there and there[a] > first[a]]
        heard = [a for a in failed if a in there]
        if len(late) >= 2 and len(late) >= MOST * len(failed):
            found[name] = ("begins after the first failure", len(late) / len(failed))
        elif (
            len(calm) >= 3 and len(heard) >= 0.8 * max(len(failed), 3)
            and not any(a in there for a in calm)
        ):  # fmt: skip
            found[name] = ("is there only on assets that failed", len(heard) / len(failed))
        elif (share := _only_in_recovery(material, name)) > 0:
            found[name] = ("has values only after failures", share)
    if found:
        yield Finding(
            "sensor_after_failures",
            "misleads",
            material.equipment_class,
            "; ".join(f"{name} {said} ({share:.0%})" for name, (said, share) in found.items()),
            "that it gives a value tells that something has failed: a score with it is a score of "
            "hindsight, and in operation it will be missing when it is needed",
            "take the sensor out, or use only the time since it was fitted (and say required: "
            "false)",
            tuple(found),
            max(share for _, share in found.values()),
        )


def _only_in_recovery(material: Material, name: str) -> float:
    """Share of failures followed by values, if values are there hardly at any other time."""
    around, calm = material.around, material.calm
    if around.n < 3 or not calm.n:
        return 0.0
    place = around.sensors.index(name)
    after = around.present[:, around.before :, place]
    before = around.present[:, : around.before, place]
    usual = np.concatenate([calm.present[:, :, place].ravel(), before.ravel()])
    heard = np.nanmax(np.where(np.isnan(after), 0.0, after), axis=1) > 0
    known = usual[~np.isnan(usual)]
    rare = bool(len(known)) and float((known > 0).mean()) <= 0.02
    return float(heard.mean()) if rare and heard.mean() >= MOST else 0.0
