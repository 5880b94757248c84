"""What is known of a signature beside what it says itself, and the units it is read in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from faultprint.faults.learning.design import DEVIANCE
from faultprint.faults.pages.contrasts import Contrast
from faultprint.records import Signature, Symptom


@dataclass(frozen=True, eq=False)
class Around:
    """What is known of a signature beside what it says itself."""

    apart: Mapping[str, tuple[Contrast, ...]] = field(default_factory=dict)
    """Failure mode it is confused with -> what reads differently."""
    course: pd.DataFrame | None = None
    """From :func:`faultprint.faults.pages.course.typical_course`."""
    opinions: tuple[str, ...] = ()
    """What experts say of its incidents, with author and time."""
    heard: frozenset[str] = frozenset()
    """Names of the opinions that are among them."""
    confirmed: int = 0
    """Incidents that experts settled to be this fault."""
    history: tuple[str, ...] = ()
    """What became of it from release to release, oldest first."""
    scales: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    """Sensor -> healthy scatter about what is expected, and its unit; turns deviances into these.
    Contrasts and course are in units already."""


NOTHING = Around()


def in_units(signature: Signature, around: Around) -> Signature:
    """Say in the sensors' units how far readings lie from what is expected.

    Parameters
    ----------
    signature : Signature
        The signature.
    around : Around
        With the scales of the sensors.

    Returns
    -------
    Signature
        For people to read: symptoms that are deviances in units where the scale is known.
    """
    return replace(signature, symptoms=tuple(_in_units(s, around) for s in signature.symptoms))


def _in_units(s: Symptom, around: Around) -> Symptom:
    sensor = s.descriptor.removesuffix(DEVIANCE)
    if sensor == s.descriptor or sensor not in around.scales:
        return s
    scale, unit = around.scales[sensor]
    return replace(
        s,
        unit=unit,
        typical=s.typical * scale,
        low=s.low * scale,
        high=s.high * scale,
        healthy=s.healthy * scale,
    )
