"""The record of a signature: what moves, how early, how sure, learnt from what."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Literal

from faultprint.errors import ReleaseError, listed

Status = Literal["candidate", "test", "stable", "deprecated"]


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
