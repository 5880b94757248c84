"""The documentation says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.testing
from pydantic import BaseModel

from docs import generate
from faultprint import tables
from faultprint.cli import app
from faultprint.config import Settings

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


def test_reference_pages_are_those_of_the_code() -> None:
    assert generate.stale() == [], "run make docs"


def _fields() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for model, path in generate._walk(Settings, "", set()):
        found += [
            (f"{path}.{name}".strip("."), field.description or "")
            for name, field in model.model_fields.items()
        ]
    return found


@pytest.mark.parametrize(("path", "says"), _fields())
def test_every_setting_says_what_it_means(path: str, says: str) -> None:
    assert says, f"{path} has no docstring"


def test_every_model_of_the_settings_is_a_model() -> None:
    assert all(issubclass(m, BaseModel) for m, _ in generate._walk(Settings, "", set()))


def test_help_of_every_command_answers() -> None:
    runner = typer.testing.CliRunner()
    command = typer.main.get_command(app)
    for path, _ in generate._commands(command, ()):
        result = runner.invoke(app, [*path, "--help"])
        assert result.exit_code == 0, path
        assert "Usage" in result.output


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_commands_in_the_pages_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    make = (REPOSITORY / "Makefile").read_text("utf-8")
    for target in re.findall(r"^\s*(?:\$ )?make (\w+)", text, re.M):
        assert f"\n{target}:" in make, f"{page.name}: make {target}"
    names = {" ".join(path) for path, _ in generate._commands(typer.main.get_command(app), ())}
    firsts = {name.split()[0] for name in names}
    for words in re.findall(
        r"^\s*(?:\$ )?(?:\.venv/bin/)?faultprint ([a-z]+(?: [a-z]+)?)", text, re.M
    ):
        first = words.split()[0]
        assert words in names or first in firsts, f"{page.name}: faultprint {words}"


def test_every_table_is_in_the_reference() -> None:
    text = (REPOSITORY / "docs" / "reference" / "tables.md").read_text("utf-8")
    assert all(f"## `{name}`" in text for name in tables.TABLES)
