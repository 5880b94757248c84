"""What changed from one release to the next, and which version number that makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from faultprint.faults.lifecycle import WORDS
from faultprint.store.manifest import VERSION

Level = Literal["first", "major", "minor", "patch"]

FIRST = "1.0.0"
SCORING = "scoring.json"
ORIGIN = "origin.json"
"""Says where a release comes from and changes nothing of what it detects."""
INPUTS = frozenset({"equipment", "windows", "descriptors"})
"""What ``scoring.json`` says of the readings that are needed and how they are cut: major."""
_RANK: dict[Level, int] = {"patch": 0, "minor": 1, "major": 2, "first": 3}


@dataclass(frozen=True)
class Change:
    """One difference between two releases."""

    what: Literal["added", "changed", "retired"]
    part: str
    fields: tuple[str, ...]
    """Top-level keys that differ, where the part is JSON or YAML and was changed."""
    level: Level


def compare(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[Change, ...]:
    """List what differs between the parts of two releases.

    Parameters
    ----------
    old : Mapping[str, bytes]
        Path to content of the parent.
    new : Mapping[str, bytes]
        Path to content of the release.

    Returns
    -------
    tuple[Change, ...]
        Sorted by path. Major: other inputs (``scoring.json``), or a class of equipment is no
        longer there. Patch: only the words of a signature, or where the release comes from. Minor:
        all else, for it may detect otherwise.
    """
    lost = _classes(old) - _classes(new)
    changes = []
    for part in sorted(old.keys() | new.keys()):
        if part not in old:
            changes.append(Change("added", part, (), "patch" if part == ORIGIN else "minor"))
        elif part not in new:
            level: Level = "major" if _class_of(part) in lost else "minor"
            changes.append(Change("retired", part, (), level))
        elif old[part] != new[part]:
            fields = _differing(part, old[part], new[part])
            changes.append(Change("changed", part, fields, _level(part, fields)))
    return tuple(changes)


def level_of(changes: tuple[Change, ...]) -> Level:
    """Give the level of a set of changes.

    Parameters
    ----------
    changes : tuple[Change, ...]
        What differs.

    Returns
    -------
    Level
        The highest of them; ``patch`` if there are none.
    """
    return max((change.level for change in changes), key=_RANK.__getitem__, default="patch")


def bump(version: str, level: Level) -> str:
    """Count a version up.

    Parameters
    ----------
    version : str
        MAJOR.MINOR.PATCH.
    level : Level
        What changed.

    Returns
    -------
    str
        The next version; :data:`FIRST` for level ``first``.

    Examples
    --------
    >>> bump("1.4.2", "minor")
    '1.5.0'
    """
    major, minor, patch = ordered(version)
    return {
        "first": FIRST,
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }[level]


def ordered(version: str) -> tuple[int, int, int]:
    """Turn a version into what sorts as versions do.

    Parameters
    ----------
    version : str
        MAJOR.MINOR.PATCH.

    Returns
    -------
    tuple[int, int, int]
        Its three numbers.

    Raises
    ------
    ValueError
        If it is no version.
    """
    match = VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"not MAJOR.MINOR.PATCH: {version!r}")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def _class_of(part: str) -> str:
    names = part.split("/")
    return names[1] if names[0] == "classes" and len(names) > 2 else ""


def _classes(parts: Mapping[str, bytes]) -> set[str]:
    return {_class_of(part) for part in parts} - {""}


def _differing(part: str, old: bytes, new: bytes) -> tuple[str, ...]:
    before, after = _content(part, old), _content(part, new)
    keys = before.keys() | after.keys()
    absent = object()
    return tuple(
        sorted(k for k in keys if _spelled(before.get(k, absent)) != _spelled(after.get(k, absent)))
    )


def _spelled(value: object) -> str:
    """Write a value so that NaN equals NaN and 1 differs from 1.0 and True."""
    return repr(value)


def _content(part: str, content: bytes) -> dict[str, Any]:
    """Return the top level of a JSON or YAML object; nothing for any other part."""
    readers: dict[str, Callable[[bytes], Any]] = {"json": json.loads, "yaml": yaml.safe_load}
    read = readers.get(part.rpartition(".")[2])
    try:
        said = read(content) if read else None
    except (ValueError, yaml.YAMLError):
        return {}
    return {str(k): v for k, v in said.items()} if isinstance(said, dict) else {}


def _level(part: str, fields: tuple[str, ...]) -> Level:
    if part == SCORING and (not fields or INPUTS & set(fields)):
        return "major"
    if part.startswith(("signatures/", "rules/")) and fields and WORDS.issuperset(fields):
        return "patch"
    if part == ORIGIN or (part.endswith("/taught.json") and fields == ("words",)):
        return "patch"
    return "minor"
