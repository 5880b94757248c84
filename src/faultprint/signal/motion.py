"""Compiled sums over windows: how values move, how long they remember, how two move together."""

from __future__ import annotations

import numpy as np

from faultprint.signal.arrays import Real, Whole
from faultprint.signal.kernels import fill, longest_of
from faultprint.signal.simd import (
    WIDTH,
    built_in,
    compiled,
    count_from,
    full,
    load,
    magnitude,
    pick,
    root,
    total,
)

STEP_VARIANCE, BEND_VARIANCE, TURNED, EXCURSION, ROOTS = range(5)
"""Columns of :func:`watch`."""


@built_in
def _differ(room: Real, size: int, row: Real) -> None:
    """Measure variances of first and second differences, turning points and roots of the size."""
    none, one = full(0.0), full(1.0)
    near, last, eight = full(size - 1.0), full(size - 2.0), full(float(WIDTH))
    drift = (room[size - 1] - room[0]) / max(size - 1, 1)
    bend = (room[size - 1] - room[max(size - 2, 0)] - room[min(1, size - 1)] + room[0]) / max(
        size - 2, 1
    )
    step_mean, bend_mean, far = full(drift), full(bend), full(float(size))
    place, steps, bends, turned, roots = count_from(0.0), none, none, none, none
    for j in range(0, size, WIDTH):
        x, y, z = load(room, j), load(room, j + 1), load(room, j + 2)
        first, second = y - x, z - y
        paired, triple = place < near, place < last
        away = pick(paired, first - step_mean, none)
        steps = steps + away * away
        away = pick(triple, (second - first) - bend_mean, none)
        bends = bends + away * away
        turned = turned + pick((first * second < none) & triple, one, none)
        roots = roots + pick(place < far, root(magnitude(x)), none)
        place = place + eight
    row[STEP_VARIANCE] = total(steps) / max(size - 1, 1)
    row[BEND_VARIANCE] = total(bends) / max(size - 2, 1)
    row[TURNED], row[ROOTS] = total(turned), total(roots) / size


@compiled
def watch(values: Real, starts: Whole, stops: Whole, levels: Real, found: Real) -> None:
    """Measure how each window moves from value to value.

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
    found : numpy.ndarray
        Where the results go, shape (w, 5): variance of first and of second differences, number of
        turning points, largest absolute cumulative sum of deviations, mean root of the size. Rows
        of empty windows are left alone.
    """
    room = np.empty(longest_of(starts, stops) + 2 * WIDTH)
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size > 0:
            fill(values, starts[w], size, room)
            _differ(room, size, found[w])
            walked = farthest = 0.0
            for j in range(size):
                walked += (room[j] - room[0]) - levels[w]
                farthest = max(farthest, abs(walked))
            found[w, EXCURSION] = farthest


@compiled
def recall(values: Real, starts: Whole, stops: Whole, levels: Real, asked: Whole) -> Real:
    """Sum the products of deviations some values apart.

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
    asked : numpy.ndarray
        How many values apart, shape (k,).

    Returns
    -------
    numpy.ndarray
        Shape (w, k).
    """
    found = np.zeros((starts.size, asked.size))
    room = np.zeros(longest_of(starts, stops) + asked.max() + 2 * WIDTH)
    none, eight = full(0.0), full(float(WIDTH))
    for w in range(starts.size):
        size = stops[w] - starts[w]
        for k in range(asked.size if size > 0 else 0):
            fill(values, starts[w], size, room)
            origin, level, near = full(room[0]), full(levels[w]), full(float(size - asked[k]))
            place, summed = count_from(0.0), none
            for j in range(0, size - asked[k], WIDTH):
                d = (load(room, j) - origin) - level
                e = (load(room, j + asked[k]) - origin) - level
                summed = summed + pick(place < near, d * e, none)
                place = place + eight
            found[w, k] = total(summed)
    return found


@compiled
def relate(values: Real, others: Real, starts: Whole, stops: Whole, found: Real) -> None:
    """Measure how two signals read at the same times move together.

    Parameters
    ----------
    values : numpy.ndarray
        One signal, oldest first, shape (n,).
    others : numpy.ndarray
        The other, shape (n,).
    starts : numpy.ndarray
        Position of the first value of each window, shape (w,).
    stops : numpy.ndarray
        Position after the last value of each window, shape (w,).
    found : numpy.ndarray
        Where the results go, shape (w, 3): variances of both, and their covariance. Rows of empty
        windows are left alone.
    """
    most = longest_of(starts, stops) + 2 * WIDTH
    room, side = np.empty(most), np.empty(most)
    none, eight = full(0.0), full(float(WIDTH))
    for w in range(starts.size):
        size = stops[w] - starts[w]
        if size <= 0:
            continue
        fill(values, starts[w], size, room)
        fill(others, starts[w], size, side)
        here, there, far = full(room[0]), full(side[0]), full(float(size))
        one, two = none, none
        for j in range(0, size, WIDTH):
            one = one + (load(room, j) - here)
            two = two + (load(side, j) - there)
        level, height = full(total(one) / size), full(total(two) / size)
        one, two, both, place = none, none, none, count_from(0.0)
        for j in range(0, size, WIDTH):
            d = pick(place < far, (load(room, j) - here) - level, none)
            e = pick(place < far, (load(side, j) - there) - height, none)
            one, two, both = one + d * d, two + e * e, both + d * e
            place = place + eight
        found[w, 0], found[w, 1] = total(one) / size, total(two) / size
        found[w, 2] = total(both) / size
