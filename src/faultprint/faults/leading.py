"""Which sensors a fault moves most: where one of them walks away, the fault may be behind it."""

from __future__ import annotations

from faultprint.faults.design import source_of
from faultprint.records import Signature

LEADING = 0.5
"""Share of the largest effect from which a symptom leads."""


def leading_sensors(signature: Signature) -> set[str]:
    """Name the sensors that a fault alone moves as strongly as anything.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    set[str]
        Sources of the symptoms whose effect is at least half of the largest: when one of these
        walks away, it may be this fault.
    """
    largest = max((abs(s.effect) for s in signature.symptoms), default=0.0)
    strong = [s for s in signature.symptoms if abs(s.effect) >= LEADING * largest]
    return {source_of(s.descriptor) for s in strong}
