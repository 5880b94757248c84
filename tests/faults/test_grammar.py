"""The grammar of rules: what it reads, what it refuses, and how it points at mistakes."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.errors import RuleError
from faultprint.faults.rules import nodes as say
from faultprint.faults.rules.grammar import GRAMMAR, parse_rule, parse_value
from faultprint.faults.rules.parser import DEEPEST
from faultprint.faults.rules.spelling import spell
from faultprint.faults.rules.tokens import LONGEST, MOST_TOKENS, SIGNS
from tests.faults.rule_trees import any_condition, any_value

WORDS = {  # the terminals that are not spelt out in the grammar
    "name": ["full_load", '"half load"'],
    "sensor": ["temperature", '"T-1 in"'],
    "descriptor": ["vibration.p95", "a~b.correlation", "vibration.rms@recent"],
    "parameter": ["limit"],
    "number": ["2", "0.5", "1e3"],
    "unit": ["K", "bar/h", "m^3/h", "%", "1/h"],
}


@given(any_condition())
@settings(max_examples=120, deadline=None)
def test_a_tree_reads_back_from_its_text(tree: say.Condition) -> None:
    assert parse_rule(spell(tree)) == tree


@given(any_value())
@settings(max_examples=80, deadline=None)
def test_a_value_reads_back_from_its_text(tree: say.Value) -> None:
    assert parse_value(spell(tree)) == tree


@given(st.text(max_size=80))
@settings(max_examples=120, deadline=None)
def test_any_text_is_a_rule_or_a_clear_error(text: str) -> None:
    _read(text)


@given(st.lists(st.sampled_from([*say.KEYWORDS, *SIGNS, "12", "K", "x", "a.b", '"', "(", ")"])))
@settings(max_examples=200, deadline=None)
def test_any_words_are_a_rule_or_a_clear_error(words: list[str]) -> None:
    _read(" ".join(words))


def _read(text: str) -> None:
    try:
        tree = parse_rule(text)
    except RuleError as error:
        message, shown, carets = str(error).rsplit("\n", 2)
        assert message.startswith("got ")
        assert carets.strip().strip("^") == ""
        assert len(carets) <= len(shown) + 1
    else:
        assert parse_rule(spell(tree)) == tree


def _ways(words: list[str]) -> list[list[object]]:
    """Read EBNF: ways of which one is said, each a row of words, names, and groups of ways."""
    ways: list[list[object]] = [[]]
    while words and words[0] not in {")", "]", "}"}:
        word = words.pop(0)
        if word == "|":
            ways.append([])
        elif word in {"(", "[", "{"}:
            ways[-1].append((word, _ways(words)))
            words.pop(0)
        elif word != ",":
            ways[-1].append(word)
    return ways


_PARTS = re.compile(r'"[^"]+"|\w+|[{}\[\]()|,]')
WRITTEN = {name: _ways(_PARTS.findall(way)) for name, way in GRAMMAR.items()}
SHORT = {
    **{name: words[0] for name, words in WORDS.items()},
    "rule": "running", "both": "running", "claim": "running", "fact": "running",
    "several": "at least 1 of (running)", "comparison": "limit < 2", "relation": "<",
    "sum": "2 K", "product": "2 K", "factor": "2 K", "measure": "actual(temperature)",
    "reading": "actual(temperature)", "rate": "rate(actual(temperature))", "span": "2 h",
    "quantity": "2 K",
}  # fmt: skip


def _sentence(rng: random.Random, ways: list[list[object]], depth: int) -> str:
    said = []
    for part in rng.choice(ways):
        if isinstance(part, tuple):
            if part[0] == "(" or rng.random() < 0.5:
                said.append(_sentence(rng, part[1], depth))
        elif str(part).startswith('"'):
            said.append(str(part).strip('"'))
        elif part in WORDS:
            said.append(rng.choice(WORDS[str(part)]))
        else:
            deep = depth > 20
            said.append(SHORT[str(part)] if deep else _sentence(rng, WRITTEN[str(part)], depth + 1))
    return " ".join(said)


def _refusal(text: str) -> str:
    try:
        parse_rule(text)
    except RuleError as error:
        return str(error)
    return ""


def test_every_sentence_of_the_written_grammar_is_read() -> None:
    rng, said = random.Random(1), set()
    for _ in range(500):
        text = _sentence(rng, WRITTEN["rule"], 0)
        refused = _refusal(text)
        # Sizes and the past of a constant are not grammar.
        known = "at most|whole number from 1|only a reading has a past"
        assert not refused or re.search(known, refused), text
        said |= set() if refused else set(text.split())
    assert {word for word in say.KEYWORDS if word not in said} == set()


def test_the_written_grammar_knows_the_words_of_the_parser() -> None:
    spelt = {word for way in GRAMMAR.values() for word in re.findall(r'"([^"]+)"', way)}
    assert spelt == {*say.KEYWORDS, *SIGNS}
    used = {w for way in GRAMMAR.values() for w in re.findall(r"\w+", re.sub('"[^"]+"', "", way))}
    assert used - set(GRAMMAR) == set(WORDS)
    assert set(GRAMMAR) - used == set()


@pytest.mark.parametrize(
    ("text", "says", "under"),
    [
        ("actual(flow)", r"holds or does not, such as actual\(flow\) > 5", "actual(flow)"),
        ("actual(flow) > 3 m^3/h or", "got the end of the rule; expected a value", ""),
        ("1 < actual(flow) < 2", "write <value> between <low> and <high>", "<"),
        ("(actual(flow) > 3", "close the parenthesis", ""),
        ("actual(flow) > 3 K fro 12 h", "did you mean 'for'", "fro"),
        ("5 K 24 h ago > 2 K", "or the end of the rule|holds or does not", "5 K"),
        ("limit 24 h ago > 2 K", "only a reading has a past", "limit"),
        ("actual(for) > 2", "a name like it is written in quotes", "for"),
        ("at least 3 of (running, running)", "from 1 to the number of conditions", "3"),
        ("actual(flow) > 1e999", "write a smaller one", "1e999"),
        ("actual(flow) $ 3", "the character '\\$'", "$"),
        ("running > 3", "or the end of the rule", ">"),
        ("(running) + 1 > 3", "expected a value", "running"),
        ("mode = full", "the character '='", "="),
        ("__import__('os')", "the character \"'\"|end of the rule", ""),
        ("", "got the end of the rule", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_at(text: str, says: str, under: str) -> None:
    with pytest.raises(RuleError, match=says) as caught:
        parse_rule(text)
    _, shown, carets = str(caught.value).rsplit("\n", 2)
    if under:
        assert shown[carets.index("^") : len(carets)] == under


def test_a_long_rule_is_shown_in_part_and_the_carets_stay_under_the_place() -> None:
    text = " and ".join(["actual(temperature) > 1 degC"] * 20) + " adn running"
    with pytest.raises(RuleError, match="did you mean 'and'") as caught:
        parse_rule(text)
    _, shown, carets = str(caught.value).rsplit("\n", 2)
    assert shown.startswith("  ... ")
    assert shown[carets.index("^") : len(carets)] == "adn"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not " * (DEEPEST + 1) + "running", f"at most {DEEPEST} deep"),
        ("(" * 500 + "running" + ")" * 500, f"at most {DEEPEST} deep|at most {MOST_TOKENS}"),
        ("-" * (DEEPEST + 1) + "actual(x) > 1", f"at most {DEEPEST} deep"),
        ("abs(" * 90 + "actual(x)", f"at most {DEEPEST} deep"),
        ("running or " * MOST_TOKENS, f"at most {LONGEST}"),
        ("-" * (LONGEST - 1), f"at most {MOST_TOKENS}"),
    ],
)
def test_size_is_bounded(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        parse_rule(text)


def test_words_bind_as_they_are_read_aloud() -> None:
    tree = parse_rule("running or not mode is a and actual(x) > 1 + 2 * 3 for 12 h")
    hold = say.Quantity(12.0, "h")
    total = say.Arithmetic("*", say.Quantity(2.0), say.Quantity(3.0))
    limit = say.Arithmetic("+", say.Quantity(1.0), total)
    compared = say.Comparison(say.Reading("actual", "x"), ">", limit)
    both = say.Every((say.Denial(say.InMode("a")), say.Lasting(compared, hold)))
    assert tree == say.Either((say.Running(), both))
