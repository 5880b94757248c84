"""The rules of equipment classes, and what single assets inherit of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from faultprint.config import Mix
from faultprint.errors import ConfigError, listed
from faultprint.faults.expert import NAMESPACE, Rule
from faultprint.faults.rules.files import Instance, Template, read_instance, read_template
from faultprint.faults.rules.tokens import one_line


@dataclass(frozen=True)
class RuleBook:
    """Rules of equipment classes, and what single assets do otherwise."""

    rules: tuple[Rule, ...] = ()
    """Of the templates, sorted by class and name."""
    instances: tuple[Instance, ...] = ()
    """Sorted by class and asset."""

    def of(self, equipment_class: str) -> tuple[Rule, ...]:
        """List the rules of a class.

        Parameters
        ----------
        equipment_class : str
            The class.

        Returns
        -------
        tuple[Rule, ...]
            Its template, by name.
        """
        return tuple(r for r in self.rules if r.equipment_class == equipment_class)

    def instance(self, asset: str, equipment_class: str) -> Instance | None:
        """Look up what an asset does otherwise.

        Parameters
        ----------
        asset : str
            The asset.
        equipment_class : str
            Its class.

        Returns
        -------
        Instance | None
            None if it does as its template.
        """
        mine = (i for i in self.instances if i.instance == asset and i.template == equipment_class)
        return next(mine, None)


NO_RULES = RuleBook()


def rule_book(files: Iterable[Mapping[str, Any]], mix: Mix = "any") -> RuleBook:
    """Lay rule files together.

    Parameters
    ----------
    files : Iterable[Mapping[str, Any]]
        What each file holds: a template or an instance.
    mix : Mix, default 'any'
        How rules mix that do not say so themselves.

    Returns
    -------
    RuleBook
        Their rules. Names are checked, texts are not read yet.

    Raises
    ------
    ConfigError
        If a file is neither a template nor an instance, two say the same, or an instance has no
        such template, rule or parameter.
    """
    rules: dict[tuple[str, str], Rule] = {}
    instances: dict[tuple[str, str], Instance] = {}
    for data in files:
        if "instance" in data:
            one = read_instance(data)
            _once((one.template, one.instance), instances, "instances of the asset")
            instances[one.template, one.instance] = one
        elif "template" in data:
            for rule in _rules(read_template(data), mix):
                _once((rule.equipment_class, rule.name), rules, "rules called")
                rules[rule.equipment_class, rule.name] = rule
        else:
            raise ConfigError.because(
                f"a rules file with the keys {listed(data)}",
                "template: <equipment class>, or instance: <asset>",
                "see the reference of the rules",
            )
    book = RuleBook(
        tuple(rules[key] for key in sorted(rules)),
        tuple(instances[key] for key in sorted(instances)),
    )
    for one in book.instances:
        _check_instance(one, book.of(one.template))
    return book


def _once(key: tuple[str, str], held: Mapping[tuple[str, str], object], what: str) -> None:
    if key in held:
        raise ConfigError.because(
            f"two {what} {key[1]!r} of {key[0]!r}", "one", "keep one, or give it another name"
        )


def _rules(template: Template, mix: Mix) -> list[Rule]:
    modes = {name: one_line(text) for name, text in sorted(template.modes.items())}
    made = []
    for name, written in template.rules.items():
        told = written.model_dump()
        made.append(
            Rule(
                **{
                    **told,
                    "id": str(uuid.uuid5(NAMESPACE, f"{template.template}/{name}")),
                    "name": name,
                    "equipment_class": template.template,
                    "author": written.author or template.author,
                    "mix": written.mix or mix,
                    "rule": one_line(written.rule),
                    "recommended_action": one_line(written.recommended_action),
                    "parameters": dict(sorted(written.parameters.items())),
                    "modes": modes,
                }
            )
        )
    return made


def _check_instance(one: Instance, rules: tuple[Rule, ...]) -> None:
    known = {rule.name: rule for rule in rules}
    if not known:
        raise ConfigError.because(
            f"an instance {one.instance!r} of the template {one.template!r}, which has no rules",
            "a template in one of the files",
            "correct the name, or write the template",
        )
    named = {**{name: tuple(o.parameters) for name, o in one.rules.items()}}
    for text in one.reset:
        name, _, parameter = text.partition(".")
        named[name] = (*named.get(name, ()), *([parameter] if parameter else ()))
    for name, parameters in named.items():
        if name not in known:
            raise ConfigError.unknown(f"rule of {one.template!r}", name, list(known))
        for parameter in parameters:
            if parameter not in known[name].parameters:
                kind = f"parameter of the rule {name!r}"
                raise ConfigError.unknown(kind, parameter, list(known[name].parameters))


def effective(rule: Rule, instance: Instance | None) -> tuple[Rule | None, tuple[str, ...]]:
    """Say how a rule reads on an asset.

    Parameters
    ----------
    rule : Rule
        The template's.
    instance : Instance | None
        What the asset does otherwise, if anything.

    Returns
    -------
    tuple[Rule | None, tuple[str, ...]]
        The rule, None if it is disabled there; and what is overridden: fields,
        ``parameters.<name>``, ``disabled``.

    Notes
    -----
    All that is not overridden follows the template, also when the template changes later.
    """
    override = instance.rules.get(rule.name) if instance else None
    if instance is None or override is None or rule.name in instance.reset:
        return rule, ()
    if override.disabled:
        return None, ("disabled",)
    kept = {
        name: value
        for name, value in override.parameters.items()
        if f"{rule.name}.{name}" not in instance.reset
    }
    told = override.model_dump(exclude={"disabled", "parameters"}, exclude_none=True)
    if "rule" in told:
        told["rule"] = one_line(told["rule"])
    changed = (*told, *(f"parameters.{name}" for name in kept))
    return replace(rule, **told, parameters={**rule.parameters, **kept}), changed


def reset(instance: Instance, what: str) -> Instance:
    """Return an asset to its template.

    Parameters
    ----------
    instance : Instance
        The asset.
    what : str
        A rule, or ``<rule>.<parameter>``.

    Returns
    -------
    Instance
        A new one without what it did otherwise there.
    """
    name, _, parameter = what.partition(".")
    rules = dict(instance.rules)
    if not parameter:
        rules.pop(name, None)
    elif name in rules:
        left = {k: v for k, v in rules[name].parameters.items() if k != parameter}
        rules[name] = rules[name].model_copy(update={"parameters": left})
    return instance.model_copy(update={"rules": rules})
