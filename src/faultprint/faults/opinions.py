"""What experts say of incidents: which opinion stands, how far they agree, and what carries over.

Opinions key on the incident; groups of incidents are derived and own none, so that regrouping
moves opinions with their incidents. Nothing here is overwritten: a later opinion stands beside the
earlier one, and rules say which of them counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from faultprint.faults.experts.carrying import carried_over
from faultprint.faults.experts.judged import (
    FAULTS,
    VERDICTS,
    Judged,
    by_time,
    problems_of,
    snapshots,
)
from faultprint.records import Opinion, Verdict

__all__ = [
    "FAULTS",
    "VERDICTS",
    "Agreement",
    "Judged",
    "Settled",
    "agreement",
    "carried_over",
    "problems_of",
    "settle",
    "snapshots",
]

Claim = tuple[Verdict, str, str]
"""Verdict, failure mode and the incident it is a duplicate of: what opinions agree on or not."""

_HALF = 0.5


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
    agreed: float | None
    """Share of these pairs in which the second named it, too; None without a pair."""
    unsettled: int
    """Of all incidents on which anyone named it, those that are not settled."""


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
    every = by_time(opinions)
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
    pair there is no share: one person agrees with nobody.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in judged:
        latest = _latest(by_time(one.opinions))
        open_still = settle(one.opinions).opinion is None
        for mode in {o.failure_mode for o in latest if o.failure_mode}:
            named, people = sum(o.failure_mode == mode for o in latest), len(latest)
            tally = counts[mode]
            tally[0] += people > 1
            tally[1] += named * (people - 1)
            tally[2] += named * (named - 1)
            tally[3] += open_still
    return {
        mode: Agreement(incidents, pairs, both / pairs if pairs else None, unsettled)
        for mode, (incidents, pairs, both, unsettled) in sorted(counts.items())
    }


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
