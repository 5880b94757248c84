"""Batch scoring: new readings in, results added."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint import tables as schema
from faultprint.serve.score import Scored, Scorer
from faultprint.state.alarms import raise_incidents, with_alarms
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_readings,
    read_table,
    write_tables,
)

_KEYS = {
    "residuals": ["asset", "end", "sensor", "release"],
    "states": ["asset", "end", "release"],
    "diagnoses": ["asset", "end", "release"],
}


def score(release: Path, tables: Path, results: Path) -> dict[str, object]:
    """Score every history in a folder of tables and add what is new to the results.

    A row that is already there is never changed: scoring the same readings twice with the same
    release adds nothing. Incidents are derived anew from all diagnoses of the release.

    Parameters
    ----------
    release : Path
        Exported release; nothing else of training is used.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``.
    results : Path
        Folder of ``residuals``, ``states``, ``diagnoses``, ``incidents``, ``sensor_health``,
        ``refused``.

    Returns
    -------
    dict[str, object]
        Release, rows added, verdicts, incidents and refusals.
    """
    scorer = Scorer.load(release)
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    parts = []
    for equipment_class, asset in tqdm(list_assets(tables), desc="score", unit="asset"):
        readings = read_readings(tables, equipment_class, asset)
        parts.append(scorer.score(readings, events[events["asset"] == asset], assets))
    fresh = _stacked(parts, scorer.label)
    old = _held(results)
    merged = {name: _merge(old.get(name), fresh[name], keys) for name, keys in _KEYS.items()}
    merged["states"] = _with_alarms(scorer, merged["states"])
    merged["incidents"] = _incidents(scorer, merged, old.get("incidents"))
    merged["sensor_health"] = _renewed(old.get("sensor_health"), fresh["sensor_health"])
    merged["refused"] = fresh["refused"]
    with staged_folder(results) as new:
        write_tables(new, merged)
    mine = merged["incidents"]["release"] == scorer.label
    return {
        "release": scorer.label,
        "added": {name: len(merged[name]) - len(old.get(name, [])) for name in _KEYS},
        "verdicts": fresh["diagnoses"]["verdict"].value_counts().to_dict(),
        "incidents": int(mine.sum()),
        "bad_sensors": fresh["sensor_health"]["kind"].value_counts().to_dict(),
        "refused": fresh["refused"].to_dict("records"),
    }


def _held(results: Path) -> dict[str, pd.DataFrame]:
    names = [*_KEYS, "sensor_health", "incidents"]
    return {n: read_table(results, n) for n in names if (results / f"{n}.parquet").exists()}


def _stacked(parts: list[Scored], label: str) -> dict[str, pd.DataFrame]:
    stacked = {}
    for name in (*_KEYS, "sensor_health", "refused"):
        frames = [frame for part in parts if len(frame := getattr(part, name))]
        empty = parts[0].refused if name == "refused" and parts else schema.empty("sensor_health")
        stacked[name] = pd.concat(frames, ignore_index=True) if frames else empty.iloc[:0]
    residuals = stacked["residuals"]
    stacked["residuals"] = residuals.assign(
        release=pd.Series(label, index=residuals.index, dtype="str")
    )
    return stacked


def _merge(old: pd.DataFrame | None, fresh: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add the rows whose key is new; what was said before stays as it was said."""
    if old is None or old.empty:
        return fresh.sort_values(keys, ignore_index=True)
    known = pd.MultiIndex.from_frame(old[keys])
    new = fresh[~pd.MultiIndex.from_frame(fresh[keys]).isin(known)]
    return pd.concat([old, new], ignore_index=True).sort_values(keys, ignore_index=True)


def _renewed(old: pd.DataFrame | None, fresh: pd.DataFrame) -> pd.DataFrame:
    """Add spells; one that was still open may have ended since, so the newer row counts."""
    keys = ["asset", "sensor", "kind", "since", "release"]
    joined = [frame for frame in (old, fresh) if frame is not None and len(frame)]
    if not joined:
        return fresh
    latest = pd.concat(joined).drop_duplicates(keys, keep="last")
    return latest.sort_values(keys, ignore_index=True)


def _with_alarms(scorer: Scorer, states: pd.DataFrame) -> pd.DataFrame:
    """Follow the alarms of this release over all that was ever scored with it."""
    mine = states["release"] == scorer.label
    followed = with_alarms(states[mine], scorer.release.scoring.detect)
    joined = [frame for frame in (states[~mine], followed) if len(frame)]
    return pd.concat(joined or [states]).sort_values(_KEYS["states"], ignore_index=True)


def _incidents(
    scorer: Scorer, merged: dict[str, pd.DataFrame], old: pd.DataFrame | None
) -> pd.DataFrame:
    """Derive the incidents of this release; those of other releases stay."""
    mine = {n: merged[n][merged[n]["release"] == scorer.label] for n in ("states", "diagnoses")}
    detect = scorer.release.scoring.detect
    fresh = raise_incidents(mine["diagnoses"], mine["states"], detect)
    if old is None:
        return fresh
    others = old[old["release"] != scorer.label]
    kept = [frame for frame in (others, fresh) if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else fresh
