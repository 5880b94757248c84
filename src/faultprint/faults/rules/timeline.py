"""Windows in the order in which rules look back over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_READABLE = "sensor_"
"""Start of reasons that speak of one sensor: the others can still be read."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """Windows of one equipment class by asset and time, with what the twin says of them."""

    windows: pd.DataFrame
    """Rows of ``windows``, sorted by asset and end."""
    residuals: dict[str, pd.DataFrame]
    """``expected`` and ``deviance``: a column per sensor, a row per window."""
    ends: Whole
    """End of each window [ns]."""
    begins: Whole
    """Position of the first window of its run."""
    readable: NDArray[np.bool_]
    """Whether its descriptors say something of the equipment."""
    _before: dict[int, Whole] = field(default_factory=dict)

    def column(self, name: str) -> Floats:
        """Give a descriptor of each window.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        NDArray[numpy.float64]
            NaN where it is missing, or the window could not be evaluated at all.
        """
        if name not in self.windows:
            return np.full(len(self.windows), np.nan)
        values = self.windows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(self.readable, values, np.nan)

    def expected(self, sensor: str, kind: str) -> Floats:
        """Give what the twin says of a sensor.

        Parameters
        ----------
        sensor : str
            The sensor.
        kind : str
            ``expected`` or ``deviance``.

        Returns
        -------
        NDArray[numpy.float64]
            NaN where the twin gave nothing.
        """
        wide = self.residuals[kind]
        if sensor not in wide:
            return np.full(len(self.windows), np.nan)
        return np.where(self.readable, wide[sensor].to_numpy(dtype=np.float64), np.nan)

    def before(self, span: timedelta) -> Whole:
        """Find the newest window of the same run that ended at least so long ago.

        Parameters
        ----------
        span : timedelta
            How long ago.

        Returns
        -------
        NDArray[numpy.int64]
            Its position; -1 where the run is not that old.
        """
        back = round(span.total_seconds() * 1e9)
        if back not in self._before:
            found = np.full(self.ends.size, -1, dtype=np.int64)
            starts = np.unique(self.begins).tolist()
            for first, after in pairwise([*starts, self.ends.size]):
                ends = self.ends[first:after]
                at = np.searchsorted(ends, ends - back, side="right") - 1
                found[first:after] = np.where(at >= 0, first + at, -1)
            self._before[back] = found
        return self._before[back]


def timeline(windows: pd.DataFrame, residuals: pd.DataFrame) -> Timeline:
    """Lay out windows for rules.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of ``windows`` of one equipment class, of any number of assets.
    residuals : pandas.DataFrame
        Their rows of ``residuals``.

    Returns
    -------
    Timeline
        Sorted by asset and end.
    """
    rows = windows.sort_values(["asset", "end"], kind="stable", ignore_index=True)
    keys = pd.MultiIndex.from_frame(rows[["asset", "end"]])
    wide = {
        kind: residuals.pivot_table(  # each key stands once
            index=["asset", "end"], columns="sensor", values=kind, aggfunc="first"
        ).reindex(keys)
        for kind in ("expected", "deviance")
    }
    runs = rows.groupby(["asset", "run"], sort=False).ngroup().to_numpy()
    fresh = np.flatnonzero(np.diff(runs, prepend=-1))
    sizes = np.diff(np.append(fresh, len(rows)))
    reasons = rows["reason"]
    return Timeline(
        windows=rows,
        residuals=wide,
        ends=pd.DatetimeIndex(rows["end"]).as_unit("ns").asi8,
        begins=np.repeat(fresh, sizes).astype(np.int64),
        readable=((reasons == "") | reasons.str.startswith(_READABLE)).to_numpy(dtype=bool),
    )
