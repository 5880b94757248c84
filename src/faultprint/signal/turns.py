"""Cosines, sines and room that Fourier transforms of one length share."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from faultprint.signal.arrays import Real
from faultprint.signal.simd import WIDTH


def _turned(angles: Real) -> Real:
    """Interleave cosines and sines."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).ravel()


@lru_cache(maxsize=64)
def tables_of(size: int) -> tuple[Real, Real, Real, Real]:
    """Compute what the transform of a length needs.

    Parameters
    ----------
    size : int
        Number of values.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray]
        Cosines and sines, interleaved: of the transform of a power of two; of the chirp, and of its
        transform (both empty if ``size`` is a power of two); and those that join the transforms of
        even and odd values.
    """
    paired = size & (size - 1) == 0
    padded = size // 2 if paired else 1 << (2 * size - 2).bit_length()
    turns = _turned(-2 * np.pi * np.arange(padded) / padded)
    split = _turned(-np.pi * np.arange((size + 1) // 2) * 2 / size)[:size]
    if paired:
        return turns, np.empty(0), np.empty(0), split
    # the square is taken modulo 2n in whole numbers: the angle stays exact for long series
    angles = np.pi * ((np.arange(size, dtype=np.int64) ** 2) % (2 * size)) / size
    wave = np.zeros(padded, dtype=np.complex128)
    wave[:size] = np.exp(1j * angles)
    wave[padded - size + 1 :] = wave[1:size][::-1]
    through = np.fft.fft(wave)
    kernel = np.stack([through.real, through.imag], axis=1).ravel()
    return turns, _turned(-angles), kernel, np.resize(split, size)


def _aligned(rows: int, columns: int) -> Real:
    """Make room that begins on a line of the cache, its rows on different places in a page.

    A vector that straddles two lines is read twice; rows a whole page apart are taken for one.
    """
    width = columns + 3 * WIDTH
    plain = np.empty(rows * width + WIDTH)
    first = (-plain.ctypes.data // plain.itemsize) % WIDTH
    return plain[first : first + rows * width].reshape(rows, width)


def rooms_for(tables: tuple[Real, Real, Real, Real]) -> tuple[Real, Real, Real]:
    """Make room for eight windows, their transforms, and their power.

    Parameters
    ----------
    tables : tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray]
        What :func:`tables_of` gives.

    Returns
    -------
    tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]
        Eight rows for a window each, filled up to whole vectors; two for complex values before and
        after; one for the power.
    """
    turns, _, _, split = tables
    return (
        _aligned(WIDTH, -(-split.size // WIDTH) * WIDTH),
        _aligned(2, max(turns.size, WIDTH) * WIDTH),
        _aligned(1, (split.size // 2 + 1) * WIDTH)[0],
    )
