"""Opinions follow their incident into releases that raise it anew, under another identity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from faultprint.faults.experts.judged import Judged, by_time
from faultprint.records import JudgedIncident, Opinion


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
    return tuple(Judged(t, tuple(by_time(found[t.incident]))) for t in targets)


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
