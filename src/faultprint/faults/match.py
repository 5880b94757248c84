"""Judging windows with what was learnt: states and diagnoses."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint import tables
from faultprint.errors import ReleaseError
from faultprint.faults.diagnosis.evidence import Observation, evidence
from faultprint.faults.diagnosis.support import unsupported
from faultprint.faults.diagnosis.unmix import beside
from faultprint.faults.diagnosis.weighing import Weighed, weigh
from faultprint.faults.learning.design import design, values_of
from faultprint.faults.model import ClassModel
from faultprint.faults.signature import reference_of
from faultprint.faults.teaching.taught import TaughtSet
from faultprint.faults.teaching.taught_verdicts import Judged, hear_taught
from faultprint.records import Signature
from faultprint.state.distrust import DISTRUSTED, SENSOR_BAD, SUSPECTED, distrusted_sensors

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DIGITS = 4
_BLOCK = 2048
"""Windows explained at a time: TreeSHAP needs classes x features numbers for each."""


def diagnose(
    model: ClassModel,
    signatures: Iterable[Signature],
    windows: pd.DataFrame,
    residuals: pd.DataFrame,
    release: str,
    taught: TaughtSet | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge windows of one equipment class.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    signatures : Iterable[Signature]
        Signatures; those of other classes are passed over.
    windows : pandas.DataFrame
        Rows of ``windows``, all of the model's class.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.
    release : str
        Name of the release, written into every row.
    taught : TaughtSet | None, default None
        What experts taught of the class since it was learnt.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        ``states`` with ``alarm`` False throughout (delays are counted over an asset's history,
        see ``state.alarms``), and ``diagnoses``; sorted by asset and end.

    Raises
    ------
    ReleaseError
        If a window is of another class than the model.

    Notes
    -----
    Each window is judged by itself: neither other windows nor their order change its row. Windows
    that carry a reason are not evaluated, nor is a diagnosis whose signature needs a sensor that
    was bad in the window, or that would not stand without a sensor under suspicion. A fault whose
    leading symptom, or half of whose symptoms, could not be measured is not judged: it has no
    p-value and the diagnosis says so. Evidence is given for abnormal windows only.
    """
    others = sorted(set(windows["equipment_class"]) - {model.equipment_class})
    if others:
        raise ReleaseError.because(
            f"windows of {others}",
            f"windows of {model.equipment_class!r}",
            "score each equipment class with its own model",
        )
    rows = windows.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    good = (rows["reason"] == "").to_numpy()
    values = values_of(design(rows[good], residuals), model.features)
    mine = {s.failure_mode: s for s in signatures if s.equipment_class == model.equipment_class}
    limit = model.limits(rows["asset"])
    below = limit[good]
    weighed = weigh(model, mine, values, below)
    judged = weighed.judgement
    further = _beside(model, weighed)
    told = _told(model, mine, values, weighed, further)
    states = _frame("states", rows, release)
    states.loc[good, "p_value"] = weighed.p_values[:, 0]
    states["limit"] = limit
    diagnoses = _frame("diagnoses", rows, release)
    told["reason"] = _unjudged(model, weighed.blind)
    for column, texts in told.items():
        diagnoses.loc[good, column] = texts
    judged_rows = rows[good].reset_index(drop=True)
    weak = unsupported(
        model.features,
        judged_rows,
        values,
        judged,
        lambda other, at: weigh(model, mine, other, below[[at]]).judgement,
    )
    for at, reason in zip(np.flatnonzero(good).tolist(), weak, strict=True):
        if reason:
            _take_back(states, diagnoses, at, reason)
    doubted = tuple(judged_rows[SUSPECTED]) if SUSPECTED in judged_rows else ()
    heard = Judged(model, mine, np.flatnonzero(good), values, doubted)
    states, diagnoses = hear_taught(taught, heard, states, diagnoses)
    return _struck(rows, states, diagnoses, mine)


def _take_back(states: pd.DataFrame, diagnoses: pd.DataFrame, at: int, reason: str) -> None:
    """Put "not evaluable" in place of what was said of one window."""
    states.loc[at, "p_value"], states.loc[at, "reason"] = np.nan, reason
    for column, text in _NOTHING.items():
        diagnoses.loc[at, column] = text
    diagnoses.loc[at, "reason"] = reason


def _beside(model: ClassModel, weighed: Weighed) -> list[dict[str, float]]:
    """Name the faults beside the first one; not those a window cannot show.

    These are faults of which the window shows more than the first one does, and faults that are
    not struck off and that the classifier is sure of by themselves, as it is of the first one.
    """
    first = weighed.judgement.mode
    found = beside(weighed.shares, first, model.alone, model.modes, model.significance)
    sure = model.sure_of(weighed.probabilities) & weighed.judgement.candidates
    for n in np.flatnonzero((sure.sum(axis=1) > 1) & (first >= 0)).tolist():
        others = np.flatnonzero(sure[n]).tolist() if sure[n, first[n]] else []
        for m in others:
            if m != first[n]:
                found[n].setdefault(model.modes[m], float(weighed.p_values[n, 1 + m]))
    unseen = [
        [m for m, lost in zip(model.modes, row, strict=True) if lost] for row in weighed.blind
    ]
    return [
        {mode: round(p, _DIGITS) for mode, p in one.items() if mode not in lost}
        for one, lost in zip(found, unseen, strict=True)
    ]


def _struck(
    rows: pd.DataFrame,
    states: pd.DataFrame,
    diagnoses: pd.DataFrame,
    signatures: Mapping[str, Signature],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take back the diagnoses that need a sensor which is not to be believed."""
    if DISTRUSTED not in rows:
        return states, diagnoses
    doubted = (rows[DISTRUSTED] != "") & diagnoses["verdict"].isin(["known", "ambiguous"])
    for at in np.flatnonzero(doubted.to_numpy()).tolist():
        mode = str(diagnoses["failure_mode"].iloc[at])
        needed = signatures[mode].required_sensors if mode in signatures else ()
        bad = distrusted_sensors(str(rows[DISTRUSTED].iloc[at]))
        hit = next((f"{SENSOR_BAD}{s}:{kind}" for s, kind in bad.items() if s in needed), "")
        if hit:
            _take_back(states, diagnoses, at, hit)
    return states, diagnoses


def _unjudged(model: ClassModel, blind: Flags) -> list[str]:
    texts = [""] * len(blind)
    for n in np.flatnonzero(blind.any(axis=1)).tolist():
        modes = [mode for mode, lost in zip(model.modes, blind[n].tolist(), strict=True) if lost]
        texts[n] = f"not judged, sensors missing: {', '.join(modes)}"
    return texts


_NOTHING = {
    "verdict": "not_evaluable",
    "failure_mode": "",
    "signature": "",
    "candidates": "{}",
    "also": "{}",
    "p_values": "{}",
    "evidence": "{}",
}


def _frame(name: str, rows: pd.DataFrame, release: str) -> pd.DataFrame:
    """Lay out a table whose windows are all not evaluable, to be filled in."""
    columns = {
        "asset": rows["asset"],
        "equipment_class": rows["equipment_class"],
        "end": rows["end"],
        "p_value": np.nan,
        "limit": np.nan,
        "alarm": False,
        "by_rule": False,
        **_NOTHING,
        "reason": rows["reason"],
        "release": release,
    }
    empty = tables.empty(name)
    frame = pd.DataFrame({c: columns[c] for c in empty.columns}, index=rows.index)
    return frame.astype({c: empty[c].dtype for c in empty.columns})


def _told(
    model: ClassModel,
    signatures: Mapping[str, Signature],
    values: Floats,
    weighed: Weighed,
    further: list[dict[str, float]],
) -> dict[str, list[str]]:
    """Write out verdict, candidates and evidence, one text a window."""
    judged, p_values = weighed.judgement, weighed.p_values
    names = ("", *model.modes)
    modes = [names[i + 1] for i in judged.mode.tolist()]
    order = np.argsort(-weighed.probabilities[:, 1:], axis=1, kind="stable")
    ranked = [
        [m for m in mine if row[m]]
        for mine, row in zip(order.tolist(), judged.candidates.tolist(), strict=True)
    ]
    candidates = [[model.modes[m] for m in row] for row in ranked]
    return {
        "verdict": judged.verdict.tolist(),
        "failure_mode": modes,
        "signature": [
            reference_of(signatures[mode]) if mode in signatures else "" for mode in modes
        ],
        "candidates": [
            _json({model.modes[m]: round(float(p_values[n, m + 1]), _DIGITS) for m in row})
            for n, row in enumerate(ranked)
        ],
        "also": [_json(one) for one in further],
        "p_values": [
            _json(dict(zip(model.classes, row, strict=True))) for row in _rounded(p_values)
        ],
        "evidence": _evidence(
            model,
            signatures,
            values,
            [
                [*named, *(mode for mode in one if mode not in named)]
                for named, one in zip(candidates, further, strict=True)
            ],
            [[model.modes[m] for m in row] for row in order.tolist()],
            judged.verdict,
        ),
    }


def _rounded(p_values: Floats) -> list[list[float | None]]:
    every = np.round(p_values, _DIGITS + 2).tolist()
    return [[p if math.isfinite(p) else None for p in row] for row in every]


def _evidence(
    model: ClassModel,
    signatures: Mapping[str, Signature],
    values: Floats,
    candidates: list[list[str]],
    likely: list[list[str]],
    verdict: NDArray[np.str_],
) -> list[str]:
    texts = ["{}"] * len(values)
    silent = np.zeros((len(model.classes), len(model.features)))
    for n in np.flatnonzero(verdict == "deviation").tolist():
        seen = Observation(values[n], silent)
        nearest = likely[n][0] if likely[n] else ""
        texts[n] = _json(evidence(model, signatures, seen, [], nearest))
    named = np.flatnonzero([bool(modes) for modes in candidates])
    for start in range(0, len(named), _BLOCK):
        block = named[start : start + _BLOCK]
        for n, gains in zip(block.tolist(), model.contributions(values[block]), strict=True):
            seen = Observation(values[n], gains)
            next_one = next((m for m in likely[n] if m not in candidates[n][:1]), "")
            texts[n] = _json(evidence(model, signatures, seen, candidates[n], next_one))
    return texts


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
