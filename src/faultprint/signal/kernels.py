"""Compiled sums over windows: level, spread, shape, change and trend.

Each window is read on its own, from its first value to its last, eight values at a time. Nothing is
carried from one window to the next, so a result depends on the window's values alone, to the last
bit. Values are taken relative to the oldest one before they are summed, in float64 whatever they
come in, so that a large offset costs nothing; sums over neighbouring windows are not updated by
adding what enters and subtracting what leaves, which would do neither.
"""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Whole
from faultprint.signal.simd import (
    WIDTH,
    built_in,
    compiled,
    count_from,
    full,
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
"""Columns of :func:`measure`."""

PRODUCT, MEAN_CROSSED, ZERO_CROSSED = range(3)
"""Columns of :func:`cross`."""

SLOPE, SPAN, WIDEST = range(3)
"""Columns of :func:`follow`."""

TIME_MEAN, TIME_VARIANCE = range(2)
"""Columns of :func:`hold`."""

ROUNDING = 1e-9
"""Share of the range within which a value counts as lying on the level it may cross."""

_HOURS = 1 / 3.6e12
"""Hours in a nanosecond."""


@built_in
def fill(values: Real, start: int, size: int, room: Real) -> None:
    """Copy a window, and its oldest value behind it so that whole vectors can be read.

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
    for j in range(size):
        room[j] = window[j]
    oldest = full(room[0])
    store(room, size, oldest)
    store(room, size + WIDTH, oldest)


@built_in
def longest_of(starts: Whole, stops: Whole) -> int:
    """Find the longest window.

    Parameters
    ----------
    starts : numpy.ndarray
        Position of the first value of each window.
    stops : numpy.ndarray
        Position after the last value of each window.

    Returns
    -------
    int
        Its number of values.
    """
    most = 0
    for w in range(starts.size):
        most = max(most, stops[w] - starts[w])
    return most


@built_in
def _sum_up(room: Real, size: int, row: Real) -> None:
    """Measure extremes, mean and steps."""
    origin, none, far = full(room[0]), full(0.0), full(float(size))
    near, eight, place = full(size - 1.0), full(float(WIDTH)), count_from(0.0)
    summed, sizes, steps, low, high = none, none, none, origin, origin
    for j in range(0, size, WIDTH):
        x = load(room, j)
        summed = summed + (x - origin)
        low, high = smaller(low, x), larger(high, x)
        sizes = sizes + pick(place < far, magnitude(x), none)
        steps = steps + pick(place < near, magnitude(load(room, j + 1) - x), none)
        place = place + eight
    row[FIRST], row[LAST] = room[0], room[size - 1]
    row[LOWEST], row[HIGHEST] = smallest(low), largest(high)
    row[LEVEL] = total(summed) / size
    row[MEAN] = room[0] + row[LEVEL]
    row[SIZES], row[STEPS] = total(sizes) / size, total(steps)


@built_in
def _sum_deviations(room: Real, size: int, row: Real) -> None:
    """Measure the central moments."""
    origin, level, none = full(room[0]), full(row[LEVEL]), full(0.0)
    far, eight, place = full(float(size)), full(float(WIDTH)), count_from(0.0)
    second, third, fourth = none, none, none
    for j in range(0, size, WIDTH):
        d = pick(place < far, (load(room, j) - origin) - level, none)
        square = d * d
        second = second + square
        third = third + square * d
        fourth = fourth + square * square
        place = place + eight
    row[VARIANCE], row[THIRD] = total(second) / size, total(third) / size
    row[FOURTH] = total(fourth) / size


@built_in
def _compare(room: Real, size: int, level: float, slack: float, row: Real) -> None:
    """Compare neighbours."""
    origin, height, none, one = full(room[0]), full(level), full(0.0), full(1.0)
    product, mean_crossed, zero_crossed, edge = none, none, none, full(slack)
    near, eight, place = full(size - 1.0), full(float(WIDTH)), count_from(0.0)
    for j in range(0, size, WIDTH):
        x, y, paired = load(room, j), load(room, j + 1), place < near
        d, e = (x - origin) - height, (y - origin) - height
        product = product + pick(paired, d * e, none)
        crossed = ((d > edge) ^ (e > edge)) & paired
        mean_crossed = mean_crossed + pick(crossed, one, none)
        crossed = ((x > edge) ^ (y > edge)) & paired
        zero_crossed = zero_crossed + pick(crossed, one, none)
        place = place + eight
    row[PRODUCT], row[MEAN_CROSSED] = total(product), total(mean_crossed)
    row[ZERO_CROSSED] = total(zero_crossed)


@compiled
def cross(values: Real, starts: Whole, stops: Whole, measured: Real, found: Real) -> None:
    """Compare the neighbours in each window.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    measured : numpy.ndarray
        Mean less the oldest value, and range, of each window, shape (2, w).
    found : numpy.ndarray
        Where the results go, shape (w, 3): sum of products of neighbouring deviations, numbers of
        crossings of the mean and of 0. Rows of empty windows are left alone.
    """
    room = np.empty(longest_of(starts, stops) + 2 * WIDTH)
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size > 0:
            fill(values, starts[w], size, room)
            _compare(room, size, measured[0, w], ROUNDING * measured[1, w], found[w])


@compiled
def measure(values: Real, starts: Whole, stops: Whole, found: Real) -> None:
    """Measure level, spread, shape and change of each window.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    found : numpy.ndarray
        Where the results go, shape (w, 11): oldest, newest, lowest and highest value, mean less the
        oldest value, mean, central moments of order 2, 3 and 4, sum of absolute steps, mean size.
        Rows of empty windows are left alone.
    """
    room = np.empty(longest_of(starts, stops) + 2 * WIDTH)
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size > 0:
            fill(values, starts[w], size, room)
            _sum_up(room, size, found[w])
            _sum_deviations(room, size, found[w])


@built_in
def _tell_hours(clock: Whole, hours: Real) -> None:
    """Tell how long before the newest value each was read [h]."""
    newest = clock[clock.size - 1]
    for j in range(clock.size):
        hours[j] = float(clock[j] - newest) * _HOURS


@built_in
def _lean(room: Real, hours: Real, size: int, level: float, row: Real) -> None:
    """Measure the slope and the widest gap."""
    none, eight, place = full(0.0), full(float(WIDTH)), count_from(0.0)
    near, far, clock, widest = full(size - 1.0), full(float(size)), none, none
    for j in range(0, size, WIDTH):
        h = load(hours, j)
        clock = clock + pick(place < far, h, none)
        widest = larger(widest, pick(place < near, load(hours, j + 1) - h, none))
        place = place + eight
    origin, height, middle = full(room[0]), full(level), full(total(clock) / size)
    place, leaning, spread = count_from(0.0), none, none
    for j in range(0, size, WIDTH):
        lever = pick(place < far, load(hours, j) - middle, none)
        leaning = leaning + lever * ((load(room, j) - origin) - height)
        spread = spread + lever * lever
        place = place + eight
    row[SPAN], row[WIDEST] = hours[size - 1] - hours[0], largest(widest)
    row[SLOPE] = total(leaning) / total(spread)


@compiled
def follow(
    values: Real, times: Whole, starts: Whole, stops: Whole, levels: Real, found: Real
) -> None:
    """Measure the trend of each window, and how evenly it was sampled.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    found : numpy.ndarray
        Where the results go, shape (w, 3): least-squares slope [unit/h], time from the oldest to
        the newest value and widest gap between neighbours [h]. Rows of empty windows are left
        alone.
    """
    most = longest_of(starts, stops) + 2 * WIDTH
    room, hours = np.empty(most), np.zeros(most)
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size > 0:
            fill(values, starts[w], size, room)
            _tell_hours(times[starts[w] : stops[w]], hours)
            _lean(room, hours, size, levels[w], found[w])


@compiled
def hold(values: Real, times: Whole, starts: Whole, stops: Whole, found: Real) -> None:
    """Measure the straight lines from reading to reading, weighted by time.

    Parameters
    ----------
    values : numpy.ndarray
        float32 or float64, oldest first, shape (n,).
    times : numpy.ndarray
        Their instants [ns], shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    found : numpy.ndarray
        Where the results go, shape (w, 2): mean and variance over time; of a single value, the
        value and 0. Rows of empty windows are left alone.
    """
    most = longest_of(starts, stops) + 2 * WIDTH
    room, hours = np.empty(most), np.zeros(most)
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size > 0:
            fill(values, starts[w], size, room)
            _tell_hours(times[starts[w] : stops[w]], hours)
            steady = _area(room, hours, size, 0.0, 1)
            found[w, TIME_MEAN] = room[0] + steady
            found[w, TIME_VARIANCE] = _area(room, hours, size, steady, 2)


@built_in
def _area(room: Real, hours: Real, size: int, level: float, power: int) -> float:
    """Average straight lines, less a level, or (power 2) their squares."""
    none, half, third = full(0.0), full(0.5), full(1.0 / 3.0)
    origin, height, near = full(room[0]), full(level), full(size - 1.0)
    place, area = count_from(0.0), none
    for j in range(0, size, WIDTH):
        a, b = (load(room, j) - origin) - height, (load(room, j + 1) - origin) - height
        gap = pick(place < near, load(hours, j + 1) - load(hours, j), none)
        line = (a * a + a * b + b * b) * third if power == 2 else (a + b) * half
        area = area + gap * line
        place = place + full(float(WIDTH))
    span = hours[size - 1] - hours[0]
    return total(area) / span if span > 0 else 0.0
