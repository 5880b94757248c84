"""The rules of a release, matched beside its learnt signatures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pandas as pd

from faultprint.faults.expert import Compiled, compile_rule
from faultprint.faults.release import Release, ScoringSettings
from faultprint.faults.rules.book import RuleBook, effective
from faultprint.faults.rules.check import Checker
from faultprint.faults.rules.scope import Scope, scope_of
from faultprint.faults.rules.verdicts import findings, with_rules
from faultprint.faults.signature import identity
from faultprint.records import LeadTime, Origin, Performance, Signature
from faultprint.state.intervals import wilson


def class_scope(scoring: ScoringSettings, equipment_class: str) -> Scope:
    """Say what rules of a class may speak of.

    Parameters
    ----------
    scoring : ScoringSettings
        Settings of the release.
    equipment_class : str
        A class that it describes.

    Returns
    -------
    Scope
        Names, units and times.
    """
    equipment = scoring.equipment[equipment_class]
    return scope_of(equipment_class, equipment, scoring.windows, scoring.descriptors)


def match_rules(
    release: Release,
    windows: pd.DataFrame,
    residuals: pd.DataFrame,
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put what the rules of a release say into states and diagnoses of one equipment class.

    Parameters
    ----------
    release : Release
        The release.
    windows : pandas.DataFrame
        Rows of ``windows``, all of one class.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.
    tables : tuple[pandas.DataFrame, pandas.DataFrame]
        ``states`` and ``diagnoses`` from what was learnt, by asset and end.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        New tables; the same ones if the class has no rules.
    """
    if windows.empty:
        return tables
    name = str(windows["equipment_class"].iloc[0])
    if not release.rules.of(name):
        return tables
    found = findings(release.rules, class_scope(release.scoring, name), windows, residuals)
    mine = [s for s in release.signatures if s.equipment_class == name]
    return with_rules(found, mine, release.models[name].modes, tables)


def rules_reach(release: Release, equipment_class: str) -> timedelta:
    """Tell how far back the rules of a class look, on any asset.

    Parameters
    ----------
    release : Release
        The release.
    equipment_class : str
        A class that it describes.

    Returns
    -------
    timedelta
        From the end of a window to that of the oldest one they may look at; 0 without rules.
    """
    rules = release.rules.of(equipment_class)
    if not rules:
        return timedelta(0)
    scope = class_scope(release.scoring, equipment_class)
    instances = [None, *(i for i in release.rules.instances if i.template == equipment_class)]
    every = [effective(rule, one)[0] for rule in rules for one in instances]
    trees = [compile_rule(rule, scope).tree for rule in every if rule is not None]
    return max((Checker("", scope).reach(tree) for tree in trees), default=timedelta(0))


def compile_book(book: RuleBook, scoring: ScoringSettings) -> tuple[Compiled, ...]:
    """Read and check every rule, as the template says it and as each asset has it.

    Parameters
    ----------
    book : RuleBook
        The rules.
    scoring : ScoringSettings
        Equipment classes and how histories are described.

    Returns
    -------
    tuple[Compiled, ...]
        Those of the templates.
    """
    made = []
    for rule in book.rules:
        scope = class_scope(scoring, rule.equipment_class)
        made.append(compile_rule(rule, scope))
        for one in book.instances:
            reads, changed = effective(rule, one)
            if one.template == rule.equipment_class and reads is not None and changed:
                compile_rule(reads, scope)
    return tuple(made)


def sign_rules(
    signatures: Iterable[Signature], compiled: Iterable[Compiled], origin: Origin
) -> tuple[Signature, ...]:
    """Let signatures say what rules there are for their fault, and add those that only rules know.

    Parameters
    ----------
    signatures : Iterable[Signature]
        Learnt signatures.
    compiled : Iterable[Compiled]
        Rules of the templates.
    origin : Origin
        Data, code and settings of the release.

    Returns
    -------
    tuple[Signature, ...]
        Those that were learnt, then those of faults that only rules know, by class and name.
    """
    rules: dict[tuple[str, str], list[Compiled]] = {}
    for one in compiled:
        if one.rule.status != "deprecated":
            rules.setdefault((one.rule.equipment_class, one.rule.failure_mode), []).append(one)
    learnt = {(s.equipment_class, s.failure_mode): s for s in signatures}
    known = [replace(s, rule=_text(rules[key])) if key in rules else s for key, s in learnt.items()]
    fresh = [_signature(rules[key], origin) for key in sorted(rules.keys() - learnt.keys())]
    return (*known, *fresh)


def _text(rules: list[Compiled]) -> str:
    texts = [one.rule.rule for one in rules]
    return texts[0] if len(texts) == 1 else " or ".join(f"({text})" for text in texts)


def _signature(rules: list[Compiled], origin: Origin) -> Signature:
    """Make the signature of a fault that was not learnt; of several rules, the worst one speaks."""
    first = max((one.rule for one in rules), key=lambda rule: rule.severity)
    unknown = Performance("other assets", wilson(0, 0), 0, 0, 0.0, LeadTime(0, None, None, None))
    return Signature(
        id=identity(first.equipment_class, first.failure_mode),
        version=first.version,
        status=first.status,
        title=first.title,
        equipment_class=first.equipment_class,
        failure_mode=first.failure_mode,
        item=first.item,
        severity=first.severity,
        recommended_action=first.recommended_action,
        symptoms=(),
        prototypes=(),
        accept_distance=0.0,
        required_sensors=tuple(sorted({s for one in rules for s in one.sensors})),
        conditions={},
        performance=unknown,
        confused_with={},
        origin=replace(origin, episodes=(), refused=()),
        rule=_text(rules),
    )
