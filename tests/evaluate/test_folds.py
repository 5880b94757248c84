"""Folds by asset, by stretch of a single asset, and for the only healthy one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.config import Split
from faultprint.evaluate.folds import deal, kept_whole


def rig(n: int = 60) -> pd.DataFrame:
    """One asset, six runs of ten windows, every second one faulty."""
    run = np.arange(n) // 10
    end = pd.date_range("2025-01-01", periods=n, freq="1h", tz="UTC", unit="ns")
    label = np.where(run % 2 == 1, "wear", "healthy")
    frame = pd.DataFrame({"asset": "rig", "end": end, "run": run, "label": label})
    return frame.astype({"asset": "str", "label": "str"})


def test_one_asset_is_dealt_by_run_and_no_run_is_torn() -> None:
    frame = rig().sample(frac=1.0, random_state=3)
    fold = deal(frame, Split(folds=3), np.random.default_rng(7))
    assert fold.groupby(frame["run"]).nunique().max() == 1
    assert fold.nunique() == 3
    for _, part in frame.groupby(fold):
        assert set(part["label"]) == {"healthy", "wear"}


def test_the_end_of_a_fault_ends_a_stretch_within_a_run() -> None:
    frame = rig().assign(run=0)
    whole = kept_whole(frame, Split())
    assert len(set(whole)) == 3  # healthy and the fault after it, three times
    assert len(set(whole.iloc[:20])) == 1
    assert whole.iloc[19] != whole.iloc[20]


def test_a_fleet_is_dealt_by_asset_unless_runs_are_asked_for() -> None:
    two = pd.concat([rig(), rig().assign(asset="other")], ignore_index=True)
    assert set(kept_whole(two, Split())) == {"rig", "other"}
    assert kept_whole(two, Split(by="run")).nunique() == 12
    assert set(kept_whole(rig(), Split(by="asset"))) == {"rig"}


def test_the_only_healthy_asset_is_in_every_fold() -> None:
    fleet = pd.concat(
        [
            rig().assign(asset="good", label="healthy"),
            *(rig().assign(asset=name, label="wear") for name in ("a", "b", "c", "d")),
        ],
        ignore_index=True,
    )
    fold = deal(fleet, Split(folds=2), np.random.default_rng(7))
    for _, part in fleet.groupby(fold):
        assert {"healthy", "wear"} == set(part["label"])
    faulty = fleet["asset"] != "good"
    assert fold[faulty].groupby(fleet["asset"]).nunique().max() == 1
