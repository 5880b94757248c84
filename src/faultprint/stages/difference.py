"""How two releases differ, said in sentences: what they hold, and what they say of the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import yaml

from faultprint.evaluate.behaviour import Behaviour, Lead, Told
from faultprint.serve.wording import plain, span
from faultprint.store.versions import Change, compare, level_of

MOST = 8
"""Changes listed of each kind before it is said how many more there are."""
_LONGEST = 60

Parts = Mapping[str, bytes]


def semantic_diff(old: Parts, new: Parts) -> dict[str, Any]:
    """Say what one release holds that the other does not.

    Parameters
    ----------
    old : Parts
        Path to content of the one.
    new : Parts
        Path to content of the other.

    Returns
    -------
    dict[str, Any]
        ``level`` (major, minor, patch), ``changes`` (``what``, ``part``, ``fields`` with ``field``,
        ``old``, ``new``) and ``sentences``; ready for JSON.
    """
    changes = compare(old, new)
    rows = [_row(change, old, new) for change in changes]
    return {
        "level": level_of(changes) if changes else "none",
        "changes": rows,
        "sentences": [line for row in rows for line in _sentences(row)],
    }


def _row(change: Change, old: Parts, new: Parts) -> dict[str, Any]:
    row: dict[str, Any] = {"what": change.what, "part": change.part, "level": change.level}
    if change.what != "changed" or not change.fields:
        return row | {"fields": []}
    before, after = _content(change.part, old), _content(change.part, new)
    fields = [
        {"field": place, "old": a, "new": b}
        for name in change.fields
        for place, a, b in _leaves(name, before.get(name), after.get(name))
    ]
    return row | {"fields": fields}


def _content(part: str, parts: Parts) -> dict[str, Any]:
    """Read a part that :func:`compare` found fields in, so that it is JSON or YAML."""
    text = parts[part]
    said = json.loads(text) if part.endswith(".json") else yaml.safe_load(text)
    return dict(said)


def _leaves(place: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    """List the innermost values that differ; a list of records is compared by its names."""
    if repr(old) == repr(new):
        return []
    before, after = _named(old), _named(new)
    if before is None or after is None:
        return [(place, old, new)]
    keys = [*before, *(k for k in after if k not in before)]
    return [
        leaf for key in keys for leaf in _leaves(f"{place}.{key}", before.get(key), after.get(key))
    ]


def _named(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return {str(k): v for k, v in value.items()}
    named = isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
    if named and all("descriptor" in v for v in value):
        return {v["descriptor"]: v for v in value}
    return None


def _sentences(row: dict[str, Any]) -> list[str]:
    name = _spelled(row["part"])
    if row["what"] != "changed":
        return [f"{name} was {row['what']}."]
    if not row["fields"]:
        return [f"{name} changed."]
    told = [_field(one) for one in row["fields"][:MOST]]
    more = len(row["fields"]) - MOST
    rest = [f"and {more} more values"] if more > 0 else []
    return [f"{name} changed: {'; '.join([*told, *rest])}."]


def _spelled(part: str) -> str:
    names = [unquote(name) for name in part.split("/")]
    if names[0] == "signatures" and len(names) == 3:
        mode = names[2].removesuffix(".yaml")
        return f"Signature {plain(mode)} of {plain(names[1])}"
    if names[0] == "classes" and len(names) == 3:
        what = {"booster.txt": "Classifier", "twin.json": "Twin", "model.json": "Calibration"}
        return f"{what.get(names[2], names[2])} of {plain(names[1])}"
    return part


def _field(one: dict[str, Any]) -> str:
    old, new = _short(one["old"]), _short(one["new"])
    if old is None or new is None:
        return str(one["field"])
    return f"{one['field']} from {old} to {new}"


def _short(value: Any) -> str | None:
    """Write a value in a few words; nothing for one that would fill lines."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else None


def behaviour_sentences(b: Behaviour) -> list[str]:
    """Say what differs in what two releases say of the archive.

    Parameters
    ----------
    b : Behaviour
        The difference.

    Returns
    -------
    list[str]
        Lines: incidents that appear, vanish, change their name, lead times, windows.
    """
    if b.same:
        return [f"Nothing: all {b.windows} windows and {b.kept} incidents are the same."]
    lines = [
        f"{b.kept} incidents stay as they are, {len(b.appeared)} appear, {len(b.vanished)} vanish, "
        f"{len(b.renamed)} change their name."
    ]
    lines += _few([f"appears:  {_incident(one)}" for one in b.appeared])
    lines += _few([f"vanishes: {_incident(one)}" for one in b.vanished])
    lines += _few(
        [f"renamed:  {_incident(one.old)}: now {plain(one.new.name)}" for one in b.renamed]
    )
    share = 100 * b.changed / b.windows if b.windows else 0.0
    lines.append(f"{b.changed} of {b.windows} windows are judged otherwise ({share:.2g} %).")
    said = [f"{n} from {plain(a)} to {plain(z)}" for (a, z), n in b.transitions().items()]
    return [*lines, *_few(said), *[line for one in b.leads for line in _lead(one)]]


def _few(lines: list[str]) -> list[str]:
    shown = [f"  {line}" for line in lines[:MOST]]
    more = len(lines) - MOST
    return [*shown, f"  and {more} more"] if more > 0 else shown


def _incident(one: Told) -> str:
    end = one.cleared[:16].replace("T", " ") or "now"
    beside = ", beside another incident" if one.beside else ""
    return f"{one.asset} {plain(one.name)}, {one.opened[:16].replace('T', ' ')} to {end}{beside}"


def _lead(one: Lead) -> list[str]:
    moved = (one.old_median, one.old_found) != (one.new_median, one.new_found)
    if one.failure_mode != "all" and not (moved or one.moved):
        return []
    name = {"all": "All failures", "": "Mode not stated"}.get(one.failure_mode)
    found = f"{one.old_found} -> {one.new_found} of {one.failures} found"
    pair = "" if one.moved is None else f", {one.moved:+.0f} h on those that both found"
    early = f"lead time median {span(one.old_median)} -> {span(one.new_median)}"
    return [f"{name or plain(one.failure_mode)}: {found}, {early}{pair}."]
