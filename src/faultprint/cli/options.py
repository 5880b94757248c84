"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Params = Annotated[Path, typer.Option("--params", help="Settings, YAML.")]
Folder = Annotated[Path, typer.Option("--workspace", help="Project folder.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", "-S", help="Override a setting: windows.step=3h")
]
Release = Annotated[Path, typer.Option("--release", help="Exported release to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Database = Annotated[str, typer.Option("--database", help="SQLAlchemy URL of the database.")]
DEFAULT_DATABASE = "sqlite:///models/signatures.db"
