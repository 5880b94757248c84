"""Signatures from another site: which of them lie outside what this site's readings cover."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from faultprint.config import Equipment
from faultprint.records import Signature

SLACK = 0.1
"""Share of a range's width by which a value may leave it."""
INSIDE = 0.5
"""Share of a site's values that must lie within a range for it to count as covered."""

Marks = dict[str, tuple[str, ...]]
"""``<identity>@<version>`` of a signature -> why it is provisional here."""


@dataclass(frozen=True)
class Cover:
    """What the readings of a site cover, for one equipment class."""

    units: Mapping[str, str]
    """Sensor -> unit of its readings."""
    seen: Mapping[str, tuple[float, ...]]
    """Sensor -> its means over windows in which the equipment ran, or evenly spaced quantiles of
    them, ascending [unit]; a sensor without any is not there."""


def provisional(
    signatures: Sequence[Signature],
    equipment: Mapping[str, Equipment],
    covers: Mapping[str, Cover],
    same_unit: Mapping[tuple[str, str], bool],
) -> Marks:
    """Say which signatures are outside their boundary conditions at a site, and why.

    Parameters
    ----------
    signatures : Sequence[Signature]
        Signatures that were learnt elsewhere.
    equipment : Mapping[str, Equipment]
        Equipment classes as the release knows them: the units it was learnt in.
    covers : Mapping[str, Cover]
        Equipment class -> what the readings of this site cover.
    same_unit : Mapping[tuple[str, str], bool]
        Whether two units are two spellings of one; equal texts always are.

    Returns
    -------
    dict[str, tuple[str, ...]]
        Only those with a reason: no equipment of the class here, a required sensor that is not
        measured or is measured in another unit, or a condition of which more than half of the
        values here leave the range it was learnt in by more than a tenth of its width.
    """
    marks = {}
    for one in signatures:
        cover = covers.get(one.equipment_class)
        if cover is None:
            why = [f"no readings of any {one.equipment_class} here"]
        else:
            sensors = equipment[one.equipment_class].sensors
            needed = dict.fromkeys([*one.required_sensors, *one.conditions])
            units = {s: sensors[s].unit if s in sensors else "" for s in needed}
            why = [
                reason
                for sensor in needed
                if (reason := _sensor(sensor, units[sensor], cover, same_unit))
            ]
            why += [
                reason
                for sensor, span in one.conditions.items()
                if (reason := _condition(sensor, span, units[sensor], cover))
            ]
        if why:
            marks[f"{one.id}@{one.version}"] = tuple(why)
    return marks


def _sensor(sensor: str, unit: str, cover: Cover, same_unit: Mapping[tuple[str, str], bool]) -> str:
    here = cover.units.get(sensor)
    if here is None or sensor not in cover.seen:
        return f"{sensor} is not measured here"
    if here != unit and not same_unit.get((here, unit), False):
        return f"{sensor} is in {here!r} here and was learnt in {unit!r}"
    return ""


def _condition(sensor: str, span: tuple[float, float], unit: str, cover: Cover) -> str:
    if sensor not in cover.seen:
        return ""  # told already: not measured
    low, high = span
    slack = SLACK * (high - low)
    values = cover.seen[sensor]
    inside = sum(low - slack <= value <= high + slack for value in values) / len(values)
    if inside >= INSIDE:
        return ""
    return (
        f"{sensor} is from {values[0]:.4g} to {values[-1]:.4g} {unit} here, {inside:.0%} of the "
        f"time within {low:.4g} to {high:.4g}, where it was learnt"
    )


def with_marks(diagnoses: pd.DataFrame, marks: Marks, word: str = "provisional") -> pd.DataFrame:
    """Tell in the evidence of each diagnosis what must be known of its signature.

    Parameters
    ----------
    diagnoses : pandas.DataFrame
        Table ``diagnoses`` (or ``incidents``).
    marks : dict[str, tuple[str, ...]]
        Signature -> reasons.
    word : str, default 'provisional'
        What the signatures are: provisional at this site, or deprecated.

    Returns
    -------
    pandas.DataFrame
        The same rows; ``evidence`` has the word, with the reasons, beside what speaks for and
        against the failure mode. The same frame if nothing is marked.
    """
    if not marks or diagnoses.empty:
        return diagnoses
    told = [
        _told(evidence, mode, word, marks[signature]) if signature in marks else evidence
        for evidence, mode, signature in zip(
            diagnoses["evidence"], diagnoses["failure_mode"], diagnoses["signature"], strict=True
        )
    ]
    return diagnoses.assign(evidence=pd.Series(told, index=diagnoses.index, dtype="str"))


def _told(evidence: str, mode: str, word: str, why: tuple[str, ...]) -> str:
    said = json.loads(evidence)
    sides = said.setdefault(mode, {"for": [], "against": []})
    sides[word] = list(why)
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
