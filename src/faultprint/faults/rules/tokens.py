"""From the text of an expert's rule to its words, and how a mistake in it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from faultprint.errors import RuleError
from faultprint.faults.rules.nodes import KEYWORDS, PLAIN_NAME, RELATIONS

LONGEST = 2000
"""Characters of a rule at most."""

MOST_TOKENS = 400
"""Words, numbers and signs of a rule at most."""

SIGNS = (*RELATIONS, "+", "-", "*", "/", "(", ")", ",")

_ATOM = r"(?:%|°?[^\W\d_]+)(?:\^-?\d|[²³])?"
UNIT = re.compile(rf"(?:1/)?{_ATOM}(?:[/*·]{_ATOM})*")
"""A unit, written without a space in it and directly after its number: ``bar/h``, ``m^3/h``."""

_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_QUOTED = re.compile(r'"[^"\n]+"')
_WIDTH = 60
"""Characters shown on each side of a mistake."""

Kind = Literal["number", "unit", "name", "word", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """A word, number or sign of a rule."""

    kind: Kind
    text: str
    at: int
    """First column, counted from 0."""

    @property
    def to(self) -> int:
        """Column after the last."""
        return self.at + len(self.text)

    @property
    def name(self) -> str:
        """The name it stands for, without its quotes."""
        return self.text.strip('"')


@dataclass(frozen=True)
class Where:
    """A part of a rule's text."""

    text: str
    at: int
    to: int


def mistake(where: Where, got: str, expected: str, do: str) -> RuleError:
    """Build the error for a mistake in a rule, with a line of carets under it.

    Parameters
    ----------
    where : Where
        The text and the columns at fault.
    got : str
        What stands there.
    expected : str
        What should.
    do : str
        What to write instead.

    Returns
    -------
    RuleError
        Its message ends with the rule (the part around the mistake) and the carets.
    """
    said = RuleError.because(got, expected, do)
    error = RuleError(f"{said}\n{pointed(where)}")
    error.got, error.expected, error.do = got, expected, do
    return error


def pointed(where: Where) -> str:
    """Show a part of a rule with carets under it.

    Parameters
    ----------
    where : Where
        The text and the columns.

    Returns
    -------
    str
        Two lines, indented by two.

    Examples
    --------
    >>> print(pointed(Where("flow > 3", 0, 4)))
      flow > 3
      ^^^^
    """
    start, stop = max(where.at - _WIDTH, 0), where.at + _WIDTH
    before = "... " if start else ""
    after = " ..." if stop < len(where.text) else ""
    shown = f"{before}{where.text[start:stop]}{after}"
    carets = "^" * max(min(where.to, stop) - where.at, 1)
    return f"  {shown}\n  {' ' * (where.at - start + len(before))}{carets}"


def one_line(text: str) -> str:
    """Write a rule on one line.

    Parameters
    ----------
    text : str
        The rule, on any number of lines.

    Returns
    -------
    str
        The same words, with one space where there was any.
    """
    return " ".join(text.split())


def tokens(text: str) -> tuple[Token, ...]:
    """Cut a rule into its words, numbers and signs.

    Parameters
    ----------
    text : str
        The rule, on one line.

    Returns
    -------
    tuple[Token, ...]
        In order; the last one is of kind ``end``.

    Raises
    ------
    RuleError
        If it is too long, or a character has no place in a rule.
    """
    _check_size(len(text), LONGEST, "characters", Where(text, LONGEST, LONGEST + 1))
    found: list[Token] = []
    at = 0
    while at < len(text):
        token = _next(text, at, found)
        found.append(token)
        at = token.to + len(_SPACE.match(text, token.to).group())  # type: ignore[union-attr]
        where = Where(text, token.at, token.to)
        _check_size(len(found), MOST_TOKENS, "words, numbers and signs", where)
    return (*found, Token("end", "", len(text)))


def _check_size(size: int, most: int, what: str, where: Where) -> None:
    if size > most:
        got = f"a rule of {size} {what}" if what == "characters" else f"more than {most} {what}"
        raise mistake(where, got, f"at most {most}", "make two rules of it")


def _next(text: str, at: int, before: list[Token]) -> Token:
    if before and before[-1].kind == "number":
        unit = UNIT.match(text, at)
        if unit and unit.group() not in KEYWORDS:
            return Token("unit", unit.group(), at)
    number = _NUMBER.match(text, at)
    if number:
        return Token("number", number.group(), at)
    quoted, name = _QUOTED.match(text, at), PLAIN_NAME.match(text, at)
    if quoted:
        return Token("name", quoted.group(), at)
    if name:
        return Token("word" if name.group() in KEYWORDS else "name", name.group(), at)
    sign = next((s for s in SIGNS if text.startswith(s, at)), "")
    if sign:
        return Token("sign", sign, at)
    raise mistake(
        Where(text, at, at + 1),
        f"the character {text[at]!r}",
        f"a name, a number, or one of {' '.join(SIGNS)}",
        "a name with other characters in it is written in quotes",
    )
