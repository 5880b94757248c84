"""From the readings of one asset to windows that only sound sensors speak in.

Training and scoring both come through :func:`describe_asset`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from faultprint.config import Equipment, Windows
from faultprint.faults.release import ScoringSettings
from faultprint.signal.clean import flag_again
from faultprint.signal.describe import describe
from faultprint.state.distrust import distrust
from faultprint.state.sensor_health import judge_sensors
from faultprint.state.spells import Spell

TOO_EARLY = "insufficient_history"
"""Reason of windows that reach back before the first reading that was given."""


@dataclass(frozen=True, eq=False)
class Described:
    """What the readings of one asset say before anything is judged."""

    windows: pd.DataFrame
    """Rows of ``windows``."""
    spells: list[Spell]
    """When a sensor was bad."""


def describe_asset(
    readings: pd.DataFrame,
    events: pd.DataFrame,
    equipment_class: str,
    scoring: ScoringSettings,
    attributes: Mapping[str, str | int | float] | None = None,
) -> Described:
    """Describe one asset's history and leave out what bad sensors said.

    Parameters
    ----------
    readings : pandas.DataFrame
        The asset's rows of ``readings``.
    events : pandas.DataFrame
        Its rows of ``events``.
    equipment_class : str
        Its equipment class.
    scoring : ScoringSettings
        Sensors, cleaning, windows, descriptors, and when a sensor is bad.
    attributes : Mapping[str, str | int | float] | None, default None
        Its attributes; they come before those of its class.

    Returns
    -------
    Described
        Windows, not labelled, and the times in which a sensor was bad. A window depends on nothing
        later than its end.
    """
    equipment = scoring.equipment[equipment_class]
    if attributes:
        merged = {**equipment.attributes, **attributes}
        equipment = equipment.model_copy(update={"attributes": merged})
    if not readings["time"].is_monotonic_increasing:  # flags look at what came before
        readings = readings.sort_values("time", kind="stable", ignore_index=True)
    flagged = flag_again(readings, equipment, scoring.cleaning)
    windows = describe(
        flagged, events, equipment_class, equipment, scoring.windows, scoring.descriptors
    )
    spells = judge_sensors(flagged, equipment, scoring.sensor_health)
    whole = _without_beginning(windows, flagged, scoring.windows, equipment)
    return Described(distrust(whole, spells, equipment), spells)


def _without_beginning(
    windows: pd.DataFrame, readings: pd.DataFrame, settings: Windows, equipment: Equipment
) -> pd.DataFrame:
    """Refuse windows cut by time that begin more than a period before the first reading.

    What came before may have been left out, as it is where only the latest readings are sent.
    """
    if settings.by != "time" or windows.empty:
        return windows
    reach = windows["end"] - pd.Timedelta(settings.length)
    first = readings["time"].min() - pd.Timedelta(equipment.period)
    early = (reach < first) & (windows["reason"] == "")
    return windows.assign(reason=windows["reason"].mask(early, TOO_EARLY).astype("str"))


def attributes_of(assets: pd.DataFrame) -> dict[str, dict[str, str | int | float]]:
    """Read the attributes of the asset register.

    Parameters
    ----------
    assets : pandas.DataFrame
        Rows of ``assets``.

    Returns
    -------
    dict[str, dict[str, str | int | float]]
        Asset -> attribute -> value.
    """
    if "attributes" not in assets:
        return {str(asset): {} for asset in assets["asset"]}
    pairs = zip(assets["asset"], assets["attributes"], strict=True)
    return {str(asset): json.loads(text) for asset, text in pairs}
