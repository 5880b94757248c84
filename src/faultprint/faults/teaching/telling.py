"""What tells a taught fault from all that must stay: one descriptor, and what goes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.design import source_of
from faultprint.faults.learning.metric import Metric

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

USUAL = 0.99
"""Share of all windows of anything else that lie on the near side of the level."""
EXPECTED = 0.1
"""How many of as many other windows, as like the fault as these, may lie beyond it."""
_TENTH, _FEWEST = 10, 5
_JUST_ABOVE = 1e-6
EVENTS = ("error", "maintenance")
"""Sources that are no sensors: each of their codes speaks for itself."""
CLEAR = 3.0
"""Healthy scales beyond which a descriptor shows something."""
UNANIMOUS = 0.95
"""Share of the windows of every occasion that show what all of them have in common."""


@dataclass(frozen=True)
class Telling:
    """What a window must read besides looking like the picture."""

    descriptor: str
    column: int
    """Its position among the features of the model."""
    up: bool
    """Whether it must read more than the level; else less."""
    level: float
    """In the unit of the descriptor; of a deviance, healthy scales."""
    besides: tuple[Telling, ...] = ()
    """What all windows that were taught show together with it."""

    def shown(self, values: Floats) -> Flags:
        """Mark the windows that show it.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).

        Returns
        -------
        NDArray[numpy.bool_]
            False also where it was not measured.
        """
        seen = values[:, self.column]
        alone = np.asarray(seen > self.level if self.up else seen < self.level, dtype=np.bool_)
        for other in self.besides:
            alone &= other.shown(values)
        return alone

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        plain = asdict(self) | {"besides": [other.to_dict() for other in self.besides]}
        return plain if self.besides else {k: v for k, v in plain.items() if k != "besides"}


def telling_from(data: Mapping[str, Any] | None) -> Telling | None:
    """Build it from what :meth:`Telling.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any] | None
        Plain data.

    Returns
    -------
    Telling | None
        Equal to the one that was written; None for none.
    """
    if not data:
        return None
    besides = tuple(Telling(**other) for other in data.get("besides", ()))
    return Telling(**{**data, "besides": besides})


@dataclass(frozen=True, eq=False)
class Readings:
    """What was read in the windows that a recogniser is made from, and in those it must leave."""

    metric: Metric
    """Which features are looked at, and what healthy equipment reads."""
    features: tuple[str, ...]
    own: tuple[Floats, ...]
    """Windows of each occasion, shape (windows, features)."""
    protected: Floats
    """Windows whose diagnosis must stay as it is."""


def telling(
    readings: Readings, inside: Sequence[Flags], near: Flags
) -> tuple[Telling | None, float]:
    """Find the descriptor that tells the windows of a fault from all others that look like it.

    Parameters
    ----------
    readings : Readings
        What was read.
    inside : Sequence[NDArray[numpy.bool_]]
        Windows of each occasion that look like the picture.
    near : NDArray[numpy.bool_]
        Protected windows that look like the picture.

    Returns
    -------
    telling : Telling | None
        The descriptor beyond whose level most of the own windows lie; None if there is none, or no
        protected window to find a level by.
    share : float
        Share of the own windows, occasions counting alike, that look like the picture and show it.

    Notes
    -----
    The level lies beyond every protected window that looks like the picture, so that none of them
    is accepted; beyond what 99 % of all protected windows read; and so far that a tenth of a window
    is expected beyond it among as many others (exponential tail of the largest tenth of those that
    look like the picture). A distance in many coordinates adds up what is chance in each of them; a
    fault that moves one sensor which no other moves is told by that sensor alone.
    """
    if not len(readings.protected):
        return None, 0.0
    columns = list(readings.metric.columns)
    reference = readings.metric.reference
    others = reference.units(readings.protected[:, columns])
    own = [reference.units(one[:, columns]) for one in readings.own]
    best: tuple[float, float, int, bool, float] | None = None
    for place in range(len(columns)):
        middle = float(np.mean([_median(one[:, place]) for one in own]))
        sign = 1.0 if middle >= 0 else -1.0
        level = _level(sign * others[:, place], near)
        shown = [
            float((flags & (sign * one[:, place] > level)).mean())
            for flags, one in zip(inside, own, strict=True)
        ]
        found = (float(np.mean(shown)), abs(middle) - level, -place, sign > 0, sign * level)
        best = max(best, found) if best else found
    if best is None or not math.isfinite(best[1]) or best[0] == 0:
        return None, 0.0
    share, _, place, up, level = best
    return replace(_beyond(readings, -place, level), up=up), share


def besides(readings: Readings, told: Telling, inside: Sequence[Flags]) -> Telling:
    """Ask for all that the windows of a fault have in common beside what tells it.

    Parameters
    ----------
    readings : Readings
        What was read.
    told : Telling
        What tells the fault.
    inside : Sequence[NDArray[numpy.bool_]]
        Windows of each occasion that look like the picture.

    Returns
    -------
    Telling
        With the clearest descriptor of each other sensor, and the count of each other event, that
        lies more than three healthy scales off, to the same side, in 95 % of the windows of every
        occasion which show what tells it.

    Notes
    -----
    What tells a fault is learnt from the few windows that look like it and are something else; a
    young archive has hardly any. What goes together in every window of every occasion is no chance,
    and healthy equipment that shows the one by chance seldom shows the other.
    """
    columns, reference = list(readings.metric.columns), readings.metric.reference
    shown = [flags & told.shown(one) for flags, one in zip(inside, readings.own, strict=True)]
    if not all(flags.any() for flags in shown):
        return told
    own = [
        reference.units(one[flags][:, columns])
        for one, flags in zip(readings.own, shown, strict=True)
    ]
    kept = [np.ones(len(one), dtype=np.bool_) for one in own]
    asked = {_kind(told.descriptor): told}
    for place, sign in _clearest(own):
        kind = _kind(readings.features[columns[place]])
        both = [
            flags & (sign * one[:, place] > CLEAR) for flags, one in zip(kept, own, strict=True)
        ]
        if kind not in asked and min(float(flags.mean()) for flags in both) >= UNANIMOUS:
            asked[kind], kept = _beyond(readings, place, sign * CLEAR), both
    return replace(told, besides=tuple(asked.values())[1:])


def _clearest(own: Sequence[Floats]) -> list[tuple[int, float]]:
    """Order descriptors by how far windows are off, with the side they are on."""
    count = own[0].shape[1]
    middles = [float(np.mean([_median(one[:, place]) for one in own])) for place in range(count)]
    order = sorted(range(count), key=lambda place: (-abs(middles[place]), place))
    return [(place, 1.0 if middles[place] >= 0 else -1.0) for place in order]


def _beyond(readings: Readings, place: int, level: float) -> Telling:
    column, reference = readings.metric.columns[place], readings.metric.reference
    raw = float(reference.centre[place] + reference.scale[place] * level)
    return Telling(readings.features[column], column, level > 0, float(f"{raw:.9g}"))


def _kind(descriptor: str) -> str:
    """Name the sensor, or the event, that a descriptor is of."""
    source = source_of(descriptor)
    return descriptor.rpartition(".")[0] if source in EVENTS else source


def _level(others: Floats, near: Flags) -> float:
    """Find what only the fault should exceed; NaN counts as not exceeding."""
    known = others[np.isfinite(others)]
    if not len(known):
        return math.inf
    closest = others[near & np.isfinite(others)]
    level = max(float(np.quantile(known, USUAL)), CLEAR)
    if len(closest):
        highest = float(closest.max())
        level = max(level, highest + _JUST_ABOVE * max(abs(highest), 1.0))
    if len(closest) > _FEWEST:
        level = max(level, _tail(np.sort(closest)))
    return level


def _tail(ordered: Floats) -> float:
    """Extrapolate, by the mean excess of the largest tenth, to what a tenth of a window exceeds."""
    most = max(-(-len(ordered) // _TENTH), _FEWEST)
    start = float(ordered[-most])
    return start + float((ordered[-most:] - start).mean()) * math.log(most / EXPECTED)


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
