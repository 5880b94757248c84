"""Kinds of input that descriptors are held against others on."""

from __future__ import annotations

import numpy as np

from faultprint.signal.catalogue import CATALOGUE, FAMILIES
from faultprint.signal.descriptors import compute

NAMES = [*CATALOGUE, *FAMILIES.values()]
"""Every descriptor of the catalogue, and the example of each family."""

STEP = 500_000_000
"""Time between two readings [ns]."""


def _random(size: int, seed: int) -> np.ndarray:
    """Noise and a tone, multiples of 1/64, so that they stay exact under a large offset."""
    rng, at = np.random.default_rng(seed), np.arange(size)
    return np.round(64 * (rng.normal(size=size) + np.sin(at * 1.3) + 0.3)) / 64


def _holed(size: int) -> np.ndarray:
    values = _random(size, 5)
    values[np.random.default_rng(5).random(size) < 0.3] = np.nan
    return values


KINDS: dict[str, np.ndarray] = {
    "random, even": _random(64, 1),
    "random, odd": _random(77, 2),
    "single precision": _random(50, 3).astype(np.float32),
    "constant": np.full(40, 0.1),
    "zeros": np.zeros(40),
    "NaN": _holed(90),
    "nothing but NaN": np.full(30, np.nan),
    "offset of 1e9": _random(64, 4) + 1e9,
    "shuffled": np.random.default_rng(6).permutation(np.arange(60.0) ** 2),
    **{f"{size} values": _random(size, size) for size in range(1, 10)},
}


def instants_of(size: int) -> np.ndarray:
    """Instants [ns], evenly spaced."""
    return np.arange(size) * STEP + 1_700_000_000_000_000_000


def ours(names: list[str], values: np.ndarray) -> dict[str, float]:
    """Our descriptors of one window that holds all values that are numbers."""
    good = np.isfinite(values)
    bounds = np.array([0]), np.array([good.sum()])
    found = compute(names, values[good], instants_of(values.size)[good], *bounds)
    return {name: float(each[0]) for name, each in found.items()}
