"""What changes when one release takes the place of another: the same history, judged by both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Said:
    """What one release says of a history."""

    incidents: pd.DataFrame
    """Table ``incidents``."""
    windows: pd.DataFrame
    """``asset``, ``end``, ``verdict``, ``failure_mode`` of each window."""
    failures: pd.DataFrame
    """Judged failures, as from :func:`faultprint.evaluate.metrics.match_incidents`."""


@dataclass(frozen=True)
class Told:
    """One incident."""

    asset: str
    name: str
    """Failure mode, or the verdict where it names none."""
    opened: str
    """Instant [UTC, ISO 8601]."""
    cleared: str
    """Instant; empty if it is still open."""
    beside: bool
    """Whether the other release has an incident at that time too, which has another counterpart."""


@dataclass(frozen=True)
class Renamed:
    """One incident that both have and call differently."""

    old: Told
    new: Told


@dataclass(frozen=True)
class Lead:
    """How early the failures of one mode are foretold."""

    failure_mode: str
    """Empty for those of no known mode; ``all`` for all together."""
    failures: int
    old_found: int
    new_found: int
    old_median: float | None
    """Hours, of the failures that the old one found."""
    new_median: float | None
    moved: float | None
    """Median of new minus old over the failures that both found [h]."""


@dataclass(frozen=True)
class Spell:
    """Neighbouring windows of an asset about which the two say different things."""

    asset: str
    first: str
    """End of the first of them [UTC, ISO 8601]."""
    last: str
    windows: int
    old: str
    """What the old one says: ``known bearing_wear``; ``none``: it has no such window."""
    new: str


@dataclass(frozen=True)
class Behaviour:
    """The difference between what two releases say of one history."""

    windows: int
    """Windows that at least one of the two judges."""
    changed: int
    """Windows about which they say different things."""
    spells: tuple[Spell, ...]
    """Which windows these are."""
    kept: int
    """Incidents that both have and call the same."""
    appeared: tuple[Told, ...]
    vanished: tuple[Told, ...]
    renamed: tuple[Renamed, ...]
    leads: tuple[Lead, ...]
    """``all``, then by failure mode."""

    @property
    def same(self) -> bool:
        """Tell whether nothing differs.

        Returns
        -------
        bool
            No window, no incident.
        """
        return not (self.changed or self.appeared or self.vanished or self.renamed)

    def transitions(self) -> dict[tuple[str, str], int]:
        """Count the changed windows by what was and what is said.

        Returns
        -------
        dict[tuple[str, str], int]
            Most first.
        """
        counts: dict[tuple[str, str], int] = {}
        for spell in self.spells:
            key = spell.old, spell.new
            counts[key] = counts.get(key, 0) + spell.windows
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def changed_beside(self, failure_mode: str) -> int:
        """Count the changed windows that neither before nor after name a failure mode.

        Parameters
        ----------
        failure_mode : str
            For example the one that a release has learnt anew.

        Returns
        -------
        int
            How many other diagnoses changed.
        """
        mine = {f"{verdict} {failure_mode}" for verdict in ("known", "ambiguous")}
        return sum(s.windows for s in self.spells if not mine & {s.old, s.new})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        rows = [{"old": a, "new": b, "windows": n} for (a, b), n in self.transitions().items()]
        return {**asdict(self), "transitions": rows}


def compare_behaviour(old: Said, new: Said) -> Behaviour:
    """Compare what two releases say of one history.

    Parameters
    ----------
    old : Said
        What the old one says.
    new : Said
        What the new one says.

    Returns
    -------
    Behaviour
        An incident of one is that of the other which overlaps it on its asset: first where both
        give it the same name, then where they do not, the longest overlap first; each has one
        counterpart at most.
    """
    windows = _side_by_side(old.windows, new.windows)
    differing = windows[windows["old"] != windows["new"]]
    ours, theirs = _rows(old.incidents), _rows(new.incidents)
    pairs = _pairs(ours, theirs)
    renamed = [(a, b) for a, b in pairs if ours[a]["name"] != theirs[b]["name"]]
    lost = sorted(set(range(len(ours))) - {a for a, _ in pairs})
    fresh = sorted(set(range(len(theirs))) - {b for _, b in pairs})
    return Behaviour(
        windows=len(windows),
        changed=len(differing),
        spells=_spells(windows),
        kept=len(pairs) - len(renamed),
        appeared=tuple(_told(theirs[b], ours) for b in fresh),
        vanished=tuple(_told(ours[a], theirs) for a in lost),
        renamed=tuple(Renamed(_told(ours[a]), _told(theirs[b])) for a, b in sorted(renamed)),
        leads=_leads(old.failures, new.failures),
    )


def _side_by_side(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    keys = ["asset", "end"]
    sides = [
        frame[keys].assign(said=(frame["verdict"] + " " + frame["failure_mode"]).str.strip())
        for frame in (old, new)
    ]
    both = sides[0].merge(sides[1], on=keys, how="outer", suffixes=("_old", "_new"))
    both = both.rename(columns={"said_old": "old", "said_new": "new"})
    return both.fillna({"old": "none", "new": "none"}).sort_values(keys, ignore_index=True)


def _spells(windows: pd.DataFrame) -> tuple[Spell, ...]:
    """Join windows that follow one another on an asset and changed in the same way."""
    keys = windows[["asset", "old", "new"]]
    number = keys.ne(keys.shift()).any(axis=1).cumsum()
    differing = windows[windows["old"] != windows["new"]]
    return tuple(
        Spell(
            asset=str(part["asset"].iloc[0]),
            first=part["end"].iloc[0].isoformat(),
            last=part["end"].iloc[-1].isoformat(),
            windows=len(part),
            old=str(part["old"].iloc[0]),
            new=str(part["new"].iloc[0]),
        )
        for _, part in differing.groupby(number[differing.index], sort=True)
    )


def _rows(incidents: pd.DataFrame) -> list[dict[str, Any]]:
    ordered = incidents.sort_values(["asset", "first_seen", "incident"], kind="stable")
    return [
        {
            "asset": row["asset"],
            "name": row["failure_mode"] or row["verdict"],
            "opened": row["opened"],
            "cleared": row["cleared"],
            "since": row["first_seen"],
        }
        for row in ordered.to_dict("records")
    ]


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Return how long two incidents stand at once [h]; infinity where both are open."""
    ends = [
        np.inf if pd.isna(row["cleared"]) else row["cleared"].timestamp() for row in (one, other)
    ]
    start = max(one["since"], other["since"]).timestamp()
    return max(0.0, float(min(ends) - start) / 3600)


def _pairs(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[tuple[int, int]]:
    by_asset: dict[str, list[int]] = {}
    for n, row in enumerate(theirs):
        by_asset.setdefault(row["asset"], []).append(n)
    found = []
    for a, row in enumerate(ours):
        for b in by_asset.get(row["asset"], []):
            together = _overlap(row, theirs[b])
            if together > 0:
                found.append((row["name"] != theirs[b]["name"], -together, a, b))
    pairs: list[tuple[int, int]] = []
    for _, _, a, b in sorted(found):
        if all(a != x and b != y for x, y in pairs):
            pairs.append((a, b))
    return pairs


def _told(row: dict[str, Any], others: list[dict[str, Any]] | None = None) -> Told:
    there = (one for one in others or [] if one["asset"] == row["asset"])
    return Told(
        asset=str(row["asset"]),
        name=str(row["name"]),
        opened=row["opened"].isoformat(),
        cleared="" if pd.isna(row["cleared"]) else row["cleared"].isoformat(),
        beside=any(_overlap(row, one) > 0 for one in there),
    )


def _leads(old: pd.DataFrame, new: pd.DataFrame) -> tuple[Lead, ...]:
    keys = ["asset", "time", "failure_mode"]
    number = [frame.groupby(keys).cumcount() for frame in (old, new)]  # two alike at one instant
    sides = [
        frame[[*keys, "found", "lead_hours"]].assign(number=n)
        for frame, n in zip((old, new), number, strict=True)
    ]
    both = sides[0].merge(sides[1], on=[*keys, "number"], suffixes=("_old", "_new"))
    modes = sorted(set(both["failure_mode"]))
    return (_lead("all", both), *(_lead(m, both[both["failure_mode"] == m]) for m in modes))


def _lead(mode: str, rows: pd.DataFrame) -> Lead:
    return Lead(
        failure_mode=mode,
        failures=len(rows),
        old_found=int(rows["found_old"].sum()),
        new_found=int(rows["found_new"].sum()),
        old_median=_median(rows["lead_hours_old"]),
        new_median=_median(rows["lead_hours_new"]),
        moved=_median(rows["lead_hours_new"] - rows["lead_hours_old"]),
    )


def _median(hours: pd.Series) -> float | None:
    known = hours.dropna()
    return float(f"{known.median():.6g}") if len(known) else None
