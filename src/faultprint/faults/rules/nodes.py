"""What an expert's rule says, as a tree of frozen nodes, and the words that rules know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Literal

KEYWORDS = (
    "abs",
    "actual",
    "ago",
    "and",
    "at",
    "between",
    "deviance",
    "expected",
    "for",
    "is",
    "least",
    "mode",
    "not",
    "of",
    "or",
    "over",
    "rate",
    "residual",
    "running",
)
"""Words with a meaning of their own; a sensor of such a name is written in quotes."""

READINGS = ("actual", "expected", "residual", "deviance")
"""What can be asked of a sensor in a window."""

RELATIONS = ("<=", ">=", "<", ">")
"""How two values are compared; longer signs first."""

PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:[.~@]\w+)*")
"""A name that needs no quotes."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of a rule, with the columns of the text it was read from."""

    at: int = field(default=0, compare=False, repr=False)
    """First column, counted from 0."""
    to: int = field(default=0, compare=False, repr=False)
    """Column after the last."""


@dataclass(frozen=True)
class Quantity(Node):
    """A number, with its unit if it has one."""

    value: float
    unit: str = ""


@dataclass(frozen=True)
class Parameter(Node):
    """A number that the template names, such as ``limit``."""

    name: str


@dataclass(frozen=True)
class Reading(Node):
    """What a sensor read, or should have read, in a window."""

    kind: Literal["actual", "expected", "residual", "deviance"]
    sensor: str


@dataclass(frozen=True)
class Described(Node):
    """A descriptor of the window, such as ``vibration.p95``."""

    name: str


@dataclass(frozen=True)
class Rate(Node):
    """How fast a value changes [per hour]."""

    of: Value
    over: Quantity | Parameter | None = None
    """Time it is taken over; the length of a window when left out."""


@dataclass(frozen=True)
class Size(Node):
    """A value without its sign."""

    of: Value


@dataclass(frozen=True)
class Past(Node):
    """What a value was some time ago."""

    of: Value
    ago: Quantity | Parameter


@dataclass(frozen=True)
class Negative(Node):
    """A value with the other sign."""

    of: Value


@dataclass(frozen=True)
class Arithmetic(Node):
    """Two values joined by a sign."""

    sign: Literal["+", "-", "*", "/"]
    left: Value
    right: Value


@dataclass(frozen=True)
class Comparison(Node):
    """Whether one value lies on that side of another."""

    left: Value
    sign: Literal["<", "<=", ">", ">="]
    right: Value


@dataclass(frozen=True)
class Between(Node):
    """Whether a value lies between two others, or on one of them."""

    of: Value
    low: Value
    high: Value


@dataclass(frozen=True)
class Running(Node):
    """Whether the equipment ran in the window."""


@dataclass(frozen=True)
class InMode(Node):
    """Whether the equipment was in an operating mode that the template describes."""

    name: str


@dataclass(frozen=True)
class Denial(Node):
    """That a condition does not hold."""

    of: Condition


@dataclass(frozen=True)
class Lasting(Node):
    """That a condition has held without a break for some time."""

    of: Condition
    span: Quantity | Parameter


@dataclass(frozen=True)
class Every(Node):
    """That all of several conditions hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either(Node):
    """That one or more of several conditions hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AtLeast(Node):
    """That so many of several conditions hold."""

    needed: int
    parts: tuple[Condition, ...]


Value = (
    Quantity | Parameter | Reading | Described | Rate | Size | Past | Negative | Arithmetic
)  # fmt: skip
Condition = Comparison | Between | Running | InMode | Denial | Lasting | Every | Either | AtLeast
Span = Quantity | Parameter

CONDITIONS = (Comparison, Between, Running, InMode, Denial, Lasting, Every, Either, AtLeast)


def walk(node: Node) -> Iterator[Node]:
    """Visit a tree.

    Parameters
    ----------
    node : Node
        Its root.

    Yields
    ------
    Node
        The root, then its parts from left to right, each before its own parts.
    """
    yield node
    for part in children(node):
        yield from walk(part)


def children(node: Node) -> list[Node]:
    """List the parts of a node.

    Parameters
    ----------
    node : Node
        The node.

    Returns
    -------
    list[Node]
        From left to right.
    """
    found: list[Node] = []
    for each in fields(node):
        held = getattr(node, each.name)
        found += [p for p in (held if isinstance(held, tuple) else (held,)) if isinstance(p, Node)]
    return found
