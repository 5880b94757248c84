"""What taught recognisers change in the diagnoses of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.diagnosis.support import left_out_in_turn
from faultprint.faults.model import ClassModel
from faultprint.faults.signature import reference_of
from faultprint.faults.teaching.speaking import speak
from faultprint.faults.teaching.taught import Taught, TaughtSet
from faultprint.records import Signature

Floats = NDArray[np.float64]

_DIGITS = 4
_HALF = 0.5
_ABNORMAL = ("known", "ambiguous", "deviation")


@dataclass(frozen=True, eq=False)
class Judged:
    """The windows that were judged, as the model read them."""

    model: ClassModel
    signatures: Mapping[str, Signature]
    """By failure mode."""
    rows: NDArray[np.int64]
    """Their positions in the tables of states and diagnoses."""
    matrix: Floats
    """Shape (windows, features)."""
    suspected: tuple[str, ...] = ()
    """Column ``suspected`` of these windows; none: no sensor is in doubt."""


def hear_taught(
    taught: TaughtSet | None, judged: Judged, states: pd.DataFrame, diagnoses: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Let what experts taught speak about the windows that the model called abnormal.

    Parameters
    ----------
    taught : TaughtSet | None
        What was taught of the class, if anything.
    judged : Judged
        The windows.
    states : pandas.DataFrame
        Table ``states``.
    diagnoses : pandas.DataFrame
        Table ``diagnoses`` of the same rows.

    Returns
    -------
    tuple[pandas.DataFrame, pandas.DataFrame]
        Both with the windows that a recogniser accepts judged by it; all other rows as they were.

    Notes
    -----
    A recogniser that would not speak without a sensor under suspicion does not speak: the window
    stays as the model, which was asked the same, has judged it.

    A window that is taken for normal behaviour gets the larger one of two p-values, which is valid
    against "healthy or normal", and at least the limit.
    """
    model = judged.model
    if taught is None or model.metric is None:
        return states, diagnoses
    states, diagnoses = states.copy(), _renamed(taught, judged.signatures, diagnoses)
    verdicts = diagnoses["verdict"].iloc[judged.rows]
    asked = np.flatnonzero(verdicts.isin(_ABNORMAL).to_numpy() & _seen(model, judged.matrix))
    spoken = speak(taught, model.metric, judged.matrix[asked])
    for n in np.flatnonzero(spoken.chosen >= 0).tolist():
        place = int(spoken.chosen[n])
        if not _supported(taught, judged, int(asked[n]), place):
            continue
        one, p = taught.recognisers[place], float(spoken.p_values[n, place])
        signature = judged.signatures.get(one.name)
        if one.kind == "fault" and (signature is None or _blind(signature, judged, asked[n])):
            continue
        at = int(judged.rows[asked[n]])
        if one.kind == "normal":
            _call_normal(states, diagnoses, at, one, p)
        elif signature and str(diagnoses["failure_mode"].iloc[at]) != one.name:
            seen = judged.matrix[asked[n]]
            _name(diagnoses, at, signature, p, _sides(model, signature, seen))
    return states, diagnoses


def _supported(taught: TaughtSet, judged: Judged, row: int, place: int) -> bool:
    """Say whether a recogniser would speak without the sensors under suspicion, too."""
    if not judged.suspected or not judged.suspected[row]:
        return True
    model, values = judged.model, judged.matrix[[row]]
    turns = left_out_in_turn(judged.suspected[row], model.features, values)
    return all(
        _seen(model, without)[0] and speak(taught, model.metric, without).chosen[0] == place
        for _, without in turns
    )


def _seen(model: ClassModel, values: Floats) -> NDArray[np.bool_]:
    """Mark the windows of which at least half of what is compared was measured."""
    assert model.metric is not None
    known = np.isfinite(values[:, list(model.metric.columns)])
    return np.asarray(known.mean(axis=1) >= _HALF) if len(values) else np.zeros(0, dtype=np.bool_)


def _blind(signature: Signature, judged: Judged, row: int) -> bool:
    """Say whether the leading symptom, or half of them, was not measured."""
    place = {name: i for i, name in enumerate(judged.model.features)}
    columns = [place[s.descriptor] for s in signature.symptoms if s.descriptor in place]
    lost = ~np.isfinite(judged.matrix[row, columns])
    return bool(len(columns) and (lost[0] or lost.mean() >= _HALF))


def _renamed(
    taught: TaughtSet, signatures: Mapping[str, Signature], diagnoses: pd.DataFrame
) -> pd.DataFrame:
    """Give windows of a failure mode that was merged its new name; of a retired one, none."""
    changed = diagnoses.copy()
    for old, new in taught.renamed.items():
        mine = changed["failure_mode"] == old
        held = signatures.get(new)
        changed.loc[mine, "failure_mode"] = new
        changed.loc[mine, "signature"] = reference_of(held) if held else ""
        changed.loc[mine, "verdict"] = "known" if new else "deviation"
        if not new:
            changed.loc[mine, "candidates"] = "{}"
    return changed


def _call_normal(
    states: pd.DataFrame, diagnoses: pd.DataFrame, at: int, one: Taught, p: float
) -> None:
    raised = max(float(states["p_value"].iloc[at]), p, float(states["limit"].iloc[at]))
    states.loc[states.index[at], "p_value"] = raised
    told = json.loads(str(diagnoses["p_values"].iloc[at])) | {"healthy": round(raised, _DIGITS + 2)}
    row = diagnoses.index[at]
    diagnoses.loc[row, "p_values"] = _json(told)
    diagnoses.loc[row, "verdict"] = "healthy"
    diagnoses.loc[row, "failure_mode"] = ""
    diagnoses.loc[row, "candidates"] = "{}"
    diagnoses.loc[row, "evidence"] = "{}"
    diagnoses.loc[row, "signature"] = f"{one.id}@{one.version}"
    if "also" in diagnoses:
        diagnoses.loc[row, "also"] = "{}"


def _name(
    diagnoses: pd.DataFrame, at: int, signature: Signature, p: float, sides: dict[str, Any]
) -> None:
    row, mode = diagnoses.index[at], signature.failure_mode
    before = diagnoses.iloc[at]
    for column, first in (
        ("candidates", {mode: round(p, _DIGITS)}),
        ("evidence", {mode: sides}),
    ):
        kept = {k: v for k, v in json.loads(str(before[column])).items() if k != mode}
        diagnoses.loc[row, column] = _json(first | kept)
    ranked = json.loads(str(before["p_values"])) | {mode: round(p, _DIGITS + 2)}
    diagnoses.loc[row, "p_values"] = _json(ranked)
    diagnoses.loc[row, "verdict"] = "known"
    diagnoses.loc[row, "failure_mode"] = mode
    diagnoses.loc[row, "signature"] = reference_of(signature)


def _sides(model: ClassModel, signature: Signature, seen: Floats) -> dict[str, Any]:
    """Tell which symptoms speak for and against, as the evidence of learnt faults does."""
    place = {name: i for i, name in enumerate(model.features)}
    sides: dict[str, list[dict[str, Any]]] = {"for": [], "against": []}
    for symptom in signature.symptoms:
        at = place.get(symptom.descriptor)
        if at is None or not np.isfinite(seen[at]):
            continue
        middle, up = (symptom.typical + symptom.healthy) / 2, symptom.typical >= symptom.healthy
        centre, scale = float(model.healthy.centre[at]), float(model.healthy.scale[at])
        sides["for" if (seen[at] >= middle) == up else "against"].append(
            {
                "descriptor": symptom.descriptor,
                "observed": _short(seen[at]),
                "healthy": _short(centre),
                "unit": model.units[at],
                "deviance": _short((seen[at] - centre) / scale),
                "typical": _short(symptom.typical),
                "contribution": 0.0,
            }
        )
    return sides


def _short(value: float) -> float:
    return float(f"{float(value):.5g}")


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
