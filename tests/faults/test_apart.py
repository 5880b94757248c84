"""The plane between a taught picture and a known class, on numbers checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from faultprint.faults.teaching.apart import Neighbours, apartness, reaches

CENTRE = np.array([6.0, 0.0])
MEANS = np.array([[0.0, 0.0], [10.0, 0.0]])


@pytest.mark.parametrize(
    ("place", "reach", "inside"),
    [
        (6.0, (1.0, 1.0), True),
        (2.9, (1.0, 1.0), False),  # healthy's side of the plane at 3
        (3.1, (1.0, 1.0), True),
        (3.1, (4.0, 1.0), False),  # healthy reaches up to 4
        (4.1, (4.0, 1.0), True),
        (7.9, (1.0, 1.0), True),
        (8.1, (1.0, 1.0), False),  # the fault's side of the plane at 8
        (7.1, (1.0, 3.0), False),  # the fault reaches down to 7
    ],
)
def test_a_window_counts_on_its_side_and_beyond_every_reach(
    place: float, reach: tuple[float, ...], *, inside: bool
) -> None:
    windows = np.array([[place, -3.0]])  # sideways of the line is nothing against it
    assert bool(apartness(windows, CENTRE, MEANS, reach)[0] < 1) == inside


def test_a_class_reaches_as_far_as_it_spreads_in_that_direction() -> None:
    beside = Neighbours(MEANS[:1], np.array([2.0]), np.array([0.5]), 1)
    along = reaches(np.array([6.0, 0.0]), beside, 3)
    across = reaches(np.array([0.0, 6.0]), beside, 3)
    assert along == pytest.approx([2.0 * norm.isf(0.01)])
    assert across == pytest.approx([0.5 * norm.isf(0.01)])
    assert reaches(np.array([6.0, 0.0]), beside, 1) == pytest.approx([2.0 * norm.isf(0.005)])
