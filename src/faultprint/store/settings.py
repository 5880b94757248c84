"""params.yaml from disk, with what the command line overrides."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from faultprint.config import Settings, settings_from
from faultprint.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice and leaves dates as the text they are."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - as in the base class
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def merge_params(params: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Lay overrides over params.

    Parameters
    ----------
    params : Mapping[str, Any]
        Nested settings.
    overrides : Mapping[str, Any]
        Nested, or with dotted keys (``{'source.path': 'data/raw'}``), or both.

    Returns
    -------
    dict[str, Any]
        A new nested mapping; mappings are merged, everything else is replaced.
    """
    merged = dict(params)
    for key, value in overrides.items():
        head, _, rest = str(key).partition(".")
        below = {rest: value} if rest else value
        old = merged.get(head)
        if isinstance(below, Mapping):
            merged[head] = merge_params(old if isinstance(old, Mapping) else {}, below)
        else:
            merged[head] = below
    return merged


def read_params(path: Path) -> dict[str, Any]:
    """Read a params file as plain data.

    Parameters
    ----------
    path : Path
        A YAML file.

    Returns
    -------
    dict[str, Any]
        What it holds; dates stay text.

    Raises
    ------
    ConfigError
        If it is missing, not YAML, has a key twice, or is not a mapping.
    """
    try:
        held = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.because(
            f"{str(path)!r}, which cannot be read ({error})",
            "a file of settings",
            "check the path, run it in a folder with a params.yaml, or write one: "
            "params/starter.yaml of the project shows how",
        ) from error
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise ConfigError.because(
            f"{str(path)!r}, which is not sound YAML ({said})",
            "each key once, indented with spaces",
            "mend the line named above",
        ) from error
    if not isinstance(held, dict):
        raise ConfigError.because(
            f"{str(path)!r}, which holds {type(held).__name__ if held else 'nothing'}",
            "a mapping of settings",
            "copy params/starter.yaml of the project and change it",
        )
    return held


def load_settings(path: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read, override, check and type a params file.

    Parameters
    ----------
    path : Path
        A YAML file.
    overrides : Mapping[str, Any] | None, default None
        What replaces parts of it, nested or with dotted keys.

    Returns
    -------
    Settings
        Typed settings.

    Raises
    ------
    ConfigError
        If the file cannot be read or a setting is wrong; the file is named.
    """
    params = merge_params(read_params(path), overrides or {})
    try:
        return settings_from(params)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
