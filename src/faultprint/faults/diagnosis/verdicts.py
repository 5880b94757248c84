"""From p-values to a verdict: the same rule in learning and in scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CLEAR = 0.9
"""Share of the probability of all candidates above which the first one is taken for known."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What was decided for each window."""

    verdict: NDArray[np.str_]
    """``healthy``, ``known``, ``ambiguous`` or ``deviation``."""
    mode: NDArray[np.int64]
    """Position of the most likely failure mode; -1 for none."""
    candidates: Flags
    """Shape (windows, modes): modes that are not struck off; none for healthy windows."""


def judge(
    p_values: Floats, probabilities: Floats, limit: float | Floats, significance: float
) -> Judgement:
    """Decide what each window says.

    Parameters
    ----------
    p_values : NDArray[numpy.float64]
        Shape (windows, 1 + modes): against healthy first, then against each failure mode.
    probabilities : NDArray[numpy.float64]
        Calibrated probabilities, same shape and order.
    limit : float | NDArray[numpy.float64]
        P-value against healthy below which a window is abnormal; one for all, or one each.
    significance : float
        P-value below which a failure mode is struck off.

    Returns
    -------
    Judgement
        One verdict a window.

    Notes
    -----
    A window not below the limit is healthy. Otherwise the candidates are the modes that are not
    struck off: none is a deviation, one is known, more are ambiguous. Where the classifier gives
    the first of several candidates at least 0.9 of the probability of all of them, it is known;
    the others stay on the list of candidates.
    """
    abnormal = p_values[:, 0] < limit
    candidates = (p_values[:, 1:] >= significance) & abnormal[:, None]
    weight = np.where(candidates, np.maximum(probabilities[:, 1:], 1e-12), 0.0)
    count = candidates.sum(axis=1)
    if weight.shape[1] == 0:
        return Judgement(
            np.where(abnormal, "deviation", "healthy"), np.full(len(weight), -1), candidates
        )
    first = weight.argmax(axis=1)
    share = weight.max(axis=1) / np.maximum(weight.sum(axis=1), 1e-300)
    verdict = np.select(
        [~abnormal, count == 0, (count == 1) | (share >= CLEAR)],
        ["healthy", "deviation", "known"],
        "ambiguous",
    )
    return Judgement(verdict, np.where(count > 0, first, -1), candidates)
