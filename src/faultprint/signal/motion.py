"""Compiled sums over windows: how values move, how long they remember, how two move together."""

from __future__ import annotations

from faultprint.signal.arrays import Real, Spans
from faultprint.signal.compiling import built_in, compiled
from faultprint.signal.kernels import fill, tell_hours
from faultprint.signal.simd import (
    WIDTH,
    count_from,
    full,
    load,
    magnitude,
    pick,
    root,
    total,
)

STEP_VARIANCE, BEND_VARIANCE, TURNED, EXCURSION, ROOTS, WATCHED = range(6)
"""Rows of :func:`watch`, and their number."""

TIME_MEAN, TIME_VARIANCE, HELD = range(3)
"""Rows of :func:`hold`, and their number."""


@built_in
def _differ(room: Real, size: int, found: Real, w: int) -> None:
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
    found[STEP_VARIANCE, w] = total(steps) / max(size - 1, 1)
    found[BEND_VARIANCE, w] = total(bends) / max(size - 2, 1)
    found[TURNED, w], found[ROOTS, w] = total(turned), total(roots) / size


@compiled
def watch(spans: Spans, levels: Real, rooms: Real, found: Real) -> None:
    """Measure how each window moves from value to value.

    Parameters
    ----------
    spans : Spans
        The windows.
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    rooms : numpy.ndarray
        A row of :func:`kernels.rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (5, w): variance of first and of second differences, number of
        turning points, largest absolute cumulative sum of deviations, mean root of the size. Those
        of empty windows are left alone.
    """
    room = rooms[0]
    for w in range(spans.starts.size):
        size = spans.stops[w] - spans.starts[w]
        if size > 0:
            fill(spans.values, spans.starts[w], size, room)
            _differ(room, size, found, w)
            walked = farthest = 0.0
            for j in range(size):
                walked += (room[j] - room[0]) - levels[w]
                farthest = max(farthest, abs(walked))
            found[EXCURSION, w] = farthest


@compiled
def hold(spans: Spans, rooms: Real, found: Real) -> None:
    """Measure the straight lines from reading to reading, weighted by time.

    Parameters
    ----------
    spans : Spans
        The windows.
    rooms : numpy.ndarray
        Two rows of :func:`kernels.rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (2, w): mean and variance over time; of a single value, the
        value and 0. Those of empty windows are left alone.
    """
    for w in range(spans.starts.size):
        size = spans.stops[w] - spans.starts[w]
        if size > 0:
            fill(spans.values, spans.starts[w], size, rooms[0])
            tell_hours(spans.times, spans.starts[w], size, rooms[1])
            steady = _area(rooms[0], rooms[1], size, 0.0, 1)
            found[TIME_MEAN, w] = rooms[0, 0] + steady
            found[TIME_VARIANCE, w] = _area(rooms[0], rooms[1], size, steady, 2)


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


@compiled
def recall(spans: Spans, levels: Real, lag: int, rooms: Real, found: Real) -> None:
    """Sum the products of deviations some values apart.

    Parameters
    ----------
    spans : Spans
        The windows.
    levels : numpy.ndarray
        Mean less the oldest value of each window, shape (w,).
    lag : int
        How many values apart; the windows are longer.
    rooms : numpy.ndarray
        A row of :func:`kernels.rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (1, w). Those of windows that are not longer are left alone.
    """
    none, eight, room = full(0.0), full(float(WIDTH)), rooms[0]
    for w in range(spans.starts.size):
        size = spans.stops[w] - spans.starts[w]
        if size > lag:
            fill(spans.values, spans.starts[w], size, room)
            origin, level, near = full(room[0]), full(levels[w]), full(float(size - lag))
            place, summed = count_from(0.0), none
            for j in range(0, size - lag, WIDTH):
                d = (load(room, j) - origin) - level
                e = (load(room, j + lag) - origin) - level
                summed = summed + pick(place < near, d * e, none)
                place = place + eight
            found[0, w] = total(summed)


@compiled
def relate(spans: Spans, others: Real, rooms: Real, found: Real) -> None:
    """Measure how two signals read at the same times move together.

    Parameters
    ----------
    spans : Spans
        The windows, with the values of one signal.
    others : numpy.ndarray
        Values of the other, shape (n,).
    rooms : numpy.ndarray
        Two rows of :func:`kernels.rooms_for`.
    found : numpy.ndarray
        Where the results go, shape (3, w): variances of both, and their covariance. Those of empty
        windows are left alone.
    """
    room, side = rooms[0], rooms[1]
    none, eight = full(0.0), full(float(WIDTH))
    for w in range(spans.starts.size):
        size = spans.stops[w] - spans.starts[w]
        if size <= 0:
            continue
        fill(spans.values, spans.starts[w], size, room)
        fill(others, spans.starts[w], size, side)
        here, there, far = full(room[0]), full(side[0]), full(float(size))
        one, two, place = none, none, count_from(0.0)
        for j in range(0, size, WIDTH):
            one = one + pick(place < far, load(room, j) - here, none)
            two = two + pick(place < far, load(side, j) - there, none)
            place = place + eight
        level, height = full(total(one) / size), full(total(two) / size)
        one, two, both, place = none, none, none, count_from(0.0)
        for j in range(0, size, WIDTH):
            d = pick(place < far, (load(room, j) - here) - level, none)
            e = pick(place < far, (load(side, j) - there) - height, none)
            one, two, both = one + d * d, two + e * e, both + d * e
            place = place + eight
        found[0, w], found[1, w] = total(one) / size, total(two) / size
        found[2, w] = total(both) / size
