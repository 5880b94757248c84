"""Two faults at once: shares against a slow twin, error rate, and superpositions."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from faultprint.faults.diagnosis.unmix import beside, shares_alone, unmix
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning import boost
from faultprint.faults.match import diagnose
from faultprint.faults.model import ClassModel
from faultprint.state.alarms import raise_incidents
from tests.faults.pumps import ORIGIN, fleet, settings
from tests.faults.test_metric import CLASSES, fitted, plant


@cache
def learned() -> Learned:
    return learn_class(*fleet(assets=12), settings(), 7, ORIGIN)


def superposed(share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Windows of a fleet in which bearing wear has so much of a blockage beside it."""
    windows, residuals = fleet(seed=9, assets=4)
    shown = (windows["label"] == "bearing_wear").to_numpy()
    windows.loc[shown, "pressure.mean"] += 0.5 * share * -6.0 * 0.8
    keys = pd.MultiIndex.from_frame(windows.loc[shown, ["asset", "end"]])
    hit = pd.MultiIndex.from_frame(residuals[["asset", "end"]]).isin(keys)
    hit &= (residuals["sensor"] == "pressure").to_numpy()
    residuals.loc[hit, "deviance"] += share * -6.0 * 0.8
    residuals.loc[hit, "observed"] += 0.5 * share * -6.0 * 0.8
    return windows, residuals


def told(windows: pd.DataFrame, residuals: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = learned()
    states, diagnoses = diagnose(found.model, found.signatures, windows, residuals, "1")
    return states, diagnoses.merge(windows[["asset", "end", "label"]], on=["asset", "end"])


def test_shares_equal_least_squares_row_by_row() -> None:
    values, truth, episodes = plant()
    metric = fitted(values, truth, episodes)
    shares = unmix(values, metric, CLASSES)
    count = metric.discriminants
    steps = (metric.means[1:] - metric.means[0])[:, :count]
    for row in range(5):
        away = metric.project(values[row : row + 1])[0, :count] - metric.means[0, :count]
        slow = np.linalg.lstsq(steps.T, away, rcond=None)[0]
        np.testing.assert_allclose(shares[row], slow, atol=1e-9)
    assert np.abs(shares[truth[:, 1] > 0].mean(axis=0) - [1, 0]).max() < 0.05


def test_a_window_of_one_fault_is_seldom_given_a_second() -> None:
    _, diagnoses = told(*fleet(seed=5, assets=8))
    single = diagnoses[diagnoses["failure_mode"] != ""]
    assert (single["also"] != "{}").mean() < 0.1
    assert (diagnoses.loc[diagnoses["failure_mode"] == "", "also"] == "{}").all()


def test_two_faults_at_once_are_two_diagnoses_and_two_incidents() -> None:
    states, diagnoses = told(*superposed(1.0))
    both = diagnoses[diagnoses["label"] == "bearing_wear"]
    named = [
        {row.failure_mode, *json.loads(row.also)} >= {"bearing_wear", "blockage"}
        for row in both.itertuples()
    ]
    assert np.mean(named) > 0.5
    assert at_once(states, diagnoses) >= 4
    assert at_once(*told(*superposed(0.0))) == 0


def at_once(states: pd.DataFrame, diagnoses: pd.DataFrame) -> int:
    """Count pairs of incidents of two modes that stand at the same time on one asset."""
    found = raise_incidents(diagnoses.drop(columns="label"), states, settings().detect)
    found = found[found["failure_mode"] != ""]
    both = found.merge(found, on="asset", suffixes=("", "_other"))
    later = both["first_seen"].between(both["first_seen_other"], both["cleared_other"])
    return int((later & (both["failure_mode"] != both["failure_mode_other"])).sum())


def test_evidence_is_given_for_both() -> None:
    _, diagnoses = told(*superposed(1.0))
    row = diagnoses[diagnoses["also"] != "{}"].iloc[0]
    assert set(json.loads(row["evidence"])) >= {row["failure_mode"], *json.loads(row["also"])}


def test_too_few_windows_of_a_fault_say_nothing_about_a_second() -> None:
    rng = np.random.default_rng(1)
    shares = rng.normal(size=(60, 2))
    rows = np.arange(60)
    alone = shares_alone(shares, {"a": rows < 50, "b": rows >= 50})
    assert alone["a"].shape == (2, 50)
    assert alone["b"].shape == (2, 0)
    assert beside(shares + 9, np.zeros(60, dtype=np.int64), alone, ("a", "b"), 0.05) == [{}] * 60


def test_a_fault_that_cannot_be_seen_stands_beside_none() -> None:
    windows, residuals = superposed(1.0)
    windows[[c for c in windows if c.startswith("pressure.")]] = np.nan
    residuals.loc[residuals["sensor"] == "pressure", ["observed", "deviance"]] = np.nan
    _, diagnoses = told(windows, residuals)
    assert not diagnoses["also"].str.contains("blockage").any()
    assert not (diagnoses["failure_mode"] == "blockage").any()


def test_a_second_fault_that_the_classifier_is_sure_of_is_told_without_shares() -> None:
    """Neither is struck off, and each by itself is sure: no window of both is needed."""
    found = learned()
    silent = {mode: np.empty((2, 0)) for mode in found.model.modes}
    model = replace(found.model, alone=silent, significance=0.0)  # nothing is struck off
    shown = superposed(1.0)
    diagnoses = diagnose(model, found.signatures, *shown, "1")[1]
    both = diagnoses.merge(shown[0][["asset", "end", "label"]], on=["asset", "end"])
    both = both[(both["label"] == "bearing_wear") & (both["failure_mode"] != "")]
    assert (both["also"] != "{}").mean() > 0.5
    alone = diagnose(model, found.signatures, *superposed(0.0), "1")[1]
    assert (alone.loc[alone["failure_mode"] != "", "also"] != "{}").mean() < 0.05
    older = replace(model, lines=None, booster=_trees_alone(model))
    former = diagnose(older, found.signatures, *shown, "1")[1]
    assert (former["also"] == "{}").all()


def _trees_alone(model: ClassModel) -> str:
    """Learn what releases were before there were lines."""
    values = np.random.default_rng(1).normal(size=(300, len(model.features)))
    labels = np.arange(300) % len(model.classes)
    return boost.boost(values, labels, len(model.classes), settings().classifier, 7)
