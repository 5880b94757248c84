"""The part of the catalogue that looks at frequencies."""

from __future__ import annotations

from faultprint.signal import fourier
from faultprint.signal.descriptor import Descriptor

_ONE, _HZ = "1", "Hz"

_POWER = (
    "P_k = 2 |FFT(x - mean)_k|^2 / n^2 (half of it at half the sampling rate), which add up to "
    "the variance. Missing unless the widest gap is at most 1.5 mean intervals"
)
SPECTRUM = (
    Descriptor("dominant_frequency", "the strongest oscillation", "frequency of the largest P, "
               f"the lowest of equals (to 1e-9); missing if x is constant; {_POWER}", _HZ, 8,
               lambda x: x.spectrum(fourier.PEAK, in_hertz=True)),
    Descriptor("spectral_centroid", "where the power lies", f"c = sum(f P) / sum(P); {_POWER}",
               _HZ, 8, lambda x: x.spectrum(fourier.CENTROID, in_hertz=True)),
    Descriptor("spectral_spread", "how widely the power is spread", "sqrt(sum((f - c)^2 P) / "
               f"sum(P)); {_POWER}", _HZ, 8,
               lambda x: x.spectrum(fourier.SPREAD, in_hertz=True)),
    Descriptor("spectral_kurtosis", "how far the power keeps to a line", "sum((f - c)^4 P) / "
               f"sum(P) / spread^4; missing if spread is below a millionth of the "
               f"range, all power in one line; {_POWER}", _ONE, 8,
               lambda x: x.spectrum(fourier.KURTOSIS)),
    Descriptor("spectral_entropy", "order or noise; 1 for white noise, 0 for a pure tone",
               f"-sum(p ln p) / ln(n // 2) with p = P / sum(P); {_POWER}", _ONE, 8,
               lambda x: x.spectrum(fourier.ENTROPY)),
)  # fmt: skip
"""Descriptors of the power spectrum."""


def band_energy(name: str, low: float, high: float) -> Descriptor:
    """Make the descriptor of one band of frequencies.

    Parameters
    ----------
    name : str
        Its name.
    low : float
        Lower edge, inclusive [Hz].
    high : float
        Upper edge, exclusive [Hz].

    Returns
    -------
    Descriptor
        The power in the band.
    """
    return Descriptor(
        name,
        f"vibration energy from {low:g} to {high:g} Hz",
        f"sum of P over {low:g} <= f < {high:g} Hz; 0 if there is no such line; {_POWER}",
        "({unit})^2",
        8,
        lambda x: x.band(low, high),
        bands=((low, high),),
    )
