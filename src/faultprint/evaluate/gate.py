"""Whether a candidate replaces the incumbent; to hold is a normal outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faultprint.config import Gate
from faultprint.errors import ReleaseError, listed
from faultprint.records import GateResult

BY_HAND = "a person may publish it all the same: faultprint releases adopt"


def decide(
    candidate_metrics: Mapping[str, Any],
    incumbent_metrics: Mapping[str, Any] | None,
    gate: Gate,
    lost: tuple[str, ...] = (),
    interval: tuple[float, float] | None = None,
) -> GateResult:
    """Compare a candidate with the incumbent on the same judged events.

    Parameters
    ----------
    candidate_metrics : Mapping[str, Any]
        What :func:`faultprint.evaluate.metrics.event_metrics` gave for the candidate.
    incumbent_metrics : Mapping[str, Any] | None
        The same for the incumbent, over the same time and assets, from which neither has learnt;
        ``None`` if there is no incumbent.
    gate : Gate
        Metric, smallest gain, floors and the drop of recall that is let pass.
    lost : tuple[str, ...], default ()
        What the incumbent judges and the candidate does not.
    interval : tuple[float, float] | None, default None
        Of candidate minus incumbent in ``f1_events``, to be told with the decision.

    Returns
    -------
    GateResult
        Without an incumbent: promoted if ``f1_events`` reaches ``first_floor``. With one: promoted
        if nothing is lost, there was a failure to compare on, the metric is better by at least
        ``min_gain``, and no fault that the incumbent names has a recall (share named rightly) below
        ``recall_floor`` or more than ``recall_drop`` below the incumbent's. An equal candidate is
        held unless ``min_gain`` is negative.

    Raises
    ------
    ReleaseError
        If the two were not judged on the same number of failures.
    """
    if incumbent_metrics is None:
        against = _against_nothing(candidate_metrics, gate)
        incumbent, praise = None, "there is no incumbent"
    else:
        counts = candidate_metrics["failures"], incumbent_metrics["failures"]
        if counts[0] != counts[1]:
            raise ReleaseError.because(
                f"a candidate judged on {counts[0]} failures and an incumbent on {counts[1]}",
                "both judged on the same held-out data",
                "re-score both on what neither has learnt from",
            )
        against = _against(candidate_metrics, incumbent_metrics, gate, lost)
        incumbent = float(incumbent_metrics[gate.metric])
        praise = f"{_compared(candidate_metrics, incumbent_metrics, gate)}: better"
    said = "; ".join(against) or praise
    if interval is not None:
        said += (
            f" (f1_events differs by {interval[0]:+.3f} to {interval[1]:+.3f} at 95 % over assets)"
        )
    return GateResult(
        promoted=not against,
        reason=said,
        candidate=float(candidate_metrics[gate.metric]),
        incumbent=incumbent,
        metric=gate.metric,
        recalls=_recalls(candidate_metrics),
        lost=lost,
        interval=interval,
    )


def _against_nothing(candidate: Mapping[str, Any], gate: Gate) -> list[str]:
    value = float(candidate["f1_events"])
    if value >= gate.first_floor:
        return []
    judged = f"on {candidate['failures']} failures" if candidate["failures"] else "on no failure"
    said = f"not better than nothing: f1_events {value:.3f} {judged}, {gate.first_floor:g} needed"
    return [f"{said}; {BY_HAND}"]


def _against(
    candidate: Mapping[str, Any],
    incumbent: Mapping[str, Any],
    gate: Gate,
    lost: tuple[str, ...],
) -> list[str]:
    """List what speaks against the candidate."""
    if lost:
        return [f"it does not judge what the incumbent does: {listed(lost)}; {BY_HAND}"]
    if not candidate["failures"]:
        return [f"no failure in the time that neither has learnt from, to compare on; {BY_HAND}"]
    gain = float(candidate[gate.metric]) - float(incumbent[gate.metric])
    said, against = _compared(candidate, incumbent, gate), []
    if gain < gate.min_gain:
        by = f"better by less than {gate.min_gain:g}" if gain > 0 else "not better"
        against.append(f"{said}: {by}")
    elif gain == 0 and gate.min_gain == 0:
        against.append(f"{said}: not better")
    named, known = _recalls(candidate), _recalls(incumbent)
    low = [m for m, r in sorted(known.items()) if r > 0 and named.get(m, 0.0) < gate.recall_floor]
    if low:
        against.append(f"recall below the floor of {gate.recall_floor:g} for {listed(low)}")
    fallen = [
        f"{mode} {recall:.2f} to {named.get(mode, 0.0):.2f}"
        for mode, recall in sorted(known.items())
        if recall - named.get(mode, 0.0) > gate.recall_drop + 1e-9
    ]
    if fallen:
        said = f"named rightly less often by more than {gate.recall_drop:g}"
        against.append(f"{said}: {listed(fallen)}")
    return against


def _compared(candidate: Mapping[str, Any], incumbent: Mapping[str, Any], gate: Gate) -> str:
    values = float(candidate[gate.metric]), float(incumbent[gate.metric])
    return f"{gate.metric} {values[0]:.3f} against {values[1]:.3f}"


def _recalls(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {
        str(mode): float(one["named"]["value"])
        for mode, one in metrics["modes"].items()
        if one["failures"]
    }
