"""Which descriptors show a fault, how, and how well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from faultprint.config import Equipment, Signatures
from faultprint.faults.learning.design import source_of, unit_of
from faultprint.faults.learning.space import Reference, squash
from faultprint.records import Symptom

Floats = NDArray[np.float64]

CORRELATED = 0.9
"""Descriptors that correlate more than this say the same; the better one is named."""
PER_SOURCE = 3
"""How many descriptors of one sensor a signature names at most."""
EFFECT_CAP = 99.0
"""Largest effect that is told apart from infinite."""
_COUNTED = (".count", ".count@recent")
_SAMPLE = 3000
"""Healthy windows the ranking looks at, evenly spread, to bound its time."""


def nameable(features: tuple[str, ...], equipment: Equipment) -> tuple[int, ...]:
    """List the features that may stand in a signature.

    Parameters
    ----------
    features : tuple[str, ...]
        Columns of the design.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    tuple[int, ...]
        Positions of those that are not an operating condition or the time since maintenance: these
        say under which circumstances a fault comes, not how it shows itself. All of them when
        nothing else is measured.
    """
    circumstances = {"maintenance", *equipment.named("condition")}
    shown = tuple(i for i, name in enumerate(features) if source_of(name) not in circumstances)
    return shown or tuple(range(len(features)))


def typical_of(rows: Floats, features: tuple[str, ...]) -> Floats:
    """Say what is typical of some windows, per feature.

    Parameters
    ----------
    rows : NDArray[numpy.float64]
        Shape (windows, features), without NaN; at least one window.
    features : tuple[str, ...]
        Names of the features.

    Returns
    -------
    NDArray[numpy.float64]
        The median; for a count of events the mean, since the median of a rare event is 0 also
        where it has become twenty times as frequent.
    """
    counted = np.array([name.endswith(_COUNTED) for name in features], dtype=np.bool_)
    return np.where(counted, rows.mean(axis=0), np.median(rows, axis=0))


def separations(fault: Floats, healthy: Floats) -> Floats:
    """Measure how well each feature alone tells a fault from healthy.

    Parameters
    ----------
    fault : NDArray[numpy.float64]
        Shape (windows of the fault, features), without NaN.
    healthy : NDArray[numpy.float64]
        Shape (healthy windows, features), without NaN.

    Returns
    -------
    NDArray[numpy.float64]
        Area under the ROC curve per feature: 1 when every window of the fault reads higher, 0 when
        every one reads lower, 0.5 for no difference.

    Notes
    -----
    Equals the Mann-Whitney U statistic over the number of pairs; ties count half.
    """
    n, m = len(fault), len(healthy)
    ranks = rankdata(np.concatenate([fault, healthy]), axis=0)[:n]
    return np.asarray((ranks.sum(axis=0) - n * (n + 1) / 2) / (n * m), dtype=np.float64)


def spread_evenly(rows: Floats, most: int = _SAMPLE) -> Floats:
    """Take rows at even distances.

    Parameters
    ----------
    rows : NDArray[numpy.float64]
        Any rows.
    most : int, default _SAMPLE
        How many at most.

    Returns
    -------
    NDArray[numpy.float64]
        At most that many of them, in order.
    """
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def choose(
    fault: Floats,
    healthy: Floats,
    ref: Reference,
    allowed: tuple[int, ...],
    features: tuple[str, ...],
    settings: Signatures,
) -> tuple[int, ...]:
    """Choose the descriptors a signature names.

    Parameters
    ----------
    fault : NDArray[numpy.float64]
        Windows of the fault, shape (windows, features), without NaN.
    healthy : NDArray[numpy.float64]
        Healthy windows, same features, without NaN.
    ref : Reference
        Centre and scale of healthy.
    allowed : tuple[int, ...]
        Positions that may be named.
    features : tuple[str, ...]
        Names of the features.
    settings : Signatures
        How many to name, and the smallest effect worth naming.

    Returns
    -------
    tuple[int, ...]
        Positions, best first: large enough an effect, ordered by separation, none correlated with
        a better one of the same sensor, at most three of one sensor. Two sensors that move
        together are both named: that they do is part of the picture. When no effect is large
        enough, the one or two that separate best, so that a weak fault still has a picture.
    """
    healthy = spread_evenly(healthy)
    shift = typical_of(fault, features) - typical_of(healthy, features)
    effect = shift / ref.scale
    curve = separations(fault, healthy)
    either = np.abs(curve - 0.5) + 0.5
    separation = np.where(effect > 0, curve, np.where(effect < 0, 1 - curve, either))
    size = np.abs(effect)
    order = sorted(
        allowed, key=lambda i: (-round(float(separation[i]), 6), -float(size[i]), features[i])
    )
    worth = [i for i in order if size[i] >= settings.min_effect and separation[i] > 0.5]
    pool, most = (worth, settings.descriptors) if worth else (order, 2)
    both = np.concatenate([fault, spread_evenly(healthy, max(len(fault), 50))])
    return _unlike(pool, squash(ref.units(both)), features, most)


def _subject(name: str) -> str:
    """Name the sensor, or the code of an error: two codes are two subjects."""
    return name.rpartition(".")[0]


def _unlike(
    pool: list[int], units: Floats, features: tuple[str, ...], most: int
) -> tuple[int, ...]:
    """Walk the pool, leaving out what repeats an earlier one."""
    centred = units - units.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = centred / np.where(length > 0, length, 1.0)
    chosen: list[int] = []
    for i in pool:
        same = [j for j in chosen if _subject(features[j]) == _subject(features[i])]
        alike = max((abs(float(unit[:, i] @ unit[:, j])) for j in same), default=0.0)
        if len(same) < PER_SOURCE and alike <= CORRELATED:
            chosen.append(i)
        if len(chosen) == most:
            break
    return tuple(chosen)


def symptom(
    name: str, fault: Floats, healthy: Floats, scale: float, equipment: Equipment
) -> Symptom:
    """Describe how one descriptor shows a fault.

    Parameters
    ----------
    name : str
        Name of the descriptor.
    fault : NDArray[numpy.float64]
        Its values while the fault is there.
    healthy : NDArray[numpy.float64]
        Its values on healthy equipment.
    scale : float
        Robust standard deviation of healthy.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    Symptom
        Direction, size, range and separation, rounded to six significant digits.
    """
    low, high = np.quantile(fault, [0.1, 0.9])
    typical, usual = (float(typical_of(v[:, None], (name,))[0]) for v in (fault, healthy))
    effect = float(np.clip((typical - usual) / scale, -EFFECT_CAP, EFFECT_CAP))
    curve = float(separations(fault[:, None], spread_evenly(healthy)[:, None])[0])
    up = effect > 0 or (effect == 0 and curve >= 0.5)
    return Symptom(
        descriptor=name,
        unit=unit_of(name, equipment),
        direction="up" if up else "down",
        effect=_short(effect),
        typical=_short(typical),
        low=_short(low),
        high=_short(high),
        healthy=_short(usual),
        separation=_short(curve if up else 1 - curve),
    )


def _short(value: float) -> float:
    return float(f"{float(value):.6g}")
