"""Two releases are compared on what neither knows, asset by asset."""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.evaluate.comparison import Matched, paired_interval, unlearnt
from faultprint.records import Learnt

START, END = pd.Timestamp("2025-01-01T00:00Z"), pd.Timestamp("2025-12-31T00:00Z")


def record(*assets: str) -> pd.DataFrame:
    return pd.DataFrame({"asset": assets, "start": START, "end": END})


def begins(learnt: list[Learnt]) -> dict[str, str]:
    left = unlearnt(record("b", "a", "new"), learnt)
    assert (left["end"] == END).all()
    return {r.asset: f"{r.start:%m-%d}" for r in left.itertuples()}


def test_each_asset_is_judged_after_all_that_was_learnt_from_it() -> None:
    old = Learnt("2025-03-01T00:00:00+00:00", ("a", "b"))
    other = Learnt("2025-09-01T02:00:00+02:00", ("b",))
    assert begins([]) == {"a": "01-01", "b": "01-01", "new": "01-01"}
    assert begins([old]) == {"a": "03-01", "b": "03-01", "new": "01-01"}
    expected = {"a": "03-01", "b": "09-01", "new": "01-01"}
    assert begins([old, other]) == begins([other, old]) == expected


def test_where_all_was_learnt_nothing_is_left() -> None:
    assert begins([Learnt("2026-01-01T00:00:00+00:00", ("a", "b"))]) == {"new": "01-01"}


def matched(found: list[bool], outcomes: list[str]) -> Matched:
    failures = pd.DataFrame({"asset": [f"p{i}" for i in range(len(found))], "found": found})
    incidents = pd.DataFrame(
        {"asset": [f"p{i}" for i in range(len(outcomes))], "outcome": outcomes}
    )
    return failures, incidents


def test_equal_releases_differ_by_nothing_and_better_ones_surely() -> None:
    half = matched([True, False] * 10, ["true", "false"] * 10)
    all_found = matched([True] * 20, ["true"] * 20)
    assert paired_interval(half, half, 1) == (0.0, 0.0)
    low, high = paired_interval(all_found, half, 1) or (0.0, 0.0)
    assert 0.2 < low < 0.5 < high < 0.8
    worse = paired_interval(half, all_found, 1)
    np.testing.assert_allclose(worse, (-high, -low))


def test_one_asset_gives_no_interval() -> None:
    one = matched([True], ["true"])
    assert paired_interval(one, one, 1) is None


def test_the_interval_covers_the_true_difference() -> None:
    """Recall 0.8 against 0.6 at precision 1; 95 % nominal, 80 fleets, 3 standard errors: 0.87."""
    rng, covered = np.random.default_rng(3), 0
    truth = 2 * 0.8 / 1.8 - 2 * 0.6 / 1.6
    for _ in range(80):
        luck = rng.random(60)
        better, worse = (matched(list(luck < p), ["true"]) for p in (0.8, 0.6))
        low, high = paired_interval(better, worse, 1) or (0.0, 0.0)
        covered += low <= truth <= high
    assert covered >= 0.87 * 80
