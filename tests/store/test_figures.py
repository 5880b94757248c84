"""Pictures show what they were given, twice the same, and survive odd input."""

from __future__ import annotations

import io
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve

from faultprint import tables
from faultprint.errors import StoreError
from faultprint.records import (
    LeadTime,
    Origin,
    Performance,
    Proportion,
    Signature,
    Symptom,
)
from faultprint.store import figures

ENDS = pd.date_range("2026-01-01", periods=80, freq="6h", tz="UTC").as_unit("ns")
PNG = b"\x89PNG\r\n"


def residuals(asset: str = "P_$1", observed: float = 1.0) -> pd.DataFrame:
    ends = ENDS.delete(slice(30, 50))
    return pd.concat(
        pd.DataFrame(
            {
                "asset": asset,
                "end": ends,
                "sensor": sensor,
                "observed": observed + np.sin(np.arange(len(ends))),
                "expected": 1.0,
                "deviance": 0.0,
                "baseline": "asset",
            }
        )
        for sensor in ("vibration", "pressure")
    )


def incidents() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "asset": ["P_$1", "P_$1", "other"],
            "opened": ENDS[[5, 60, 3]],
            "cleared": [ENDS[9], pd.NaT, ENDS[9]],
            "verdict": ["known", "deviation", "known"],
            "failure_mode": ["bearing_wear", "", "x"],
        }
    )


def failures() -> pd.DataFrame:
    return pd.DataFrame({"asset": ["P_$1"], "time": [ENDS[10]], "failure_mode": ["bearing_wear"]})


def signature(*effects: float) -> Signature:
    symptoms = tuple(
        Symptom(f"a.d{n}", "mm/s", "up" if e >= 0 else "down", e, 3.2, 1.0, 4.0, 1.1, 0.9)
        for n, e in enumerate(effects)
    )
    performance = Performance(
        "other assets", Proportion(0, 0, 1, 0, 0), 0, 0, 0.0, LeadTime(0, None, None, None)
    )
    return Signature(
        "id", "1", "test", "Cost $5_x", "pump", "m", "i", 1, "do", symptoms, (), 1.0, (), {},
        performance, {}, Origin("", "", "", (), ()),
    )  # fmt: skip


def shown(svg: bytes) -> str:
    """Return the text of a picture."""
    texts = (node.text for node in ET.fromstring(svg).iter() if node.tag.endswith("}text"))
    return " ".join(text or "" for text in texts)


def pixels(png: bytes) -> np.ndarray:
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def test_a_timeline_shows_readings_incidents_and_failures() -> None:
    sensors = ["vibration", "pressure"]
    whole = figures.timeline_figure(residuals(), incidents(), failures(), "P_$1", sensors)
    assert whole.startswith(PNG)
    nothing = tables.empty("incidents"), failures().iloc[:0]
    others = [
        figures.timeline_figure(residuals(), nothing[0], failures(), "P_$1", sensors),
        figures.timeline_figure(residuals(), incidents(), nothing[1], "P_$1", sensors),
        figures.timeline_figure(residuals(observed=9), incidents(), failures(), "P_$1", sensors),
        figures.timeline_figure(residuals(), incidents(), failures(), "P_$1", sensors[:1]),
    ]
    assert whole not in others
    assert len(set(others)) == 4


def test_a_timeline_shows_one_asset_only() -> None:
    both = pd.concat([residuals(), residuals("other", observed=50)])
    alone = figures.timeline_figure(residuals(), incidents(), failures(), "P_$1", ["pressure"])
    assert figures.timeline_figure(both, incidents(), failures(), "P_$1", ["pressure"]) == alone


def test_a_timeline_does_not_depend_on_row_order_nor_change_its_input() -> None:
    given_rows = residuals()
    before = given_rows.copy(deep=True)
    straight = figures.timeline_figure(given_rows, incidents(), failures(), "P_$1", ["pressure"])
    pd.testing.assert_frame_equal(given_rows, before)
    mixed = given_rows.sample(frac=1, random_state=1)
    assert straight == figures.timeline_figure(mixed, incidents(), failures(), "P_$1", ["pressure"])


def test_a_timeline_draws_no_line_across_silence() -> None:
    rows = residuals().assign(observed=2.0, expected=2.0)
    rows = rows[rows["sensor"] == "pressure"]
    none = tables.empty("incidents"), failures().iloc[:0]
    broken = pixels(figures.timeline_figure(rows, *none, "P_$1", ["pressure"]))
    bridge = rows.iloc[[0]].assign(end=ENDS[40])
    joined = pixels(
        figures.timeline_figure(
            pd.concat([rows, *(bridge.assign(end=ENDS[n]) for n in range(30, 50))]),
            *none, "P_$1", ["pressure"],
        )
    )  # fmt: skip
    blue = [((p[:, :, 2] > 120) & (p[:, :, 0] < 60)).any(axis=0).sum() for p in (broken, joined)]
    assert blue[0] < 0.85 * blue[1]


def test_a_vanished_sensor_has_its_place() -> None:
    rows = residuals().assign(observed=np.nan, expected=np.nan)
    for sensors in (["vibration"], ["vanished"]):
        made = figures.timeline_figure(rows, incidents(), failures(), "P_$1", sensors)
        assert made.startswith(PNG)


def test_one_window_is_enough() -> None:
    rows = residuals().iloc[:1]
    made = figures.timeline_figure(rows, incidents(), failures(), "P_$1", ["vibration"])
    assert made.startswith(PNG)


@pytest.mark.parametrize(("asset", "sensors"), [("unknown", ["vibration"]), ("P_$1", [])])
def test_nothing_to_draw_is_an_error(asset: str, sensors: list[str]) -> None:
    with pytest.raises(StoreError, match="choose an asset and sensors that were scored"):
        figures.timeline_figure(residuals(), incidents(), failures(), asset, sensors)


def test_confusion_shows_counts_and_names() -> None:
    names = ["healthy", "bearing_wear"]
    counts = pd.DataFrame([[91, 2], [0, 0]], index=names, columns=names)
    text = shown(figures.confusion_figure(counts, "svg"))
    assert all(word in text for word in ("91", "2", "0", "healthy", "bearing wear", "truth"))


def test_windows_pictures_name_their_classes() -> None:
    rng = np.random.default_rng(3)
    truth = pd.Series(rng.choice(["healthy", "seal"], 60))
    shares = pd.DataFrame(rng.dirichlet([1, 1, 1], 60), columns=["healthy", "seal", "never"])
    text = shown(figures.precision_recall_figure(truth, shares, "svg"))
    assert f"seal ({(truth == 'seal').sum()})" in text
    assert "never (none to find)" in text
    assert "stated probability" in shown(figures.calibration_figure(truth, shares, "svg"))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30).filter(
        lambda rows: any(positive for positive, _ in rows)
    )
)
def test_precision_and_recall_are_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    positive = np.array([row[0] for row in rows])
    scores = np.array([float(row[1]) for row in rows])
    precision, recall = figures.precision_recall(positive, scores)
    expected = precision_recall_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(precision[::-1], expected[0][:-1])
    np.testing.assert_allclose(recall[::-1], expected[1][:-1])


def test_lead_times_say_how_many_were_found() -> None:
    text = shown(figures.lead_time_figure({"seal_leak": [3.0, np.nan, 9.0], "b": []}, "svg"))
    assert "seal leak (2 of 3)" in text
    assert "b (0 of 0)" in text
    assert figures.lead_time_figure({}).startswith(PNG)


@pytest.mark.parametrize("effects", [(), (3.0,), (2.5, -4.0, 0.0)])
def test_contrast_shows_typical_and_healthy(effects: tuple[float, ...]) -> None:
    text = shown(figures.contrast_figure(signature(*effects), "svg"))
    assert "(pump)" in text
    assert text.count("3.2 instead of 1.1 mm/s") == len(effects)


@pytest.mark.parametrize("fmt", ["png", "svg"])
def test_equal_input_gives_equal_bytes(fmt: figures.Format) -> None:
    one, two = (figures.contrast_figure(signature(1.0, -2.0), fmt) for _ in range(2))
    assert one == two


def test_pyplot_stays_out() -> None:
    figures.contrast_figure(signature(1.0))
    assert "matplotlib.pyplot" not in sys.modules
