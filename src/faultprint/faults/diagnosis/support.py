"""Whether a diagnosis would stand without a sensor that is not to be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.diagnosis.verdicts import Judgement
from faultprint.faults.learning.design import DEVIANCE, source_of
from faultprint.state.distrust import (
    SENSOR_SUSPECT,
    SUSPECTED,
    distrusted_sensors,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def unsupported(
    features: tuple[str, ...],
    rows: pd.DataFrame,
    values: Floats,
    judged: Judgement,
    again: Callable[[Floats, int], Judgement],
) -> list[str]:
    """Find the abnormal windows that a suspect sensor alone makes so.

    Parameters
    ----------
    features : tuple[str, ...]
        Columns of the values.
    rows : pandas.DataFrame
        The windows; the column ``suspected`` names their sensors in doubt.
    values : NDArray[numpy.float64]
        What the model reads of them, shape (windows, features).
    judged : Judgement
        What was decided.
    again : Callable[[NDArray[numpy.float64], int], Judgement]
        Decides what other values of the window at a position say, as it was decided here.

    Returns
    -------
    list[str]
        By window: ``sensor_suspect:<sensor>:<kind>`` where the same failure mode would not be
        named without the sensor, or an unknown deviation would be healthy; else empty.

    Notes
    -----
    Each suspect is left out by itself, and all of them together. Without a sensor that says the
    operating conditions no sensor can be compared with what is expected.
    """
    texts = [""] * len(rows)
    if SUSPECTED not in rows:
        return texts
    doubted = (rows[SUSPECTED] != "").to_numpy() & (judged.verdict != "healthy")
    for n in np.flatnonzero(doubted).tolist():
        told = str(rows[SUSPECTED].iloc[n])
        for left_out, without in left_out_in_turn(told, features, values[[n]]):
            if not _stands(again(without, n), judged, n):
                kind = distrusted_sensors(told)[left_out]
                texts[n] = f"{SENSOR_SUSPECT}{left_out}:{kind}"
                break
    return texts


def left_out_in_turn(
    told: str, features: tuple[str, ...], values: Floats
) -> Iterator[tuple[str, Floats]]:
    """Leave out each suspect by itself, and all of them together.

    Parameters
    ----------
    told : str
        The column ``suspected`` of a window.
    features : tuple[str, ...]
        Columns of the values.
    values : NDArray[numpy.float64]
        What the model reads of it, shape (1, features).

    Yields
    ------
    tuple[str, NDArray[numpy.float64]]
        A suspect, the first one of all, and the values without what comes from those left out.
    """
    doubtful = list(distrusted_sensors(told))
    groups = [[sensor] for sensor in doubtful]
    for left_out in groups if len(groups) < 2 else [*groups, doubtful]:
        yield left_out[0], np.where(_made_from(left_out, features), np.nan, values)


def _made_from(sensors: list[str], features: tuple[str, ...]) -> Flags:
    """Mark the features that cannot be had without these sensors.

    A sensor that is described but has no deviance is a condition: every deviance needs it.
    """
    own = np.array([bool(set(source_of(name).split("~")) & set(sensors)) for name in features])
    deviances = np.array([name.endswith(DEVIANCE) for name in features])
    described = {source_of(name) for name in features}
    condition = any(s in described and s + DEVIANCE not in features for s in sensors)
    return own | (deviances & condition)


def _stands(without: Judgement, judged: Judgement, n: int) -> bool:
    verdict = str(without.verdict[0])
    if str(judged.verdict[n]) == "deviation":
        return verdict != "healthy"
    return verdict in {"known", "ambiguous"} and bool(without.mode[0] == judged.mode[n])
