"""The UCI hydraulic test rig: cycles of 60 s, four components with graded faults.

Options: ``target`` (the component whose state is the label; ``all``: each component's, and whether
the rig had settled, by maintainable item), ``rate_hz`` (1 or 10; at 1 Hz the
flows are means over each second) and ``assets``: ``run`` (each stretch of cycles in which nothing
was changed is an asset, so that no split can tear one apart) or ``rig`` (one asset, with a restart
wherever something was changed, so that each stretch is a run). Cycles are
segments, numbered from 0. No dates are published: cycle n begins n minutes after 2000-01-01 UTC.
Helwig, Pignanelli, Schuetze 2015, doi:10.1109/I2MTC.2015.7151267.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from faultprint.config import Equipment, ReadingsMap, SensorColumn, Source
from faultprint.errors import SourceError
from faultprint.store.sources.files import Dialect, list_files, read_file
from faultprint.store.sources.raw import (
    EPOCH,
    LAYOUT_EVENTS,
    Raw,
    RawEvents,
    RawReadings,
    VariableMap,
    check_options,
    choice,
    only_class,
    published_sensors,
)

VARIABLE_MAP: VariableMap = {
    "CE": ("cooling_efficiency", "%"),
    "CP": ("cooling_power", "kW"),
    "FS1": ("flow1", "l/min"),
    "FS2": ("flow2", "l/min"),
    "SE": ("efficiency", "%"),
    "TS1": ("temperature1", "degC"),
    "TS2": ("temperature2", "degC"),
    "TS3": ("temperature3", "degC"),
    "TS4": ("temperature4", "degC"),
    "VS1": ("vibration", "mm/s"),
}

SECONDS = 60
FINEST = 0.1
"""Distance of instants at the highest rate [s]: a cycle ends that long before the next begins."""
_PROFILE = ("cooler", "valve", "pump", "accumulator", "stable")
GRADES: Mapping[str, Mapping[int, str]] = {
    "cooler": {20: "cooler_reduced", 3: "cooler_near_failure"},
    "valve": {90: "valve_small_lag", 80: "valve_severe_lag", 73: "valve_near_failure"},
    "pump": {1: "pump_weak_leakage", 2: "pump_severe_leakage"},
    "accumulator": {
        115: "accumulator_slightly_reduced",
        100: "accumulator_severely_reduced",
        90: "accumulator_near_failure",
    },
}
"""State of a component in ``profile.txt`` -> failure mode; other states are healthy."""
SETTLING: Mapping[str, Mapping[int, str]] = {"stable": {1: "not_settled"}}
"""What ``profile.txt`` says beside the components."""


def open_hydraulic(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read the rig.

    Parameters
    ----------
    source : Source
        Its path is the folder of the ``.txt`` files, gzipped or not.
    equipment : Mapping[str, Equipment]
        Equipment classes; the sensors are among those of ``VARIABLE_MAP``.

    Yields
    ------
    Raw
        Readings, then the fault intervals of the target.
    """
    check_options(source.options, ("target", "rate_hz", "assets"))
    name = only_class(equipment, source.options.get("equipment_class"))
    target = choice(source.options, "target", "valve", (*GRADES, "all"))
    rate = int(choice(source.options, "rate_hz", "1", ("1", "10")))
    sensors = published_sensors(VARIABLE_MAP, equipment[name])
    profile = pd.DataFrame(_read(source.path, "profile"), columns=list(_PROFILE)).astype("int64")
    changed = (profile != profile.shift()).any(axis=1).cumsum()
    one = choice(source.options, "assets", "run", ("run", "rig")) == "rig"
    assets = np.array(["rig" if one else f"run-{number:03d}" for number in changed])
    mapping = ReadingsMap(equipment_class=name, asset="asset", segment="cycle", sensors=sensors)
    frame = _cycles(source.path, sensors, rate, assets)
    yield RawReadings("cycles", frame, mapping)
    asked = {**GRADES, **SETTLING} if target == "all" else {target: GRADES[target]}
    told = pd.concat(
        [_intervals(profile[item], assets, item, modes) for item, modes in asked.items()],
        ignore_index=True,
    )
    if one:
        told = pd.concat([told, _changes(changed)], ignore_index=True)
    yield RawEvents("profile.txt", told, LAYOUT_EVENTS)


def _read(path: str, stem: str) -> npt.NDArray[np.float64]:
    file = list_files(path, f"{stem}.txt*")[0]
    frame = read_file(file, Dialect(separator="\t", header=None, bare=True)).frame
    try:
        return frame.to_numpy(dtype="float64")
    except ValueError as error:
        raise SourceError.because(
            f"{file.name!r} with text in it ({error})", "numbers only", "fetch it again"
        ) from error


def _cycles(
    path: str, sensors: Mapping[str, SensorColumn], rate: int, assets: npt.NDArray[np.str_]
) -> pd.DataFrame:
    cycles, samples = len(assets), SECONDS * rate
    cycle = np.repeat(np.arange(cycles), samples)
    within = np.tile(np.arange(samples) / rate, cycles)
    columns: dict[str, object] = {
        "asset": np.repeat(assets, samples),
        "time": EPOCH + pd.to_timedelta(cycle * SECONDS + within, unit="s"),
        "cycle": cycle,
    }
    for name in sensors:
        held = _read(path, name)
        if held.shape[0] != cycles:
            raise SourceError.because(
                f"{held.shape[0]} cycles in {name}.txt",
                f"{cycles}, as in profile.txt",
                "fetch both",
            )
        columns[name] = _resample(held, samples).ravel()
    return pd.DataFrame(columns)


def _resample(held: npt.NDArray[np.float64], samples: int) -> npt.NDArray[np.float64]:
    """Average a faster sensor; leave the instants between the samples of a slower one empty."""
    cycles, given = held.shape
    if given >= samples:
        means: npt.NDArray[np.float64] = held.reshape(cycles, samples, -1).mean(axis=2)
        return means
    spread = np.full((cycles, given, samples // given), np.nan)
    spread[:, :, 0] = held
    return spread.reshape(cycles, samples)


def _changes(changed: pd.Series) -> pd.DataFrame:
    """Say when something was changed on the rig: between the last cycle before and the next."""
    first = np.flatnonzero(changed.diff().to_numpy() > 0)
    time = EPOCH + pd.to_timedelta(first * SECONDS - FINEST / 2, unit="s")
    return pd.DataFrame({"asset": "rig", "time": time, "kind": "restart", "code": "", "item": ""})


def _intervals(
    states: pd.Series, assets: npt.NDArray[np.str_], item: str, modes: Mapping[int, str]
) -> pd.DataFrame:
    rows = pd.DataFrame({"state": states, "asset": assets, "cycle": np.arange(len(states))})
    run = (rows[["state", "asset"]] != rows[["state", "asset"]].shift()).any(axis=1).cumsum()
    runs = rows.groupby(run).agg(
        asset=("asset", "first"),
        code=("state", "first"),
        first=("cycle", "first"),
        last=("cycle", "last"),
    )
    runs["failure_mode"] = runs["code"].map(modes)
    faulty = runs[runs["failure_mode"].notna()].reset_index(drop=True)
    start = EPOCH + pd.to_timedelta(faulty["first"] * SECONDS, unit="s")
    end = EPOCH + pd.to_timedelta((faulty["last"] + 1) * SECONDS - FINEST, unit="s")
    return faulty.assign(time=start, end=end, kind="fault", item=item)
