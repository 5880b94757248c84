"""Which windows belong to one occurrence."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from faultprint.faults.learning.episodes import episodes, modes_of

HORIZON = timedelta(days=2)


def table(words: str, asset: str = "A", start: str = "2025-01-01") -> pd.DataFrame:
    """Lay out hourly windows: h healthy, r recovering, g gap, n not evaluable, else a mode."""
    uses = {"h": "healthy", "r": "recovering", "g": "gap", "n": "not_evaluable:off"}
    return pd.DataFrame(
        {
            "asset": asset,
            "end": pd.date_range(start, periods=len(words), freq="h", tz="UTC", unit="ns"),
            "label": [w if w not in uses else "" for w in words],
            "use": [uses.get(w, "fault") for w in words],
        }
    ).replace({"label": {"X": "a|b"}})


def test_recovery_separates_two_occurrences() -> None:
    found = episodes(table("hhaaarraaag"), HORIZON)
    assert found["episode"].unique().tolist() == ["A@2025-01-01T04:00Z", "A@2025-01-01T09:00Z"]
    assert found["row"].tolist() == [2, 3, 4, 7, 8, 9]


def test_windows_that_could_not_be_evaluated_do_not_separate() -> None:
    assert set(episodes(table("haannaagh"), HORIZON)["episode"]) == {"A@2025-01-01T06:00Z"}


def test_silence_longer_than_the_horizon_separates() -> None:
    far = pd.concat([table("aaa"), table("aaa", start="2025-01-05")], ignore_index=True)
    assert episodes(far, HORIZON)["episode"].nunique() == 2


def test_other_assets_and_order_do_not_matter() -> None:
    both = pd.concat([table("haarr"), table("aaaa", asset="B")], ignore_index=True)
    found = episodes(both.sample(frac=1, random_state=1), HORIZON)
    assert found.groupby("episode").size().to_dict() == {
        "A@2025-01-01T02:00Z": 2,
        "B@2025-01-01T03:00Z": 4,
    }


def test_a_window_of_two_modes_counts_for_both() -> None:
    found = episodes(table("haXXb"), HORIZON)
    assert found.groupby("failure_mode").size().to_dict() == {"a": 3, "b": 3}
    assert modes_of("a|b") == ["a", "b"]
    assert modes_of("healthy") == modes_of("") == []
