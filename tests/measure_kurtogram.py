"""Choose the band by Antoni's tree of filters, and by cutting it out of a Fourier transform.

``python -m tests.measure_kurtogram FOLDER`` prints, for the Case Western recordings below FOLDER,
how often the fault that was seeded has the largest envelope energy in the band chosen.

The tree is the fast kurtogram of J. Antoni (2007), doi:10.1016/j.ymssp.2005.12.002: analytic
low-pass and high-pass halves, and thirds, of a short filter, decimated at each step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.signal

from faultprint.config import Equipment, Sensor, Source
from faultprint.signal.bearing_faults import HARMONICS, NARROWEST, RANKED
from faultprint.signal.bearings import SLIP
from faultprint.signal.envelope import (
    RESOLUTION_HZ,
    Band,
    EnvelopeSpectrum,
    beat_power,
    envelope_spectrum,
    kurtogram,
)
from faultprint.stages.bearings import DRIVE_END
from faultprint.store.sources.cwru import RATE_HZ, open_cwru
from faultprint.store.sources.raw import RawEvents, RawReadings

TAPS = 16
SEEDED = {"outer_race": "bpfo", "inner_race": "bpfi", "ball": "bsf"}


def _bank(parts: int) -> list[np.ndarray]:
    """Filters that split an analytic signal into equal bands, lowest first."""
    taps = TAPS if parts == 2 else round(1.5 * TAPS)
    low = scipy.signal.firwin(taps + 1, 0.8 / parts)
    at = np.arange(taps + 1)
    return [low * np.exp(2j * np.pi * at * (k + 0.5) / (2 * parts)) for k in range(parts)]


def _split(signal: np.ndarray, parts: int) -> list[np.ndarray]:
    """Split an analytic signal, whose upper half is empty, and decimate each band.

    Every second of the decimated bands lies upside down, or folded onto the upper half of the
    circle; turning it by its own centre puts it back below half the sampling rate.
    """
    bands = []
    for k, taps in enumerate(_bank(parts)):
        kept = scipy.signal.fftconvolve(signal, taps)[len(taps) - 1 : signal.size]
        shift = np.exp(-2j * np.pi * np.arange(kept.size) * k / (2 * parts))
        bands.append((kept * shift)[::parts])
    return bands


def tree(samples: np.ndarray, rate: float, narrowest: float) -> Iterator[tuple[Band, np.ndarray]]:
    """Bands of the 1/3-binary tree, each with its complex envelope and its excess kurtosis."""
    level = [(0.0, rate / 2, scipy.signal.hilbert(samples - samples.mean()))]
    while True:
        for low, high, signal in level:
            yield _judged(low, high, signal), signal
            third = (high - low) / 3
            if third >= narrowest:
                for k, part in enumerate(_split(signal, 3)):
                    yield _judged(low + k * third, low + (k + 1) * third, part), part
        half = (level[0][1] - level[0][0]) / 2
        if half < narrowest:
            return
        level = [
            (low + k * half, low + (k + 1) * half, part)
            for low, _, signal in level
            for k, part in enumerate(_split(signal, 2))
        ]


def _judged(low: float, high: float, signal: np.ndarray) -> Band:
    power = np.abs(signal) ** 2
    return Band(low, high, float((power**2).mean() / power.mean() ** 2 - 2))


def _beat(signal: np.ndarray, width: float) -> EnvelopeSpectrum:
    """Spectrum of the squared envelope, as ours is taken."""
    rate = 2 * width
    length = min(round(rate / RESOLUTION_HZ), signal.size)
    rows = np.lib.stride_tricks.sliding_window_view(np.abs(signal) ** 2, length)[:: length // 2]
    return EnvelopeSpectrum(rate / length, beat_power(rows))


def _largest(spectrum: EnvelopeSpectrum, shaft: float) -> str:
    wanted = DRIVE_END.frequencies(shaft)
    energies = {name: spectrum.energy(wanted[name], HARMONICS, SLIP) for name in RANKED}
    return max(energies, key=lambda name: energies[name])


def compare(folder: Path) -> pd.DataFrame:
    """Choose both ways for each recording."""
    equipment = Equipment(sensors={"drive_end": Sensor(unit="g_0"), "speed": Sensor(unit="rpm")})
    rows: list[dict[str, object]] = []
    for raw in open_cwru(Source(kind="cwru", path=str(folder)), {"bearing": equipment}):
        if isinstance(raw, RawReadings) and "RPM" in raw.frame:
            samples = raw.frame["DE_time"].to_numpy(dtype=np.float64)
            shaft = float(raw.frame["RPM"].iloc[0]) / 60
            narrowest = NARROWEST * max(DRIVE_END.frequencies(shaft).values())
            found = list(tree(samples, RATE_HZ, narrowest))
            best, signal = max(found, key=lambda each: each[0].kurtosis)
            ours = kurtogram(samples, RATE_HZ, narrowest)[0]
            rows.append(
                {
                    "recording": int(raw.frame["recording"].iloc[0]), "seeded": "",
                    "tree": f"{best.low_hz:.0f}-{best.high_hz:.0f}",
                    "tree says": _largest(_beat(signal, best.high_hz - best.low_hz), shaft),
                    "transform": f"{ours.low_hz:.0f}-{ours.high_hz:.0f}",
                    "transform says": _largest(
                        envelope_spectrum(samples, RATE_HZ, ours), shaft
                    ),
                }
            )  # fmt: skip
        elif isinstance(raw, RawEvents) and rows:
            rows[-1]["seeded"] = SEEDED[str(raw.frame["failure_mode"].iloc[0])]
    return pd.DataFrame(rows).sort_values("recording", ignore_index=True)


if __name__ == "__main__":
    judged = compare(Path(sys.argv[1]))
    print(judged.to_string(index=False))
    faulty = judged[judged["seeded"] != ""]
    for way in ("tree", "transform"):
        right = int((faulty[f"{way} says"] == faulty["seeded"]).sum())
        print(f"{way}: the seeded fault has the largest energy in {right} of {len(faulty)}")
