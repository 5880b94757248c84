"""What whoever judges incidents has at hand: the results of scoring and the opinions held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import pandas as pd

from faultprint.errors import OpinionError
from faultprint.faults.experts.standing import Stands, standings
from faultprint.faults.opinions import Judged, carried_over, snapshots
from faultprint.records import JudgedIncident, Marking, Opinion
from faultprint.store.opinions import OpinionBook
from faultprint.store.parquet import read_table
from faultprint.store.signature_db import SignatureDatabase

GRACE = timedelta(hours=24)
"""How long a resolved incident may take to clear: the off-delay of alarms, by default."""


@dataclass(frozen=True)
class Desk:
    """The results of scoring and the signature database, as whoever judges incidents sees them."""

    results: Path
    """Folder with the table ``incidents``."""
    database: str
    """SQLAlchemy URL of the signature database."""
    grace: timedelta = GRACE

    @cached_property
    def table(self) -> pd.DataFrame:
        """Rows of ``incidents`` by :attr:`release`."""
        frame = read_table(self.results, "incidents")
        return frame[frame["release"] == self.release].reset_index(drop=True)

    @cached_property
    def release(self) -> str:
        """Label of the current release if it has scored, else of the one that scored last."""
        latest = read_table(self.results, "states").groupby("release")["end"].max()
        database = SignatureDatabase(self.database)
        if database.releases() and (label := database.current().label) in latest.index:
            return label
        tied = sorted(latest[latest == latest.max()].index, key=_version)
        return str(tied[-1]) if tied else ""

    @cached_property
    def seen(self) -> dict[str, datetime]:
        """Asset -> latest instant that was scored."""
        ends = read_table(self.results, "states").groupby("asset")["end"].max()
        return {str(asset): end.to_pydatetime(warn=False) for asset, end in ends.items()}

    @cached_property
    def book(self) -> OpinionBook:
        """The opinions of the database."""
        return OpinionBook(self.database)

    @cached_property
    def incidents(self) -> tuple[JudgedIncident, ...]:
        """Incidents of :attr:`release`."""
        return snapshots(self.table)

    @property
    def every(self) -> tuple[JudgedIncident, ...]:
        """Incidents judged before, in that order, then those of :attr:`release`."""
        return (*self.book.incidents(), *self.incidents)

    def judged(self) -> tuple[Judged, ...]:
        """Give each incident of the table with the opinions that apply to it.

        Returns
        -------
        tuple[Judged, ...]
            In the order of the table.
        """
        return carried_over(self.book.judged(), self.incidents)

    def standings(self) -> dict[str, Stands]:
        """Say where each incident of the table stands.

        Returns
        -------
        dict[str, Stands]
            By incident; a mark follows its incident into another release as opinions do.
        """
        marks = self.book.markings()
        now = {one.incident for one in self.incidents}
        marked = {one.incident for one in marks}
        moved = []
        for old in self.book.incidents():
            if old.incident in now or old.incident not in marked:
                continue
            mine = tuple(m for m in marks if m.incident == old.incident)
            carrier = Judged(old, (_stand_in(mine[-1]),))
            for one in carried_over([carrier], self.incidents):
                moved += [replace(m, incident=one.incident.incident) for m in mine if one.opinions]
        marks = tuple(sorted((*marks, *moved), key=lambda m: m.time))
        every = {one.incident: one for one in self.every}.values()
        found = standings(every, marks, self.seen, self.grace)
        return {one.incident: found[one.incident] for one in self.incidents}

    def find(self, name: str) -> JudgedIncident:
        """Find an incident by its identity or the beginning of it.

        Parameters
        ----------
        name : str
            Identity, or as much of it as only one has.

        Returns
        -------
        JudgedIncident
            The incident.

        Raises
        ------
        OpinionError
            If none, or more than one, is meant.
        """
        known = {one.incident: one for one in self.every}
        found = [key for key in known if key.startswith(name)] if name else []
        if len(found) == 1:
            return known[found[0]]
        if found:
            raise OpinionError.because(
                f"{name!r}, which {len(found)} incidents begin with",
                "the identity of one",
                "write more of it",
            )
        raise OpinionError.because(
            f"unknown incident {name!r}",
            f"the identity of one of {len(known)}, or its beginning",
            "see faultprint incidents list",
        )


def _stand_in(mark: Marking) -> Opinion:
    """Let a mark find its incident by the rule by which opinions do."""
    return Opinion(mark.incident, "cause_unknown", "", 0.0, mark.note, "", mark.author, mark.time)


def _version(label: str) -> tuple[int, ...]:
    return tuple(int(n) for n in label.partition("+")[0].split(".") if n.isdigit())
