"""What describing takes: memory of one partition at a time, and little time to begin."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASSETS = """
import sys
from pathlib import Path
import numpy as np, pandas as pd
from faultprint import tables
from faultprint.config import Descriptors, Equipment, Windows
from faultprint.signal.describe import describe
names = [f"s{k}" for k in range(16)]
pump = Equipment.model_validate(
    {"sensors": {n: {"unit": "bar"} for n in names}, "period": "10min"}
)
asked = Descriptors(default=["mean", "p95", "kurtosis", "slope_per_hour", "spectral_centroid"])
rng, none = np.random.default_rng(0), tables.empty("events")
times = pd.Series(pd.date_range("2025-01-01", periods=ROWS, freq="10min", tz="UTC", unit="ns"))
for asset in range(int(sys.argv[1])):
    values = rng.normal(size=(ROWS, 16)).astype("float32")
    readings = pd.DataFrame(values, columns=names)
    readings.insert(0, "asset", pd.Series([f"a{asset}"] * ROWS, dtype="str"))
    readings.insert(1, "time", times)
    made = describe(readings, none, "pump", pump, Windows(), asked)
    assert made["s3.kurtosis"].notna().any()
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)
"""


def peak_mebibytes(assets: int, rows: int) -> float:
    """Peak memory of a process that describes so many assets, one after another."""
    command = [sys.executable, "-c", ASSETS.replace("ROWS", str(rows)), str(assets)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_memory_does_not_grow_with_the_number_of_assets() -> None:
    few, many = peak_mebibytes(2, 2_000), peak_mebibytes(12, 2_000)
    assert many < few + 20


@pytest.mark.slow
def test_a_thousand_assets_of_ten_thousand_rows_and_sixteen_sensors_stay_below_a_gibibyte() -> None:
    few, many = peak_mebibytes(10, 10_000), peak_mebibytes(1_000, 10_000)
    assert many < 1024
    assert many < few + 20


def _cpu(code: str) -> float:
    """CPU seconds that a new process takes, from its start to the end of the code."""
    timed = f"{code}\nimport resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u[0] + u[1])"
    made = subprocess.run([sys.executable, "-c", timed], check=True, capture_output=True, text=True)
    return float(made.stdout)


@pytest.mark.slow
def test_the_engine_is_imported_in_less_than_a_second_of_the_processor() -> None:
    _cpu("import faultprint.signal.descriptors")  # from here on the files are in memory
    rounds = [_cpu("import faultprint.signal.descriptors") - _cpu("pass") for _ in range(5)]
    assert min(rounds) < 1  # what else the machine does adds to it, and never takes away
