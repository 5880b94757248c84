"""Which incident foretold which failure, and what became of the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from pandas.api.typing import NaTType

from faultprint.config import Detect, Labels
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
        ``source``, ``gap``, ``horizon``, ``recovery``, ``censor``.
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the periods judged; what lies outside is not.

    Returns
    -------
    failures : pandas.DataFrame
        ``asset``, ``time``, ``failure_mode``, ``item``, ``found``, ``mode_right`` (an incident that
        foretold it named this mode), ``incident`` (that, else the earliest that foretold it),
        ``named`` (what it named), ``lead_hours`` (from its opening).
    incidents : pandas.DataFrame
        The incidents opened in the periods, with ``outcome``, ``why``, ``failure_time`` and
        ``failure`` (mode of the failure it belongs to).

    Notes
    -----
    An incident foretells a failure of its asset if it opened no earlier than ``max_lead`` and no
    later than ``gap`` before it, and either names its mode or was still open within the
    ``horizon`` before it: an unrelated alarm that came and went does not count. A labelled interval
    of fault is found by an incident open in it; it has no lead time. An incident in a period may
    belong to a failure outside of it, which is not judged itself.

    Outcomes: *true*, it is the one by which a failure was found; *duplicate*, it foretold a failure
    found by another, or opened between ``gap`` before and ``recovery`` after a failure (``why``:
    ``after_failure``); *censored*, nobody can know: opened within the horizon of the end of
    observation (``end``), or the item was replaced preventively while it was open or within
    ``censor`` after (``preventive``; of an item that this mode's failures name, if any do);
    *false* otherwise.
    """
    events, incidents = events.reset_index(drop=True), incidents.reset_index(drop=True)
    failures = _failures(events, labels)
    scores = [
        _score(failure, incidents[incidents["asset"] == failure["asset"]], detect, labels)
        for failure in failures.to_dict("records")
    ]
    judged = pd.DataFrame([row for row, _, _ in scores], columns=list(MATCHED_FAILURES))
    judged = judged.astype(MATCHED_FAILURES)
    judged = judged[_inside(judged["asset"], judged["time"], observed)]
    fates = _fates(scores)
    inside = incidents[_inside(incidents["asset"], incidents["opened"], observed)]
    preventive = _preventive(events, labels)
    items = _items(events)
    rows = [
        fates.get(str(incident["incident"]))
        or _unmatched(incident, (preventive, items), labels, observed)
        for incident in inside.to_dict("records")
    ]
    extra = pd.DataFrame(rows, columns=list(_EXTRA), index=inside.index)
    extra["failure_time"] = pd.to_datetime(extra["failure_time"], utc=True)  # all may be missing
    extra = extra.astype(_EXTRA)
    return judged.reset_index(drop=True), pd.concat([inside, extra], axis=1)


def _failures(events: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    kind = "failure" if labels.source == "failures" else "fault"
    some = events[events["kind"] == kind]
    once = some.drop_duplicates(["asset", "time", "failure_mode"])
    return once.sort_values(["asset", "time", "failure_mode"], kind="stable", ignore_index=True)


def _inside(assets: pd.Series, times: pd.Series, observed: pd.DataFrame) -> pd.Series:
    """Mark what lies in ``(start, end]`` of a period of its asset."""
    keyed = pd.DataFrame({"asset": assets, "time": times, "row": range(len(assets))})
    both = keyed.merge(observed, on="asset")
    rows = both.loc[(both["time"] > both["start"]) & (both["time"] <= both["end"]), "row"]
    return pd.Series(keyed["row"].isin(rows).to_numpy(), index=assets.index)


def _score(
    failure: Mapping[Hashable, Any], incidents: pd.DataFrame, detect: Detect, labels: Labels
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return the judged failure, the incidents that foretold it, and those in its aftermath."""
    time, mode = failure["time"], failure["failure_mode"]
    opened, right = incidents["opened"], (incidents["failure_mode"] == mode) & (mode != "")
    if labels.source == "intervals":
        until = failure["end"] if pd.notna(failure["end"]) else time
        fits = (opened <= until) & ~(incidents["cleared"] < time)
        late = pd.Series(data=False, index=incidents.index)
    else:
        latest = time - pd.Timedelta(labels.gap)
        standing = ~(incidents["cleared"] < time - pd.Timedelta(labels.horizon))
        in_time = (opened >= time - pd.Timedelta(detect.max_lead)) & (opened <= latest)
        fits = in_time & (standing | right)
        late = (opened > latest) & (opened <= time + pd.Timedelta(labels.recovery))
    before = incidents[fits].assign(right=right[fits]).sort_values("opened", kind="stable")
    best = before.sort_values("right", ascending=False, kind="stable").head(1)
    row = {
        **{name: failure[name] for name in ("asset", "time", "failure_mode", "item")},
        "found": len(best) > 0,
        "mode_right": bool(best["right"].any()),
        "incident": "".join(best["incident"]),
        "named": "".join(best["failure_mode"]),
        "lead_hours": _hours(time - best["opened"].iloc[0])
        if len(best) and labels.source == "failures"
        else float("nan"),
    }
    return row, list(before["incident"]), list(incidents.loc[late, "incident"])


def _fates(
    scores: list[tuple[dict[str, Any], list[str], list[str]]],
) -> dict[str, Fate]:
    """Say what became of the incidents that belong to a failure; the best fate of each stays."""
    fates: dict[str, Fate] = {}
    for row, _, after in scores:
        for name in after:
            fates[name] = ("duplicate", "after_failure", row["time"], row["failure_mode"])
    for row, before, _ in scores:
        for name in before:
            fates[name] = ("duplicate", "foretold", row["time"], row["failure_mode"])
    for row, _, _ in scores:
        if row["found"] and fates[row["incident"]][0] != "true":
            fates[row["incident"]] = ("true", "foretold", row["time"], row["failure_mode"])
    return fates


def _preventive(events: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return maintenance of an item that does not follow a failure of the asset."""
    work = events[(events["kind"] == "maintenance") & (events["item"] != "")]
    failed = events.loc[events["kind"] == "failure", ["asset", "time"]]
    both = work.reset_index(names="row").merge(failed, on="asset", suffixes=("", "_failed"))
    since = both["time"] - both["time_failed"]
    follows = (since >= pd.Timedelta(0)) & (since <= pd.Timedelta(labels.recovery))
    return work[~work.index.isin(both.loc[follows, "row"])]


def _items(events: pd.DataFrame) -> dict[str, set[str]]:
    """Return failure mode -> items that its failures name."""
    named = events[(events["failure_mode"] != "") & (events["item"] != "")]
    return {str(mode): set(group) for mode, group in named.groupby("failure_mode")["item"]}


def _unmatched(
    incident: Mapping[Hashable, Any],
    context: tuple[pd.DataFrame, dict[str, set[str]]],
    labels: Labels,
    observed: pd.DataFrame,
) -> Fate:
    preventive, items = context
    opened = incident["opened"]
    ends = observed.loc[
        (observed["asset"] == incident["asset"]) & (observed["end"] >= opened), "end"
    ]
    if opened > ends.min() - pd.Timedelta(labels.horizon):
        return "censored", "end", pd.NaT, ""
    censor = pd.Timedelta(labels.horizon if labels.censor is None else labels.censor)
    last = ends.max() if pd.isna(incident["cleared"]) else incident["cleared"]
    work = preventive[
        (preventive["asset"] == incident["asset"])
        & (preventive["time"] >= opened)
        & (preventive["time"] <= last + censor)
    ]
    wanted = items.get(incident["failure_mode"], set())
    if wanted:
        work = work[work["item"].isin(list(wanted))]
    return ("censored", "preventive", pd.NaT, "") if len(work) else ("false", "", pd.NaT, "")


def _hours(span: pd.Timedelta) -> float:
    return float(span / pd.Timedelta(hours=1))
