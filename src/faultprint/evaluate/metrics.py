"""Scores by event: what was found, how early, and at the price of how many false alarms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from faultprint.evaluate.matching import MATCHED_FAILURES, match_incidents
from faultprint.records import LeadTime
from faultprint.state.intervals import poisson_rate, wilson
from faultprint.state.limits import MONTH

__all__ = ["MATCHED_FAILURES", "asset_months", "event_metrics", "lead_time", "match_incidents"]


def asset_months(observed: pd.DataFrame) -> float:
    """Add up the time over which assets were judged.

    Parameters
    ----------
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of each period.

    Returns
    -------
    float
        Asset-months of 30 days.
    """
    spans = observed["end"] - observed["start"]
    return float(spans.dt.total_seconds().sum() / MONTH.total_seconds())


def lead_time(hours: pd.Series) -> LeadTime:
    """Summarise how long before their failures incidents were opened.

    Parameters
    ----------
    hours : pandas.Series
        Lead times [h]; NaN for failures without one.

    Returns
    -------
    LeadTime
        Median, first and ninth decile [h]; ``None`` each when there is no lead time.
    """
    known = hours.dropna().to_numpy(dtype=np.float64)
    if known.size == 0:
        return LeadTime(n=0, median=None, q10=None, q90=None)
    low, middle, high = (float(q) for q in np.quantile(known, [0.1, 0.5, 0.9]))
    return LeadTime(n=int(known.size), median=middle, q10=low, q90=high)


def event_metrics(
    failures: pd.DataFrame, incidents: pd.DataFrame, observed: pd.DataFrame
) -> dict[str, Any]:
    """Count events, over all and by failure mode.

    Parameters
    ----------
    failures : pandas.DataFrame
        Judged failures, as from :func:`match_incidents`.
    incidents : pandas.DataFrame
        Judged incidents, as from :func:`match_incidents`.
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the judged periods.

    Returns
    -------
    dict[str, Any]
        Plain data, ready for JSON:

        ``failures``, ``found``, ``named``
            how many there were; share found by any incident; share found by one that names the
            right failure mode (Wilson intervals)
        ``precision``
            share of true among true and false incidents (Wilson interval)
        ``true_incidents``, ``false_alarms``, ``duplicates``, ``censored``
            how many incidents of each outcome
        ``asset_months``, ``false_alarms_per_asset_month``
            judged time; rate with Poisson interval
        ``lead_time``
            median and deciles [h] of the failures found
        ``f1_events``
            harmonic mean of ``found`` and ``precision``; 0 where nothing was found
        ``macro_recall``
            mean over the failure modes that failed of their ``named``; 0 without a failure
        ``modes``
            the same by failure mode; an incident counts for the mode it names
    """
    months = asset_months(observed)
    whole = _counts(failures, incidents, months)
    names = sorted(set(failures["failure_mode"]) | set(incidents["failure_mode"]) - {""})
    modes = {
        name: _counts(
            failures[failures["failure_mode"] == name],
            incidents[incidents["failure_mode"] == name],
            months,
        )
        for name in names
        if name
    }
    recalls = [mode["named"]["value"] for mode in modes.values() if mode["failures"]]
    return {
        **whole,
        "asset_months": months,
        "f1_events": _harmonic(whole["found"]["value"], whole["precision"]["value"]),
        "macro_recall": float(np.mean(recalls)) if recalls else 0.0,
        "modes": modes,
    }


def _counts(failures: pd.DataFrame, incidents: pd.DataFrame, months: float) -> dict[str, Any]:
    outcome = incidents["outcome"]
    true, false = int((outcome == "true").sum()), int((outcome == "false").sum())
    n = len(failures)
    return {
        "failures": n,
        "assets": int(failures["asset"].nunique()),
        "found": asdict(wilson(int(failures["found"].sum()), n)),
        "named": asdict(wilson(int(failures["mode_right"].sum()), n)),
        "precision": asdict(wilson(true, true + false)),
        "true_incidents": true,
        "false_alarms": false,
        "duplicates": int((outcome == "duplicate").sum()),
        "censored": int((outcome == "censored").sum()),
        "false_alarms_per_asset_month": asdict(poisson_rate(false, months)),
        "lead_time": asdict(lead_time(failures["lead_hours"])),
    }


def _harmonic(recall: float, precision: float) -> float:
    return 2 * recall * precision / (recall + precision) if recall and precision else 0.0
