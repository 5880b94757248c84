"""What the gate decided of a candidate."""

from __future__ import annotations

from dataclasses import dataclass, field


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
