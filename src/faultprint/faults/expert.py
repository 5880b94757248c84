"""Expert rules as data: a signature written by hand, read and checked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from faultprint.config import Mix
from faultprint.errors import RuleError
from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.check import Checker
from faultprint.faults.rules.grammar import parse_rule, parse_value
from faultprint.faults.rules.scope import Scope, bind
from faultprint.faults.rules.tokens import one_line
from faultprint.signal.recipes import parse

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:faultprint:rules")
"""Makes the identity of a rule depend on its class and name alone."""

WORDS = frozenset({"title", "item", "severity", "recommended_action", "author", "version"})
"""What a rule says to people; all else may change what it finds."""

Level = Literal["same", "patch", "minor", "major"]


@dataclass(frozen=True)
class Rule:
    """A signature written by hand: when a fault is there, what it is called and what to do."""

    id: str
    """UUID, version 5: relaying the files gives the same."""
    name: str
    version: str
    status: Literal["candidate", "test", "stable", "deprecated"]
    title: str
    equipment_class: str
    failure_mode: str
    item: str
    severity: int
    recommended_action: str
    author: str
    mix: Mix
    rule: str
    """Its text, on one line."""
    parameters: dict[str, str]
    """Parameter -> value with unit."""
    modes: dict[str, str]
    """Operating modes its template describes."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for YAML.

        Returns
        -------
        dict[str, Any]
            Everything the rule says.
        """
        return asdict(self)


@dataclass(frozen=True)
class Compiled:
    """A rule that was read and checked, ready to be evaluated."""

    rule: Rule
    tree: say.Condition
    """Its condition, with parameters and modes put in."""
    sensors: tuple[str, ...]
    """Sensors it needs, sorted."""


def compile_rule(rule: Rule, scope: Scope) -> Compiled:
    """Read and check a rule.

    Parameters
    ----------
    rule : Rule
        The rule.
    scope : Scope
        What it may speak of.

    Returns
    -------
    Compiled
        Ready to be evaluated.

    Raises
    ------
    RuleError
        If its text, a parameter or a mode is wrong; the rule is named, the place pointed at.
    """
    try:
        values = {name: _parameter(name, text, scope) for name, text in rule.parameters.items()}
        modes = {name: _mode(name, text, values, scope) for name, text in rule.modes.items()}
        tree = bind(parse_rule(rule.rule), values, modes)
        Checker(rule.rule, scope, (*values, *modes)).check(tree)
    except RuleError as error:
        raise RuleError(f"{rule.equipment_class}/{rule.name}: {error}") from error
    return Compiled(rule, tree, needed(tree))


def _parameter(name: str, text: str, scope: Scope) -> say.Value:
    try:
        value = parse_value(text)
        Checker(one_line(text), scope).of(value)
    except RuleError as error:
        raise RuleError(f"parameter {name}: {error}") from error
    number = value.of if isinstance(value, say.Negative) else value
    if isinstance(number, say.Quantity):
        return value
    raise RuleError.because(
        f"the parameter {name}: {text}", "a number with its unit", "write for example 8 K"
    )


def _mode(name: str, text: str, parameters: Mapping[str, say.Value], scope: Scope) -> say.Condition:
    try:
        tree = bind(parse_rule(text), parameters, {})
        Checker(text, scope, tuple(parameters)).check(tree)
    except RuleError as error:
        raise RuleError(f"mode {name}: {error}") from error
    return tree


def needed(tree: say.Condition) -> tuple[str, ...]:
    """Name the sensors that a rule needs.

    Parameters
    ----------
    tree : say.Condition
        Its condition.

    Returns
    -------
    tuple[str, ...]
        Sorted.
    """
    found: set[str] = set()
    for node in say.walk(tree):
        if isinstance(node, say.Reading):
            found.add(node.sensor)
        elif isinstance(node, say.Described):
            found |= set(parse(node.name).sensors)
    return tuple(sorted(found))


def difference(old: Rule, new: Rule) -> Level:
    """Say by how much the version of a rule must be counted up.

    Parameters
    ----------
    old : Rule
        As it was.
    new : Rule
        As it is.

    Returns
    -------
    Level
        ``major`` for another failure mode or class, ``minor`` if it may find otherwise, ``patch``
        for its words, ``same`` if nothing but the version differs.
    """
    differs = {f.name for f in fields(Rule) if getattr(old, f.name) != getattr(new, f.name)}
    if differs & {"failure_mode", "equipment_class"}:
        return "major"
    if differs - WORDS:
        return "minor"
    return "patch" if differs - {"version"} else "same"
