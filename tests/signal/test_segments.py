"""Segments of a waveform: what describe says of the same samples, one segment at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faultprint.config import Descriptors, Equipment, Sensor, Windows
from faultprint.errors import ConfigError
from faultprint.signal.bearings import mounting_from
from faultprint.signal.bursts import ENVELOPE
from faultprint.signal.describe import describe
from faultprint.signal.segments import describe_segments
from faultprint.store.sources.waveforms import read_segments
from faultprint.tables import empty

RATE, LENGTH = 12_000.0, 3_000
NAMES = ["rms", "kurtosis", "p95", "spectral_centroid", *ENVELOPE]
BEARING: dict[str, str | int | float] = {
    "bearing_balls": 9,
    "bearing_ball_diameter": 7.94,
    "bearing_pitch_diameter": 39.04,
    "rated_speed": 1770,
    "gear_teeth": 21,
    "wheel_teeth": 40,
}


def _samples(kind: type = np.float64) -> np.ndarray:
    return np.random.default_rng(4).standard_normal(4 * LENGTH).astype(kind)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_file_in_segments_is_described_as_its_readings_are(kind: type, tmp_path: Path) -> None:
    samples = _samples(kind)
    np.save(tmp_path / "wave.npy", samples)
    found = describe_segments(
        read_segments(tmp_path / "wave.npy", LENGTH), RATE, NAMES, mounting_from(BEARING)
    )
    start = pd.Timestamp("2025-03-01T00:00:00Z").as_unit("ns").value
    each = (np.arange(LENGTH) * (1e9 / RATE)).astype(np.int64)
    times = np.concatenate([start + number * 10**9 + each for number in range(4)])
    readings = pd.DataFrame(
        {
            "asset": pd.Series(["p1"] * samples.size, dtype="str"),
            "time": pd.to_datetime(times, utc=True),
            "segment": np.repeat(np.arange(4), LENGTH),
            "vibration": samples,
        }
    )
    pump = Equipment(
        sensors={"vibration": Sensor(unit="g_0")},
        period=timedelta(milliseconds=1),
        attributes=BEARING,
    )
    windows = Windows(
        by="segment", whole_segments=True, max_gap=timedelta(seconds=2), min_coverage=0
    )
    table = describe(readings, empty("events"), "pump", pump, windows, Descriptors(default=NAMES))
    assert len(found) == len(table) == 4
    for name in NAMES:
        np.testing.assert_array_equal(found[name], table[f"vibration.{name}"], err_msg=name)
    assert found.notna().all(axis=None)


def test_one_segment_is_taken_at_a_time() -> None:
    taken: list[int] = []

    def one_by_one() -> Iterator[np.ndarray]:
        for number in range(3):
            taken.append(number)
            yield _samples()[:LENGTH]

    assert len(describe_segments(one_by_one(), RATE, ["rms"])) == 3
    assert taken == [0, 1, 2]
    assert describe_segments([], RATE, ["rms"]).columns.tolist() == ["rms"]


def test_lost_samples_are_left_out_and_wrong_names_refused() -> None:
    spoilt = _samples()[:LENGTH]
    spoilt[5] = np.nan
    made = describe_segments([spoilt, np.full(LENGTH, np.nan)], RATE, ["rms", "envelope_bpfo"])
    assert made["rms"].isna().tolist() == [False, True]
    assert made["envelope_bpfo"].isna().all()
    with pytest.raises(ConfigError, match="unknown descriptor 'rmss'"):
        describe_segments([_samples()], RATE, ["rmss"])
    with pytest.raises(ConfigError, match="a rate of 0 Hz"):
        describe_segments([_samples()], 0, ["rms"])
