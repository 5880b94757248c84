"""Describing what is appended equals describing the whole, to the last bit."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.config import Descriptors, Windows
from faultprint.errors import TableError
from faultprint.signal.describe import describe
from faultprint.signal.instants import nanoseconds
from faultprint.signal.stream import Stream, Watermark
from tests.signal.test_describe import ASKED, CUTS, NO_EVENTS, PUMP, history, hourly, same

EVERYTHING = Descriptors(
    default=[*ASKED.default, "median", "mad", "time_mean", "autocorrelation_2", "spectral_entropy"],
    by_type=ASKED.by_type,
    error_codes=["E1"],
    since_maintenance=["seal", "any"],
    pairs=[{"of": "vibration", "against": "speed"}],
    run=["hours", "starts"],
)
CASES = pytest.mark.parametrize("windows", CUTS.values(), ids=CUTS)


def streamed(
    windows: Windows, readings: pd.DataFrame, events: pd.DataFrame, cuts: list[int]
) -> tuple[pd.DataFrame, list[Watermark]]:
    """Feed a history in parts."""
    stream = Stream("pump", PUMP, windows, EVERYTHING)
    ordered = readings.sort_values("time", ignore_index=True)
    parts, marks, mark = [], [], None
    bounds = [0, *sorted({c for c in cuts if 0 < c < len(ordered)}), len(ordered)]
    for first, after in itertools.pairwise(bounds):
        batch = ordered.iloc[first:after].sample(frac=1, random_state=first)
        told = events[events["time"] <= batch["time"].max()]
        found, mark = stream.advance(mark, batch, told, closing=after == len(ordered))
        parts.append(found)
        marks.append(mark)
    return pd.concat(parts, ignore_index=True), marks


@CASES
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 79), max_size=8))
@settings(max_examples=20, deadline=None)
def test_appended_parts_give_the_windows_of_the_whole(
    windows: Windows, seed: int, cuts: list[int]
) -> None:
    readings, events = history(seed, rows=80)
    whole = describe(readings, events, "pump", PUMP, windows, EVERYTHING)
    same(streamed(windows, readings, events, cuts)[0], whole)


def test_what_is_kept_does_not_grow_with_the_history() -> None:
    windows = Windows(length="12h", step="3h", max_gap="8h")
    _, marks = streamed(windows, hourly(600), NO_EVENTS, list(range(50, 600, 50)))
    assert max(len(mark.tail) for mark in marks) < 40


def test_a_reading_that_comes_late_is_refused() -> None:
    stream = Stream("pump", PUMP, Windows(), ASKED)
    _, mark = stream.advance(None, hourly(30), NO_EVENTS)
    assert nanoseconds(pd.Timedelta(0).to_pytimedelta()) < mark.until
    with pytest.raises(TableError, match="got 3 readings at or before the newest one described"):
        stream.advance(mark, hourly(30).iloc[27:], NO_EVENTS)


def test_nothing_at_all_is_refused() -> None:
    stream = Stream("pump", PUMP, Windows(), ASKED)
    with pytest.raises(TableError, match="got no readings"):
        stream.advance(None, hourly(3).iloc[:0], NO_EVENTS)


def test_a_batch_without_readings_changes_nothing() -> None:
    stream = Stream("pump", PUMP, Windows(length="12h", step="3h"), ASKED)
    _, mark = stream.advance(None, hourly(30), NO_EVENTS)
    found, again = stream.advance(mark, hourly(30).iloc[:0], NO_EVENTS)
    assert found.empty
    assert again.until == mark.until
    np.testing.assert_array_equal(again.tail["time"], mark.tail["time"])


def test_the_example_of_the_documentation_runs_and_is_exact() -> None:
    page = Path(__file__).parents[2] / "docs" / "explanation" / "descriptor-engine.md"
    blocks = page.read_text("utf-8").split("```python\n")[1:]
    (code,) = [block.split("```")[0] for block in blocks]
    said: dict[str, object] = {}
    exec(compile(code, str(page), "exec"), said)
    assert len(said["whole"]) > 30
    assert len(said["parts"]) == 10
