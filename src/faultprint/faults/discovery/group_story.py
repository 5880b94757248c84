"""What a group of incidents tells the expert who is to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Equipment
from faultprint.faults.discover import Group
from faultprint.faults.discovery.archive import (
    Archive,
    GroupedIncident,
    average_residuals,
    date_incident,
    typical_pictures,
)
from faultprint.faults.discovery.likeness import Likeness, compare_with_known
from faultprint.faults.discovery.picture import Floats, Pictures, standing_out
from faultprint.faults.learning.design import DEVIANCE, source_of, unit_of
from faultprint.faults.model import ClassModel

COMMON = 2 / 3
"""Share of the incidents that must show a symptom for it to be common."""
SYMPTOMS, PER_SOURCE = 6, 2
_USUAL = 2.326
"""Standard deviations within which 98 of 100 values of a normal distribution lie."""


@dataclass(frozen=True)
class GroupSymptom:
    """A symptom that the incidents of a group have in common."""

    descriptor: str
    unit: str
    direction: str
    """``up`` or ``down``."""
    size: float
    """Median over the incidents [healthy scales]."""
    observed: float
    """Median over the incidents [unit]; of a deviance the sensor's reading."""
    healthy: float
    """Of healthy equipment; of a deviance what the twin expected [unit]."""
    shown_by: int
    """Incidents that show it."""
    measured: int
    """Incidents in which it was measured."""


@dataclass(frozen=True)
class ConditionRange:
    """Under which operating condition the incidents happened."""

    sensor: str
    unit: str
    low: float
    high: float
    usual_low: float
    """98 of 100 healthy windows lie between this and ``usual_high``, by median and robust scale."""
    usual_high: float


@dataclass(frozen=True)
class GroupStory:
    """All that is known of a group."""

    name: str
    equipment_class: str
    stability: float
    incidents: tuple[GroupedIncident, ...]
    """By time."""
    symptoms: tuple[GroupSymptom, ...]
    """Strongest first."""
    conditions: tuple[ConditionRange, ...]
    codes: Mapping[str, int]
    """Error code -> in how many of the incidents it was reported."""
    known: tuple[Likeness, ...]
    """Every known fault, nearest first."""

    @property
    def assets(self) -> tuple[str, ...]:
        """Name the assets.

        Returns
        -------
        tuple[str, ...]
            Sorted, each once.
        """
        return tuple(sorted({one.asset for one in self.incidents}))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON; instants as ISO 8601.
        """
        plain: dict[str, Any] = _plain(asdict(self)) | {"assets": list(self.assets)}
        return plain


def tell_group(
    group: Group, pictures: Pictures, archive: Archive, model: ClassModel, equipment: Equipment
) -> GroupStory:
    """Gather what an expert needs to judge a group.

    Parameters
    ----------
    group : Group
        The group.
    pictures : Pictures
        Pictures of its incidents, and maybe of others.
    archive : Archive
        What was recorded of its equipment class.
    model : ClassModel
        The model that judged.
    equipment : Equipment
        The equipment class.

    Returns
    -------
    GroupStory
        Common symptoms, circumstances, onsets, and how it differs from every known fault.
    """
    mine = pictures.of(group.incidents).matrix
    place = tuple(model.features.index(name) for name in pictures.features)
    rows = archive.windows[archive.windows["incident"].isin(group.incidents)]
    incidents = archive.incidents[archive.incidents["incident"].isin(group.incidents)]
    ordered = incidents.sort_values(["opened", "incident"], kind="stable")
    during = average_residuals(archive.residuals, rows)
    return GroupStory(
        name=group.name,
        equipment_class=model.equipment_class,
        stability=group.stability,
        incidents=tuple(date_incident(row, archive, during) for _, row in ordered.iterrows()),
        symptoms=_symptoms(mine, pictures.features, during, model, equipment),
        conditions=_conditions(rows, model, equipment),
        codes=_codes(ordered, archive.events),
        known=compare_with_known(_middle(mine), typical_pictures(model, place), pictures.features),
    )


def _middle(mine: Floats) -> Floats:
    """Take the median of each feature over the incidents that have it."""
    known = np.isfinite(mine)
    held = np.where(known.any(axis=0), mine, 0.0)
    return np.where(known.any(axis=0), np.nanmedian(held, axis=0), np.nan)


def _symptoms(
    mine: Floats,
    features: tuple[str, ...],
    during: pd.DataFrame,
    model: ClassModel,
    equipment: Equipment,
) -> tuple[GroupSymptom, ...]:
    out = standing_out(mine)
    told: list[GroupSymptom] = []
    per_source: dict[str, int] = {}
    for i in _common(out, features):
        source = source_of(features[i])
        if len(told) < SYMPTOMS and per_source.get(source, 0) < PER_SOURCE:
            per_source[source] = per_source.get(source, 0) + 1
            told.append(_symptom(features[i], mine[:, i], during, model, equipment))
    return tuple(told)


def _common(out: Floats, features: tuple[str, ...]) -> list[int]:
    """List features that most incidents show on the same side, strongest first."""
    measured = np.isfinite(out).sum(axis=0)
    side = np.sign(np.nansum(np.sign(out), axis=0))
    agreeing = (np.sign(out) == side) & (side != 0)
    size = np.abs(np.nansum(np.where(agreeing, out, 0.0), axis=0)) / np.maximum(measured, 1)
    common = agreeing.sum(axis=0) >= COMMON * np.maximum(measured, 1)
    order = np.flatnonzero(common & (size > 0)).tolist()
    return sorted(order, key=lambda i: (-round(float(size[i]), 9), features[i]))


def _symptom(
    name: str, mine: Floats, during: pd.DataFrame, model: ClassModel, equipment: Equipment
) -> GroupSymptom:
    known = mine[np.isfinite(mine)]
    middle = float(np.median(known))
    side = np.sign(middle)
    place = model.features.index(name)
    size = float(np.sinh(middle))
    observed = float(model.healthy.centre[place] + model.healthy.scale[place] * size)
    healthy, unit = float(model.healthy.centre[place]), unit_of(name, equipment)
    if name.endswith(DEVIANCE):
        sensor = source_of(name)
        told = during[during.index.get_level_values("sensor") == sensor]
        observed, healthy = float(told["observed"].median()), float(told["expected"].median())
        unit = equipment.sensors[sensor].unit
    return GroupSymptom(
        descriptor=name,
        unit=unit,
        direction="up" if side > 0 else "down",
        size=_short(size),
        observed=_short(observed),
        healthy=_short(healthy),
        shown_by=int((np.sign(standing_out(known)) == side).sum()),
        measured=len(known),
    )


def _conditions(
    rows: pd.DataFrame, model: ClassModel, equipment: Equipment
) -> tuple[ConditionRange, ...]:
    told = []
    values = np.array(rows["values"].tolist(), dtype=np.float64).reshape(-1, len(model.features))
    for sensor in equipment.named("condition"):
        name = f"{sensor}.mean"
        if name not in model.features:
            continue
        place = model.features.index(name)
        known = values[np.isfinite(values[:, place]), place]
        if not len(known):
            continue
        low, high = np.quantile(known, [0.01, 0.99])
        centre, wide = model.healthy.centre[place], _USUAL * model.healthy.scale[place]
        ends = (_short(v) for v in (low, high, centre - wide, centre + wide))
        told.append(ConditionRange(sensor, equipment.sensors[sensor].unit, *ends))
    return tuple(told)


def _codes(incidents: pd.DataFrame, events: pd.DataFrame) -> dict[str, int]:
    errors = events[(events["kind"] == "error") & (events["code"] != "")]
    counts: dict[str, int] = {}
    for _, row in incidents.iterrows():
        mine = errors[(errors["asset"] == row["asset"]) & (errors["time"] >= row["first_seen"])]
        mine = mine[~(mine["time"] > row["cleared"])]  # one that is still open has no end
        for code in sorted(mine["code"].unique()):
            counts[code] = counts.get(code, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def _short(value: float) -> float:
    return float(f"{float(value):.5g}")
