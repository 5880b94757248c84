"""What experts say of incidents: which opinion stands, how far they agree, and what carries over.

Opinions key on the incident; groups of incidents are derived and own none, so that regrouping
moves opinions with their incidents. Nothing here is overwritten: a later opinion stands beside the
earlier one, and rules say which of them counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args

import pandas as pd

from faultprint.records import JudgedIncident, Opinion, Verdict

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
FAULTS: frozenset[Verdict] = frozenset({"known_fault", "new_fault"})
"""Verdicts that name a failure mode."""

Claim = tuple[Verdict, str, str]
"""Verdict, failure mode and the incident it is a duplicate of: what opinions agree on or not."""

_HALF = 0.5


@dataclass(frozen=True)
class Judged:
    """An incident with every opinion on it."""

    incident: JudgedIncident
    opinions: tuple[Opinion, ...]
    """By time; those carried over from an incident of another release name that one."""


@dataclass(frozen=True)
class Settled:
    """What stands of the opinions on one incident."""

    opinion: Opinion | None
    """The one that speaks for it: the adjudication, or the surest of the majority. None: open."""
    confidence: float
    """Of the adjudication, or share of the weight that the majority has, times its mean."""
    reason: str
    """Why it is settled, or is not."""
    votes: dict[str, float] = field(default_factory=dict)
    """What was claimed -> sum of the confidence behind it."""


@dataclass(frozen=True)
class Agreement:
    """How far experts agree on one failure mode."""

    incidents: int
    """On which anyone named it and at least two people spoke."""
    pairs: int
    """Ordered pairs of people of whom the first named it."""
    agreed: float
    """Share of these pairs in which the second named it, too."""
    unsettled: int
    """Of all incidents on which anyone named it, those that are not settled."""


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


def settle(opinions: Iterable[Opinion]) -> Settled:
    """Say what stands of the opinions on one incident.

    Parameters
    ----------
    opinions : Iterable[Opinion]
        All of one incident, in any order.

    Returns
    -------
    Settled
        The latest adjudication if there is one. Else, of everybody's latest opinion, the claim with
        more than half of all confidence; its surest opinion (of equals the latest) speaks for it.
        Else unsettled: nobody spoke, a tie, or no majority.

    Examples
    --------
    >>> settle([]).reason
    'nobody has judged it'
    """
    every = _by_time(opinions)
    deciding = [one for one in every if one.adjudicates]
    votes = _votes(_latest(every))
    told = {_spelled(claim): round(sum(o.confidence for o in by), 9) for claim, by in votes.items()}
    if deciding:
        last = deciding[-1]
        return Settled(last, last.confidence, f"adjudicated by {last.author}", told)
    total = sum(told.values())
    if not votes:
        return Settled(None, 0.0, "nobody has judged it")
    claim = max(votes, key=lambda c: (told[_spelled(c)], _spelled(c)))
    weight, behind = told[_spelled(claim)], votes[claim]
    if weight <= _HALF * total:
        said = ", ".join(f"{what} {sure:g}" for what, sure in sorted(told.items()))
        return Settled(None, 0.0, f"no majority: {said}", told)
    surest = max(behind, key=lambda o: (o.confidence, o.time, o.id))
    people = len(_latest(every))
    reason = f"said by {surest.author}" if people == 1 else f"{len(behind)} of {people} people"
    return Settled(surest, weight / total * weight / len(behind), reason, told)


def agreement(judged: Iterable[Judged]) -> dict[str, Agreement]:
    """Say for each failure mode how far those who judged agree.

    Parameters
    ----------
    judged : Iterable[Judged]
        Incidents with their opinions.

    Returns
    -------
    dict[str, Agreement]
        Failure mode -> agreement, sorted by name.

    Notes
    -----
    The proportion of specific agreement (Fleiss 1981, chapter 13), over every pair of people: over
    incidents, the ordered pairs of people of whom both named the mode, over those of whom the first
    did. Everybody counts with their latest opinion, adjudications included as any other. Without a
    pair, ``agreed`` is NaN: one person agrees with nobody.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in judged:
        latest = _latest(_by_time(one.opinions))
        open_still = settle(one.opinions).opinion is None
        for mode in {o.failure_mode for o in latest if o.failure_mode}:
            named, people = sum(o.failure_mode == mode for o in latest), len(latest)
            tally = counts[mode]
            tally[0] += people > 1
            tally[1] += named * (people - 1)
            tally[2] += named * (named - 1)
            tally[3] += open_still
    return {
        mode: Agreement(incidents, pairs, both / pairs if pairs else float("nan"), unsettled)
        for mode, (incidents, pairs, both, unsettled) in sorted(counts.items())
    }


def carried_over(
    judged: Iterable[Judged], incidents: Iterable[JudgedIncident]
) -> tuple[Judged, ...]:
    """Find the opinions that apply to incidents, also where another release raised them anew.

    Parameters
    ----------
    judged : Iterable[Judged]
        Incidents with opinions, as they stood when they were judged.
    incidents : Iterable[JudgedIncident]
        Incidents of one or more releases.

    Returns
    -------
    tuple[Judged, ...]
        Each of the incidents in the order given, with the opinions that apply to it; the opinions
        are as they were given, with the identity of the incident they were said of.

    Notes
    -----
    Within each release, the opinions on an incident go to the incident of the same identity; if
    there is none, to the one of the same asset that overlaps it longest, or of those that overlap
    it at least half as long, the one with the same failure mode. An incident that was still open
    when it was judged is taken to last until its latest opinion; of those that overlap it, the one
    already there when it opened counts first, then the one of the same failure mode, then the
    earliest. What overlaps nothing, applies to nothing.
    """
    targets = list(incidents)
    by_release: dict[str, list[JudgedIncident]] = defaultdict(list)
    for target in targets:
        by_release[target.release].append(target)
    found: dict[str, list[Opinion]] = defaultdict(list)
    for one in judged:
        for held in by_release.values():
            match = _same(one, held)
            if match is not None:
                found[match.incident] += one.opinions
    return tuple(Judged(t, tuple(_by_time(found[t.incident]))) for t in targets)


def _by_time(opinions: Iterable[Opinion]) -> list[Opinion]:
    """Sort opinions and drop repetitions."""
    return sorted({o.id: o for o in opinions}.values(), key=lambda o: (o.time, o.id))


def _latest(opinions: Sequence[Opinion]) -> list[Opinion]:
    """Keep everybody's latest opinion; those given are sorted by time."""
    return list({one.author: one for one in opinions}.values())


def _votes(opinions: Iterable[Opinion]) -> dict[Claim, list[Opinion]]:
    votes: dict[Claim, list[Opinion]] = defaultdict(list)
    for one in opinions:
        verdict: Verdict = "known_fault" if one.verdict in FAULTS else one.verdict
        votes[verdict, one.failure_mode, one.duplicate_of].append(one)
    return votes


def _spelled(claim: Claim) -> str:
    verdict, mode, other = claim
    return mode or (f"duplicate of {other}" if other else verdict)


def _same(one: Judged, held: Sequence[JudgedIncident]) -> JudgedIncident | None:
    """Find in the incidents of one release the one that was judged."""
    old = one.incident
    for new in held:
        if new.incident == old.incident:
            return new
    near = [new for new in held if new.asset == old.asset and _overlap(one, new) is not None]
    if not near:
        return None
    if old.cleared is None:
        return min(
            near,
            key=lambda n: (
                n.first_seen > old.opened,
                n.failure_mode != old.failure_mode,
                n.first_seen,
                n.incident,
            ),
        )
    longest = max(_overlap(one, new) or timedelta(0) for new in near)
    long = [new for new in near if (_overlap(one, new) or timedelta(0)) >= longest / 2]
    return max(
        long,
        key=lambda n: (
            n.failure_mode == old.failure_mode,
            _overlap(one, n) or timedelta(0),
            n.incident,
        ),
    )


def _overlap(one: Judged, new: JudgedIncident) -> timedelta | None:
    """Say how long two incidents overlap; None: not at all."""
    old = one.incident
    latest = max((o.time for o in one.opinions), default=old.opened)
    end = old.cleared or max(old.opened, latest)
    shared = _earlier(end, new.cleared) - max(old.first_seen, new.first_seen)
    return shared if shared >= timedelta(0) else None


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)
