"""Expert rules from files: read, checked and shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faultprint.config import Settings
from faultprint.errors import ConfigError, FaultprintError
from faultprint.faults.expert import difference
from faultprint.faults.rules.book import RuleBook, effective, rule_book
from faultprint.faults.rules.files import read_instance, read_template
from faultprint.stages.workspace import expert_places
from faultprint.store.settings import read_params
from faultprint.store.versions import bump, ordered


def rule_files(folder: Path) -> list[Path]:
    """List the rule files of a folder.

    Parameters
    ----------
    folder : Path
        The folder; it need not be there.

    Returns
    -------
    list[Path]
        Its YAML files by name.
    """
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def load_rules(settings: Settings, root: Path, files: Sequence[Path] | None = None) -> RuleBook:
    """Read rule files.

    Parameters
    ----------
    settings : Settings
        Settings; ``expert`` says where the files are and how rules mix.
    root : Path
        Folder of the workspace.
    files : Sequence[Path] | None, default None
        Files to read instead.

    Returns
    -------
    RuleBook
        The rules; none if there is no file.

    Raises
    ------
    ConfigError
        If a file cannot be read, or does not fit the others or the settings.
    """
    chosen = files or rule_files(expert_places(settings, root)[0])
    book = rule_book([_read(path) for path in chosen], settings.expert.mix)
    for rule in book.rules:
        if rule.equipment_class not in settings.equipment:
            known = list(settings.equipment)
            raise ConfigError.unknown("equipment class", rule.equipment_class, known)
    return book


def _read(path: Path) -> dict[str, Any]:
    try:
        data = read_params(path)
        read_instance(data) if "instance" in data else read_template(data)
    except FaultprintError as error:
        raise ConfigError(f"{path}: {error}") from error
    return data


def version_hints(book: RuleBook, held: RuleBook) -> list[str]:
    """Name the rules that changed since a release and kept their version.

    Parameters
    ----------
    book : RuleBook
        The rules.
    held : RuleBook
        Those of the release.

    Returns
    -------
    list[str]
        One sentence a rule, with the version it should have.
    """
    before = {rule.id: rule for rule in held.rules}
    hints = []
    for rule in book.rules:
        old = before.get(rule.id)
        level = difference(old, rule) if old else "same"
        if old and level != "same" and ordered(rule.version) <= ordered(old.version):
            hints.append(
                f"{rule.equipment_class}/{rule.name} was changed ({level}) since version "
                f"{old.version}: count its version up to {bump(old.version, level)}"
            )
    return hints


def show_rules(book: RuleBook, asset: str, equipment_class: str) -> list[dict[str, Any]]:
    """Say how the rules of an asset read, and what of it is its own.

    Parameters
    ----------
    book : RuleBook
        The rules.
    asset : str
        The asset.
    equipment_class : str
        Its class.

    Returns
    -------
    list[dict[str, Any]]
        One a rule: the rule as it reads here, ``overridden`` (field -> what the template says),
        and whether it is ``disabled``.
    """
    told = []
    instance = book.instance(asset, equipment_class)
    for rule in book.of(equipment_class):
        reads, changed = effective(rule, instance)
        template = rule.to_dict()
        told.append(
            {
                **(reads or rule).to_dict(),
                "asset": asset,
                "disabled": reads is None,
                "overridden": {name: _said(template, name) for name in changed},
            }
        )
    return told


def _said(template: dict[str, Any], name: str) -> Any:
    if name == "disabled":
        return False
    field, _, parameter = name.partition(".")
    return template[field][parameter] if parameter else template[field]


def rules_page(told: list[dict[str, Any]]) -> str:
    """Print the rules of an asset.

    Parameters
    ----------
    told : list[dict[str, Any]]
        What :func:`show_rules` gave.

    Returns
    -------
    str
        A paragraph a rule; behind each field, whether it is inherited or what it overrides.
    """
    lines = []
    for one in told:
        own = one["overridden"]
        state = "disabled here" if one["disabled"] else "as in the template"
        state = f"{len(own)} overridden" if own and not one["disabled"] else state
        lines += [f"{one['name']} {one['version']} ({one['failure_mode']}), {state}"]
        lines += [f"  rule: {one['rule']}{_mark(own, 'rule')}"]
        lines += [
            f"  {name}: {value}{_mark(own, f'parameters.{name}')}"
            for name, value in one["parameters"].items()
        ]
        lines += [
            f"  {name}: {one[name]}{_mark(own, name)}"
            for name in ("severity", "recommended_action", "mix")
            if name in own
        ]
    return "\n".join(lines)


def _mark(own: dict[str, Any], name: str) -> str:
    return f"   [here; template: {own[name]}]" if name in own else "   [inherited]"
