"""What the checks look at: one equipment class, condensed so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment, Settings
from faultprint.evaluate.checkup.around import Around
from faultprint.signal.histories import SensorHistory, TimeHistory

LEARNT, JUDGED, BETWEEN = "learnt", "judged", "between"
"""Part of the history a failure lies in."""


@dataclass(frozen=True)
class AssetSeen:
    """What came in of one asset."""

    asset: str
    times: TimeHistory
    sensors: tuple[SensorHistory, ...]
    repeated: int = 0
    """Rows that repeated another of the same time."""
    conflicting: int = 0
    """Rows that contradicted another of the same time."""
    disordered: int = 0
    """Rows that came after a later one."""
    spikes: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    """Sensor -> instants of the values that were taken out as lone spikes [ns]."""


@dataclass(frozen=True)
class Door:
    """What was refused while reading, of all classes together."""

    readings: int = 0
    """Readings that came in."""
    events: int = 0
    """Events that came in."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Reason -> rows or values of readings that were refused."""
    unmapped: Mapping[str, int] = field(default_factory=dict)
    """Word of the log for a kind of event that the mapping does not list -> rows."""
    strangers: Mapping[str, int] = field(default_factory=dict)
    """Asset that only the log knows -> its events."""
    without_readings: tuple[str, ...] = ()
    """Assets of the register that have no readings."""


@dataclass(frozen=True, eq=False)
class Material:
    """One equipment class as the checks see it."""

    equipment_class: str
    equipment: Equipment
    settings: Settings
    assets: tuple[AssetSeen, ...]
    events: pd.DataFrame
    """Rows of the table ``events`` of its assets."""
    windows: pd.DataFrame
    """Labelled windows, with their descriptors; may be empty."""
    split_at: pd.Timestamp
    """What ends later is judged."""
    around: Around
    """Readings around each failure."""
    calm: Around
    """The same around instants far from failures and maintenance."""
    lags: pd.DataFrame
    """As from :func:`faultprint.evaluate.checkup.lags.sensor_lags`, of all assets."""

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Failures, or starts of labelled intervals, with what can be learnt of each.

        ``asset``, ``time``, ``mode``, ``windows`` (evaluable windows that show it) and ``part``
        (``learnt``, ``judged`` or ``between``).
        """
        labels = self.settings.labels
        kind = "fault" if labels.source == "intervals" else "failure"
        rows = self.events[self.events["kind"] == kind]
        shown = self.windows[self.windows["use"].isin(["fault", "unlabelled"])]
        ends = {str(a): one["end"] for a, one in shown.groupby("asset")}
        low, high = rows["time"] - pd.Timedelta(labels.horizon), rows["time"]
        if kind == "fault":
            low, high = rows["time"], rows["end"].fillna(pd.Timestamp.max.tz_localize("UTC"))
        counts = [
            int(ends[str(asset)].between(since, until).sum()) if str(asset) in ends else 0
            for asset, since, until in zip(rows["asset"], low, high, strict=True)
        ]
        learnt = self.split_at - pd.Timedelta(self.settings.split.embargo)
        part = np.where(rows["time"] <= learnt, LEARNT, BETWEEN)
        part = np.where(rows["time"] > self.split_at, JUDGED, part)
        return pd.DataFrame(
            {
                "asset": rows["asset"].to_numpy(),
                "time": rows["time"].array,
                "mode": rows["failure_mode"].to_numpy(),
                "windows": np.array(counts, dtype=np.int64),
                "part": part,
            }
        )

    @cached_property
    def healthy(self) -> pd.Series:
        """Number of healthy windows of each asset that has windows."""
        calm: pd.Series = (self.windows["use"] == "healthy").groupby(self.windows["asset"]).sum()
        return calm
