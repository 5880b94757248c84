"""Windows in which a sensor was bad: what it said is left out, and the window says so."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment
from faultprint.signal.instants import instants
from faultprint.state.spells import Spell

DRIFT = "drift"
"""Kind of a spell that is found from windows, not from readings."""

DISTRUSTED = "distrusted"
"""Column of ``windows`` that names its bad sensors: ``<sensor>:<kind>``, joined by ``|``."""

SUSPECTED = "suspected"
"""Column of ``windows`` that names, in the same way, sensors that stand against all the others."""

SENSOR_SUSPECT = "sensor_suspect:"
"""Start of the reason of a diagnosis that would not stand without a sensor under suspicion."""

SENSOR = "sensor:"
"""Start of a candidate that is no fault but a sensor: the diagnosis rests on it alone."""

_WHOLE = 0.9
"""Share of what the best sensor covers below which a sensor has gaps in a window."""

SENSOR_BAD = "sensor_bad:"
"""Start of the reason of a window whose required sensor is not to be believed."""


def distrust(windows: pd.DataFrame, spells: Iterable[Spell], equipment: Equipment) -> pd.DataFrame:
    """Leave out what bad sensors said.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one asset.
    spells : Iterable[Spell]
        When its sensors are bad.
    equipment : Equipment
        Its equipment class.

    Returns
    -------
    pandas.DataFrame
        A copy. A sensor that is bad at any instant of a window has no descriptors there, nor has a
        relation it takes part in, and its coverage is 0; nothing is imputed. The column
        ``distrusted`` says so, and if the sensor is required so does ``reason``, unless there was
        another one that does not speak of the same sensor. A sensor that drifts is left out from
        the window in which that was found to the one in which it is back, and the window is judged
        without it.

    Notes
    -----
    Values that arrive from a sensor with gaps are as good as any: where it is only ``missing``, the
    floor on its coverage decides, and this function says why it was not reached. They speak of
    other hours than the rest of the window, though, so the column ``suspected`` names such a
    sensor: no diagnosis may rest on it alone.
    """
    nothing = pd.Series("", index=windows.index, dtype="str")
    doubted = windows.get(SUSPECTED, nothing)
    names = windows.get(DISTRUSTED, nothing)
    judged, reason = windows.copy(), windows["reason"].copy()
    starts, ends = instants(windows["start"]), instants(windows["end"])
    for spell in spells:
        hit = (spell.since <= ends) & (spell.until > (ends if spell.kind == DRIFT else starts))
        if spell.kind == "missing":
            doubted = _marked(doubted, hit & _with_gaps(windows, spell.sensor), spell)
            hit &= windows[f"{spell.sensor}.mean"].isna().to_numpy()
        if not hit.any():
            continue
        names = _marked(names, hit, spell)
        for column in _made_from(spell.sensor, windows.columns):
            judged.loc[hit, column] = 0.0 if column == f"{spell.sensor}.coverage" else np.nan
        if equipment.sensors[spell.sensor].required and spell.kind != DRIFT:
            same = reason.isin(["", f"sensor_missing:{spell.sensor}"]).to_numpy()
            reason = reason.mask(hit & same, f"{SENSOR_BAD}{spell.sensor}:{spell.kind}")
    marks = {DISTRUSTED: names.astype("str"), SUSPECTED: doubted.astype("str")}
    return judged.assign(reason=reason.astype("str"), **marks)


def _marked(names: pd.Series, hit: NDArray[np.bool_], spell: Spell) -> pd.Series:
    """Add a sensor where it is not named yet."""
    fresh = hit & ~names.str.contains(f"{spell.sensor}:", regex=False).to_numpy()
    return names.mask(fresh, names.where(names == "", names + "|") + f"{spell.sensor}:{spell.kind}")


def _with_gaps(windows: pd.DataFrame, sensor: str) -> NDArray[np.bool_]:
    """Mark the windows in which a sensor covers clearly less time than the best one."""
    every = windows[[c for c in windows.columns if c.endswith(".coverage")]].max(axis=1)
    return (windows[f"{sensor}.coverage"] < _WHOLE * every).to_numpy(dtype=np.bool_)


def _made_from(sensor: str, columns: pd.Index) -> list[str]:
    return [c for c in columns if "." in c and sensor in c.rpartition(".")[0].split("~")]


def distrusted_sensors(told: str) -> dict[str, str]:
    """Read the column ``distrusted`` of one window.

    Parameters
    ----------
    told : str
        Such as ``seal_pressure:stuck|flow:missing``.

    Returns
    -------
    dict[str, str]
        Bad sensor -> what is wrong with it.

    Examples
    --------
    >>> distrusted_sensors("seal_pressure:stuck|flow:missing")
    {'seal_pressure': 'stuck', 'flow': 'missing'}
    """
    parts = [part.partition(":") for part in told.split("|") if part]
    return {sensor: kind for sensor, _, kind in parts}
