"""Descriptors of waveforms: the beat of bearings and gears, window by window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from faultprint.errors import ConfigError
from faultprint.signal.arrays import Real, Spans, Whole
from faultprint.signal.bearing_faults import (
    HARMONICS,
    NARROWEST,
    RANKED,
    USUAL,
    rank_faults,
    ringing_band,
)
from faultprint.signal.bearings import PARTS, Bearing, Mounting
from faultprint.signal.envelope import (
    RESOLUTION_HZ,
    Spectra,
    envelope_spectrum,
    line_step,
    lines_near,
    stretch_spectra,
)

SHORTEST = 1024
"""Samples in a row below which nothing is said."""

MESH_REACH = 0.3
"""How far from a multiple of the mesh frequency its line may lie, in turns of the shaft [1]."""

SIDE_REACH = 2.5
"""How far from it the power counts as sidebands, in turns of the shaft [1]."""

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
        **{
            f"prominence_{name}": (
                f"how far the beat of the {PARTS[name]} stands out in eight equal bands' envelope "
                "spectra, each over its own floor: natural logarithm of the highest line within "
                "2 % for slip; 0: not at all; missing without geometry and speed",
                "1",
            )
            for name in RANKED
        },
        "envelope_kurtosis": (
            "excess kurtosis of the most impulsive band's envelope; 0: noise",
            "1",
        ),
        "envelope_band": ("centre of the most impulsive band", "Hz"),
        "mesh_energy": (
            "power at the mesh frequency, teeth times the shaft's, and two harmonics, within 0.3 "
            "turns of the shaft; missing without teeth and speed",
            "({unit})^2",
        ),
        "mesh_sidebands": (
            "power between 0.3 and 2.5 turns of the shaft from the mesh frequency and its "
            "harmonics, over mesh_energy; missing without teeth and speed",
            "1",
        ),
    }
)
"""Descriptors of a waveform by name: what each says, and its unit."""

PROMINENCE = tuple(f"prominence_{name}" for name in RANKED)
"""Those that are ranked without training."""


def describe_bursts(
    names: Sequence[str], spans: Spans, mounting: Mounting | None, shaft_hz: Real
) -> dict[str, Real]:
    """Compute descriptors of windows of a waveform.

    Parameters
    ----------
    names : Sequence[str]
        Which of :data:`ENVELOPE`.
    spans : Spans
        The windows over the good values of one sensor of one asset.
    mounting : Mounting | None
        The bearing and the gears; None: not known.
    shaft_hz : numpy.ndarray
        Turns of the shaft a second in each window, shape (w,); NaN: not known.

    Returns
    -------
    dict[str, numpy.ndarray]
        Name -> one value per window, shape (w,). NaN where no bearing or gear is known, or no
        speed, where there are fewer than 1,024 evenly spaced samples in a row, or where they are
        too slow for the frequencies.

    Raises
    ------
    ConfigError
        If a name is not a descriptor of a waveform.

    Notes
    -----
    Of several bursts in a window the longest is taken, of equals the newest. Each window is
    computed by itself.
    """
    for name in names:
        if name not in ENVELOPE:
            raise ConfigError.unknown("descriptor", name, list(ENVELOPE))
    made = {name: np.full(spans.starts.size, np.nan) for name in names}
    if mounting is None or not names:
        return made
    for at in np.flatnonzero(np.isfinite(shaft_hz) & (shaft_hz > 0)):
        inside = slice(spans.starts[at], spans.stops[at])
        start, stop = _longest(spans.times[inside])
        if stop - start < SHORTEST:
            continue
        clock = spans.times[inside][start:stop]
        rate = 1e9 * (stop - start - 1) / float(clock[-1] - clock[0])
        samples = spans.values[inside][start:stop].astype(np.float64)
        turns = float(shaft_hz[at])
        found = dict(_of_burst(samples, rate, mounting, turns))
        if mounting.bearing and not made.keys().isdisjoint(PROMINENCE):
            found |= _prominent(samples, rate, mounting.bearing, turns)
        for name in made.keys() & found.keys():
            made[name][at] = found[name]
    return made


def _prominent(samples: Real, rate: float, bearing: Bearing, shaft_hz: float) -> dict[str, float]:
    """Rank the parts; nothing where a band is too narrow for their beats, or the signal still."""
    highest = max(bearing.frequencies(shaft_hz)[name] for name in RANKED)
    if rate / 2 / USUAL.bands < NARROWEST / HARMONICS * highest or not np.ptp(samples) > 0:
        return {}
    ranked = rank_faults(samples, rate, bearing, shaft_hz)
    return {f"prominence_{name}": value for name, value in ranked.items()}


def _of_burst(
    samples: Real, rate: float, mounting: Mounting, shaft_hz: float
) -> Iterator[tuple[str, float]]:
    if mounting.gear is not None:
        yield from _of_gears(samples, rate, mounting.gear.teeth, shaft_hz)
    wanted = {name: order * shaft_hz for name, order in mounting.orders().items()}
    highest = max(wanted.values())
    if rate / 2 < NARROWEST * highest:
        return
    band = ringing_band(samples, rate, highest)
    if math.isnan(band.kurtosis):  # a constant signal rings nowhere
        return
    spectrum = envelope_spectrum(samples, rate, band)
    for name, frequency in wanted.items():
        yield f"envelope_{name}", spectrum.energy(frequency, HARMONICS)
    yield "envelope_kurtosis", band.kurtosis
    yield "envelope_band", (band.low_hz + band.high_hz) / 2


def _of_gears(
    samples: Real, rate: float, teeth: int, shaft_hz: float
) -> Iterator[tuple[str, float]]:
    spectra = stretch_spectra(samples, rate, RESOLUTION_HZ)
    power, step = _hann_power(spectra), line_step(spectra, rate)
    multiples = [h * teeth * shaft_hz for h in range(1, HARMONICS + 1)]
    mesh, around = (
        [lines_near(f, reach * shaft_hz / f, step) for f in multiples]
        for reach in (MESH_REACH, SIDE_REACH)
    )
    if around[-1].stop > power.size:
        return
    energy = sum(float(power[lines].sum()) for lines in mesh)
    wide = sum(float(power[lines].sum()) for lines in around)
    yield "mesh_energy", energy
    yield "mesh_sidebands", (wide - energy) / energy if energy > 0 else math.nan


def _hann_power(spectra: Spectra) -> Real:
    """Average the power of stretches under a Hann window, in which a tone spreads over three lines.

    The window is put on in the spectrum: half of each line less a quarter of both neighbours.
    """
    size = 2 * (spectra.shape[1] - 1)
    inner = spectra[:, 1:-1] / 2 - (spectra[:, :-2] + spectra[:, 2:]) / 4
    power: Real = np.zeros(spectra.shape[1])
    power[1:-1] = 2.0 * (np.abs(inner) ** 2).mean(axis=0) / (0.375 * size * size)
    return power


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
