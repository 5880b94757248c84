"""Nothing but the labels teaches: shuffled labels leave no skill."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Settings
from faultprint.errors import LeakageError
from faultprint.faults.learn import learn_class
from faultprint.records import Origin
from faultprint.stages.describe import describe
from faultprint.stages.expect import with_parts
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.parquet import read_table, write_tables

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


def test_the_held_out_log_teaches_nothing(job: Job, settings: Settings, tmp_path: Path) -> None:
    workspace, _ = job
    before = with_parts(read_frames(workspace.windows), settings)
    begin = read_frames(workspace.windows)[PUMP]["known_until"].iloc[0]
    shutil.copytree(workspace.tables, tmp_path / "tables")
    events = read_table(workspace.tables, "events")
    later = events[events["time"] > begin]
    assert {"failure", "maintenance"} <= set(later["kind"])
    write_tables(tmp_path / "tables", {"events": events.drop(later.index)})
    describe(settings, tmp_path / "tables", tmp_path / "windows")
    after = with_parts(read_frames(tmp_path / "windows"), settings)
    for name, frame in before.items():
        train, same = (one[one["part"] == "train"] for one in (frame, after[name]))
        pd.testing.assert_frame_equal(same, train)
        assert (frame.loc[frame["part"] == "holdout", "use"] == "fault").any()


def test_another_beginning_of_the_held_out_time_is_refused(job: Job, settings: Settings) -> None:
    workspace, _ = job
    split = settings.split.model_copy(update={"holdout": 0.4})
    other = settings.model_copy(update={"split": split})
    with pytest.raises(LeakageError, match="run the describe stage again"):
        with_parts(read_frames(workspace.windows), other)
