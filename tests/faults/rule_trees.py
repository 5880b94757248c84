"""Trees of rules for property tests, over the sensors of the made-up pump."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

from faultprint.faults.rules import nodes as say

SENSORS = ("temperature", "vibration", "pressure")
ODD = ("for", "T-1 in", "größe", "x")
HOURS = st.sampled_from([0, 1, 6, 7.5, 12, 24]).map(lambda v: say.Quantity(float(v), "h"))


def _numbers(unit: str) -> st.SearchStrategy[Any]:
    plain = st.floats(0, 1e6).map(lambda v: say.Quantity(v, unit))
    return st.one_of(plain, plain.map(say.Negative))


def any_value(names: tuple[str, ...] = (*SENSORS, *ODD)) -> st.SearchStrategy[Any]:
    """Values of any shape; their units need not fit."""
    spans = st.one_of(HOURS, st.just(say.Parameter("hold")))
    leaves = st.one_of(
        st.builds(say.Reading, st.sampled_from(say.READINGS), st.sampled_from(names)),
        st.sampled_from(["temperature.p95", "a~b.correlation", "error.E 1.count"]).map(
            say.Described
        ),
    )
    numbers = st.builds(
        say.Quantity, st.floats(0, 1e300), st.sampled_from(["", "K", "bar/h", "m^3/h", "%", "1/h"])
    )
    return st.recursive(
        st.one_of(leaves, numbers, st.just(say.Parameter("limit"))),
        lambda inner: st.one_of(
            st.builds(say.Rate, inner, st.one_of(st.none(), spans)),
            st.builds(say.Size, inner),
            st.builds(say.Negative, inner),
            st.builds(
                say.Past,
                inner.filter(lambda v: not isinstance(v, say.Quantity | say.Parameter)),
                spans,
            ),
            st.builds(say.Arithmetic, st.sampled_from("+-*/"), inner, inner),
        ),
        max_leaves=5,
    )


def _joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(say.Every, some),
        st.builds(say.Either, some),
        st.builds(say.Denial, inner),
        st.builds(say.Lasting, inner, HOURS),
        st.builds(say.AtLeast, st.integers(1, 2), some),
    )


def any_condition() -> st.SearchStrategy[Any]:
    """Conditions of any shape; their units need not fit."""
    value = any_value()
    compared = st.builds(say.Comparison, value, st.sampled_from(say.RELATIONS), value)
    between = st.builds(say.Between, value, value, value)
    facts = st.one_of(compared, between, st.just(say.Running()), st.just(say.InMode("full")))
    return st.recursive(facts, _joined, max_leaves=4)


def sound_condition() -> st.SearchStrategy[Any]:
    """Conditions that can be evaluated: every value is a temperature difference."""
    readings = st.sampled_from([say.Reading("residual", "temperature"), _drop()])
    value = st.recursive(
        st.one_of(readings, _numbers("K")),
        lambda inner: st.one_of(
            st.builds(say.Size, readings),
            st.builds(say.Past, readings, HOURS),
            st.builds(say.Arithmetic, st.sampled_from("+-"), inner, inner),
        ),
        max_leaves=3,
    )
    rates = st.builds(say.Rate, readings, st.one_of(st.none(), HOURS.filter(lambda h: h.value > 0)))
    facts = st.one_of(
        st.builds(say.Comparison, value, st.sampled_from(say.RELATIONS), value),
        st.builds(say.Between, value, value, value),
        st.builds(say.Comparison, rates, st.sampled_from("<>"), _numbers("K/h")),
        st.just(say.Running()),
    )
    return st.recursive(facts, _joined, max_leaves=4)


def _drop() -> say.Arithmetic:
    actual, expected = (say.Reading(kind, "temperature") for kind in ("actual", "expected"))  # type: ignore[arg-type]
    return say.Arithmetic("-", expected, actual)
