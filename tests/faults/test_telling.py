"""The one descriptor that tells a taught fault from everything else that looks like it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.space import Reference
from faultprint.faults.release import release_from_parts, release_to_parts
from faultprint.faults.teaching.speaking import speak
from faultprint.faults.teaching.telling import Readings, besides, telling, telling_from
from tests.faults.test_evolve import CLASS, KNOWN, NEW, archive, learnt, model, teach, three
from tests.faults.test_evolve import windows_of as incident

Floats = NDArray[np.float64]
WIDTH = 12
METRIC = Metric(
    tuple(range(1, WIDTH)),  # the first feature is a condition
    Reference(np.full(WIDTH - 1, 5.0), np.full(WIDTH - 1, 2.0)),
    np.eye(WIDTH - 1),
    1,
    ("healthy", "old"),
    np.zeros((2, WIDTH - 1)),
    0.0,
)
NAMES = tuple(f"sensor{n}.deviance" for n in range(WIDTH))


def windows_of(n: int, column: int, size: float, seed: int) -> Floats:
    values = 5.0 + 2.0 * np.random.default_rng(seed).standard_normal((n, WIDTH))
    values[:, column] += 2.0 * size
    return values


def readings(size: float, protected: Floats) -> Readings:
    own = tuple(windows_of(12, 4, size, seed) for seed in range(3))
    return Readings(METRIC, NAMES, own, protected)


@pytest.mark.parametrize("size", [8.0, -8.0])
def test_it_is_the_sensor_that_nothing_else_moves(size: float) -> None:
    others = np.concatenate([windows_of(200, 0, 9.0, 7), windows_of(200, 7, size, 8)])
    near = np.zeros(400, dtype=np.bool_)
    near[-100:] = True
    everywhere = [np.ones(12, dtype=np.bool_)] * 3
    told, share = telling(readings(size, others), everywhere, near)
    assert told is not None
    assert (told.descriptor, told.column, told.up) == ("sensor4.deviance", 4, size > 0)
    assert share == 1.0
    assert not told.shown(others[near]).any()
    assert told.shown(others).mean() <= 0.01
    assert told.shown(windows_of(500, 4, size, 9)).mean() >= 0.98
    # as many windows more, as like the fault as those
    assert told.shown(windows_of(100, 7, size, 10)).sum() <= 1


def test_what_was_not_measured_does_not_tell() -> None:
    told, _ = telling(
        readings(8.0, windows_of(100, 7, 8.0, 8)),
        [np.ones(12, dtype=np.bool_)] * 3,
        np.ones(100, dtype=np.bool_),
    )
    assert told is not None
    seen = windows_of(4, 4, 8.0, 11)
    seen[1:3, 4] = np.nan
    assert told.shown(seen).tolist() == [True, False, False, True]
    assert telling_from(told.to_dict()) == told


def test_nothing_tells_where_another_moves_the_same_or_nothing_is_protected() -> None:
    inside = [np.ones(12, dtype=np.bool_)] * 3
    same = windows_of(200, 4, 9.0, 8)
    told, share = telling(readings(8.0, same), inside, np.ones(200, dtype=np.bool_))
    assert share <= 0.2
    assert told is None or not told.shown(same).any()
    assert telling(readings(8.0, same[:0]), inside, np.zeros(0, dtype=np.bool_)) == (None, 0.0)


def test_a_window_that_looks_like_the_picture_must_read_it_too() -> None:
    made = teach(learnt(), *three(), held=archive(*KNOWN)).release
    (one,) = made.taught[CLASS].recognisers
    assert one.telling is not None
    again = release_from_parts(release_to_parts(made)).taught[CLASS].recognisers[0]
    assert again.telling == one.telling
    values = incident(NEW["leak"], 60, 21)
    metric = model().metric
    accepted = speak(made.taught[CLASS], metric, values).chosen >= 0
    assert accepted.mean() >= 0.9
    beyond = -np.inf if one.telling.up else np.inf
    unmoved = replace(one, telling=replace(one.telling, level=-beyond))
    silent = replace(made.taught[CLASS], recognisers=(unmoved,))
    assert (speak(silent, metric, values).chosen < 0).all()


def pair(second: tuple[float, float, float], seed: int) -> Readings:
    """Windows in which one sensor moves, and a further one by so much in each occasion."""
    own = []
    for n, size in enumerate(second):
        values = windows_of(12, 4, 8.0, seed + n)
        values[:, 6] -= 2.0 * size
        own.append(values)
    others = np.concatenate([windows_of(200, 0, 9.0, 7), windows_of(40, 7, 9.0, 8)])
    return Readings(METRIC, NAMES, tuple(own), others)


def test_what_all_windows_show_besides_is_asked_for_too() -> None:
    seen = pair((8.0, 9.0, 7.0), 20)
    inside = [np.ones(12, dtype=np.bool_)] * 3
    first = telling(seen, inside, np.zeros(240, dtype=np.bool_))[0]
    assert first is not None
    told = besides(seen, first, inside)
    assert {told.descriptor, *(one.descriptor for one in told.besides)} == {NAMES[4], NAMES[6]}
    assert {one.up for one in (told, *told.besides)} == {True, False}
    both, half = pair((8.0, 8.0, 8.0), 40).own[0], windows_of(40, 4, 8.0, 50)
    assert told.shown(both).mean() >= 0.9
    assert first.shown(half).all() or first.descriptor == NAMES[6]
    assert not told.shown(half).any()
    assert telling_from(told.to_dict()) == told
    assert "besides" not in first.to_dict()


def test_what_one_occasion_does_not_show_is_not_asked_for() -> None:
    seen = pair((8.0, 0.0, 8.0), 20)
    inside = [np.ones(12, dtype=np.bool_)] * 3
    first = telling(seen, inside, np.zeros(240, dtype=np.bool_))[0]
    assert first is not None
    assert first.descriptor == NAMES[4]
    assert besides(seen, first, inside) == first


def test_descriptors_of_one_sensor_say_the_same_and_codes_do_not() -> None:
    same = (*NAMES[:6], "sensor4.mean", *NAMES[7:])
    codes = (*NAMES[:4], "error.E1.count", NAMES[5], "error.E2.count", *NAMES[7:])
    inside = [np.ones(12, dtype=np.bool_)] * 3
    for names, asked in ((same, 0), (codes, 1)):
        seen = replace(pair((8.0, 9.0, 7.0), 20), features=names)
        first = telling(seen, inside, np.zeros(240, dtype=np.bool_))[0]
        assert first is not None
        assert len(besides(seen, first, inside).besides) == asked
