"""How the tree of a rule is spelt: text that reads back as an equal tree."""

from __future__ import annotations

from faultprint.faults.rules.nodes import (
    KEYWORDS,
    PLAIN_NAME,
    Arithmetic,
    AtLeast,
    Between,
    Comparison,
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
    Size,
)

_OR, _AND, _NOT, _FOR, _SUM, _PRODUCT, _SIGN, _LEAF = range(8)

_RANKS: dict[type[Node], int] = {
    Either: _OR,
    Every: _AND,
    Denial: _NOT,
    Lasting: _FOR,
    Comparison: _FOR,
    Between: _FOR,
    Negative: _SIGN,
}


def name_text(name: str) -> str:
    """Write a name as a rule does.

    Parameters
    ----------
    name : str
        A sensor, descriptor, parameter or mode.

    Returns
    -------
    str
        The name, in quotes where it would be read otherwise.
    """
    plain = PLAIN_NAME.fullmatch(name) and name not in KEYWORDS
    return name if plain else f'"{name}"'


def number_text(value: float) -> str:
    """Write a number so that it reads back as it was.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        Without a decimal point where it is whole.
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def spell(node: Node) -> str:
    """Write a tree as the text of a rule.

    Parameters
    ----------
    node : Node
        The tree.

    Returns
    -------
    str
        Text that reads back as an equal tree; parentheses only where they are needed.
    """
    match node:
        case Either(parts):
            return " or ".join(_within(p, _AND) for p in parts)
        case Every(parts):
            return " and ".join(_within(p, _NOT) for p in parts)
        case AtLeast(needed, parts):
            return f"at least {needed} of ({', '.join(spell(p) for p in parts)})"
        case Denial(of):
            return f"not {_within(of, _NOT)}"
        case Lasting(of, span):
            return f"{_within(of, _FOR, lasting=True)} for {spell(span)}"
        case Comparison(left, sign, right):
            return f"{_within(left, _SUM)} {sign} {_within(right, _SUM)}"
        case Between(of, low, high):
            return f"{_within(of, _SUM)} between {_within(low, _SUM)} and {_within(high, _SUM)}"
        case _:
            return _spell_value(node)


def _spell_value(node: Node) -> str:
    match node:
        case Quantity(value, unit):
            return f"{number_text(value)} {unit}".rstrip()
        case Past(of, ago):
            return f"{_within(of, _LEAF)} {spell(ago)} ago"
        case Negative(of):
            return f"-{_within(of, _SIGN)}"
        case Arithmetic(sign, left, right):
            rank = _rank(node)
            return f"{_within(left, rank)} {sign} {_within(right, rank + 1)}"
        case _:
            return _spell_word(node)


def _spell_word(node: Node) -> str:
    match node:
        case Parameter(name) | Described(name):
            return name_text(name)
        case Reading(kind, sensor):
            return f"{kind}({name_text(sensor)})"
        case Rate(of, over):
            return f"rate({spell(of)}{f' over {spell(over)}' if over else ''})"
        case Size(of):
            return f"abs({spell(of)})"
        case InMode(name):
            return f"mode is {name_text(name)}"
        case _:
            return "running"


def _rank(node: Node) -> int:
    if isinstance(node, Arithmetic):
        return _SUM if node.sign in "+-" else _PRODUCT
    if isinstance(node, Past):
        return _SIGN
    return _RANKS.get(type(node), _LEAF)


def _within(node: Node, rank: int, *, lasting: bool = False) -> str:
    """Spell a part, in parentheses if it binds less tightly than its place asks."""
    text = spell(node)
    loose = _rank(node) < rank or (lasting and isinstance(node, Lasting))
    return f"({text})" if loose else text
