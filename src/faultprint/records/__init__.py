"""Frozen records that cross boundaries."""

from faultprint.records.gate import GateResult
from faultprint.records.opinions import JudgedIncident, Mark, Marking, Opinion, Verdict
from faultprint.records.signature import (
    LeadTime,
    Learnt,
    MadeFrom,
    Origin,
    Performance,
    Proportion,
    Prototype,
    Signature,
    Status,
    Symptom,
    signature_from,
)

__all__ = [
    "GateResult",
    "JudgedIncident",
    "LeadTime",
    "Learnt",
    "MadeFrom",
    "Mark",
    "Marking",
    "Opinion",
    "Origin",
    "Performance",
    "Proportion",
    "Prototype",
    "Signature",
    "Status",
    "Symptom",
    "Verdict",
    "signature_from",
]
