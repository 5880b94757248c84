"""Expert rules from files: read, checked, shown, and tried on the archive before they count.

A little longer than other modules: what is computed and how it is printed stand together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Settings
from faultprint.errors import ConfigError, FaultprintError
from faultprint.faults.expert import Rule, difference
from faultprint.faults.release import scoring_settings
from faultprint.faults.rules.book import RuleBook, effective, rule_book
from faultprint.faults.rules.files import read_instance, read_template
from faultprint.faults.rules.matching import class_scope, compile_book
from faultprint.faults.rules.verdicts import Finding, findings
from faultprint.stages.workspace import Workspace, expert_places, read_frames
from faultprint.state.alarms import persist
from faultprint.store.settings import read_params
from faultprint.store.versions import bump, ordered

DRY_RUN = ("rule", "asset", "windows", "unknown", "holds", "incidents")
"""Columns of the dry run."""


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


@dataclass(frozen=True, eq=False)
class Trial:
    """What rules would have done on the archive."""

    rows: pd.DataFrame
    """By rule and asset: see :data:`DRY_RUN`."""
    incidents: pd.DataFrame
    """``rule``, ``failure_mode``, ``asset``, ``opened``, ``cleared`` of each incident."""


def try_rules(book: RuleBook, settings: Settings, workspace: Workspace) -> Trial:
    """Run rules over the archive, each by itself; nothing is written.

    Parameters
    ----------
    book : RuleBook
        The rules.
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``data/expected`` is read.

    Returns
    -------
    Trial
        Windows and incidents by rule and asset.
    """
    scoring = scoring_settings(settings)
    compile_book(book, scoring)
    windows = read_frames(workspace.expected / "windows")
    residuals = read_frames(workspace.expected / "residuals")
    rows: list[dict[str, Any]] = []
    raised: list[dict[str, Any]] = []
    for name, frame in windows.items():
        if not book.of(name):
            continue
        order = frame.sort_values(["asset", "end"], kind="stable", ignore_index=True)
        for one in findings(book, class_scope(scoring, name), frame, residuals[name]):
            for asset, mine in _by_asset(one, order):
                incidents = _incidents(one.rule, mine, settings)
                raised += incidents
                rows.append(_row(one.rule, asset, mine, len(incidents)))
    table = pd.DataFrame(rows, columns=list(DRY_RUN))
    columns = ["rule", "failure_mode", "asset", "opened", "cleared"]
    return Trial(
        table.sort_values(["rule", "asset"], kind="stable", ignore_index=True),
        pd.DataFrame(raised, columns=columns),
    )


def _by_asset(one: Finding, order: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Give the windows that can be judged with what the rule says of them."""
    frame = order.iloc[one.rows].assign(holds=one.holds)
    frame = frame.assign(holds=frame["holds"].where(frame["reason"] == ""))
    return ((str(asset), mine) for asset, mine in frame.groupby("asset", sort=True))


def _row(rule: Rule, asset: str, mine: pd.DataFrame, incidents: int) -> dict[str, Any]:
    able = mine["reason"] == ""
    return {
        "rule": rule.name,
        "asset": asset,
        "windows": int(able.sum()),
        "unknown": int((able & mine["holds"].isna()).sum()),
        "holds": int((mine["holds"] == 1).sum()),
        "incidents": incidents,
    }


def _incidents(rule: Rule, mine: pd.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    detect = settings.detect
    on = persist(mine["end"], mine["holds"].to_numpy(), detect.on_delay, detect.off_delay)
    change = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    ends = mine["end"].to_list()
    return [
        {
            "rule": rule.name,
            "failure_mode": rule.failure_mode,
            "asset": str(mine["asset"].iloc[0]),
            "opened": ends[start],
            "cleared": ends[stop] if stop < len(ends) else pd.NaT,
        }
        for start, stop in zip(
            np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True
        )
    ]


def trial_page(book: RuleBook, trial: Trial) -> str:
    """Print what rules would have done.

    Parameters
    ----------
    book : RuleBook
        The rules.
    trial : Trial
        What :func:`try_rules` found.

    Returns
    -------
    str
        A paragraph a rule: its text, then the assets on which it holds anywhere.
    """
    lines = []
    for rule in book.rules:
        mine = trial.rows[trial.rows["rule"] == rule.name]
        total = mine[["windows", "unknown", "holds", "incidents"]].sum()
        lines += [
            f"{rule.equipment_class}/{rule.name} {rule.version} ({rule.failure_mode})",
            f"  {rule.rule}",
            f"  holds in {total['holds']} of {total['windows']} windows of {len(mine)} assets, "
            f"unknown in {total['unknown']}; {_counted(int(total['incidents']))}",
        ]
        lines += [
            f"    {row.asset}: {row.holds} windows, {_counted(row.incidents)}"
            for row in mine[mine["holds"] > 0].itertuples()
        ]
    return "\n".join(lines)


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


def _counted(incidents: Any) -> str:
    return "1 incident" if incidents == 1 else f"{incidents} incidents"


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
