"""Whether a diagnosis would stand without a sensor that is not to be trusted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.diagnosis.verdicts import Judgement, judge
from faultprint.faults.learning.design import DEVIANCE, source_of
from faultprint.faults.model import ClassModel
from faultprint.state.distrust import (
    SENSOR_SUSPECT,
    SUSPECTED,
    distrusted_sensors,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def unsupported(
    model: ClassModel,
    rows: pd.DataFrame,
    values: Floats,
    judged: Judgement,
    blind: Callable[[Floats], Flags],
) -> list[str]:
    """Find the abnormal windows that a suspect sensor alone makes so.

    Parameters
    ----------
    model : ClassModel
        What was learnt of the class.
    rows : pandas.DataFrame
        The windows; the column ``suspected`` names their sensors in doubt.
    values : NDArray[numpy.float64]
        What the model reads of them, shape (windows, features).
    judged : Judgement
        What was decided.
    blind : Callable[[NDArray[numpy.float64]], NDArray[numpy.bool_]]
        Marks the faults that values cannot show.

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
        doubtful = distrusted_sensors(str(rows[SUSPECTED].iloc[n]))
        groups = [[sensor] for sensor in doubtful]
        for left_out in groups if len(groups) < 2 else [*groups, list(doubtful)]:
            lost = _made_from(left_out, model.features)
            if not _stands(model, np.where(lost, np.nan, values[[n]]), judged, n, blind):
                texts[n] = f"{SENSOR_SUSPECT}{left_out[0]}:{doubtful[left_out[0]]}"
                break
    return texts


def _made_from(sensors: list[str], features: tuple[str, ...]) -> Flags:
    """Mark the features that cannot be had without these sensors.

    A sensor that is described but has no deviance is a condition: every deviance needs it.
    """
    own = np.array([bool(set(source_of(name).split("~")) & set(sensors)) for name in features])
    deviances = np.array([name.endswith(DEVIANCE) for name in features])
    described = {source_of(name) for name in features}
    condition = any(s in described and s + DEVIANCE not in features for s in sensors)
    return own | (deviances & condition)


def _stands(
    model: ClassModel,
    values: Floats,
    judged: Judgement,
    n: int,
    blind: Callable[[Floats], Flags],
) -> bool:
    probabilities = model.probabilities(values)
    p_values = model.p_values(values, probabilities)
    p_values[:, 1:][blind(values)] = np.nan
    again = judge(p_values, probabilities, model.limit, model.significance)
    verdict = str(again.verdict[0])
    if str(judged.verdict[n]) == "deviation":
        return verdict != "healthy"
    return verdict in {"known", "ambiguous"} and bool(again.mode[0] == judged.mode[n])
