"""Alarms of the control system: fixed thresholds on raw readings, and some noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from faultprint.simulate.history import ALARM_COLUMNS


@dataclass(frozen=True)
class Threshold:
    """A fixed alarm limit."""

    code: str
    sensor: str
    limit: float
    """[sensor's unit]"""
    side: Literal["above", "below"]
    """On which side of the limit it fires."""
    text: str


THRESHOLDS = {
    "centrifugal_pump": (
        Threshold("A101", "vibration_de", 4.5, "above", "vibration high"),
        Threshold("A101", "vibration_nde", 4.5, "above", "vibration high"),
        Threshold("A102", "winding_temperature", 105.0, "above", "temperature high"),
        Threshold("A102", "bearing_temperature", 72.0, "above", "temperature high"),
        Threshold("A103", "suction_pressure", 0.0, "below", "suction pressure low"),
        Threshold("A104", "seal_pressure", 5.3, "below", "barrier fluid low"),
    ),
    "screw_compressor": (
        Threshold("A101", "vibration", 5.0, "above", "vibration high"),
        Threshold("A102", "discharge_temperature", 100.0, "above", "temperature high"),
        Threshold("A105", "inlet_pressure_drop", 40.0, "above", "air filter"),
        Threshold("A106", "separator_pressure_drop", 0.6, "above", "separator"),
    ),
}
"""Equipment class -> its alarm limits; vibration after ISO 20816-3."""

NUISANCE = ("A900", "communication fault")
NUISANCE_DAYS = 25.0
"""Mean time between alarms that mean nothing [d]."""
QUIET_HOURS = 6.0
"""An alarm that returns sooner than this is not logged again [h]."""


def _rising(values: pd.Series, rule: Threshold, quiet: int) -> pd.DatetimeIndex:
    """Return when a limit is first exceeded after ``quiet`` steps without it."""
    over = (values > rule.limit) if rule.side == "above" else (values < rule.limit)
    before = over.astype("float64").rolling(quiet, min_periods=1).max().shift(1, fill_value=0.0)
    return pd.DatetimeIndex(values.index[over & (before == 0)])


def raise_alarms(
    rng: np.random.Generator, equipment_class: str, readings: pd.DataFrame, running: pd.Series
) -> pd.DataFrame:
    """List the alarms a control system would log.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the nuisance alarms.
    equipment_class : str
        Equipment class.
    readings : pandas.DataFrame
        Readings, one column per sensor, indexed by ``time``, sorted.
    running : pandas.Series
        Whether the asset runs; alarms are suppressed while it does not.

    Returns
    -------
    pandas.DataFrame
        Columns ``time`` (UTC), ``code``, ``text``, ordered by time; one row a time and code.
    """
    step = (readings.index[1] - readings.index[0]) / pd.Timedelta(hours=1)
    quiet = max(1, round(QUIET_HOURS / step))
    parts = [
        pd.DataFrame({"time": found, "code": rule.code, "text": rule.text})
        for rule in THRESHOLDS[equipment_class]
        for found in [_rising(readings[rule.sensor].where(running), rule, quiet)]
    ]
    noise = readings.index[rng.random(len(readings)) < step / (NUISANCE_DAYS * 24)]
    parts.append(pd.DataFrame({"time": noise, "code": NUISANCE[0], "text": NUISANCE[1]}))
    rows = pd.concat([part for part in parts if len(part)] or parts[-1:], ignore_index=True)
    rows = rows.drop_duplicates(["time", "code"]).sort_values(["time", "code"], ignore_index=True)
    return rows[list(ALARM_COLUMNS)]
