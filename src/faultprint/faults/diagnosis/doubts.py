"""Diagnoses that rest on one sensor are told as what they are: this fault, or that sensor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.diagnosis.evidence import Item, shown_by
from faultprint.faults.diagnosis.footing import (
    Needed,
    Pictures,
    Traces,
    left_without,
    pictures,
    stands,
    stands_beside,
    traces,
)
from faultprint.faults.learning.design import design, source_of, values_of
from faultprint.faults.model import ClassModel
from faultprint.faults.teaching.taught import TaughtSet
from faultprint.state.distrust import SENSOR, SUSPECTED, distrusted_sensors
from faultprint.twin.expectation import Twin

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_NAMED = ("known", "ambiguous")
_NEARLY = 5.0
"""Multiple of the limit up to which a window counts as alarming: with a sensor less it is harder to
be abnormal."""
_WRITTEN = ("verdict", "candidates", "also", "evidence")


@dataclass(frozen=True, eq=False)
class Known:
    """What a release knows of one equipment class."""

    model: ClassModel
    twin: Twin
    """With the baselines of the assets."""
    taught: TaughtSet | None = None


@dataclass(frozen=True, eq=False)
class _Named:
    """The windows in which a fault is named that can be looked for."""

    places: NDArray[np.int64]
    """Their positions in the table of diagnoses."""
    rows: pd.DataFrame
    """Their diagnoses."""
    windows: pd.DataFrame
    matrix: Floats
    """What the model reads of them, shape (windows, features)."""
    faults: Flags
    """Which faults each is given, shape (windows, pictures)."""

    @property
    def candidates(self) -> list[dict[str, float]]:
        """What is not struck off: a further fault among it is as much in doubt as the first."""
        return [json.loads(text) for text in self.rows["candidates"]]


def with_doubts(
    known: Known, windows: pd.DataFrame, residuals: pd.DataFrame, diagnoses: pd.DataFrame
) -> pd.DataFrame:
    """Name the sensors that diagnoses rest on alone.

    Parameters
    ----------
    known : Known
        What the release knows of the class.
    windows : pandas.DataFrame
        Rows of ``windows`` of the class.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.
    diagnoses : pandas.DataFrame
        Their rows of ``diagnoses``.

    Returns
    -------
    pandas.DataFrame
        The same rows. A known or ambiguous diagnosis that would fall without a sensor is ambiguous
        and has ``sensor:<name>`` among its candidates and its evidence, with the sensors beside it
        that are under suspicion in the window; a further fault that would fall is not named. The
        same frame where the model does not say what healthy machines show (it was learnt before
        that was asked).

    Notes
    -----
    Every sensor is left out in turn, see :mod:`faultprint.faults.diagnosis.footing`: a name stands
    where the others show the fault, and no other one better, ten times as rarely on healthy
    machines as an alarm is raised on them; or as rarely, while the window is nearly abnormal
    without the sensor. So a sensor that fails alone, in whatever way, gives no known fault more
    often than its sound neighbours would. Each window is judged by itself. A fault that only an
    expert's rule knows is not looked for: the rule says what it rests on.
    """
    model, shown = known.model, pictures(known.model.metric, known.taught)
    if not model.footing or shown is None or diagnoses.empty:
        return diagnoses
    named = _named(known, shown, windows, residuals, diagnoses)
    if named.rows.empty:
        return diagnoses
    doubts, also = _falling(known, shown, named)
    doubts = _with_suspects(doubts, named.windows)
    texts: dict[str, list[str]] = {c: diagnoses[c].tolist() for c in _WRITTEN}
    for n, at in enumerate(named.places.tolist()):
        texts["also"][at] = _json(also[n])
        if doubts[n]:
            texts["verdict"][at] = "ambiguous"
            _tell(texts, at, {s: shown_by(model, named.matrix[n], s) for s in doubts[n]})
    written = {c: pd.Series(t, index=diagnoses.index, dtype="str") for c, t in texts.items()}
    return diagnoses.assign(**written)


def _named(
    known: Known,
    shown: Pictures,
    windows: pd.DataFrame,
    residuals: pd.DataFrame,
    diagnoses: pd.DataFrame,
) -> _Named:
    places = np.flatnonzero(diagnoses["verdict"].isin(_NAMED).to_numpy())
    rows = diagnoses.iloc[places]
    texts = zip(rows["candidates"], rows["failure_mode"], strict=True)
    given = [{*json.loads(text), mode} for text, mode in texts]
    faults = np.array([[name in one for name in shown.names] for one in given], dtype=np.bool_)
    faults = faults.reshape(len(places), len(shown.names))
    places, faults = places[faults.any(axis=1)], faults[faults.any(axis=1)]
    keys = [pd.MultiIndex.from_frame(one[["asset", "end"]]) for one in (windows, diagnoses)]
    mine = windows.iloc[keys[0].get_indexer(keys[1][places])].reset_index(drop=True)
    heard = residuals[residuals["asset"].isin(list(mine["asset"].unique()))]
    values = values_of(design(mine, heard), known.model.features)
    return _Named(places, diagnoses.iloc[places], mine, values, faults)


def _falling(
    known: Known, shown: Pictures, named: _Named
) -> tuple[list[list[str]], list[dict[str, float]]]:
    """Give the sensors each name rests on, and the further faults that rest on none."""
    doubts: list[list[str]] = [[] for _ in named.matrix]
    also: list[dict[str, float]] = [json.loads(text) for text in named.rows["also"]]
    model, limits = known.model, known.model.limits(named.windows["asset"])
    candidates = named.candidates
    for sensor, needed in model.footing.items():
        left = left_without(model, known.twin, named.windows, named.matrix, sensor)
        seen, heard = traces(shown, left.columns, left.units), _heard(model, named.matrix, sensor)
        alarming = partial(_alarming, model, left.values, limits)
        upright = stands(shown, seen, named.faults, needed, model.significance, alarming)
        for n in np.flatnonzero(heard & ~upright).tolist():
            doubts[n].append(sensor)
        for n, mode in _fallen(shown, seen, named, needed, also):
            if heard[n] and mode not in candidates[n]:
                del also[n][mode]
    return doubts, also


def _with_suspects(doubts: list[list[str]], windows: pd.DataFrame) -> list[list[str]]:
    """Add, where a diagnosis is in doubt, the sensors that are under suspicion anyway."""
    if SUSPECTED not in windows:
        return doubts
    suspects = [list(distrusted_sensors(str(told))) for told in windows[SUSPECTED]]
    return [
        [*rests, *(s for s in others if s not in rests)] if rests else rests
        for rests, others in zip(doubts, suspects, strict=True)
    ]


def _alarming(model: ClassModel, values: Floats, limits: Floats, rows: NDArray[np.int64]) -> Flags:
    """Mark the windows that are abnormal, or nearly so."""
    if not len(rows):
        return np.zeros(0, dtype=np.bool_)
    mine = values[rows]
    p = model.p_values(mine, model.probabilities(mine))[:, 0]
    return np.asarray(p < _NEARLY * limits[rows], dtype=np.bool_)


def _heard(model: ClassModel, values: Floats, sensor: str) -> Flags:
    """Mark the windows in which a sensor says anything at all."""
    own = [sensor in source_of(name).split("~") for name in model.features]
    return np.asarray(np.isfinite(values[:, own]).any(axis=1), dtype=np.bool_)


def _fallen(
    shown: Pictures,
    seen: Traces,
    named: _Named,
    needed: Needed,
    also: list[dict[str, float]],
) -> Iterator[tuple[int, str]]:
    """List the further faults that the other sensors do not show beside the first."""
    first = named.rows["failure_mode"].to_numpy()
    pairs = {(str(first[n]), other) for n, one in enumerate(also) for other in one}
    for pair in sorted(pairs):
        if set(pair) <= set(shown.names):
            there = stands_beside(shown, seen, pair, needed)
            for n, one in enumerate(also):
                if first[n] == pair[0] and pair[1] in one and not there[n]:
                    yield n, pair[1]


def _tell(texts: Mapping[str, list[str]], at: int, shown: Mapping[str, Sequence[Item]]) -> None:
    """Write out that a diagnosis may as well be a sensor, and what that sensor shows."""
    candidates, evidence = json.loads(texts["candidates"][at]), json.loads(texts["evidence"][at])
    for sensor, items in shown.items():
        candidates[f"{SENSOR}{sensor}"] = None
        evidence[f"{SENSOR}{sensor}"] = {"for": items, "against": []}
    texts["candidates"][at], texts["evidence"][at] = _json(candidates), _json(evidence)


def _json(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
