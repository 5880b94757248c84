"""Failures before which no sensor left its usual range: nobody can find them on these sensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.learning.sample import Sample

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

SIGNIFICANT = 0.05
"""p-value below which a failure was visible."""
MOST_BLOCKS = 2000
"""Healthy stretches that a failure is compared with at most."""


@dataclass(frozen=True)
class Seen:
    """How visible one failure was."""

    episode: str
    failure_mode: str
    p_value: float
    """Share of healthy stretches of the same length that deviate as much in any sensor."""
    by: str
    """What deviated most; empty if nothing did."""

    @property
    def is_visible(self) -> bool:
        """Whether it deviated more than 95 of 100 healthy stretches."""
        return self.p_value <= SIGNIFICANT


def visible_failures(sample: Sample) -> tuple[Seen, ...]:
    """Judge by what the twin did not expect whether each failure could be seen coming.

    Parameters
    ----------
    sample : Sample
        The training windows of one equipment class.

    Returns
    -------
    tuple[Seen, ...]
        One per episode and failure mode.

    Notes
    -----
    Of each stretch of windows, and each sensor, the largest distance from expected and the distance
    of the mean are taken (and so of the count of each error code); each is ranked among healthy
    stretches as long. The smallest of the ranks of one stretch is ranked once more among those of
    healthy stretches, so that many sensors do not make a find likely (Westfall and Young 1993,
    min-P). Deviances of training windows come from twins of other assets. Where there is no twin,
    means stand for deviances.
    """
    columns = _columns(sample.features)
    values = sample.matrix[:, columns] - _middle(sample, columns)
    values = np.where(np.isfinite(values), values, 0.0)
    names = [sample.features[i] for i in columns] * 2
    healthy = _stretches(sample.windows, sample.showing("healthy"))
    cache: dict[int, tuple[Floats, Floats]] = {}
    seen = []
    for (mode, name), rows in sample.episodes.groupby(["failure_mode", "episode"], sort=True):
        at = rows["row"].to_numpy(np.int64)
        if len(at) not in cache:
            cache[len(at)] = _null(values, healthy, len(at))
        blocks, smallest = cache[len(at)]
        if not len(blocks):
            continue
        mine = _sizes(values[at])
        ranks = (1 + (blocks >= mine).sum(axis=0)) / (1 + len(blocks))
        least = float(ranks.min(initial=1.0))
        p = float((1 + (smallest <= least).sum()) / (1 + len(smallest)))
        by = names[int(ranks.argmin())] if p <= SIGNIFICANT else ""
        seen.append(Seen(str(name), str(mode), p, by))
    return tuple(seen)


def _columns(features: tuple[str, ...]) -> list[int]:
    deviances = [i for i, name in enumerate(features) if name.endswith(DEVIANCE)]
    if not deviances:
        deviances = [i for i, name in enumerate(features) if name.endswith((".mean", ".rms"))]
    codes = [i for i, name in enumerate(features) if name.startswith("error.")]
    return deviances + codes or list(range(len(features)))


def _middle(sample: Sample, columns: list[int]) -> Floats:
    healthy = sample.matrix[sample.showing("healthy")][:, columns]
    known = np.where(np.isfinite(healthy).any(axis=0), healthy, 0.0)
    return np.asarray(np.nanmedian(known, axis=0), dtype=np.float64)


def _stretches(windows: pd.DataFrame, healthy: NDArray[np.bool_]) -> list[Whole]:
    """List the healthy windows of each asset, in order of time."""
    frame = windows.assign(row=np.arange(len(windows)))[healthy]
    ordered = frame.sort_values(["asset", "end"], kind="stable")
    return [one["row"].to_numpy(np.int64) for _, one in ordered.groupby("asset", sort=True)]


def _sizes(stretch: Floats) -> Floats:
    """Largest distance of each column within a stretch, and the distance of its mean."""
    return np.concatenate([np.abs(stretch).max(axis=0), np.abs(stretch.mean(axis=0))])


def _null(values: Floats, healthy: list[Whole], length: int) -> tuple[Floats, Floats]:
    """Largest values of healthy stretches of a length, and the smallest rank of each stretch."""
    starts = [(rows, i) for rows in healthy for i in range(0, len(rows) - length + 1, length)]
    every = max(-(-len(starts) // MOST_BLOCKS), 1)
    sizes = [_sizes(values[rows[i : i + length]]) for rows, i in starts[::every]]
    blocks = np.array(sizes).reshape(len(sizes), 2 * values.shape[1])
    if not len(blocks):
        return blocks, np.empty(0)
    ordered = np.sort(blocks, axis=0)
    above = [
        len(blocks) - np.searchsorted(ordered[:, column], blocks[:, column], side="left")
        for column in range(blocks.shape[1])
    ]
    ranks = (1 + np.array(above)) / (1 + len(blocks))
    return blocks, ranks.min(axis=0)
