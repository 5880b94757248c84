"""NASA's C-MAPSS turbofan sets: one row a flight, run to failure.

Options: ``subset`` (``FD001`` to ``FD004``) and ``part`` (``train``, ``test`` or ``both``).
No dates are published: cycle n stands n hours after 2000-01-01 UTC. A training engine fails at its
last cycle; a test engine fails as many cycles after its last one as ``RUL_*.txt`` says, so that the
failure lies beyond its readings. Saxena et al., PHM08, doi:10.1109/PHM.2008.4711414.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from faultprint.config import Equipment, ReadingsMap, Source
from faultprint.errors import SourceError
from faultprint.store.sources.files import Dialect, list_files, read_file
from faultprint.store.sources.raw import (
    EPOCH,
    LAYOUT_EVENTS,
    Raw,
    RawEvents,
    RawReadings,
    Refusal,
    VariableMap,
    check_options,
    choice,
    only_class,
    published_sensors,
)

VARIABLE_MAP: VariableMap = {
    "setting1": ("altitude", "kft"),
    "setting2": ("mach", "1"),
    "setting3": ("throttle", "degree"),
    "s1": ("t2", "degR"),
    "s2": ("t24", "degR"),
    "s3": ("t30", "degR"),
    "s4": ("t50", "degR"),
    "s5": ("p2", "psi"),
    "s6": ("p15", "psi"),
    "s7": ("p30", "psi"),
    "s8": ("nf", "rpm"),
    "s9": ("nc", "rpm"),
    "s10": ("epr", "1"),
    "s11": ("ps30", "psi"),
    "s12": ("phi", "lb/s/psi"),
    "s13": ("nrf", "rpm"),
    "s14": ("nrc", "rpm"),
    "s15": ("bpr", "1"),
    "s16": ("far_b", "1"),
    "s17": ("ht_bleed", "1"),
    "s18": ("nf_dmd", "rpm"),
    "s19": ("pcnfr_dmd", "rpm"),
    "s20": ("w31", "lb/s"),
    "s21": ("w32", "lb/s"),
}

SUBSETS = ("FD001", "FD002", "FD003", "FD004")
_COLUMNS = ("unit", "cycle", *VARIABLE_MAP)
# Two subsets have engines of two fault modes and do not say which engine has which.
_MODES = {"FD001": "hpc_degradation", "FD002": "hpc_degradation"}


def open_cmapss(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read one subset.

    Parameters
    ----------
    source : Source
        Its path is the folder of the ``.txt`` files, gzipped or not.
    equipment : Mapping[str, Equipment]
        Equipment classes; the sensors are among those of ``VARIABLE_MAP``.

    Yields
    ------
    Raw
        Readings and failures; an engine is called e.g. ``FD001-train-007``.
    """
    check_options(source.options, ("subset", "part"))
    name = only_class(equipment, source.options.get("equipment_class"))
    subset = choice(source.options, "subset", "FD001", SUBSETS)
    part = choice(source.options, "part", "train", ("train", "test", "both"))
    mapping = ReadingsMap(
        equipment_class=name,
        asset="asset",
        sensors=published_sensors(VARIABLE_MAP, equipment[name]),
    )
    for half in ("train", "test") if part == "both" else (part,):
        source_name, rows, rejects = _read(source.path, f"{half}_{subset}.txt*", _COLUMNS)
        rows["asset"] = [f"{subset}-{half}-{int(unit):03d}" for unit in rows["unit"]]
        rows["time"] = EPOCH + pd.to_timedelta(rows["cycle"], unit="h")
        yield RawReadings(source_name, rows, mapping)
        if len(rejects):
            yield Refusal(rejects)
        yield RawEvents(source_name, _failures(source.path, subset, half, rows), LAYOUT_EVENTS)


def _read(
    path: str, pattern: str, columns: tuple[str, ...]
) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    file = list_files(path, pattern)[0]
    read = read_file(file, Dialect(separator=r"\s+", header=columns))
    if not all(pd.api.types.is_numeric_dtype(kind) for kind in read.frame.dtypes):
        raise SourceError.because(
            f"{file.name!r} with text in it", f"{len(columns)} columns of numbers", "fetch it again"
        )
    if read.frame[columns[-1]].isna().all():
        raise SourceError.because(
            f"{file.name!r} with fewer columns", f"{len(columns)} columns", "fetch it again"
        )
    return file.name, read.frame, read.rejects


def _failures(path: str, subset: str, half: str, rows: pd.DataFrame) -> pd.DataFrame:
    last = rows.groupby("asset", sort=False)["time"].max()
    if half == "test":
        _, lives, _ = _read(path, f"RUL_{subset}.txt*", ("rul",))
        if len(lives) != len(last):
            raise SourceError.because(
                f"{len(lives)} remaining lives for {len(last)} test engines of {subset}",
                "one for each engine",
                "fetch the files of one subset together",
            )
        last = last + pd.to_timedelta(lives["rul"].to_numpy(), unit="h")
    failures = last.rename("time").reset_index()
    return failures.assign(
        kind="failure",
        code=subset,
        failure_mode=_MODES.get(subset, "degradation"),
        item="engine",
        end="",
    )
