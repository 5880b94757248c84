"""What a window is learnt as, at every boundary, and against the slow twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint import tables
from faultprint.config import Labels
from faultprint.errors import TableError
from faultprint.signal.labels import label_windows
from tests import oracles
from tests.signal.cases import START, event, events_of, hours

LABELS = Labels(horizon="48h", gap="0h", buffer="12h", recovery="24h")
LAST = {"p1": hours(2000), "p2": hours(2000)}


def windows_at(ends: list[float], asset: str = "p1", length: float = 6) -> pd.DataFrame:
    """Evaluable windows that end at given hours, without descriptors."""
    frame = pd.DataFrame(
        {
            "asset": asset,
            "equipment_class": "pump",
            "start": [hours(e - length) for e in ends],
            "end": [hours(e) for e in ends],
            "run": 0,
            "rows": 6,
            "coverage": 1.0,
            "reason": "",
        }
    )
    frame[["start", "end"]] = frame[["start", "end"]].astype(tables.UTC_TIME)
    return frame.astype({"asset": "str", "equipment_class": "str", "reason": "str"})


def use(
    ends: list[float], events: list[dict[str, Any]], labels: Labels = LABELS, **last: pd.Timestamp
) -> list[str]:
    """What each window is learnt as: the modes of a fault, else its ``use``."""
    found = label_windows(windows_at(ends), events_of(events), labels, {**LAST, **last})
    learnt = found["use"].isin(["healthy", "fault"])
    assert (found["label"] != "").tolist() == learnt.tolist()
    return found["label"].where(found["use"] == "fault", found["use"]).tolist()


def failure(at: float, mode: str = "leak", item: str = "seal", **further: Any) -> dict[str, Any]:
    return event(hours(at), "failure", item, failure_mode=mode, **further)


def care(at: float, item: str = "seal") -> dict[str, Any]:
    return event(hours(at), "maintenance", item)


def test_boundaries_round_a_failure() -> None:
    ends = [39.9, 40, 51.9, 52, 99.9, 100, 100.1, 123.9, 124]
    assert use(ends, [failure(100)]) == [
        "healthy", "buffer", "buffer", "leak", "leak", "leak",
        "recovering", "recovering", "healthy",
    ]  # fmt: skip


def test_what_lies_within_the_gap_is_too_late() -> None:
    labels = Labels(horizon="48h", gap="6h", recovery="24h")
    assert use([94, 94.1, 100], [failure(100)], labels) == ["leak", "gap", "gap"]


def test_the_equipment_has_failed_until_it_is_repaired() -> None:
    told = [failure(100), care(110)]
    assert use([100.1, 110, 110.1, 133.9, 134], told) == [
        "failed", "failed", "recovering", "recovering", "healthy",
    ]  # fmt: skip
    assert use([120, 124], [failure(100), care(124)]) == ["failed", "failed"]
    assert use([120], [failure(100), care(124.1)]) == ["recovering"]
    assert use([130, 140, 160, 164], [failure(100, end=hours(140))]) == [
        "failed", "failed", "recovering", "healthy",
    ]  # fmt: skip


def test_a_repair_long_after_is_not_of_that_failure() -> None:
    # recovered by itself after 24 h; the later replacement is preventive
    assert use([110, 125, 190, 210], [failure(100), care(200)]) == [
        "recovering", "healthy", "censored:preventive", "recovering",
    ]  # fmt: skip


def test_before_a_preventive_replacement_nobody_knows() -> None:
    assert use([151.9, 152, 200, 200.1, 224], [care(200)]) == [
        "healthy", "censored:preventive", "censored:preventive", "recovering", "healthy",
    ]  # fmt: skip
    short = Labels(horizon="48h", recovery="24h", censor="10h")
    assert use([189, 190], [care(200)], short) == ["healthy", "censored:preventive"]


@pytest.mark.parametrize(
    ("at", "before"), [(200, "healthy"), (224, "healthy"), (224.1, "censored:preventive")]
)
def test_a_corrective_replacement_censors_nothing(at: float, before: str) -> None:
    long = Labels(horizon="48h", recovery="24h", censor="100h")
    assert use([130, 180], [failure(200), care(at)], long) == [before, "leak"]


def test_planned_work_that_names_no_item_may_have_replaced_anything() -> None:
    assert use([151, 190, 210], [care(200, item="")]) == [
        "healthy", "censored:preventive", "recovering",
    ]  # fmt: skip
    # but it renews no item: what fails after it was in its fault before it
    assert use([160, 190], [care(180, item=""), failure(200)]) == ["leak", "recovering"]


def test_a_repair_that_names_no_item_censors_nothing() -> None:
    long = Labels(horizon="48h", recovery="24h", censor="100h")
    assert use([130, 180], [failure(200), care(224, item="")], long) == ["healthy", "leak"]


def test_inspections_and_errors_change_no_label() -> None:
    told = [event(hours(200), "inspection", "seal"), event(hours(201), "error", code="E1")]
    assert use([190, 202], told) == ["healthy", "healthy"]


def test_what_precedes_the_replacement_of_the_failed_item_is_not_its_fault() -> None:
    told = [care(180), failure(200)]
    assert use([160, 180, 204], told) == ["censored:preventive"] * 2 + ["recovering"]
    assert use([190], told, Labels(horizon="48h", recovery="6h")) == ["leak"]
    assert use([160], [care(180, "bearing"), failure(200)]) == ["leak"]


def test_the_end_of_the_record_censors() -> None:
    assert use([440, 440.1, 500], [], p1=hours(500)) == ["healthy", "censored:end", "censored:end"]
    assert use([480], [failure(500)], p1=hours(500)) == ["leak"]


def test_two_failures_at_one_time_give_both_modes_in_order() -> None:
    told = [failure(100, "wear", "bearing"), failure(100, "leak"), failure(100, "leak")]
    assert use([90], told) == ["leak|wear"]
    assert use([90], [failure(100), failure(110, "wear", "bearing")]) == ["leak|wear"]


def test_a_failure_of_unknown_mode_is_neither_healthy_nor_a_known_fault() -> None:
    assert use([90], [failure(100, mode="")]) == ["unlabelled"]
    assert use([90], [failure(100, mode=""), failure(101)]) == ["unlabelled"]


def test_a_known_onset_bounds_the_fault() -> None:
    told = [failure(100, onset_earliest=hours(70), onset_latest=hours(90))]
    assert use([60, 75, 95], told) == ["healthy", "buffer", "leak"]
    assert use([60, 75], [failure(100, onset_earliest=hours(70))]) == ["healthy", "leak"]


def test_a_window_that_cannot_be_evaluated_says_why() -> None:
    windows = windows_at([90, 90.5]).assign(reason=["off", ""]).astype({"reason": "str"})
    found = label_windows(windows, events_of([failure(100)]), LABELS, LAST)
    assert found["use"].tolist() == ["not_evaluable:off", "fault"]
    assert found["label"].tolist() == ["", "leak"]


def test_each_asset_has_its_own_labels_in_any_order_of_rows() -> None:
    windows = pd.concat([windows_at([90, 500]), windows_at([90, 500], "p2")])
    windows.index = [7, 3, 3, 1]
    shuffled = windows.iloc[[2, 0, 3, 1]]
    told = events_of([failure(100), {**failure(510, "wear"), "asset": "p2"}])
    kept = shuffled.copy(deep=True)
    found = label_windows(shuffled, told, LABELS, LAST)
    pd.testing.assert_frame_equal(shuffled, kept)
    assert found.index.tolist() == [3, 7, 1, 3]
    assert found["label"].tolist() == ["healthy", "leak", "wear", "healthy"]
    tables.check("windows", found.drop_duplicates(["asset", "end"]))


def test_no_windows_get_no_labels() -> None:
    found = label_windows(windows_at([]), events_of([]), LABELS, {})
    assert found.shape == (0, 10)
    tables.check("windows", found)


def test_an_asset_without_the_end_of_its_record_is_refused() -> None:
    with pytest.raises(TableError, match="windows of 'p1' without the end of their record"):
        label_windows(windows_at([1]), events_of([]), LABELS, {"p2": START})


def fault(since: float, until: float | None, mode: str = "leak") -> dict[str, Any]:
    end = pd.NaT if until is None else hours(until)
    return event(hours(since), "fault", failure_mode=mode, end=end)


def test_labels_from_intervals() -> None:
    labels = Labels(source="intervals", recovery="10h")
    told = [fault(100, 150)]
    assert use([99, 100, 102.9, 103, 150, 151, 155.9, 160], told, labels) == [
        "healthy", "buffer", "buffer", "leak", "leak", "recovering", "recovering", "healthy",
    ]  # fmt: skip
    assert use([99, 1990], [fault(100, None)], labels) == ["healthy", "leak"]
    assert use([130], [fault(100, 150), fault(90, 140, "wear")], labels) == ["leak|wear"]
    assert use([130], [fault(100, 150, "")], labels) == ["unlabelled"]
    none = Labels(source="intervals", recovery="0h")
    assert use([155, 156, 1990], told, none) == ["recovering", "healthy", "healthy"]


@given(
    seed=st.integers(0, 10_000),
    gap=st.sampled_from([0, 3, 6]),
    buffer=st.sampled_from([0, 12]),
    recovery=st.sampled_from([0, 6, 24]),
    censor=st.sampled_from([None, "0h", "30h"]),
)
@settings(max_examples=25, deadline=None)
def test_equals_the_slow_twin(
    seed: int, gap: int, buffer: int, recovery: int, censor: str | None
) -> None:
    rng = np.random.default_rng(seed)
    told = []
    for _ in range(12):
        at, item = 3.0 * int(rng.integers(0, 160)), str(rng.choice(["seal", "bearing", ""]))
        kind = str(
            rng.choice(["failure", "maintenance", "restart", "error"], p=[0.4, 0.4, 0.1, 0.1])
        )
        if kind == "failure":
            mode = str(rng.choice(["leak", "wear", ""], p=[0.6, 0.3, 0.1]))
            vague = {}
            if rng.random() < 0.3:
                early = at - float(rng.integers(10, 60))
                vague = {"onset_earliest": hours(early), "onset_latest": hours(early + 9)}
            if rng.random() < 0.3:
                vague["end"] = hours(at + float(rng.integers(0, 20)))
            told.append(failure(at, mode, item, **vague))
        else:
            told.append(event(hours(at), kind, item))
    labels = Labels(
        horizon="48h", gap=f"{gap}h", buffer=f"{buffer}h", recovery=f"{recovery}h", censor=censor
    )
    windows = windows_at([1.5 * i for i in range(340)])
    windows["reason"] = windows["reason"].mask(rng.random(340) < 0.1, "off")
    events, last = events_of(told), hours(520)
    found = label_windows(windows, events, labels, {"p1": last})
    rows = events.to_dict("records")
    expected = [oracles.label(window, rows, labels, last) for window in windows.to_dict("records")]
    assert list(zip(found["label"], found["use"], strict=True)) == expected
