"""Scores of failures foretold: by window and by event, intervals over whole assets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.evaluate.benchmarks.figures import Figure, bootstrap
from faultprint.evaluate.loop import during

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


def shown_modes(
    windows: pd.DataFrame, failures: pd.DataFrame, modes: tuple[str, ...], horizon: pd.Timedelta
) -> Flags:
    """Say of each window which failure modes fail within the horizon after its end.

    Parameters
    ----------
    windows : pandas.DataFrame
        ``asset`` and ``end``.
    failures : pandas.DataFrame
        ``asset``, ``time`` and ``failure_mode``.
    modes : tuple[str, ...]
        The modes.
    horizon : pandas.Timedelta
        How long ahead.

    Returns
    -------
    NDArray[numpy.bool_]
        Window by mode; a window may show several. As in training, one that ends exactly a horizon
        before the failure shows it.
    """
    shown = np.zeros((len(windows), len(modes)), dtype=bool)
    ends, assets = windows["end"], windows["asset"].to_numpy()
    for asset, time, mode in zip(*(failures[c] for c in ("asset", "time", "failure_mode")),
                                 strict=True):  # fmt: skip
        if mode in modes:
            near = (ends <= time) & (ends >= time - horizon)
            shown[:, modes.index(mode)] |= near.to_numpy() & (assets == asset)
    return shown


def macro_f1(shown: Flags, named: Flags) -> float:
    """Average over failure modes the F1 of naming them.

    Parameters
    ----------
    shown : NDArray[numpy.bool_]
        Window by mode: whether the window shows it.
    named : NDArray[numpy.bool_]
        Window by mode: whether it was named.

    Returns
    -------
    float
        Mean F1 over the modes that are shown or named at all; healthy windows are no class.
    """
    hits = (shown & named).sum(axis=0)
    every = shown.sum(axis=0) + named.sum(axis=0)
    return float((2 * hits[every > 0] / every[every > 0]).mean()) if (every > 0).any() else 0.0


def window_figures(
    variant: str, windows: pd.DataFrame, shown: Flags, named: Flags, modes: tuple[str, ...]
) -> list[Figure]:
    """Score windows.

    Parameters
    ----------
    variant : str
        What named them.
    windows : pandas.DataFrame
        ``asset`` of each.
    shown : NDArray[numpy.bool_]
        Window by mode: whether the window shows it.
    named : NDArray[numpy.bool_]
        Window by mode: whether it was named.
    modes : tuple[str, ...]
        The modes.

    Returns
    -------
    list[Figure]
        ``macro_f1`` over all modes, and ``f1`` of each; intervals by bootstrap over assets.
    """
    names = np.unique(windows["asset"].to_numpy(dtype=np.str_))
    rows = [np.flatnonzero((windows["asset"] == name).to_numpy()) for name in names]

    def over(columns: list[int]) -> Callable[[NDArray[np.int64]], float]:
        def measure(drawn: NDArray[np.int64]) -> float:
            at = np.concatenate([rows[i] for i in drawn])
            return macro_f1(shown[np.ix_(at, np.array(columns))], named[at][:, columns])

        return measure

    every = list(range(len(modes)))
    figures = [
        Figure(variant, "windows", "macro_f1", *bootstrap(over(every), len(names)), len(names))
    ]
    for place, mode in enumerate(modes):
        found = bootstrap(over([place]), len(names))
        figures.append(Figure(variant, f"windows, {mode}", "f1", *found, len(names)))
    return figures


def event_figures(
    variant: str,
    failures: pd.DataFrame,
    incidents: pd.DataFrame,
    exposed: pd.DataFrame,
    assets: tuple[str, ...],
) -> list[Figure]:
    """Score incidents against failures.

    Parameters
    ----------
    variant : str
        What raised them.
    failures : pandas.DataFrame
        Judged failures, as from :func:`faultprint.evaluate.matching.match_incidents`.
    incidents : pandas.DataFrame
        Judged incidents, from the same.
    exposed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the time in which an incident could be false.
    assets : tuple[str, ...]
        The judged assets.

    Returns
    -------
    list[Figure]
        ``found``, ``named`` (shares of failures), ``lead`` (median of those found [h]),
        ``precision`` (share of incidents a failure followed) and ``false_per_year`` (incidents a
        year of exposed time); intervals by bootstrap over assets.
    """
    mine = [failures[failures["asset"] == name] for name in assets]
    found = [one["lead_hours"].notna().to_numpy() for one in mine]
    named = [one["mode_right"].to_numpy(dtype=bool) for one in mine]
    leads = [one["lead_hours"].dropna().to_numpy(dtype=np.float64) for one in mine]
    fates = [incidents[incidents["asset"] == name] for name in assets]
    right = np.array([float((one["outcome"] == "true").sum()) for one in fates])
    wrong = np.array([float((one["outcome"] == "false").sum()) for one in fates])
    loud = np.array([_within(one[one["outcome"] == "false"], exposed) for one in fates])
    years = _years(exposed, assets)

    def share(flags: list[Flags]) -> Callable[[NDArray[np.int64]], float]:
        return lambda at: _mean(np.concatenate([flags[i] for i in at]).astype(np.float64))

    measures: Mapping[str, Callable[[NDArray[np.int64]], float]] = {
        "found": share(found),
        "named": share(named),
        "lead": lambda at: _median(np.concatenate([leads[i] for i in at])),
        "precision": lambda at: _ratio(right[at].sum(), right[at].sum() + wrong[at].sum()),
        "false_per_year": lambda at: _ratio(loud[at].sum(), years[at].sum()),
    }
    return [
        Figure(variant, "events", name, *bootstrap(measure, len(assets)), len(failures))
        for name, measure in measures.items()
    ]


def _within(incidents: pd.DataFrame, periods: pd.DataFrame) -> float:
    """Count the incidents that were opened within the periods of their asset."""
    inside = 0
    for asset, opened in zip(incidents["asset"], incidents["opened"], strict=True):
        mine = periods[periods["asset"] == asset]
        inside += bool(((mine["start"] <= opened) & (opened <= mine["end"])).any())
    return float(inside)


def _years(exposed: pd.DataFrame, assets: tuple[str, ...]) -> Floats:
    spans = (exposed["end"] - exposed["start"]).dt.total_seconds() / (365.25 * 86400)
    total = spans.groupby(exposed["asset"]).sum()
    return np.array([float(total.get(name, 0.0)) for name in assets])


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def hidden_figures(
    variant: str,
    stratum: str,
    episodes: pd.DataFrame,
    lessons: pd.DataFrame,
    incidents: pd.DataFrame,
    seen: pd.DataFrame,
) -> list[Figure]:
    """Score the failures of a mode that came after it was taught.

    Parameters
    ----------
    variant : str
        What raised the incidents.
    stratum : str
        Name of the units.
    episodes : pandas.DataFrame
        ``asset``, ``time``, ``start`` and ``until`` of each failure of the mode.
    lessons : pandas.DataFrame
        ``asset``, ``start`` (when it was opened) and ``end`` (when all was over) of the incidents
        that were judged; the mode is taught when the last of them is over.
    incidents : pandas.DataFrame
        ``asset``, ``start`` (when it was opened) and ``right``: whether it names the mode.
    seen : pandas.DataFrame
        ``asset``, ``start`` and ``end`` of the time that was looked at.

    Returns
    -------
    list[Figure]
        ``count`` of the later failures; ``found`` and ``named`` (shares of them that an incident,
        and one of the right name, opened before), ``lead`` (median of those named [h]) and
        ``false_per_year`` (incidents of that name beside no failure of the mode, a year of machine
        time); n is the number of machines. Intervals by
        bootstrap over failures, over machines of the last.
    """
    taught_at = lessons["end"].max()
    later = episodes[(episodes["time"] > taught_at) & _overlapping(episodes, seen)]
    raised = incidents[incidents["start"] > taught_at]
    found, named, leads = [], [], []
    for one in later.to_dict("records"):
        own = raised[(raised["asset"] == one["asset"]) & (raised["start"] <= one["time"])]
        own = own[own["start"] >= one["start"]]
        found.append(float(len(own) > 0))
        right = own[own["right"]]
        named.append(float(len(right) > 0))
        if len(right):
            leads.append((one["time"] - right["start"].min()) / pd.Timedelta(hours=1))
    assets = sorted(seen["asset"].unique())
    wrong = raised[raised["right"] & ~during(raised, "start", episodes)]
    counts = np.array([float((wrong["asset"] == name).sum()) for name in assets])
    after = seen.assign(start=seen["start"].clip(lower=taught_at))
    years = _years(after[after["end"] > after["start"]], tuple(assets))
    measures: Mapping[str, tuple[Callable[[NDArray[np.int64]], float], int]] = {
        "found": (lambda at: _mean(np.array(found)[at]), len(later)),
        "named": (lambda at: _mean(np.array(named)[at]), len(later)),
        "lead": (lambda at: _median(np.array(leads)[at]), len(leads)),
        "false_per_year": (lambda at: _ratio(counts[at].sum(), years[at].sum()), len(assets)),
    }
    count = float(len(later))
    return [
        Figure(variant, stratum, "count", count, count, count, len(assets)),
        *(
            Figure(variant, stratum, name, *bootstrap(measure, units), len(assets))
            for name, (measure, units) in measures.items()
            if units
        ),
    ]


def _overlapping(episodes: pd.DataFrame, seen: pd.DataFrame) -> Flags:
    """Mark the failures before which there was something to be seen, and that were lived to see."""
    both = episodes.reset_index(drop=True).reset_index().merge(seen, on="asset", suffixes=("", "_"))
    some = both[(both["start_"] <= both["time"]) & (both["end"] >= both["start"])]
    known = np.isin(np.arange(len(episodes)), some["index"].to_numpy())
    return np.asarray(known & (episodes["time"] <= seen["end"].max()).to_numpy(), dtype=np.bool_)
