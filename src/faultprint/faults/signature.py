"""The signature of a failure mode: condensed from windows, completed with what it achieved."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment
from faultprint.faults.learning.design import source_of, words_of
from faultprint.faults.learning.space import Cloud, Reference
from faultprint.faults.learning.symptoms import symptom
from faultprint.records import (
    LeadTime,
    Origin,
    Performance,
    Prototype,
    Signature,
    Symptom,
)
from faultprint.signal.recipes import PAIR
from faultprint.state.intervals import wilson

Floats = NDArray[np.float64]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:faultprint:signatures")
"""Makes the identity of a signature depend on its class and failure mode alone."""
FIRST_VERSION = "1.0.0"


@dataclass(frozen=True, eq=False)
class Material:
    """What a signature is condensed from."""

    equipment_class: str
    failure_mode: str
    equipment: Equipment
    features: tuple[str, ...]
    named: tuple[int, ...]
    """Positions of the descriptors it names, best first."""
    fault: Floats
    """Windows of the fault, shape (windows, features), without NaN."""
    healthy: Floats
    """Healthy windows, same features."""
    reference: Reference
    cloud: Cloud
    accept_distance: float
    windows: pd.DataFrame
    """Rows of ``windows`` that show the fault."""
    performance: Performance
    confused_with: Mapping[str, float]
    origin: Origin


def identity(equipment_class: str, failure_mode: str) -> str:
    """Name a signature so that relearning it gives the same name.

    Parameters
    ----------
    equipment_class : str
        Equipment class.
    failure_mode : str
        Failure mode.

    Returns
    -------
    str
        UUID, version 5.
    """
    return str(uuid.uuid5(NAMESPACE, f"{equipment_class}/{failure_mode}"))


def reference_of(signature: Signature) -> str:
    """Name identity and version of a signature, as results do.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    str
        ``<id>@<version>``.
    """
    return f"{signature.id}@{signature.version}"


def condense(material: Material) -> Signature:
    """Write down how a failure mode shows itself.

    Parameters
    ----------
    material : Material
        Its windows and healthy ones, and what was learnt from them.

    Returns
    -------
    Signature
        A candidate: nobody has reviewed it yet.
    """
    m = material
    scale = m.reference.scale
    symptoms = tuple(
        symptom(m.features[i], m.fault[:, i], m.healthy[:, i], float(scale[i]), m.equipment)
        for i in m.named
    )
    words = m.failure_mode.replace("_", " ")
    told = {sensor for s in symptoms for sensor in source_of(s.descriptor).split(PAIR)}
    sensors = sorted(told & set(m.equipment.sensors))
    conditions = _conditions(m.windows, m.equipment)
    return Signature(
        id=identity(m.equipment_class, m.failure_mode),
        version=FIRST_VERSION,
        status="candidate",
        title=f"{words[:1].upper()}{words[1:]} ({m.equipment_class.replace('_', ' ')})",
        equipment_class=m.equipment_class,
        failure_mode=m.failure_mode,
        item="",
        severity=None,
        recommended_action=made_action(m.failure_mode, symptoms),
        symptoms=symptoms,
        prototypes=_prototypes(m),
        accept_distance=float(f"{m.accept_distance:.6g}"),
        required_sensors=tuple(sensors),
        conditions=conditions,
        performance=m.performance,
        confused_with=dict(m.confused_with),
        origin=m.origin,
        condition_units={name: m.equipment.sensors[name].unit for name in conditions},
    )


def made_action(failure_mode: str, symptoms: tuple[Symptom, ...]) -> str:
    """Say what to do where no expert has said it.

    Parameters
    ----------
    failure_mode : str
        The failure mode.
    symptoms : tuple[Symptom, ...]
        Its symptoms, best first.

    Returns
    -------
    str
        Two sentences; empty without a symptom.
    """
    if not symptoms:
        return ""
    first, words = symptoms[0], failure_mode.replace("_", " ")
    reads = "higher" if first.direction == "up" else "lower"
    return f"Inspect for {words}. Look first at {words_of(first.descriptor)}: {reads} than usual."


def _prototypes(m: Material) -> tuple[Prototype, ...]:
    units = m.reference.units(m.fault)
    groups = m.cloud.nearest(units)
    columns = list(m.named)
    return tuple(
        Prototype(
            centre=tuple(
                float(f"{v:.6g}") for v in np.median(units[groups == g][:, columns], axis=0)
            ),
            weight=float(f"{float((groups == g).mean()):.6g}"),
        )
        for g in np.unique(groups)
    )


def _conditions(windows: pd.DataFrame, equipment: Equipment) -> dict[str, tuple[float, float]]:
    ranges = {}
    for sensor in equipment.named("condition"):
        values = windows.get(f"{sensor}.mean", pd.Series(dtype="float64")).dropna()
        if len(values):
            low, high = np.quantile(values, [0.01, 0.99])
            ranges[sensor] = (float(f"{low:.6g}"), float(f"{high:.6g}"))
    return ranges


def performance(rows: pd.DataFrame, called: NDArray[np.bool_], months: float) -> Performance:
    """Count what a signature found out of fold.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per window of the fault: ``episode``, ``asset``, ``end`` and ``named`` (abnormal,
        with this failure mode as its most likely one).
    called : NDArray[numpy.bool_]
        Healthy windows at which a streak of windows named after this fault starts.
    months : float
        Healthy time looked at [asset-months of 30 days].

    Returns
    -------
    Performance
        An episode is found when any of its windows is named; its lead time runs from the first
        such window to its last window.

    Notes
    -----
    Counted by window and without alarm delays, on assets the model was not learnt from. The
    numbers by incident, which count, come from :func:`with_performance`.
    """
    found, leads = 0, []
    for _, episode in rows.groupby("episode", sort=True):
        seen = episode.loc[episode["named"], "end"]
        found += int(len(seen) > 0)
        if len(seen):
            leads.append((episode["end"].max() - seen.min()) / pd.Timedelta(hours=1))
    return Performance(
        basis="other assets",
        recall=wilson(found, rows["episode"].nunique()),
        assets=int(rows["asset"].nunique()),
        false_alarms=int(called.sum()),
        asset_months=float(f"{months:.6g}"),
        lead_time=_lead_time(leads),
    )


def _lead_time(hours: list[float]) -> LeadTime:
    if not hours:
        return LeadTime(n=0, median=None, q10=None, q90=None)
    q10, median, q90 = (float(f"{v:.6g}") for v in np.quantile(hours, [0.1, 0.5, 0.9]))
    return LeadTime(n=len(hours), median=median, q10=q10, q90=q90)


def with_performance(
    signature: Signature, performance: Performance, confused: Mapping[str, float]
) -> Signature:
    """Complete a signature with what it did on events held out of learning.

    Parameters
    ----------
    signature : Signature
        The signature.
    performance : Performance
        Found, false alarms and lead time.
    confused : Mapping[str, float]
        Failure mode -> share of this fault that was given to it.

    Returns
    -------
    Signature
        A new one; nothing else differs.
    """
    return replace(signature, performance=performance, confused_with=dict(sorted(confused.items())))
