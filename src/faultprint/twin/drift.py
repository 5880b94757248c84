"""The guard that keeps a slow drift from being learnt as normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment, TwinSettings
from faultprint.tables import UTC_TIME
from faultprint.twin.conditions import Floats, column, features, measure
from faultprint.twin.regression import regress, robust_scale

_SMOOTHED = 4
"""The level is the running median over this share (1 / 4) of the reference."""

_ENOUGH = 4
"""Windows a level needs."""

_HELD = 20.0
"""Shrinkage of the levels of an asset's blocks of time while conditions are taken out."""

_LEAVES = 0.25
"""A drift is cut out from where it passes this share of the threshold."""


def drift_guard(
    windows: pd.DataFrame, equipment: Equipment, settings: TwinSettings
) -> pd.DataFrame:
    """Find healthy-labelled windows that a slow drift has carried away from their own reference.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows of one equipment class; rows with ``use == "healthy"`` are looked at.
    equipment : Equipment
        Its sensors.
    settings : TwinSettings
        ``drift_sigma`` and ``drift_reference``.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``end``, ``sensor`` of each window that must not be learnt for that sensor.

    Notes
    -----
    A robust regression over the whole class takes the operating conditions out; each asset has a
    level of its own in each block of ``drift_reference``, so that a drift is not put down to the
    season that happens to go with it. In what is left, the running median (over a quarter of
    ``drift_reference``) is compared with the median of the asset's first ``drift_reference``. Where
    the distance passes ``drift_sigma`` healthy scales, the stretch around it is named from where it
    left a quarter of that distance to where it came back. The reference itself is always kept. The
    healthy scale is the robust scale of all references about their medians or, if that is larger,
    of the whole history of the median asset about its own (assets differ in how they take a
    summer); hence a drift that half of the fleet shares sets its own scale. A ``drift_sigma`` of
    infinity or a ``drift_reference`` of 0 turns the guard off.
    """
    healthy = windows[windows["use"] == "healthy"].sort_values(["asset", "end"], kind="stable")
    conditions = measure(healthy, equipment.named("condition"))
    terms = features(healthy, conditions)
    known = np.isfinite(terms).all(axis=1)
    found = []
    for sensor in equipment.named("symptom"):
        observed = column(healthy, f"{sensor}.mean")
        rows = known & np.isfinite(observed)
        if not rows.any() or np.isinf(settings.drift_sigma) or not settings.drift_reference:
            continue
        part = healthy.loc[rows, ["asset", "end"]].assign(sensor=sensor)
        part["left"] = observed[rows] - _explained(part, terms[rows], observed[rows], settings)
        found.append(part.loc[_carried_away(part, settings), ["asset", "end", "sensor"]])
    if not found:
        found = [pd.DataFrame({"asset": [], "end": [], "sensor": []})]
    whole = pd.concat(found, ignore_index=True)
    return whole.astype({"asset": "str", "end": UTC_TIME, "sensor": "str"})


def _explained(
    part: pd.DataFrame, terms: Floats, observed: Floats, settings: TwinSettings
) -> Floats:
    """Return what the conditions explain, learnt from how they vary within a block of time."""
    asset, _ = pd.factorize(part["asset"])
    rows = np.bincount(asset)
    middles = np.stack([np.bincount(asset, t) / rows for t in [observed, *terms.T]], axis=1)[asset]
    block = (part["end"] - part["end"].min()) // pd.Timedelta(settings.drift_reference)
    codes, _ = pd.factorize(asset * (int(block.max()) + 1) + block.to_numpy())
    fitted = regress(terms - middles[:, 1:], observed - middles[:, 0], codes, settings.ridge, _HELD)
    return np.asarray(terms @ fitted.coefficients[1:], dtype=np.float64)


def _carried_away(part: pd.DataFrame, settings: TwinSettings) -> NDArray[np.bool_]:
    """Mark the rows of ``part`` (asset, end, left; sorted) whose level has drifted."""
    reference = pd.Timedelta(settings.drift_reference)
    first = part.groupby("asset")["end"].transform("min")
    early = (part["end"] <= first + reference).to_numpy()
    left = part["left"].to_numpy()
    own = part["left"].where(early).groupby(part["asset"]).transform("median").to_numpy()
    scale = _healthy_scale(left - own, early, part["asset"])
    scale = max(scale, 1e-9 * float(np.median(np.abs(left))), 1e-300)
    level = (
        part.set_index("end")
        .groupby("asset", sort=False)["left"]
        .rolling(reference / _SMOOTHED, center=True, min_periods=_ENOUGH)
        .median()
        .to_numpy()
    )
    away = np.nan_to_num(np.abs(level - own) / scale)
    outside = away > _LEAVES * settings.drift_sigma
    asset, _ = pd.factorize(part["asset"])
    starts = np.r_[True, (np.diff(outside.astype(np.int8)) != 0) | (np.diff(asset) != 0)]
    stretch = np.cumsum(starts) - 1
    peak = np.maximum.reduceat(away, np.flatnonzero(starts))[stretch]
    return np.asarray(outside & (peak > settings.drift_sigma) & ~early)


def _healthy_scale(moved: Floats, early: NDArray[np.bool_], asset: pd.Series) -> float:
    reference = robust_scale(moved[early])
    codes, names = pd.factorize(asset)
    if len(names) == 1:  # a lone asset would set the scale by its own drift
        return reference
    own = sorted(robust_scale(moved[codes == code]) for code in range(len(names)))
    return max(reference, own[(len(own) - 1) // 2])
