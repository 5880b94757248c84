"""Whether the names and units of a rule fit its equipment class."""

from __future__ import annotations

from datetime import timedelta

from faultprint.errors import RuleError
from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.scope import Scope
from faultprint.faults.rules.spelling import number_text, spell
from faultprint.faults.rules.tokens import Where, mistake
from faultprint.faults.rules.units import HOUR, ONE, Unit, difference, product, read_unit
from faultprint.signal.recipes import parse

LONGEST_SPAN = timedelta(days=3653)
"""How far back a rule may look."""

_SPREADS = frozenset(
    {"std", "time_std", "range", "iqr", "mad", "last_minus_first", "mean_abs_change"}
)
"""Descriptors that are differences of readings: of a temperature in degC, they are in K."""

_USUAL = ("K", "degC", "bar", "mbar", "kPa", "Pa", "mm/s", "m/s^2", "rpm", "Hz", "A", "V", "kW",
          "m^3/h", "l/min", "h", "min", "s", "d", "%", "bar/h", "K/h", "1/h")  # fmt: skip


class Checker:
    """Checks names and units of one rule, and tells the unit of each of its values.

    Parameters
    ----------
    text : str
        Text of the rule, on one line, to point at.
    scope : Scope
        What it may speak of.
    named : tuple[str, ...], default ()
        Parameters and modes there are, for the hint.
    """

    def __init__(self, text: str, scope: Scope, named: tuple[str, ...] = ()) -> None:
        self._text, self._scope, self._named = text, scope, named

    def check(self, node: say.Node) -> None:
        """Check a condition.

        Parameters
        ----------
        node : say.Node
            The condition, parameters and modes put in.

        Raises
        ------
        RuleError
            If a name is unknown or units do not fit; the message points at the place.
        """
        match node:
            case say.Comparison(left, _, right):
                self._alike(left, right)
            case say.Between(of, low, high):
                self._alike(of, low)
                self._alike(of, high)
            case say.Lasting(of, span):
                self.check(of)
                self.span(span)
            case say.InMode(name):
                raise self._unknown(node, "mode", name, list(self._named))
            case _:
                for part in say.children(node):
                    self.check(part)

    def span(self, node: say.Span) -> timedelta:
        """Read a length of time.

        Parameters
        ----------
        node : say.Span
            A number with its unit.

        Returns
        -------
        timedelta
            The length.

        Raises
        ------
        RuleError
            If it is no length of time, or longer than ten years.
        """
        unit = self.of(node)
        if unit.base != HOUR.base or not isinstance(node, say.Quantity):
            hint = f"write {spell(node)} h" if unit == ONE else "write for example 12 h"
            raise self._mistake(node, f"{self._shown(node)}", "a length of time", hint)
        seconds = node.value * unit.factor
        if seconds > LONGEST_SPAN.total_seconds():
            raise self._mistake(node, f"{spell(node)}", "at most ten years", "look back less far")
        return timedelta(seconds=seconds)

    def reach(self, node: say.Node) -> timedelta:
        """Tell how far back a sound rule looks.

        Parameters
        ----------
        node : say.Node
            The rule, or a part of it.

        Returns
        -------
        timedelta
            From the end of a window to that of the oldest one it may look at.
        """
        inner = max((self.reach(part) for part in say.children(node)), default=timedelta(0))
        match node:
            case say.Past(_, span) | say.Lasting(_, span) | say.Rate(_, say.Quantity() as span):
                return inner + self.span(span) + self._scope.slack
            case say.Rate():
                return inner + self._scope.length + self._scope.slack
            case _:
                return inner

    def of(self, node: say.Node) -> Unit:
        """Tell the unit of a value, and check its parts.

        Parameters
        ----------
        node : say.Node
            The value.

        Returns
        -------
        Unit
            Its unit.

        Raises
        ------
        RuleError
            If a name is unknown or units do not fit.
        """
        match node:
            case say.Quantity(_, unit):
                return self._literal(node, unit)
            case say.Reading(kind, sensor):
                return self._reading(node, kind, sensor)
            case say.Described(name):
                return self._described(node, name)
            case say.Parameter(name):
                raise self._parameter(node, name)
            case say.Rate(of, over):
                if over is not None and not self.span(over):
                    raise self._mistake(over, "a rate over no time", "some time", "write 24 h")
                return product(difference(self.of(of)), HOUR, -1)
            case say.Past(of, ago):
                self.span(ago)
                return self.of(of)
            case _:
                return self._computed(node)

    def _computed(self, node: say.Node) -> Unit:
        match node:
            case say.Size(of) | say.Negative(of):
                unit = self.of(of)
                if unit.has_zero and not isinstance(of, say.Quantity):
                    raise self._scale(node, unit)
                return unit
            case say.Arithmetic(sign, left, right):
                return self._joined(node, sign, left, right)
            case _:  # pragma: no cover - the parser puts no condition here
                raise self._mistake(node, spell(node), "a value", "compare values")

    def _joined(self, node: say.Node, sign: str, left: say.Value, right: say.Value) -> Unit:
        one, other = self.of(left), self.of(right)
        if sign in "*/":
            if one.has_zero or other.has_zero:
                raise self._scale(node, one if one.has_zero else other)
            return product(one, other, 1 if sign == "*" else -1)
        if one.base != other.base:
            raise self._unlike(left, right)
        if one.has_zero and other.has_zero:
            if sign == "+":
                raise self._scale(node, one)
            return difference(one)
        if other.has_zero:
            raise self._scale(node, other)
        return one

    def _alike(self, left: say.Value, right: say.Value) -> None:
        one, other = self.of(left), self.of(right)
        if one.base != other.base or one.has_zero != other.has_zero:
            raise self._unlike(left, right)

    def _unlike(self, left: say.Value, right: say.Value) -> RuleError:
        """Say that two values are of different quantities, and what may have been meant."""
        one, other = self.of(left), self.of(right)
        if one == ONE and not isinstance(right, say.Quantity):
            left, right, one, other = right, left, other, one
        hint = "compare or add only what is measured in units of one quantity"
        bare = _bare(right)
        if bare is not None and one != ONE and (other == ONE or one.has_zero != other.has_zero):
            hint = f"write {bare} {one.text}"
        elif bare is not None and one == ONE:
            hint = f"write {bare}"
        got = f"{self._shown(left)} beside {self._shown(right)}"
        return self._mistake(right, got, "two values of one quantity", hint)

    def _shown(self, node: say.Node) -> str:
        unit = self.of(node)
        if isinstance(node, say.Quantity):
            return f"{spell(node)}, which has no unit" if unit == ONE else spell(node)
        return f"{spell(node)} " + ("without a unit" if unit == ONE else f"in {unit.text}")

    def _literal(self, node: say.Node, text: str) -> Unit:
        unit = read_unit(text)
        sensors = self._scope.equipment.sensors.values()
        own = [sensor.unit for sensor in sensors]
        if unit.known or text in own:
            return unit
        raise self._unknown(node, "unit", text, list(dict.fromkeys([*own, *_USUAL])))

    def _reading(self, node: say.Node, kind: str, sensor: str) -> Unit:
        sensors = self._scope.equipment.sensors
        if sensor not in sensors:
            raise self._unknown(node, "sensor", sensor, list(sensors))
        if kind != "actual" and sensors[sensor].role == "condition":
            raise self._mistake(
                node,
                f"{kind}({sensor}), an operating condition",
                f"actual({sensor}): nothing is expected of a condition",
                "compare what was read, or take a sensor with the role symptom",
            )
        unit = read_unit(sensors[sensor].unit)
        if kind == "deviance":
            return ONE
        return difference(unit) if kind == "residual" else unit

    def _described(self, node: say.Node, name: str) -> Unit:
        if name not in self._scope.descriptors:
            raise self._unknown(node, "descriptor", name, list(self._scope.descriptors))
        recipe = parse(name)
        unit = read_unit(recipe.unit(self._scope.equipment))
        return difference(unit) if recipe.descriptor in _SPREADS else unit

    def _parameter(self, node: say.Node, name: str) -> RuleError:
        sensors = self._scope.equipment.sensors
        if name in sensors:
            return self._mistake(
                node,
                f"the sensor {name} by itself",
                f"actual({name}), expected({name}), residual({name}) or deviance({name})",
                "say which of them is meant",
            )
        known = [*self._named, *(f"actual({sensor})" for sensor in sensors)]
        return self._unknown(node, "parameter", name, known)

    def _scale(self, node: say.Node, unit: Unit) -> RuleError:
        return self._mistake(
            node,
            f"{spell(node)}, which computes with {unit.text}",
            "differences: a scale with a zero of its own has no sums, multiples or sizes",
            f"take a residual, or a difference in {difference(unit).text}",
        )

    def _unknown(self, node: say.Node, what: str, name: str, known: list[str]) -> RuleError:
        said = RuleError.unknown(what, name, known)
        return self._mistake(node, said.got, said.expected, said.do)

    def _mistake(self, node: say.Node, got: str, expected: str, do: str) -> RuleError:
        return mistake(Where(self._text, node.at, node.to), got, expected, do)


def _bare(node: say.Value) -> str | None:
    """Write the number of a quantity, with its sign, without its unit."""
    if isinstance(node, say.Quantity):
        return number_text(node.value)
    if isinstance(node, say.Negative) and isinstance(node.of, say.Quantity):
        return f"-{number_text(node.of.value)}"
    return None
