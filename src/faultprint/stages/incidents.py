"""Incidents as experts work with them: listed, shown, judged, marked, and their opinions moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from faultprint.faults.diagnosis.similar import most_similar
from faultprint.faults.experts.standing import ATTENTION, Stands
from faultprint.faults.experts.work_orders import opinions_from_orders
from faultprint.faults.opinions import Judged, agreement, settle
from faultprint.records import Marking, Opinion
from faultprint.stages.desk import Desk
from faultprint.store.opinion_files import read_opinions, write_opinions
from faultprint.store.parquet import read_table
from faultprint.store.signature_db import SignatureDatabase


def list_incidents(
    desk: Desk, *, only_open: bool = False, only_unjudged: bool = False
) -> list[dict[str, Any]]:
    """List incidents, those that need attention first, then the latest.

    Parameters
    ----------
    desk : Desk
        Results and database.
    only_open : bool, default False
        Leave out those that cleared or were resolved, and did not come back.
    only_unjudged : bool, default False
        Leave out those on which anybody said anything.

    Returns
    -------
    list[dict[str, Any]]
        Incident, asset, times, verdict, failure mode, where it stands and why, number of opinions,
        and what they settle on.
    """
    stands = desk.standings()
    rows = []
    for one in desk.judged():
        where = stands[one.incident.incident]
        if only_open and where.standing not in ATTENTION:
            continue
        if only_unjudged and one.opinions:
            continue
        rows.append(_row(one, where))
    rows.sort(key=lambda row: row["opened"], reverse=True)
    return sorted(rows, key=lambda row: row["standing"] not in ATTENTION)


def show_incident(desk: Desk, name: str) -> dict[str, Any]:
    """Tell all that is known of an incident.

    Parameters
    ----------
    desk : Desk
        Results and database.
    name : str
        Its identity, or the beginning of it.

    Returns
    -------
    dict[str, Any]
        As in :func:`list_incidents`, with the evidence, the most similar past incidents, every
        opinion, what they settle on, and how far people agree on the failure modes named.
    """
    incident = desk.find(name)
    judged = {one.incident.incident: one for one in desk.judged()}
    held = {one.incident.incident: one for one in desk.book.judged()}
    one = judged.get(incident.incident) or held.get(incident.incident) or Judged(incident, ())
    where = desk.standings().get(incident.incident, Stands("cleared", "not in the results now"))
    there = desk.table[desk.table["incident"] == incident.incident]
    similar = most_similar(desk.table, incident.incident) if len(there) else {}
    told = settle(one.opinions)
    modes = {o.failure_mode for o in one.opinions} | {incident.failure_mode}
    agreed = agreement(held.values())
    return {
        **_row(one, where),
        "evidence": json.loads(there["evidence"].iloc[0]) if len(there) else {},
        "similar": [
            {**_row(judged[key], desk.standings()[key]), "similarity": value}
            for key, value in similar.items()
        ],
        "opinions": [{"id": o.id, **_json(asdict(o))} for o in one.opinions],
        "settled_because": told.reason,
        "votes": told.votes,
        "agreement": {mode: asdict(a) for mode, a in agreed.items() if mode in modes},
    }


def judge_incident(desk: Desk, opinion: Opinion) -> Opinion:
    """Add one opinion.

    Parameters
    ----------
    desk : Desk
        Results and database.
    opinion : Opinion
        Its incident, and the one it is a duplicate of, may be given by the beginning of their
        identities.

    Returns
    -------
    Opinion
        As it was added, or as it is there already.
    """
    incident = desk.find(opinion.incident)
    other = desk.find(opinion.duplicate_of).incident if opinion.duplicate_of else ""
    whole = replace(opinion, incident=incident.incident, duplicate_of=other)
    desk.book.add([whole], [incident])
    return whole


def judge_file(desk: Desk, file: Path) -> dict[str, int]:
    """Add the opinions of a file; all of them, or none.

    Parameters
    ----------
    desk : Desk
        Results and database.
    file : Path
        ``.yaml`` or ``.csv``.

    Returns
    -------
    dict[str, int]
        How many it holds, and how many were new.
    """
    opinions, incidents = read_opinions(file, desk.every)
    return {"opinions": len(opinions), "added": len(desk.book.add(opinions, incidents))}


def judge_from_events(desk: Desk, tables: Path, within: timedelta) -> dict[str, Any]:
    """Add what closed work orders say of incidents.

    Parameters
    ----------
    desk : Desk
        Results and database.
    tables : Path
        Folder with the table ``events``.
    within : timedelta
        How long after an incident cleared an order may still be about it.

    Returns
    -------
    dict[str, Any]
        How many opinions the orders give, how many were new, and how many there are by verdict.
    """
    database = SignatureDatabase(desk.database)
    known: set[tuple[str, str]] = set()
    if database.releases():
        signatures = database.signatures(database.current().version)
        known = {(one.equipment_class, one.failure_mode) for one in signatures}
    events = read_table(tables, "events")
    found = opinions_from_orders(desk.incidents, events, known, within)
    on = {one.incident for one in found}
    added = desk.book.add(found, [one for one in desk.incidents if one.incident in on])
    counts = pd.Series([one.verdict for one in found], dtype="str").value_counts()
    return {"opinions": len(found), "added": len(added), "verdicts": counts.sort_index().to_dict()}


def export_opinions(desk: Desk, file: Path) -> int:
    """Write every opinion to a file that can be read again.

    Parameters
    ----------
    desk : Desk
        Results and database.
    file : Path
        ``.yaml`` (with the incidents, so that another database can take it) or ``.csv``.

    Returns
    -------
    int
        How many.
    """
    opinions = desk.book.opinions()
    write_opinions(file, opinions, desk.book.incidents())
    return len(opinions)


def mark_incident(desk: Desk, marking: Marking) -> Marking:
    """Say that an incident is resolved, or is worked on again.

    Parameters
    ----------
    desk : Desk
        Results and database.
    marking : Marking
        Its incident may be given by the beginning of its identity.

    Returns
    -------
    Marking
        As it was recorded.
    """
    incident = desk.find(marking.incident)
    whole = replace(marking, incident=incident.incident)
    desk.book.mark(whole, incident)
    return whole


def _row(one: Judged, where: Stands) -> dict[str, Any]:
    told = settle(one.opinions)
    said = told.opinion
    return _json(
        {
            **asdict(one.incident),
            "standing": where.standing,
            "why": where.why,
            "opinion_count": len(one.opinions),
            "judged": said.verdict if said else "",
            "judged_failure_mode": said.failure_mode if said else "",
            "judged_confidence": round(told.confidence, 6) if said else None,
        }
    )


def _json(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for key, value in row.items()
    }
