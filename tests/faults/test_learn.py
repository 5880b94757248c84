"""Learning a class: what is learnt, what is refused, and that nothing leaks."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from faultprint.errors import LearnError
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning.boost import Scaling, fit_scaling
from faultprint.faults.learning.crossfit import outside_signals
from faultprint.faults.learning.sample import gather
from faultprint.state.alarms import persist
from tests.faults.pumps import ORIGIN, fleet, settings


@cache
def learned() -> Learned:
    return learn_class(*fleet(), settings(), 7, ORIGIN)


def auroc(high: np.ndarray, low: np.ndarray) -> float:
    ranks = rankdata(np.concatenate([high, low]))[: len(high)].sum()
    return float((ranks - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def test_faults_are_told_from_healthy_and_from_each_other_out_of_fold() -> None:
    oof = learned().oof
    faulty = oof["label"] != "healthy"
    assert (
        auroc(
            1 - oof.loc[faulty, "probability.healthy"], 1 - oof.loc[~faulty, "probability.healthy"]
        )
        > 0.9
    )
    named = oof[faulty & (oof["failure_mode"] != "")]
    assert (named["failure_mode"] == named["label"]).mean() > 0.9
    np.testing.assert_allclose(oof.filter(like="probability.").sum(axis=1), 1)


def test_shuffled_labels_give_chance() -> None:
    windows, residuals = fleet(assets=10, n=260)
    used = windows["use"].isin(["healthy", "fault"])
    order = np.random.default_rng(5).permutation(np.flatnonzero(used))
    windows.loc[used, ["label", "use"]] = windows.loc[order, ["label", "use"]].to_numpy()
    oof = learn_class(windows, residuals, settings(), 7, ORIGIN).oof
    faulty = oof["label"] != "healthy"
    score = auroc(oof.loc[~faulty, "probability.healthy"], oof.loc[faulty, "probability.healthy"])
    assert abs(score - 0.5) < 0.06  # three standard errors of ~400 against ~2000 windows are 0.05


def test_the_limit_knows_of_the_silences_between_healthy_windows() -> None:
    windows, residuals = fleet()
    unused = (windows.groupby("asset").cumcount() % 12 < 10) & (windows["use"] == "healthy")
    windows.loc[unused, ["label", "use"]] = ["", "censored:preventive"]
    slow = settings(detect={"on_delay": "12h"})
    silent = learn_class(windows, residuals, slow, 7, ORIGIN).model.limit
    # Abnormal windows on both sides of a silence of days are no alarm that lasts for 12 hours.
    assert silent > 2 * learn_class(windows[~unused], residuals, slow, 7, ORIGIN).model.limit


def test_probabilities_out_of_fold_are_calibrated() -> None:
    oof = learned().oof
    faulty = (oof["label"] != "healthy").mean()
    assert abs((1 - oof["probability.healthy"]).mean() - faulty) < 0.02


def test_equal_input_gives_equal_models() -> None:
    windows, residuals = fleet()
    again = learn_class(windows, residuals, settings(), 7, ORIGIN)
    assert again.model.booster == learned().model.booster
    assert json.dumps(again.model.to_dict()) == json.dumps(learned().model.to_dict())
    assert again.signatures == learned().signatures
    pd.testing.assert_frame_equal(again.oof, learned().oof)


def test_held_out_windows_change_nothing() -> None:
    windows, residuals = fleet()
    later, far = fleet(seed=2, assets=2, modes=("unseen",))
    later = later.assign(asset="Z" + later["asset"], part="holdout", fold=-1)
    far = far.assign(asset="Z" + far["asset"])
    both = learn_class(
        pd.concat([later, windows], ignore_index=True),
        pd.concat([far, residuals], ignore_index=True),
        settings(),
        7,
        ORIGIN,
    )
    assert both.model.booster == learned().model.booster
    assert both.model.to_dict() == learned().model.to_dict()
    assert both.signatures == learned().signatures


def test_an_asset_gets_no_say_in_what_is_asked_about_it() -> None:
    windows, residuals = fleet()
    mine = windows["asset"] == "P03"
    fold = windows.loc[mine, "fold"].iloc[0]
    ours = windows["fold"] == fold
    flipped = windows.assign(
        label=windows["label"].where(~ours | (windows["use"] != "fault"), "blockage")
    )
    # Calibration, and how trees and lines are mixed, are common to all; what these say is not.
    before, after = (gather(table, residuals, settings()) for table in (windows, flipped))
    every = np.ones(len(before.matrix), dtype=bool)
    same = (before.windows["fold"] == fold).to_numpy()
    said = [outside_signals(one, every, settings(), 7)[0][same] for one in (before, after)]
    assert (before.truth[same] != after.truth[same]).any()
    np.testing.assert_array_equal(said[0], said[1])


def test_a_mode_with_few_episodes_is_refused_and_not_taken_for_healthy() -> None:
    windows, residuals = fleet()
    rare = (windows["asset"] == "P00") & (windows["label"] == "blockage")
    windows = windows.assign(label=windows["label"].where(~rare, "cracked"))
    found = learn_class(windows, residuals, settings(), 7, ORIGIN)
    assert found.model.modes == ("bearing_wear", "blockage")
    assert found.refused == ("cracked: 1 episode in training, 3 needed",)
    assert len(found.oof) == len(learned().oof) - rare.sum()
    assert "cracked: 1 episode in training, 3 needed" in found.signatures[0].origin.refused


def test_windows_of_two_modes_count_for_both() -> None:
    windows, residuals = fleet()
    both = (windows["asset"] == "P01") & (windows["use"] == "fault")
    windows = windows.assign(label=windows["label"].where(~both, "bearing_wear|blockage"))
    sample = gather(windows, residuals, settings())
    rows = (sample.windows["label"] == "bearing_wear|blockage").to_numpy()
    np.testing.assert_array_equal(sample.truth[rows], [[0, 0.5, 0.5]] * rows.sum())


def test_without_faults_the_twin_alone_still_watches() -> None:
    windows, residuals = fleet(modes=())
    found = learn_class(windows, residuals, settings(), 7, ORIGIN)
    assert found.model.classes == ("healthy",)
    assert found.signatures == ()
    assert set(found.oof["verdict"]) <= {"healthy", "deviation"}


def test_limit_keeps_the_budget_and_uses_it() -> None:
    oof, detect = learned().oof, settings().detect
    healthy = oof[oof["label"] == "healthy"]
    incidents = 0
    for _, rows in healthy.groupby("asset"):
        abnormal = (rows["p_value.healthy"] < learned().model.limit).to_numpy()
        alarm = persist(rows["end"], abnormal, detect.on_delay, detect.off_delay)
        incidents += int((alarm & ~np.r_[False, alarm[:-1]]).sum())
    allowed = detect.false_alarms_per_asset_month * len(healthy) * 6 / 720
    assert allowed - 2 <= incidents <= allowed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"use": "buffer"}, r"got 0 healthy training windows of 'pump' in 0 folds"),
        ({"fold": 1}, r"healthy training windows of 'pump' in 1 folds"),
        ({"part": "holdout"}, r"got 0 healthy training windows"),
    ],
)
def test_nothing_to_learn_from(change: dict[str, object], message: str) -> None:
    windows, residuals = fleet(assets=2, n=70)
    with pytest.raises(LearnError, match=message):
        learn_class(windows.assign(**change), residuals, settings(), 7, ORIGIN)


def test_two_classes_at_once_are_refused() -> None:
    windows, residuals = fleet(assets=2, n=70)
    windows.loc[3, "equipment_class"] = "fan"
    with pytest.raises(LearnError, match="got windows of 2 equipment classes"):
        learn_class(windows, residuals, settings(), 7, ORIGIN)


def test_input_is_not_changed() -> None:
    windows, residuals = fleet(assets=4, n=140)
    before = windows.copy(), residuals.copy()
    learn_class(
        windows, residuals, settings(classifier={"rounds": 3, "min_episodes": 1}), 7, ORIGIN
    )
    pd.testing.assert_frame_equal(windows, before[0])
    pd.testing.assert_frame_equal(residuals, before[1])


def test_a_sensor_that_few_assets_have_is_no_feature() -> None:
    windows, residuals = fleet()
    few = np.where(windows["asset"].isin(["P00", "P01"]), 1.0 * np.arange(len(windows)), np.nan)
    found = learn_class(windows.assign(**{"humidity.mean": few}), residuals, settings(), 7, ORIGIN)
    assert "humidity.mean" not in found.model.features


def test_scaling_finds_the_temperature_it_was_made_with() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (6000, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (true.cumsum(axis=1) > rng.random((6000, 1))).argmax(axis=1)
    sharp = np.exp(2 * logits) / np.exp(2 * logits).sum(axis=1, keepdims=True)
    found = fit_scaling(sharp, np.eye(3)[labels])
    assert abs(found.temperature - 2) < 0.15
    assert np.abs(found.apply(sharp) - true).max() < 0.05
    np.testing.assert_allclose(Scaling(1.0, (0.0, 0.0, 0.0)).apply(true), true, atol=1e-12)
