"""Why a window was given its verdict: what was observed, what is typical, what is healthy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.learning.design import source_of
from faultprint.faults.model import ClassModel
from faultprint.records import Signature

Floats = NDArray[np.float64]

SHOWN = 5
"""How many descriptors are told for, and as many against."""
EXTRA = 3
"""How many descriptors beyond the symptoms the classifier may add."""
ALONE = 2
"""How many descriptors of a sensor are told on which a diagnosis rests."""

Item = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Observation:
    """One abnormal window."""

    values: Floats
    """Features of the model; NaN where not measured."""
    contributions: Floats
    """Shape (classes, features): what each feature added to the log-odds of each class."""


def evidence(
    model: ClassModel,
    signatures: Mapping[str, Signature],
    seen: Observation,
    candidates: list[str],
    other: str = "",
) -> dict[str, Any]:
    """Tell what speaks for and against each candidate.

    Parameters
    ----------
    model : ClassModel
        The model that judged.
    signatures : Mapping[str, Signature]
        Signatures by failure mode.
    seen : Observation
        The window.
    candidates : list[str]
        Failure modes not struck off, most likely first.
    other : str, default ''
        The failure mode that comes next: the one it is not.

    Returns
    -------
    dict[str, Any]
        Failure mode -> ``for`` and ``against``, each a list of descriptors with their ``sensor``,
        ``observed``, ``typical`` (while the fault is there), ``healthy``, ``unit``, ``deviance``
        [healthy scales] and ``contribution`` [log-odds]. Under ``healthy`` what speaks against
        healthy; that is all there is for a deviation. The first of them has ``not``: the
        descriptors that decide against the ``other`` mode, with what is typical of it
        (``typical_other``) and how much more they add to the first (``contribution``).
    """
    told: dict[str, Any] = {
        mode: _sides(model, signatures[mode], seen) for mode in candidates if mode in signatures
    }
    told["healthy"] = {"for": [], "against": _strangest(model, seen)}
    first = next(iter(told))
    if other and other != first:
        told[first]["not"] = _why_not(model, first, other, seen)
    return told


def shown_by(model: ClassModel, values: Floats, sensor: str) -> list[Item]:
    """Tell what a sensor itself shows.

    Parameters
    ----------
    model : ClassModel
        The model that judged.
    values : NDArray[numpy.float64]
        Features of the model; NaN where not measured.
    sensor : str
        The sensor.

    Returns
    -------
    list[Item]
        Its two strangest descriptors.
    """
    seen = Observation(values, np.zeros((0, len(values))))
    far = np.abs(model.healthy.units(values[None])[0])
    mine = [i for i, name in enumerate(model.features) if sensor in source_of(name).split("~")]
    known = [i for i in mine if np.isfinite(far[i])]
    strangest = sorted(known, key=lambda i: (-far[i], i))[:ALONE]
    return [_observed(model, i, seen) for i in strangest]


def _why_not(model: ClassModel, first: str, other: str, seen: Observation) -> list[Item]:
    """List what decides between two modes; without a first one, where the other does not fit."""
    if first == "healthy":
        away = np.abs(seen.values - model.typical[other]) / model.healthy.scale
        weight, gain = away, np.zeros(len(away))
    else:
        gain = (
            seen.contributions[model.classes.index(first)]
            - seen.contributions[model.classes.index(other)]
        )
        weight = gain
    weight = np.where(np.isfinite(seen.values), weight, -np.inf)
    order = np.argsort(-weight, kind="stable")[:EXTRA].tolist()
    return [
        _observed(model, i, seen)
        | {
            "other": other,
            "typical_other": _short(model.typical[other][i]),
            "contribution": _short(gain[i]),
        }
        for i in order
        if weight[i] > 0
    ]


def _sides(model: ClassModel, signature: Signature, seen: Observation) -> dict[str, list[Item]]:
    mode = signature.failure_mode
    place = {name: i for i, name in enumerate(model.features)}
    named = [place[s.descriptor] for s in signature.symptoms if s.descriptor in place]
    known = np.isfinite(seen.values)
    sides: dict[str, list[Item]] = {"for": [], "against": []}
    for i in named:
        if known[i]:
            item = _item(model, mode, i, seen)
            sides["for" if _agrees(item) else "against"].append(item)
    gain = seen.contributions[model.classes.index(mode)]
    for i in np.argsort(-gain, kind="stable")[:EXTRA].tolist():
        if gain[i] > 0 and i not in named and known[i]:
            sides["for"].append(_item(model, mode, i, seen))
    return {side: items[:SHOWN] for side, items in sides.items()}


def _agrees(item: Item) -> bool:
    """Say whether the value lies nearer to what is typical of the fault than to healthy."""
    middle = (item["typical"] + item["healthy"]) / 2
    up = item["typical"] >= item["healthy"]
    return bool(item["observed"] >= middle if up else item["observed"] <= middle)


def _item(model: ClassModel, mode: str, i: int, seen: Observation) -> Item:
    gain = seen.contributions[model.classes.index(mode)][i]
    return _observed(model, i, seen) | {
        "typical": _short(model.typical[mode][i]),
        "contribution": _short(gain),
    }


def _observed(model: ClassModel, i: int, seen: Observation) -> Item:
    centre, scale = model.healthy.centre[i], model.healthy.scale[i]
    return {
        "descriptor": model.features[i],
        "sensor": source_of(model.features[i]),
        "observed": _short(seen.values[i]),
        "healthy": _short(centre),
        "unit": model.units[i],
        "deviance": _short((seen.values[i] - centre) / scale),
    }


def _strangest(model: ClassModel, seen: Observation) -> list[Item]:
    far = np.abs(model.healthy.units(seen.values[None])[0])
    far = np.where(np.isfinite(far), far, -1.0)
    order = np.argsort(-far, kind="stable")[:SHOWN].tolist()
    return [_observed(model, i, seen) for i in order if far[i] > 0]


def _short(value: float) -> float:
    return float(f"{float(value):.5g}")
