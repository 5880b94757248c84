"""What experts say of incidents: kept for good, several may disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from faultprint.errors import OpinionError, listed
from faultprint.faults.opinions import Judged, problems_of
from faultprint.records import JudgedIncident, Marking, Opinion
from faultprint.store.engine import migrate, open_engine, reading, writing
from faultprint.store.schema import INCIDENTS, MARKINGS, OPINIONS


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OpinionBook:
    """The opinions in a signature database, the incidents they are on, and the marks on these.

    Rows are added and never changed or removed; every call that writes is one transaction.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of the signature database.
    clock : Callable[[], datetime], default _utc_now
        Tells when a row was recorded, with a zone.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] = _utc_now) -> None:
        self._engine = open_engine(url)
        self._clock = clock
        migrate(self._engine)

    def add(
        self, opinions: Iterable[Opinion], incidents: Iterable[JudgedIncident] = ()
    ) -> tuple[Opinion, ...]:
        """Add opinions and the incidents they are on; all of them, or none.

        Parameters
        ----------
        opinions : Iterable[Opinion]
            What was said; what is held already is not added again.
        incidents : Iterable[JudgedIncident], default ()
            Snapshots; one that says what the latest of the same incident says is not added again.

        Returns
        -------
        tuple[Opinion, ...]
            Those that were new.

        Raises
        ------
        OpinionError
            If an opinion is incomplete or contradicts itself; all of them are listed.
        """
        every = {one.id: one for one in _whole(list(opinions))}
        with writing(self._engine) as connection:
            now = self._clock()
            held = set(connection.scalars(sa.select(OPINIONS.c.id)))
            known = _latest_incidents(connection)
            for incident in incidents:
                if known.get(incident.incident) != incident:
                    row = {**asdict(incident), "recorded": now}
                    connection.execute(sa.insert(INCIDENTS).values(**row))
                    known[incident.incident] = incident
            fresh = [one for name, one in every.items() if name not in held]
            for one in fresh:
                row = {**asdict(one), "id": one.id, "recorded": now}
                connection.execute(sa.insert(OPINIONS).values(**row))
        return tuple(fresh)

    def opinions(self, incident: str | None = None) -> tuple[Opinion, ...]:
        """Read opinions.

        Parameters
        ----------
        incident : str | None, default None
            Only those of this incident; of all when left out.

        Returns
        -------
        tuple[Opinion, ...]
            By time.
        """
        query = sa.select(OPINIONS).order_by(OPINIONS.c.time, OPINIONS.c.id)
        if incident is not None:
            query = query.where(OPINIONS.c.incident == incident)
        with reading(self._engine) as connection:
            return tuple(_record(Opinion, row) for row in connection.execute(query))

    def incidents(self) -> tuple[JudgedIncident, ...]:
        """Read the incidents that were judged, each as it stood last.

        Returns
        -------
        tuple[JudgedIncident, ...]
            In the order they were first recorded.
        """
        with reading(self._engine) as connection:
            return tuple(_latest_incidents(connection).values())

    def judged(self) -> tuple[Judged, ...]:
        """Read each judged incident with its opinions.

        Returns
        -------
        tuple[Judged, ...]
            In the order the incidents were first recorded. Opinions on incidents of which no
            snapshot was kept are only in :meth:`opinions`.
        """
        with reading(self._engine) as connection:
            incidents = _latest_incidents(connection).values()
            query = sa.select(OPINIONS).order_by(OPINIONS.c.time, OPINIONS.c.id)
            on: dict[str, list[Opinion]] = defaultdict(list)
            for row in connection.execute(query):
                on[row.incident].append(_record(Opinion, row))
        return tuple(Judged(one, tuple(on[one.incident])) for one in incidents)

    def mark(self, marking: Marking, incident: JudgedIncident) -> None:
        """Record that work on an incident is done, or is taken up again.

        Parameters
        ----------
        marking : Marking
            Who did what, and when.
        incident : JudgedIncident
            The incident as it stands.

        Raises
        ------
        OpinionError
            If the author is missing or the time has no zone.
        """
        if not marking.author.strip() or marking.time.tzinfo is None:
            raise OpinionError.because(
                f"a mark without author or zone: {marking}", "both", "complete it"
            )
        with writing(self._engine) as connection:
            if _latest_incidents(connection).get(incident.incident) != incident:
                row = {**asdict(incident), "recorded": self._clock()}
                connection.execute(sa.insert(INCIDENTS).values(**row))
            connection.execute(sa.insert(MARKINGS).values(**asdict(marking)))

    def markings(self) -> tuple[Marking, ...]:
        """Read all marks.

        Returns
        -------
        tuple[Marking, ...]
            In the order they were made.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(MARKINGS).order_by(MARKINGS.c.id))
            return tuple(_record(Marking, row) for row in rows)


def _whole(opinions: list[Opinion]) -> list[Opinion]:
    wrong = [f"{n}: {'; '.join(p)}" for n, o in enumerate(opinions, 1) if (p := problems_of(o))]
    if wrong:
        raise OpinionError.because(
            f"{len(wrong)} incomplete opinions of {len(opinions)}: {listed(wrong, 20)}",
            "whole ones",
            "complete them; nothing was added",
        )
    return opinions


def _latest_incidents(connection: sa.Connection) -> dict[str, JudgedIncident]:
    rows = connection.execute(sa.select(INCIDENTS).order_by(INCIDENTS.c.id))
    return {row.incident: _record(JudgedIncident, row) for row in rows}


def _record(kind: type[Any], row: sa.Row[Any]) -> Any:
    return kind(**{one.name: getattr(row, one.name) for one in fields(kind)})
