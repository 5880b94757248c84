"""Which witnesses are heard against healthy, and how much, is settled by what they find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.faults.learning.limit import limit_for
from faultprint.faults.learning.sample import Sample
from faultprint.faults.learning.signals import (
    EVEN,
    Calibration,
    Signals,
    calibrate,
    classifier_signal,
    ranked,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LED = (1.5, 0.5)
"""Weights of doubt and distance against healthy where the classifier leads."""
MARGIN = 0.01
"""How much more must be found for it to lead, and for a second witness to be heard."""
_LEAST = 1e-12


def against_healthy(
    sample: Sample, signals: Signals, probabilities: Floats, settings: Settings
) -> Calibration:
    """Hear the witnesses against healthy as finds most within the budget.

    Parameters
    ----------
    sample : Sample
        The training windows.
    signals : Signals
        Of models that did not see them.
    probabilities : NDArray[numpy.float64]
        By the same, shape (windows, classes).
    settings : Settings
        Settings.

    Returns
    -------
    Calibration
        Of healthy.

    Notes
    -----
    Where events are alarms on the very sensors that are looked at, both are strange together
    whenever one is, and a second witness who repeats the first costs a part of the budget. Where
    sensors stray as often without a fault as with one, the twin's distance spends the budget on
    them, and the classifier, which has seen what of it fails, is to lead. What is found are the
    faults that are known, and the same faults as they would look to somebody who knows all the
    others; both count alike. A classifier that is good at known faults needs no other witness for
    them, and would be left alone with the unknown ones.
    """
    rows = sample.showing(sample.classes[0])
    both = calibrate(signals, 0, rows)
    if len(sample.classes) == 1:
        return both
    silent = np.where(np.arange(len(sample.classes)) == 0, np.nan, signals.foreign)
    heard = [replace(signals, foreign=silent)]
    heard += [signals] if len(both.foreign) else []
    tried = [calibrate(one, 0, rows, weights) for weights in (EVEN, LED) for one in heard]
    handicap = MARGIN * np.add.outer(np.arange(2), np.arange(len(heard))).ravel()
    found = [_found(sample, signals, probabilities, one, settings) for one in tried]
    return tried[int(np.argmax(np.array(found) - handicap))]


def _found(
    sample: Sample,
    signals: Signals,
    probabilities: Floats,
    healthy: Calibration,
    settings: Settings,
) -> float:
    """Measure the mean share of the windows of an episode that are abnormal within the budget."""
    p_value = _p_healthy(signals, healthy)
    limit = limit_for(sample, p_value, settings)
    rows = sample.episodes["row"].to_numpy()
    known, unknown = p_value[rows], np.ones(len(rows))
    for column, mode in enumerate(sample.classes[1:], 1):
        mine = (sample.episodes["failure_mode"] == mode).to_numpy()
        left = probabilities[rows[mine]].copy()
        left[:, column] = 0.0
        left /= np.maximum(left.sum(axis=1, keepdims=True), _LEAST)
        seen = Signals(*(signal[rows[mine]] for signal in signals.all()))
        unknown[mine] = _p_healthy(replace(seen, doubt=classifier_signal(left)), healthy)
    abnormal = pd.Series((known < limit) / 2 + (unknown < limit) / 2)
    return float(abnormal.groupby(sample.episodes["episode"].to_numpy()).mean().mean())


def _p_healthy(signals: Signals, healthy: Calibration) -> Floats:
    first = Signals(*(signal[:, :1] for signal in signals.all()))
    return np.asarray(ranked(first, ("healthy",), {"healthy": healthy})[:, 0], dtype=np.float64)
