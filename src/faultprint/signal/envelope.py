"""Rolling-element bearings: which band rings, and how its envelope beats at the fault frequencies.

A damaged race or ball strikes once a pass; each stroke rings the structure at a high frequency.
The band that rings is found by the kurtosis of its envelope, and the beat of that envelope is set
against the frequencies that follow from the bearing's geometry and the speed of the shaft.

References: J. Antoni (2007), Fast computation of the kurtogram, doi:10.1016/j.ymssp.2005.12.002;
R. B. Randall and J. Antoni (2011), Rolling element bearing diagnostics: a tutorial,
doi:10.1016/j.ymssp.2010.07.017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faultprint.errors import TableError
from faultprint.signal.arrays import Real
from faultprint.signal.bearings import SLIP

Spectra = npt.NDArray[np.complex128]

RESOLUTION_HZ = 1.0
"""Distance of two lines of the envelope spectrum; a line is narrower than what slip smears."""


@dataclass(frozen=True)
class Band:
    """A band of the kurtogram."""

    low_hz: float
    high_hz: float
    kurtosis: float
    """Excess kurtosis of the complex envelope [1]: 0 for noise, large for repeated strokes."""


@dataclass(frozen=True, eq=False)
class EnvelopeSpectrum:
    """Power of the squared envelope, by frequency."""

    step_hz: float
    """Distance of two lines."""
    power: Real
    """Share of each line in (squared envelope / its mean - 1)^2 [1]; line k lies at k steps."""

    def energy(self, frequency_hz: float, harmonics: int = 3, slip: float = SLIP) -> float:
        """Sum the power at a frequency and its harmonics.

        Parameters
        ----------
        frequency_hz : float
            The frequency.
        harmonics : int, default 3
            How many multiples count, the frequency itself included.
        slip : float, default SLIP
            Tolerance to either side, as a share of the frequency [1].

        Returns
        -------
        float
            ``a^2 / 2`` for a squared envelope ``1 + a cos(2 pi f t)`` [1]; NaN if the last harmonic
            lies above the spectrum.
        """
        multiples = [frequency_hz * h for h in range(1, harmonics + 1)]
        every = [lines_near(f, slip, self.step_hz) for f in multiples]
        if every[-1].stop > self.power.size:
            return float("nan")
        lines = np.unique(np.concatenate([np.arange(s.start, s.stop) for s in every]))
        return float(self.power[lines].sum())


def lines_near(frequency_hz: float, slip: float, step_hz: float) -> slice:
    """List the lines of a spectrum that may belong to a frequency.

    Parameters
    ----------
    frequency_hz : float
        The frequency.
    slip : float
        Tolerance to either side, as a share of it [1].
    step_hz : float
        Distance of two lines.

    Returns
    -------
    slice
        At least one line to either side, as wide as a Hann window spreads a line; never line 0.
    """
    reach = max(frequency_hz * slip / step_hz, 1.0)
    middle = frequency_hz / step_hz
    return slice(max(round(middle - reach), 1), round(middle + reach) + 1)


def _levels(rate_hz: float, narrowest_hz: float) -> list[int]:
    """Numbers of equal bands of the 1/3-binary tree: 1, 2, 3, 4, 6, 8, 12 ..."""
    every = sorted({2**k for k in range(12)} | {3 * 2**k for k in range(11)})
    return [n for n in every if rate_hz / 2 / n >= narrowest_hz] or [1]


def stretch_spectra(samples: Real, rate_hz: float, resolution_hz: float) -> Spectra:
    """Take the spectra of half-overlapping stretches without their means.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples, shape (n,).
    rate_hz : float
        Samples a second.
    resolution_hz : float
        One over the length of a stretch [Hz].

    Returns
    -------
    numpy.ndarray
        Shape (stretches, lines).

    Raises
    ------
    TableError
        If there are fewer than 16 samples, or some are not finite.
    """
    length = min(round(rate_hz / resolution_hz), samples.size)
    if length < 16 or not np.isfinite(samples).all():
        raise TableError.because(
            f"{samples.size} samples, {int((~np.isfinite(samples)).sum())} of them not finite",
            "16 finite samples or more, evenly spaced",
            "cut the waveform at its gaps",
        )
    step = max(length // 2, 1)
    rows = np.lib.stride_tricks.sliding_window_view(samples, length)[::step]
    spectra: Spectra = np.fft.rfft(rows - rows.mean(axis=1, keepdims=True), axis=1)
    return spectra


def squared_envelopes(spectra: Spectra, number: int, place: int) -> Real:
    """Cut one band out of the spectra and square its envelopes.

    Parameters
    ----------
    spectra : numpy.ndarray
        Of :func:`stretch_spectra`.
    number : int
        How many equal bands there are.
    place : int
        Which of them, from 0.

    Returns
    -------
    numpy.ndarray
        One row a stretch, sampled at twice the band's width, so that the square does not alias.
    """
    width = (spectra.shape[1] - 1) // number
    band = spectra[:, place * width : (place + 1) * width]
    squared: Real = np.abs(np.fft.ifft(band, 2 * width, axis=1)) ** 2
    return squared


def _kurtosis(envelopes: Real) -> float:
    mean = envelopes.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = (envelopes * envelopes).mean(axis=1) / (mean * mean) - 2.0
    return float(np.median(each))


def beat_power(envelopes: Real) -> Real:
    """Average the spectra of squared envelopes, each relative to its mean.

    Parameters
    ----------
    envelopes : numpy.ndarray
        Squared envelopes, one row a stretch.

    Returns
    -------
    numpy.ndarray
        One value a line [1]; they add up to the mean square of ``envelope / mean - 1``. 0 for a
        stretch without signal.
    """
    size = envelopes.shape[1]
    window = np.hanning(size)
    mean = envelopes.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        beat = np.where(mean > 0, envelopes / mean - 1.0, 0.0)
    lines = np.abs(np.fft.rfft(beat * window, axis=1)) ** 2
    averaged: Real = 2.0 * lines.mean(axis=0) / (size * (window * window).sum())
    return averaged


def kurtogram(
    samples: Real, rate_hz: float, narrowest_hz: float, resolution_hz: float = RESOLUTION_HZ
) -> list[Band]:
    """Measure how impulsive each band is.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples of an acceleration, shape (n,).
    rate_hz : float
        Samples a second.
    narrowest_hz : float
        Bands are not narrower than this.
    resolution_hz : float, default RESOLUTION_HZ
        One over the length of the stretches that are judged by themselves [Hz].

    Returns
    -------
    list[Band]
        The bands of the 1/3-binary tree, the most impulsive first; NaN last.

    Raises
    ------
    TableError
        If there are fewer than 16 samples, or some are not finite.

    Notes
    -----
    ``K = <|c|^4> / <|c|^2>^2 - 2`` of the complex envelope ``c`` of a band, 0 for Gaussian noise.
    Two deviations from Antoni (2007): bands are cut out of one Fourier transform, not by a tree
    of short filters; and K is the median over stretches, so that a lone knock chooses no band.
    """
    spectra = stretch_spectra(samples, rate_hz, resolution_hz)
    found = []
    for number in _levels(rate_hz, narrowest_hz):
        width = rate_hz / 2 / number
        for place in range(number):
            value = _kurtosis(squared_envelopes(spectra, number, place))
            found.append(Band(place * width, (place + 1) * width, value))
    return sorted(found, key=lambda band: (np.isnan(band.kurtosis), -band.kurtosis, band.low_hz))


def envelope_spectrum(
    samples: Real, rate_hz: float, band: Band, resolution_hz: float = RESOLUTION_HZ
) -> EnvelopeSpectrum:
    """Take the spectrum of the squared envelope of one band.

    Parameters
    ----------
    samples : numpy.ndarray
        Evenly spaced samples, shape (n,).
    rate_hz : float
        Samples a second.
    band : Band
        One of :func:`kurtogram`.
    resolution_hz : float, default RESOLUTION_HZ
        Distance of two lines; shorter samples give a coarser spectrum.

    Returns
    -------
    EnvelopeSpectrum
        Averaged over half-overlapping stretches under a Hann window, up to the band's width.

    Raises
    ------
    TableError
        If there are fewer than 16 samples, or some are not finite.
    """
    spectra = stretch_spectra(samples, rate_hz, resolution_hz)
    width = band.high_hz - band.low_hz
    number, place = round(rate_hz / 2 / width), round(band.low_hz / width)
    return EnvelopeSpectrum(
        line_step(spectra, rate_hz), beat_power(squared_envelopes(spectra, number, place))
    )


def line_step(spectra: Spectra, rate_hz: float) -> float:
    """Give the distance of two lines.

    Parameters
    ----------
    spectra : numpy.ndarray
        Of :func:`stretch_spectra`.
    rate_hz : float
        Samples a second.

    Returns
    -------
    float
        In Hz.
    """
    return float(rate_hz / 2 / (spectra.shape[1] - 1))
