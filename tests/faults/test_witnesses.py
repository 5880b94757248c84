"""Sensors and events, strange at the same time, against healthy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.ranks import scored, tail_ranks
from faultprint.faults.learning.signals import Calibration, Signals, calibrate, strangeness
from faultprint.faults.learning.space import Reference
from faultprint.faults.learning.witnesses import as_strange, both_strange

Floats = NDArray[np.float64]
NAMES = ("error.E1.count", "error.E2.count", "flow.deviance", "speed.deviance", "speed.mean")
METRIC = Metric(
    (0, 1, 2, 3, 4),
    Reference(np.zeros(5), np.array([0.1, 0.2, 1.0, 1.0, 1.0])),
    np.eye(5),
    1,
    ("healthy", "old"),
    np.zeros((2, 5)),
    0.0,
)
CLASSES = ("healthy", "old")


def signals(together: Floats, seed: int = 3) -> Signals:
    rng = np.random.default_rng(seed)
    doubt, distance = rng.random((2, len(together), 2))
    return Signals(doubt, distance, np.column_stack([together, rng.random(len(together))]))


def test_one_witness_alone_is_not_believed() -> None:
    windows = np.array(
        [
            [0, 0, 0.1, 0.2, 9.0],  # nothing but a mean that follows the load
            [1, 0, 0.1, 0.2, 0.0],  # an event
            [0, 0, 0.1, -6.0, 0.0],  # a sensor that wanders
            [1, 0, 0.1, -6.0, 0.0],  # both
            [1, 1, 9.0, -6.0, 0.0],  # more of both
            [1, 0, np.nan, -6.0, 0.0],
        ]
    )
    strange = both_strange(windows, NAMES, METRIC)
    assert strange[:3].max() <= np.log1p(0.2**2)
    assert strange[3] == np.log1p(6.0**2)
    assert strange[4] > strange[3] == strange[5]


def test_without_events_there_is_no_second_witness() -> None:
    quiet = tuple(name.replace("error.", "flow.") for name in NAMES)
    assert np.isnan(both_strange(np.ones((3, 5)), quiet, METRIC)).all()
    none = signals(np.full(200, np.nan))
    kept = [calibrate(none, i, np.ones(200, dtype=np.bool_)) for i in range(2)]
    assert len(kept[0].foreign) == 0
    mean = strangeness(none, kept)
    alone = Signals(none.doubt, none.distance, np.full((200, 2), np.nan))
    bare = [Calibration(one.doubt, one.distance, np.empty(0), one.joined) for one in kept]
    np.testing.assert_array_equal(mean[:, 0], strangeness(alone, bare)[:, 0])


def test_both_together_count_as_much_as_they_are_rare() -> None:
    healthy = signals(np.random.default_rng(5).random(400))
    rows = np.ones(400, dtype=np.bool_)
    kept = [calibrate(healthy, i, rows) for i in range(2)]
    usual, seen = signals(np.zeros(50)), signals(np.full(50, 5.0))
    before, now = strangeness(usual, kept), strangeness(seen, kept)
    assert (now[:, 0] > before[:, 0]).all()
    np.testing.assert_array_equal(now[:, 1], before[:, 1])  # no other class listens to it
    # of healthy windows as many exceed a strangeness as without a second witness, or a few more
    assert len(kept[0].joined) == 400


def test_signals_that_are_strange_together_do_not_drown_the_second_witness() -> None:
    """Where doubt and distance repeat each other, a rare mean is not as rare as it looks."""
    rng = np.random.default_rng(8)
    same = rng.random((4000, 1)) + 0.01 * rng.random((4000, 2))
    healthy = Signals(same, same + 0.01 * rng.random((4000, 2)), rng.random((4000, 2)))
    rows = np.ones(4000, dtype=np.bool_)
    kept = [calibrate(healthy, 0, rows)]
    rare = np.quantile(healthy.foreign[:, 0], 0.998)
    seen = Signals(*(np.array([[value]]) for value in (0.5, 0.5, rare)))
    p_value = float((strangeness(healthy, kept, 0)[:, 0] >= strangeness(seen, kept)[0, 0]).mean())
    assert 0.002 <= p_value <= 0.005
    # a release that does not say so takes the signals for independent
    old = [replace(kept[0], unheard=np.empty(0))]
    before = float((strangeness(healthy, old, 0)[:, 0] >= strangeness(seen, old)[0, 0]).mean())
    assert before >= 2 * p_value


@pytest.mark.parametrize("n", [2, 7, 200])
def test_scores_have_the_rank_they_are_asked_for(n: int) -> None:
    known = np.sort(np.random.default_rng(n).exponential(size=n))
    np.testing.assert_array_equal(scored(tail_ranks(known, known), known), known)
    beyond = known[-1] + np.array([0.5, 3.0])
    np.testing.assert_allclose(scored(tail_ranks(beyond, known), known), beyond)
    assert scored(np.array([np.nan]), known)[0] == known[0]


def test_a_rank_keeps_its_chance_on_the_scale_of_a_mean() -> None:
    draws = -np.log(np.random.default_rng(1).random((200_000, 2))).mean(axis=1)
    for chance in (0.5, 0.1, 0.01):
        level = float(as_strange(np.array([chance]), np.array([2.0]))[0])
        assert abs((draws > level).mean() - chance) <= 0.01 * 0.5 + 0.1 * chance
    np.testing.assert_allclose(as_strange(np.array([0.02]), np.array([1.0])), -np.log(0.02))
    assert as_strange(np.array([np.nan]), np.array([2.0]))[0] == 0.0
