"""What the name of a fault stands on: what the other sensors say of it without this one.

A single sensor cannot tell a fault from its own failure. Each sensor is left out in turn, and the
known faults are looked for in what the others read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from faultprint.faults.learning.design import DEVIANCE, design, source_of, values_of
from faultprint.faults.learning.metric import Metric
from faultprint.faults.learning.space import squash, tidy
from faultprint.faults.model import HEALTHY, ClassModel
from faultprint.faults.teaching.taught import TaughtSet
from faultprint.twin.doubt import without_condition
from faultprint.twin.expectation import Twin

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Needed = Mapping[str, tuple[float, float]]

_ECHOES = ("error", "maintenance")
"""Sources that are no sensors: an alarm of the control system may come from the bad sensor."""

_RARER = 10.0
"""How many times as rarely as it is taken for abnormal a healthy machine shows the trace that
needs no other sign."""

_SAME = 0.5
"""Scatter between two pictures [spreads within a class] below which they are the same, as those of
a fault and of one of its grades."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """The faults that can be looked for, as steps from healthy in the shared space."""

    names: tuple[str, ...]
    """A fault that absorbed another has a picture of each."""
    steps: Floats
    """Shape (pictures, columns of the metric) [squashed healthy scales]."""
    healthy: Floats
    """Where healthy lies, by column."""
    spread: Floats
    """Covariance within classes, columns by columns."""


def pictures(metric: Metric, taught: TaughtSet | None = None) -> Pictures | None:
    """List the faults that a model has learnt and those that were taught since.

    Parameters
    ----------
    metric : Metric
        The shared space of the class.
    taught : TaughtSet | None, default None
        What was taught.

    Returns
    -------
    Pictures | None
        Nothing where the space does not know healthy, or throws directions away.
    """
    if HEALTHY not in metric.classes or metric.axes.shape[0] != metric.axes.shape[1]:
        return None
    back = np.linalg.inv(metric.axes)
    healthy = metric.means[metric.classes.index(HEALTHY)]
    renamed = taught.renamed if taught else {}
    found = {
        (renamed.get(name, name), name): mean - healthy
        for name, mean in zip(metric.classes, metric.means, strict=True)
        if name != HEALTHY and renamed.get(name, name)
    }
    found |= {(one.name, ""): one.centre for one in (taught.faults if taught else ())}
    steps = np.array(list(found.values())).reshape(len(found), len(back)) @ back
    return Pictures(tuple(name for name, _ in found), steps, healthy @ back, back.T @ back)


@dataclass(frozen=True, eq=False)
class Traces:
    """What the other sensors show of every fault."""

    size: Floats
    """Shape (windows, pictures) [spreads within a class]; the larger, the more of the fault."""
    alike: Floats
    """How much of one fault's trace another fault leaves, pictures by pictures [1]."""


def traces(shown: Pictures, columns: Flags, units: Floats) -> Traces:
    """Look for every fault in some of the columns.

    Parameters
    ----------
    shown : Pictures
        The faults.
    columns : NDArray[numpy.bool_]
        Which of its columns are believed.
    units : NDArray[numpy.float64]
        Windows in healthy scales, shape (windows, columns); NaN where not measured.

    Returns
    -------
    Traces
        A fault that leaves no trace in these columns has a size of 0.

    Notes
    -----
    The matched filter: with ``d`` the step from healthy to the fault and ``S`` the covariance
    within classes, both of the believed columns, ``d' S^-1 x / sqrt(d' S^-1 d)`` has a spread of 1
    on windows that do not show the fault, and no other linear score tells it better from healthy.
    """
    step, spread = shown.steps[:, columns], shown.spread[np.ix_(columns, columns)]
    weights = np.linalg.solve(spread, step.T).T
    length = np.sqrt(np.maximum((weights * step).sum(axis=1), 0.0))
    weights = weights / np.where(length > 0, length, np.inf)[:, None]
    away = squash(units) - shown.healthy
    away = np.where(np.isfinite(away), away, 0.0)[:, columns]
    # A product of matrices may sum in another order for another number of rows.
    size = np.einsum("nc,pc->np", away, weights)
    return Traces(size, weights @ spread @ weights.T)


def sensors_of(model: ClassModel, twin: Twin) -> tuple[str, ...]:
    """List the sensors a name may rest on.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    twin : Twin
        Its twin.

    Returns
    -------
    tuple[str, ...]
        Those that are compared, and the conditions that deviances hang on.
    """
    compared = [source_of(model.features[i]).split("~") for i in model.metric.columns]
    named = {name for names in compared for name in names} - set(_ECHOES)
    return tuple(sorted(named | {one.sensor for one in twin.conditions}))


@dataclass(frozen=True, eq=False)
class Without:
    """Windows in which one sensor is not believed."""

    columns: Flags
    """Columns of the metric that do not come from it, nor from what may only echo it."""
    units: Floats
    """Shape (windows, columns of the metric) [healthy scales]."""
    values: Floats
    """Shape (windows, features of the model); NaN where only the sensor says it."""


def left_without(
    model: ClassModel, twin: Twin, windows: pd.DataFrame, values: Floats, sensor: str
) -> Without:
    """Leave one sensor out of windows.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    twin : Twin
        Its twin, with the baselines of the assets.
    windows : pandas.DataFrame
        The windows.
    values : NDArray[numpy.float64]
        What the model reads of them, shape (windows, features).
    sensor : str
        The sensor.

    Returns
    -------
    Without
        Without a condition the deviances are those that suit the machine best.
    """
    changed = values.copy()
    for name, away in without_condition(twin, windows, sensor).items():
        if f"{name}{DEVIANCE}" in model.features:
            at = model.features.index(f"{name}{DEVIANCE}")
            changed[:, at] = np.where(np.isfinite(values[:, at]), away, np.nan)
    sources = [set(source_of(name).split("~")) for name in model.features]
    changed[:, [sensor in one for one in sources]] = np.nan
    places = list(model.metric.columns)
    kept = np.array([not sources[i] & {sensor, *_ECHOES} for i in places], dtype=np.bool_)
    return Without(kept, model.metric.reference.units(changed[:, places]), changed)


def with_footing(
    model: ClassModel, twin: Twin, windows: pd.DataFrame, residuals: pd.DataFrame
) -> ClassModel:
    """Learn how much of each fault the other sensors show on healthy machines.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    twin : Twin
        Its twin.
    windows : pandas.DataFrame
        Labelled windows of the class; those that were learnt as healthy count.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.

    Returns
    -------
    ClassModel
        With its ``footing``: sensor left out -> failure mode -> trace that is passed as rarely as
        a healthy window is taken for abnormal, and trace that is passed ten times as rarely.
        Unchanged without a failure mode or a healthy window.
    """
    shown = pictures(model.metric)
    healthy = windows[(windows["part"] == "train") & (windows["use"] == "healthy")]
    if shown is None or not shown.names or healthy.empty:
        return model
    values = values_of(design(healthy, residuals), model.features)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    shares = [1 - model.limit, 1 - model.limit / _RARER]
    for sensor in sensors_of(model, twin):
        left = left_without(model, twin, healthy, values, sensor)
        size = traces(shown, left.columns, left.units).size
        usual, most = tidy(np.quantile(size, shares, axis=0, method="higher")).tolist()
        found[sensor] = dict(zip(shown.names, zip(usual, most, strict=True), strict=True))
    return replace(model, footing=found)


def stands(
    shown: Pictures,
    seen: Traces,
    named: Flags,
    needed: Needed,
    significance: float,
    alarming: Callable[[NDArray[np.int64]], Flags],
) -> Flags:
    """Tell which windows show one of the faults they are given without the sensor left out.

    Parameters
    ----------
    shown : Pictures
        The faults.
    seen : Traces
        What the other sensors show.
    named : NDArray[numpy.bool_]
        Which faults each window is given, shape (windows, pictures).
    needed : Needed
        Failure mode -> traces that healthy machines seldom and hardly ever leave.
    significance : float
        Error rate of holding another fault for more likely.
    alarming : Callable[[NDArray[numpy.int64]], NDArray[numpy.bool_]]
        Tells which of some windows are abnormal, or nearly so, without the sensor.

    Returns
    -------
    NDArray[numpy.bool_]
        Where a given fault leaves a trace that healthy machines hardly ever leave, or seldom and
        the window is alarming, and none leaves so much more that the difference is no chance.
    """
    least = np.array([_needed(needed, name) for name in shown.names]).T
    seldom, hardly = named & (seen.size > least[0]), named & (seen.size > least[1])
    scatter = np.sqrt(np.maximum(2.0 * (1.0 - seen.alike), _SAME**2))
    for place in range(len(shown.names)):
        more = seen.size - seen.size[:, [place]] > -ndtri(significance) * scatter[place]
        seldom[:, place] &= ~more.any(axis=1)
        hardly[:, place] &= ~more.any(axis=1)
    there = hardly.any(axis=1)
    asked = np.flatnonzero(seldom.any(axis=1) & ~there)
    there[asked] = alarming(asked)
    return np.asarray(there, dtype=np.bool_)


def _needed(needed: Needed, name: str) -> tuple[float, float]:
    """Give the traces a fault must leave; of one taught later, the largest of all."""
    if name in needed:
        return needed[name]
    largest = np.array(list(needed.values())).max(axis=0)
    return float(largest[0]), float(largest[1])


def stands_beside(shown: Pictures, seen: Traces, pair: tuple[str, str], needed: Needed) -> Flags:
    """Tell which windows show a further fault beside the first without the sensor left out.

    Parameters
    ----------
    shown : Pictures
        The faults.
    seen : Traces
        What the other sensors show.
    pair : tuple[str, str]
        The first fault and the further one; both have a picture.
    needed : Needed
        Failure mode -> traces that healthy machines seldom and hardly ever leave.

    Returns
    -------
    NDArray[numpy.bool_]
        Where what the first fault does not explain is more than healthy machines hardly ever leave.
    """
    first, other = (shown.names.index(name) for name in pair)
    alike = float(np.clip(seen.alike[first, other], -1.0, 1.0))
    rest = seen.size[:, other] - alike * seen.size[:, first]
    least = _needed(needed, pair[1])[1]
    return np.asarray(rest > least * np.sqrt(max(1.0 - alike**2, 1e-12)), dtype=np.bool_)
