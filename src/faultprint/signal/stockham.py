"""The Fourier transform of a power of two, eight series side by side (Stockham, radix 4).

Complex values lie one after another: eight real parts, then eight imaginary parts.
"""

from __future__ import annotations

from faultprint.signal.arrays import Real
from faultprint.signal.compiling import built_in
from faultprint.signal.simd import WIDTH, full, fused, load, store

PAIR = 2 * WIDTH
"""Floats from one complex value of eight series to the next."""


@built_in
def _quarter(z: Real, to: Real, size: int, stride: int, jump: int, turns: Real) -> None:
    """Do one pass of the Stockham transform in steps of four."""
    part = size // 4
    apart, step = stride * part * PAIR, stride * PAIR
    for p in range(part):
        t = 2 * p * jump
        c1, s1, m1 = full(turns[t]), full(turns[t + 1]), full(-turns[t + 1])
        c2, s2, m2 = full(turns[2 * t]), full(turns[2 * t + 1]), full(-turns[2 * t + 1])
        c3, s3, m3 = full(turns[3 * t]), full(turns[3 * t + 1]), full(-turns[3 * t + 1])
        for q in range(stride):
            a, o = (q + stride * p) * PAIR, (q + stride * 4 * p) * PAIR
            x, y = load(z, a), load(z, a + 2 * apart)
            sum_re, gap_re = x + y, x - y
            x, y = load(z, a + WIDTH), load(z, a + 2 * apart + WIDTH)
            sum_im, gap_im = x + y, x - y
            x, y = load(z, a + apart), load(z, a + 3 * apart)
            odd_re, side_im = x + y, y - x  # b - d, turned by a quarter
            x, y = load(z, a + apart + WIDTH), load(z, a + 3 * apart + WIDTH)
            odd_im, side_re = x + y, x - y
            store(to, o, sum_re + odd_re)
            store(to, o + WIDTH, sum_im + odd_im)
            x, y = gap_re + side_re, gap_im + side_im
            store(to, o + step, fused(x, c1, y * m1))
            store(to, o + step + WIDTH, fused(x, s1, y * c1))
            x, y = sum_re - odd_re, sum_im - odd_im
            store(to, o + 2 * step, fused(x, c2, y * m2))
            store(to, o + 2 * step + WIDTH, fused(x, s2, y * c2))
            x, y = gap_re - side_re, gap_im - side_im
            store(to, o + 3 * step, fused(x, c3, y * m3))
            store(to, o + 3 * step + WIDTH, fused(x, s3, y * c3))


@built_in
def transform(work: Real, size: int, turns: Real) -> int:
    """Transform eight complex series of a power of two, side by side.

    Parameters
    ----------
    work : numpy.ndarray
        The series in row 0; two rows in all.
    size : int
        Number of values of each.
    turns : numpy.ndarray
        Cosines and sines of the negative angles, interleaved, shape (2 size,).

    Returns
    -------
    int
        The row where they end up.
    """
    stride, here, left = size // size, 0, size  # 1, but not one that numba compiles apart
    while left >= 4:
        _quarter(work[here], work[1 - here], left, stride, size // left, turns)
        left, stride, here = left // 4, stride * 4, 1 - here
    if left == 2:
        z, to = work[here], work[1 - here]
        for a in range(0, stride * PAIR, WIDTH):
            x, y = load(z, a), load(z, a + stride * PAIR)
            store(to, a, x + y)
            store(to, a + stride * PAIR, x - y)
        here = 1 - here
    return here
