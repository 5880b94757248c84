"""Descriptors of the segments of a waveform, one after another, so that none is held but one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from faultprint.errors import ConfigError
from faultprint.signal.arrays import spans_of
from faultprint.signal.bearings import Mounting
from faultprint.signal.bursts import ENVELOPE, describe_bursts
from faultprint.signal.descriptors import compute


def describe_segments(
    segments: Iterable[npt.NDArray[np.generic]],
    rate_hz: float,
    names: Sequence[str],
    mounting: Mounting | None = None,
) -> pd.DataFrame:
    """Describe each segment of an evenly sampled waveform by itself.

    Parameters
    ----------
    segments : Iterable[numpy.ndarray]
        Samples of each segment, in order; taken one at a time. Samples that are not finite are
        left out.
    rate_hz : float
        Samples a second.
    names : Sequence[str]
        Descriptors of the catalogue, and envelope descriptors.
    mounting : Mounting | None, default None
        The bearing or gears, and their rated speed, for the envelope.

    Returns
    -------
    pandas.DataFrame
        One row a segment, one float64 column a descriptor; to the last bit what ``describe`` gives
        for a window of the same samples at the same instants.

    Raises
    ------
    ConfigError
        If the rate is not above 0, or a name is unknown.
    """
    if not rate_hz > 0:
        raise ConfigError.because(f"a rate of {rate_hz} Hz", "above 0", "state the sampling rate")
    plain = [name for name in names if name not in ENVELOPE]
    beats = [name for name in names if name in ENVELOPE]
    rows, speed = [], np.array([mounting.shaft_hz if mounting else np.nan])
    for segment in segments:
        kind = np.float32 if segment.dtype == np.float32 else np.float64
        values = segment.astype(kind)
        times = (np.arange(values.size) * (1e9 / rate_hz)).astype(np.int64)
        good = np.isfinite(values)
        values, times = values[good], times[good]
        span = np.zeros(1, np.int64), np.array([values.size], np.int64)
        made = compute(plain, values, times, *span)
        made |= describe_bursts(beats, spans_of(values, times, *span), mounting, speed)
        rows.append({name: float(made[name][0]) for name in names})
    return pd.DataFrame(rows, columns=list(names), dtype="float64")
