"""Leave one fault out, on a made-up fleet and against slow twins."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from faultprint.errors import LearnError
from faultprint.evaluate.open_set import auroc_by_draws, judge_hidden, leave_out
from faultprint.faults.learning.sample import Sample, gather
from tests.faults.pumps import fleet, settings

PARAMS = settings(classifier={"rounds": 15, "min_episodes": 2})


@cache
def sample() -> Sample:
    modes = ("bearing_wear", "blockage", "unseen")
    return gather(*fleet(assets=8, modes=modes), PARAMS)


@cache
def scores(mode: str) -> pd.DataFrame:
    return leave_out(sample(), mode, PARAMS, 7)


def test_a_fault_that_looks_like_no_other_is_told_apart() -> None:
    found = judge_hidden(scores("unseen"), "pump", 0.05, 7)
    assert found.by_window.value > 0.9
    assert found.by_window.low <= found.by_window.value <= found.by_window.high
    assert found.by_episode.value >= 0.9
    assert found.episodes == sample().episodes.query("failure_mode == 'unseen'").episode.nunique()
    assert found.struck > 0.5
    assert found.wrongly_struck < 0.2


def test_nothing_is_learnt_from_the_hidden_fault() -> None:
    held = sample()
    column = held.classes.index("unseen")
    shown = held.truth[:, column] > 0
    moved = replace(held, matrix=np.where(shown[:, None], held.matrix + 100, held.matrix))
    again = leave_out(moved, "unseen", PARAMS, 7)
    before = scores("unseen")
    pd.testing.assert_frame_equal(again[~again["hidden"]], before[~before["hidden"]])
    assert (again.loc[again["hidden"], "novelty"] > before.loc[before["hidden"], "novelty"]).all()


def test_labels_without_meaning_are_not_told_apart() -> None:
    held = sample()
    rng = np.random.default_rng(5)
    noise = replace(held, matrix=rng.normal(size=held.matrix.shape))
    found = judge_hidden(leave_out(noise, "unseen", PARAMS, 7), "pump", 0.05, 7)
    assert 0.35 < found.by_window.value < 0.65


def test_the_area_equals_counting_pairs_class_by_class() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "novelty": rng.integers(0, 6, 90).astype("float64"),
            "shown": rng.choice(["healthy", "wear", "new"], 90),
            "occurrence": rng.integers(0, 9, 90).astype(str),
        }
    )
    table["hidden"] = table["shown"] == "new"
    new = table.loc[table["hidden"], "novelty"].to_numpy()[:, None]
    slow = []
    for kind in ("healthy", "wear"):
        old = table.loc[table["shown"] == kind, "novelty"].to_numpy()[None]
        slow.append(np.mean((new > old) + 0.5 * (new == old)))
    assert auroc_by_draws(table, 1).value == pytest.approx(np.mean(slow), rel=1e-5)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(LearnError, match="unknown failure mode 'seal'"):
        leave_out(sample(), "seal", PARAMS, 7)
