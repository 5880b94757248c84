"""``python -m tests.bench``: print time, memory, ratios and agreement of every engine."""

from __future__ import annotations

# ruff: noqa: E402 - engines read the number of threads when they are imported
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from faultprint.store.parquet import write_parquet
from tests.bench.engines import ENGINES, MANY, PERIOD, SIZE, STEP, values_for

ROUNDS = 5


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process, all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def peak(name: str) -> int:
    """Memory an engine takes on top of its imports and data [bytes]."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench", "--memory-of", name]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def resident(field: str) -> int:
    """Memory of this process [bytes]: ``VmRSS`` now, ``VmHWM`` at its highest."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


def print_memory(name: str) -> None:
    """Run an engine on a few windows, then on all, and print by how much memory grew at most."""
    engine = ENGINES[name]
    engine.run(values_for(20))
    values = values_for(engine.windows)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak so far is forgotten
    engine.run(values)
    print(max(resident("VmHWM") - before, 0))


def agreement(name: str) -> str:
    """Largest relative difference to ours, over the descriptors that mean the same."""
    engine = ENGINES[name]
    values = values_for(min(engine.windows, 100))
    theirs, ours = engine.run(values), ENGINES[engine.against].run(values)
    same = set(theirs) & set(ours)
    if name.startswith("pandas"):
        same -= {"skewness", "kurtosis"}  # of the sample there, of the population here
    if name.startswith("ours") or not same:
        return ""
    gaps = []
    for each in same:
        n = min(theirs[each].size, ours[each].size)
        scale = np.maximum(np.abs(ours[each][:n]), 1e-6 * np.abs(ours["mean"][:n]))
        gaps.append(np.nanmax(np.abs(theirs[each][:n] - ours[each][:n]) / scale))
    return f"{max(gaps):.0e} of {len(same)}"


def bounds() -> dict[str, Callable[[], object]]:
    """Copying the values, and reading them from Parquet as we write it."""
    values = values_for(MANY)
    target = np.empty_like(values)
    folder = Path(tempfile.mkdtemp())
    write_parquet(pd.DataFrame({"x": values}), folder / "x.parquet")
    return {
        "memory copy": lambda: np.copyto(target, values),
        "Parquet read": lambda: pq.read_table(folder / "x.parquet", use_threads=False),
    }


def measure() -> dict[str, list[float]]:
    """CPU seconds per window of each engine in each round; per value for the bounds."""
    data = {name: values_for(engine.windows) for name, engine in ENGINES.items()}
    limits = bounds()
    for name, engine in ENGINES.items():
        engine.run(data[name][: SIZE + 20 * STEP])
    taken: dict[str, list[float]] = {name: [] for name in [*ENGINES, *limits]}
    for _ in range(ROUNDS):
        for name, engine in ENGINES.items():
            taken[name].append(spent(lambda e=engine, n=name: e.run(data[n])) / engine.windows)
        for name, work in limits.items():
            taken[name].append(
                spent(lambda w=work: [w() for _ in range(20)]) / 20 / data["ours"].size
            )
    return taken


def of_children() -> float:
    """CPU seconds of the processes started so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cold() -> list[float]:
    """CPU seconds of the first descriptors with an empty cache, with a full one, of importing."""
    first = "from tests.bench.engines import *; ENGINES['ours'].run(values_for(20))"
    seconds = []
    with tempfile.TemporaryDirectory() as cache:
        env = {**os.environ, "NUMBA_CACHE_DIR": cache}
        for code in (first, first, "import faultprint.signal.descriptors"):
            before = of_children()
            subprocess.run([sys.executable, "-c", code], check=True, env=env)
            seconds.append(of_children() - before)
    return seconds


def report() -> None:
    """Print the table."""
    taken = measure()
    middle = {name: statistics.median(times) for name, times in taken.items()}
    print(f"windows of {SIZE} values every {STEP}, {1e9 / PERIOD:g} Hz, float32; one core,")
    print(f"CPU time, median of {ROUNDS} rounds in turn; ratio: theirs / ours of the same kind\n")
    print(
        "| engine | descriptors | us a window | new values a second | ratio | memory | agrees to |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, engine in ENGINES.items():
        ratios = [a / b for a, b in zip(taken[name], taken[engine.against], strict=True)]
        print(
            f"| {name} | {engine.descriptors or ''} | {middle[name] * 1e6:.3g} "
            f"| {STEP / middle[name]:.3g} | {statistics.median(ratios):,.3g} "
            f"| {peak(name) / 2**20:.0f} MiB | {agreement(name)} |"
        )
    print()
    for name in ("memory copy", "Parquet read"):
        print(f"{name}: {middle[name] * 1e9:.2f} ns a value")
    for name in ("ours, time domain", "ours"):
        each = middle[name] / STEP
        print(
            f"{name}: {each * 1e9:.2f} ns a new value, {each / middle['Parquet read']:.1f} x read"
        )
    first, warm, imported = cold()
    print(f"first descriptors, CPU: {first:.1f} s compiling, {warm:.1f} s compiled before;")
    print(f"import of the engine: {imported:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory-of", choices=ENGINES)
    chosen = parser.parse_args().memory_of
    print_memory(chosen) if chosen else report()
