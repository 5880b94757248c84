"""By how much one sensor of an asset runs behind another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment
from faultprint.signal.clean import is_running
from faultprint.signal.instants import instants, nanoseconds
from faultprint.tables import QUALITY, QUALITY_SUFFIX

Floats = NDArray[np.float64]

REACH = 48
"""Periods looked at on each side."""

SHARP, BESIDE = 1.5, 4
"""How many times stronger the best lag must be than all that are more than so many periods away:
what follows the sun agrees at many lags and says nothing of clocks."""

MOST_ROWS = 1 << 16
"""Periods of a history that are compared at most, the latest."""

COLUMNS = {"asset": "str", "sensor": "str", "against": "str", "lag": "int64",
           "strength": "float64", "at_once": "float64"}  # fmt: skip


def sensor_lags(asset: str, readings: pd.DataFrame, equipment: Equipment) -> pd.DataFrame:
    """Measure by how many periods each sensor follows the one it is most like.

    Parameters
    ----------
    asset : str
        The asset.
    readings : pandas.DataFrame
        Its rows of ``readings``, sorted.
    equipment : Equipment
        Its class.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``sensor``, ``against`` (a condition; any other sensor where there is none),
        ``lag`` (periods by which ``sensor`` comes later; below zero: earlier), ``strength``
        (absolute correlation of their changes at that lag) and ``at_once`` (at lag zero), of pairs
        whose changes are correlated at all.

    Notes
    -----
    Changes from period to period are compared, not levels: levels share slow trends, and would
    agree at any lag. Strength must exceed six standard errors, one over the root of the number of
    changes.
    """
    changes, known = _changes(readings, equipment)
    names = list(equipment.sensors)
    conditions = [n for n in equipment.named("condition") if n in names]
    rows = []
    for place, name in enumerate(names):
        others = [n for n in (conditions or names[:place]) if n != name]
        if name in conditions and others:
            others = [n for n in others if names.index(n) < place]
        best = _best(changes, known, place, [names.index(n) for n in others])
        if best is not None:
            against, lag, strength, at_once = best
            rows.append((asset, name, names[against], lag, strength, at_once))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _changes(readings: pd.DataFrame, equipment: Equipment) -> tuple[Floats, Floats]:
    """Take the changes from period to period by sensor, scaled to one, and where they are known."""
    period = nanoseconds(equipment.period)
    slot = instants(readings["time"]) // period
    if not len(slot):
        return np.zeros((0, len(equipment.sensors))), np.zeros((0, len(equipment.sensors)))
    runs = is_running(readings, equipment)
    keep = slot > slot[-1] - MOST_ROWS
    length = int(slot[-1] - slot[keep][0]) + 1
    level = np.full((length, len(equipment.sensors)), np.nan)
    for column, name in enumerate(equipment.sensors):
        good = (readings[name + QUALITY_SUFFIX] == QUALITY["good"]).to_numpy() & runs & keep
        level[slot[good] - slot[keep][0], column] = readings[name].to_numpy()[good]
    step = np.diff(level, axis=0)
    wide = np.array([_wide(column[~np.isnan(column)]) for column in step.T])
    known = (~np.isnan(step)).astype(np.float64)
    return np.clip(np.nan_to_num(step / wide), -1, 1), known


def _wide(steps: Floats) -> float:
    """Size of the largest usual change, beyond which a change is cut."""
    found = float(np.quantile(np.abs(steps), 0.99)) if len(steps) else 0.0
    return found if found > 0 else 1.0


def _best(
    changes: Floats, known: Floats, place: int, others: list[int]
) -> tuple[int, int, float, float] | None:
    """Find the other sensor and the lag at which the changes agree most."""
    best: tuple[int, int, float, float] | None = None
    for other in others:
        found, pairs = _correlations(
            changes[:, place], changes[:, other], known[:, place], known[:, other]
        )
        at = int(np.argmax(np.abs(found)))
        strength = float(np.abs(found[at]))
        if pairs[at] < 200 or strength < max(6 / np.sqrt(pairs[at]), 0.1):
            continue
        if strength < SHARP * float(np.delete(np.abs(found), _near(at)).max()):
            continue
        if best is None or strength > best[2]:
            best = (other, at - REACH, strength, float(np.abs(found[REACH])))
    return best


def _near(at: int) -> NDArray[np.int64]:
    """Positions of the lags beside one."""
    return np.arange(max(at - BESIDE, 0), min(at + BESIDE + 1, 2 * REACH + 1))


def _correlations(
    one: Floats, other: Floats, has_one: Floats, has_other: Floats
) -> tuple[Floats, Floats]:
    """Correlate two series of changes about zero at every lag; lag zero stands in the middle."""

    def crossed(a: Floats, b: Floats) -> Floats:
        size = 1 << int(np.ceil(np.log2(len(a) + REACH + 1)))
        full = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
        return np.concatenate([full[-REACH:], full[: REACH + 1]])

    if len(one) < 2 * REACH:
        return np.zeros(2 * REACH + 1), np.zeros(2 * REACH + 1)
    pairs = crossed(has_one, has_other)
    power = crossed(one**2, has_other) * crossed(has_one, other**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = crossed(one, other) / np.sqrt(power)
    found = np.where((pairs > 0.5) & (power > 1e-9), found, 0.0)
    return np.nan_to_num(found), np.maximum(np.round(pairs), 1.0)
