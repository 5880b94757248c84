"""From the readings of one asset to windows, as a release sees them.

Training and scoring both come through :func:`describe_asset`.
"""

from __future__ import annotations

import pandas as pd

from faultprint.faults.release import ScoringSettings
from faultprint.signal.clean import flag_again
from faultprint.signal.describe import describe

TOO_EARLY = "insufficient_history"
"""Reason of windows that reach back before the first reading that was given."""


def describe_asset(
    readings: pd.DataFrame, events: pd.DataFrame, equipment_class: str, scoring: ScoringSettings
) -> pd.DataFrame:
    """Flag the readings of one asset anew, cut them into windows and describe these.

    Parameters
    ----------
    readings : pandas.DataFrame
        The asset's rows of ``readings``.
    events : pandas.DataFrame
        Its rows of ``events``.
    equipment_class : str
        Its equipment class.
    scoring : ScoringSettings
        Sensors, cleaning, windows and descriptors.

    Returns
    -------
    pandas.DataFrame
        Rows of ``windows``, not labelled. A window cut by time that begins more than a period
        before the first reading cannot be evaluated: what came before may have been left out, as
        it is where only the latest readings are sent.
    """
    equipment = scoring.equipment[equipment_class]
    windows = describe(
        flag_again(readings, equipment, scoring.cleaning),
        events,
        equipment_class,
        equipment,
        scoring.windows,
        scoring.descriptors,
    )
    if scoring.windows.by != "time" or windows.empty:
        return windows
    reach = windows["end"] - pd.Timedelta(scoring.windows.length)
    first = readings["time"].min() - pd.Timedelta(equipment.period)
    early = (reach < first) & (windows["reason"] == "")
    return windows.assign(reason=windows["reason"].mask(early, TOO_EARLY).astype("str"))
