"""Stage ingest: what the plant exported becomes assets, readings, events and rejects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.errors import SourceError
from faultprint.signal.clean import flag_readings
from faultprint.signal.histories import describe_sensor, describe_times
from faultprint.store.folders import staged_folder
from faultprint.store.ingest_report import (
    AssetReport,
    IngestReport,
    count_reasons,
    write_report,
)
from faultprint.store.parquet import write_readings, write_tables
from faultprint.store.sources.door import Admitted, admit_readings
from faultprint.store.sources.log import admit_assets, admit_events, refuse_strangers
from faultprint.store.sources.merge import Merged, merge_parts
from faultprint.store.sources.raw import (
    RawAssets,
    RawEvents,
    RawReadings,
    Refusal,
    make_rejects,
)
from faultprint.store.sources.registry import open_source
from faultprint.store.table_units import write_units
from faultprint.tables import check, empty

NO_CLASS = "equipment class unknown: neither the register nor the mapping says it"


@dataclass
class _Gathered:
    """Everything a source gave, by asset."""

    parts: dict[str, list[tuple[str, pd.DataFrame]]] = field(default_factory=dict)
    """Asset -> source and rows of each part."""
    mapped_class: dict[str, str] = field(default_factory=dict)
    """Asset -> class its readings' mapping says, empty if it does not."""
    assets: list[pd.DataFrame] = field(default_factory=list)
    events: list[tuple[str, pd.DataFrame]] = field(default_factory=list)
    rejects: list[pd.DataFrame] = field(default_factory=list)
    first_error: SourceError | None = None
    """Why the first source that was refused as a whole was."""

    def add_readings(self, raw: RawReadings, admitted: Admitted) -> None:
        """Sort admitted rows by asset."""
        self.rejects.extend(admitted.rejects)
        for part in admitted.parts:
            for asset, rows in part.groupby("asset", sort=False):
                name = str(asset)
                self.parts.setdefault(name, []).append((raw.source, rows))
                self.mapped_class.setdefault(name, raw.mapping.equipment_class or "")


def ingest(settings: Settings, tables: Path, report: Path) -> dict[str, object]:
    """Read a source and write the tables of what came in.

    Parameters
    ----------
    settings : Settings
        Typed params.
    tables : Path
        Folder for ``assets``, ``readings``, ``events``, ``rejects`` and the units of the sensors;
        it is replaced as a whole, and only once everything is written.
    report : Path
        HTML file of the ingest report; the JSON file stands beside it.

    Returns
    -------
    dict[str, object]
        Numbers of assets, readings, events and rejects, and the warnings.

    Raises
    ------
    SourceError
        If no readings came in.
    """
    gathered = _gather(settings)
    assets = _register(settings, gathered)
    if not gathered.parts:
        if gathered.first_error is not None:
            raise gathered.first_error
        raise SourceError.because(
            f"no readings of a known asset in {settings.source.path!r}; refused: "
            f"{count_reasons(pd.concat(gathered.rejects)) if gathered.rejects else 'nothing'}",
            "readings",
            "correct the source in params.yaml",
        )
    events = _admit_known(gathered, set(assets["asset"]))
    with staged_folder(tables) as folder:
        reports = _write_assets(settings, gathered, assets, events, folder)
        rejects = pd.concat([empty("rejects"), *gathered.rejects], ignore_index=True)
        told = IngestReport(
            source=settings.source.path if settings.source.url is None else "database",
            assets=tuple(reports),
            without_readings=tuple(sorted(set(assets["asset"]) - {one.asset for one in reports})),
            events={str(k): int(n) for k, n in events["kind"].value_counts().items()},
            rejects=rejects,
        )
        named = {"assets": assets, "events": events, "rejects": rejects}
        write_tables(folder, {name: check(name, frame) for name, frame in named.items()})
        write_units(folder, settings.equipment, {one.equipment_class for one in reports})
        write_report(told, report)
    return {
        "assets": len(reports),
        "readings": sum(one.times.rows for one in reports),
        "events": told.events,
        "rejects": count_reasons(rejects),
        "warnings": told.warnings(),
    }


def _gather(settings: Settings) -> _Gathered:
    gathered = _Gathered()
    for raw in tqdm(open_source(settings.source, settings.equipment), "read", unit=" parts"):
        if isinstance(raw, Refusal):
            gathered.rejects.append(raw.rejects)
        elif isinstance(raw, RawReadings):
            try:
                gathered.add_readings(raw, admit_readings(raw, settings.equipment))
            except SourceError as error:
                gathered.first_error = gathered.first_error or error
                gathered.rejects.append(make_rejects(raw.source, 0, str(error)))
        elif isinstance(raw, RawEvents):
            events, rejects = admit_events(raw)
            gathered.events.append((raw.source, events))
            gathered.rejects.extend(rejects)
        elif isinstance(raw, RawAssets):
            assets, rejects = admit_assets(raw, settings.equipment)
            gathered.assets.append(assets)
            gathered.rejects.extend(rejects)
    return gathered


def _register(settings: Settings, gathered: _Gathered) -> pd.DataFrame:
    """Join the registers with what the readings say; drop readings of no known class."""
    listed = pd.concat([empty("assets"), *gathered.assets], ignore_index=True)
    listed = listed.sort_values(list(listed.columns)).drop_duplicates("asset")
    classes = dict(zip(listed["asset"], listed["equipment_class"], strict=True))
    only = next(iter(settings.equipment)) if len(settings.equipment) == 1 else ""
    further = []
    for asset in list(gathered.parts):
        if asset in classes:
            continue
        name = gathered.mapped_class[asset] or only
        if name:
            further.append({"asset": asset, "equipment_class": name, "attributes": "{}"})
            continue
        for source, rows in gathered.parts.pop(asset):
            gathered.rejects.append(
                make_rejects(source, 0, NO_CLASS, asset, "", f"{len(rows)} rows")
            )
    added = pd.DataFrame(further, columns=listed.columns).astype(dict(listed.dtypes))
    joined = pd.concat([listed, added], ignore_index=True)
    return joined.sort_values("asset", ignore_index=True)


def _admit_known(gathered: _Gathered, known: set[str]) -> pd.DataFrame:
    kept = [empty("events")]
    for source, events in gathered.events:
        ours, rejects = refuse_strangers(events, source, known)
        kept.append(ours)
        if len(rejects):
            gathered.rejects.append(rejects)
    joined = pd.concat(kept, ignore_index=True)
    return joined.sort_values(["asset", "time", "kind", "code"], kind="stable", ignore_index=True)


def _write_assets(
    settings: Settings,
    gathered: _Gathered,
    assets: pd.DataFrame,
    events: pd.DataFrame,
    folder: Path,
) -> list[AssetReport]:
    reports = []
    classes = dict(zip(assets["asset"], assets["equipment_class"], strict=True))
    logged = {str(asset): rows["time"] for asset, rows in events.groupby("asset")}
    for asset in tqdm(sorted(gathered.parts), "clean", unit=" assets"):
        # Taken out of the dict, so that memory falls as assets are done.
        given = gathered.parts.pop(asset)
        sensors = list(settings.equipment[classes[asset]].sensors)
        merged = merge_parts(
            asset, [rows for _, rows in given], [name for name, _ in given], sensors
        )
        gathered.rejects.append(merged.rejects)
        if not len(merged.readings):
            continue
        report, readings = _clean(settings, classes[asset], merged)
        early = logged.get(asset, empty("events")["time"]) < readings["time"].iloc[0]
        report = replace(report, events_before_first_reading=int(early.sum()))
        write_readings(folder, classes[asset], readings)
        gathered.rejects.extend(_notices(report, given[0][0]))
        reports.append(report)
    return reports


def _clean(
    settings: Settings, equipment_class: str, merged: Merged
) -> tuple[AssetReport, pd.DataFrame]:
    equipment, cleaning = settings.equipment[equipment_class], settings.cleaning
    readings = flag_readings(merged.readings, equipment, cleaning)
    report = AssetReport(
        asset=str(readings["asset"].iloc[0]),
        equipment_class=equipment_class,
        times=describe_times(readings, equipment, cleaning),
        duplicates_identical=merged.identical,
        duplicates_conflicting=merged.conflicting,
        out_of_order=merged.out_of_order,
        events_before_first_reading=0,
        sensors=tuple(
            describe_sensor(readings, name, equipment, cleaning) for name in equipment.sensors
        ),
    )
    return report, readings


def _notices(report: AssetReport, source: str) -> Iterator[pd.DataFrame]:
    """Yield a row for what was let in but is suspect, so that nobody need read the report."""
    if report.times.too_short:
        said = "too few readings to judge the asset; kept"
        yield make_rejects(source, 0, said, report.asset, "", f"{report.times.rows} readings")
    for sensor in report.sensors:
        if sensor.unit_ratio is not None:
            said = "the level jumped for good, so the unit is suspect; kept"
            value = f"{sensor.unit_ratio:.3g}-fold about {sensor.unit_changed}"
            yield make_rejects(source, 0, said, report.asset, sensor.sensor, value)
