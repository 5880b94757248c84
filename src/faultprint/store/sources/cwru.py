"""The Case Western bearing recordings (.mat): accelerations of seeded bearing faults.

A bearing (fault and size, e.g. ``IR007``) is an asset, each recording a segment, numbered by its
file; recording n begins n hours after 2000-01-01 UTC, as no dates are published. Option
``seconds`` keeps only the beginning of each recording. Faulty recordings are sampled at 12 kHz. The
normal ones are about 48 kHz by their length, whatever their folder says: option
``normal_rate_hz`` (default 48000), brought to 12 kHz by an anti-aliased decimation.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.io import loadmat
from scipy.signal import decimate

from faultprint.config import Equipment, ReadingsMap, Source
from faultprint.errors import ConfigError, SourceError
from faultprint.store.sources.files import SourceFile, list_files
from faultprint.store.sources.raw import (
    EPOCH,
    LAYOUT_EVENTS,
    Raw,
    RawEvents,
    RawReadings,
    Refusal,
    VariableMap,
    check_options,
    make_rejects,
    only_class,
    published_sensors,
)

VARIABLE_MAP: VariableMap = {
    "DE_time": ("drive_end", "g_0"),
    "FE_time": ("fan_end", "g_0"),
    "BA_time": ("base", "g_0"),
    "RPM": ("speed", "rpm"),
}

RATE_HZ = 12_000
MODES = {"IR": "inner_race", "OR": "outer_race", "B": "ball"}
_FILE = re.compile(r"(?P<number>\d+)[^/]*\.mat$")
_FAULT = re.compile(r"/(?P<kind>IR|OR|B)/(?P<size>\d{3})/")


def open_cwru(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read the recordings below a folder.

    Parameters
    ----------
    source : Source
        Its path is the folder that holds ``Normal`` and the folders of faults.
    equipment : Mapping[str, Equipment]
        Equipment classes; the sensors are among those of ``VARIABLE_MAP``.

    Yields
    ------
    Raw
        Readings of each recording, then its fault interval.

    Raises
    ------
    SourceError
        If no recording can be read.
    """
    check_options(source.options, ("seconds", "normal_rate_hz"))
    name = only_class(equipment, source.options.get("equipment_class"))
    mapping = ReadingsMap(
        equipment_class=name,
        segment="recording",
        sensors=published_sensors(VARIABLE_MAP, equipment[name]),
    )
    first_error: SourceError | None = None
    read = 0
    for file in list_files(source.path, "**/*.mat"):
        try:
            raws = _recording(file, mapping, source.options)
        except SourceError as error:
            first_error = first_error or error
            yield Refusal(make_rejects(file.name, 0, str(error)))
            continue
        read += 1
        yield from raws
    if first_error and not read:
        raise first_error


def _positive(options: Mapping[str, object], name: str, default: float) -> float:
    value = options.get(name, default)
    if not isinstance(value, int | float) or value <= 0:
        raise ConfigError.because(f"{name} {value!r}", "a number above 0", "correct the option")
    return float(value)


def _recording(file: SourceFile, mapping: ReadingsMap, options: Mapping[str, object]) -> list[Raw]:
    numbered, fault = _FILE.search(file.url), _FAULT.search(file.url)
    if numbered is None:
        raise SourceError.because(
            f"the file name {file.name!r}", "a recording's number first", "restore its name"
        )
    number = int(numbered["number"])
    asset = f"{fault['kind']}{fault['size']}" if fault else "normal"
    step = 1 if fault else round(_positive(options, "normal_rate_hz", 48_000) / RATE_HZ)
    columns = _signals(file, number, max(step, 1))
    kept = round(_positive(options, "seconds", 3_600) * RATE_HZ)
    frame = pd.DataFrame({name: values[:kept] for name, values in columns.items()})
    offset = number * 3_600_000_000_000 + np.arange(len(frame)) * 1_000_000_000 // RATE_HZ
    frame["time"] = EPOCH.as_unit("ns") + pd.to_timedelta(offset, unit="ns")
    frame["recording"] = number
    raws: list[Raw] = [RawReadings(file.name, frame, mapping, asset)]
    if fault:
        row = {
            "asset": asset,
            "time": frame["time"].iloc[0],
            "end": frame["time"].iloc[-1],
            "kind": "fault",
            "code": asset,
            "failure_mode": MODES[fault["kind"]],
            "item": "bearing",
        }
        raws.append(RawEvents(file.name, pd.DataFrame([row]), LAYOUT_EVENTS))
    return raws


def _signals(file: SourceFile, number: int, step: int) -> dict[str, npt.NDArray[np.float64]]:
    try:
        held = loadmat(io.BytesIO(file.read_bytes()))
    # scipy answers MATLAB 7.3, which is HDF5, with a kind of RuntimeError.
    except (ValueError, OSError, TypeError, RuntimeError, EOFError) as error:
        raise SourceError.because(
            f"{file.name!r}, which is truncated or no .mat file ({str(error)[:120]})",
            "a MATLAB 5 file",
            "fetch it again",
        ) from error
    # A file may also hold a neighbour's signals, so the number decides.
    own = {
        key[len(f"X{number:03d}") :].removeprefix("_"): np.ravel(values).astype("float64")
        for key, values in held.items()
        if key.startswith(f"X{number:03d}")
    }
    waves = {name: values for name, values in own.items() if name.endswith("_time")}
    if "DE_time" not in waves:
        raise SourceError.because(
            f"{file.name!r} without the drive end's signal",
            f"X{number:03d}_DE_time",
            "fetch it again",
        )
    length = min(len(values) for values in waves.values())
    reduced = {
        name: decimate(values[:length], step, ftype="fir") if step > 1 else values[:length]
        for name, values in waves.items()
    }
    if "RPM" in own:
        reduced["RPM"] = np.full(len(reduced["DE_time"]), own["RPM"][0])
    return reduced
