"""What rules cost is counted as the budget promises it: by event, where it can only be false."""

from __future__ import annotations

import pandas as pd
import pytest

from faultprint.faults.rules.book import RuleBook, rule_book
from faultprint.stages.rule_alarms import rates_text, rule_rates
from faultprint.stages.rule_trial import DRY_RUN, Trial
from tests.serve import plant

DAYS = 45


def book() -> RuleBook:
    words = {"title": "t", "failure_mode": "bearing_wear", "rule": "running"}
    rules = {"hot": words, "cold": words}
    return rule_book([{"template": plant.CLASS, "rules": rules}], "any")


def windows() -> pd.DataFrame:
    ends = pd.date_range(plant.START, periods=4 * DAYS, freq="6h", unit="ns")
    assets = [
        pd.DataFrame({"asset": asset, "start": ends - pd.Timedelta("6h"), "end": ends})
        for asset in ("P-1", "P-2")
    ]
    return pd.concat(assets, ignore_index=True).assign(reason="", part="test")


def trial(*incidents: tuple[str, str, float]) -> Trial:
    rows = [
        {
            "rule": rule,
            "failure_mode": "bearing_wear",
            "asset": asset,
            "opened": plant.START + pd.Timedelta(days=day),
            "cleared": plant.START + pd.Timedelta(days=day + 0.5),
        }
        for rule, asset, day in incidents
    ]
    columns = ["rule", "failure_mode", "asset", "opened", "cleared"]
    return Trial(pd.DataFrame(columns=list(DRY_RUN)), pd.DataFrame(rows, columns=columns))


def test_only_what_could_only_be_false_is_counted_each_rule_alone() -> None:
    settings = plant.settings()
    events = plant.events("P-1").iloc[:1]  # P-1 fails on day 15; P-2 never
    told = trial(
        ("hot", "P-1", 14.0),  # foretells it
        ("hot", "P-1", 30.0),  # long after it
        ("hot", "P-2", 20.0),
        ("hot", "P-2", 25.0),
        ("cold", "P-2", 20.0),
    )
    frames = {plant.CLASS: windows()}
    cold, hot = rule_rates(book(), told, frames, events, settings)
    assert (hot.rule, hot.rate.count) == ("hot", 3)
    assert (cold.rule, cold.rate.count) == ("cold", 1)
    detect, labels = settings.detect, settings.labels
    months = 2 * DAYS - 2 * labels.horizon.days - detect.max_lead.days - labels.recovery.days
    assert hot.rate.exposure == pytest.approx(months / 30, abs=0.05)
    assert hot.rate.value == pytest.approx(3 / hot.rate.exposure)
    half = windows().groupby("asset").agg(start=("start", "median"), end=("end", "max"))
    (_, late) = rule_rates(book(), told, frames, events, settings, half.reset_index())
    assert late.rate.count == 2, "of the second half"
    said = rates_text((hot, cold), 0.2)
    assert said[0].startswith("The budget of 0.2 false alarms per asset-month is kept by what was")
    assert said[1].startswith("pump/hot: 3 in 2 asset-months, 1.")


def test_without_rules_or_windows_nothing_is_said() -> None:
    settings, events = plant.settings(), plant.events("P-1")
    assert rule_rates(book(), trial(), {}, events, settings) == ()
    assert rates_text((), 0.2) == []
