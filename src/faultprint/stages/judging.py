"""Judging by events: the same for a candidate, for the incumbent and for the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.exposure import evaluable_periods, exposed_time
from faultprint.evaluate.metrics import event_metrics, match_incidents
from faultprint.evaluate.splits import judged_periods
from faultprint.evaluate.trivial import trivial_metrics
from faultprint.serve.score import Scorer


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of failures and incidents in the held-out time."""

    failures: pd.DataFrame
    incidents: pd.DataFrame
    metrics: dict[str, Any]


def held_out_periods(windows: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say over which time each asset is judged.

    Parameters
    ----------
    windows : dict[str, pd.DataFrame]
        Windows by equipment class, with ``part``.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``.
    """
    columns = ["asset", "start", "end", "part"]
    every = pd.concat([frame[columns] for frame in windows.values()], ignore_index=True)
    return judged_periods(every, every[["part"]])


def evaluable_time(windows: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say over which time each asset could be evaluated.

    Parameters
    ----------
    windows : dict[str, pd.DataFrame]
        Windows by equipment class.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``.
    """
    columns = ["asset", "start", "end", "reason"]
    every = pd.concat([frame[columns] for frame in windows.values()], ignore_index=True)
    return evaluable_periods(every)


def exposed_periods(
    windows: pd.DataFrame, events: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """Say in which held-out time an incident of one equipment class could have been false.

    Parameters
    ----------
    windows : pandas.DataFrame
        Windows of the class, with ``part``.
    events : pandas.DataFrame
        Rows of ``events``.
    settings : Settings
        Settings.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``.
    """
    one = {"": windows}
    rules = settings.detect, settings.labels
    return exposed_time(evaluable_time(one), held_out_periods(one), events, *rules)


def judge(
    incidents: pd.DataFrame,
    events: pd.DataFrame,
    periods: pd.DataFrame,
    settings: Settings,
    evaluable: pd.DataFrame | None = None,
    signed: frozenset[str] | None = None,
) -> Judged:
    """Match incidents with failures and count.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents`` of one release.
    events : pandas.DataFrame
        Rows of ``events``.
    periods : pandas.DataFrame
        ``asset``, ``start``, ``end`` of what is judged.
    settings : Settings
        Settings.
    evaluable : pandas.DataFrame | None, default None
        ``asset``, ``start``, ``end`` of the time in which assets could be evaluated; always if it
        is not given.
    signed : frozenset[str] | None, default None
        Failure modes with a signature; all if none are given.

    Returns
    -------
    Judged
        Failures, incidents, numbers.
    """
    rules = settings.detect, settings.labels
    failures, matched = match_incidents(incidents, events, *rules, periods)
    exposed = exposed_time(periods if evaluable is None else evaluable, periods, events, *rules)
    return Judged(failures, matched, event_metrics(failures, matched, periods, exposed, signed))


def judge_beside_trivial(
    incidents: pd.DataFrame,
    events: pd.DataFrame,
    windows: dict[str, pd.DataFrame],
    settings: Settings,
    signed: frozenset[str],
) -> Judged:
    """Judge a release on its held-out time, and beside it detectors that look at nothing.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents`` of one release.
    events : pandas.DataFrame
        Rows of ``events``.
    windows : dict[str, pd.DataFrame]
        Windows by equipment class, with ``part``.
    settings : Settings
        Settings.
    signed : frozenset[str]
        Failure modes with a signature.

    Returns
    -------
    Judged
        Failures, incidents, numbers; these with ``baselines``, as from
        :func:`faultprint.evaluate.trivial.trivial_metrics`, and ``false_alarm_budget``, none where
        costs take its place.
    """
    periods, evaluable = held_out_periods(windows), evaluable_time(windows)
    judged = judge(incidents, events, periods, settings, evaluable, signed)
    rules = settings.detect, settings.labels
    exposed = exposed_time(evaluable, periods, events, *rules)
    beside = trivial_metrics(judged.incidents, events, rules, periods, exposed, signed)
    budget = None if settings.detect.costs else settings.detect.false_alarms_per_asset_month
    told = {**judged.metrics, "baselines": beside, "false_alarm_budget": budget}
    return replace(judged, metrics=told)


def judge_release(
    scorer: Scorer, windows: dict[str, pd.DataFrame], events: pd.DataFrame, settings: Settings
) -> Judged:
    """Score windows with a release and judge what it says of their held-out time.

    Parameters
    ----------
    scorer : Scorer
        The release.
    windows : dict[str, pd.DataFrame]
        Windows by equipment class, with ``part``.
    events : pandas.DataFrame
        Rows of ``events``.
    settings : Settings
        Settings.

    Returns
    -------
    Judged
        As from :func:`judge_beside_trivial`.
    """
    incidents = [scorer.score_windows(frame).incidents for frame in windows.values()]
    full = [frame for frame in incidents if len(frame)] or incidents[:1]
    signed = frozenset(signature.failure_mode for signature in scorer.release.signatures)
    raised = pd.concat(full, ignore_index=True)
    return judge_beside_trivial(raised, events, windows, settings, signed)
