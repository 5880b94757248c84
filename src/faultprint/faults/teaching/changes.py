"""What teaching did, and which windows of the archive something else is said of now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

What = Literal[
    "added",
    "adjusted",
    "merged",
    "split",
    "retired",
    "restored",
    "normal",
    "confirmed",
    "recorded",
    "contest",
]
DONE: dict[str, What] = {
    "merge": "merged",
    "split": "split",
    "retire": "retired",
    "restore": "restored",
}
"""Order -> what came of it."""


@dataclass(frozen=True)
class Change:
    """One thing that teaching did."""

    what: What
    equipment_class: str
    name: str
    """Failure mode, name of a normal behaviour, or what was said that teaches nothing."""
    incidents: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Moved:
    """Windows of one incident in the archive about which something else is said now."""

    incident: str
    equipment_class: str
    before: str
    after: str
    windows: int
