"""Batch scoring: new readings in, results added."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from tqdm import tqdm

from faultprint import tables as schema
from faultprint.config import Cleaning, Discover
from faultprint.faults.rules.matching import rules_reach
from faultprint.serve.score import Scored, Scorer
from faultprint.signal.clean import SPIKE_SPAN
from faultprint.stages.additions import KEYS, add
from faultprint.stages.groups import NAME as GROUPS
from faultprint.stages.groups import regroup
from faultprint.stages.groups import summary as group_summary
from faultprint.stages.pictures import NAME as PICTURES
from faultprint.stages.pictures import add_pictures, take_pictures
from faultprint.state.alarms import raise_incidents, with_alarms
from faultprint.store.folders import only_writer, restore_folder, staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_readings,
    read_table,
    write_tables,
)
from faultprint.store.table_units import Units, other_units, read_units

_NOTHING_GIVEN = schema.empty("states")[["asset", "end"]].assign(
    since=pd.Series([], dtype=schema.UTC_TIME), whole=pd.Series([], dtype="bool")
)


def score(
    release: Path, tables: Path, results: Path, discover: Discover | None = None
) -> dict[str, object]:
    """Score every history in a folder of tables and add what is new to the results.

    A row that is already there is never changed, except that a window which could not be evaluated
    is completed once it can be: scoring the same readings twice with the same release adds nothing.
    Incidents are derived anew from all diagnoses of the release.

    Parameters
    ----------
    release : Path
        Exported release; nothing else of training is used.
    tables : Path
        Folder of ``assets``, ``readings``, ``events``, and the units of the sensors.
    results : Path
        Folder of ``residuals``, ``states``, ``diagnoses``, ``incidents``, ``incident_windows``,
        ``groups``, ``sensor_health``, ``refused``, and ``conflicts`` if there are any.
    discover : Discover | None, default None
        How unknown incidents are grouped; as by default if it is not given.

    Returns
    -------
    dict[str, object]
        Release, rows added, windows completed, windows that would be judged otherwise now
        (``conflicts``) and windows left out since the readings given begin too late for them
        (``without_history``), verdicts, incidents, groups of unknown ones and refusals.

    Notes
    -----
    Tables that begin later than what was scored before must reach back by the length of a window
    and some rows more, since a window is only added to earlier ones if it is whole. Give the whole
    history where you can: what counts as stuck or as a spike is learnt from all that came before,
    and a window is completed only by tables that reach back to the first one scored.
    """
    scorer = Scorer.load(release)
    assets, events = read_table(tables, "assets"), read_table(tables, "events")
    units = read_units(tables)
    parts, given, refused = [], [_NOTHING_GIVEN], []
    seen = [schema.empty(PICTURES)]
    for equipment_class, asset in tqdm(list_assets(tables), desc="score", unit="asset"):
        reason = _refusal(scorer, units, equipment_class)
        if reason:
            refused.append({"asset": asset, "reason": reason})
            continue
        readings = read_readings(tables, equipment_class, asset)
        part = scorer.score(readings, events[events["asset"] == asset], assets)
        seen.append(take_pictures(part, scorer.release, scorer.label))
        parts.append(part)
        given.append(_given(scorer, part, readings["time"]))
    fresh = _stacked(parts, refused, scorer.label)
    fresh[PICTURES] = pd.concat([f for f in seen if len(f)] or seen, ignore_index=True)
    with only_writer(results):
        restore_folder(results)
        every = pd.concat(given, ignore_index=True)
        return _added(scorer, fresh, every, results, discover or Discover())


def _refusal(scorer: Scorer, units: Units, equipment_class: str) -> str:
    """Say why the readings of a class do not fit the release, or nothing."""
    if equipment_class not in scorer.release.models:
        return ""  # refused by name when it is scored
    equipment = scorer.release.scoring.equipment[equipment_class]
    if equipment_class not in units:
        return f"got no units of {equipment_class!r}; expected those of the ingest stage"
    differing = other_units(units[equipment_class], equipment)
    return f"units differ from the release's: {differing}" if differing else ""


def _given(scorer: Scorer, part: Scored, times: pd.Series) -> pd.DataFrame:
    """Tell which windows readings from before the first one given could not have changed."""
    frames = [_NOTHING_GIVEN]
    scoring = scorer.release.scoring
    for name, windows in part.windows.items():
        settled = _settled(times, scoring.cleaning)
        reach = pd.Timedelta(rules_reach(scorer.release, name))
        first = (windows["run"] == windows["run"].min()).astype("int64")
        whole = windows["start"] >= settled + first * reach  # rules look back within the run only
        if scoring.windows.by == "count":  # rows are counted from the beginning of the run
            whole &= windows["run"] > windows["run"].min()
        sensors = scorer.release.twins[name].sensors.values()
        known = {asset for sensor in sensors for asset in sensor.offsets}
        whole &= windows["asset"].isin(list(known))  # of others, the beginning is the baseline
        frames.append(windows[["asset", "end"]].assign(since=times.min(), whole=whole))
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def _settled(times: pd.Series, cleaning: Cleaning) -> pd.Timestamp:
    """Return the instant from which on a window, and the flags of its values, know what was."""
    rows = max(2 * cleaning.stuck_for, 5 * SPIKE_SPAN)
    ordered = times.sort_values()
    return pd.Timestamp(ordered.iloc[min(rows, len(ordered)) - 1])


def _added(
    scorer: Scorer,
    fresh: dict[str, pd.DataFrame],
    given: pd.DataFrame,
    results: Path,
    discover: Discover,
) -> dict[str, object]:
    """Add rows to the results and say what was added."""
    old = _held(results)
    done = add(old, fresh, given, scorer.label)
    merged = dict(done.tables)
    merged["states"] = _with_alarms(scorer, merged["states"])
    merged["incidents"] = _incidents(scorer, merged, old.get("incidents"))
    merged["sensor_health"] = _renewed(old.get("sensor_health"), fresh["sensor_health"])
    merged[PICTURES] = add_pictures(old.get(PICTURES), fresh[PICTURES], merged)
    merged[GROUPS] = regroup(scorer, merged, old.get(GROUPS), discover)
    merged["refused"] = fresh["refused"]
    if merged["conflicts"].empty:
        del merged["conflicts"]
    with staged_folder(results) as new:
        write_tables(new, merged)
    mine = merged["incidents"]["release"] == scorer.label
    return {
        "release": scorer.label,
        "added": done.added,
        "completed": done.completed,
        "conflicts": done.conflicts,
        "without_history": done.without_history,
        "verdicts": fresh["diagnoses"]["verdict"].value_counts().to_dict(),
        "incidents": int(mine.sum()),
        "groups": group_summary(merged[GROUPS], old.get(GROUPS)),
        "bad_sensors": fresh["sensor_health"]["kind"].value_counts().to_dict(),
        "refused": fresh["refused"].to_dict("records"),
    }


def _held(results: Path) -> dict[str, pd.DataFrame]:
    names = [*KEYS, "sensor_health", "incidents", "conflicts", PICTURES, GROUPS]
    return {n: read_table(results, n) for n in names if (results / f"{n}.parquet").exists()}


def _stacked(
    parts: list[Scored], refused: list[dict[str, str]], label: str
) -> dict[str, pd.DataFrame]:
    stacked = {}
    for name in (*KEYS, "sensor_health"):
        frames = [frame for part in parts if len(frame := getattr(part, name))]
        stacked[name] = pd.concat(frames, ignore_index=True) if frames else schema.empty(name)
    residuals = stacked["residuals"]
    stacked["residuals"] = residuals.assign(
        release=pd.Series(label, index=residuals.index, dtype="str")
    )
    units = pd.DataFrame(refused, columns=["asset", "reason"]).astype("str")
    every = pd.concat([units, *(part.refused for part in parts)], ignore_index=True)
    stacked["refused"] = every.sort_values("asset", ignore_index=True)
    return stacked


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
    return pd.concat(joined or [states]).sort_values(KEYS["states"], ignore_index=True)


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
