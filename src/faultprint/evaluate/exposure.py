"""The time in which an incident could have been counted as a false alarm."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.evaluate.truth import Truth, truth
from faultprint.state.intervals import Rate, poisson_rate
from faultprint.state.limits import MONTH
from faultprint.tables import UTC_TIME

Cut = tuple[pd.Timestamp, pd.Timestamp]

_PERIODS = {"asset": "str", "start": UTC_TIME, "end": UTC_TIME}


def evaluable_periods(windows: pd.DataFrame) -> pd.DataFrame:
    """Say when an asset could be evaluated at all.

    Parameters
    ----------
    windows : pandas.DataFrame
        Table ``windows``; those with a ``reason`` could not be evaluated.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``: a window stands for one step up to its end, the step being
        the median distance of the windows of its asset, or its length if it is the only one;
        stretches that touch are one.
    """
    ordered = windows.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    apart = ordered.groupby("asset")["end"].diff().groupby(ordered["asset"]).transform("median")
    step = apart.fillna(ordered["end"] - ordered["start"])
    slots = ordered.assign(start=ordered["end"] - step)[ordered["reason"] == ""]
    begins = slots["start"] > slots.groupby("asset")["end"].shift()
    stretch = (begins | ~slots["asset"].duplicated()).cumsum()
    found = slots.groupby(["asset", stretch.rename("stretch")]).agg(
        start=("start", "min"), end=("end", "max")
    )
    return found.reset_index("asset").reset_index(drop=True)[list(_PERIODS)].astype(_PERIODS)


def exposed_time(
    evaluable: pd.DataFrame,
    observed: pd.DataFrame,
    events: pd.DataFrame,
    detect: Detect,
    labels: Labels,
) -> pd.DataFrame:
    """Take away from the judged time what cannot bring forth a false alarm.

    Parameters
    ----------
    evaluable : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the time in which the asset could be evaluated.
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the judged periods.
    events : pandas.DataFrame
        Table ``events``.
    detect : Detect
        ``max_lead``.
    labels : Labels
        ``source``, ``horizon``, ``recovery``.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end`` of what is left: evaluable, judged, and neither

        - within ``max_lead`` before a failure or ``recovery`` after it, or in an interval of fault,
        - within ``max_lead`` before preventive work on an item that belongs to a failure mode,
        - nor within ``horizon`` of the end of the judged period.
    """
    told = truth(events, labels)
    both = evaluable.merge(observed, on="asset", suffixes=("", "_judged"))
    both["start"] = both[["start", "start_judged"]].max(axis=1)
    until = both["end_judged"] - pd.Timedelta(labels.horizon)
    both["end"] = both["end"].where(both["end"] < until, until)
    both = both[both["start"] < both["end"]]
    rows = []
    for asset, spans in both.groupby("asset", sort=True):
        cuts = sorted(_cuts(told.of(str(asset)), detect, labels))
        for start, end in zip(spans["start"], spans["end"], strict=True):
            rows += [(asset, *left) for left in _without(start, end, cuts)]
    return pd.DataFrame(rows, columns=list(_PERIODS)).astype(_PERIODS)


def asset_months(periods: pd.DataFrame) -> float:
    """Add up periods of assets.

    Parameters
    ----------
    periods : pandas.DataFrame
        ``asset``, ``start``, ``end`` of each period.

    Returns
    -------
    float
        Asset-months of 30 days.
    """
    spans = periods["end"] - periods["start"]
    return float(spans.dt.total_seconds().sum() / MONTH.total_seconds())


def false_alarm_rate(incidents: pd.DataFrame, exposed: pd.DataFrame) -> Rate:
    """Measure the rate of false alarms that a budget promises.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Judged incidents, with ``asset``, ``opened`` and ``outcome``; of one failure mode, where the
        rate of one is asked for.
    exposed : pandas.DataFrame
        What :func:`exposed_time` gave.

    Returns
    -------
    Rate
        False incidents that opened in the exposed time, by the exposed time [asset-months], with
        the 95 % Poisson interval. Nothing is counted where no time is exposed.
    """
    false = incidents[incidents["outcome"] == "false"]
    months = asset_months(exposed)
    return poisson_rate(int(opened_within(false, exposed).sum()) if months else 0, months)


def opened_within(incidents: pd.DataFrame, periods: pd.DataFrame) -> pd.Series:
    """Mark the incidents that opened within a period of their asset.

    Parameters
    ----------
    incidents : pandas.DataFrame
        With ``asset`` and ``opened``.
    periods : pandas.DataFrame
        ``asset``, ``start``, ``end`` of each.

    Returns
    -------
    pandas.Series
        One flag an incident.
    """
    opened = incidents[["asset", "opened"]].reset_index(names="at")
    both = opened.merge(periods, on="asset")
    inside = (both["start"] <= both["opened"]) & (both["opened"] <= both["end"])
    return pd.Series(incidents.index.isin(both.loc[inside, "at"]), index=incidents.index)


def _cuts(told: Truth, detect: Detect, labels: Labels) -> Iterator[Cut]:
    lead, recovery = pd.Timedelta(detect.max_lead), pd.Timedelta(labels.recovery)
    for time, end in zip(told.failures["time"], told.failures["end"], strict=True):
        yield (time - lead, end + recovery) if labels.source == "failures" else (time, end)
    work = told.replaced[told.replaced["preventive"]]
    plausible = told.items_of("")
    if plausible:
        work = work[work["item"].isin(list(plausible))]
    for time in work["time"]:
        yield time - lead, time


def _without(start: pd.Timestamp, end: pd.Timestamp, cuts: list[Cut]) -> Iterator[Cut]:
    """Yield what is left of a span; the cuts are sorted."""
    for since, until in cuts:
        if start < min(since, end):
            yield start, min(since, end)
        start = max(start, until)
    if start < end:
        yield start, end
