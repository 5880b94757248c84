"""How the sensors of a machine go together while healthy, and where known faults move them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.twin.regression import spread

Floats = NDArray[np.float64]

FEWEST = 4
"""Windows in a look-back below which its level is not known."""

_ROWS_PER_SENSOR = 20
"""Healthy levels per sensor below which nothing is said of how sensors go together."""

_CLIPPED = 4.0
"""Healthy scales at which a level is clipped, so that a few odd weeks do not make a correlation."""

_RIDGE = 0.02
"""Share of each sensor's variance that is taken for its own, whatever the correlations say."""

_QUIET = 0.99
"""Share of the healthy levels whose disagreement counts as usual."""

STAGES = 3
"""Strengths at which a fault's direction is remembered."""

_DIGITS = 9


@dataclass(frozen=True)
class Relations:
    """How the deviances of the sensors of one class go together while it is healthy."""

    sensors: tuple[str, ...]
    centre: tuple[float, ...]
    """Healthy level of each sensor's deviance [its healthy scales]."""
    scale: tuple[float, ...]
    """Spread of that level [its healthy scales]."""
    correlation: tuple[tuple[float, ...], ...]
    """Of the standardised levels; a little of each variance is kept as the sensor's own."""
    inflation: tuple[float, ...]
    """Spread of what a sensor reads beyond what the others say, relative to the normal one [1]."""
    quiet: float
    """Distance that healthy levels keep, once the loudest sensor is left out, in 99 of 100 [1]."""
    faults: dict[str, tuple[tuple[float, ...], ...]]
    """Failure mode -> where it moves the standardised levels, from weak to strong."""

    def explained(self, sensor: str) -> float:
        """Tell how much of what a sensor does beyond its conditions its relatives do too.

        Parameters
        ----------
        sensor : str
            A sensor; one that is not known has no relatives.

        Returns
        -------
        float
            Share of variance, 0 (no relative) to 1 (the others say it all).
        """
        if sensor not in self.sensors:
            return 0.0
        place = self.sensors.index(sensor)
        matrix = np.asarray(self.correlation)
        own = 1.0 / float(np.linalg.inv(matrix)[place, place])
        return max(0.0, 1.0 - own / float(matrix[place, place]))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {
            "sensors": list(self.sensors),
            "centre": list(self.centre),
            "scale": list(self.scale),
            "correlation": [list(row) for row in self.correlation],
            "inflation": list(self.inflation),
            "quiet": self.quiet,
            "faults": {
                mode: [list(m) for m in moved] for mode, moved in sorted(self.faults.items())
            },
        }


def relations_from(data: Mapping[str, Any]) -> Relations:
    """Build relations from what :meth:`Relations.to_dict` gave.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.

    Returns
    -------
    Relations
        Equal to the ones that were written.
    """
    return Relations(
        sensors=tuple(data["sensors"]),
        centre=tuple(data["centre"]),
        scale=tuple(data["scale"]),
        correlation=tuple(tuple(row) for row in data["correlation"]),
        inflation=tuple(data["inflation"]),
        quiet=data["quiet"],
        faults={m: tuple(tuple(one) for one in moved) for m, moved in data["faults"].items()},
    )


def deviances(residuals: pd.DataFrame, look_back: timedelta) -> pd.DataFrame:
    """Average the deviances of one asset over a look-back.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Rows of ``residuals`` of one asset, in any order.
    look_back : datetime.timedelta
        How far back; 0: each window by itself.

    Returns
    -------
    pandas.DataFrame
        Window ends by sensors; NaN where fewer than four windows are known. No row depends on
        anything later.
    """
    wide = residuals.pivot(index="end", columns="sensor", values="deviance")  # noqa: PD010
    wide = wide.sort_index().astype("float64")
    if not look_back:
        return wide
    level = wide.rolling(pd.Timedelta(look_back), min_periods=FEWEST).mean()
    return level.where(wide.notna())


def learn_relations(
    residuals: pd.DataFrame, windows: pd.DataFrame, look_back: timedelta
) -> Relations | None:
    """Learn how sensors go together from healthy windows, and where known faults move them.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Rows of ``residuals`` of one class, best of twins that did not learn from the asset.
    windows : pandas.DataFrame
        Their labelled windows: ``asset``, ``end``, ``use`` and ``label``.
    look_back : datetime.timedelta
        Over which levels are taken.

    Returns
    -------
    Relations | None
        Nothing where fewer than two sensors, or too few healthy levels, are known.

    Notes
    -----
    With ``x`` the standardised levels and ``P`` the inverse of their healthy correlation,
    ``(P x)_i / sqrt(P_ii)`` is what sensor ``i`` reads beyond its regression on all others, in
    units of that regression's error. Levels are clipped at four robust scales before they are
    correlated.
    """
    keyed = windows[["asset", "end", "use", "label"]]
    joined = residuals.merge(keyed, on=["asset", "end"], how="inner")
    levels = [deviances(own, look_back) for own in _healthy(joined)]
    if not levels:
        return None
    whole = pd.concat(levels)
    whole = whole.loc[:, whole.notna().mean() > 0.5].dropna()
    sensors = tuple(str(name) for name in sorted(whole.columns))
    if len(sensors) < 2 or len(whole) < _ROWS_PER_SENSOR * len(sensors):
        return None
    values = whole[list(sensors)].to_numpy(dtype=np.float64)
    centre = np.median(values, axis=0)
    scale = np.maximum([spread(column) for column in (values - centre).T], 1e-9)
    standard = np.clip((values - centre) / scale, -_CLIPPED, _CLIPPED)
    matrix = (1 - _RIDGE) * np.corrcoef(standard.T) + _RIDGE * np.eye(len(sensors))
    inverse = np.linalg.inv(matrix)
    beyond = (standard @ inverse) / np.sqrt(np.diag(inverse))
    rest = rest_of(standard, inverse)
    return Relations(
        sensors=sensors,
        centre=_short(centre),
        scale=_short(scale),
        correlation=tuple(_short(row) for row in matrix),
        inflation=_short(np.array([max(spread(column), 0.5) for column in beyond.T])),
        quiet=_short(np.array([np.quantile(rest.min(axis=1), _QUIET)]))[0],
        faults=dict(_moved(joined, sensors, scale)),
    )


def _healthy(joined: pd.DataFrame) -> Iterator[pd.DataFrame]:
    healthy = joined[joined["use"] == "healthy"]
    for _, own in healthy.groupby("asset", sort=True):
        yield own


def _moved(
    joined: pd.DataFrame, sensors: tuple[str, ...], scale: Floats
) -> Iterator[tuple[str, tuple[tuple[float, ...], ...]]]:
    """Give the median standardised deviances of each known fault, of weak to strong windows."""
    for mode, own in joined[joined["use"] == "fault"].groupby("label", sort=True):
        wide = own.pivot(index=["asset", "end"], columns="sensor", values="deviance")  # noqa: PD010
        moved = wide.reindex(columns=list(sensors)).to_numpy(dtype=np.float64) / scale
        moved = np.nan_to_num(moved)
        strength = np.linalg.norm(moved, axis=1)
        order = np.argsort(strength, kind="stable")
        parts = np.array_split(order, STAGES)
        yield str(mode), tuple(_short(np.median(moved[p], axis=0)) for p in parts if len(p))


def rest_of(standard: Floats, inverse: Floats) -> Floats:
    """Measure what is left once each sensor in turn is put where the others say.

    Parameters
    ----------
    standard : NDArray[numpy.float64]
        Standardised levels, rows by sensors, without NaN.
    inverse : NDArray[numpy.float64]
        Inverse of their healthy correlation.

    Returns
    -------
    NDArray[numpy.float64]
        Mahalanobis distance of the others, rows by sensors [1].
    """
    score = standard @ inverse
    whole = (score * standard).sum(axis=1)
    left = np.maximum(whole[:, None] - score**2 / np.diag(inverse), 0.0)
    return np.asarray(np.sqrt(left), dtype=np.float64)


def _short(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in np.asarray(values).ravel().tolist())
