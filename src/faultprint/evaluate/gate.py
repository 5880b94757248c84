"""Whether a candidate replaces the incumbent; to hold is a normal outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultprint.config import Gate
from faultprint.errors import ReleaseError, listed
from faultprint.records import GateResult


def decide(
    candidate_metrics: Mapping[str, Any],
    incumbent_metrics: Mapping[str, Any] | None,
    gate: Gate,
) -> GateResult:
    """Compare a candidate with the incumbent on the same judged events.

    Parameters
    ----------
    candidate_metrics : Mapping[str, Any]
        What :func:`faultprint.evaluate.metrics.event_metrics` gave for the candidate.
    incumbent_metrics : Mapping[str, Any] | None
        The same for the incumbent, re-scored on the candidate's held-out data; ``None`` if there is
        no incumbent.
    gate : Gate
        Metric, smallest gain, floor of the recall.

    Returns
    -------
    GateResult
        Promoted if there is no incumbent; else if the metric is better by at least ``min_gain`` and
        each fault that the incumbent names at least once keeps a recall (share named rightly) of
        at least ``recall_floor``. An equal candidate is held.

    Raises
    ------
    ReleaseError
        If the two were not judged on the same number of failures.
    """
    candidate = float(candidate_metrics[gate.metric])
    recalls = _recalls(candidate_metrics)
    if incumbent_metrics is None:
        return GateResult(
            promoted=True,
            reason="there is no incumbent",
            candidate=candidate,
            incumbent=None,
            metric=gate.metric,
            recalls=recalls,
        )
    counts = candidate_metrics["failures"], incumbent_metrics["failures"]
    if counts[0] != counts[1]:
        raise ReleaseError.because(
            f"a candidate judged on {counts[0]} failures and an incumbent on {counts[1]}",
            "both judged on the same held-out data",
            "re-score the incumbent on the candidate's held-out data",
        )
    incumbent = float(incumbent_metrics[gate.metric])
    promoted, reason = _verdict(candidate, incumbent, gate)
    known = [mode for mode, recall in _recalls(incumbent_metrics).items() if recall > 0]
    lost = [m for m in sorted(known) if recalls.get(m, 0.0) < gate.recall_floor]
    if lost:
        promoted = False
        reason = f"recall below the floor of {gate.recall_floor:g} for {listed(lost)}"
    return GateResult(
        promoted=promoted,
        reason=reason,
        candidate=candidate,
        incumbent=incumbent,
        metric=gate.metric,
        recalls=recalls,
    )


def _recalls(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {
        str(mode): float(one["named"]["value"])
        for mode, one in metrics["modes"].items()
        if one["failures"]
    }


def _verdict(candidate: float, incumbent: float, gate: Gate) -> tuple[bool, str]:
    gain = candidate - incumbent
    said = f"{gate.metric} {candidate:.3f} against {incumbent:.3f}"
    if gain <= 0:
        return False, f"{said}: not better"
    if gain < gate.min_gain:
        return False, f"{said}: better by less than {gate.min_gain:g}"
    return True, f"{said}: better"
