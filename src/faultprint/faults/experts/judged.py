"""Incidents with the opinions on them, and what makes an opinion a whole one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from faultprint.records import JudgedIncident, Opinion, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FAULTS: frozenset[Verdict] = frozenset({"known_fault", "new_fault"})
"""Verdicts that name a failure mode."""


@dataclass(frozen=True)
class Judged:
    """An incident with every opinion on it."""

    incident: JudgedIncident
    opinions: tuple[Opinion, ...]
    """By time; those carried over from an incident of another release name that one."""


def snapshots(incidents: pd.DataFrame) -> tuple[JudgedIncident, ...]:
    """Take from the table of incidents what is kept beside opinions.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Table ``incidents``.

    Returns
    -------
    tuple[JudgedIncident, ...]
        In the order of the rows.
    """
    return tuple(
        JudgedIncident(
            incident=str(row["incident"]),
            asset=str(row["asset"]),
            equipment_class=str(row["equipment_class"]),
            opened=row["opened"].to_pydatetime(warn=False),
            first_seen=row["first_seen"].to_pydatetime(warn=False),
            cleared=None if pd.isna(row["cleared"]) else row["cleared"].to_pydatetime(warn=False),
            verdict=str(row["verdict"]),
            failure_mode=str(row["failure_mode"]),
            release=str(row["release"]),
        )
        for row in incidents.to_dict("records")
    )


def problems_of(opinion: Opinion) -> tuple[str, ...]:
    """List what is wrong with an opinion.

    Parameters
    ----------
    opinion : Opinion
        The opinion.

    Returns
    -------
    tuple[str, ...]
        A clause each, naming the field; empty if it can be kept.
    """
    o = opinion
    names_mode = o.verdict in FAULTS
    rules = (
        (bool(o.incident.strip()), "incident: empty"),
        (o.verdict in VERDICTS, f"verdict: {o.verdict!r} is none of {', '.join(VERDICTS)}"),
        (
            not names_mode or bool(o.failure_mode.strip()),
            f"failure_mode: empty, but {o.verdict} names one",
        ),
        (
            names_mode or o.verdict not in VERDICTS or not o.failure_mode,
            f"failure_mode: {o.failure_mode!r}, but {o.verdict} names none",
        ),
        (
            o.failure_mode != "healthy" and "|" not in o.failure_mode,
            f"failure_mode: {o.failure_mode!r} cannot be one ('healthy' and '|' have a meaning)",
        ),
        (0 <= o.confidence <= 1, f"confidence: {o.confidence!r} is not within 0 and 1"),
        (bool(o.author.strip()), "author: empty"),
        (o.time.tzinfo is not None, f"time: {o.time} has no zone"),
        (
            o.severity is None or o.severity in range(1, 6),
            f"severity: {o.severity!r} is not 1 (harmless) to 5 (dangerous)",
        ),
        (
            bool(o.duplicate_of) == (o.verdict == "duplicate"),
            "duplicate_of: name the other incident for a duplicate, and only then",
        ),
        (
            not o.duplicate_of or o.duplicate_of != o.incident,
            "duplicate_of: an incident is no duplicate of itself",
        ),
    )
    return tuple(problem for holds, problem in rules if not holds)


def by_time(opinions: Iterable[Opinion]) -> list[Opinion]:
    """Sort opinions and drop repetitions.

    Parameters
    ----------
    opinions : Iterable[Opinion]
        In any order.

    Returns
    -------
    list[Opinion]
        By time, then by identity.
    """
    return sorted({o.id: o for o in opinions}.values(), key=lambda o: (o.time, o.id))
