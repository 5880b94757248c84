"""Machine code kept on disk is used again, and never after its source changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import faultprint

RUN = """
import numpy as np
from faultprint.signal import kernels
from faultprint.signal.arrays import Spans
found = np.zeros((kernels.MEASURED, 1))
spans = Spans(np.arange(6.0), np.arange(6), np.array([0]), np.array([6]))
kernels.measure(spans, kernels.rooms_for(spans, 2), found)
print(found[kernels.SIZES, 0], sum(kernels.measure.stats.cache_hits.values()))
"""


def _mean_size(source: Path, cache: Path) -> tuple[float, int]:
    """Mean size of the values 0 to 5, and how often compiled code was taken from the disk."""
    env = {**os.environ, "PYTHONPATH": str(source), "NUMBA_CACHE_DIR": str(cache)}
    made = subprocess.run(
        [sys.executable, "-c", RUN], check=True, capture_output=True, text=True, env=env
    )
    size, hits = made.stdout.split()
    return float(size), int(hits)


@pytest.mark.slow
def test_a_change_of_any_module_the_kernels_are_made_of_is_noticed(tmp_path: Path) -> None:
    source, cache = tmp_path / "src", tmp_path / "cache"
    shutil.copytree(Path(faultprint.__file__).parent, source / "faultprint")
    assert _mean_size(source, cache) == (2.5, 0)
    assert _mean_size(source, cache) == (2.5, 1)
    simd = source / "faultprint" / "signal" / "simd.py"
    text = simd.read_text("utf-8")
    halved = text.replace('_named("llvm.fabs.v8f64")', '_named("llvm.sqrt.v8f64")')
    assert halved != text
    simd.write_text(halved, "utf-8")
    roots = sum(value**0.5 for value in range(6)) / 6
    size, hits = _mean_size(source, cache)
    assert (size, hits) == (pytest.approx(roots), 0)
