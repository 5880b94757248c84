"""The command that examines data before anything is learnt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faultprint.cli.options import AsJson, Folder, Overrides, Params

SERIOUS_STATUS = 3
"""Exit status when something stops or misleads; 1 and 2 are errors of the command itself."""

Given = Annotated[
    str | None, typer.Option("--source", help="Folder or URL of the data; else source.path.")
]


def doctor(
    params: Params = Path("params.yaml"),
    source: Given = None,
    workspace: Folder = Path(),
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with data before learning from them: found, why it matters, what to do.

    Nothing is learnt and nothing is written. Exit status: 0 if nothing stops or misleads, 3 if
    something does, 1 if the settings are wrong.
    """
    from faultprint.cli import overrides_from
    from faultprint.stages.doctor import doctor as examine
    from faultprint.stages.run import located
    from faultprint.store.settings import load_settings

    given = {**overrides_from(overrides)}
    if source is not None:
        given["source.path"] = source if "://" in source else str(Path(source).resolve())
    examined = examine(located(load_settings(params, given), workspace))
    typer.echo(json.dumps(examined.to_dict(), indent=1) if as_json else examined.page())
    if examined.is_serious:
        raise typer.Exit(SERIOUS_STATUS)
