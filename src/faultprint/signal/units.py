"""Descriptors of units that are marked in the readings: cycles, recordings, or pieces of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.errors import TableError
from faultprint.signal.arrays import Real, Whole, spans_of
from faultprint.signal.bearings import Mounting
from faultprint.signal.bursts import ENVELOPE, describe_bursts
from faultprint.signal.descriptors import compute


@dataclass(frozen=True, eq=False)
class Pieces:
    """Units as stretches of rows."""

    starts: Whole
    """First row of each."""
    stops: Whole
    """The row after its last."""


def cut_pieces(marks: Sequence[np.ndarray], length: int | None, step: int | None) -> Pieces:
    """Cut rows into units.

    Parameters
    ----------
    marks : Sequence[numpy.ndarray]
        Arrays of one value a row; a unit ends where any of them changes.
    length : int | None
        Rows of a piece; None takes each stretch whole.
    step : int | None
        Rows from piece to piece; None: the length.

    Returns
    -------
    Pieces
        In order; what is left over at the end of a stretch is left out.
    """
    rows = len(marks[0])
    changed = np.any([np.asarray(one[1:] != one[:-1]) for one in marks], axis=0)
    edges = np.concatenate([[0], np.flatnonzero(changed) + 1, [rows]]).astype(np.int64)
    first, last = edges[:-1], edges[1:]
    if length is None:
        return Pieces(first, last)
    starts = [
        np.arange(a, b - length + 1, step or length, dtype=np.int64)
        for a, b in zip(first, last, strict=True)
    ]
    begun = np.concatenate([np.empty(0, np.int64), *starts])
    return Pieces(begun, begun + length)


def describe_units(
    frame: pd.DataFrame,
    pieces: Pieces,
    asked: Mapping[str, Sequence[str]],
    mounting: Mounting | None = None,
    turns_per_hz: float = np.nan,
) -> pd.DataFrame:
    """Describe units, each by itself.

    Parameters
    ----------
    frame : pandas.DataFrame
        Readings with ``time`` and a column a sensor; values that are not finite are left out.
    pieces : Pieces
        The units.
    asked : Mapping[str, Sequence[str]]
        Sensor -> descriptors of the catalogue and of waveforms.
    mounting : Mounting | None, default None
        The bearing or gears and their speed.
    turns_per_hz : float, default np.nan
        Unit of the sensor that measures the speed, if one does: how many are one turn a second.

    Returns
    -------
    pandas.DataFrame
        One row a unit, one column ``<sensor>.<descriptor>``; what ``describe`` gives for a window
        of the same values.

    Raises
    ------
    TableError
        If the readings have no column of a sensor.
    """
    measured = mounting.speed_sensor if mounting else ""
    lost = sorted({*asked, *([measured] if measured else [])} - set(frame.columns))
    if lost:
        raise TableError.because(f"readings without {lost}", "a column a sensor", "correct params")
    times = frame["time"].dt.as_unit("ns").astype("int64").to_numpy()
    speed = np.full(len(pieces.starts), mounting.shaft_hz if mounting else np.nan)
    if measured:
        speed = compute(["mean"], *_good(frame, measured, times, pieces))["mean"] / turns_per_hz
    columns: dict[str, Real] = {}
    for sensor, names in asked.items():
        kept, when, starts, stops = _good(frame, sensor, times, pieces)
        plain = [name for name in names if name not in ENVELOPE]
        beats = [name for name in names if name in ENVELOPE]
        made = compute(plain, kept, when, starts, stops)
        made |= describe_bursts(beats, spans_of(kept, when, starts, stops), mounting, speed)
        columns |= {f"{sensor}.{name}": made[name] for name in names}
    return pd.DataFrame(columns)


def _good(
    frame: pd.DataFrame, sensor: str, times: Whole, pieces: Pieces
) -> tuple[Real, Whole, Whole, Whole]:
    """Take what was measured: values, their instants, and where each piece begins and ends."""
    values = frame[sensor].to_numpy(dtype=np.float64)
    good = np.flatnonzero(np.isfinite(values))
    starts, stops = (np.searchsorted(good, at) for at in (pieces.starts, pieces.stops))
    return values[good], times[good], starts, stops
