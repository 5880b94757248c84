"""Sensors that a whole incident rests on, from what its windows say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pandas as pd

from faultprint.state.distrust import SENSOR


def sensors_in_doubt(candidates: Iterable[str], weights: Sequence[int]) -> tuple[str, ...]:
    """Name the sensors without which the greater part of an incident would fall.

    Parameters
    ----------
    candidates : Iterable[str]
        The column ``candidates`` of its windows.
    weights : Sequence[int]
        What each of them weighs.

    Returns
    -------
    tuple[str, ...]
        As they are named among the candidates, ``sensor:<name>``; of half of the weight or more.
    """
    votes: dict[str, int] = {}
    for text, weight in zip(candidates, weights, strict=True):
        for name in json.loads(text) if SENSOR in text else ():
            if name.startswith(SENSOR):
                votes[name] = votes.get(name, 0) + weight
    return tuple(sorted(name for name, vote in votes.items() if 2 * vote >= sum(weights)))


def evidence_with(text: str, sensors: Sequence[str], windows: pd.DataFrame) -> str:
    """Let the evidence of an incident tell the sensors it rests on, and no other.

    Parameters
    ----------
    text : str
        Evidence of one of its windows.
    sensors : Sequence[str]
        From :func:`sensors_in_doubt`.
    windows : pandas.DataFrame
        Its windows: ``evidence`` and ``p_value``.

    Returns
    -------
    str
        The evidence; what a sensor shows is that of the most abnormal window that rests on it.
    """
    if not sensors and SENSOR not in text:
        return text
    told = {k: v for k, v in json.loads(text).items() if not k.startswith(SENSOR)}
    for name in sensors:
        rests = windows[windows["evidence"].str.contains(f'"{name}":', regex=False)]
        told[name] = json.loads(rests["evidence"].iloc[int(rests["p_value"].argmin())])[name]
    return json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def faults_of(text: str) -> str:
    """Leave the sensors out of evidence.

    Parameters
    ----------
    text : str
        Evidence of a window or of an incident.

    Returns
    -------
    str
        What speaks for and against faults only; equal for an incident and the window it shows.
    """
    return evidence_with(text, (), pd.DataFrame())
