"""The page on rules prints what the commands print, and its files are sound."""

from __future__ import annotations

import re

import pytest
import yaml

from docs import rules as page
from faultprint.faults.release import scoring_settings
from faultprint.faults.rules.book import rule_book
from faultprint.faults.rules.matching import compile_book
from faultprint.stages.workspace import Workspace
from faultprint.store.settings import load_settings

SETTINGS = load_settings(page.ROOT / "params.yaml")


def test_messages_and_rules_shown_are_those_of_the_code() -> None:
    text = page.PAGE.read_text("utf-8")
    assert page.filled(text, SETTINGS, None) == text, "run python -m docs.rules"


def test_what_the_archive_says_is_what_the_page_says() -> None:
    workspace = Workspace(page.ROOT)
    if not (workspace.expected / "windows").is_dir():
        pytest.skip("no archive in data/expected: run make demo")
    text = page.PAGE.read_text("utf-8")
    assert page.filled(text, SETTINGS, workspace) == text, "run python -m docs.rules"


def test_the_files_in_the_page_are_sound() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", page.PAGE.read_text("utf-8"), re.S)
    template = next(d for d in map(yaml.safe_load, blocks) if "instance" not in d)
    book = rule_book([template])
    assert [c.rule.name for c in compile_book(book, scoring_settings(SETTINGS))] == ["hot_winding"]
