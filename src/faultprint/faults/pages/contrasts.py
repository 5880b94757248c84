"""How to tell one fault from another that it is confused with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from faultprint.faults.model import ClassModel
from faultprint.records import Signature

SHARE = 0.05
"""Share of windows given to another fault from which the two are compared."""


@dataclass(frozen=True)
class Contrast:
    """One descriptor that reads differently in two faults."""

    descriptor: str
    unit: str
    here: float
    """Typical of this fault [unit]."""
    there: float
    """Typical of the other [unit]."""
    apart: float
    """How far the two lie apart [robust standard deviations of healthy]."""


def confusable(
    signature: Signature, others: Iterable[Signature], least: float = SHARE
) -> list[str]:
    """Name the faults that a fault is confused with, in either direction.

    Parameters
    ----------
    signature : Signature
        The fault.
    others : Iterable[Signature]
        Signatures of the release; those of other equipment classes are passed over.
    least : float, default SHARE
        Share of the windows of one given to the other from which they count.

    Returns
    -------
    list[str]
        Failure modes, the most confused first.
    """
    shares = dict(signature.confused_with)
    for other in others:
        if other.equipment_class == signature.equipment_class:
            back = other.confused_with.get(signature.failure_mode, 0.0)
            mode = other.failure_mode
            shares[mode] = max(shares.get(mode, 0.0), back)
    shares.pop(signature.failure_mode, None)
    found = [mode for mode, share in shares.items() if share >= least]
    return sorted(found, key=lambda mode: (-shares[mode], mode))


def tell_apart(
    model: ClassModel, signature: Signature, other: Signature, most: int = 3
) -> tuple[Contrast, ...]:
    """Find what reads most differently in two faults of one class.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    signature : Signature
        One fault.
    other : Signature
        The other.
    most : int, default 3
        How many descriptors at most.

    Returns
    -------
    tuple[Contrast, ...]
        Furthest apart first, among the symptoms of either; each from another source where there is
        one, and at least one standard deviation apart.
    """
    ours, theirs = (model.typical.get(s.failure_mode) for s in (signature, other))
    if ours is None or theirs is None:
        return ()
    apart = np.abs(ours - theirs) / model.healthy.scale
    named = {s.descriptor for one in (signature, other) for s in one.symptoms}
    places = [i for i, name in enumerate(model.features) if name in named and apart[i] >= 1]
    places.sort(key=lambda i: (-float(apart[i]), model.features[i]))
    chosen: list[int] = []
    for i in places:
        source = model.features[i].split(".", 1)[0]
        if source not in {model.features[c].split(".", 1)[0] for c in chosen}:
            chosen.append(i)
    return tuple(
        Contrast(
            model.features[i],
            model.units[i],
            float(f"{ours[i]:.5g}"),
            float(f"{theirs[i]:.5g}"),
            float(f"{apart[i]:.3g}"),
        )
        for i in chosen[:most]
    )
