"""Compiled sums over windows: level, spread, shape, change and trend.

Each window is read on its own, from its first value to its last, eight values at a time. Nothing is
carried from one window to the next, so a result depends on the window's values alone, to the last
bit. Values are taken relative to the oldest one before they are summed, in float64 whatever they
come in, so that a large offset costs nothing; sums over neighbouring windows are not updated by
adding what enters and subtracting what leaves, which would do neither.
"""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Spans, Whole
from faultprint.signal.compiling import built_in, compiled
from faultprint.signal.simd import (
    WIDTH,
    count_from,
    full,
    fused,
    larger,
    largest,
    load,
    magnitude,
    pick,
    smaller,
    smallest,
    store,
    total,
)

FIRST, LAST, LOWEST, HIGHEST, LEVEL, MEAN, VARIANCE, THIRD, FOURTH, STEPS, SIZES = range(11)
SLOPE, SPAN, WIDEST, MEASURED = range(11, 15)
"""Rows of :func:`measure`, and their number."""

PRODUCT, MEAN_CROSSED, ZERO_CROSSED, CROSSED = range(4)
"""Rows of :func:`cross`, and their number."""

ROUNDING = 1e-9
"""Share of the range within which a value counts as lying on the level it may cross."""

SPARE = 2 * WIDTH
"""Places behind the longest window that a room needs."""

_HOURS = 1 / 3.6e12
"""Hours in a nanosecond."""


def rooms_for(spans: Spans, rows: int) -> Real:
    """Make room for copies of a window.

    Parameters
    ----------
    spans : Spans
        The windows.
    rows : int
        How many copies.

    Returns
    -------
    numpy.ndarray
        Shape (rows, the longest window and what is read behind it).
    """
    return np.zeros((rows, spans.longest() + SPARE))


@built_in
def fill(values: Real, start: int, size: int, room: Real) -> None:
    """Copy a window, and its newest value behind it so that whole vectors can be read.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    start : int
        Position of the window's first value.
    size : int
        Its number of values.
    room : numpy.ndarray
        Where they go, as float64; at least two vectors longer than the window.
    """
    window = values[start : start + size]
    whole = size - size % WIDTH
    for j in range(0, whole, WIDTH):
        store(room, j, load(window, j))
    for j in range(whole, size):
        room[j] = window[j]
    newest = full(room[size - 1])
    store(room, size, newest)
    store(room, size + WIDTH, newest)


@built_in
def _sum_up(room: Real, size: int, found: Real, w: int) -> None:
    """Measure extremes, mean and steps; the newest value, repeated, makes no step."""
    origin, none = full(room[0]), full(0.0)
    summed, sizes, steps, low, high = none, none, none, origin, origin
    whole = size - size % WIDTH
    for j in range(0, whole, WIDTH):
        x = load(room, j)
        summed, sizes = summed + (x - origin), sizes + magnitude(x)
        low, high = smaller(low, x), larger(high, x)
        steps = steps + magnitude(load(room, j + 1) - x)
    x, inside = load(room, whole), count_from(float(whole)) < full(float(size))
    summed = summed + pick(inside, x - origin, none)
    sizes = sizes + pick(inside, magnitude(x), none)
    steps = steps + magnitude(load(room, whole + 1) - x)
    found[FIRST, w], found[LAST, w] = room[0], room[size - 1]
    found[LOWEST, w], found[HIGHEST, w] = smallest(smaller(low, x)), largest(larger(high, x))
    found[LEVEL, w] = total(summed) / size
    found[MEAN, w] = room[0] + found[LEVEL, w]
    found[SIZES, w], found[STEPS, w] = total(sizes) / size, total(steps)


@built_in
def _sum_deviations(room: Real, size: int, found: Real, w: int) -> None:
    """Measure the central moments, and the slope per value."""
    origin, level, none = full(room[0]), full(found[LEVEL, w]), full(0.0)
    eight, lever = full(float(WIDTH)), count_from(-0.5 * (size - 1))
    second, third, fourth, leaning = none, none, none, none
    whole = size - size % WIDTH
    for j in range(0, whole, WIDTH):
        d = (load(room, j) - origin) - level
        square = d * d
        second, third = second + square, fused(square, d, third)
        fourth, leaning = fused(square, square, fourth), fused(lever, d, leaning)
        lever = lever + eight
    inside = count_from(float(whole)) < full(float(size))
    d = pick(inside, (load(room, whole) - origin) - level, none)
    square = d * d
    second, third = second + square, fused(square, d, third)
    fourth, leaning = fused(square, square, fourth), fused(lever, d, leaning)
    found[VARIANCE, w], found[THIRD, w] = total(second) / size, total(third) / size
    found[FOURTH, w] = total(fourth) / size
    found[SLOPE, w] = total(leaning) / (float(size) * (float(size) * size - 1.0) / 12.0)


@built_in
def _even_gap(times: Whole, start: int, stop: int) -> int:
    """Give the time between neighbours [ns] if it is always the same, else 0."""
    if stop - start < 2:
        return 0
    clock = times[start:stop]
    gap, other = clock[1] - clock[0], 0
    for j in range(clock.size - 1):
        other |= (clock[j + 1] - clock[j]) ^ gap
    return 0 if other else gap


@compiled
def measure(spans: Spans, rooms: Real, found: Real) -> None:
    """Measure level, spread, shape, change and trend of each window, and how it was sampled.

    Parameters
    ----------
    spans : Spans
        The windows.
    rooms : numpy.ndarray
        Two rows of :func:`rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (14, w): oldest, newest, lowest and highest value, mean less the
        oldest value, mean, central moments of order 2, 3 and 4, sum of absolute steps, mean size,
        least-squares slope [unit/h], time from the oldest to the newest value and widest gap
        between neighbours [h]. Those of empty windows are left alone.
    """
    for w in range(spans.starts.size):
        start, stop = spans.starts[w], spans.stops[w]
        size = stop - start
        if size > 0:
            fill(spans.values, start, size, rooms[0])
            _sum_up(rooms[0], size, found, w)
            _sum_deviations(rooms[0], size, found, w)
            gap = _even_gap(spans.times, start, stop)
            found[SPAN, w] = float(spans.times[stop - 1] - spans.times[start]) * _HOURS
            found[WIDEST, w] = float(gap) * _HOURS
            if gap:
                found[SLOPE, w] = found[SLOPE, w] / found[WIDEST, w]
            else:
                tell_hours(spans.times, start, size, rooms[1])
                _lean(rooms[0], rooms[1], size, found, w)


@built_in
def tell_hours(times: Whole, start: int, size: int, hours: Real) -> None:
    """Tell how long before the newest value each was read [h].

    Parameters
    ----------
    times : numpy.ndarray
        Instants [ns], shape (n,).
    start : int
        Position of the window's first value.
    size : int
        Its number of values.
    hours : numpy.ndarray
        Where the times go.
    """
    clock = times[start : start + size]
    newest = clock[size - 1]
    for j in range(size):
        hours[j] = float(clock[j] - newest) * _HOURS


@built_in
def _lean(room: Real, hours: Real, size: int, found: Real, w: int) -> None:
    """Measure the slope over uneven times, and the widest gap."""
    none, eight, place = full(0.0), full(float(WIDTH)), count_from(0.0)
    near, far, clock, widest = full(size - 1.0), full(float(size)), none, none
    for j in range(0, size, WIDTH):
        h = load(hours, j)
        clock = clock + pick(place < far, h, none)
        widest = larger(widest, pick(place < near, load(hours, j + 1) - h, none))
        place = place + eight
    origin, height, middle = full(room[0]), full(found[LEVEL, w]), full(total(clock) / size)
    place, leaning, spread = count_from(0.0), none, none
    for j in range(0, size, WIDTH):
        lever = pick(place < far, load(hours, j) - middle, none)
        leaning = fused(lever, (load(room, j) - origin) - height, leaning)
        spread = fused(lever, lever, spread)
        place = place + eight
    found[WIDEST, w], found[SLOPE, w] = largest(widest), total(leaning) / total(spread)


@built_in
def _compare(room: Real, size: int, level: float, slack: float, found: Real, w: int) -> None:
    """Compare neighbours; the newest value, repeated, crosses nothing."""
    origin, height, none, one = full(room[0]), full(level), full(0.0), full(1.0)
    product, mean_crossed, zero_crossed, edge = none, none, none, full(slack)
    near, eight, place = full(size - 1.0), full(float(WIDTH)), count_from(0.0)
    for j in range(0, size, WIDTH):
        x, y = load(room, j), load(room, j + 1)
        d, e = (x - origin) - height, (y - origin) - height
        product = fused(pick(place < near, d, none), e, product)
        mean_crossed = mean_crossed + pick((d > edge) ^ (e > edge), one, none)
        zero_crossed = zero_crossed + pick((x > edge) ^ (y > edge), one, none)
        place = place + eight
    found[PRODUCT, w], found[MEAN_CROSSED, w] = total(product), total(mean_crossed)
    found[ZERO_CROSSED, w] = total(zero_crossed)


@compiled
def cross(spans: Spans, levels: Real, ranges: Real, rooms: Real, found: Real) -> None:
    """Compare the neighbours in each window.

    Parameters
    ----------
    spans : Spans
        The windows.
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    ranges : numpy.ndarray
        Highest less lowest value of each window, shape (w,).
    rooms : numpy.ndarray
        A row of :func:`rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (3, w): sum of products of neighbouring deviations, numbers of
        crossings of the mean and of 0. Those of empty windows are left alone.
    """
    for w in range(spans.starts.size):
        size = spans.stops[w] - spans.starts[w]
        if size > 0:
            fill(spans.values, spans.starts[w], size, rooms[0])
            _compare(rooms[0], size, levels[w], ROUNDING * ranges[w], found, w)
