"""Compiled spectra of windows, eight windows side by side.

A real series of n = 2^k values is transformed as a complex one of half the length; any other n by
Bluestein's chirp (1970, doi:10.1109/TAU.1970.1162132) through a power of two. Each of the eight
lanes goes through the same operations whatever the others hold, so that a spectrum depends on its
own window alone, to the last bit.
"""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Whole
from faultprint.signal.simd import (
    WIDTH,
    built_in,
    compiled,
    full,
    larger,
    load,
    natural_log,
    pick,
    root,
    smaller,
    store,
)
from faultprint.signal.stockham import transform
from faultprint.signal.turns import rooms_for, tables_of

POWER, PEAK, CENTROID, SPREAD, KURTOSIS, ENTROPY, BANDS = range(7)
"""Columns of :func:`spectra`, in bins where a frequency is meant; bands follow."""

_ON_EDGE = 1e-6
"""Part of a bin by which a frequency may miss the edge of a band and still lie on it."""

_EQUAL = 1e-9
"""Share by which lines may differ and still count as equally strong."""

_LINE = 1e-6
"""Spread, as a share of the frequency range, up to which all power is in one line."""

_LEAST = 4
"""Values below which there is no spectrum."""

_TINY = 1e-290
"""Share of the power below which a bin holds none."""


@built_in
def _split(re: Real, im: Real, half: int, turns: Real, power: Real) -> None:
    """Turn the transform of even and odd values into the power of a real series."""
    scale, quarter = 1.0 / (half * half), full(0.25)
    for k in range(1, half):
        a, b = k * WIDTH, (half - k) * WIDTH
        even_re, odd_im = load(re, a) + load(re, b), load(re, b) - load(re, a)
        even_im, odd_re = load(im, a) - load(im, b), load(im, a) + load(im, b)
        c, s = full(turns[2 * k]), full(turns[2 * k + 1])
        x = even_re + (odd_re * c - odd_im * s)
        y = even_im + (odd_re * s + odd_im * c)
        store(power, a, (x * x + y * y) * quarter * full(0.5 * scale))
    edge = load(re, 0) - load(im, 0)
    store(power, half * WIDTH, edge * edge * full(0.25 * scale))


@built_in
def _chirp(
    work: Real, size: int, padded: int, tables: tuple[Real, Real, Real], power: Real
) -> None:
    """Transform a real series of any length by two transforms of a power of two."""
    turns, chirp, kernel = tables
    none = full(0.0)
    for j in range(size):
        x = load(work[0], j * WIDTH)
        store(work[0], j * WIDTH, x * full(chirp[2 * j]))
        store(work[1], j * WIDTH, x * full(chirp[2 * j + 1]))
    for j in range(size, padded):
        store(work[0], j * WIDTH, none)
        store(work[1], j * WIDTH, none)
    here = transform(work, padded, turns)
    re, im = work[here], work[here + 1]
    for k in range(padded):  # conjugated, so that the second transform goes backwards
        x, y = load(re, k * WIDTH), load(im, k * WIDTH)
        c, s = full(kernel[2 * k]), full(kernel[2 * k + 1])
        store(work[0], k * WIDTH, x * c - y * s)
        store(work[1], k * WIDTH, none - (x * s + y * c))
    here = transform(work, padded, turns)
    scale = 1.0 / (float(padded) * float(padded) * float(size) * float(size))
    for k in range(1, size // 2 + 1):
        x, y = load(work[here], k * WIDTH), load(work[here + 1], k * WIDTH)
        twice = 1.0 if 2 * k == size else 2.0
        store(power, k * WIDTH, (x * x + y * y) * full(twice * scale))


@built_in
def _describe(power: Real, bins: int, found: Real, last: int) -> None:
    """Describe the power spectra of eight windows; bin 0 is left out."""
    none, one = full(0.0), full(1.0)
    summed, moment, best, place = none, none, none, none
    for k in range(1, bins + 1):
        p, place = load(power, k * WIDTH), place + one
        summed, moment, best = summed + p, moment + p * place, larger(best, p)
    centre, place, second, fourth, chaos = moment / summed, none, none, none, none
    share = one / summed
    peak, best = full(np.inf), best * full(1.0 - _EQUAL) * share
    for k in range(1, bins + 1):
        p, place = load(power, k * WIDTH) * share, place + one
        peak = pick(p >= best, smaller(peak, place), peak)
        square = (place - centre) * (place - centre)
        second, fourth = second + p * square, fourth + p * square * square
        some = p > full(_TINY)
        chaos = chaos - pick(some, p * natural_log(pick(some, p, one)), none)
    scale = full(1.0 / np.log(float(bins))) if bins > 1 else none
    results = np.empty((6, WIDTH))
    store(results[POWER], 0, summed)
    store(results[PEAK], 0, peak)
    store(results[CENTROID], 0, centre)
    store(results[SPREAD], 0, root(second))
    wide = second > full((_LINE * bins) ** 2)
    store(results[KURTOSIS], 0, pick(wide, fourth / (second * second), full(np.nan)))
    store(results[ENTROPY], 0, pick(summed > none, chaos * scale, full(np.nan)))
    for w in range(last):
        for column in range(6):
            found[w, column] = results[column, w]


@built_in
def _add_bands(power: Real, bins: int, widths: Real, bands: Real, found: Real) -> None:
    """Sum the power in each band; eight windows have nearly the same bins in it."""
    none, last, room = full(0.0), widths.size, np.empty(WIDTH)
    least = most = widths[0]
    for lane in range(WIDTH):
        room[lane] = widths[min(lane, last - 1)]
        least, most = min(least, room[lane]), max(most, room[lane])
    width = load(room, 0)
    for band in range(bands.shape[0]):
        low, high, summed = full(bands[band, 0]), full(bands[band, 1]), none
        first = max(int(min(bands[band, 0] / most, bins + 1.0)), 1)
        after = int(min(bands[band, 1] / least + 1.0, bins + 1.0))
        for k in range(first, after):
            place = full(k + _ON_EDGE) * width
            inside = (place >= low) & (place < high)
            summed = summed + pick(inside, load(power, k * WIDTH), none)
        store(room, 0, summed)
        for w in range(last):
            found[w, BANDS + band] = room[w]


@built_in
def _spread_out(values: Real, starts: Whole, levels: Real, size: int, work: Real) -> None:
    """Put the deviations of eight windows side by side; even and odd apart if it is whole."""
    paired = size & (size - 1) == 0
    for lane in range(WIDTH):
        w = min(lane, starts.size - 1)
        window = values[starts[w] : starts[w] + size]
        origin, level = np.float64(window[0]), levels[w]
        if paired:
            for j in range(size // 2):
                work[0, j * WIDTH + lane] = (np.float64(window[2 * j]) - origin) - level
                work[1, j * WIDTH + lane] = (np.float64(window[2 * j + 1]) - origin) - level
        else:
            for j in range(size):
                work[0, j * WIDTH + lane] = (np.float64(window[j]) - origin) - level


@compiled
def _spectra(
    values: Real,
    starts: Whole,
    levels: Real,
    bands: tuple[Real, Real],
    tables: tuple[Real, Real, Real, Real],
    room: tuple[Real, Real, Real],
) -> None:
    """Describe windows of one length, a power of two."""
    work, power, found = room
    turns, _, _, split = tables
    size, half = split.size, turns.size // 2
    for w in range(0, starts.size, WIDTH):
        upto = min(w + WIDTH, starts.size)
        _spread_out(values, starts[w:upto], levels[w:upto], size, work)
        here = transform(work, half, turns)
        _split(work[here], work[here + 1], half, split, power)
        _describe(power, half, found[w:upto], upto - w)
        _add_bands(power, half, bands[0][w:upto], bands[1], found[w:upto])


@compiled
def _chirped(
    values: Real,
    starts: Whole,
    levels: Real,
    bands: tuple[Real, Real],
    tables: tuple[Real, Real, Real, Real],
    room: tuple[Real, Real, Real],
) -> None:
    """Describe windows of one length, any other; compiled only when there are such."""
    work, power, found = room
    turns, chirp, kernel, split = tables
    size, padded = split.size, turns.size // 2
    for w in range(0, starts.size, WIDTH):
        upto = min(w + WIDTH, starts.size)
        _spread_out(values, starts[w:upto], levels[w:upto], size, work)
        _chirp(work, size, padded, (turns, chirp, kernel), power)
        _describe(power, size // 2, found[w:upto], upto - w)
        _add_bands(power, size // 2, bands[0][w:upto], bands[1], found[w:upto])


def spectra(
    values: Real, starts: Whole, stops: Whole, levels: Real, bands: tuple[Real, Real]
) -> Real:
    """Describe the power spectrum of each window.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    bands : tuple[numpy.ndarray, numpy.ndarray]
        Width of a bin [Hz], shape (w,), and lower and upper edge of each band [Hz], shape (b, 2).

    Returns
    -------
    numpy.ndarray
        Shape (w, 6 + b): power, bin of the largest power, centroid and spread in bins, kurtosis
        about the centroid, entropy, and the power in each band. The power of all bins is the
        variance of the window. NaN for windows of fewer than four values.
    """
    widths, edges = bands
    found = np.full((starts.size, BANDS + edges.shape[0]), np.nan)
    sizes = stops - starts
    if sizes.size and (sizes == sizes[0]).all() and sizes[0] >= _LEAST:
        tables = tables_of(int(sizes[0]))
        run = _chirped if tables[1].size else _spectra
        run(values, starts, levels, bands, tables, (*rooms_for(tables), found))
        return found
    for size in np.unique(sizes[sizes >= _LEAST]):
        at = np.flatnonzero(sizes == size)
        part = np.empty((at.size, found.shape[1]))
        tables, own = tables_of(int(size)), (widths[at], edges)
        run = _chirped if tables[1].size else _spectra
        run(values, starts[at], levels[at], own, tables, (*rooms_for(tables), part))
        found[at] = part
    return found
