"""Whether a rule holds: three answers for each window, from it and what came before it alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.check import Checker
from faultprint.faults.rules.scope import Scope
from faultprint.faults.rules.spelling import spell
from faultprint.faults.rules.timeline import Timeline
from faultprint.faults.rules.units import HOUR, convert
from faultprint.signal.recipes import parse

Floats = NDArray[np.float64]

_COMPARE: dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_COMPUTE: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


class Evaluation:
    """Evaluates bound and checked rules on a timeline.

    Parameters
    ----------
    line : Timeline
        The windows.
    scope : Scope
        Units and times of their equipment class.
    """

    def __init__(self, line: Timeline, scope: Scope) -> None:
        self.line, self._scope = line, scope
        self.units = Checker("", scope)
        self._held: dict[say.Node, Floats] = {}

    def holds(self, node: say.Condition) -> Floats:
        """Tell where a condition holds.

        Parameters
        ----------
        node : say.Condition
            The condition.

        Returns
        -------
        NDArray[numpy.float64]
            1 holds, 0 does not, NaN unknown (Kleene's three-valued logic), a window each.
        """
        if node not in self._held:
            self._held[node] = self._judged(node)
        return self._held[node]

    def _judged(self, node: say.Condition) -> Floats:
        match node:
            case say.Comparison(left, sign, right):
                return self._compared(left, sign, right)
            case say.Between(of, low, high):
                return _least([self._compared(of, ">=", low), self._compared(of, "<=", high)])
            case say.Every(parts):
                return _least([self.holds(part) for part in parts])
            case say.Either(parts):
                return 1 - _least([1 - self.holds(part) for part in parts])
            case say.AtLeast(needed, parts):
                return _at_least(needed, [self.holds(part) for part in parts])
            case say.Denial(of):
                return 1 - self.holds(of)
            case say.Lasting(of, span):
                return self._lasted(self.holds(of), self.units.span(span))
            case _:
                return self._running()

    def value(self, node: say.Node) -> Floats:
        """Compute a value.

        Parameters
        ----------
        node : say.Node
            The value.

        Returns
        -------
        NDArray[numpy.float64]
            In the unit that the checker tells of it; NaN where it is missing or not finite.
        """
        if node not in self._held:
            self._held[node] = self._measured(node)
        return self._held[node]

    def _measured(self, node: say.Node) -> Floats:
        match node:
            case say.Quantity(number, _):
                return np.full(len(self.line.windows), number)
            case say.Reading(kind, sensor):
                return self._reading(kind, sensor)
            case say.Described(name):
                return self.line.column(name)
            case say.Past(of, ago):
                return self._past(self.value(of), self.units.span(ago))
            case say.Rate(of, over):
                return self._rate(of, self.units.span(over) if over else self._scope.length)
            case say.Size(of):
                return np.abs(self.value(of))
            case say.Negative(of):
                return -self.value(of)
            case _:
                return self._joined(node)

    def missing(self, tree: say.Condition, row: int) -> list[str]:
        """Name what a rule needs and a window does not have.

        Parameters
        ----------
        tree : say.Condition
            The rule.
        row : int
            Position of the window.

        Returns
        -------
        list[str]
            Sensors, or descriptors that are of none; empty if all that lacks is history.
        """
        lost = []
        for leaf in say.walk(tree):
            if isinstance(leaf, say.Reading | say.Described) and np.isnan(self.value(leaf)[row]):
                lost += self._lost(leaf, row)
        return list(dict.fromkeys(lost))

    def _lost(self, leaf: say.Reading | say.Described, row: int) -> list[str]:
        if isinstance(leaf, say.Described):
            return list(parse(leaf.name).sensors) or [leaf.name]
        needed = [leaf.sensor]
        if leaf.kind != "actual":
            needed += self._scope.equipment.named("condition")
        gone = [s for s in needed if np.isnan(self.line.column(f"{s}.mean")[row])]
        return gone or [f"{leaf.kind}({leaf.sensor})"]

    def _compared(self, left: say.Value, sign: str, right: say.Value) -> Floats:
        one = self.value(left)
        other = convert(self.value(right), self.units.of(right), self.units.of(left))
        known = np.isfinite(one) & np.isfinite(other)
        return np.where(known, _COMPARE[sign](one, other), np.nan)

    def _joined(self, node: say.Node) -> Floats:
        assert isinstance(node, say.Arithmetic)
        one, other = self.value(node.left), self.value(node.right)
        if node.sign in "+-":
            unit, into = self.units.of(node.right), self.units.of(node.left)
            other = convert(other, unit, into)
        with np.errstate(all="ignore"):  # what cannot be computed is missing
            found = _COMPUTE[node.sign](one, other)
        return np.where(np.isfinite(found), found, np.nan)

    def _reading(self, kind: str, sensor: str) -> Floats:
        if kind == "actual":
            return self.line.column(f"{sensor}.mean")
        if kind == "residual":
            return self.line.column(f"{sensor}.mean") - self.line.expected(sensor, "expected")
        return self.line.expected(sensor, kind)

    def _past(self, values: Floats, span: timedelta) -> Floats:
        at = self.line.before(span)
        age = self.line.ends - self.line.ends[at]
        most = round((span + self._scope.slack).total_seconds() * 1e9)
        return np.where((at >= 0) & (age <= most), values[at], np.nan)

    def _rate(self, of: say.Value, span: timedelta) -> Floats:
        now = self.value(of)
        at = self.line.before(span)
        hours = (self.line.ends - self.line.ends[at]) / (HOUR.factor * 1e9)
        with np.errstate(all="ignore"):
            return np.asarray((now - self._past(now, span)) / hours)

    def _lasted(self, marks: Floats, span: timedelta) -> Floats:
        at = self.line.before(span)
        first = np.where(at >= 0, at, self.line.begins)
        here = np.arange(marks.size)
        false = np.concatenate([[0], np.cumsum(marks == 0)])
        true = np.concatenate([[0], np.cumsum(marks == 1)])
        broken = false[here + 1] - false[first] > 0
        whole = (true[here + 1] - true[first] == here + 1 - first) & (at >= 0)
        return np.select([broken, whole], [0.0, 1.0], np.nan)

    def _running(self) -> Floats:
        rows, reasons = self.line.windows["rows"].to_numpy(), self.line.windows["reason"]
        return np.select([rows > 0, (reasons == "off").to_numpy()], [1.0, 0.0], np.nan)


def comparisons(tree: say.Condition) -> list[say.Comparison | say.Between]:
    """List the comparisons of a rule.

    Parameters
    ----------
    tree : say.Condition
        The rule.

    Returns
    -------
    list[say.Comparison | say.Between]
        From left to right, each once.
    """
    found = [n for n in say.walk(tree) if isinstance(n, say.Comparison | say.Between)]
    return list({spell(node): node for node in found}.values())


def _least(marks: list[Floats]) -> Floats:
    """Return 0 where any is 0, else NaN where any is unknown, else 1."""
    return reduce(lambda a, b: np.where((a == 0) | (b == 0), 0.0, a * b), marks)


def _at_least(needed: int, marks: list[Floats]) -> Floats:
    stacked = np.stack(marks)
    sure, open_ = (stacked == 1).sum(axis=0), np.isnan(stacked).sum(axis=0)
    return np.select([sure >= needed, sure + open_ < needed], [1.0, 0.0], np.nan)
