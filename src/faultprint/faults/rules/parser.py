"""The parser of expert rules, by recursive descent: no text is ever executed.

Each method takes the tokens of one production of the grammar. Conditions and values share one chain
of productions, since an opening parenthesis may begin either; what was read is then asked for its
kind where it stands. Longer than other modules on purpose: a production a method, read together.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import TypeVar, cast

from faultprint.errors import RuleError
from faultprint.faults.rules.nodes import (
    CONDITIONS,
    KEYWORDS,
    READINGS,
    RELATIONS,
    Arithmetic,
    AtLeast,
    Between,
    Comparison,
    Condition,
    Denial,
    Described,
    Either,
    Every,
    InMode,
    Lasting,
    Negative,
    Node,
    Parameter,
    Past,
    Quantity,
    Rate,
    Reading,
    Running,
    Size,
    Span,
    Value,
)
from faultprint.faults.rules.tokens import Token, Where, mistake, one_line, tokens

DEEPEST = 24
"""How deep parentheses, functions and signs may be nested."""

N = TypeVar("N", bound=Node)


def parse_rule(text: str) -> Condition:
    """Read a rule.

    Parameters
    ----------
    text : str
        Its text, on any number of lines.

    Returns
    -------
    Condition
        Its tree; columns count in the text written on one line.

    Raises
    ------
    RuleError
        If it is not a rule; the message points at the place.

    Examples
    --------
    >>> from faultprint.faults.rules.spelling import spell
    >>> spell(parse_rule("not (residual(temperature) > 8 K  for 12 h)"))
    'not residual(temperature) > 8 K for 12 h'
    """
    return _Parser(text).condition()


def parse_value(text: str) -> Value:
    """Read a value, such as a parameter's ``8 K``.

    Parameters
    ----------
    text : str
        Its text.

    Returns
    -------
    Value
        Its tree.

    Raises
    ------
    RuleError
        If it is not a value.
    """
    return _Parser(text).value()


class _Parser:
    """Reads one text; each method takes the tokens of its production."""

    def __init__(self, text: str) -> None:
        self._text = one_line(text)
        self._tokens = tokens(self._text)
        self._next = 0
        self._depth = 0

    def condition(self) -> Condition:
        """Read the whole text as a condition."""
        return self._whole(self._condition(self._rule()))

    def value(self) -> Value:
        """Read the whole text as a value."""
        return self._whole(self._value(self._sum()))

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _fail(self, expected: str, *, do: str, node: Node | None = None) -> RuleError:
        token = self._token
        at, to = (node.at, node.to) if node else (token.at, token.to)
        got = repr(self._text[at:to]) if to > at else "the end of the rule"
        return mistake(Where(self._text, at, to), got, expected, do)

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._token.kind in {"word", "sign"} and self._token.text in texts

    def _follows(self, text: str, after: int = 1) -> bool:
        later = self._tokens[min(self._next + after, len(self._tokens) - 1)]
        return later.kind in {"word", "sign"} and later.text == text

    def _need(self, text: str, do: str) -> Token:
        if not self._is(text):
            raise self._fail(repr(text), do=do)
        return self._take()

    def _deeper(self, read: Callable[[], N]) -> N:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fail(
                f"parts nested at most {DEEPEST} deep", do="make a shorter rule, or several"
            )
        node = read()
        self._depth -= 1
        return node

    def _whole(self, node: N) -> N:
        """Check that nothing is left over."""
        if self._token.kind == "end":
            return node
        raise self._fail(
            "and, or, for, or the end of the rule", do=_leftover(self._token) or "mend it there"
        )

    def _condition(self, node: Node) -> Condition:
        """Check that a node can hold or not."""
        if isinstance(node, CONDITIONS):
            return node
        raise self._fail(
            f"something that holds or does not, such as {self._text[node.at : node.to]} > 5",
            do="compare the value with a limit",
            node=node,
        )

    def _value(self, node: Node) -> Value:
        """Check that a node has a value."""
        if not isinstance(node, CONDITIONS):
            return cast("Value", node)
        raise self._fail("a value", do="join conditions with and, or", node=node)

    def _rule(self) -> Node:
        """Read the production ``rule``."""
        return self._joined(self._both, "or", Either)

    def _both(self) -> Node:
        return self._joined(self._claim, "and", Every)

    def _joined(self, read: Callable[[], Node], word: str, made: type[Either | Every]) -> Node:
        first = read()
        if not self._is(word):
            return first
        parts = [self._condition(first)]
        while self._is(word):
            self._take()
            parts.append(self._condition(read()))
        return made(tuple(parts), at=first.at, to=parts[-1].to)

    def _claim(self) -> Node:
        if self._is("not"):
            word = self._take()
            of = self._condition(self._deeper(self._claim))
            return Denial(of, at=word.at, to=of.to)
        fact = self._fact()
        if not self._is("for"):
            return fact
        self._take()
        span = self._span()
        return Lasting(self._condition(fact), span, at=fact.at, to=span.to)

    def _fact(self) -> Node:
        token = self._token
        if self._is("running"):
            self._take()
            return Running(at=token.at, to=token.to)
        if self._is("mode"):
            self._take()
            self._need("is", "write mode is <name>")
            name = self._name("the name of a mode")
            return InMode(name.name, at=token.at, to=name.to)
        return self._several() if self._is("at") else self._comparison()

    def _several(self) -> Node:
        start = self._take()
        self._need("least", "write at least 2 of (..., ...)")
        token = self._take()
        parts: list[Condition] = []
        if token.kind == "number" and token.text.isdecimal() and len(token.text) < 4:
            self._need("of", "write at least 2 of (..., ...)")
            self._need("(", "put the conditions in parentheses, with commas between them")
            parts.append(self._condition(self._deeper(self._rule)))
            while self._is(","):
                self._take()
                parts.append(self._condition(self._deeper(self._rule)))
            end = self._need(")", "close the parenthesis, or put a comma before the next condition")
            if 1 <= int(token.text) <= len(parts):
                return AtLeast(int(token.text), tuple(parts), at=start.at, to=end.to)
        raise self._fail(
            "a whole number from 1 to the number of conditions",
            do="write at least 2 of (..., ...)",
            node=Quantity(0.0, at=token.at, to=token.to),
        )

    def _comparison(self) -> Node:
        left = self._sum()
        if self._is("between"):
            self._take()
            low = self._value(self._sum())
            self._need("and", "write between <low> and <high>")
            high = self._value(self._sum())
            return Between(self._value(left), low, high, at=left.at, to=high.to)
        if not self._is(*RELATIONS):
            return left
        sign = self._take().text
        right = self._value(self._sum())
        if self._is(*RELATIONS):
            raise self._fail("one comparison", do="write <value> between <low> and <high>")
        return Comparison(
            self._value(left),
            sign,  # type: ignore[arg-type]  # one of RELATIONS
            right,
            at=left.at,
            to=right.to,
        )

    def _sum(self) -> Node:
        """Read the production ``sum``."""
        return self._chain(self._product, "+", "-")

    def _product(self) -> Node:
        return self._chain(self._factor, "*", "/")

    def _chain(self, read: Callable[[], Node], *signs: str) -> Node:
        left = read()
        while self._is(*signs):
            sign = self._take().text
            right = self._value(read())
            left = Arithmetic(
                sign,  # type: ignore[arg-type]  # one of the four
                self._value(left),
                right,
                at=left.at,
                to=right.to,
            )
        return left

    def _factor(self) -> Node:
        token = self._token
        if self._is("-"):
            self._take()
            of = self._value(self._deeper(self._factor))
            return Negative(of, at=token.at, to=of.to)
        if token.kind == "number":
            return self._quantity()
        node = self._measure()
        if not self._begins_past():
            return node
        if isinstance(node, Quantity | Parameter):
            raise self._fail("a value that changes", do="only a reading has a past", node=node)
        ago = self._span()
        end = self._need("ago", "write for example 24 h ago")
        return Past(self._value(node), ago, at=node.at, to=end.to)

    def _begins_past(self) -> bool:
        return self._token.kind == "number" or (self._token.kind == "name" and self._follows("ago"))

    def _measure(self) -> Node:
        token = self._token
        if self._is("("):
            self._take()
            node = self._deeper(self._rule)
            self._need(")", "close the parenthesis")
            return node
        if self._is(*READINGS, "rate", "abs"):
            return self._function()
        name = self._name("a value, such as actual(<sensor>) or 8 K")
        described = "." in name.text and not name.text.startswith('"')
        if described or (name.text.startswith('"') and "." in name.name):
            return Described(name.name, at=token.at, to=token.to)
        return Parameter(name.name, at=token.at, to=token.to)

    def _function(self) -> Node:
        word = self._take()
        self._need("(", f"write {word.text}(<sensor>)")
        if word.text in READINGS:
            name = self._name("the name of a sensor")
            end = self._need(")", "close the parenthesis after the sensor")
            return Reading(word.text, name.name, at=word.at, to=end.to)  # type: ignore[arg-type]
        of = self._value(self._deeper(self._sum))
        over: Span | None = None
        if word.text == "rate" and self._is("over"):
            self._take()
            over = self._span()
        end = self._need(")", "close the parenthesis")
        if word.text == "rate":
            return Rate(of, over, at=word.at, to=end.to)
        return Size(of, at=word.at, to=end.to)

    def _span(self) -> Span:
        token = self._token
        if token.kind == "number":
            return self._quantity()
        name = self._name("a time, such as 12 h")
        return Parameter(name.name, at=token.at, to=token.to)

    def _quantity(self) -> Quantity:
        token = self._take()
        value = float(token.text)
        if not math.isfinite(value):
            raise self._fail(
                "a number", do="write a smaller one", node=Quantity(0, at=token.at, to=token.to)
            )
        if self._token.kind == "unit":
            unit = self._take()
            return Quantity(value, unit.text, at=token.at, to=unit.to)
        return Quantity(value, at=token.at, to=token.to)

    def _name(self, what: str) -> Token:
        if self._token.kind == "name":
            return self._take()
        raise self._fail(what, do=_leftover(self._token) or "write it there")


def _leftover(token: Token) -> str:
    """Guess what was meant where something else was expected."""
    if token.kind == "word":
        return f"{token.text!r} means something in rules: a name like it is written in quotes"
    near = difflib.get_close_matches(token.text, KEYWORDS, n=1, cutoff=0.6) if token.text else []
    return f"did you mean {near[0]!r}?" if near else ""
