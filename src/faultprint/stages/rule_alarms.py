"""False alarms by expert rules, which the budget does not cover: counted beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from faultprint.config import Settings
from faultprint.faults.rules.book import RuleBook
from faultprint.stages.judging import evaluable_time, judge
from faultprint.stages.rule_trial import Trial
from faultprint.state.intervals import Rate


@dataclass(frozen=True)
class RuleRate:
    """How often a rule alone alarmed falsely."""

    rule: str
    equipment_class: str
    rate: Rate
    """Incidents by this rule that opened where an alarm could only have been false, by that time
    [per asset-month of 30 days]."""


def rule_rates(
    book: RuleBook,
    trial: Trial,
    windows: Mapping[str, pd.DataFrame],
    events: pd.DataFrame,
    settings: Settings,
    periods: pd.DataFrame | None = None,
) -> tuple[RuleRate, ...]:
    """Count the false alarms of each rule, as those of the release are counted.

    Parameters
    ----------
    book : RuleBook
        The rules.
    trial : Trial
        What each of them, by itself, would have done.
    windows : Mapping[str, pandas.DataFrame]
        Windows by equipment class.
    events : pandas.DataFrame
        The log.
    settings : Settings
        Settings.
    periods : pandas.DataFrame | None, default None
        ``asset``, ``start``, ``end`` of what is judged; the whole history if it is not given.

    Returns
    -------
    tuple[RuleRate, ...]
        One a rule, in the order of the book, of classes that have windows.

    Notes
    -----
    The limit on the p-value keeps the budget; a rule has its own limits and adds to the alarms. By
    a rule *alone*: what a learnt signature names as well, or a delay or ``mix: learnt`` takes back,
    is counted, so that the release raises at most so many more. A rule whose limits were chosen by
    looking at the same history does better here than it will.
    """
    rates = []
    for rule in book.rules:
        frame = windows.get(rule.equipment_class)
        if frame is None or frame.empty:
            continue
        mine = trial.incidents[trial.incidents["rule"] == rule.name]
        mine = mine[mine["asset"].isin(list(frame["asset"].unique()))].reset_index(drop=True)
        spans = _whole(frame) if periods is None else periods
        spans = spans[spans["asset"].isin(list(frame["asset"].unique()))]
        named = mine.assign(incident=[f"{rule.name}-{n}" for n in range(len(mine))])
        evaluable = evaluable_time({rule.equipment_class: frame})
        told = judge(named, events, spans, settings, evaluable).metrics
        found = Rate(**told["false_alarms_per_asset_month"])
        rates.append(RuleRate(rule.name, rule.equipment_class, found))
    return tuple(rates)


def rates_text(rates: tuple[RuleRate, ...], budget: float) -> list[str]:
    """Say how often rules alarm falsely, beside the budget.

    Parameters
    ----------
    rates : tuple[RuleRate, ...]
        From :func:`rule_rates`.
    budget : float
        False alarms per asset-month that were asked for.

    Returns
    -------
    list[str]
        A sentence on what the budget covers, then one a rule; nothing without a rule.
    """
    if not rates:
        return []
    return [
        f"The budget of {budget:g} false alarms per asset-month is kept by what was learnt; rules "
        "come on top of it. Each alone, as far as an alarm could only have been false:",
        *(f"{one.equipment_class}/{one.rule}: {_rate(one.rate)}" for one in rates),
    ]


def _rate(one: Rate) -> str:
    if one.high is None:
        return "nothing to count on"
    return (
        f"{one.count} in {one.exposure:.0f} asset-months, {one.value:.2g} per asset-month "
        f"({one.low:.2g} to {one.high:.2g})"
    )


def _whole(windows: pd.DataFrame) -> pd.DataFrame:
    spans = windows.groupby("asset").agg(start=("start", "min"), end=("end", "max"))
    return spans.reset_index()
