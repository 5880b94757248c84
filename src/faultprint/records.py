"""Frozen records that cross boundaries.

Longer than other modules on purpose: what crosses is read best in one place.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal

from faultprint.errors import ReleaseError, listed

Status = Literal["candidate", "test", "stable", "deprecated"]

Verdict = Literal[
    "known_fault", "new_fault", "normal_behaviour", "sensor_issue", "duplicate", "cause_unknown"
]
"""What an expert may say of an incident."""

Mark = Literal["open", "resolved"]
"""What may be done with an incident: it is worked on (again), or the work on it is done."""

_OPINIONS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:faultprint:opinions")


@dataclass(frozen=True)
class Proportion:
    """A share with its 95 % Wilson interval and what it was counted on."""

    value: float
    low: float
    high: float
    hits: int
    n: int


@dataclass(frozen=True)
class Symptom:
    """How one descriptor shows a fault."""

    descriptor: str
    unit: str
    direction: Literal["up", "down"]
    effect: float
    """Typical of the fault minus that of healthy, in robust standard deviations of healthy."""
    typical: float
    """Median while the fault is there [unit]; for a count of events the mean."""
    low: float
    """Tenth percentile while the fault is there [unit]."""
    high: float
    """Ninetieth percentile while the fault is there [unit]."""
    healthy: float
    """Median of healthy equipment [unit]; for a count of events the mean."""
    separation: float
    """Area under the ROC curve of this descriptor alone, fault against healthy."""


@dataclass(frozen=True)
class LeadTime:
    """How long before the failure the incident was opened, in hours."""

    n: int
    median: float | None
    q10: float | None
    q90: float | None


@dataclass(frozen=True)
class Performance:
    """How well a signature did on events held out of learning."""

    basis: Literal["other assets", "later time", "other incidents"]
    """What was held out: whole assets (cross-validation), the last part of the history, or each
    judged incident in turn."""

    recall: Proportion
    assets: int
    false_alarms: int
    asset_months: float
    lead_time: LeadTime


@dataclass(frozen=True)
class Prototype:
    """A typical picture of the fault in the space of its descriptors."""

    centre: tuple[float, ...]
    """One value per descriptor of the signature, in robust standard deviations of healthy."""
    weight: float
    """Share of the fault's windows nearest to it."""


@dataclass(frozen=True)
class Origin:
    """Where a signature comes from."""

    data_sha256: str
    code_sha256: str
    params_sha256: str
    episodes: tuple[str, ...]
    """``asset@failure time`` of the episodes it was learnt from."""
    refused: tuple[str, ...]
    """Episodes not used, each with its reason."""
    handover: str = ""
    """How the learnt model did beside what experts had taught of the fault before."""


@dataclass(frozen=True)
class Learnt:
    """What a release has learnt from, and so cannot be judged on."""

    until: str
    """Instant [UTC, ISO 8601]: of what came later, learning knew nothing."""
    assets: tuple[str, ...]
    """Assets it learnt from, sorted; of any other it knew nothing at all."""


@dataclass(frozen=True)
class MadeFrom:
    """What a release was made from: enough to make it again and compare."""

    data_sha256: str
    code_sha256: str
    params_sha256: str
    params: dict[str, Any]
    """The settings themselves, as plain data; without places and what learning does not look at."""
    expert_sha256: str = ""
    """What experts wrote: opinions and rules; empty if there was nothing."""


@dataclass(frozen=True)
class Signature:
    """The reviewed record of how one failure mode shows itself on one equipment class."""

    id: str
    version: str
    status: Status
    title: str
    equipment_class: str
    failure_mode: str
    item: str
    """Maintainable item; empty where the events it was learnt from name none."""
    severity: int | None
    """From 1 (harmless) to 5 (dangerous), as experts judge it; None until one does."""
    recommended_action: str
    symptoms: tuple[Symptom, ...]
    prototypes: tuple[Prototype, ...]
    accept_distance: float
    """Distance to the nearest prototype within which 95 % of calibration windows lie."""
    required_sensors: tuple[str, ...]
    conditions: dict[str, tuple[float, float]]
    """Range of each operating condition it was learnt in: means over a window, 1st to 99th
    percentile."""
    performance: Performance
    confused_with: dict[str, float]
    """Failure mode -> share of this fault's held-out windows that were given to it."""
    origin: Origin
    opinions: tuple[str, ...] = ()
    condition_units: dict[str, str] = field(default_factory=dict)
    """Unit of each operating condition; of releases from before it was written down: none."""
    rule: str = ""
    """What an expert's rules say of it, on one line; empty if there is none."""
    replaced_by: str = ""
    """Of a deprecated one: failure mode of the signature to go by instead; empty if none is."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists and scalars, ready for YAML or JSON.

        Returns
        -------
        dict[str, Any]
            Everything the signature says; what replaces it only where something does, so that
            releases from before it was written down are written again as they were.
        """
        plain: dict[str, Any] = _plain(asdict(self))
        if not self.replaced_by:
            del plain["replaced_by"]
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def signature_from(data: dict[str, Any]) -> Signature:
    """Build a signature from what :meth:`Signature.to_dict` gave.

    Parameters
    ----------
    data : dict[str, Any]
        Plain data.

    Returns
    -------
    Signature
        Equal to the one that was written. Fields that came later have their defaults.

    Raises
    ------
    ReleaseError
        If a field is missing that never had a default, or is one that nobody knows.
    """
    every = {one.name: one for one in fields(Signature)}
    made = {name for name, one in every.items() if one.default_factory is not MISSING}
    needed = {name for name, one in every.items() if one.default is MISSING} - made
    missing, strange = sorted(needed - set(data)), sorted(set(data) - set(every))
    if missing or strange:
        told = [f"without {listed(missing)}"] if missing else []
        told += [f"with the unknown fields {listed(strange)}"] if strange else []
        raise ReleaseError.because(
            f"a signature {' and '.join(told)}",
            f"the fields {listed(sorted(needed), 30)}",
            "read it with the version of Faultprint that wrote it, or a newer one",
        )
    performance = data["performance"]
    return Signature(
        **{
            **data,
            "symptoms": tuple(Symptom(**s) for s in data["symptoms"]),
            "prototypes": tuple(
                Prototype(centre=tuple(p["centre"]), weight=p["weight"]) for p in data["prototypes"]
            ),
            "required_sensors": tuple(data["required_sensors"]),
            "conditions": {k: (v[0], v[1]) for k, v in data["conditions"].items()},
            "performance": Performance(
                **{
                    **performance,
                    "recall": Proportion(**performance["recall"]),
                    "lead_time": LeadTime(**performance["lead_time"]),
                }
            ),
            "origin": Origin(
                **{
                    **data["origin"],
                    "episodes": tuple(data["origin"]["episodes"]),
                    "refused": tuple(data["origin"]["refused"]),
                }
            ),
            "opinions": tuple(data.get("opinions", ())),
        }
    )


@dataclass(frozen=True)
class JudgedIncident:
    """An incident as it stood when an expert judged it, kept beside the opinions."""

    incident: str
    """Its identity in the results of the release that raised it."""
    asset: str
    equipment_class: str
    opened: datetime
    first_seen: datetime
    cleared: datetime | None
    """None: it was still open."""
    verdict: str
    """What the release said of it: known, ambiguous, deviation."""
    failure_mode: str
    """What the release named; empty if nothing."""
    release: str
    """Label of the release that raised it."""


@dataclass(frozen=True)
class Opinion:
    """What one expert says of one incident; tied to the incident, so that regrouping loses none."""

    incident: str
    """Identity of the incident."""
    verdict: Verdict
    failure_mode: str
    """Set for ``known_fault`` and ``new_fault``, empty for every other verdict."""
    confidence: float
    """How sure the author is, 0 to 1."""
    rationale: str
    """Why, in the author's words."""
    action: str
    """What was done, or should be."""
    author: str
    time: datetime
    """When it was said, with its zone."""
    item: str = ""
    """Maintainable item at fault, where known."""
    severity: int | None = None
    """1 (harmless) to 5 (dangerous)."""
    duplicate_of: str = ""
    """Identity of the other incident, for the verdict ``duplicate``."""
    adjudicates: bool = False
    """It settles what others disagree on."""

    @property
    def id(self) -> str:
        """Name the opinion by what it says, so that the same one is never counted twice.

        Returns
        -------
        str
            UUID, version 5, of its content.
        """
        said = {**asdict(self), "time": self.time.astimezone(UTC).isoformat()}
        said["confidence"] = float(self.confidence)
        # Fields that came later do not rename what was said before them.
        for optional in fields(self):
            if optional.default is not MISSING and said[optional.name] == optional.default:
                del said[optional.name]
        return str(uuid.uuid5(_OPINIONS, json.dumps(said, sort_keys=True)))


@dataclass(frozen=True)
class Marking:
    """What somebody did with an incident, and when."""

    incident: str
    mark: Mark
    author: str
    time: datetime
    """With its zone."""
    note: str = ""


@dataclass(frozen=True)
class GateResult:
    """What the gate decided; ``hold`` is a normal outcome."""

    promoted: bool
    reason: str
    candidate: float
    incumbent: float | None
    metric: str
    recalls: dict[str, float] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    """Equipment classes and assets that the incumbent judges and the candidate does not."""
    interval: tuple[float, float] | None = None
    """95 % interval of candidate minus incumbent in ``f1_events``, over assets."""
