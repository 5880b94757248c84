"""A release becomes current in one place, where its life, the policy and test cases are asked."""

from __future__ import annotations

import ast
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "faultprint"
DOORS = {"publish": "stages/acceptance.py", "point": "stages/acceptance.py"}
BACK = "cli/releases.py"
"""To roll back asks nothing: what was accepted before may always come back."""


def test_nothing_becomes_current_but_through_the_one_door() -> None:
    found = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found.add((node.func.attr, path.relative_to(SRC).as_posix()))
    doors = {pair for pair in found if pair[0] in {*DOORS, "rollback"}}
    assert doors == {*DOORS.items(), ("rollback", BACK)}
