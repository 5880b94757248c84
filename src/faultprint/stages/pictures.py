"""What each abnormal window looked like: kept by scoring, so that teaching computes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from faultprint.faults.learning.design import design, values_of
from faultprint.faults.release import Release
from faultprint.serve.score import Scored
from faultprint.tables import empty

NAME = "incident_windows"
_KEY = ["asset", "end", "release"]
_ORDER = ["asset", "end", "incident", "release"]


def features_sha256(features: tuple[str, ...]) -> str:
    """Name a layout of features.

    Parameters
    ----------
    features : tuple[str, ...]
        Names of the features, in the model's order.

    Returns
    -------
    str
        Equal for two models that read the same features in the same order.
    """
    return hashlib.sha256("\n".join(features).encode("utf-8")).hexdigest()


def take_pictures(scored: Scored, release: Release, label: str) -> pd.DataFrame:
    """Keep what the model read of each abnormal window.

    Parameters
    ----------
    scored : Scored
        What scoring gave.
    release : Release
        The release that scored.
    label : str
        Its name.

    Returns
    -------
    pandas.DataFrame
        Table ``incident_windows``; none belongs to an incident yet.
    """
    frames = []
    keys = _abnormal(scored.states)
    for name, windows in scored.windows.items():
        rows = windows.merge(keys[["asset", "end"]], on=["asset", "end"])
        if rows.empty:
            continue
        features = release.models[name].features
        mine = scored.residuals.merge(rows[["asset", "end"]], on=["asset", "end"])
        values = values_of(design(rows, mine), features)
        told = rows[["asset", "equipment_class", "end"]].assign(
            incident="", features_sha256=features_sha256(features), release=label
        )
        told["values"] = pd.Series(list(values), index=told.index, dtype="object")
        frames.append(told)
    return _laid_out(frames)


def add_pictures(
    old: pd.DataFrame | None, fresh: pd.DataFrame, merged: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Add pictures to those that are held and say to which incidents they belong.

    Parameters
    ----------
    old : pandas.DataFrame | None
        Held rows of ``incident_windows``, if there are any.
    fresh : pandas.DataFrame
        Those of this scoring.
    merged : Mapping[str, pandas.DataFrame]
        ``states`` and ``incidents`` as they stand after this scoring.

    Returns
    -------
    pandas.DataFrame
        One row for each abnormal window and incident it belongs to. A picture that is held stays;
        one of a window that is not abnormal by what is held is left out.
    """
    stacked = _laid_out([frame for frame in (old, fresh) if frame is not None])
    stacked = stacked.drop_duplicates(_KEY, keep="first").drop(columns="incident")
    rows = stacked.merge(_abnormal(merged["states"]), on=_KEY)
    spans = merged["incidents"][["incident", "asset", "release", "first_seen", "cleared"]]
    both = rows.merge(spans, on=["asset", "release"])
    inside = (both["end"] >= both["first_seen"]) & ~(both["end"] >= both["cleared"])
    within = both[inside].drop(columns=["first_seen", "cleared"])
    alone = rows.merge(within[_KEY].drop_duplicates(), on=_KEY, how="left", indicator=True)
    alone = alone[alone["_merge"] == "left_only"].drop(columns="_merge").assign(incident="")
    return _laid_out([within, alone])


def _abnormal(states: pd.DataFrame) -> pd.DataFrame:
    """Return the keys of the windows that are abnormal."""
    told = (states["reason"] == "") & (states["p_value"] < states["limit"])
    return states.loc[told, _KEY]


def _laid_out(frames: list[pd.DataFrame]) -> pd.DataFrame:
    like = empty(NAME)
    full = [frame[list(like.columns)] for frame in frames if len(frame)]
    if not full:
        return like
    rows = pd.concat(full, ignore_index=True).astype(like.dtypes.to_dict())
    return rows.sort_values(_ORDER, kind="stable", ignore_index=True)
