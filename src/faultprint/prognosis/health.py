"""An asset's own history of predicted life: what the second stage reads, and a health index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faultprint.prognosis.trajectories import Floats, trailing_mean

MEANS = (5, 10, 20, 40, 80)
"""Lengths of the trailing means of the predictions [cycles]."""
CHANGES = (10, 20, 40, 80)
"""How far back a prediction is compared with itself [cycles]."""
_BEGUN = 0.88
"""Share of the cap below which the averaged prediction says that wear has begun."""


def history_features(predicted: Floats, cap: float, spans: Sequence[slice]) -> Floats:
    """Describe for every row how the predictions of its asset ran up to it.

    Parameters
    ----------
    predicted : NDArray[numpy.float64]
        Predicted remaining life of every row [cycles].
    cap : float
        Longest life that is told apart [cycles].
    spans : Sequence[slice]
        Rows of each asset.

    Returns
    -------
    NDArray[numpy.float64]
        Rows by features: the prediction, trailing means, changes, least so far, cycles since wear
        began. Only rows up to and with its own count.
    """
    out = np.zeros((len(predicted), 3 + len(MEANS) + len(CHANGES)))
    for span in spans:
        out[span] = _features(predicted[span], cap)
    return out


def _features(q: Floats, cap: float) -> Floats:
    rows = np.arange(len(q))
    means = [trailing_mean(q[:, None], length)[:, 0] for length in MEANS]
    changes = [q - q[np.maximum(rows - back, 0)] for back in CHANGES]
    low = means[1] < _BEGUN * cap
    first = int(np.argmax(low)) if low.any() else len(q)
    begun = np.maximum(rows - first, 0).astype(float)
    return np.column_stack([q, *means, *changes, np.minimum.accumulate(q), begun])


def health_index(predicted: Floats, cap: float, spans: Sequence[slice]) -> Floats:
    """Condense predictions into a health that can only fall.

    Parameters
    ----------
    predicted : NDArray[numpy.float64]
        Predicted remaining life of every row [cycles].
    cap : float
        Longest life that is told apart [cycles].
    spans : Sequence[slice]
        Rows of each asset.

    Returns
    -------
    NDArray[numpy.float64]
        From 1 (as new) to 0 (at its end): the least so far of the ten-row mean, over the cap.
    """
    out = np.zeros(len(predicted))
    for span in spans:
        mean = trailing_mean(predicted[span][:, None], 10)[:, 0]
        out[span] = np.minimum.accumulate(np.clip(mean / cap, 0.0, 1.0))
    return out
