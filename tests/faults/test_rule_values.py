"""What rules say of windows: against a slow twin, causally, and with values missing."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.faults.expert import Compiled, compile_rule
from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.book import rule_book
from faultprint.faults.rules.check import Checker
from faultprint.faults.rules.evidence import told_by
from faultprint.faults.rules.grammar import parse_rule
from faultprint.faults.rules.scope import Scope, scope_of
from faultprint.faults.rules.spelling import spell
from faultprint.faults.rules.timeline import timeline
from faultprint.faults.rules.values import Evaluation
from faultprint.tables import UTC_TIME
from tests.faults.rule_trees import sound_condition
from tests.faults.slow_rules import Row, SlowRule

REASONS = ("", "", "", "", "sensor_missing:vibration", "low_coverage", "off")


@cache
def scope() -> Scope:
    equipment = Equipment.model_validate(
        {
            "sensors": {
                "load": {"unit": "kW", "role": "condition"},
                "temperature": {"unit": "degC"},
                "vibration": {"unit": "mm/s"},
                "pressure": {"unit": "bar"},
                "smell": {"unit": "whiff"},
            },
            "running": {"sensor": "load", "above": 1.0},
        }
    )
    return scope_of("pump", equipment, Windows(), Descriptors())


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Short histories of two assets with gaps, runs, missing values and windows not evaluated."""
    rows: list[Row] = []
    values = st.one_of(st.none(), st.integers(0, 6).map(float))
    for asset in ("A", "B"):
        end, run = pd.Timestamp("2026-01-01", tz="UTC"), 0
        for _ in range(draw(st.integers(1, 9))):
            end += pd.Timedelta(hours=draw(st.sampled_from([6, 6, 6, 12, 3])))
            run += draw(st.sampled_from([0, 0, 0, 0, 1]))
            reason = draw(st.sampled_from(REASONS))
            rows.append(
                {"asset": asset, "end": end, "run": run, "reason": reason,
                 "rows": 0 if reason == "off" else draw(st.sampled_from([0, 9, 9])),
                 "actual": draw(values), "expected": draw(values)}
            )  # fmt: skip
    return rows


def tables(rows: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame(rows)
    number = {c: frame[c].astype("float64") for c in ("actual", "expected")}
    windows = pd.DataFrame(
        {
            "asset": frame["asset"].astype("str"), "equipment_class": "pump",
            "start": frame["end"] - pd.Timedelta(hours=24), "end": frame["end"],
            "run": frame["run"], "rows": frame["rows"], "coverage": 1.0,
            "reason": frame["reason"].astype("str"), "temperature.mean": number["actual"],
        }
    ).astype({"start": UTC_TIME, "end": UTC_TIME})  # fmt: skip
    residuals = pd.DataFrame(
        {
            "asset": windows["asset"], "end": windows["end"], "sensor": "temperature",
            "observed": number["actual"], "expected": number["expected"],
            "deviance": (number["actual"] - number["expected"]) / 2, "baseline": "asset",
        }
    )  # fmt: skip
    return windows, residuals


def fast(tree: say.Condition, rows: list[Row]) -> list[bool | None]:
    marks = Evaluation(timeline(*tables(rows)), scope()).holds(tree)
    return [None if np.isnan(mark) else bool(mark) for mark in marks]


@given(sound_condition(), histories())
@settings(max_examples=100, deadline=None)
def test_the_slow_twin_says_the_same(tree: say.Condition, rows: list[Row]) -> None:
    Checker(spell(tree), scope()).check(tree)
    slow = SlowRule(rows, length=24, slack=6)
    assert fast(tree, rows) == [slow.holds(tree, at) for at in range(len(rows))]


@given(sound_condition(), histories(), st.data())
@settings(max_examples=40, deadline=None)
def test_nothing_later_and_no_other_asset_matters(
    tree: say.Condition, rows: list[Row], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    before = [row for row in rows[: at + 1] if row["asset"] == rows[at]["asset"]]
    assert fast(tree, before)[-1] == fast(tree, rows)[at]


def line(temperatures: list[float | None], **changes: Any) -> list[Row]:
    start = pd.Timestamp("2026-01-01", tz="UTC")
    return [
        {"asset": "A", "end": start + n * pd.Timedelta(hours=6), "run": 0, "reason": "",
         "rows": 9, "actual": value, "expected": 40.0, **changes}
        for n, value in enumerate(temperatures)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "temperatures", "says"),
    [
        ("residual(temperature) > 8 K", [40, 49, 48, None], [False, True, False, None]),
        ("actual(temperature) > 320 K", [46, 47], None),
        ("actual(temperature) > 104 degF", [39.9, 40.1], [False, True]),
        ("residual(temperature) > 8 K for 6 h", [49, 49, 40, 49, None], [None, True, False, False,
                                                                         None]),
        ("residual(temperature) > 8 K for 12 h", [49, None, 49, 40, 49], [None, None, None, False,
                                                                          False]),
        ("actual(temperature) - actual(temperature) 12 h ago > 5 K", [40, 40, 46, 44],
         [None, None, True, False]),
        ("rate(temperature.mean over 6 h) > 1 K/h", [40, 47, 48], [None, True, False]),
        ("rate(actual(temperature)) > 1 K/d", [40, 40, 40, 40, 43, 41], [None] * 4 + [True, False]),
        ("at least 2 of (actual(temperature) > 1 degC, running, actual(vibration) > 1 mm/s)",
         [40, None], [True, None]),
        ("at least 3 of (actual(temperature) > 1 degC, not running, actual(vibration) > 1 mm/s)",
         [40], [False]),
        ("actual(temperature) between 39 degC and 41 degC", [38.9, 39, 41, 41.1],
         [False, True, True, False]),
        ("deviance(temperature) > 4 or actual(vibration) > 1 mm/s", [49, 40], [True, None]),
        ("abs(residual(temperature)) / (actual(vibration) - actual(vibration)) > 1 K*s/mm", [49],
         [None]),
    ],
)  # fmt: skip
def test_rules_say_what_they_read(
    text: str, temperatures: list[float | None], says: list[bool | None] | None
) -> None:
    tree = parse_rule(text)
    if says is None:
        with pytest.raises(Exception, match="write 320 degC"):
            Checker(text, scope()).check(tree)
        return
    Checker(text, scope()).check(tree)
    assert fast(tree, line(temperatures)) == says


def test_a_past_value_is_not_taken_from_before_a_repair_nor_from_too_long_ago() -> None:
    tree = parse_rule("actual(temperature) - actual(temperature) 6 h ago > 5 K")
    rows = line([40, 50, 60])
    assert fast(tree, rows) == [None, True, True]
    assert fast(tree, [rows[0], {**rows[1], "run": 1}, {**rows[2], "run": 1}])[1:] == [None, True]
    late = {**rows[1], "end": rows[0]["end"] + pd.Timedelta(hours=13)}
    assert fast(tree, [rows[0], late]) == [None, None]


def ready(text: str) -> Compiled:
    data = {"template": "pump", "rules": {"one": {"title": "t", "failure_mode": "f", "rule": text}}}
    return compile_rule(rule_book([data]).rules[0], scope())


def test_what_is_missing_is_named() -> None:
    one = ready(
        "residual(temperature) > 8 K and temperature.std < 3 K and actual(vibration) > 0 mm/s"
    )
    windows, residuals = tables(line([49, None]))
    windows = windows.assign(**{"vibration.mean": [1.0, np.nan], "load.mean": 1.0})
    evaluation = Evaluation(timeline(windows, residuals), scope())
    assert evaluation.missing(one.tree, 0) == ["temperature"]  # its std is not in the table
    assert evaluation.missing(one.tree, 1) == ["temperature", "vibration"]
    dark = residuals.assign(expected=np.nan)
    no_load = Evaluation(timeline(windows.assign(**{"load.mean": np.nan}), dark), scope())
    assert no_load.missing(ready("residual(temperature) > 8 K").tree, 0) == ["load"]
    unlearnt = Evaluation(timeline(windows, dark), scope())
    assert unlearnt.missing(ready("expected(temperature) > 8 degC").tree, 0) == [
        "expected(temperature)"
    ]
    assert one.sensors == ("temperature", "vibration")


def test_evidence_gives_each_part_with_what_was_observed_in_its_unit() -> None:
    one = ready("residual(temperature) > 0.008 kK for 6 h and not actual(temperature) > 60 degC")
    evaluation = Evaluation(timeline(*tables(line([40, 49, 51]))), scope())
    told = told_by(one, evaluation, 2, holds=True)
    assert told["parts"] == [
        {"part": "residual(temperature) > 0.008 kK", "observed": 11.0, "limit": 8.0, "unit": "K",
         "holds": True},
        {"part": "actual(temperature) > 60 degC", "observed": 51.0, "limit": 60.0, "unit": "degC",
         "holds": False},
    ]  # fmt: skip
    assert (told["rule"], told["version"], told["holds"]) == ("one", "1.0.0", True)


def test_no_residual_and_no_window() -> None:
    windows, residuals = tables(line([40.0, 41.0]))
    tree = parse_rule("residual(temperature) > 8 K")
    alone = Evaluation(timeline(windows, residuals.iloc[:0]), scope())
    assert np.isnan(alone.holds(tree)).all()
    nothing = Evaluation(timeline(windows.iloc[:0], residuals.iloc[:0]), scope())
    assert nothing.holds(tree).size == 0
    assert scope().slack == timedelta(hours=6)
