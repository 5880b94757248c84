"""Scoring of change points as the Numenta benchmark does, the window to the right of each.

Lavin and Ahmad 2015, doi:10.1109/ICMLA.2015.141, standard profile. Here the window begins at the
change and is not centred on it: a detection before the change is false.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from faultprint.evaluate.benchmarks.figures import Figure, Floats, bootstrap

Marks = NDArray[np.bool_]
FALSE = -0.11
"""What a false detection costs in the standard profile; a missed change costs 1."""
HOLD = 10
"""Rows that a new state must last before it counts as a change."""


def detect_changes(abnormal: Marks) -> NDArray[np.int64]:
    """Say at which rows the state is seen to have changed.

    Parameters
    ----------
    abnormal : NDArray[numpy.bool_]
        Of each row; the unit is healthy before.

    Returns
    -------
    NDArray[numpy.int64]
        The rows at which another state has lasted ``HOLD`` rows.
    """
    state, since, found = False, 0, []
    for row, seen in enumerate(abnormal.tolist()):
        since = 0 if seen == state else since + 1
        if since == HOLD:
            state, since = seen, 0
            found.append(row)
    return np.array(found, dtype=np.int64)


def count_changes(detected: Floats, changes: Floats, window: float) -> tuple[float, float, float]:
    """Weigh the detections of one unit.

    Parameters
    ----------
    detected : NDArray[numpy.float64]
        Times of detections, ascending [s].
    changes : NDArray[numpy.float64]
        Times of true changes, ascending [s].
    window : float
        How long after a change it may be detected [s]; the next change ends it.

    Returns
    -------
    reward : float
        Sum over found changes of a falling sigmoid of the delay y in windows: from 1 at the change
        to ``FALSE`` at the end of its window.
    missed : float
        Changes without a detection.
    false : float
        Detections in no window. A second one in the same window counts neither way.
    """
    ends = np.minimum(changes + window, np.r_[changes[1:], np.inf])
    reward, missed, held = 0.0, 0, np.zeros(len(detected), dtype=bool)
    for change, end in zip(changes, ends, strict=True):
        inside = (detected >= change) & (detected < end)
        held |= inside
        if not inside.any():
            missed += 1
            continue
        late = (detected[inside][0] - change) / window
        falling = np.tanh(np.pi / 2 * (1 - 2 * late)) / np.tanh(np.pi / 2)
        reward += FALSE + (1 - FALSE) * (falling + 1) / 2
    return float(reward), float(missed), float((~held).sum())


def change_figures(
    variant: str, units: Mapping[str, tuple[float, float, float, int]]
) -> list[Figure]:
    """Make figures of weighed detections.

    Parameters
    ----------
    variant : str
        Which model.
    units : Mapping[str, tuple[float, float, float, int]]
        Unit -> what :func:`count_changes` gave, and its number of changes.

    Returns
    -------
    list[Figure]
        ``nab``: 100 x (score + changes) / (2 x changes), 0 for no detection at all and 100 for each
        change found at once; ``missed`` and ``false`` counts.
    """
    table = np.array(list(units.values()), dtype=np.float64).reshape(-1, 4)

    def nab(drawn: NDArray[np.int64]) -> float:
        reward, missed, false, number = table[drawn].sum(axis=0)
        raw = reward - missed + FALSE * false
        return float(100 * (raw + number) / (2 * number)) if number else float("nan")

    measures = {
        "nab": nab,
        "missed": lambda drawn: float(table[drawn, 1].sum()),
        "false": lambda drawn: float(table[drawn, 2].sum()),
    }
    return [
        Figure(variant, "all", name, *bootstrap(measure, len(table)), len(table))
        for name, measure in measures.items()
    ]
