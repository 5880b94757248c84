"""Windows in which a sensor was bad: what it said is left out, and the window says so."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from faultprint.config import Equipment
from faultprint.signal.instants import instants
from faultprint.state.sensor_health import Spell

DISTRUSTED = "distrusted"
"""Column of ``windows`` that names its bad sensors: ``<sensor>:<kind>``, joined by ``|``."""

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
        another one that does not speak of the same sensor.

    Notes
    -----
    Values that arrive from a sensor with gaps are as good as any: where it is only ``missing``, the
    floor on its coverage decides, and this function says why it was not reached.
    """
    names = pd.Series("", index=windows.index, dtype="str")
    judged, reason = windows.copy(), windows["reason"].copy()
    starts, ends = instants(windows["start"]), instants(windows["end"])
    for spell in spells:
        hit = (spell.since <= ends) & (spell.until > starts)
        if spell.kind == "missing":
            hit &= windows[f"{spell.sensor}.mean"].isna().to_numpy()
        if not hit.any():
            continue
        told = f"{spell.sensor}:{spell.kind}"
        fresh = hit & ~names.str.contains(f"{spell.sensor}:", regex=False).to_numpy()
        names = names.mask(fresh, names.where(names == "", names + "|") + told)
        for column in _made_from(spell.sensor, windows.columns):
            judged.loc[hit, column] = 0.0 if column == f"{spell.sensor}.coverage" else np.nan
        if equipment.sensors[spell.sensor].required:
            same = reason.isin(["", f"sensor_missing:{spell.sensor}"]).to_numpy()
            reason = reason.mask(hit & same, f"{SENSOR_BAD}{told}")
    return judged.assign(reason=reason.astype("str"), **{DISTRUSTED: names.astype("str")})


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
