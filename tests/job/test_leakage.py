"""Nothing but the labels teaches: shuffled labels leave no skill."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.faults.learn import learn_class
from faultprint.records import Origin
from faultprint.stages.workspace import Workspace, read_frames

pytestmark = pytest.mark.xdist_group("job")
Job = tuple[Workspace, dict[str, dict[str, object]]]
PUMP = "centrifugal_pump"


def _recall(oof: pd.DataFrame) -> float:
    """Share of the windows of a fault, out of fold, that are given to it; mean over the faults."""
    faulty = oof[(oof["label"] != "healthy") & ~oof["label"].str.contains("|", regex=False)]
    stated = faulty.filter(like="probability.").drop(columns="probability.healthy")
    said = stated.idxmax(axis=1).str.removeprefix("probability.")
    return float((said == faulty["label"]).groupby(faulty["label"]).mean().mean())


def _learnt(job: Job, settings: Settings, *, shuffled: bool) -> tuple[float, int]:
    workspace, _ = job
    windows = read_frames(workspace.expected / "windows")[PUMP]
    if shuffled:
        fault = (windows["use"] == "fault") & (windows["part"] == "train")
        windows.loc[fault, "label"] = _deranged(windows[fault])
    learned = learn_class(
        windows,
        read_frames(workspace.expected / "residuals")[PUMP],
        settings,
        settings.seed,
        Origin("", "", "", (), ()),
    )
    return _recall(learned.oof), len(learned.model.modes)


def _deranged(fault: pd.DataFrame) -> pd.Series:
    """Give each window of a fault the label of another, drawn at random."""
    drawn = np.random.default_rng(3).permutation(fault["label"].to_numpy(dtype=object))
    return pd.Series(drawn, index=fault.index, dtype="str")


def test_true_labels_teach_and_shuffled_ones_do_not(job: Job, settings: Settings) -> None:
    skill, _ = _learnt(job, settings, shuffled=False)
    luck, modes = _learnt(job, settings, shuffled=True)
    assert skill > 1 / modes + 0.25
    assert abs(luck - 1 / modes) < 0.15
