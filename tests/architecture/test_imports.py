"""The package's shape, enforced: imports point one way and the core does no I/O."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "faultprint"
LAYERS = (  # lowest first; a module may import its own layer and any layer below
    ("records", "errors"),
    ("config", "tables"),
    ("signal",),
    ("twin",),
    ("state",),
    ("faults",),
    ("prognosis",),
    ("advice",),
    ("evaluate", "simulate", "store"),
    ("serve",),
    ("stages",),
    ("cli",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
CORE = {name for names in LAYERS[:8] for name in names} | {"evaluate", "simulate"}
IMPURE_IMPORTS = {"mlflow", "prefect", "dvc", "sqlite3", "requests", "os", "subprocess", "logging"}
IMPURE_CALLS = {"open", "print", "input"}
IMPURE_ATTRS = {"now", "today", "utcnow", "read_csv", "read_parquet", "to_csv", "to_parquet"}
MODULES = sorted(SRC.rglob("*.py"))


def block_of(path: Path) -> str:
    """Return the first path part below the package, e.g. ``signal``."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Return every dotted module name that ``tree`` imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    block = block_of(path)
    if block in {"__init__", "__main__"}:
        return
    assert block in RANK, f"{block!r} has no layer: add it to LAYERS, lowest first"
    for name in imported(ast.parse(path.read_text("utf-8"))):
        parts = name.split(".")
        if parts[0] == "faultprint" and len(parts) > 1 and parts[1] in RANK:
            assert RANK[parts[1]] <= RANK[block], f"{block} imports {name}, a layer above it"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if block_of(p) in CORE], ids=lambda p: str(p.relative_to(SRC))
)
def test_core_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    impure = {name.split(".")[0] for name in imported(tree)} & IMPURE_IMPORTS
    assert not impure, f"{path.name} imports {sorted(impure)}: move it to store/ or pipelines/"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            func = node.func
            name = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
            banned = IMPURE_CALLS if isinstance(func, ast.Name) else IMPURE_ATTRS
            assert name not in banned, f"{path.name}:{node.lineno} calls {name}()"
