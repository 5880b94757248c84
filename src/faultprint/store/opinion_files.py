"""Files of opinions, YAML or CSV: read whole with every offender named, and written again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from faultprint.errors import OpinionError, StoreError, listed
from faultprint.faults.opinions import problems_of
from faultprint.records import JudgedIncident, Opinion
from faultprint.store.folders import write_text

KEYS = tuple(one.name for one in fields(Opinion))
PLACE = ("asset", "said")
"""``asset`` names the incident together with ``time``, any instant inside it; ``said`` is then when
it was said, if not at that instant."""
NEEDED = ("verdict", "confidence", "author", "time")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0", ""}


@dataclass(frozen=True)
class Entry:
    """One opinion of a file, before its incident is looked up."""

    line: int
    values: Mapping[str, Any]


def read_opinions(
    file: Path, incidents: Iterable[JudgedIncident]
) -> tuple[tuple[Opinion, ...], tuple[JudgedIncident, ...]]:
    """Read a file of opinions; all of it, or nothing.

    Parameters
    ----------
    file : Path
        ``.yaml`` (a list of entries, or ``opinions`` and ``incidents`` as exported) or ``.csv``.
    incidents : Iterable[JudgedIncident]
        The incidents there are: those judged before first, in the order they were judged.

    Returns
    -------
    tuple[tuple[Opinion, ...], tuple[JudgedIncident, ...]]
        The opinions in the order of the file, and the incidents that it tells of, or they are on.

    Raises
    ------
    OpinionError
        If anything in it is wrong; every offender is listed with its line.
    """
    entries, told = _entries(file)
    known = {one.incident: one for one in [*told, *incidents]}
    found, wrong = [], []
    for entry in entries:
        problems, opinion = _opinion(entry.values, known)
        problems = problems or problems_of(opinion) if opinion else problems
        wrong += [f"line {entry.line}: {problem}" for problem in problems]
        if opinion is not None:
            found.append(opinion)
    if wrong:
        raise OpinionError.because(
            f"{len(wrong)} problems in {str(file)!r}: {listed(wrong, 50)}",
            "whole opinions on incidents that are known",
            "mend these lines; nothing was added",
        )
    on = dict.fromkeys([one.incident for one in told] + [one.incident for one in found])
    return tuple(found), tuple(known[name] for name in on)


def write_opinions(
    file: Path, opinions: Iterable[Opinion], incidents: Iterable[JudgedIncident]
) -> None:
    """Write opinions to a file that :func:`read_opinions` reads.

    Parameters
    ----------
    file : Path
        ``.yaml`` or ``.csv``; a CSV holds the opinions alone.
    opinions : Iterable[Opinion]
        What was said.
    incidents : Iterable[JudgedIncident]
        The incidents they are on.

    Raises
    ------
    StoreError
        If it is neither.
    """
    rows = [_plain(one) for one in opinions]
    if file.suffix == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, KEYS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(text.getvalue(), file)
    elif file.suffix in {".yaml", ".yml"}:
        said = {"incidents": [_plain(one) for one in incidents], "opinions": rows}
        write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100), file)
    else:
        raise StoreError.because(f"the file {file.name!r}", ".yaml or .csv", "name it so")


def _plain(record: Opinion | JudgedIncident) -> dict[str, Any]:
    """Write a record as plain values; what is empty or a default is left out of an opinion."""
    defaults = {one.name: one.default for one in fields(record) if one.default is not MISSING}
    return {
        key: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(record).items()
        if key not in defaults or value != defaults[key]
    }


def _entries(file: Path) -> tuple[list[Entry], list[JudgedIncident]]:
    try:
        text = file.read_text("utf-8-sig")
        if file.suffix == ".csv":
            return _from_csv(text), []
        return _from_yaml(text)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError, csv.Error) as error:
        raise OpinionError.because(
            f"{str(file)!r}, which cannot be read ({str(error)[:200]})",
            "a CSV with a header, or a YAML list of opinions",
            "mend it, or name it .csv or .yaml",
        ) from error


def _from_csv(text: str) -> list[Entry]:
    reader = csv.DictReader(io.StringIO(text))
    entries = []
    for row in reader:
        values = {key: value for key, value in row.items() if value not in {"", None}}
        entries.append(Entry(reader.line_num, values))
    return entries


def _from_yaml(text: str) -> tuple[list[Entry], list[JudgedIncident]]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    whole = yaml.safe_load(text)
    told = []
    if isinstance(root, yaml.MappingNode):
        told = [_incident(one) for one in whole.get("incidents") or []]
        nodes = {key.value: value for key, value in root.value}
        root, whole = nodes["opinions"], whole["opinions"]
    if root is None or whole is None:
        return [], told
    if not isinstance(root, yaml.SequenceNode) or not all(isinstance(v, dict) for v in whole):
        raise ValueError("not a list of mappings")
    lines = [node.start_mark.line + 1 for node in root.value]
    return [Entry(line, values) for line, values in zip(lines, whole, strict=True)], told


def _incident(values: Mapping[str, Any]) -> JudgedIncident:
    times = {key: _instant(values.get(key)) for key in ("opened", "first_seen", "cleared")}
    return JudgedIncident(**{**values, **times})


def _instant(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value))


def _opinion(
    values: Mapping[str, Any], known: Mapping[str, JudgedIncident]
) -> tuple[tuple[str, ...], Opinion | None]:
    """Build an opinion, or say why it cannot be."""
    strange = sorted(set(map(str, values)) - {*KEYS, *PLACE})
    problems = [str(OpinionError.unknown("key", key, [*KEYS, *PLACE])) for key in strange]
    problems += [f"{key}: missing" for key in NEEDED if values.get(key) is None]
    if problems:
        return tuple(problems), None
    try:
        typed = _typed(values)
    except (ValueError, TypeError) as error:
        return (str(error),), None
    at = typed["time"]
    if at.tzinfo is None:
        return (f"time: {at} has no zone",), None
    incident = _named(str(values.get("incident", "")), str(values.get("asset", "")), typed, known)
    if isinstance(incident, str):
        return (incident,), None
    other = typed["duplicate_of"]
    if other:
        same = [name for name in known if name.startswith(other)]
        if len(same) != 1:
            return (f"duplicate_of: {other!r} names {len(same) or 'none'} of the incidents",), None
        typed["duplicate_of"] = same[0]
    said = _instant(values.get("said")) or at
    return (), Opinion(**{**typed, "incident": incident.incident, "time": said})


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    text = ("verdict", "failure_mode", "rationale", "action", "author", "item", "duplicate_of")
    typed: dict[str, Any] = {key: str(values.get(key) or "") for key in text}
    for key, kind in (("confidence", float), ("severity", int)):
        try:
            typed[key] = None if values.get(key) is None else kind(values[key])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{key}: {values[key]!r} is no number") from error
    settles = str(values.get("adjudicates", "")).lower()
    if settles not in _TRUE | _FALSE:
        raise ValueError(f"adjudicates: {settles!r} is neither true nor false")
    typed["adjudicates"] = settles in _TRUE
    try:
        typed["time"] = _instant(values["time"])
    except ValueError as error:
        raise ValueError(f"time: {values['time']!r} is no ISO 8601 instant") from error
    return typed


def _named(
    name: str, asset: str, typed: Mapping[str, Any], known: Mapping[str, JudgedIncident]
) -> JudgedIncident | str:
    """Find the incident an entry is on, or say why there is none."""
    if name:
        matches = [one for one in known.values() if one.incident.startswith(name)]
        if len(matches) == 1:
            return matches[0]
        return f"incident: {name!r} names {len(matches) or 'none'} of {len(known)} incidents"
    if not asset:
        return "incident: missing; name it by its identity, or by asset and time"
    return located(asset, typed["time"], str(typed["failure_mode"]), known.values())


def located(
    asset: str, time: datetime, mode: str, incidents: Iterable[JudgedIncident]
) -> JudgedIncident | str:
    """Find the incident of an asset at an instant.

    Parameters
    ----------
    asset : str
        The asset.
    time : datetime
        Any instant from its first abnormal window until it cleared.
    mode : str
        Failure mode the opinion names; of several incidents, the one of this mode is meant.
    incidents : Iterable[JudgedIncident]
        Those there are; of different releases the first counts.

    Returns
    -------
    JudgedIncident | str
        The incident; or why it is not clear which.
    """
    there = [
        one
        for one in incidents
        if one.asset == asset
        and one.first_seen <= time
        and (one.cleared is None or time <= one.cleared)
    ]
    same = [one for one in there if one.release == there[0].release]
    named = [one for one in same if one.failure_mode == mode] or same
    if len(named) == 1:
        return named[0]
    at = f"asset {asset!r} at {time.isoformat()}"
    if not named:
        return f"incident: none of {at}"
    return f"incident: {len(named)} of {at}: {', '.join(one.incident[:8] for one in named)}"
