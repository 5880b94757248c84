"""What experts say of incidents, and what they do with them."""

from __future__ import annotations

import json
import uuid
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Literal

Verdict = Literal[
    "known_fault", "new_fault", "normal_behaviour", "sensor_issue", "duplicate", "cause_unknown"
]
"""What an expert may say of an incident."""

Mark = Literal["open", "resolved"]
"""What may be done with an incident: it is worked on (again), or the work on it is done."""

_OPINIONS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:faultprint:opinions")


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
