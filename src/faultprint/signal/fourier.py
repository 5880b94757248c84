"""Compiled spectra of windows, eight windows side by side.

A real series of n = 2^k values is transformed as a complex one of half the length; any other n by
Bluestein's chirp (1970, doi:10.1109/TAU.1970.1162132) through a power of two. Each of the eight
lanes goes through the same operations whatever the others hold, so that a spectrum depends on its
own window alone, to the last bit.
"""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Spans
from faultprint.signal.compiling import built_in, compiled
from faultprint.signal.simd import (
    WIDTH,
    full,
    fused,
    larger,
    largest,
    lay,
    load,
    natural_log,
    pick,
    root,
    smaller,
    smallest,
    store,
)
from faultprint.signal.stockham import PAIR, transform
from faultprint.signal.turns import rooms_for, tables_of

POWER, PEAK, CENTROID, SPREAD, KURTOSIS, ENTROPY, BANDS = range(7)
"""Rows of :func:`spectra`, in bins where a frequency is meant; bands follow."""

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
def _split(z: Real, half: int, turns: Real, power: Real) -> None:
    """Turn the transform of even and odd values into the power of a real series."""
    scale = full(0.125 / (float(half) * half))
    for k in range(1, half // 2 + 1):
        a, b = k * PAIR, (half - k) * PAIR
        even_re, odd_im = load(z, a) + load(z, b), load(z, b) - load(z, a)
        x, y = load(z, a + WIDTH), load(z, b + WIDTH)
        even_im, odd_re = x - y, x + y
        c, s, m = full(turns[2 * k]), full(turns[2 * k + 1]), full(-turns[2 * k + 1])
        turned_re, turned_im = fused(odd_re, c, odd_im * m), fused(odd_re, s, odd_im * c)
        x, y = even_re + turned_re, even_im + turned_im
        store(power, k * WIDTH, fused(x, x, y * y) * scale)
        x, y = even_re - turned_re, even_im - turned_im
        store(power, (half - k) * WIDTH, fused(x, x, y * y) * scale)
    edge = load(z, 0) - load(z, WIDTH)
    store(power, half * WIDTH, edge * edge * (scale + scale))


@built_in
def _chirp(
    work: Real, size: int, padded: int, tables: tuple[Real, Real, Real], power: Real
) -> None:
    """Transform a real series of any length by two transforms of a power of two."""
    turns, chirp, kernel = tables
    none, z = full(0.0), work[0]
    for j in range(size):
        x = load(z, j * PAIR)
        store(z, j * PAIR, x * full(chirp[2 * j]))
        store(z, j * PAIR + WIDTH, x * full(chirp[2 * j + 1]))
    for j in range(2 * size, 2 * padded):
        store(z, j * WIDTH, none)
    through = work[transform(work, padded, turns)]
    for k in range(padded):  # conjugated, so that the second transform goes backwards
        x, y = load(through, k * PAIR), load(through, k * PAIR + WIDTH)
        c, s = full(kernel[2 * k]), full(kernel[2 * k + 1])
        store(z, k * PAIR, x * c - y * s)
        store(z, k * PAIR + WIDTH, none - (x * s + y * c))
    through = work[transform(work, padded, turns)]
    scale = 1.0 / (float(padded) * float(padded) * float(size) * float(size))
    for k in range(1, size // 2 + 1):
        x, y = load(through, k * PAIR), load(through, k * PAIR + WIDTH)
        twice = 1.0 if 2 * k == size else 2.0
        store(power, k * WIDTH, (x * x + y * y) * full(twice * scale))


@built_in
def _describe(power: Real, bins: int, found: Real, first: int) -> None:
    """Describe the power spectra of eight windows, from ``first`` on; bin 0 is left out."""
    none, one = full(0.0), full(1.0)
    summed, moment, best, place = none, none, none, none
    for k in range(1, bins + 1):
        p, place = load(power, k * WIDTH), place + one
        summed, moment, best = summed + p, fused(p, place, moment), larger(best, p)
    centre, place, second, fourth, order = moment / summed, none, none, none, none
    share = one / summed
    peak, best = full(np.inf), best * full(1.0 - _EQUAL) * share
    for k in range(1, bins + 1):
        p, place = load(power, k * WIDTH) * share, place + one
        peak = pick(p >= best, smaller(peak, place), peak)
        square = (place - centre) * (place - centre)
        second, fourth = fused(p, square, second), fused(p * square, square, fourth)
        p = pick(p > full(_TINY), p, one)
        order = fused(p, natural_log(p), order)
    store(found[POWER], first, summed)
    store(found[PEAK], first, peak)
    store(found[CENTROID], first, centre)
    store(found[SPREAD], first, root(second))
    wide = second > full((_LINE * bins) * (_LINE * bins))
    kurtosis = pick(wide, fourth / (second * second), full(np.nan))
    store(found[KURTOSIS], first, kurtosis)
    scale = full(-1.0) / natural_log(full(float(bins))) if bins > 1 else none
    store(found[ENTROPY], first, pick(summed > none, order * scale, full(np.nan)))


@built_in
def _add_bands(power: Real, bins: int, bands: tuple[Real, Real], found: Real, first: int) -> None:
    """Sum the power in each band; eight windows have nearly the same bins in it."""
    widths, edges = bands
    wide, none = load(widths, first), full(0.0)
    least, most = smallest(wide), largest(wide)
    for band in range(edges.shape[0]):
        low, high, summed = full(edges[band, 0]), full(edges[band, 1]), none
        begin = max(int(min(edges[band, 0] / most, bins + 1.0)), 1)
        end = int(min(edges[band, 1] / least + 1.0, bins + 1.0))
        for k in range(begin, end):
            place = full(k + _ON_EDGE) * wide
            inside = (place >= low) & (place < high)
            summed = summed + pick(inside, load(power, k * WIDTH), none)
        store(found[BANDS + band], first, summed)


@built_in
def _spread_out(
    spans: Spans, levels: Real, first: int, rows: Real, target: Real, step: int
) -> None:
    """Put the deviations of eight windows side by side, the last one again where there are less."""
    last = spans.starts.size - 1
    size = spans.stops[first] - spans.starts[first]
    whole = size - size % WIDTH
    for lane in range(WIDTH):
        w = min(first + lane, last)
        window, row = spans.values[spans.starts[w] : spans.stops[w]], rows[lane]
        origin, level = np.float64(window[0]), levels[w]
        start, height = full(origin), full(level)
        for j in range(0, whole, WIDTH):
            store(row, j, (load(window, j) - start) - height)
        for j in range(whole, size):
            row[j] = (np.float64(window[j]) - origin) - level
    for j in range(0, size, WIDTH):
        lay(rows[0], j, rows.shape[1], target, j * step, step)


@compiled
def _spectra(
    spans: Spans,
    levels: Real,
    bands: tuple[Real, Real],
    tables: tuple[Real, Real, Real, Real],
    rooms: tuple[Real, Real, Real],
    found: Real,
) -> None:
    """Describe windows of one length, a power of two."""
    rows, work, power = rooms
    turns, split, half = tables[0], tables[3], tables[0].size // 2
    for w in range(0, spans.starts.size, WIDTH):
        _spread_out(spans, levels, w, rows, work[0], WIDTH)
        _split(work[transform(work, half, turns)], half, split, power)
        _describe(power, half, found, w)
        _add_bands(power, half, bands, found, w)


@compiled
def _chirped(
    spans: Spans,
    levels: Real,
    bands: tuple[Real, Real],
    tables: tuple[Real, Real, Real, Real],
    rooms: tuple[Real, Real, Real],
    found: Real,
) -> None:
    """Describe windows of one length, any other; compiled only when there are such."""
    rows, work, power = rooms
    turns, chirp, kernel, split = tables
    size, padded = split.size, turns.size // 2
    for w in range(0, spans.starts.size, WIDTH):
        _spread_out(spans, levels, w, rows, work[0], PAIR)
        _chirp(work, size, padded, (turns, chirp, kernel), power)
        _describe(power, size // 2, found, w)
        _add_bands(power, size // 2, bands, found, w)


def spectra(spans: Spans, levels: Real, bands: tuple[Real, Real]) -> Real:
    """Describe the power spectrum of each window.

    Parameters
    ----------
    spans : Spans
        The windows.
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    bands : tuple[numpy.ndarray, numpy.ndarray]
        Width of a bin [Hz], shape (w,), and lower and upper edge of each band [Hz], shape (b, 2).

    Returns
    -------
    numpy.ndarray
        Shape (6 + b, w): power, bin of the largest power, centroid and spread in bins, kurtosis
        about the centroid, entropy, and the power in each band. The power of all bins is the
        variance of the window. NaN for windows of fewer than four values.
    """
    widths, edges = bands
    found = np.full((BANDS + edges.shape[0], spans.starts.size), np.nan)
    sizes = spans.stops - spans.starts
    if sizes.size and (sizes == sizes[0]).all() and sizes[0] >= _LEAST:
        return _of_equal(spans, levels, bands)
    for size in np.unique(sizes[sizes >= _LEAST]):
        at = np.flatnonzero(sizes == size)
        some = spans._replace(starts=spans.starts[at], stops=spans.stops[at])
        found[:, at] = _of_equal(some, levels[at], (widths[at], edges))
    return found


def _of_equal(spans: Spans, levels: Real, bands: tuple[Real, Real]) -> Real:
    """Describe windows of one length; the kernels read and write whole vectors."""
    widths, edges = bands
    count, tables = spans.starts.size, tables_of(spans.longest())
    widths = np.pad(widths, (0, -count % WIDTH), mode="edge")
    found = np.empty((BANDS + edges.shape[0], widths.size))
    run = _chirped if tables[1].size else _spectra
    run(spans, levels, (widths, edges), tables, rooms_for(tables), found)
    return found[:, :count]
