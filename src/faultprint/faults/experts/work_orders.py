"""Opinions from closed work orders: what the maintenance log says of an incident."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pandas as pd

from faultprint.records import JudgedIncident, Opinion, Verdict

AUTHOR = "work orders"
SURE: dict[tuple[str, bool], float] = {
    ("failure", True): 0.9,
    ("failure", False): 0.6,
    ("maintenance", True): 0.7,
    ("maintenance", False): 0.5,
}
"""Kind of event, and whether it came before the incident cleared -> confidence. Never 1: an order
is written late, and about what was repaired rather than what was wrong."""
CAUSELESS = 0.5
"""Confidence of ``cause_unknown`` when a failure came and nobody wrote down which."""


@dataclass(frozen=True)
class _Order:
    asset: str
    time: datetime
    kind: str
    mode: str
    item: str
    words: str


def opinions_from_orders(
    incidents: Iterable[JudgedIncident],
    events: pd.DataFrame,
    known: Collection[tuple[str, str]],
    within: timedelta,
) -> tuple[Opinion, ...]:
    """Turn failures and maintenance into opinions on the incidents they belong to.

    Parameters
    ----------
    incidents : Iterable[JudgedIncident]
        Incidents of one release.
    events : pandas.DataFrame
        Table ``events``.
    known : Collection[tuple[str, str]]
        Equipment class and failure mode of each signature there is; other modes are new faults.
    within : timedelta
        How long after an incident cleared an order may still be about it.

    Returns
    -------
    tuple[Opinion, ...]
        By incident and time, all by ``work orders``.

    Notes
    -----
    An event belongs to the incident of its asset during which it came, of several to the one of its
    failure mode, else the one seen last; or else to the one that cleared last, at most ``within``
    before it. One that names a failure mode gives ``known_fault`` or ``new_fault`` with the
    confidence of :data:`SURE`; a failure without one gives ``cause_unknown``; maintenance without
    one says nothing, for it may be routine. The opinion's time is that of the event, so that
    reading a log twice adds nothing.
    """
    every = sorted(incidents, key=lambda one: (one.first_seen, one.incident))
    found = []
    for order in _orders(events):
        mine = [one for one in every if one.asset == order.asset]
        incident = _during(mine, order) or _after(mine, order.time, within)
        if incident is not None and (order.mode or order.kind == "failure"):
            found.append(_opinion(incident, order, known))
    return tuple(sorted(found, key=lambda o: (o.incident, o.time, o.id)))


def _orders(events: pd.DataFrame) -> list[_Order]:
    told = events[events["kind"].isin(["failure", "maintenance"])]
    rows = cast(list[dict[str, Any]], told.sort_values(["asset", "time"]).to_dict("records"))
    return [
        _Order(
            asset=row["asset"],
            time=row["time"].to_pydatetime(warn=False),
            kind=row["kind"],
            mode=row["failure_mode"],
            item=row["item"],
            words=": ".join(part for part in (row["code"], row["text"]) if part),
        )
        for row in rows
    ]


def _during(incidents: list[JudgedIncident], order: _Order) -> JudgedIncident | None:
    there = [
        one
        for one in incidents
        if one.first_seen <= order.time and (one.cleared is None or order.time <= one.cleared)
    ]
    named = [one for one in there if one.failure_mode == order.mode]
    chosen = named or there
    return chosen[-1] if chosen else None


def _after(
    incidents: list[JudgedIncident], time: datetime, within: timedelta
) -> JudgedIncident | None:
    over = [
        (one.cleared, one.incident, one)
        for one in incidents
        if one.cleared is not None and one.cleared < time <= one.cleared + within
    ]
    return max(over)[2] if over else None


def _opinion(
    incident: JudgedIncident, order: _Order, known: Collection[tuple[str, str]]
) -> Opinion:
    during = incident.cleared is None or order.time <= incident.cleared
    verdict: Verdict = "cause_unknown"
    if order.mode:
        signed = (incident.equipment_class, order.mode) in known
        verdict = "known_fault" if signed else "new_fault"
    when = "during the incident" if during else "after it had cleared"
    return Opinion(
        incident=incident.incident,
        verdict=verdict,
        failure_mode=order.mode,
        confidence=SURE[order.kind, during] if order.mode else CAUSELESS,
        rationale=f"{order.kind} logged {when}{f' ({order.words})' if order.words else ''}",
        action="",
        author=AUTHOR,
        time=order.time,
        item=order.item,
    )
