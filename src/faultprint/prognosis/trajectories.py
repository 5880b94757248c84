"""Histories of assets as arrays, and causal features of their trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.errors import TableError, listed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEANS = (5, 10, 20, 30, 50)
"""Lengths of the trailing means [cycles]."""
SPREADS = (10, 30)
"""Lengths of the trailing standard deviations [cycles]."""
CHANGES = (20, 50)
"""How far back the short mean is compared with itself [cycles]."""
SLOPES = (20, 40)
"""Lengths of the trailing least-squares slopes [cycles]."""
BLOCKS = 2 + len(MEANS) + len(SPREADS) + len(CHANGES) + len(SLOPES)
"""Features a sensor."""
ROUGH = (0, 1, 6, 7)
"""Blocks of features that are mostly noise: the residuals, their shortest mean, the spreads."""
FIRST = 15
"""Cycles at the start of a record that say what is usual for this asset."""


@dataclass(frozen=True)
class Histories:
    """Rows of several assets, each asset's rows together and in order of time."""

    assets: tuple[str, ...]
    """Names, sorted."""
    starts: Ints
    """First row of each asset, and the number of rows."""
    conditions: Floats
    """Rows by operating conditions."""
    readings: Floats
    """Rows by symptom sensors."""

    def spans(self) -> list[slice]:
        """List the rows of each asset.

        Returns
        -------
        list[slice]
            One slice an asset.
        """
        return [slice(int(a), int(b)) for a, b in zip(self.starts, self.starts[1:], strict=False)]

    def codes(self) -> Ints:
        """Say for every row which asset it is of.

        Returns
        -------
        NDArray[numpy.int64]
            Position in ``assets`` of each row.
        """
        return np.repeat(np.arange(len(self.assets)), np.diff(self.starts))

    def ages(self) -> Floats:
        """Count the cycles of every row since its record began.

        Returns
        -------
        NDArray[numpy.float64]
            1, 2, 3 ... for each asset [cycles].
        """
        return (np.arange(self.starts[-1]) - self.starts[:-1][self.codes()] + 1).astype(float)

    def take(self, chosen: Ints) -> Histories:
        """Keep some of the assets.

        Parameters
        ----------
        chosen : NDArray[numpy.int64]
            Positions in ``assets``, ascending.

        Returns
        -------
        Histories
            Their rows.
        """
        rows = np.isin(self.codes(), chosen)
        lengths = np.diff(self.starts)[chosen]
        return Histories(
            tuple(self.assets[i] for i in chosen),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            self.conditions[rows],
            self.readings[rows],
        )


def histories(
    readings: pd.DataFrame, sensors: Sequence[str], conditions: Sequence[str]
) -> Histories:
    """Take the histories out of a table of readings.

    Parameters
    ----------
    readings : pandas.DataFrame
        ``asset``, ``time`` and the sensors; in any order.
    sensors : Sequence[str]
        Symptom sensors.
    conditions : Sequence[str]
        Condition sensors.

    Returns
    -------
    Histories
        Sorted by asset and time.

    Raises
    ------
    TableError
        If a column is not there, or an asset has two rows at one time.
    """
    wanted = ["asset", "time", *sensors, *conditions]
    missing = [name for name in wanted if name not in readings.columns]
    if missing:
        raise TableError.because(
            f"readings without {listed(missing)}", "one column a sensor", "map them at the reader"
        )
    if readings.duplicated(["asset", "time"]).any():
        raise TableError.because(
            "two rows of one asset at one time", "one", "remove the repeated rows"
        )
    rows = readings[wanted].sort_values(["asset", "time"], kind="stable", ignore_index=True)
    sizes = rows.groupby("asset", sort=True).size()
    return Histories(
        tuple(str(name) for name in sizes.index),
        np.concatenate([[0], np.cumsum(sizes.to_numpy())]).astype(np.int64),
        rows[list(conditions)].to_numpy(dtype=np.float64, na_value=np.nan),
        rows[list(sensors)].to_numpy(dtype=np.float64, na_value=np.nan),
    )


def trailing_mean(values: Floats, length: int) -> Floats:
    """Average over the last rows, fewer at the start.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Rows by columns of one asset.
    length : int
        Rows to average.

    Returns
    -------
    NDArray[numpy.float64]
        Same shape.
    """
    total = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(0, end - length)
    return np.asarray((total[end] - total[begin]) / (end - begin)[:, None], dtype=np.float64)


def trailing_slope(values: Floats, length: int) -> Floats:
    """Fit a straight line to the last rows.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Rows by columns of one asset.
    length : int
        Rows to fit.

    Returns
    -------
    NDArray[numpy.float64]
        Slope per row, same shape; 0 for the first row.
    """
    time = np.arange(len(values), dtype=float)[:, None]
    mean, middle = trailing_mean(values, length), trailing_mean(time, length)
    common = trailing_mean(time * values, length) - middle * mean
    square = trailing_mean(time * time, length) - middle * middle
    return np.divide(common, square, out=np.zeros_like(common), where=square > 1e-9)


def trajectory_features(residuals: Floats, spans: Sequence[slice]) -> NDArray[np.float32]:
    """Describe for every row the trajectory that led to it.

    Parameters
    ----------
    residuals : NDArray[numpy.float64]
        Rows by sensors, free of the operating conditions.
    spans : Sequence[slice]
        Rows of each asset.

    Returns
    -------
    NDArray[numpy.float32]
        Rows by features: the residuals, trailing means, trailing standard deviations, drift from
        the asset's own first cycles, changes, slopes. Only rows up to and with its own count.
    """
    out = np.zeros((len(residuals), residuals.shape[1] * BLOCKS), dtype=np.float32)
    for span in spans:
        out[span] = _features(residuals[span])
    return out


def smooth_columns(sensors: int) -> NDArray[np.bool_]:
    """Say which features are smooth enough for a net; trees choose for themselves.

    Parameters
    ----------
    sensors : int
        Sensors that were described.

    Returns
    -------
    NDArray[numpy.bool_]
        One value a column of :func:`trajectory_features`.
    """
    return np.repeat(~np.isin(np.arange(BLOCKS), ROUGH), sensors)


def _features(z: Floats) -> NDArray[np.float32]:
    rows = np.arange(len(z))
    short = trailing_mean(z, 10)
    usual = trailing_mean(z, FIRST)[np.minimum(rows, FIRST - 1)]
    found = [z, *(trailing_mean(z, length) for length in MEANS)]
    for length in SPREADS:
        square = trailing_mean(z * z, length) - trailing_mean(z, length) ** 2
        found.append(np.sqrt(np.maximum(square, 0.0)))
    found.append(short - usual)
    found += [short - short[np.maximum(rows - back, 0)] for back in CHANGES]
    found += [trailing_slope(z, length) for length in SLOPES]
    return np.hstack(found).astype(np.float32)
