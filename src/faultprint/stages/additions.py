"""What a scoring adds to results that stand: what was said before is never changed silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_float_dtype

from faultprint.tables import empty

KEYS = {
    "residuals": ["asset", "end", "sensor", "release"],
    "states": ["asset", "end", "release"],
    "diagnoses": ["asset", "end", "release"],
}
"""Tables that rows are added to, each with its key."""

_ROW = ["asset", "end", "release"]
_NOT_EVALUABLE = "not_evaluable"
_DERIVED = {"alarm"}  # follows from all rows, so it may change with each row that is added
_CLOSE = 1e-9  # relative; numbers from another machine may differ in their last digits

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Additions:
    """Results after a scoring, and what the scoring did to them."""

    tables: dict[str, pd.DataFrame]
    """``residuals``, ``states``, ``diagnoses`` and ``conflicts``."""
    added: dict[str, int]
    """New rows by table."""
    completed: int
    """Windows that could not be evaluated before and now are."""
    conflicts: int
    """Windows about which something else would be said now; they stay as they were."""
    without_history: int
    """Windows left out, since the readings given begin within or after them."""


def add(old: Tables, fresh: Tables, given: pd.DataFrame, release: str) -> Additions:
    """Add what a scoring says to what results hold.

    Parameters
    ----------
    old : Mapping[str, pandas.DataFrame]
        The results by table; some or all may be missing.
    fresh : Mapping[str, pandas.DataFrame]
        ``residuals``, ``states``, ``diagnoses`` of the scoring, all of one release.
    given : pandas.DataFrame
        ``asset`` and ``end`` of its windows; ``since``, the first instant at which a reading was
        given; ``whole``, whether the window needs nothing from before that.
    release : str
        The release that scored.

    Returns
    -------
    Additions
        A row whose key is held stays, except that a window which could not be evaluated is
        replaced once it can be. Where an earlier window of the asset shows that there were readings
        before those given, windows that are not whole are left out, and none is replaced: less is
        known now than when it was scored. The table ``conflicts`` says of each window what was
        found when it was last scored.
    """
    held = _of(old, "diagnoses", release)
    late = _given_late(held, given)
    lost = late.loc[~late["whole"], ["asset", "end"]]
    kept = {name: _without(fresh[name], lost, ["asset", "end"]) for name in KEYS}
    done = _completed(held, _without(kept["diagnoses"], late, ["asset", "end"]))
    merged = {name: _merge(old.get(name), kept[name], keys, done) for name, keys in KEYS.items()}
    found = _conflicts(old, kept, done, release)
    return Additions(
        {**merged, "conflicts": _known_conflicts(old, kept["diagnoses"], found)},
        {name: len(merged[name]) - len(old.get(name, ())) for name in KEYS},
        len(done),
        len(found),
        len(lost),
    )


def _of(tables: Tables, name: str, release: str) -> pd.DataFrame:
    frame = tables.get(name)
    if frame is None:
        frame = empty(name).assign(release=pd.Series([], dtype="str"))
    return frame[frame["release"] == release]


def _among(frame: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> npt.NDArray[np.bool_]:
    """Tell which rows of a frame have a key that others have too."""
    if frame.empty or rows.empty:
        return np.zeros(len(frame), dtype=bool)
    return pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(rows[keys]))


def _without(frame: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame[~_among(frame, rows, keys)]


def _given_late(held: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Return the windows whose asset was scored before the first reading that was given now."""
    earliest = held.groupby("asset")["end"].min().rename("earliest").reset_index()
    both = given.merge(earliest, on="asset")
    return both[both["earliest"] < both["since"]]


def _completed(held: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    waiting = held.loc[held["verdict"] == _NOT_EVALUABLE, _ROW]
    told = fresh.loc[fresh["verdict"] != _NOT_EVALUABLE, _ROW]
    return waiting.merge(told, on=_ROW)


def _merge(
    old: pd.DataFrame | None, fresh: pd.DataFrame, keys: list[str], done: pd.DataFrame
) -> pd.DataFrame:
    """Add the rows whose key is new; what was said before stays, unless it was completed."""
    if old is None or old.empty:
        return fresh.sort_values(keys, ignore_index=True)
    stays = _without(old, done, _ROW)
    both = [frame for frame in (stays, _without(fresh, stays, keys)) if len(frame)]
    return pd.concat(both, ignore_index=True).sort_values(keys, ignore_index=True)


def _conflicts(old: Tables, fresh: Tables, done: pd.DataFrame, release: str) -> pd.DataFrame:
    """List the held windows about which something else, or nothing, would be said now."""
    parts = []
    for name, keys in KEYS.items():
        both = _of(old, name, release).merge(fresh[name], on=keys, suffixes=("", "_now"))
        rows = both.loc[_differs(both), _ROW].drop_duplicates()
        parts.append(rows.assign(differs=name))
    held = _of(old, "diagnoses", release)
    gone = _without(held[_looked_at(held, fresh["diagnoses"])], fresh["diagnoses"], _ROW)
    parts.append(gone[_ROW].assign(differs="windows"))
    rows = _without(pd.concat(parts, ignore_index=True), done, _ROW)
    if rows.empty:
        return empty("conflicts")
    table = rows.groupby(_ROW)["differs"].agg(_spelt).reset_index()
    for column, said in (("verdict_held", held), ("verdict_now", fresh["diagnoses"])):
        told = said[[*_ROW, "verdict"]].rename(columns={"verdict": column})
        table = table.merge(told, on=_ROW, how="left")
    return table.fillna({"verdict_now": ""})[list(empty("conflicts").columns)]


def _spelt(names: pd.Series) -> str:
    return ", ".join(names)


def _differs(both: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows of two tables that stand side by side say different things."""
    differs = np.zeros(len(both), dtype=bool)
    for column in both.columns:
        if f"{column}_now" not in both or column in _DERIVED:
            continue
        held, now = both[column], both[f"{column}_now"]
        if is_float_dtype(held.dtype):
            same = np.isclose(held, now, rtol=_CLOSE, atol=_CLOSE, equal_nan=True)
            differs |= ~same
        else:
            differs |= (held != now).to_numpy(dtype=bool)
    return differs


def _looked_at(frame: pd.DataFrame, fresh: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell which rows lie in the time, and belong to the release, that was scored just now."""
    spans = fresh.groupby(["asset", "release"])["end"].agg(["min", "max"]).reset_index()
    both = frame[_ROW].merge(spans, on=["asset", "release"], how="left")
    inside = (both["end"] >= both["min"]) & (both["end"] <= both["max"])
    return inside.to_numpy(dtype=np.bool_)


def _known_conflicts(old: Tables, fresh: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Keep what is known of windows that were not looked at now."""
    before = old.get("conflicts", empty("conflicts"))
    stacked = [frame for frame in (before[~_looked_at(before, fresh)], found) if len(frame)]
    if not stacked:
        return empty("conflicts")
    return pd.concat(stacked, ignore_index=True).sort_values(_ROW, ignore_index=True)
