"""Write the reference pages from the code, so that they cannot disagree with it.

``python -m docs.generate`` writes; ``--check`` only says which pages are stale.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

HERE = Path(__file__).parent / "reference"


def tables_page() -> str:
    """Describe every boundary table."""
    from faultprint.tables import QUALITY, TABLES

    lines = ["# Tables", "", "One table per boundary; each is checked when it is written.", ""]
    for table in TABLES.values():
        lines += [f"## `{table.name}`", "", f"A row is {table.says}. Key: {_codes(table.key)}. "]
        lines += [f"Made by `{table.made_by}`, block {table.iso} of ISO 13374.", ""]
        lines += ["| column | kind | unit | meaning |", "|---|---|---|---|"]
        for c in table.columns:
            allowed = f" One of {_codes(c.allowed)}." if c.allowed else ""
            gap = " May be missing." if c.nullable else ""
            lines.append(f"| `{c.name}` | {c.kind} | {c.unit} | {c.meaning}.{allowed}{gap} |")
        lines += ["", f"Further columns: {table.further}.", ""] if table.further else [""]
    lines += ["## Quality flags", "", "| flag | number |", "|---|---|"]
    lines += [f"| {name} | {number} |" for name, number in QUALITY.items()]
    return "\n".join(lines) + "\n"


def params_page() -> str:
    """Describe every key of params.yaml."""
    from faultprint.config import Settings

    lines = ["# params.yaml", "", "An unknown key is an error that names the nearest one.", ""]
    for model, path in _walk(Settings, "", set()):
        lines += [f"## `{path or 'top level'}`", "", (model.__doc__ or "").strip(), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        for name, field in model.model_fields.items():
            lines.append(
                f"| `{name}` | {_kind(field.annotation)} | {_default(field)} | "
                f"{' '.join((field.description or '').split())} |"
            )
        lines.append("")
    return "\n".join(lines)


def cli_page() -> str:
    """Collect what every command answers to --help."""
    import typer

    from faultprint.cli import app

    command = typer.main.get_command(app)
    lines = ["# Command line", ""]
    for path, one in _commands(command, ("faultprint",)):
        context = typer.Context(one, info_name=" ".join(path))
        lines += [f"## `{' '.join(path)}`", "", (one.help or "").strip(), ""]
        rows = [
            f"| `{' '.join(p.opts)}` | {getattr(p, 'help', '') or ''} | {_shown(p.default)} |"
            for p in one.get_params(context)
            if p.name != "help"
        ]
        if rows:
            lines += ["| argument or option | meaning | default |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def descriptors_page() -> str:
    """Describe every descriptor of the catalogue."""
    from faultprint.signal.bursts import ENVELOPE
    from faultprint.signal.catalogue import CATALOGUE, FAMILIES, descriptor
    from faultprint.signal.relations import LEAST, PAIRED

    lines = ["# Descriptors", "", "Named `<sensor>.<descriptor>`, over the n good values x of a"]
    lines += ["window, read at times t [h] while the equipment ran. Missing (NaN) where there are"]
    lines += ["fewer values than needed, or the formula divides by zero or overflows.", ""]
    for name in [*CATALOGUE, *FAMILIES]:
        d = descriptor(FAMILIES.get(name, name))
        shown = f", for example `{d.name}`" if name in FAMILIES else ""
        lines += [f"## `{name}`", "", f"Tells: {d.means}{shown}.", "", f"Formula: {d.says}.", ""]
        lines += [f"Unit: {d.unit.format(unit='unit of the sensor')}. Values needed: {d.least}."]
        lines += [f"Source: {d.source}.", ""] if d.source else [""]
    lines += [
        "# Descriptors of waveforms",
        "",
        "Of bursts that are evenly sampled; see the page on",
    ]
    lines += [
        "the bearing envelope. The bearing and its speed stand in the asset's attributes.",
        "",
    ]
    for name, (says, unit) in ENVELOPE.items():
        lines += [f"## `{name}`", "", f"Formula: {says}.", "", f"Unit: {unit}.", ""]
    lines += [
        "# Descriptors of two sensors",
        "",
        "Named `<sensor x>~<sensor y>.<descriptor>`, over",
    ]
    lines += [f"the readings where both are good, {LEAST} at least.", ""]
    for r in PAIRED.values():
        unit = r.unit.format(unit="unit of x", other="unit of y")
        lines += [f"## `{r.name}`", "", f"Tells: {r.means}.", "", f"Formula: {r.says}.", ""]
        lines += [f"Unit: {unit}.", ""]
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "params.md": params_page,
    "cli.md": cli_page,
    "descriptors.md": descriptors_page,
}


def stale(folder: Path = HERE) -> list[str]:
    """List the pages that the code no longer says."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).exists() or (folder / name).read_text("utf-8") != page()
    ]


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    if parser.parse_args().check:
        old = stale()
        if old:
            sys.stderr.write(f"stale: {', '.join(old)}; run make docs\n")
        return bool(old)
    HERE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), "utf-8")
    return 0


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _models(kind: Any) -> list[type[BaseModel]]:
    from faultprint.config import _models as models

    return models(kind)


def _walk(
    model: type[BaseModel], path: str, seen: set[type[BaseModel]]
) -> Iterator[tuple[type[BaseModel], str]]:
    if model in seen:
        return
    seen.add(model)
    yield model, path
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            yield from _walk(inner, f"{path}.{name}".strip("."), seen)


def _kind(annotation: Any) -> str:
    text = getattr(annotation, "__name__", None) or str(annotation)
    text = str(annotation) if "[" in str(annotation) else text
    for noise in ("faultprint.config.", "datetime.", "typing."):
        text = text.replace(noise, "")
    text = re.sub(r"Optional\[Annotated\[(\w+), .*\]\]", r"\1 or None", text)
    return f"`{text}`".replace("timedelta", "duration").replace("|", "or")


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    return _shown(value)


def _shown(value: Any) -> str:
    from datetime import timedelta

    from faultprint.config import _spell

    if value is None or value is PydanticUndefined:
        return ""
    return f"`{_spell(value)}`" if isinstance(value, timedelta) else f"`{value}`"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, one in sorted(getattr(command, "commands", {}).items()):
        if getattr(one, "commands", None):
            yield from _commands(one, (*path, name))
        else:
            yield (*path, name), one


if __name__ == "__main__":
    raise SystemExit(main())
