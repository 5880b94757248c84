"""The Fourier transform of a power of two, eight series side by side (Stockham, radix 4)."""

from __future__ import annotations

from faultprint.signal.arrays import Real
from faultprint.signal.simd import WIDTH, built_in, full, load, store


@built_in
def _quarter(
    re: Real, im: Real, to_re: Real, to_im: Real, shape: tuple[int, int, int], turns: Real
) -> None:
    """Do one pass of the Stockham transform in steps of four."""
    size, stride, jump = shape
    part = size // 4
    for p in range(part):
        c1, s1 = full(turns[2 * p * jump]), full(turns[2 * p * jump + 1])
        c2, s2 = full(turns[4 * p * jump]), full(turns[4 * p * jump + 1])
        c3, s3 = full(turns[6 * p * jump]), full(turns[6 * p * jump + 1])
        for q in range(stride):
            a, b = (q + stride * p) * WIDTH, (q + stride * (p + part)) * WIDTH
            c, d = (q + stride * (p + 2 * part)) * WIDTH, (q + stride * (p + 3 * part)) * WIDTH
            sum_re, gap_re = load(re, a) + load(re, c), load(re, a) - load(re, c)
            sum_im, gap_im = load(im, a) + load(im, c), load(im, a) - load(im, c)
            odd_re, odd_im = load(re, b) + load(re, d), load(im, b) + load(im, d)
            # b - d, turned by a quarter
            side_re, side_im = load(im, d) - load(im, b), load(re, b) - load(re, d)
            o = (q + stride * 4 * p) * WIDTH
            step = stride * WIDTH
            store(to_re, o, sum_re + odd_re)
            store(to_im, o, sum_im + odd_im)
            x, y = gap_re - side_re, gap_im - side_im
            store(to_re, o + step, x * c1 - y * s1)
            store(to_im, o + step, x * s1 + y * c1)
            x, y = sum_re - odd_re, sum_im - odd_im
            store(to_re, o + 2 * step, x * c2 - y * s2)
            store(to_im, o + 2 * step, x * s2 + y * c2)
            x, y = gap_re + side_re, gap_im + side_im
            store(to_re, o + 3 * step, x * c3 - y * s3)
            store(to_im, o + 3 * step, x * s3 + y * c3)


@built_in
def _halve(re: Real, im: Real, to_re: Real, to_im: Real, stride: int) -> None:
    """Do the last pass of the Stockham transform in steps of two."""
    for q in range(stride):
        a, b = q * WIDTH, (q + stride) * WIDTH
        x, y = load(re, a), load(re, b)
        store(to_re, a, x + y)
        store(to_re, b, x - y)
        x, y = load(im, a), load(im, b)
        store(to_im, a, x + y)
        store(to_im, b, x - y)


@built_in
def transform(work: Real, size: int, turns: Real) -> int:
    """Transform eight complex series of a power of two, side by side.

    Parameters
    ----------
    work : numpy.ndarray
        Real and imaginary parts in rows 0 and 1, eight series interleaved; four rows in all.
    size : int
        Number of values of each.
    turns : numpy.ndarray
        Cosines and sines of the negative angles, interleaved, shape (2 size,).

    Returns
    -------
    int
        The row where the real parts end up; the imaginary ones are in the next.
    """
    stride, here, left = 1, 0, size
    while left >= 4:
        there = 2 - here
        shape = (left, stride, size // left)
        _quarter(work[here], work[here + 1], work[there], work[there + 1], shape, turns)
        left, stride, here = left // 4, stride * 4, there
    if left == 2:
        there = 2 - here
        _halve(work[here], work[here + 1], work[there], work[there + 1], stride)
        here = there
    return here
