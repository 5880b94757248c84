"""A full disk and a killed run leave the old tables, and the next run is right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from faultprint.store.parquet import list_assets, read_readings, read_table

ROOT = Path(__file__).parents[2]
PROGRAM = """
import resource, sys
from pathlib import Path
from faultprint.errors import StoreError
from faultprint.stages.ingest import ingest
from faultprint.store.settings import load_settings
root, limit = Path(sys.argv[1]), int(sys.argv[2])
settings = load_settings(root / "params.yaml")
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    ingest(settings, root / "tables", root / "report.html")
except StoreError as error:
    sys.exit(f"refused: {error}")
"""


def plant(root: Path, assets: int, rows: int) -> None:
    """Write readings of ``assets`` assets, one file each, and the params that read them."""
    raw = root / "raw"
    raw.mkdir(exist_ok=True)
    times = pd.date_range("2025-01-01", periods=rows, freq="h", tz="UTC")
    for number in range(assets):
        frame = pd.DataFrame({"time": times, "p": [k * 0.37 % 1 for k in range(rows)]})
        frame.to_csv(raw / f"A{number:02d}.csv", index=False)
    params = {
        "equipment": {"pump": {"sensors": {"p": {"unit": "bar"}}}},
        "source": {
            "path": str(raw),
            "readings": [{"asset_from": "(?P<asset>A[0-9]+)", "sensors": {"p": {"sensor": "p"}}}],
        },
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def start(root: Path, limit: int = 0) -> subprocess.Popen[str]:
    """Run the stage in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), str(limit)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(root: Path, limit: int = 0) -> tuple[int, str]:
    """Run the stage to its end; return its exit code and what it said."""
    process = start(root, limit)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def rows_of(root: Path) -> list[int]:
    tables = root / "tables"
    return [len(read_readings(tables, *one)) for one in list_assets(tables)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    plant(tmp_path, assets=2, rows=30)
    code, said = finish(tmp_path)
    assert code == 0, said
    return tmp_path


def test_a_full_disk(root: Path) -> None:
    plant(root, assets=3, rows=20_000)
    code, said = finish(root, limit=16_384)
    assert code == 1
    assert "refused: got File too large while writing" in said
    assert rows_of(root) == [30, 30]
    assert sorted(path.name for path in root.iterdir() if path.name.startswith(".")) == []
    assert finish(root)[0] == 0
    assert rows_of(root) == [20_000] * 3


def test_killed_in_the_middle(root: Path) -> None:
    plant(root, assets=12, rows=5_000)
    process = start(root)
    until = time.monotonic() + 60
    while not list(root.glob(".tables.*.tmp/readings/*/*/*.parquet")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert rows_of(root) == [30, 30]
    assert list(root.glob(".tables.*.tmp"))
    assert finish(root)[0] == 0
    assert rows_of(root) == [5_000] * 12
    assert len(read_table(root / "tables", "rejects")) == 0
    assert not list(root.glob(".tables.*"))
