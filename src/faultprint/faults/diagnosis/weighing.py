"""What a model makes of windows: p-values, what they cannot show, and the judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultprint.faults.diagnosis.unmix import explained_by_two, unmix
from faultprint.faults.diagnosis.verdicts import Judgement, judge
from faultprint.faults.model import ClassModel
from faultprint.records import Signature
from faultprint.state import limits

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_HALF = 0.5
"""Share of its symptoms a fault can lose before it cannot be judged."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """What a model makes of windows."""

    probabilities: Floats
    """Shape (windows, classes)."""
    p_values: Floats
    """Shape (windows, classes); NaN for a fault that the window cannot show."""
    shares: Floats
    """How much of each fault is in each window."""
    blind: Flags
    """Faults that the window cannot show, shape (windows, modes)."""
    judgement: Judgement


def weigh(
    model: ClassModel,
    signatures: Mapping[str, Signature],
    values: Floats,
    limit: float | Floats | None = None,
) -> Weighed:
    """Judge windows by a model, each by itself.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    signatures : Mapping[str, Signature]
        Its signatures, by failure mode.
    values : NDArray[numpy.float64]
        What the model reads of the windows, shape (windows, features).
    limit : float | NDArray[numpy.float64] | None, default None
        P-value against healthy below which a window is abnormal, one for all or one each; that for
        machines the model does not know if it is not given.

    Returns
    -------
    Weighed
        A fault whose leading symptom, or half of whose symptoms, was not measured has no p-value.
        A deviation that no fault explains alone, but two together, is known.
    """
    probabilities = model.probabilities(values)
    p_values = model.p_values(values, probabilities)
    blind = _blind(model, signatures, values)
    p_values[:, 1:][blind] = np.nan
    below = model.limit if limit is None else limit
    judged = judge(p_values, probabilities, below, model.significance)
    shares = unmix(values, model.metric, model.classes)
    judged = _explained(model, values, shares, probabilities, (judged, blind))
    return Weighed(probabilities, p_values, shares, blind, judged)


def _explained(
    model: ClassModel,
    values: Floats,
    shares: Floats,
    probabilities: Floats,
    so_far: tuple[Judgement, Flags],
) -> Judgement:
    """Name two faults where none alone, but both together, explain a deviation."""
    judged, blind = so_far
    rows = np.flatnonzero(judged.verdict == "deviation")
    if len(model.modes) < 2 or not len(rows):
        return judged
    signals = model.signals(values[rows], probabilities[rows])
    foreign = np.column_stack(
        [
            limits.p_values(signals.foreign[:, 1 + m], model.calibration[mode].foreign)
            for m, mode in enumerate(model.modes)
        ]
    )
    foreign[blind[rows]] = 0.0  # what cannot be seen explains nothing
    alone = {mode: model.alone[mode] for mode in model.modes}
    pairs = explained_by_two(shares[rows], foreign, alone, model.significance)
    found = pairs[:, 0] >= 0
    mode, verdict = judged.mode.copy(), judged.verdict.copy()
    mode[rows[found]], verdict[rows[found]] = pairs[found, 0], "known"
    candidates = judged.candidates.copy()
    candidates[rows[found], pairs[found, 0]] = True
    return Judgement(verdict, mode, candidates)


def _blind(model: ClassModel, signatures: Mapping[str, Signature], values: Floats) -> Flags:
    """Mark the faults a window cannot show: the leading symptom, or half of them, not measured."""
    blind = np.zeros((len(values), len(model.modes)), dtype=np.bool_)
    place = {name: i for i, name in enumerate(model.features)}
    for number, mode in enumerate(model.modes):
        named = signatures[mode].symptoms if mode in signatures else ()
        columns = [place[s.descriptor] for s in named if s.descriptor in place]
        if columns:
            lost = ~np.isfinite(values[:, columns])
            blind[:, number] = lost[:, 0] | (lost.mean(axis=1) >= _HALF)
    return blind
