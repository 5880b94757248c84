"""Every error message says what it means to say: no lost ``f``, no unformatted arguments."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "faultprint"
HOLE = re.compile(r"(?<!\{)\{[A-Za-z_][\w.\[\]()]*(?:![rsa])?(?::[^{}]*)?\}(?!\})")
FACTORIES = {"because", "unknown"}
"""Methods of the errors that put a message together from its parts."""
RAISES = [
    (path, node.exc)
    for path in sorted(SRC.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
]


def is_text(node: ast.expr) -> bool:
    """Tell whether ``node`` is a string literal or an f-string."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def literals(node: ast.expr) -> list[str]:
    """Return the literal text of a string or of the fixed parts of an f-string."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]


@pytest.mark.parametrize(
    ("path", "call"), RAISES, ids=[f"{p.relative_to(SRC)}:{c.lineno}" for p, c in RAISES]
)
def test_message_is_formatted(path: Path, call: ast.Call) -> None:
    where = f"{path.relative_to(SRC)}:{call.lineno}"
    texts = [arg for arg in call.args if is_text(arg)]
    if getattr(call.func, "attr", "") not in FACTORIES:
        begins = bool(call.args) and is_text(call.args[0])  # not an error number or a mark
        assert not (begins and len(call.args) > 1), (
            f"{where}: one message, not a tuple of arguments"
        )
    for text in texts:
        holes = [h for part in literals(text) for h in HOLE.findall(part)]
        assert not holes, f"{where}: {holes} will be printed as it stands; an f is missing"
    for arg in call.args:
        assert not (isinstance(arg, ast.BinOp) and isinstance(arg.op, ast.Mod)), f"{where}: use f''"
