"""Write a simulated fleet the way a plant would hand it over: several systems, several habits.

The northern site exports its pumps from a German historian (semicolon, decimal comma, winter time
all year, kPa), the southern one from another (comma, UTC, litres per second). Compressors come as
Parquet: a fast system in long form and a slow one in wide form. Maintenance orders are in local
time, alarms in milliseconds since 1970. Nothing here knows the tables of Faultprint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faultprint.simulate.history import ALARM_COLUMNS, LOG_COLUMNS, AssetHistory, Flags
from faultprint.store.folders import staged_folder

Columns = dict[str, tuple[str, float]]
"""Plant's column -> (sensor, factor from the sensor's unit to the plant's)."""

NORTH: Columns = {
    "Drehzahl [1/min]": ("speed", 1.0),
    "T Halle [°C]": ("ambient_temperature", 1.0),
    "Förderstrom [m³/h]": ("flow", 1.0),
    "p Saug [kPa]": ("suction_pressure", 100.0),
    "p Druck [bar]": ("discharge_pressure", 1.0),
    "Motorstrom [A]": ("motor_current", 1.0),
    "T Wicklung [°C]": ("winding_temperature", 1.0),
    "T Lager AS [°C]": ("bearing_temperature", 1.0),
    "v AS [mm/s]": ("vibration_de", 1.0),
    "v BS [mm/s]": ("vibration_nde", 1.0),
    "p Sperr [kPa]": ("seal_pressure", 100.0),
}
"""Columns of the pumps of the northern site (AS, BS: drive and non-drive end)."""

SOUTH: Columns = {
    "SPEED_RPM": ("speed", 1.0),
    "AMB_C": ("ambient_temperature", 1.0),
    "FLOW_LPS": ("flow", 1 / 3.6),
    "PS_BAR": ("suction_pressure", 1.0),
    "PD_KPA": ("discharge_pressure", 100.0),
    "AMPS": ("motor_current", 1.0),
    "TW_C": ("winding_temperature", 1.0),
    "TB_C": ("bearing_temperature", 1.0),
    "VIB_DE": ("vibration_de", 1.0),
    "VIB_NDE": ("vibration_nde", 1.0),
    "PSEAL_BAR": ("seal_pressure", 1.0),
}
"""Columns of the pumps of the southern site."""

FAST: Columns = {
    "n": ("speed", 1.0),
    "T_amb": ("ambient_temperature", 1.0),
    "V_out": ("flow", 1.0),
    "dp_filter": ("inlet_pressure_drop", 1.0),
    "p_out": ("discharge_pressure", 1.0),
    "T_out": ("discharge_temperature", 1.0),
    "T_oil": ("oil_temperature", 1.0),
    "I_mot": ("motor_current", 1.0),
}
"""Signals of the compressors' fast system."""

SLOW: Columns = {
    "dp_sep_kPa": ("separator_pressure_drop", 100.0),
    "vib_mm_s": ("vibration", 1.0),
}
"""Columns of the compressors' slow system, once an hour."""

HISTORIAN_ZONE = "Etc/GMT-1"
"""Winter time all year: one hour ahead of UTC (POSIX counts the other way)."""
OFFICE_ZONE = "Europe/Berlin"
"""Zone of the maintenance orders, with summer time."""
BAD_CELL = "Bad Input"
"""What the northern historian writes where it has no value."""


def _convert(readings: pd.DataFrame, columns: Columns, decimals: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: (readings[sensor].to_numpy() * factor).round(decimals)
            for name, (sensor, factor) in columns.items()
        },
        index=readings.index,
    )


def _write_north(history: AssetHistory, raw: Path) -> None:
    frame = _convert(history.readings, NORTH, 2)
    local = pd.DatetimeIndex(frame.index).tz_convert(HISTORIAN_ZONE)
    frame.insert(0, "Zeitstempel", local.strftime("%d.%m.%Y %H:%M:%S"))
    path = raw / "north" / f"{history.asset}_Stundenwerte.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, sep=";", decimal=",", index=False, na_rep=BAD_CELL, encoding="cp1252")


def _write_south(history: AssetHistory, raw: Path) -> None:
    frame = _convert(history.readings, SOUTH, 3)
    frame.insert(0, "TAG", history.asset)
    stamps = pd.DatetimeIndex(frame.index).strftime("%Y-%m-%dT%H:%M:%SZ")
    frame.insert(0, "TS", stamps)
    path = raw / "south" / f"{history.asset.lower().replace('-', '')}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)


def _first_of_hour(time: pd.DatetimeIndex) -> Flags:
    """Tell which rows open a new hour, in the order in which they were logged."""
    hour = time.as_unit("ns").asi8 // 3_600_000_000_000
    return np.asarray(np.diff(hour, prepend=hour[:1] - 1) != 0)


def _write_compressor(history: AssetHistory, raw: Path) -> None:
    """Write the fast signals in long form without gaps, the slow ones once an hour in wide form."""
    readings = history.readings
    fast = _convert(readings, FAST, 3)
    values = fast.to_numpy().ravel()
    there = ~np.isnan(values)
    instants = pd.DatetimeIndex(fast.index).as_unit("ms").asi8.repeat(len(FAST))[there]
    long = {
        "machine": pa.array([history.asset] * int(there.sum())).dictionary_encode(),
        "time": pa.array(instants).cast(pa.timestamp("ms", tz="UTC")),
        "signal": pa.array(np.tile(list(FAST), len(fast))[there]).dictionary_encode(),
        "value": pa.array(values[there]),
    }
    hourly = readings[_first_of_hour(pd.DatetimeIndex(readings.index))]
    slow = {
        "machine": pa.array([history.asset] * len(hourly)),
        "t_ms": pa.array(pd.DatetimeIndex(hourly.index).as_unit("ms").asi8),
    } | {name: pa.array(column) for name, column in _convert(hourly, SLOW, 3).items()}
    for folder, columns in (("fast", long), ("slow", slow)):
        path = raw / "compressors" / folder / f"{history.asset}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path, compression="zstd")


WRITERS: dict[tuple[str, str], Callable[[AssetHistory, Path], None]] = {
    ("centrifugal_pump", "north"): _write_north,
    ("centrifugal_pump", "south"): _write_south,
    ("screw_compressor", "north"): _write_compressor,
    ("screw_compressor", "south"): _write_compressor,
}
"""Equipment class and site -> how its readings are exported."""


def _stack(
    parts: Iterable[tuple[str, pd.DataFrame]], owner: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Put the rows of all assets together; none at all give an empty frame of the same kind."""
    told = [rows.assign(**{owner: asset}) for asset, rows in parts if len(rows)]
    if told:
        return pd.concat(told, ignore_index=True)
    bare = {name: pd.Series([], dtype="str") for name in (*columns, owner)}
    return pd.DataFrame(bare | {"time": pd.Series([], dtype="datetime64[ns, UTC]")})


def _orders(histories: Iterable[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return the maintenance orders of the whole plant, and one of an asset that left it."""
    log = _stack(histories, "asset", LOG_COLUMNS)
    stray = log.iloc[:1].assign(asset="P-099", text="Altanlage, demontiert")
    log = pd.concat([log, stray], ignore_index=True).sort_values(["time", "asset"], kind="stable")
    local = log["time"].dt.tz_convert(OFFICE_ZONE).dt.strftime("%d.%m.%Y %H:%M")
    return pd.DataFrame(
        {
            "Auftrag": range(400001, 400001 + len(log)),
            "Techn. Platz": log["asset"],
            "Meldezeit": local,
            "Auftragsart": log["kind"],
            "Schadensbild": log["mode"],
            "Bauteil": log["item"],
            "Kurztext": log["text"],
        }
    )


def _write_alarms(alarms: list[tuple[str, pd.DataFrame]], raw: Path) -> None:
    every = _stack(alarms, "unit", ALARM_COLUMNS).sort_values(["time", "unit", "code"])
    stamp = pd.DatetimeIndex(every["time"]).as_unit("ms").asi8
    listed = every.assign(ts_ms=stamp)[["ts_ms", "unit", "code", "text"]]
    listed.to_csv(raw / "alarms.csv", index=False)


def _write_registers(assets: list[AssetHistory], raw: Path) -> None:
    for kind, name in (("centrifugal_pump", "pumps"), ("screw_compressor", "compressors")):
        rows = [{"id": a.asset, **a.attributes} for a in assets if a.equipment_class == kind]
        pd.DataFrame(rows).to_csv(raw / f"register_{name}.csv", index=False)


def _slim(history: AssetHistory) -> AssetHistory:
    """Return the history without its readings, which are on the disk by now."""
    return AssetHistory(
        history.asset,
        history.equipment_class,
        history.attributes,
        history.readings.iloc[:0],
        history.log,
        history.alarms,
        history.truth,
    )


def export_plant(histories: Iterable[AssetHistory], raw: Path, truth: Path) -> dict[str, object]:
    """Write histories as a plant would export them, and the truth beside them.

    Parameters
    ----------
    histories : Iterable[AssetHistory]
        What was simulated; read once, one asset in memory at a time.
    raw : Path
        Folder of the export; replaced whole, or left as it was if anything fails.
    truth : Path
        Folder of ``truth.csv`` (asset, equipment_class, kind, mode, item, onset, end, outcome,
        strength); nothing that learns may read it.

    Returns
    -------
    dict[str, object]
        Numbers of assets, rows, failures and maintenance orders, and the size of the export [B].

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    slim, rows = [], 0
    with ExitStack() as stack:
        new_truth = stack.enter_context(staged_folder(truth))
        new_raw = stack.enter_context(staged_folder(raw))
        for history in histories:
            WRITERS[history.equipment_class, history.attributes["site"]](history, new_raw)
            rows += len(history.readings)
            slim.append(_slim(history))
        orders = _orders((h.asset, h.log) for h in slim)
        orders.to_csv(new_raw / "auftraege.csv", sep=";", index=False, encoding="cp1252")
        _write_alarms([(h.asset, h.alarms) for h in slim], new_raw)
        _write_registers(slim, new_raw)
        known = _gather_truth(slim)
        known.to_csv(new_truth / "truth.csv", index=False)
        size = sum(p.stat().st_size for p in new_raw.rglob("*") if p.is_file())
        summary = _summarise(slim, known, rows, size) | {"orders": len(orders)}
        text = json.dumps(summary, indent=2, sort_keys=True) + "\n"
        (new_truth / "summary.json").write_text(text, "utf-8")
    return summary


def _gather_truth(histories: list[AssetHistory]) -> pd.DataFrame:
    parts = [
        h.truth.assign(asset=h.asset, equipment_class=h.equipment_class)
        for h in histories
        if len(h.truth)
    ]
    if not parts:
        return pd.DataFrame(columns=["asset", "equipment_class", *histories[0].truth.columns])
    known = pd.concat(parts, ignore_index=True)
    front = ["asset", "equipment_class"]
    return known[[*front, *(c for c in known.columns if c not in front)]]


def _summarise(
    histories: list[AssetHistory], truth: pd.DataFrame, rows: int, size: int
) -> dict[str, object]:
    failed = truth[truth["outcome"] == "failure"]
    counts = failed.groupby("mode").size().to_dict()
    return {
        "assets": len(histories),
        "rows": rows,
        "failures": len(failed),
        "failures_by_mode": {str(mode): int(n) for mode, n in sorted(counts.items())},
        "defects": int((truth["kind"] == "defect").sum()),
        "bytes": size,
    }
