"""The sensor that fits a known fault least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.loudest import loudest
from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.signals import Signals, calibrate, ranked
from faultprint.faults.learning.space import Reference, squash

Floats = NDArray[np.float64]

NAMES = ("load", "flow.deviance", "heat.deviance", "heat.mean", "noise.deviance")
CLASSES = ("healthy", "blockage", "elsewhere")
MEANS = squash(np.array([[0.0, 0.0, 0.0, 0.0], [6.0, 0.0, 0.0, 0.0]]))
METRIC = Metric(
    (1, 2, 3, 4),
    Reference(np.zeros(4), np.ones(4)),
    np.diag([2.0, 2.0, 2.0, 2.0]),  # a spread of a half within classes
    1,
    ("healthy", "blockage"),
    MEANS * 2.0,
    0.0,
)


def windows_of(*shift: float, n: int = 200, seed: int = 1) -> Floats:
    noise = 0.3 * np.random.default_rng(seed).standard_normal((n, 5))
    return noise + np.array([5.0, *shift])


def test_it_is_the_largest_difference_from_what_is_typical() -> None:
    seen = np.array([[5.0, 6.0, 0.0, 0.0, 0.0], [5.0, 6.0, 0.0, 9.0, -4.0]])
    size = loudest(seen, NAMES, METRIC, CLASSES)
    assert np.isnan(size[:, 0]).all()  # healthy is for the twin to say
    assert np.isnan(size[:, 2]).all()  # the space does not know it
    # a mean follows the load: only deviances count
    np.testing.assert_allclose(size[:, 1], [0.0, np.arcsinh(4.0) / 0.5], atol=1e-12)


def test_what_was_not_measured_is_not_loud() -> None:
    seen = np.array([[5.0, 6.0, np.nan, 0.0, 0.0], [5.0, np.nan, np.nan, 0.0, np.nan]])
    size = loudest(seen, NAMES, METRIC, CLASSES)[:, 1]
    assert size[0] == 0.0
    assert np.isnan(size[1])


def test_a_twin_with_nothing_to_go_by_says_nothing() -> None:
    seen = windows_of(6.0, 0.0, 0.0, 9.0)
    assert np.isnan(loudest(seen, NAMES, replace(METRIC, by_twin=False), CLASSES)).all()
    bare = ("load", "flow.mean", "heat.max", "heat.mean", "noise.std")
    assert np.isnan(loudest(seen, bare, METRIC, CLASSES)).all()


def test_a_fault_that_moves_one_more_sensor_is_struck_off_at_the_promised_rate() -> None:
    """The three other signals see nothing: here the fourth decides, and keeps the error rate."""

    def signals(values: Floats, seed: int) -> Signals:
        three = np.random.default_rng(seed).random((3, len(values), 2))
        return Signals(*three, loudest(values, NAMES, METRIC, CLASSES[:2]))

    known, names = signals(windows_of(6.0, 0.0, 0.0, 0.0, n=2000), 2), CLASSES[:2]
    rows = np.ones(2000, dtype=np.bool_)
    kept = {name: calibrate(known, i, rows) for i, name in enumerate(names)}
    assert len(kept["healthy"].loudest) == 0
    later = signals(windows_of(6.0, 0.0, 0.0, 0.0, n=2000, seed=3), 4)
    assert abs((ranked(later, names, kept)[:, 1] < 0.05).mean() - 0.05) <= 0.02
    hidden = signals(windows_of(6.0, 0.0, 0.0, -5.0, seed=5), 6)
    assert (ranked(hidden, names, kept)[:, 1] < 0.05).mean() >= 0.95
    # a release that was learnt without it goes on as before
    old = {name: replace(one, loudest=np.empty(0)) for name, one in kept.items()}
    assert (ranked(hidden, names, old)[:, 1] < 0.05).mean() <= 0.2
