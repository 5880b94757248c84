"""The split keeps the future and the judged assets out of training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Labels, Split
from faultprint.errors import ConfigError, LeakageError
from faultprint.evaluate.splits import (
    assign,
    check_split,
    holdout_start,
    judged_periods,
    known_at,
)

LABELS = Labels(horizon="48h")


def windows(assets: int = 10, days: int = 60, equipment_class: str = "pump") -> pd.DataFrame:
    grid = pd.date_range("2025-01-01", periods=days * 4, freq="6h", tz="UTC").as_unit("ns")
    names = np.repeat([f"{equipment_class}{i}" for i in range(assets)], len(grid))
    frame = pd.DataFrame({"asset": names, "end": grid.append([grid] * (assets - 1))})
    return frame.assign(
        start=frame["end"] - pd.Timedelta(hours=24),
        equipment_class=equipment_class,
        label="healthy",
    )


def test_parts_are_cut_in_time_with_an_embargo() -> None:
    frame = windows()
    split = Split(holdout="2025-02-10T00:00:00+00:00", embargo="48h")
    parts = assign(frame, split, 0)
    assert parts.index.equals(frame.index)
    ends = frame["end"].groupby(parts["part"]).agg(["min", "max"])
    assert ends.loc["train", "max"] == pd.Timestamp("2025-02-08T00:00Z")
    assert ends.loc["embargo", "max"] == pd.Timestamp("2025-02-10T00:00Z")
    assert ends.loc["holdout", "min"] == pd.Timestamp("2025-02-10T06:00Z")
    assert (parts.loc[parts["part"] != "train", "fold"] == -1).all()
    assert set(parts.loc[parts["part"] == "train", "fold"]) == set(range(5))
    check_split(frame, parts, LABELS)


def test_a_share_of_the_time_range() -> None:
    frame = windows(days=100)
    start = holdout_start(frame, Split(holdout=0.3))
    assert abs(start - pd.Timestamp("2025-03-12", tz="UTC")) < pd.Timedelta(days=1)


def test_windows_longer_than_the_embargo_do_not_share_readings() -> None:
    frame = windows().assign(start=lambda f: f["end"] - pd.Timedelta(days=5))
    parts = assign(frame, Split(embargo="48h"), 0)
    train, held = parts["part"] == "train", parts["part"] == "holdout"
    assert frame.loc[train, "end"].max() <= frame.loc[held, "start"].min()
    check_split(frame, parts, LABELS)


def test_held_out_assets_are_held_out_in_full() -> None:
    frame = windows()
    parts = assign(frame, Split(holdout_assets=0.3), 3)
    whole = parts.groupby(frame["asset"])["part"].agg(lambda p: set(p) == {"holdout"})
    assert whole.sum() == 3
    check_split(frame, parts, LABELS)
    assert (assign(frame, Split(holdout_assets=0.99), 3)["part"] == "train").any()


def test_folds_keep_assets_whole_and_spread_the_modes() -> None:
    frame = windows(assets=20)
    number = frame["asset"].str.removeprefix("pump").astype(int)
    early = frame["end"].dt.day < 5
    frame.loc[early & (number < 4), "label"] = "seal"
    frame.loc[early & (number >= 3) & (number < 9), "label"] = "bearing"
    frame.loc[early & (number == 3), "label"] = "bearing|seal"
    parts = assign(frame, Split(), 1)
    folds = parts[parts["part"] == "train"].groupby(frame["asset"])["fold"]
    assert (folds.min() == folds.max()).all()
    of = folds.first()
    assert len(set(of.loc[[f"pump{i}" for i in range(4)]])) == 4
    assert len(set(of.loc[[f"pump{i}" for i in range(3, 9)]])) == 5
    assert of.value_counts().tolist() == [4] * 5


def test_modes_are_spread_before_sizes_are_evened() -> None:
    frame = windows(assets=9)
    number = frame["asset"].str.removeprefix("pump").astype(int)
    early = frame["end"] < frame["end"].min() + pd.Timedelta(days=4)
    frame.loc[early & (number < 4), "label"] = "seal"
    frame.loc[early & (number >= 4), "label"] = "bearing"
    frame = frame[early | (number < 4)]
    parts = assign(frame, Split(holdout="2025-02-10T00:00:00Z"), 1)
    of = parts[parts["part"] == "train"].groupby(frame["asset"])["fold"].first()
    assert len(set(of.loc[[f"pump{i}" for i in range(4, 9)]])) == 5


def test_classes_are_split_alike_but_on_their_own() -> None:
    pump, fan = windows(6), windows(3, equipment_class="fan")
    both = pd.concat([pump, fan], ignore_index=True)
    parts = assign(both, Split(), 0)
    held = both.loc[parts["part"] == "holdout"].groupby("equipment_class")["end"].min()
    assert len(set(held)) == 1
    train = parts["part"] == "train"
    folds = parts[train].groupby(both["equipment_class"])["fold"].agg(lambda f: sorted(set(f)))
    assert folds.to_dict() == {"pump": [0, 1, 2, 3, 4], "fan": [0, 1, 2]}


def test_the_seed_decides_and_row_order_does_not() -> None:
    frame = windows(12)
    split = Split(holdout_assets=0.25)
    mixed = frame.sample(frac=1, random_state=1)
    first = assign(frame, split, 5)
    pd.testing.assert_frame_equal(first, assign(mixed, split, 5).sort_index())
    assert any(not first.equals(assign(frame, split, seed)) for seed in range(6, 10))
    no_label = assign(frame.drop(columns="label"), split, 5)
    pd.testing.assert_frame_equal(first, no_label)


def test_leaks_are_refused() -> None:
    frame = windows()
    good = assign(frame, Split(), 0)
    torn = good.copy()
    row = torn.index[(torn["fold"] == 0)][0]
    torn.loc[row, "fold"] = 1
    with pytest.raises(LeakageError, match="assets in two folds: 'pump"):
        check_split(frame, torn, LABELS)
    with pytest.raises(LeakageError, match=r"raise split\.embargo to labels\.horizon or more"):
        check_split(frame, good, Labels(horizon="4d"))
    near = assign(frame, Split(embargo="0h"), 0)
    with pytest.raises(LeakageError, match="labels that look"):
        check_split(frame, near, LABELS)
    shared = good.assign(part=good["part"].replace("embargo", "holdout"))
    with pytest.raises(LeakageError, match="training windows that share readings"):
        check_split(frame, shared, Labels(horizon="0h"))


def test_healthy_must_not_be_known_from_the_held_out_time() -> None:
    frame = windows()
    parts = assign(frame, Split(), 0)
    both = Labels(horizon="48h", buffer="5d")
    begin = frame.loc[parts["part"] == "holdout", "end"].min()
    sure = frame["end"] + pd.Timedelta(days=7) < begin
    check_split(frame.assign(use=np.where(sure, "healthy", "censored:end")), parts, both)
    with pytest.raises(LeakageError, match=r"called healthy until .* only later events can tell"):
        check_split(frame.assign(use="healthy"), parts, both)
    check_split(frame.assign(use="healthy"), parts, both.model_copy(update={"source": "intervals"}))


def test_what_was_known_then_has_no_future() -> None:
    times = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-02-02"], utc=True).as_unit("ns")
    events = pd.DataFrame({"time": times, "end": times + pd.Timedelta(days=20)})
    kept = events.copy(deep=True)
    known, last = known_at(events, {"a": times[0], "b": times[2]}, times[1])
    assert known["time"].tolist() == times[:2].tolist()
    assert known["end"].isna().tolist() == [False, True]
    assert last == {"a": times[0], "b": times[1]}
    pd.testing.assert_frame_equal(events, kept)


@pytest.mark.parametrize(
    ("holdout", "said"),
    [
        ("2025-02-10", "a date without a zone"),
        ("last month", "got split.holdout: 'last month'"),
        (1.5, "split.holdout: 1.5; expected a share between 0 and 1"),
    ],
)
def test_a_holdout_that_is_none_is_refused(holdout: str | float, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        assign(windows(2), Split(holdout=holdout), 0)


def test_judged_time_covers_each_window_and_what_falls_after_the_last() -> None:
    frame = windows(2)
    parts = assign(frame, Split(holdout="2025-02-10T00:00:00Z"), 0)
    periods = judged_periods(frame, parts)
    assert periods["asset"].tolist() == ["pump0", "pump1"]
    assert (periods["start"] == pd.Timestamp("2025-02-10T00:00Z")).all()
    assert (periods["end"] == frame["end"].max() + pd.Timedelta(hours=6)).all()
    single = judged_periods(frame.head(1), pd.DataFrame({"part": ["holdout"]}))
    assert (single["end"] - single["start"]).tolist() == [pd.Timedelta(hours=48)]
    assert judged_periods(frame, parts.assign(part="train")).empty
