"""Bearing faults by their frequencies: a ranking without training.

What is hard about it is measured by W. A. Smith and R. B. Randall (2015), Rolling element bearing
diagnostics using the Case Western Reserve University data, doi:10.1016/j.ymssp.2015.04.021.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from faultprint.errors import TableError
from faultprint.signal.arrays import Real
from faultprint.signal.bearings import SLIP, Bearing
from faultprint.signal.envelope import (
    RESOLUTION_HZ,
    Band,
    beat_power,
    kurtogram,
    line_step,
    lines_near,
    squared_envelopes,
    stretch_spectra,
)


@dataclass(frozen=True)
class Ranking:
    """How faults are ranked."""

    bands: int = 8
    """Equal bands whose envelope spectra are averaged: level 3 of the tree of the kurtogram."""
    resolution_hz: float = RESOLUTION_HZ
    """Distance of two lines of the envelope spectrum."""
    slip: float = SLIP
    """Tolerance of the frequencies [1]."""


USUAL = Ranking()
"""Eight bands, 1 Hz, 2 %."""


RANKED = ("bpfo", "bpfi", "bsf")
"""The frequencies that are ranked; the cage's is shared by too many other causes."""

CLEAR = 3.0
"""Prominence [1] from which a fault is named: twenty times the floor."""

_FLOOR_HZ = 12.0
"""Half-width of the neighbourhood whose median is the floor of a line."""

NARROWEST = 1.1 * 3
"""Narrowest band, as a multiple of the highest frequency looked for: three harmonics fit in."""

HARMONICS = 3
"""Multiples of a fault frequency whose energy counts."""


def ringing_band(samples: Real, rate_hz: float, highest_hz: float) -> Band:
    """Choose the most impulsive band that is wide enough for the frequencies looked for.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples, shape (n,).
    rate_hz : float
        Samples a second.
    highest_hz : float
        The highest of the frequencies.

    Returns
    -------
    Band
        At least three times as wide as the highest of the frequencies, and a tenth more.

    Raises
    ------
    TableError
        If there are fewer than 16 samples, or some are not finite.
    """
    return kurtogram(samples, rate_hz, NARROWEST * highest_hz)[0]


def rank_faults(
    samples: Real, rate_hz: float, bearing: Bearing, shaft_hz: float, how: Ranking = USUAL
) -> dict[str, float]:
    """Rank the parts of a bearing by how far their frequency stands out, without any training.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples of an acceleration, shape (n,).
    rate_hz : float
        Samples a second.
    bearing : Bearing
        Its geometry.
    shaft_hz : float
        Turns of the shaft a second.
    how : Ranking, default USUAL
        Bands, resolution and tolerance.

    Returns
    -------
    dict[str, float]
        ``bpfo`` (outer race), ``bpfi`` (inner race) and ``bsf`` (ball) -> prominence: natural
        logarithm of the highest line within the tolerance over its floor [1], the most prominent
        first. Below :data:`CLEAR` the order says little.

    Raises
    ------
    TableError
        If there are fewer than 16 samples, some are not finite, or the bands are too narrow for
        the frequencies.

    Notes
    -----
    Each of the equal bands is divided by its own floor, the median within 12 Hz, before they are
    averaged, so that a fault counts in whatever band it rings. Choosing one band by its kurtosis
    ranks worse where a knock of another origin is more impulsive than the fault.
    """
    spectra = stretch_spectra(samples, rate_hz, how.resolution_hz)
    step = line_step(spectra, rate_hz)
    powers = [beat_power(squared_envelopes(spectra, how.bands, i)) for i in range(how.bands)]
    ratio = np.mean([_flattened(power, step) for power in powers], axis=0)
    wanted = bearing.frequencies(shaft_hz)
    lines = {name: lines_near(wanted[name], how.slip, step) for name in RANKED}
    if max(near.stop for near in lines.values()) > ratio.size:
        raise TableError.because(
            f"{rate_hz:g} samples a second, too few for a shaft at {shaft_hz:g} Hz",
            f"{how.bands} bands wider than the fault frequencies",
            "record faster, or state the right speed",
        )
    found = {n: math.log(max(float(ratio[near].max()), 1e-9)) for n, near in lines.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _flattened(power: Real, step_hz: float) -> Real:
    """Divide each line by the median of its neighbourhood."""
    reach = min(round(_FLOOR_HZ / step_hz), (power.size - 1) // 2)
    padded = np.pad(power, reach, mode="edge")
    floor = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    return np.where(floor > 0, power / np.where(floor > 0, floor, 1.0), 1.0)
