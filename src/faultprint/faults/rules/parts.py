"""Rules as parts of a release: one file a rule, one for each asset that does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import yaml

from faultprint.faults.expert import Rule
from faultprint.faults.rules.book import RuleBook
from faultprint.faults.rules.files import Instance, read_instance

FOLDER = "rules"
_ASSETS = "assets"


def rules_to_parts(book: RuleBook, safe: Callable[[str], str]) -> dict[str, bytes]:
    """Write rules as files in memory.

    Parameters
    ----------
    book : RuleBook
        The rules.
    safe : Callable[[str], str]
        Makes a file name of a class, rule or asset.

    Returns
    -------
    dict[str, bytes]
        Path -> content; empty without rules.
    """
    parts = {
        f"{FOLDER}/{safe(rule.equipment_class)}/{safe(rule.name)}.yaml": _text(rule.to_dict())
        for rule in book.rules
    }
    for one in book.instances:
        path = f"{FOLDER}/{safe(one.template)}/{_ASSETS}/{safe(one.instance)}.yaml"
        parts[path] = _text(one.model_dump(mode="json", exclude_defaults=True))
    return parts


def rules_from_parts(parts: Mapping[str, bytes]) -> RuleBook:
    """Read rules from their files.

    Parameters
    ----------
    parts : Mapping[str, bytes]
        Path -> content; other parts of a release are passed over.

    Returns
    -------
    RuleBook
        Equal to the one that was written.
    """
    rules: list[Rule] = []
    instances: list[Instance] = []
    for path, content in sorted(parts.items()):
        folder, *names = path.split("/")
        if folder != FOLDER:
            continue
        said = yaml.safe_load(content.decode("utf-8"))
        if len(names) > 2:
            instances.append(read_instance(said))
        else:
            rules.append(Rule(**said))
    rules.sort(key=lambda rule: (rule.equipment_class, rule.name))
    instances.sort(key=lambda one: (one.template, one.instance))
    return RuleBook(tuple(rules), tuple(instances))


def _text(data: Mapping[str, object]) -> bytes:
    said = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=100)
    return said.encode("utf-8")
