"""What the simulation hands over: the history of one asset, and what really happened to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TRUTH_COLUMNS = ("kind", "mode", "item", "onset", "end", "outcome", "strength")
LOG_COLUMNS = ("time", "kind", "mode", "item", "text")
ALARM_COLUMNS = ("time", "code", "text")


@dataclass(frozen=True)
class Conditions:
    """The circumstances an asset works in, one value per step of its clock."""

    time: pd.DatetimeIndex
    """Instants, UTC."""
    load: Floats
    """Demand as a share of the rated one [1]."""
    ambient: Floats
    """Air temperature at the machine [degC]."""
    running: Flags
    """Whether the process asks the asset to run."""
    step: float
    """Length of a step [h]."""


@dataclass(frozen=True)
class Episode:
    """One fault from its onset to its end, in steps of the clock."""

    mode: str
    item: str
    onset: int
    """First step with damage."""
    end: int
    """Step at which it failed or was removed; the length of the clock while it goes on."""
    outcome: str
    """``failure``, ``preventive`` (replaced in time) or ``ongoing`` (the history ends first)."""
    strength: float
    """Severity at which this machine fails; the lower, the less it shows before [1]."""


@dataclass(frozen=True)
class Planned:
    """A preventive replacement of an item."""

    item: str
    start: int
    """Step at which the asset is stopped for it."""
    end: int
    """Step at which it may run again."""


@dataclass(frozen=True)
class AssetHistory:
    """Everything a plant has on one asset, and the truth that it has not."""

    asset: str
    equipment_class: str
    attributes: dict[str, str]
    readings: pd.DataFrame
    """One column per sensor, indexed by ``time`` as logged: neither unique nor sorted."""
    log: pd.DataFrame
    """The maintenance log in plant words, columns ``LOG_COLUMNS``; times are those logged."""
    alarms: pd.DataFrame
    """Alarms of the control system, columns ``ALARM_COLUMNS``."""
    truth: pd.DataFrame
    """Faults and sensor defects, columns ``TRUTH_COLUMNS``; never shown to training."""
