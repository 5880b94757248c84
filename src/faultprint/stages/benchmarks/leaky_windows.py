"""The reference that leaks: windows of one machine and failure on both sides of the split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.learning import boost
from faultprint.faults.learning.space import reference

FOLDS = 5


def leaky_names(
    table: pd.DataFrame, shown: NDArray[np.bool_], settings: Settings
) -> NDArray[np.bool_]:
    """Name every window by classifiers that saw its neighbours.

    Parameters
    ----------
    table : pandas.DataFrame
        Descriptors, one row a window.
    shown : NDArray[numpy.bool_]
        Window by mode: whether the window shows it.
    settings : Settings
        Size of the classifier, and the seed.

    Returns
    -------
    NDArray[numpy.bool_]
        Window by mode, named by the classifier of the other folds. Folds are dealt window by
        window, whatever machine and time it is of: overlapping windows of one failure are in all
        of them.
    """
    values = table.to_numpy(np.float64)
    healthy = ~shown.any(axis=1)
    usual = reference(values[healthy], values)
    filled = usual.filled(values)
    truth = np.where(healthy, 0, 1 + shown.argmax(axis=1)).astype(np.int64)
    fold = np.random.default_rng(settings.seed).integers(0, FOLDS, len(truth))
    said = np.zeros(len(truth), dtype=np.int64)
    for one in range(FOLDS):
        seen = fold != one
        classes = shown.shape[1] + 1
        text = boost.boost(filled[seen], truth[seen], classes, settings.classifier, settings.seed)
        found = boost.load(text).predict(filled[~seen], num_threads=1)
        said[~seen] = np.asarray(found).argmax(axis=1)
    named = np.zeros_like(shown)
    rows = np.flatnonzero(said)
    named[rows, said[rows] - 1] = True
    return named
