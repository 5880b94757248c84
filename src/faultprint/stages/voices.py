"""What experts said of the incidents of a signature, as the signature database keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from faultprint.evaluate.standing import Confirmation
from faultprint.faults.opinions import Judged, agreement, settle
from faultprint.records import JudgedIncident, Opinion, Signature
from faultprint.stages.held import is_there
from faultprint.store.opinions import OpinionBook


@dataclass(frozen=True)
class Said:
    """What experts said of the incidents of a signature."""

    lines: tuple[str, ...] = ()
    """How far they agree, then a line per opinion, by time."""
    heard: frozenset[str] = frozenset()
    """Names of these opinions."""
    confirmed: int = 0
    """Incidents of which it stands that they are this fault."""


def said_of(signature: Signature, url: str) -> Said:
    """Say what experts say of incidents that taught a signature or that any took for its fault.

    Parameters
    ----------
    signature : Signature
        The signature.
    url : str
        SQLAlchemy URL of the database; nobody said anything if it is empty or not there.

    Returns
    -------
    Said
        Each opinion with author, time, rationale and action.
    """
    judged = [one for one in _judged(url) if _concerns(one, signature)]
    if not judged:
        return Said()
    settled = [settle(one.opinions).opinion for one in judged]
    stands = sum(o is not None and o.failure_mode == signature.failure_mode for o in settled)
    lines = [f"{len(judged)} incidents were taken for it by experts; of {stands} that stands."]
    told = agreement(judged).get(signature.failure_mode)
    if told is not None and told.agreed is not None:
        lines.append(f"Where two looked, they agreed {100 * told.agreed:.0f} times in 100.")
    said = [(one.incident, opinion) for one in judged for opinion in one.opinions]
    said.sort(key=lambda pair: (pair[1].time, pair[1].id))
    lines += [_line(incident, opinion) for incident, opinion in said]
    return Said(tuple(lines), frozenset(opinion.id for _, opinion in said), stands)


def _line(incident: JudgedIncident, o: Opinion) -> str:
    what = " ".join(f"{o.verdict} {o.failure_mode}".split()).replace("_", " ")
    why = "".join(f" {text.rstrip('.')}." for text in (o.rationale, o.action) if text)
    return (
        f"{o.author}, {o.time:%Y-%m-%d}, on {incident.asset} since "
        f"{incident.opened:%Y-%m-%d}: {what}, sure {o.confidence:g}.{why}"
    )


def confirmations(url: str) -> tuple[Confirmation, ...]:
    """Read which incidents experts settled to be a fault.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of the database; none if it is not there.

    Returns
    -------
    tuple[Confirmation, ...]
        One per incident, at the time it was opened, by the author of the opinion that stands.
    """
    found = []
    for one in _judged(url):
        stands = settle(one.opinions).opinion
        if stands is not None and stands.failure_mode:
            opened = pd.Timestamp(one.incident.opened)
            found.append(
                Confirmation(stands.failure_mode, one.incident.asset, opened, stands.author)
            )
    return tuple(found)


def _judged(url: str) -> tuple[Judged, ...]:
    return OpinionBook(url).judged() if url and is_there(url) else ()


def _concerns(one: Judged, signature: Signature) -> bool:
    same = one.incident.equipment_class == signature.equipment_class
    return same and any(
        o.failure_mode == signature.failure_mode or o.id in signature.opinions for o in one.opinions
    )
