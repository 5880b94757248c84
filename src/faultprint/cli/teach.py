"""The command that turns opinions into a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import AsJson, Folder, Params
from faultprint.errors import ConfigError
from faultprint.faults.teaching.lessons import Order


def teach(
    file: Annotated[Path | None, typer.Option(help="Opinions to add first, .yaml or .csv.")] = None,
    merge: Annotated[
        list[str] | None, typer.Option(help="class/mode,mode=mode: become one failure mode.")
    ] = None,
    split: Annotated[
        list[str] | None, typer.Option(help="class/mode=mode,mode: the latter are parts of it.")
    ] = None,
    retire: Annotated[
        list[str] | None, typer.Option(help="class/mode: is not named any more.")
    ] = None,
    restore: Annotated[
        list[str] | None,
        typer.Option(help="class/mode: is named again, after it was merged or retired."),
    ] = None,
    author: Annotated[str, typer.Option(help="Who publishes.")] = "teach stage",
    params: Params = Path("params.yaml"),
    workspace: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Teach the current release what experts said of incidents, and publish it; no training."""
    from faultprint.stages.run import located
    from faultprint.stages.teach import teach as teach_release
    from faultprint.stages.workspace import Workspace
    from faultprint.store.settings import load_settings

    settings = located(load_settings(params, {}), workspace)
    orders = [
        *(_order("merge", text) for text in merge or []),
        *(_order("split", text) for text in split or []),
        *(_order("retire", text) for text in retire or []),
        *(_order("restore", text) for text in restore or []),
    ]
    said = teach_release(settings, Workspace(workspace), file, orders, author)
    typer.echo(json.dumps(said, indent=1) if as_json else "\n".join(_lines(said)))


def _order(what: str, text: str) -> Order:
    """Read an order such as ``pump/wear,looseness=wear``."""
    left, _, right = text.partition("=")
    equipment_class, slash, names = left.partition("/")
    into = tuple(part for part in right.split(",") if part)
    fits = {"merge": len(into) == 1, "split": len(into) > 0}.get(what, not into)
    if not (slash and names and equipment_class and fits):
        raise ConfigError.because(
            f"--{what} {text!r}",
            {"merge": "class/mode,mode=mode", "split": "class/mode=mode,mode"}.get(
                what, "class/mode"
            ),
            "write it so",
        )
    return Order(what, equipment_class, tuple(names.split(",")), into)  # type: ignore[arg-type]


def _lines(said: dict[str, object]) -> list[str]:
    changes, moved, life = said["changes"], said["moved"], said["life"]
    unused = said["taught_nothing"]
    assert isinstance(changes, list)
    assert isinstance(moved, list)
    assert isinstance(life, list)
    assert isinstance(unused, dict)
    same = said["release"] == said["before"]
    lines = [f"release {said['release']}" + (" stays: nothing new" if same else "")]
    for one in changes:
        shown = f" from {len(one['incidents'])} incidents" if one["incidents"] else ""
        note = f" ({one['note']})" if one["note"] else ""
        lines.append(f"  {one['what']} {one['equipment_class']}/{one['name']}{shown}{note}")
    for one in moved:
        was, now = one["before"] or "deviation", one["after"] or "deviation"
        lines.append(f"  incident {one['incident']}: {one['windows']} windows {was} -> {now}")
    lines += [f"  {sentence}" for sentence in life]
    return lines + [f"  incident {name} teaches nothing: {why}" for name, why in unused.items()]
