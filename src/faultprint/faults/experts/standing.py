"""Where an incident stands: open, cleared, resolved, or back although it was resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from faultprint.records import JudgedIncident, Marking

Standing = Literal["open", "cleared", "resolved", "persists", "returned"]
"""``persists``: resolved, yet still not cleared; ``returned``: another like it, after that one was
resolved; both need somebody's attention."""

ATTENTION: frozenset[Standing] = frozenset({"open", "persists", "returned"})


@dataclass(frozen=True)
class Stands:
    """Where one incident stands, and why."""

    standing: Standing
    why: str


def standings(
    incidents: Iterable[JudgedIncident],
    markings: Iterable[Marking],
    seen: Mapping[str, datetime],
    grace: timedelta,
) -> dict[str, Stands]:
    """Say of each incident where it stands.

    Parameters
    ----------
    incidents : Iterable[JudgedIncident]
        Incidents as they stand now, and those of earlier releases that were marked.
    markings : Iterable[Marking]
        What was done with them, in the order it was done; the latest counts.
    seen : Mapping[str, datetime]
        Asset -> latest instant that was scored.
    grace : timedelta
        How long an incident may take to clear once it is resolved; the off-delay of alarms.

    Returns
    -------
    dict[str, Stands]
        Incident -> where it stands.

    Notes
    -----
    A resolved incident *persists* when it has not cleared although its asset was scored later than
    ``grace`` after it was resolved. An incident has *returned* when it is not cleared and an
    earlier one of the same asset, verdict and failure mode was resolved before it was first seen.
    Whoever marks an incident as open takes it up again: it is open, whatever the alarm says.
    """
    every = list(incidents)
    latest = {marking.incident: marking for marking in markings}
    done = [
        (one, latest[one.incident])
        for one in every
        if one.incident in latest and latest[one.incident].mark == "resolved"
    ]
    return {
        one.incident: _stands(one, latest.get(one.incident), done, seen.get(one.asset), grace)
        for one in every
    }


def _stands(
    one: JudgedIncident,
    mark: Marking | None,
    done: list[tuple[JudgedIncident, Marking]],
    seen: datetime | None,
    grace: timedelta,
) -> Stands:
    if mark is not None and mark.mark == "open":
        return Stands("open", f"taken up again by {mark.author}")
    if mark is not None:
        late = one.cleared is None and seen is not None and seen > mark.time + grace
        said = f"resolved by {mark.author} on {mark.time:%Y-%m-%d %H:%M}"
        if late:
            return Stands("persists", f"{said}, and not cleared since")
        return Stands("resolved", said)
    if one.cleared is not None:
        return Stands("cleared", "")
    like = (one.asset, one.verdict, one.failure_mode)
    before = [
        (old, marking)
        for old, marking in done
        if (old.asset, old.verdict, old.failure_mode) == like and marking.time <= one.first_seen
    ]
    if before:
        old, marking = max(before, key=lambda pair: pair[1].time)
        return Stands("returned", f"{old.incident[:8]} was resolved by {marking.author}")
    return Stands("open", "")
