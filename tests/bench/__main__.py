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
from tests.bench.engines import (
    ENGINES,
    LINES,
    MANY,
    ORDER,
    PERIOD,
    SIZE,
    SPECTRUM,
    STEP,
    TIME,
    values_for,
)

ROUNDS, STARTS = 5, 3


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


FIRST = f"""
import numpy as np
from faultprint.signal.descriptors import compute
values = np.random.default_rng(0).normal(size={SIZE} * 8).astype(np.float32)
starts = np.arange(0, {SIZE} * 7, {STEP})
clock = np.arange(values.size) * {PERIOD}
compute({[*TIME, *ORDER, *SPECTRUM, *LINES]}, values, clock, starts, starts + {SIZE})
"""


def cold() -> dict[str, float]:
    """CPU seconds of a process, from its start on: first descriptors, and importing the engine."""
    rounds: dict[str, list[float]] = {}
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as cache:
            env = {**os.environ, "NUMBA_CACHE_DIR": cache}
            for name, code in (
                ("compiling", FIRST),
                ("compiled before", FIRST),
                ("import", "import faultprint.signal.descriptors"),
            ):
                before = of_children()
                subprocess.run([sys.executable, "-c", code], check=True, env=env)
                rounds.setdefault(name, []).append(of_children() - before)
    return {name: statistics.median(seconds) for name, seconds in rounds.items()}


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
    for name in ("float32", "float64"):
        pairs = zip(taken["ours, spectrum"], taken[f"bare rfft, {name}"], strict=True)
        print(
            f"ours, spectrum: {statistics.median(a / b for a, b in pairs):.2f} x bare rfft, {name}"
        )
    print(f"a process, CPU seconds, median of {STARTS}:")
    for name, seconds in cold().items():
        print(f"{name}: {seconds:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory-of", choices=ENGINES)
    chosen = parser.parse_args().memory_of
    print_memory(chosen) if chosen else report()
