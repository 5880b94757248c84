"""What experts say of incidents: kept for good, several may disagree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from faultprint.errors import StoreError
from faultprint.store.engine import migrate, open_engine, reading, writing
from faultprint.store.schema import OPINIONS


@dataclass(frozen=True)
class Opinion:
    """What one expert says of one incident; tied to the incident, so that regrouping loses none."""

    incident: str
    """Its identity."""
    failure_mode: str
    """What it was; ``healthy`` for a false alarm."""
    author: str
    said: str
    """In the expert's words."""
    time: datetime
    """When, with its zone."""


def add_opinions(url: str, opinions: Iterable[Opinion]) -> None:
    """Add opinions to the signature database; all of them, or none.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of the database.
    opinions : Iterable[Opinion]
        What was said.

    Raises
    ------
    StoreError
        If an opinion names no incident, failure mode or author, or its time has no zone.
    """
    every = list(opinions)
    for one in every:
        if not (one.incident and one.failure_mode and one.author and one.time.tzinfo):
            raise StoreError.because(
                f"an incomplete opinion: {one}",
                "an incident, a failure mode, an author and a time with its zone",
                "complete it; nothing was added",
            )
    engine = open_engine(url)
    migrate(engine)
    with writing(engine) as connection:
        for one in every:
            connection.execute(sa.insert(OPINIONS).values(**asdict(one)))


def read_opinions(url: str, incident: str | None = None) -> tuple[Opinion, ...]:
    """Read opinions from the signature database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of the database.
    incident : str | None, default None
        Only those of this incident; of all when left out.

    Returns
    -------
    tuple[Opinion, ...]
        In the order they were added.
    """
    engine = open_engine(url)
    migrate(engine)
    query = sa.select(OPINIONS).order_by(OPINIONS.c.id)
    if incident is not None:
        query = query.where(OPINIONS.c.incident == incident)
    with reading(engine) as connection:
        return tuple(
            Opinion(row.incident, row.failure_mode, row.author, row.said, row.time)
            for row in connection.execute(query)
        )
