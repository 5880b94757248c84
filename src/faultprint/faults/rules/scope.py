"""What a rule may speak of on one equipment class, and what its parameters stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.faults.rules import nodes as say
from faultprint.signal.recipes import recipes_for

Node = TypeVar("Node", bound=say.Node)


@dataclass(frozen=True, eq=False)
class Scope:
    """The sensors and descriptors of an equipment class, and how its histories are cut."""

    equipment_class: str
    equipment: Equipment
    descriptors: tuple[str, ...]
    length: timedelta
    """Length of a window."""
    slack: timedelta
    """How much older than asked a past value may be."""


def scope_of(
    equipment_class: str, equipment: Equipment, windows: Windows, descriptors: Descriptors
) -> Scope:
    """Say what rules of an equipment class may speak of.

    Parameters
    ----------
    equipment_class : str
        Its name.
    equipment : Equipment
        Its sensors.
    windows : Windows
        How histories are cut.
    descriptors : Descriptors
        What is computed of each window.

    Returns
    -------
    Scope
        Names, units and times.
    """
    names = tuple(r.name for r in recipes_for(equipment, windows, descriptors))
    slack = windows.step if windows.by == "time" else windows.length
    return Scope(equipment_class, equipment, names, windows.length, slack)


def bind(
    node: Node, parameters: Mapping[str, say.Value], modes: Mapping[str, say.Condition]
) -> Node:
    """Put in what parameters and modes stand for.

    Parameters
    ----------
    node : Node
        A tree.
    parameters : Mapping[str, say.Value]
        Parameter -> its value.
    modes : Mapping[str, say.Condition]
        Operating mode -> when the equipment is in it.

    Returns
    -------
    Node
        The tree without parameters and modes, except for unknown ones.
    """
    if isinstance(node, say.Parameter) and node.name in parameters:
        return cast("Node", replace(parameters[node.name], at=node.at, to=node.to))
    if isinstance(node, say.InMode) and node.name in modes:
        return cast("Node", replace(modes[node.name], at=node.at, to=node.to))
    changes: dict[str, Any] = {}
    for each in fields(node):
        held = getattr(node, each.name)
        if isinstance(held, say.Node):
            changes[each.name] = bind(held, parameters, modes)
        elif isinstance(held, tuple):
            changes[each.name] = tuple(bind(part, parameters, modes) for part in held)
    return replace(node, **changes) if changes else node
