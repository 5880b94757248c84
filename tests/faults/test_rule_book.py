"""Templates and instances: what an asset inherits, overrides and gets back; rules in a release."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from faultprint.errors import ConfigError, RuleError
from faultprint.faults.expert import compile_rule, difference
from faultprint.faults.rules.book import RuleBook, effective, reset, rule_book
from faultprint.faults.rules.parts import rules_from_parts, rules_to_parts
from faultprint.faults.rules.spelling import spell
from faultprint.store.versions import compare, level_of
from tests.faults.test_rule_values import scope

TEMPLATE: dict[str, Any] = {
    "template": "pump",
    "author": "A. Expert",
    "modes": {"loaded": "actual(load) > 5 kW"},
    "rules": {
        "hot": {
            "title": "Runs hot",
            "failure_mode": "bearing_wear",
            "item": "bearing",
            "severity": 4,
            "recommended_action": "Grease\n  it.",
            "parameters": {"limit": "8 K", "hold": "12 h", "share": 0.5},
            "rule": "residual(temperature) > limit * share\n and mode is loaded for hold",
        },
        "loud": {
            "title": "Loud", "failure_mode": "looseness", "rule": "actual(vibration) > 7 mm/s"
        },
    },
}  # fmt: skip
INSTANCE: dict[str, Any] = {
    "instance": "P01",
    "template": "pump",
    "rules": {"hot": {"parameters": {"limit": "10 K"}, "severity": 5}, "loud": {"disabled": True}},
}


def book(**instance: Any) -> RuleBook:
    return rule_book([TEMPLATE, {**INSTANCE, **instance}])


def reads(made: RuleBook, name: str = "hot") -> tuple[Any, tuple[str, ...]]:
    rule = next(r for r in made.of("pump") if r.name == name)
    return effective(rule, made.instance("P01", "pump"))


def test_a_rule_says_what_its_author_wrote() -> None:
    hot, loud = book().of("pump")
    assert (hot.title, hot.author, hot.mix, hot.status) == (
        "Runs hot",
        "A. Expert",
        "any",
        "candidate",
    )
    assert hot.rule == "residual(temperature) > limit * share and mode is loaded for hold"
    assert hot.recommended_action == "Grease it."
    assert rule_book([TEMPLATE], "confirm").of("pump")[0].mix == "confirm"
    assert hot.id != loud.id
    assert hot.id == book().of("pump")[0].id
    compiled = compile_rule(hot, scope())
    assert spell(compiled.tree) == (
        "residual(temperature) > 8 K * 0.5 and actual(load) > 5 kW for 12 h"
    )
    assert compiled.sensors == ("load", "temperature")


def test_an_asset_inherits_and_overrides_single_parameters() -> None:
    rule, changed = reads(book())
    assert rule.parameters == {"hold": "12 h", "limit": "10 K", "share": "0.5"}
    assert rule.severity == 5
    assert set(changed) == {"severity", "parameters.limit"}
    assert reads(book(), "loud") == (None, ("disabled",))
    other = effective(book().of("pump")[0], book().instance("P02", "pump"))
    assert other == (book().of("pump")[0], ())


def test_a_changed_template_reaches_instances_except_where_overridden() -> None:
    changed = copy.deepcopy(TEMPLATE)
    changed["rules"]["hot"]["parameters"] |= {"limit": "9 K", "hold": "24 h"}
    changed["rules"]["hot"]["title"] = "Runs too hot"
    rule, _ = reads(rule_book([changed, INSTANCE]))
    assert rule.parameters == {"hold": "24 h", "limit": "10 K", "share": "0.5"}
    assert rule.title == "Runs too hot"


def test_a_whole_rule_is_overridden() -> None:
    own = {"hot": {"rule": "residual(temperature) >\n limit"}}
    rule, changed = reads(book(rules=own))
    assert rule.rule == "residual(temperature) > limit"
    assert changed == ("rule",)


def test_reset_returns_to_the_template() -> None:
    for what in (["hot"], ["hot.limit", "hot"]):
        assert reads(book(reset=what)) == (book().of("pump")[0], ())
    rule, changed = reads(book(reset=["hot.limit"]))
    assert (rule.parameters["limit"], rule.severity, changed) == ("8 K", 5, ("severity",))
    instance = book().instance("P01", "pump")
    assert instance is not None
    hot = book().of("pump")[0]
    assert effective(hot, reset(instance, "hot")) == (hot, ())
    assert effective(hot, reset(instance, "hot.limit"))[1] == ("severity",)
    assert effective(hot, reset(instance, "nothing.here"))[1] == effective(hot, instance)[1]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([TEMPLATE, TEMPLATE], "two rules called 'hot' of 'pump'"),
        ([TEMPLATE, INSTANCE, INSTANCE], "two instances of the asset 'P01'"),
        ([INSTANCE], "instance 'P01' of the template 'pump', which has no rules"),
        ([{"rules": {}}], "expected template: <equipment class>, or instance: <asset>"),
        ([TEMPLATE, {**INSTANCE, "rules": {"hott": {}}}], "unknown rule of 'pump' 'hott'.*'hot'"),
        (
            [TEMPLATE, {**INSTANCE, "rules": {"hot": {"parameters": {"limt": "1 K"}}}}],
            "unknown parameter of the rule 'hot' 'limt'.*'limit'",
        ),
        ([TEMPLATE, {**INSTANCE, "reset": ["hot.limt"]}], "unknown parameter of .*'limt'"),
        ([{**TEMPLATE, "rulez": {}}], "unknown key 'rulez'.*did you mean 'rules'"),
        (
            [{"template": "pump", "rules": {"a": {"title": "x", "rule": "running"}}}],
            "rules.a.failure_mode: Field required",
        ),
        (
            [{"template": "pump", "rules": {"a b": TEMPLATE["rules"]["loud"]}}],
            "a name is one word",
        ),
        (
            [{"template": "pump", "rules": {"a": {**TEMPLATE["rules"]["loud"], "version": "1"}}}],
            "a version is MAJOR.MINOR.PATCH",
        ),
        (
            [{"template": "pump", "rules": {"a": {**TEMPLATE["rules"]["loud"], "severity": 9}}}],
            "less than or equal to 5",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(files: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        rule_book(files)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "residual(temperature) > limt"}, "pump/hot: .*unknown parameter 'limt'"),
        ({"parameters": {"limit": "8 Kk", "hold": "12 h"}}, "parameter limit: .*unknown unit 'Kk'"),
        (
            {"parameters": {"limit": "actual(load)"}},
            "the parameter limit: actual.load.; expected a n",
        ),
        (
            {"parameters": {"limit": "8 bar", "hold": "1 h", "share": "1"}},
            r"in K beside 8 bar \* 1 in bar",
        ),
        ({"modes": {"loaded": "actual(lod) > 5 kW"}}, "mode loaded: .*unknown sensor 'lod'"),
        ({"modes": {"idle": "mode is loaded"}}, "mode idle: .*unknown mode 'loaded'"),
        ({"modes": {}}, "unknown mode 'loaded'"),
    ],
)
def test_a_rule_that_does_not_fit_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RuleError, match=says):
        compile_rule(replace(book().of("pump")[0], **changes), scope())


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "same"),
        ({"version": "1.0.1"}, "same"),
        ({"title": "Another", "severity": 2}, "patch"),
        ({"rule": "running"}, "minor"),
        ({"parameters": {"limit": "9 K"}, "title": "Another"}, "minor"),
        ({"failure_mode": "other"}, "major"),
    ],
)
def test_the_version_follows_what_changed(changes: dict[str, Any], level: str) -> None:
    hot = book().of("pump")[0]
    assert difference(hot, replace(hot, **changes)) == level


def test_rules_travel_with_a_release_and_count_its_version_up() -> None:
    parts = rules_to_parts(book(reset=["hot.limit"]), quote)
    assert list(parts) == [
        "rules/pump/hot.yaml",
        "rules/pump/loud.yaml",
        "rules/pump/assets/P01.yaml",
    ]
    back = rules_from_parts({**parts, "scoring.json": b"{}"})
    assert back == book(reset=["hot.limit"])
    assert rules_to_parts(back, quote) == parts
    words, detection = copy.deepcopy(TEMPLATE), copy.deepcopy(TEMPLATE)
    words["rules"]["hot"]["title"] = "Hotter"
    detection["rules"]["hot"]["parameters"]["limit"] = "7 K"
    old = rules_to_parts(rule_book([TEMPLATE]), quote)
    assert level_of(compare(old, rules_to_parts(rule_book([words]), quote))) == "patch"
    assert level_of(compare(old, rules_to_parts(rule_book([detection]), quote))) == "minor"
    assert level_of(compare(old, rules_to_parts(book(), quote))) == "minor"
    assert rules_to_parts(RuleBook(), quote) == {}
