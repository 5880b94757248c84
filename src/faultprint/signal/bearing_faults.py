"""Bearing faults by their frequencies: a ranking without training, and descriptors of windows.

What is hard about it is measured by W. A. Smith and R. B. Randall (2015), Rolling element bearing
diagnostics using the Case Western Reserve University data, doi:10.1016/j.ymssp.2015.04.021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from faultprint.errors import ConfigError, TableError
from faultprint.signal.bearings import PARTS, SLIP, Bearing, Mounting
from faultprint.signal.envelope import (
    RESOLUTION_HZ,
    Band,
    beat_power,
    envelope_spectrum,
    kurtogram,
    line_step,
    lines_near,
    squared_envelopes,
    stretch_spectra,
)
from faultprint.signal.instants import Real, Whole


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

SHORTEST = 1024
"""Samples in a row below which nothing is said."""

_BAND = {
    "envelope_kurtosis": ("excess kurtosis of the most impulsive band's envelope; 0: noise", "1"),
    "envelope_band": ("centre of the most impulsive band", "Hz"),
}

ENVELOPE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **{
            f"envelope_{name}": (
                f"power of the squared envelope's beat at the frequency of the {part} and two "
                "harmonics, within 2 % for slip; missing without geometry and speed",
                "1",
            )
            for name, part in PARTS.items()
        },
        **_BAND,
    }
)
"""Descriptors of a waveform by name: what each says, and its unit."""


def ringing_band(samples: Real, rate_hz: float, bearing: Bearing, shaft_hz: float) -> Band:
    """Choose the most impulsive band that is wide enough for the bearing's frequencies.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples, shape (n,).
    rate_hz : float
        Samples a second.
    bearing : Bearing
        Its geometry.
    shaft_hz : float
        Turns of the shaft a second.

    Returns
    -------
    Band
        At least three times as wide as the highest of the frequencies, and a tenth more.

    Raises
    ------
    TableError
        If there are fewer than 16 samples, or some are not finite.
    """
    highest = max(bearing.frequencies(shaft_hz).values())
    return kurtogram(samples, rate_hz, NARROWEST * highest)[0]


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


def describe_bursts(
    names: Sequence[str],
    values: Real,
    times: Whole,
    starts: Whole,
    stops: Whole,
    mounting: Mounting | None,
) -> dict[str, Real]:
    """Compute envelope descriptors of windows of a waveform.

    Parameters
    ----------
    names : Sequence[str]
        Which of :data:`ENVELOPE`.
    values : numpy.ndarray
        Good values of one sensor of one asset, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    mounting : Mounting | None
        The bearing and its speed; None: not known.

    Returns
    -------
    dict[str, numpy.ndarray]
        Name -> one value per window, shape (w,). NaN where no bearing is known, where there are
        fewer than 1,024 evenly spaced samples in a row, or where they are too slow for its
        frequencies.

    Raises
    ------
    ConfigError
        If a name is not an envelope descriptor.

    Notes
    -----
    Of several bursts in a window the longest is taken, of equals the newest. Each window is
    computed by itself.
    """
    for name in names:
        if name not in ENVELOPE:
            raise ConfigError.unknown("descriptor", name, list(ENVELOPE))
    made = {name: np.full(starts.size, np.nan) for name in names}
    if mounting is None or not names:
        return made
    for at, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        for name, value in _of_burst(values[start:stop], times[start:stop], mounting):
            if name in made:
                made[name][at] = value
    return made


def _of_burst(values: Real, times: Whole, mounting: Mounting) -> Iterator[tuple[str, float]]:
    start, stop = _longest(times)
    if stop - start < SHORTEST:
        return
    rate = 1e9 * (stop - start - 1) / float(times[stop - 1] - times[start])
    wanted = mounting.bearing.frequencies(mounting.shaft_hz)
    if rate / 2 < NARROWEST * max(wanted.values()):
        return
    samples = values[start:stop].astype(np.float64)
    band = ringing_band(samples, rate, mounting.bearing, mounting.shaft_hz)
    if math.isnan(band.kurtosis):  # a constant signal rings nowhere
        return
    spectrum = envelope_spectrum(samples, rate, band)
    for name, frequency in wanted.items():
        yield f"envelope_{name}", spectrum.energy(frequency, HARMONICS)
    yield "envelope_kurtosis", band.kurtosis
    yield "envelope_band", (band.low_hz + band.high_hz) / 2


def _longest(times: Whole) -> tuple[int, int]:
    """Find the longest evenly spaced stretch, of equals the newest."""
    if times.size < SHORTEST:
        return 0, 0
    steps = np.diff(times)
    gaps = np.flatnonzero(steps > 1.5 * np.median(steps)) + 1
    edges = np.concatenate([[0], gaps, [times.size]])
    lengths = np.diff(edges)
    at = int(lengths.size - 1 - np.argmax(lengths[::-1]))
    return int(edges[at]), int(edges[at + 1])
