"""What changed from one release to the next, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import yaml

from faultprint.faults.lifecycle import WORDS
from faultprint.store.versions import Change

_MODELS = {
    "model.json": "model",
    "booster.txt": "classifier",
    "twin.json": "twin",
    "taught.json": "taught recognisers",
}
_TOLD = ("status", "title", "severity", "item", "recommended_action", "accept_distance")
"""Fields of a signature of which old and new value are told."""


def changelog(
    changes: Iterable[Change], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[str]:
    """Say in sentences what changed.

    Parameters
    ----------
    changes : Iterable[Change]
        The semantic diff.
    before : Mapping[str, bytes]
        Parts of the parent; empty for a first release.
    after : Mapping[str, bytes]
        Parts of the release.

    Returns
    -------
    list[str]
        Signatures first, then equipment classes, then settings. For a release without a parent,
        what it begins with.
    """
    told = list(changes)
    if not told and not before:
        named = [_named(part) for part in sorted(after) if part.startswith("signatures/")]
        return [f"First release: {_few(len(named), 'signature')}{_colon(named)}."]
    signatures = [
        _signature(c, before.get(c.part, b""), after.get(c.part, b""))
        for c in told
        if c.part.startswith("signatures/")
    ]
    rest = [c for c in told if not c.part.startswith("signatures/")]
    return signatures + _classes(rest, before, after) + [_other(c) for c in rest if not _model(c)]


def _signature(change: Change, before: bytes, after: bytes) -> str:
    name = f"Signature {_named(change.part)}"
    if change.what == "added":
        return f"{name} is new ({_read(after).get('status', 'no status')})."
    if change.what == "retired":
        return f"{name} is retired."
    old, new = _read(before), _read(after)
    told = [
        f"{field.replace('_', ' ')} from {old.get(field)!r} to {new.get(field)!r}"
        for field in _TOLD
        if field in change.fields
    ]
    told += [field.replace("_", " ") for field in change.fields if field not in _TOLD]
    effect = "in words only" if WORDS.issuperset(change.fields) else "and may detect otherwise"
    return f"{name} changed {effect}: {'; '.join(told) or 'its spelling'}."


def _classes(
    changes: list[Change], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> list[str]:
    sentences = []
    for name in sorted({c.part.split("/")[1] for c in changes if _model(c)}):
        mine = [c for c in changes if _model(c) and c.part.split("/")[1] == name]
        there = [any(part.startswith(f"classes/{name}/") for part in p) for p in (before, after)]
        shown = unquote(name)
        if there == [False, True]:
            sentences.append(f"Equipment class {shown} is new.")
        elif there == [True, False]:
            sentences.append(f"Equipment class {shown} is no longer judged.")
        else:
            what = [_MODELS.get(file := c.part.split("/")[-1], file) for c in mine]
            sentences.append(f"Of {shown} changed, and may detect otherwise: {', '.join(what)}.")
    return sentences


def _other(change: Change) -> str:
    fields = f" ({', '.join(change.fields)})" if change.fields else ""
    if change.part == "scoring.json":
        effect = (
            "what it reads: review every signature"
            if change.level == "major"
            else "and may detect otherwise"
        )
        return f"Settings of scoring changed{fields}, {effect}."
    return f"Part {change.part} was {change.what}{fields}."


def _model(change: Change) -> bool:
    return change.part.startswith("classes/")


def _named(part: str) -> str:
    *_, equipment, mode = part.split("/")
    return f"{unquote(mode.removesuffix('.yaml'))} of {unquote(equipment)}"


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = yaml.safe_load(content)
    except yaml.YAMLError:
        return {}
    return said if isinstance(said, dict) else {}


def _few(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _colon(named: list[str]) -> str:
    return f": {', '.join(named)}" if named else ""
