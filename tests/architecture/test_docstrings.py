"""Public docstrings tell the truth: every parameter, its default, and what is raised."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "faultprint"
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.M)
PARAM = re.compile(r"^(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*) : (?P<kind>.+)$", re.M)
DEFAULT = re.compile(r"default (?P<value>\(.*\)|\[.*\]|'[^']*'|\"[^\"]*\"|[^\s,]+)")


def sections(doc: str) -> dict[str, str]:
    """Split a numpydoc docstring into its sections, e.g. ``{"Parameters": ...}``."""
    parts = SECTION.split(doc)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(doc: str) -> dict[str, str]:
    """Return ``{parameter: its type line}`` from the Parameters section."""
    found = PARAM.finditer(sections(doc).get("Parameters", ""))
    return {n.lstrip("*"): m["kind"] for m in found for n in m["names"].split(", ")}


def signature(function: ast.FunctionDef) -> dict[str, ast.expr | None]:
    """Return ``{parameter: its default expression, or None}`` without self and cls."""
    a = function.args
    plain = [*a.posonlyargs, *a.args]
    defaults = [None] * (len(plain) - len(a.defaults)) + list(a.defaults)
    pairs = [*zip(plain, defaults, strict=True), *zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    pairs += [(extra, None) for extra in (a.vararg, a.kwarg) if extra]
    return {arg.arg: default for arg, default in pairs if arg.arg not in {"self", "cls"}}


def public_callables() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Yield (name, docstring, function) for each public function and method; classes document
    their ``__init__``."""
    for path in sorted(SRC.rglob("*.py")):
        if path.relative_to(SRC).parts[0] == "cli":
            continue  # its docstrings are the help texts; tests of the docs look at them
        stem = str(path.relative_to(SRC))
        for node in ast.parse(path.read_text("utf-8")).body:
            owners = [node] if isinstance(node, ast.FunctionDef) else []
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                owners = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            for function in owners:
                init = function.name == "__init__"
                if init or not function.name.startswith("_"):
                    doc = ast.get_docstring(node if init else function) or ""
                    yield f"{stem}:{function.lineno} {function.name}", doc, function


CALLABLES = list(public_callables())


@pytest.mark.parametrize(("name", "doc", "function"), CALLABLES, ids=[c[0] for c in CALLABLES])
def test_docstring_matches_code(name: str, doc: str, function: ast.FunctionDef) -> None:
    assert doc, f"{name}: no docstring"
    told, real = documented(doc), signature(function)
    assert set(told) == set(real), f"{name}: documents {sorted(told)}, takes {sorted(real)}"
    for parameter, default in real.items():
        said = DEFAULT.search(told[parameter])
        if default is None:
            assert said is None, f"{name}: {parameter} has no default, the docstring gives one"
        else:
            assert said, f"{name}: say 'default {ast.unparse(default)}' for {parameter}"
            assert said["value"] == ast.unparse(default), (
                f"{name}: {parameter} defaults to {ast.unparse(default)}, "
                f"documented {said['value']}"
            )
    raised = {
        n.exc.func.id
        for n in ast.walk(function)
        if isinstance(n, ast.Raise)
        and isinstance(n.exc, ast.Call)
        and isinstance(n.exc.func, ast.Name)
    }
    missing = {r for r in raised if r not in sections(doc).get("Raises", "")}
    assert not missing, f"{name}: raises {sorted(missing)} without saying so"
