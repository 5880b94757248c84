"""How strange a window is to each class: signals that fail in different places, joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.learning.loudest import loudest
from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.ranks import scored, tail_ranks
from faultprint.faults.learning.space import tidy
from faultprint.faults.learning.witnesses import as_strange, both_strange
from faultprint.state.limits import p_values

Floats = NDArray[np.float64]

TOP_SENSORS = 3
"""How many of the most deviating sensors the twin's signal averages."""
EVEN = (1.0, 1.0)
"""Weights where doubt and distance count alike."""
FEW = 20
"""Windows of a fault that are too few to strike it off by their rank alone."""
_WEIGHED = ("doubt", "distance")
_TINY = 1e-9
_NAMES = ("doubt", "distance", "foreign", "loudest")


@dataclass(frozen=True, eq=False)
class Signals:
    """Nonconformity of windows to each class, shape (windows, classes) each; larger is stranger."""

    doubt: Floats
    """Of the classifier: catches what lies between the known classes."""
    distance: Floats
    """From the class: catches what lies beyond it. For healthy, from what the twin expects, if it
    has anything to go by."""
    foreign: Floats
    """Away from all that classes differ in: catches what moves sensors no known class moves. Of
    healthy, of which the twin's signal says it, how strange sensors and events are *both*; none
    without events."""
    loudest: Floats | None = None
    """Of the sensor that fits the class least: catches what moves one sensor more than the class
    does. None of healthy; see :func:`faultprint.faults.learning.loudest.loudest`."""

    def all(self) -> tuple[Floats, ...]:
        """List the signals.

        Returns
        -------
        tuple[NDArray[numpy.float64], ...]
            Doubt, distance, foreign, and the loudest if it is there.
        """
        three = (self.doubt, self.distance, self.foreign)
        return three if self.loudest is None else (*three, self.loudest)


def classifier_signal(probabilities: Floats) -> Floats:
    """Turn probabilities into nonconformity, one column a class.

    Parameters
    ----------
    probabilities : NDArray[numpy.float64]
        Calibrated, shape (windows, classes), healthy first.

    Returns
    -------
    NDArray[numpy.float64]
        ``-log P(class)``; NaN where the classifier has no choice since there is one class only.
    """
    safe = np.clip(probabilities, _TINY, 1 - _TINY)
    return -np.log(safe) if safe.shape[1] > 1 else np.full(safe.shape, np.nan)


def twin_signal(values: Floats, features: tuple[str, ...]) -> Floats:
    """Say how far the sensors are from what their twin expects.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features; those that end in ``.deviance`` count.

    Returns
    -------
    NDArray[numpy.float64]
        Mean of the three largest absolute deviances [healthy scales]; NaN without any.
    """
    columns = [i for i, name in enumerate(features) if name.endswith(DEVIANCE)]
    size = np.abs(values[:, columns])
    known = np.isfinite(size)
    ordered = -np.sort(-np.where(known, size, 0.0), axis=1)[:, :TOP_SENSORS]
    taken = np.minimum(known.sum(axis=1), TOP_SENSORS)
    return np.where(taken > 0, ordered.sum(axis=1) / np.maximum(taken, 1), np.nan)


def space_signals(
    values: Floats, features: tuple[str, ...], metric: Metric, classes: tuple[str, ...]
) -> tuple[Floats, Floats, Floats]:
    """Measure nonconformity in the shared space, one column a class.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features).
    features : tuple[str, ...]
        Names of the features.
    metric : Metric
        The shared space.
    classes : tuple[str, ...]
        Names of the columns; one the space was not fitted on gives NaN.

    Returns
    -------
    distance : NDArray[numpy.float64]
        Distance to the mean of the class along the coordinates that tell classes apart; for healthy
        the twin's signal where the metric leaves that to the twin.
    foreign : NDArray[numpy.float64]
        Length along all other coordinates, in which no class differs from another: the same for
        every failure mode; for healthy see
        :func:`faultprint.faults.learning.witnesses.both_strange`.
    loudest : NDArray[numpy.float64]
        See :func:`faultprint.faults.learning.loudest.loudest`.
    """
    place, count = metric.project(values), metric.discriminants
    distance = np.full((len(values), len(classes)), np.nan)
    for column, name in enumerate(classes):
        if name in metric.classes and count:
            away = place[:, :count] - metric.means[metric.classes.index(name), :count]
            distance[:, column] = np.sqrt((away**2).sum(axis=1))
    if metric.by_twin or not count:
        distance[:, 0] = twin_signal(values, features)
    rest = place[:, count:] - metric.means[0, count:]
    length = np.sqrt((rest**2).sum(axis=1)) if rest.shape[1] else np.full(len(values), np.nan)
    foreign = np.repeat(length[:, None], len(classes), axis=1)
    foreign[:, 0] = both_strange(values, features, metric)
    return distance, foreign, loudest(values, features, metric, classes)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Out-of-fold nonconformity of the windows of one class, each array ascending."""

    doubt: Floats
    distance: Floats
    foreign: Floats
    joined: Floats
    """Strangeness by all signals together, see :func:`strangeness`."""
    unheard: Floats = field(default_factory=lambda: np.empty(0))
    """Of healthy with a second witness: strangeness while that is not heard. Releases from before
    it was ranked among these leave it out."""
    loudest: Floats = field(default_factory=lambda: np.empty(0))
    """Releases from before it was asked leave it out."""
    weights: Floats = field(default_factory=lambda: np.ones(2))
    """How much doubt and distance count in the mean of all."""

    def to_dict(self) -> dict[str, list[float]]:
        """Return plain data.

        Returns
        -------
        dict[str, list[float]]
            Ready for JSON.
        """
        every = {name: kept.tolist() for name, kept in vars(self).items()}
        later = ("unheard", "loudest")
        return {name: kept for name, kept in every.items() if kept or name not in later}


def calibrate(
    signals: Signals, column: int, rows: NDArray[np.bool_], weights: tuple[float, float] = EVEN
) -> Calibration:
    """Keep what the windows of a class were like to models that never saw them.

    Parameters
    ----------
    signals : Signals
        Out-of-fold signals of all windows.
    column : int
        Which class.
    rows : NDArray[numpy.bool_]
        Its windows.
    weights : tuple[float, float], default EVEN
        How much doubt and distance count.

    Returns
    -------
    Calibration
        Of the class.
    """
    mine = Signals(*(signal[rows][:, [column]] for signal in signals.all()))
    none, weighed = np.empty(0), np.array(weights)
    doubt, distance, foreign, most = [*(_known(signal) for signal in mine.all()), none][:4]
    heard = column == 0 and len(foreign)
    deaf = Calibration(doubt, distance, none, none, loudest=most, weights=weighed)
    unheard = _known(strangeness(mine, [deaf], column)) if heard else none
    parts = Calibration(doubt, distance, foreign, none, unheard, most, weighed)
    return replace(parts, joined=_known(strangeness(mine, [parts], column)))


def strangeness(signals: Signals, calibrations: list[Calibration], first: int = 0) -> Floats:
    """Join the signals of each class.

    Parameters
    ----------
    signals : Signals
        Of any windows.
    calibrations : list[Calibration]
        One per column.
    first : int, default 0
        Which class the first column is; 0 is healthy.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes): mean over the signals that are there, by the weights of the class,
        of ``-log`` of their rank among the calibration scores (Fisher's combination); NaN where
        there is none. Of healthy, where sensors and events together are rarer than that, as strange
        as healthy windows are as rarely without them.

    Notes
    -----
    Signals share no unit, so each is ranked before they are joined. Beyond the largest calibration
    score the rank goes on falling with an exponential tail (the generalised Pareto tail of shape 0,
    fitted to the largest tenth), so that strange and very strange stay apart.
    """
    sums = np.zeros(signals.doubt.shape)
    count = np.zeros(signals.doubt.shape)
    together = np.zeros(signals.doubt.shape)
    for signal, name in zip(signals.all(), _NAMES, strict=False):
        for column, calibration in enumerate(calibrations):
            known = getattr(calibration, name)
            if len(known) and name == "foreign" and column + first == 0:
                ranks = tail_ranks(signal[:, column], known)
                usual = calibration.unheard
                strange = (
                    scored(ranks, usual) if len(usual) else as_strange(ranks, count[:, column])
                )
                together[:, column] = strange
            elif len(known):
                rank = -np.log(tail_ranks(signal[:, column], known))
                there, weight = np.isfinite(rank), _weight(calibration, name)
                sums[there, column] += weight * rank[there]
                count[there, column] += weight
    return np.where(count > 0, np.maximum(sums / np.maximum(count, _TINY), together), np.nan)


def _weight(calibration: Calibration, name: str) -> float:
    return float(calibration.weights[_WEIGHED.index(name)]) if name in _WEIGHED else 1.0


def novelty(
    signals: Signals, classes: tuple[str, ...], calibration: Mapping[str, Calibration]
) -> Floats:
    """Say how unlike everything known each window is.

    Parameters
    ----------
    signals : Signals
        Of any windows.
    classes : tuple[str, ...]
        Names of the columns.
    calibration : Mapping[str, Calibration]
        What the windows of each class were like.

    Returns
    -------
    NDArray[numpy.float64]
        Strangeness to the class it is least strange to, shape (windows,).
    """
    strange = strangeness(signals, [calibration[name] for name in classes])
    least: Floats = np.where(np.isfinite(strange), strange, np.inf).min(axis=1)
    return least


def ranked(
    signals: Signals, classes: tuple[str, ...], calibration: Mapping[str, Calibration]
) -> Floats:
    """Turn the signals into one p-value per class.

    Parameters
    ----------
    signals : Signals
        Of any windows.
    classes : tuple[str, ...]
        Names of the columns.
    calibration : Mapping[str, Calibration]
        What the windows of each class were like.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes); 1 where no signal is there: nothing speaks against it.

    Notes
    -----
    The joined strangeness is ranked once more among that of the calibration windows, so that the
    p-value keeps its error rate however the signals depend on each other. A fault with fewer than
    20 windows could never be struck off at one in 20: what is stranger than all of these has the
    rank that the tail gives it, and is struck off in error once in as many windows as there are.
    """
    kept = [calibration[name] for name in classes]
    strange = strangeness(signals, kept)
    joined = np.ones(strange.shape)
    for column, one in enumerate(kept):
        p = p_values(strange[:, column], one.joined)
        if column and 0 < len(one.joined) < FEW:
            beyond = strange[:, column] > one.joined[-1] * (1 + 1e-6)  # which is rounded
            p = np.where(beyond, tail_ranks(strange[:, column], one.joined), p)
        joined[:, column] = np.where(np.isfinite(p), p, 1.0)
    return joined


def _known(scores: Floats) -> Floats:
    return tidy(np.sort(scores[np.isfinite(scores)]))
