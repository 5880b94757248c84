"""The signature of a taught fault: what its incidents have in common, for people to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from faultprint.config import Equipment, Signatures
from faultprint.faults.learning.space import Reference, cloud
from faultprint.faults.learning.symptoms import choose, nameable
from faultprint.faults.model import ClassModel
from faultprint.faults.signature import Material, condense
from faultprint.faults.teaching.lessons import Lesson
from faultprint.faults.teaching.taught import Taught
from faultprint.records import LeadTime, Origin, Performance, Signature
from faultprint.state.intervals import wilson

Floats = NDArray[np.float64]

FEW = 3
"""Occasions below which a signature says in its title how few it was taught from."""
_SAMPLE = 200


@dataclass(frozen=True)
class Record:
    """How a recogniser did, for its signature."""

    found: int
    tried: int
    occasions: int
    asset_months: float


def usual(reference: Reference) -> Floats:
    """Make windows of healthy equipment from its centre and scale.

    Parameters
    ----------
    reference : Reference
        Centre and scale of healthy equipment.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (200, features): the quantiles of a normal distribution, each feature in an order of
        its own, so that none follows another. A release keeps no healthy windows.
    """
    grid = norm.ppf((np.arange(_SAMPLE) + 0.5) / _SAMPLE)
    rng = np.random.default_rng(_SAMPLE)
    mixed = np.column_stack([rng.permutation(grid) for _ in reference.centre])
    return np.asarray(reference.centre + mixed * reference.scale, dtype=np.float64)


def taught_signature(
    one: Taught,
    model: ClassModel,
    equipment: Equipment,
    settings: Signatures,
    record: Record,
    lessons: Sequence[Lesson],
) -> Signature:
    """Write down how a taught fault shows itself.

    Parameters
    ----------
    one : Taught
        Its recogniser.
    model : ClassModel
        The model it speaks beside.
    equipment : Equipment
        The equipment class.
    settings : Signatures
        How many descriptors to name, and the smallest effect worth naming.
    record : Record
        How it did on incidents that were left out.
    lessons : Sequence[Lesson]
        Judged incidents of this failure mode; what experts said of item, severity and action.

    Returns
    -------
    Signature
        A candidate. Separations are against a normal distribution with the centre and scale of
        healthy equipment.
    """
    values = np.concatenate([picture.matrix for picture in one.pictures])
    fault, healthy = model.healthy.filled(values), usual(model.healthy)
    allowed = nameable(model.features, equipment)
    named = choose(fault, healthy, model.healthy, allowed, model.features, settings)
    signature = condense(
        Material(
            equipment_class=model.equipment_class,
            failure_mode=one.name,
            equipment=equipment,
            features=model.features,
            named=named,
            fault=fault,
            healthy=healthy,
            reference=model.healthy,
            cloud=cloud(model.healthy.units(values), named, settings.prototypes),
            accept_distance=one.accept,
            windows=pd.DataFrame(values, columns=list(model.features)),
            performance=_performance(one, record),
            confused_with={},
            origin=_origin(one),
        )
    )
    return _worded(replace(signature, version=one.version), lessons, record.occasions)


def _performance(one: Taught, record: Record) -> Performance:
    return Performance(
        basis="other incidents",
        recall=wilson(record.found, record.tried),
        assets=len({picture.asset for picture in one.pictures}),
        false_alarms=0,
        asset_months=float(f"{record.asset_months:.6g}"),
        lead_time=LeadTime(n=0, median=None, q10=None, q90=None),
    )


def _origin(one: Taught) -> Origin:
    shown = json.dumps([picture.to_dict() for picture in one.pictures], sort_keys=True)
    return Origin(
        data_sha256=hashlib.sha256(shown.encode("utf-8")).hexdigest(),
        code_sha256="",
        params_sha256="",
        episodes=tuple(sorted(f"{picture.asset}@{picture.last}" for picture in one.pictures)),
        refused=(),
    )


def _worded(signature: Signature, lessons: Sequence[Lesson], occasions: int) -> Signature:
    """Add what experts said, by incident; of several the first that says something."""
    severities = [one.severity for one in lessons if one.severity is not None]
    actions = [one.action for one in lessons if one.action]
    items = [one.item for one in lessons if one.item]
    few = f", taught from {occasions} occasion{'' if occasions == 1 else 's'}"
    return replace(
        signature,
        title=signature.title + (few if occasions < FEW else ""),
        item=items[0] if items else "",
        severity=severities[0] if severities else None,
        recommended_action=actions[0] if actions else signature.recommended_action,
        opinions=tuple(sorted({said for one in lessons for said in one.said})),
    )
