"""When a deviation began: the change point in what the twin could not explain, before an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.discovery.picture import standing_out
from faultprint.faults.learning.space import squash

Floats = NDArray[np.float64]

LOOK_BACK = pd.Timedelta(days=30)
"""How long before the first abnormal window a deviation may have begun."""
FEWEST = 8
"""Windows without which nothing is dated."""
_RISE = 0.82
"""Half the 80 % quantile of chi-squared with one degree of freedom: the fall in log-likelihood
that an onset may have and still be in the interval."""
_CLEAR = 2.0
"""Log-likelihood by which a sudden change must fit better than a slow one to be believed alone."""
_MOST_ALIKE = 0.95


@dataclass(frozen=True)
class Onset:
    """When a deviation began, as an interval."""

    earliest: pd.Timestamp
    likely: pd.Timestamp
    latest: pd.Timestamp


def find_change(hours: Floats, values: Floats, until: float) -> tuple[float, float, float] | None:
    """Find the instant from which a series rises.

    Parameters
    ----------
    hours : NDArray[numpy.float64]
        Instants, ascending [h].
    values : NDArray[numpy.float64]
        The series; NaN is left out.
    until : float
        Latest instant at which the rise may begin [h].

    Returns
    -------
    tuple[float, float, float] | None
        Earliest, likely and latest begin [h]; nothing where there are fewer than eight values, or
        where no begin makes the series rise.

    Notes
    -----
    Exact search for one change: for each instant, a level up to it and from it on either a straight
    rise or a higher level is fitted by least squares. The likely begin is that of the best straight
    rise, since most faults grow, unless a step fits clearly better. The interval holds the begins
    whose profile likelihood is within the 80 % quantile of the best one of their shape,
    with the number of values divided by ``(1 + r) / (1 - r)``, r being the lag-1 correlation of
    what the fit leaves, since windows overlap. A rise that is not straight makes it too narrow;
    the page on discovery says how often it held.
    """
    known = np.isfinite(values)
    t, x = hours[known], values[known]
    places = np.flatnonzero(t <= until)[1:]
    if len(t) < FEWEST or not len(places):
        return None
    level = x - x.mean()
    later = t[None, :] - t[places, None]
    shapes = np.stack([np.clip(later, 0.0, None), (later >= 0).astype(np.float64)])
    shapes -= shapes.mean(axis=2, keepdims=True)
    size = np.maximum(shapes @ level / np.maximum((shapes**2).sum(axis=2), 1e-300), 0.0)
    left = level - size[..., None] * shapes
    loss = (left**2).sum(axis=2)
    if not (size[np.arange(2), loss.argmin(axis=1)] > 0).any():
        return None
    rest = left[np.unravel_index(int(loss.argmin()), loss.shape)]
    alike = float(rest[1:] @ rest[:-1]) / max(float(rest @ rest), 1e-300)
    alike = float(np.clip(alike, 0.0, _MOST_ALIKE))
    count = len(t) * (1 - alike) / (1 + alike)
    fall = count / 2 * np.log(np.maximum(loss, 1e-12) / max(float(loss.min()), 1e-12))
    least = fall.min(axis=1)
    shape = 0 if least[0] <= _CLEAR else 1
    fits = (fall - least[:, None] <= _RISE) & (least <= _CLEAR)[:, None]
    held = t[places[fits.any(axis=0)]]
    return float(held[0]), float(t[places[int(loss[shape].argmin())]]), float(held[-1])


def direction_of(deviances: Mapping[str, float]) -> dict[str, float]:
    """Weigh the sensors by how far they left what is expected.

    Parameters
    ----------
    deviances : Mapping[str, float]
        Sensor -> mean deviance during the incident [healthy scales]; NaN where there is none.

    Returns
    -------
    dict[str, float]
        Sensor -> weight with the sign of its deviance, of length 1 together; only sensors that
        stand out. Empty if none does.
    """
    names = [name for name, value in deviances.items() if np.isfinite(value)]
    out = standing_out(squash(np.array([deviances[name] for name in names])))
    length = float(np.sqrt((out**2).sum()))
    return {n: float(v) / length for n, v in zip(names, out.tolist(), strict=True) if v != 0}


def find_onset(
    residuals: pd.DataFrame,
    since: pd.Timestamp,
    first_seen: pd.Timestamp,
    opened: pd.Timestamp,
    weights: Mapping[str, float],
) -> Onset | None:
    """Date the begin of an incident's deviation.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Rows of ``residuals`` of the asset.
    since : pandas.Timestamp
        Instant before which nothing is looked at: the last repair, or the end of the last alarm.
    first_seen : pandas.Timestamp
        First abnormal window of the incident; the deviation began no later.
    opened : pandas.Timestamp
        When the alarm opened; nothing later is looked at.
    weights : Mapping[str, float]
        Sensor -> weight, as from :func:`direction_of`.

    Returns
    -------
    Onset | None
        The onset; nothing where no sensor stands out or the history is too short to tell. Found on
        the squashed sum of the deviances in the direction of the incident, at most 30 days back.
    """
    begin = max(since, first_seen - LOOK_BACK)
    inside = (residuals["end"] > begin) & (residuals["end"] <= opened)
    mine = residuals[inside & residuals["sensor"].isin(list(weights))]
    if mine.empty:
        return None
    weight = mine["sensor"].map(dict(weights)).astype("float64")
    summed = (mine["deviance"] * weight).groupby(mine["end"]).sum(min_count=1).sort_index()
    hours = _hours(pd.DatetimeIndex(summed.index), begin)
    until = (first_seen - begin) / pd.Timedelta(hours=1)
    found = find_change(hours, squash(summed.to_numpy(dtype=np.float64)), until)
    if found is None:
        return None
    early, likely, late = (begin + pd.Timedelta(hours=h) for h in found)
    return Onset(early, likely, late)


def _hours(ends: pd.DatetimeIndex, begin: pd.Timestamp) -> Floats:
    return np.asarray((ends - begin) / pd.Timedelta(hours=1), dtype=np.float64)
