"""What a rule tells people: its parts with what was observed, in units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.expert import Compiled
from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.spelling import spell
from faultprint.faults.rules.units import convert
from faultprint.faults.rules.values import Evaluation, comparisons

Floats = NDArray[np.float64]


def told_by(compiled: Compiled, evaluation: Evaluation, row: int, *, holds: bool) -> dict[str, Any]:
    """Tell what a rule says of one window.

    Parameters
    ----------
    compiled : Compiled
        The rule.
    evaluation : Evaluation
        Evaluates it.
    row : int
        Position of the window.
    holds : bool
        Whether the rule holds there.

    Returns
    -------
    dict[str, Any]
        ``rule``, ``version``, ``author``, ``holds`` and ``parts``: each comparison with its text,
        what was ``observed`` on its left, the ``limit`` (the lower one of ``between``), the
        ``unit`` of both, and whether it ``holds`` in this window (None: unknown).
    """
    rule = compiled.rule
    return {
        "rule": rule.name,
        "version": rule.version,
        "author": rule.author,
        "holds": holds,
        "parts": [_part(node, evaluation, row) for node in comparisons(compiled.tree)],
    }


def _part(node: say.Comparison | say.Between, evaluation: Evaluation, row: int) -> dict[str, Any]:
    left = node.left if isinstance(node, say.Comparison) else node.of
    right = node.right if isinstance(node, say.Comparison) else node.low
    unit = evaluation.units.of(left)
    limit = convert(evaluation.value(right), evaluation.units.of(right), unit)
    return {
        "part": spell(node),
        "observed": _at(evaluation.value(left), row),
        "limit": _at(limit, row),
        "unit": unit.text,
        "holds": _answer(evaluation.holds(node), row),
    }


def _at(values: Floats, row: int) -> float | None:
    value = float(values[row])
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _answer(marks: Floats, row: int) -> bool | None:
    return None if math.isnan(marks[row]) else bool(marks[row])
