"""Which incident foretold which failure, and what became of the others."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from pandas.api.typing import NaTType

from faultprint.config import Detect, Labels
from faultprint.evaluate.claims import Claims, Row, claims_of
from faultprint.evaluate.truth import truth
from faultprint.tables import UTC_TIME

OUTCOMES = ("true", "false", "censored", "duplicate")

MATCHED_FAILURES = {
    "asset": "str",
    "time": UTC_TIME,
    "failure_mode": "str",
    "item": "str",
    "found": "bool",
    "mode_right": "bool",
    "incident": "str",
    "named": "str",
    "lead_hours": "float64",
}
"""Columns of the table of judged failures and their dtypes."""

Fate = tuple[str, str, pd.Timestamp | NaTType, str]
"""Outcome, why, time and mode of the failure it belongs to."""

_EXTRA = {"outcome": "str", "why": "str", "failure_time": UTC_TIME, "failure": "str"}


@dataclass
class _Score:
    """A failure with its incidents."""

    failure: Row
    found_by: list[Row] = field(default_factory=list)
    """Best first."""
    too_weak: list[Row] = field(default_factory=list)
    """Named its mode in time, but cleared long before it."""
    after: list[Row] = field(default_factory=list)
    """Opened too late, or in its aftermath."""

    @property
    def where(self) -> tuple[pd.Timestamp, str]:
        return self.failure["time"], self.failure["failure_mode"]


def match_incidents(
    incidents: pd.DataFrame,
    events: pd.DataFrame,
    detect: Detect,
    labels: Labels,
    observed: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge incidents by the failures that followed, and failures by the incidents before.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Table ``incidents``.
    events : pandas.DataFrame
        Table ``events``: failures (or intervals of fault) and maintenance.
    detect : Detect
        ``max_lead``.
    labels : Labels
        ``source``, ``gap``, ``horizon``, ``recovery``.
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the periods judged; what lies outside is not.

    Returns
    -------
    failures : pandas.DataFrame
        ``asset``, ``time``, ``failure_mode``, ``item``, ``found``, ``mode_right`` (an incident that
        foretold it named this mode), ``incident`` (that, else the earliest that foretold it),
        ``named`` (what it named), ``lead_hours`` (from its opening, or from the start of the judged
        period if it was open then).
    incidents : pandas.DataFrame
        The incidents that opened in the periods, or stood at the start of one and could still
        foretell a failure in it; with ``outcome``, ``why``, ``failure_time`` and ``failure`` (mode
        of the failure it belongs to).

    Notes
    -----
    An incident *claims* the time from its opening to the next failure of the asset, or until an
    item was replaced that belongs to the failure or to the mode it names, and ``max_lead`` at most.
    It foretells a failure that ends its claim, not later than ``gap`` before, if it was still open
    within the ``horizon`` before, or names the mode and was open for at least half of the time from
    its opening to the failure. So an alarm that is stuck through failure and repair foretells one
    failure, and one that came and went foretells none. Failures at one instant share the claim. A
    labelled interval of fault is found by an incident open in it, and has no lead time; an incident
    claims no interval that begins more than ``recovery`` after the end of the first one it saw.

    Failures and incidents are judged over the same time: an incident whose failure lies outside of
    it is neither true nor false.

    Outcomes: *true*, it is the one by which a failure was found; *duplicate*, it foretold a failure
    found by another (or named it and cleared early), or opened between ``gap`` before and
    ``recovery`` after a failure (``why``: ``after_failure``); *censored*, nobody can know: opened
    within the horizon of the end of observation (``end``), its failure is not judged (``outside``),
    or preventive work stands where the failure would have to stand by the same rules
    (``preventive``), on an item of the mode it names, of any failure mode if it names none;
    *false* otherwise.
    """
    told = truth(events, labels)
    failures: list[dict[str, Any]] = []
    fates: dict[Hashable, Fate] = {}
    for asset in sorted(observed["asset"].unique()):
        claims = claims_of(str(asset), told, observed, (detect, labels))
        mine = incidents[incidents["asset"] == asset]
        rows = mine.sort_values(["opened", "incident"], kind="stable").to_dict("records")
        scores = [_score(one, rows, claims) for one in claims.failures]
        failures += [row for score in scores if (row := _judged(score, claims))]
        belongs = _fates(scores, claims)
        for row in filter(claims.is_judged, rows):
            alone = (*claims.unmatched(row), pd.NaT, "")
            fates[row["incident"]] = belongs.get(row["incident"], alone)
    judged = pd.DataFrame(failures, columns=list(MATCHED_FAILURES)).astype(MATCHED_FAILURES)
    judged = judged.sort_values(["asset", "time", "failure_mode"], kind="stable", ignore_index=True)
    inside = incidents[incidents["incident"].isin(list(fates))].reset_index(drop=True)
    rest = [fates[name] for name in inside["incident"]]
    extra = pd.DataFrame(rest, columns=list(_EXTRA), index=inside.index)
    extra["failure_time"] = pd.to_datetime(extra["failure_time"], utc=True)  # all may be missing
    return judged, pd.concat([inside, extra.astype(_EXTRA)], axis=1)


def _score(failure: Row, incidents: list[Row], claims: Claims) -> _Score:
    score, mode = _Score(failure), failure["failure_mode"]
    for incident in incidents:
        right = incident["failure_mode"] == mode != ""
        if claims.labels.source == "intervals":
            score.found_by += [incident] if claims.saw(incident, failure) else []
        elif claims.is_late(incident, failure):
            score.after.append(incident)
        elif claims.reaches(incident, failure):
            stood = claims.stood(incident, failure["time"], named=right)
            score.found_by += [incident] if stood else []
            score.too_weak += [incident] if right and not stood else []
    score.found_by.sort(key=lambda one: one["failure_mode"] != mode or not mode)
    return score


def _judged(score: _Score, claims: Claims) -> dict[str, Any] | None:
    """Make the row of a failure; none if it was not in the judged time."""
    failure = score.failure
    start = claims.period(failure["time"])
    if start is None:
        return None
    best = next(filter(claims.is_judged, score.found_by), None)
    timed = best is not None and claims.labels.source == "failures"
    return {
        **{name: failure[name] for name in ("asset", "time", "failure_mode", "item")},
        "found": best is not None,
        "mode_right": best is not None and best["failure_mode"] == failure["failure_mode"] != "",
        "incident": best["incident"] if best else "",
        "named": best["failure_mode"] if best else "",
        "lead_hours": _hours(failure["time"] - max(best["opened"], start))
        if best and timed
        else float("nan"),
    }


def _fates(scores: list[_Score], claims: Claims) -> dict[Hashable, Fate]:
    """Say what became of the incidents that belong to a failure; the best fate of each stays."""
    fates: dict[Hashable, Fate] = {}
    for score in scores:
        fates |= {
            one["incident"]: ("duplicate", "after_failure", *score.where) for one in score.after
        }
    for score in scores:
        inside = claims.period(score.failure["time"]) is not None
        fate = ("duplicate", "foretold") if inside else ("censored", "outside")
        for one in [*score.found_by, *(score.too_weak if score.found_by else [])]:
            fates[one["incident"]] = (*fate, *score.where)
    for score in scores:
        best = next(filter(claims.is_judged, score.found_by), None)
        judged = claims.period(score.failure["time"]) is not None
        if best and judged and fates[best["incident"]][0] != "true":
            fates[best["incident"]] = ("true", "foretold", *score.where)
    return fates


def _hours(span: pd.Timedelta) -> float:
    return float(span / pd.Timedelta(hours=1))
