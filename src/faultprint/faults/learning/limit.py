"""The limit on the p-value against healthy, from what models say that did not see the windows."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.learning.sample import Sample
from faultprint.state.limits import budget_limit, cost_limit

Floats = NDArray[np.float64]


def limit_for(sample: Sample, against_healthy: Floats, settings: Settings) -> float:
    """Find the limit that keeps the budget or costs least.

    Parameters
    ----------
    sample : Sample
        The training windows.
    against_healthy : NDArray[numpy.float64]
        P-value of each against healthy, by models that did not see it.
    settings : Settings
        Settings.

    Returns
    -------
    float
        A window is abnormal when its p-value is below it. What is not learnt from is silence.
    """
    used = sample.history["used"].to_numpy(dtype=bool)
    p, healthy = np.full(len(used), np.nan), np.zeros(len(used), dtype=bool)
    p[used], healthy[used] = against_healthy, sample.showing("healthy")
    if settings.detect.costs:
        history = sample.history[["asset", "end"]].assign(p=p, healthy=healthy)
        shown = sample.episodes.assign(row=np.flatnonzero(used)[sample.episodes["row"]])
        return cost_limit(history, shown, settings.detect)[0]
    return budget_limit(
        p,
        sample.history["asset"],
        sample.history["end"],
        healthy,
        settings.detect,
        step_of(sample.windows, settings.windows.step),
    )


def step_of(windows: pd.DataFrame, usual: timedelta) -> timedelta:
    """Measure the usual distance between two windows of an asset.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows``.
    usual : timedelta
        Answer where no asset has two windows.

    Returns
    -------
    timedelta
        Median distance of neighbouring ends.
    """
    ends = windows.sort_values(["asset", "end"], kind="stable")
    between = ends.groupby("asset")["end"].diff().dropna()
    return pd.Timedelta(between.median()).to_pytimedelta() if len(between) else usual
