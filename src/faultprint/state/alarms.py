"""Alarms that wait before they open and before they clear, and the incidents they make."""

from __future__ import annotations

import json
import math
import uuid
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.typing import NaTType

from faultprint.config import Detect
from faultprint.errors import TableError
from faultprint.state.distrust import SENSOR
from faultprint.state.doubted import evidence_with, faults_of, sensors_in_doubt
from faultprint.tables import empty

Flags = NDArray[np.bool_]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://faultprint.org/incident")
"""Name space of the identities of incidents."""


def persist(
    ends: pd.Series | pd.DatetimeIndex | NDArray[np.datetime64],
    abnormal: NDArray[np.float64] | Flags,
    on_delay: timedelta,
    off_delay: timedelta,
) -> Flags:
    """Decide for each window of one asset whether the alarm is on.

    Parameters
    ----------
    ends : pandas.Series | pandas.DatetimeIndex | NDArray[numpy.datetime64]
        Ends of the windows of one asset, ascending.
    abnormal : NDArray[numpy.float64] | NDArray[numpy.bool_]
        1 abnormal, 0 normal, NaN not evaluable.
    on_delay : timedelta
        How long it must have been abnormal without a break before the alarm opens.
    off_delay : timedelta
        How long it must have been normal without a break before the alarm clears.

    Returns
    -------
    NDArray[numpy.bool_]
        Alarm state at the end of each window.

    Notes
    -----
    On- and off-delay as in ISA-18.2 / IEC 62682: time counts from the end of the first window of
    the streak, so a delay of one step needs two windows and a delay of 0 one. Causal: a state
    depends on its own and on earlier windows only. Windows that cannot be evaluated keep the state
    as it is and do not break a streak, except that a streak which has not opened yet starts anew
    after a silence (windows that could not be evaluated) longer than both delays.
    """
    return _follow(ends, np.asarray(abnormal, dtype=np.float64), on_delay, off_delay)[0]


def _follow(
    ends: pd.Series | pd.DatetimeIndex | NDArray[np.datetime64],
    marks: NDArray[np.float64],
    on_delay: timedelta,
    off_delay: timedelta,
) -> tuple[Flags, NDArray[np.int64]]:
    """Return the alarm state at each window and the position at which its streak began."""
    times = pd.DatetimeIndex(ends).as_unit("ns").asi8
    on, off = _length(on_delay), _length(off_delay)
    states, begins = np.zeros(len(times), dtype=bool), np.zeros(len(times), dtype=np.int64)
    alarm, streak, since, last, silent = False, False, 0, 0, False
    for i, (time, mark) in enumerate(zip(times.tolist(), marks.tolist(), strict=True)):
        if math.isnan(mark):
            silent = True
        else:
            unlike = bool(mark) != streak
            if unlike or (not alarm and silent and time - last > max(on, off)):
                since, streak = i, bool(mark)
            if streak != alarm and time - int(times[since]) >= (on if streak else off):
                alarm = streak
            last, silent = time, False
        states[i], begins[i] = alarm, since
    return states, begins


def with_alarms(states: pd.DataFrame, detect: Detect) -> pd.DataFrame:
    """Fill in the alarm state of each window.

    Parameters
    ----------
    states : pandas.DataFrame
        Table ``states``; its column ``alarm`` is not looked at.
    detect : Detect
        The on- and off-delay.

    Returns
    -------
    pandas.DataFrame
        The same rows by asset and end, with ``alarm`` from :func:`persist` on
        ``p_value < limit`` or ``by_rule``; a window with a reason or without a p-value is not
        evaluable.
    """
    return _followed(states, detect).drop(columns=["begins", "mark"])


def raise_incidents(diagnoses: pd.DataFrame, states: pd.DataFrame, detect: Detect) -> pd.DataFrame:
    """Gather the diagnoses of each alarm into one incident.

    Parameters
    ----------
    diagnoses : pandas.DataFrame
        Table ``diagnoses``.
    states : pandas.DataFrame
        Table ``states`` of the same windows and the same release.
    detect : Detect
        The on- and off-delay.

    Returns
    -------
    pandas.DataFrame
        Table ``incidents``, by asset and time. The failure mode is the one most of its
        abnormal windows name, the n-th of them counting n times, so that the latest weigh most;
        the verdict is then chosen in the same way among the windows that name this mode. The
        evidence is that of the most abnormal of these; a sensor that half of them or more rest on,
        in the same weights, stands beside it and makes the incident ambiguous. The identity depends
        on asset, first abnormal window and release only. A fault that stands beside this one
        (``also``) for the on-delay is an incident of its own; its identity depends on its mode,
        too.

    Raises
    ------
    TableError
        If a state has no diagnosis.
    """
    joined = _followed(states, detect).merge(
        diagnoses.drop(columns=["reason", "release"]), on=["asset", "end"], how="left"
    )
    if joined["verdict"].isna().any():
        lost = joined.loc[joined["verdict"].isna(), ["asset", "end"]].iloc[0]
        raise TableError.because(
            f"{int(joined['verdict'].isna().sum())} states without a diagnosis, the first of "
            f"{lost['asset']!r} at {lost['end']}",
            "a diagnosis for each state",
            "take both tables from one scoring run",
        )
    named = joined.drop_duplicates(["equipment_class", "failure_mode"])
    keys = zip(named["equipment_class"], named["failure_mode"], strict=True)
    signatures = dict(zip(keys, named["signature"], strict=True))
    found: list[dict[str, Any]] = []
    for _, asset in joined.groupby("asset", sort=True):
        for part, cleared in _alarms(asset):
            first = _incident(part, cleared)
            found.append(first)
            for mode, p in _named_beside(part, first["failure_mode"]).items():
                key = (first["equipment_class"], mode)
                second = first | {"failure_mode": mode, "signature": signatures.get(key, "")}
                found += _beside(part, second, p, detect)
    columns = empty("incidents")
    incidents = pd.DataFrame(found, columns=columns.columns)
    incidents["cleared"] = pd.to_datetime(incidents["cleared"], utc=True)  # all may be missing
    return incidents.astype(columns.dtypes.to_dict())


def _marks(states: pd.DataFrame) -> NDArray[np.float64]:
    p = states["p_value"].to_numpy(dtype=np.float64, na_value=np.nan)
    limit = states["limit"].to_numpy(dtype=np.float64, na_value=np.nan)
    able = np.isfinite(p) & np.isfinite(limit) & (states["reason"] == "").to_numpy()
    by_rule = states["by_rule"].to_numpy(dtype=bool) if "by_rule" in states else False
    return np.where(able, (p < limit) | by_rule, np.nan)


def _followed(states: pd.DataFrame, detect: Detect) -> pd.DataFrame:
    """Fill in ``alarm``, with ``mark`` and the position in its asset at which the streak began."""
    ordered = states.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    alarm = np.zeros(len(ordered), dtype=bool)
    begins = np.zeros(len(ordered), dtype=np.int64)
    marks = _marks(ordered)
    for rows in ordered.groupby("asset", sort=False).indices.values():
        alarm[rows], begins[rows] = _follow(
            ordered["end"].iloc[rows], marks[rows], detect.on_delay, detect.off_delay
        )
    return ordered.assign(alarm=alarm, begins=begins, mark=marks)


def _alarms(asset: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.Timestamp | NaTType]]:
    """Split one asset's windows into alarms: their abnormal windows, and when each cleared."""
    change = np.diff(np.concatenate([[0], asset["alarm"].to_numpy().astype(np.int8), [0]]))
    found = []
    for start, stop in zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True):
        part = asset.iloc[int(asset["begins"].iloc[start]) : stop]
        cleared = asset["end"].iloc[stop] if stop < len(asset) else pd.NaT
        found.append((part[part["mark"] == 1].assign(opened=asset["end"].iloc[start]), cleared))
    return found


def _incident(part: pd.DataFrame, cleared: pd.Timestamp | NaTType) -> dict[str, Any]:
    weights = pd.Series(np.arange(1, len(part) + 1), index=part.index)
    mode = _voted(part["failure_mode"], weights)
    of_mode = part[part["failure_mode"] == mode]
    verdict = _voted(of_mode["verdict"], weights.loc[of_mode.index])
    same = of_mode[of_mode["verdict"] == verdict]
    shown = same.iloc[int(same["p_value"].argmin())]
    sensors = sensors_in_doubt(of_mode["candidates"], weights.loc[of_mode.index].tolist())
    first, release = part["end"].iloc[0], str(part["release"].iloc[0])
    name = f"{shown['asset']}|{first.isoformat()}|{release}"
    return {
        "incident": str(uuid.uuid5(_NAMESPACE, name)),
        "asset": shown["asset"],
        "equipment_class": shown["equipment_class"],
        "opened": part["opened"].iloc[0],
        "first_seen": first,
        "cleared": cleared,
        "verdict": "ambiguous" if sensors else verdict,
        "failure_mode": mode,
        "signature": shown["signature"],
        "windows": len(part),
        "p_value": float(part["p_value"].min()),
        "evidence": evidence_with(shown["evidence"], sensors, of_mode),
        "release": release,
    }


def _named_beside(part: pd.DataFrame, first: str) -> dict[str, NDArray[np.float64]]:
    """Give for each mode that stands beside the first one its p-value at each window, or NaN."""
    found: dict[str, NDArray[np.float64]] = {}
    columns = (part["failure_mode"], part["also"], part["candidates"])
    for at, (mode, also, candidates) in enumerate(zip(*columns, strict=True)):
        told = json.loads(also) if also != "{}" else {}
        if mode != first and first in told:
            if SENSOR in candidates:
                continue  # it may be a sensor
            told = {**told, mode: told[first]}  # the first one of the window is the further one
        elif mode != first:
            continue
        for other, p in told.items():
            if other not in (first, ""):
                found.setdefault(other, np.full(len(part), np.nan))[at] = p
    return dict(sorted(found.items()))


def _beside(
    part: pd.DataFrame, told: dict[str, Any], p: NDArray[np.float64], detect: Detect
) -> list[dict[str, Any]]:
    """Raise the incidents of a further mode within one alarm."""
    mode, asset = told["failure_mode"], told["asset"]
    alarm, begins = _follow(part["end"], np.isfinite(p), detect.on_delay, detect.off_delay)
    change = np.diff(np.concatenate([[0], alarm.astype(np.int8), [0]]))
    found = []
    for start, stop in zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True):
        rows = np.arange(begins[start], stop)
        rows = rows[np.isfinite(p[rows])]
        seen, first = part.iloc[rows], part["end"].iloc[rows[0]]
        name = f"{asset}|{first.isoformat()}|{told['release']}|{mode}"
        found.append(
            told
            | {
                "incident": str(uuid.uuid5(_NAMESPACE, name)),
                "opened": part["end"].iloc[start],
                "first_seen": first,
                "cleared": part["end"].iloc[stop] if stop < len(part) else told["cleared"],
                "verdict": "known",
                "windows": len(rows),
                "p_value": float(seen["p_value"].min()),
                "evidence": faults_of(seen["evidence"].iloc[int(p[rows].argmax())]),
            }
        )
    return found


def _voted(names: pd.Series, weights: pd.Series) -> str:
    """Return the name with the most weight; of equals, the one named last."""
    votes = weights.groupby(names).agg(["sum", "max"])
    return str(votes.sort_values(["sum", "max"]).index[-1])


def _length(delay: timedelta) -> int:
    return int(pd.Timedelta(delay).as_unit("ns").value)
