"""Conformal p-values, and the limit that keeps the promised budget of false alarms."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from faultprint.config import Detect
from faultprint.errors import LearnError
from faultprint.state.alarms import persist

Floats = NDArray[np.float64]

MONTH = timedelta(days=30)
"""Length of an asset-month in budgets and rates."""

_HIGHEST = 0.5
"""A limit above this would call most healthy windows abnormal."""

_GRID = 48
"""How many limits are tried upwards before the crossing is narrowed down."""


def p_values(scores: ArrayLike, calibration: ArrayLike) -> Floats:
    """Rank scores against calibration scores; small means stranger than almost all of those.

    Parameters
    ----------
    scores : ArrayLike
        Nonconformity of each window; larger is stranger. NaN where it could not be computed.
    calibration : ArrayLike
        Nonconformity of windows that are known to belong.

    Returns
    -------
    NDArray[numpy.float64]
        ``(1 + number of calibration scores >= score) / (n + 1)``, in (0, 1]; NaN for a NaN score.
        Without any calibration score it is 1: nothing is strange when nothing is known.

    Raises
    ------
    LearnError
        If a calibration score is NaN.

    Notes
    -----
    Vovk, Gammerman and Shafer 2005, doi:10.1007/b106715, section 2.2. A tie counts as at least as
    strange, so the p-value is conservative. It holds for exchangeable scores; windows of one asset
    are not, which is why alarms use :func:`budget_limit` and not the p-value at face value.
    """
    asked = np.asarray(scores, dtype=np.float64)
    known = np.sort(np.asarray(calibration, dtype=np.float64))
    if np.isnan(known).any():
        raise LearnError.because(
            f"{int(np.isnan(known).sum())} calibration scores of {known.size} that are NaN",
            "a number for each",
            "leave out the windows that could not be evaluated",
        )
    at_least = known.size - np.searchsorted(known, asked, side="left")
    ranked = (1.0 + at_least) / (known.size + 1.0)
    return np.where(np.isnan(asked), np.nan, ranked)


def thin(assets: ArrayLike, ends: pd.Series, block: timedelta) -> NDArray[np.bool_]:
    """Keep one window per asset and block of time, so that neighbours do not count twice.

    Parameters
    ----------
    assets : ArrayLike
        Asset of each window.
    ends : pandas.Series
        End of each window.
    block : timedelta
        Length of a block, counted from the epoch; 0 keeps every window.

    Returns
    -------
    NDArray[numpy.bool_]
        True for the earliest window of each asset and block.
    """
    times = pd.DatetimeIndex(ends).as_unit("ns").asi8
    size = pd.Timedelta(block).as_unit("ns").value
    if size <= 0:
        return np.ones(len(times), dtype=bool)
    frame = pd.DataFrame({"asset": np.asarray(assets), "block": times // size, "time": times})
    first = frame.sort_values("time", kind="stable").drop_duplicates(["asset", "block"]).index
    kept = np.zeros(len(times), dtype=bool)
    kept[np.asarray(first)] = True
    return kept


def budget_limit(
    p: ArrayLike,
    assets: ArrayLike,
    ends: pd.Series,
    healthy: ArrayLike,
    detect: Detect,
    step: timedelta,
) -> float:
    """Find the largest limit on p-values that keeps the budget of false alarms.

    Parameters
    ----------
    p : ArrayLike
        Out-of-fold p-value of each window against healthy; NaN where it was not evaluated.
    assets : ArrayLike
        Asset of each window.
    ends : pandas.Series
        End of each window.
    healthy : ArrayLike
        True where the equipment was healthy; other windows are passed over.
    detect : Detect
        The budget and the on- and off-delay.
    step : timedelta
        Distance between two windows; a healthy window stands for this much time.

    Returns
    -------
    float
        The limit: a window is abnormal when its p-value is below it.

    Raises
    ------
    LearnError
        If no healthy window has a p-value.

    Notes
    -----
    Counted are incidents, after the delays, on healthy time; the budget allows
    ``false_alarms_per_asset_month`` of them in each 30 days. More abnormal windows can merge two
    incidents into one, so the count may fall again as the limit rises. Therefore an incident
    counts once more for each ``max_lead`` that it stands, limits are tried upwards, the search
    stops at the first one that breaks the budget, and no limit above 0.5 is tried.
    """
    series = _by_asset(p, assets, ends, healthy)
    values = np.unique(np.concatenate([np.empty(0), *(m[~np.isnan(m)] for _, m in series)]))
    if values.size == 0:
        raise LearnError.because(
            "no healthy window with a p-value",
            "healthy windows out of fold",
            "check labels and coverage, or give more healthy history",
        )
    months = sum(int((~np.isnan(marks)).sum()) for _, marks in series) * (step / MONTH)
    allowed = detect.false_alarms_per_asset_month * months
    values = values[values <= max(_HIGHEST, values[0])]
    steps = np.geomspace(1, values.size, min(_GRID, values.size)).round().astype(int) - 1
    good, bad = 0, values.size
    for candidate in np.unique(steps):
        if _false_incidents(series, values[candidate], detect) > allowed:
            bad = int(candidate)
            break
        good = int(candidate)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _false_incidents(series, values[middle], detect) > allowed:
            bad = middle
        else:
            good = middle
    return float(values[good])


def cost_limit(
    windows: pd.DataFrame, occurrences: pd.DataFrame, detect: Detect
) -> tuple[float, float]:
    """Find the limit on p-values whose errors cost least.

    Parameters
    ----------
    windows : pandas.DataFrame
        ``asset``, ``end``, ``p`` (out of fold, against healthy; NaN where it was not evaluated) and
        ``healthy``.
    occurrences : pandas.DataFrame
        ``row`` (position in ``windows``) and ``episode`` of each window that shows a fault.
    detect : Detect
        The costs and the on- and off-delay.

    Returns
    -------
    limit : float
        A window is abnormal when its p-value is below it.
    cost : float
        What the errors at this limit cost.

    Raises
    ------
    LearnError
        If no costs are given, or no healthy window has a p-value.

    Notes
    -----
    An episode is missed if the alarm is on at none of its windows; false incidents are counted as
    in :func:`budget_limit`. Of limits that cost the same the lowest is taken.
    """
    frame = windows.reset_index(drop=True)
    healthy = frame["healthy"].to_numpy(dtype=bool)
    values = np.unique(frame.loc[healthy, "p"].dropna().to_numpy(dtype=np.float64))
    if detect.costs is None or not values.size:
        raise LearnError.because(
            f"{'no costs' if detect.costs is None else 'no healthy window with a p-value'}",
            "detect.costs, and healthy windows out of fold",
            "set detect.costs, or check labels and coverage",
        )
    values = values[values <= max(_HIGHEST, values[0])]
    steps = np.unique(np.geomspace(1, values.size, min(_GRID, values.size)).round().astype(int))
    series = _by_asset(frame["p"], frame["asset"], frame["end"], healthy)
    places = _places(frame)
    best = (float(values[0]), np.inf)
    for value in values[steps - 1].tolist():
        alarm = np.zeros(len(frame), dtype=bool)
        for rows, ends, p in places:
            marks = np.where(np.isnan(p), np.nan, p < value)
            alarm[rows] = persist(ends, marks, detect.on_delay, detect.off_delay)
        seen = pd.Series(alarm[occurrences["row"].to_numpy()])
        missed = int((~seen.groupby(occurrences["episode"].to_numpy()).any()).sum())
        cost = detect.costs.missed_failure * missed + detect.costs.false_alarm * _false_incidents(
            series, value, detect
        )
        if cost < best[1]:
            best = (float(value), float(cost))
    return best


def _places(frame: pd.DataFrame) -> list[tuple[NDArray[np.int64], pd.Series, Floats]]:
    """Give positions, ends and p-values of each asset in order of time."""
    ordered = frame.sort_values(["asset", "end"], kind="stable")
    return [
        (part.index.to_numpy(), part["end"], part["p"].to_numpy(dtype=np.float64))
        for _, part in ordered.groupby("asset", sort=False)
    ]


def _by_asset(
    p: ArrayLike, assets: ArrayLike, ends: pd.Series, healthy: ArrayLike
) -> list[tuple[pd.Series, Floats]]:
    marks = np.where(np.asarray(healthy, dtype=bool), np.asarray(p, dtype=np.float64), np.nan)
    frame = pd.DataFrame(
        {"asset": np.asarray(assets), "end": pd.DatetimeIndex(ends).as_unit("ns"), "p": marks}
    ).sort_values(["asset", "end"], kind="stable")
    return [
        (group["end"], group["p"].to_numpy(dtype=np.float64))
        for _, group in frame.groupby("asset", sort=False)
    ]


def _false_incidents(series: list[tuple[pd.Series, Floats]], limit: float, detect: Detect) -> int:
    count = 0
    for ends, marks in series:
        if not (marks < limit).any():
            continue
        abnormal = np.where(np.isnan(marks), np.nan, marks < limit)
        alarm = persist(ends, abnormal, detect.on_delay, detect.off_delay)
        times = pd.DatetimeIndex(ends).as_unit("ns")
        change = np.diff(np.concatenate([[0], alarm.astype(np.int8), [0]]))
        opened = times[np.flatnonzero(change[:-1] == 1)]
        closed = times[np.minimum(np.flatnonzero(change == -1), len(times) - 1)]
        stood = closed - opened
        count += len(opened)
        if detect.max_lead:
            count += int(np.sum(stood.to_numpy() // np.timedelta64(detect.max_lead)))
    return count
