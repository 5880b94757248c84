"""Trials on planted faults: what a limit costs in missed faults, where no fault is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.state.statistics import THINNED
from faultprint.twin.wander import Floats, Wander, deviances, find_level

ORIGINS = (0.4, 0.55, 0.7)
"""Shares of a reference that are learnt from when the rest of it is the trial."""
LIMITS = np.geomspace(0.3, 30.0, 160)
"""Limits that are tried."""


@dataclass(frozen=True)
class Trial:
    """The rest of a reference, with a fault planted in one sensor after the other."""

    runs: tuple[Floats, ...]
    """Deviances of its rows, one run a plant."""
    planted: NDArray[np.bool_]
    """Which rows are shifted; the same in each run."""
    cloud: Floats
    """Deviances of the rows that were learnt from."""


def plant_faults(wander: Wander, reference: Floats, sizes: Sequence[float]) -> Iterator[Trial]:
    """Shift the middle third of what a reference goes on with, sensor by sensor.

    Parameters
    ----------
    wander : Wander
        Of the class.
    reference : NDArray[numpy.float64]
        Rows by sensors of one unit.
    sizes : Sequence[float]
        Shifts, in standard deviations of the sensor's rows before the trial.

    Yields
    ------
    Trial
        One for each of ``ORIGINS``: the level is learnt from that share of the reference.
    """
    for share in ORIGINS:
        begun = int(share * len(reference))
        level = find_level(wander, reference[:begun])
        third = (len(reference) - begun) // 3
        mark = np.zeros(len(reference), dtype=bool)
        mark[begun + third : begun + 2 * third] = True
        centred = np.nan_to_num(reference[:begun] - level.centre)
        spread = np.sqrt((centred**2).mean(axis=0))
        clean = deviances(wander, level, reference)
        runs = []
        for sensor, one in enumerate(spread):
            for size in sizes:
                shifted = reference.copy()
                shifted[mark, sensor] += size * one
                runs.append(deviances(wander, level, shifted)[begun:])
        yield Trial(tuple(runs), mark[begun:], clean[wander.window - 1 : begun : THINNED])


def best_limit(
    scores: Sequence[Sequence[Floats]], planted: Sequence[NDArray[np.bool_]]
) -> tuple[float, float]:
    """Find the limit that tells planted rows from others best.

    Parameters
    ----------
    scores : Sequence[Sequence[NDArray[numpy.float64]]]
        Of each trial and run, one value a row.
    planted : Sequence[NDArray[numpy.bool_]]
        Of each trial, which rows are shifted.

    Returns
    -------
    limit : float
        One of ``LIMITS``; the lowest of several that are as good.
    gain : float
        Share of planted rows above it less the share of the others above it, Youden's J.
    """
    every = [np.stack(runs) for runs in scores]
    marked = list(zip(every, planted, strict=True))
    shifted = np.concatenate([runs[:, mark].ravel() for runs, mark in marked])
    others = np.concatenate([runs[:, ~mark].ravel() for runs, mark in marked])
    return youden(shifted, others, LIMITS)


def youden(abnormal: Floats, healthy: Floats, limits: Floats) -> tuple[float, float]:
    """Find the limit with the largest share of abnormal rows above it less that of healthy ones.

    Parameters
    ----------
    abnormal : NDArray[numpy.float64]
        Scores of abnormal rows; larger is stranger.
    healthy : NDArray[numpy.float64]
        Scores of healthy rows.
    limits : NDArray[numpy.float64]
        Limits to try.

    Returns
    -------
    limit : float
        The lowest of several that are as good.
    gain : float
        Youden's J (doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3).
    """
    found, false = _above(abnormal, limits), _above(healthy, limits)
    gains = found / max(abnormal.size, 1) - false / max(healthy.size, 1)
    at = int(np.argmax(gains))
    return float(limits[at]), float(gains[at])


def _above(values: Floats, limits: Floats) -> Floats:
    ranked = np.sort(values)
    return np.asarray(ranked.size - np.searchsorted(ranked, limits, side="right"), dtype=np.float64)
