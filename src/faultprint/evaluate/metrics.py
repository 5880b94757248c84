"""Scores by event: what was found, how early, and at the price of how many false alarms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from faultprint.evaluate.exposure import asset_months, false_alarm_rate
from faultprint.evaluate.matching import MATCHED_FAILURES, match_incidents
from faultprint.records import LeadTime, Proportion
from faultprint.state.intervals import wilson

__all__ = ["MATCHED_FAILURES", "asset_months", "event_metrics", "lead_time", "match_incidents"]


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
    failures: pd.DataFrame,
    incidents: pd.DataFrame,
    observed: pd.DataFrame,
    exposed: pd.DataFrame | None = None,
    signed: frozenset[str] | None = None,
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
    exposed : pandas.DataFrame | None, default None
        ``asset``, ``start``, ``end`` of the time in which an incident could have been counted as
        false, as from :func:`faultprint.evaluate.exposure.exposed_time`; all of the judged time if
        it is not given.
    signed : frozenset[str] | None, default None
        Failure modes with a signature; all if none are given.

    Returns
    -------
    dict[str, Any]
        Plain data, ready for JSON:

        ``failures``, ``found``, ``named``
            how many there were; share found by any incident; share found by one that names the
            right failure mode (Wilson intervals)
        ``recognised``
            of the failures whose mode is known, the share rightly named or, where the mode has no
            signature, found by an incident that names none (Wilson interval)
        ``precision``, ``precision_with_duplicates``
            share of true among true and false incidents; the same with duplicates counted against
            (Wilson intervals)
        ``true_incidents``, ``false_alarms``, ``duplicates``, ``censored``
            how many incidents of each outcome
        ``asset_months``, ``exposed_asset_months``
            judged time; the part of it in which an incident could have been counted as false
        ``exposed_false_alarms``
            false alarms that opened in the exposed time; the others opened shortly before a
            failure or preventive work, and cleared too early or named something else
        ``false_alarms_per_asset_month``
            those that opened in the exposed time by the exposed time, with Poisson interval: the
            rate that the budget promises. If nothing is exposed, all by the judged time
        ``lead_time``
            median and deciles [h] of the failures found
        ``f1_events``
            harmonic mean of ``found`` and ``precision``; 0 where nothing was found
        ``f1_named``
            the same of ``recognised`` and ``precision``
        ``macro_recall``
            mean over the failure modes that failed of their ``named``; 0 without a failure
        ``modes``
            the same by failure mode; an incident counts for the mode it names
    """
    exposed = observed if exposed is None else exposed
    exposed = exposed if asset_months(exposed) else observed
    whole = _counts(failures, incidents, exposed)
    names = sorted((set(failures["failure_mode"]) | set(incidents["failure_mode"])) - {""})
    modes = {
        name: _counts(
            failures[failures["failure_mode"] == name],
            incidents[incidents["failure_mode"] == name],
            exposed,
        )
        for name in names
    }
    recalls = [mode["named"]["value"] for mode in modes.values() if mode["failures"]]
    recognised = _recognised(failures, signed)
    precision = whole["precision"]["value"]
    return {
        **whole,
        "recognised": asdict(recognised),
        "asset_months": asset_months(observed),
        "exposed_asset_months": asset_months(exposed),
        "f1_events": _harmonic(whole["found"]["value"], precision),
        "f1_named": _harmonic(recognised.value, precision),
        "macro_recall": float(np.mean(recalls)) if recalls else 0.0,
        "modes": modes,
    }


def _recognised(failures: pd.DataFrame, signed: frozenset[str] | None) -> Proportion:
    known = failures[failures["failure_mode"] != ""]
    right = known["mode_right"].astype(bool)
    if signed is not None:
        unsigned = ~known["failure_mode"].isin(list(signed))
        right |= unsigned & known["found"] & (known["named"] == "")
    return wilson(int(right.sum()), len(known))


def _counts(
    failures: pd.DataFrame, incidents: pd.DataFrame, exposed: pd.DataFrame
) -> dict[str, Any]:
    outcome, rate = incidents["outcome"], false_alarm_rate(incidents, exposed)
    true, false = int((outcome == "true").sum()), int((outcome == "false").sum())
    duplicates = int((outcome == "duplicate").sum())
    n = len(failures)
    return {
        "failures": n,
        "assets": int(failures["asset"].nunique()),
        "found": asdict(wilson(int(failures["found"].sum()), n)),
        "named": asdict(wilson(int(failures["mode_right"].sum()), n)),
        "precision": asdict(wilson(true, true + false)),
        "precision_with_duplicates": asdict(wilson(true, true + false + duplicates)),
        "true_incidents": true,
        "false_alarms": false,
        "exposed_false_alarms": rate.count,
        "duplicates": duplicates,
        "censored": int((outcome == "censored").sum()),
        "false_alarms_per_asset_month": asdict(rate),
        "lead_time": asdict(lead_time(failures["lead_hours"])),
    }


def _harmonic(recall: float, precision: float) -> float:
    return 2 * recall * precision / (recall + precision) if recall and precision else 0.0
