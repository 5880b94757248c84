"""Microsoft's predictive-maintenance sample: hourly telemetry, errors, maintenance, failures.

Options: ``machines`` (``'1-20'``, ``'1,5,9'`` or ``all``) and ``telemetry`` (file or glob).
Failures and replacements name the component, which is both the item and the failure mode.
Times are published without a zone and taken as UTC. The units of pressure and vibration are not
published, so they are plain numbers here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from faultprint.config import AssetsMap, Equipment, EventsMap, ReadingsMap, Source
from faultprint.errors import ConfigError, SourceError
from faultprint.store.sources.door import asset_names
from faultprint.store.sources.files import list_files
from faultprint.store.sources.plain import open_plain
from faultprint.store.sources.raw import (
    Raw,
    RawAssets,
    RawEvents,
    RawReadings,
    Refusal,
    VariableMap,
    check_options,
    only_class,
    published_sensors,
)

VARIABLE_MAP: VariableMap = {
    "volt": ("volt", "V"),
    "rotate": ("rotate", "rpm"),
    "pressure": ("pressure", "1"),
    "vibration": ("vibration", "1"),
}

COMPONENTS = ("comp1", "comp2", "comp3", "comp4")
_TELEMETRY = ("PdM_telemetry.csv*", "PdM_telemetry_machines*.csv*")
_AMERICAN = "%m/%d/%Y %I:%M:%S %p"
_ID, _TIME = "machineID", "datetime"


def open_azure_pdm(source: Source, equipment: Mapping[str, Equipment]) -> Iterator[Raw]:
    """Read the sample.

    Parameters
    ----------
    source : Source
        Its path is the folder of the ``PdM_*.csv`` files, gzipped or not.
    equipment : Mapping[str, Equipment]
        Equipment classes; the sensors are among those of ``VARIABLE_MAP``.

    Yields
    ------
    Raw
        The register, the telemetry and the events of the machines asked for.
    """
    check_options(source.options, ("machines", "telemetry"))
    name = only_class(equipment, source.options.get("equipment_class"))
    machines = _machines(str(source.options.get("machines", "all")))
    for raw in open_plain(_mapped(source, name, equipment[name]), equipment):
        if isinstance(raw, Refusal):
            yield raw
            continue
        frame = raw.frame
        if machines is not None:
            frame = frame[asset_names(frame[_ID]).isin(machines)]
        raw = replace(raw, frame=frame)  # noqa: PLW2901 - the same, without the other machines
        yield raw if isinstance(raw, RawAssets) else _dated(raw)


def _dated(raw: RawReadings | RawEvents) -> RawReadings | RawEvents:
    """State the spelling of the dates: the sample is in the wild with ISO and American ones."""
    first = str(next(iter(raw.frame[_TIME]), ""))
    form = {"time_format": _AMERICAN if "/" in first else "ISO8601"}
    if isinstance(raw, RawReadings):
        return replace(raw, mapping=raw.mapping.model_copy(update=form))
    return replace(raw, mapping=raw.mapping.model_copy(update=form))


def _machines(said: str) -> set[str] | None:
    if said == "all":
        return None
    chosen: set[str] = set()
    for part in said.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise ConfigError.because(
                f"machines {said!r}",
                "a range like '1-20', a list like '1,5' or 'all'",
                "correct it",
            )
        chosen.update(str(number) for number in range(int(first), int(last or first) + 1))
    return chosen


def _telemetry(source: Source) -> str:
    if "telemetry" in source.options:
        return str(source.options["telemetry"])
    for pattern in _TELEMETRY:
        try:
            list_files(source.path, pattern)
        except SourceError:
            continue
        return pattern
    return _TELEMETRY[0]


def _mapped(source: Source, name: str, equipment: Equipment) -> Source:
    def log(file: str, kind: str, code: str, *, item: bool = True) -> EventsMap:
        part = code if item else None
        mode = code if kind == "failure" else None
        return EventsMap(
            path=file, asset=_ID, time=_TIME, timezone="UTC", constant_kind=kind,
            code=code, item=part, failure_mode=mode,
        )  # fmt: skip

    return Source(
        path=source.path,
        readings=[
            ReadingsMap(
                path=_telemetry(source),
                equipment_class=name,
                asset=_ID,
                time=_TIME,
                timezone="UTC",
                sensors=published_sensors(VARIABLE_MAP, equipment),
            )
        ],
        events=[
            log("PdM_failures.csv*", "failure", "failure"),
            log("PdM_maint.csv*", "maintenance", "comp"),
            log("PdM_errors.csv*", "error", "errorID", item=False),
        ],
        assets=[
            AssetsMap(
                path="PdM_machines.csv*",
                asset=_ID,
                constant_class=name,
                attributes=["model", "age"],
            )
        ],
    )
