"""What rules say of windows, beside what was learnt: verdict, evidence and reason together."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.expert import Compiled, Rule, compile_rule
from faultprint.faults.rules.book import RuleBook, effective
from faultprint.faults.rules.evidence import told_by
from faultprint.faults.rules.files import Instance
from faultprint.faults.rules.scope import Scope
from faultprint.faults.rules.timeline import timeline
from faultprint.faults.rules.values import Evaluation
from faultprint.faults.signature import reference_of
from faultprint.records import Signature
from faultprint.state.distrust import DISTRUSTED, distrusted_sensors

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

_NAMED = ("known", "ambiguous")
HISTORY = "history"
"""What a rule lacks whose sensors are there, but which looks back further than the run goes."""


@dataclass(frozen=True, eq=False)
class Finding:
    """What one rule says of the windows of the assets on which it reads alike."""

    compiled: Compiled
    evaluation: Evaluation
    rows: Positions
    """Positions of the windows among all, by asset and end."""
    holds: Floats
    """1 holds, 0 does not, NaN unknown; a window each."""

    @property
    def rule(self) -> Rule:
        """The rule."""
        return self.compiled.rule


@dataclass
class _Window:
    """A window about which a rule has something to say, while it is judged."""

    verdict: str
    mode: str
    candidates: dict[str, float | None]
    said: list[tuple[Finding, int]] = field(default_factory=list)
    """What rules say, each with the position of the window in its rows."""
    by_rule: bool = False

    def of(self, mode: str, mix: str) -> list[float]:
        """List what the rules of a mode that mix so say."""
        return [
            float(finding.holds[at])
            for finding, at in self.said
            if finding.rule.failure_mode == mode and finding.rule.mix == mix
        ]


def findings(
    book: RuleBook, scope: Scope, windows: pd.DataFrame, residuals: pd.DataFrame
) -> list[Finding]:
    """Evaluate the rules of an equipment class.

    Parameters
    ----------
    book : RuleBook
        The rules.
    scope : Scope
        The class, its sensors and how its histories are cut.
    windows : pandas.DataFrame
        Rows of ``windows`` of the class.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.

    Returns
    -------
    list[Finding]
        By rule; one for the assets that follow the template, one for each asset that does not.
    """
    rules = [rule for rule in book.of(scope.equipment_class) if rule.status != "deprecated"]
    if not rules or windows.empty:
        return []
    order = windows.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    assets = order["asset"].to_numpy()
    own = [i for i in book.instances if i.template == scope.equipment_class]
    names = {i.instance for i in own}
    others = np.flatnonzero(~np.isin(assets, sorted(names)))
    groups: list[tuple[Instance | None, Positions]] = [(None, others)]
    groups += [(i, np.flatnonzero(assets == i.instance)) for i in own]
    found = []
    for instance, rows in groups:
        if not rows.size:
            continue
        mine = order.iloc[rows]
        heard = residuals[residuals["asset"].isin(list(mine["asset"].unique()))]
        evaluation = Evaluation(timeline(mine, heard), scope)
        for rule in rules:
            reads, _ = effective(rule, instance)
            if reads is not None:
                compiled = compile_rule(reads, scope)
                holds = evaluation.holds(compiled.tree)
                found.append(Finding(compiled, evaluation, rows, holds))
    return found


def with_rules(
    found: Iterable[Finding],
    signatures: Iterable[Signature],
    learnt: tuple[str, ...],
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put what rules say into states and diagnoses.

    Parameters
    ----------
    found : Iterable[Finding]
        What rules say, see :func:`findings`.
    signatures : Iterable[Signature]
        Signatures of the class.
    learnt : tuple[str, ...]
        Failure modes that its model has learnt.
    tables : tuple[pandas.DataFrame, pandas.DataFrame]
        ``states`` and ``diagnoses`` of the same windows, by asset and end.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        New tables. A window that could not be evaluated is left as it is. P-values do not change:
        a rule has none.

    Notes
    -----
    A rule that holds and mixes as ``any``, or whose fault was not learnt, makes the window abnormal
    and names its fault. Where learning names nothing, its name stands alone; it settles an
    ambiguous verdict that has it among the candidates. Beside another learnt name, both are
    candidates, and a fault that was not learnt comes first: a classifier that has never seen a
    fault gives it the name of a neighbour. A rule that mixes as ``confirm`` names nothing itself,
    but strikes its fault off the candidates where it does not hold; if none is left, the window is
    a deviation. A rule whose answer is unknown changes nothing but the reason.
    """
    states, diagnoses = tables
    found = list(found)
    touched = _touched(found, diagnoses)
    if not touched:
        return tables
    marked, judged = states.copy(), diagnoses.copy()
    references = {s.failure_mode: reference_of(s) for s in signatures}
    by_rule = np.zeros(len(states), dtype=np.bool_)
    texts: dict[str, list[Any]] = {c: judged[c].tolist() for c in _WRITTEN}
    for at, window in touched.items():
        _confirm(window, frozenset(learnt))
        _name(window, frozenset(learnt))
        by_rule[at] = window.by_rule
        texts["verdict"][at], texts["failure_mode"][at] = window.verdict, window.mode
        texts["signature"][at] = references.get(window.mode, "")
        texts["candidates"][at] = _json(window.candidates)
        texts["evidence"][at] = _evidence(window, texts["evidence"][at])
        texts["reason"][at] = _reason(window, texts["reason"][at])
    for column, values in texts.items():
        judged[column] = pd.Series(values, index=judged.index, dtype=judged[column].dtype)
    marked["by_rule"] = by_rule
    return marked, judged


_WRITTEN = ("verdict", "failure_mode", "signature", "candidates", "evidence", "reason")


def _touched(found: list[Finding], diagnoses: pd.DataFrame) -> dict[int, _Window]:
    """Gather the windows about which a rule has something to say."""
    verdicts, modes = diagnoses["verdict"].to_numpy(), diagnoses["failure_mode"].to_numpy()
    candidates = diagnoses["candidates"].to_numpy()
    able, named = verdicts != "not_evaluable", np.isin(verdicts, _NAMED)
    windows: dict[int, _Window] = {}
    for finding in found:
        speaks = (finding.holds == 1) | np.isnan(finding.holds)
        speaks |= named[finding.rows]
        for at in np.flatnonzero(speaks & able[finding.rows]).tolist():
            row = int(finding.rows[at])
            if row not in windows:
                held = json.loads(str(candidates[row]))
                windows[row] = _Window(str(verdicts[row]), str(modes[row]), held)
            windows[row].said.append((finding, at))
    return windows


def _lacks(finding: Finding, at: int) -> str:
    """Say which rule could not be judged and for want of what."""
    lost = finding.evaluation.missing(finding.compiled.tree, at)
    windows = finding.evaluation.line.windows
    told = str(windows[DISTRUSTED].iloc[at]) if DISTRUSTED in windows else ""
    bad = distrusted_sensors(told)
    named = [f"{sensor}:{bad[sensor]}" if sensor in bad else sensor for sensor in lost]
    return f"{finding.rule.name} ({', '.join(named) or HISTORY})"


def _confirm(window: _Window, learnt: frozenset[str]) -> None:
    """Strike off the learnt names that a rule must confirm and does not."""
    struck = [
        mode
        for mode in window.candidates
        if mode in learnt and set(window.of(mode, "confirm")) == {0.0}
    ]
    if not struck:
        return
    window.candidates = {m: p for m, p in window.candidates.items() if m not in struck}
    if window.mode in struck:
        window.mode = next(iter(window.candidates), "")
        window.verdict = "known" if len(window.candidates) == 1 else "ambiguous"
    elif len(window.candidates) == 1:
        window.verdict = "known"
    if not window.mode:
        window.verdict = "deviation"


def _name(window: _Window, learnt: frozenset[str]) -> None:
    """Add the names that rules give."""
    holding = [
        finding.rule
        for finding, at in window.said
        if finding.holds[at] == 1
        and (finding.rule.mix == "any" or finding.rule.failure_mode not in learnt)
    ]
    if not holding:
        return
    window.by_rule = True
    holding.sort(key=lambda rule: (-rule.severity, rule.failure_mode))
    named = list(dict.fromkeys(rule.failure_mode for rule in holding))
    fresh = [mode for mode in named if mode not in window.candidates]
    shared = [mode for mode in named if mode in window.candidates]
    if window.verdict not in _NAMED:
        window.candidates = {}
        window.mode, fresh = named[0], named
        window.verdict = "known" if len(named) == 1 else "ambiguous"
    elif window.verdict == "ambiguous" and len(named) == len(shared) == 1:
        window.verdict, window.mode = "known", named[0]
    elif named != [window.mode]:
        window.verdict = "ambiguous"
        unlearnt = [mode for mode in named if mode not in learnt]
        window.mode = (*unlearnt, window.mode)[0]
    window.candidates |= dict.fromkeys(fresh)


def _evidence(window: _Window, text: str) -> str:
    """Add the rules that speak for or against what is named."""
    if window.verdict == "healthy":
        return text
    told: dict[str, Any] = json.loads(text)
    for finding, at in window.said:
        mode, holds = finding.rule.failure_mode, finding.holds[at]
        if math.isnan(holds):
            continue
        if holds == 1 or mode in told or mode in window.candidates:
            sides = told.setdefault(mode, {"for": [], "against": []})
            sides.setdefault("rules", []).append(
                told_by(finding.compiled, finding.evaluation, at, holds=bool(holds))
            )
    return _json(told)


def _reason(window: _Window, reason: str) -> str:
    unknown = [_lacks(finding, at) for finding, at in window.said if math.isnan(finding.holds[at])]
    if not unknown:
        return reason
    said = f"rules not judged: {'; '.join(sorted(unknown))}"
    return f"{reason}; {said}" if reason else said


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
