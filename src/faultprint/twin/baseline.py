"""The twin: what healthy equipment of a class reads under given operating conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Equipment, TwinSettings
from faultprint.errors import LearnError, TableError
from faultprint.tables import UTC_TIME
from faultprint.twin.conditions import Condition, Floats, column, features, measure
from faultprint.twin.drift import drift_guard
from faultprint.twin.expectation import SensorTwin, Twin, level_of, twin_from
from faultprint.twin.regression import regress

__all__ = [
    "NO_BASELINE",
    "SensorTwin",
    "Twin",
    "add_baselines",
    "commission",
    "drift_guard",
    "expect",
    "fit",
    "twin_from",
]

NO_BASELINE = "no_baseline"
"""Reason of windows that are too early in the history of an asset unknown to the twin."""

_ROWS_PER_TERM = 3
"""Healthy windows per coefficient below which only the level is learnt."""

_DIGITS = 10
"""Significant digits kept, so that the last bits of a linear algebra library do not matter."""


def fit(windows: pd.DataFrame, equipment: Equipment, settings: TwinSettings) -> Twin:
    """Learn expected behaviour from the healthy windows of a class.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows of one equipment class; only rows with ``use == "healthy"`` are learnt,
        without those that :func:`drift_guard` names.
    equipment : Equipment
        Its sensors: conditions explain, symptoms are explained.
    settings : TwinSettings
        Penalties and guard.

    Returns
    -------
    Twin
        One model per symptom sensor: a quadratic in the conditions, an offset per asset.

    Raises
    ------
    LearnError
        If there is no healthy window, or none in which a symptom sensor is known.
    TableError
        If the windows are not labelled.

    Notes
    -----
    See :func:`faultprint.twin.regression.regress` for the estimator and
    :func:`faultprint.twin.conditions.features` for the features. A sensor that never varies gets
    a scale of a millionth of its level, not 0.
    """
    if "use" not in windows.columns:
        raise TableError.because(
            "windows without a column 'use'", "labelled windows", "label them before the twin"
        )
    healthy = windows[windows["use"] == "healthy"]
    if healthy.empty:
        raise LearnError.because(
            f"no healthy window among {len(windows)}",
            "windows with use == 'healthy'",
            "check the labels' horizon and recovery, or give a longer history",
        )
    guarded = drift_guard(healthy, equipment, settings)
    conditions = measure(healthy, equipment.named("condition"))
    symptoms = equipment.named("symptom")
    terms = features(healthy, conditions)
    sensors = {}
    for sensor in symptoms:
        drifted = _listed(healthy, guarded[guarded["sensor"] == sensor])
        learnt = _fit_sensor(healthy, sensor, terms, ~drifted, settings)
        if learnt is not None:
            sensors[sensor] = learnt
    if symptoms and not sensors:
        raise LearnError.because(
            f"{len(healthy)} healthy windows without a reading of {', '.join(symptoms)}",
            "readings of at least one symptom sensor",
            "check the mapping of the sensors and their valid ranges",
        )
    return Twin(
        conditions=tuple(
            Condition(c.sensor, *map(_short, (c.centre, c.scale, c.low, c.high)))
            for c in conditions
        ),
        symptoms=tuple(symptoms),
        sensors=sensors,
        shrinkage=settings.shrinkage,
        reference_hours=settings.drift_reference / timedelta(hours=1),
    )


def add_baselines(twin: Twin, windows: pd.DataFrame) -> Twin:
    """Learn the offset of assets the twin has not seen, from the earliest part of their history.

    Parameters
    ----------
    twin : Twin
        The twin.
    windows : pandas.DataFrame
        Windows of any assets; labels are not looked at.

    Returns
    -------
    Twin
        With an offset for every asset that has a window to evaluate in its first
        ``reference_hours``; assets it knew already keep theirs.

    Notes
    -----
    The offset is the median of what is left over, times ``n / (n + shrinkage)``. A fault that is
    there from the first window is taken for the asset's own way to that extent.
    """
    early = _reference(twin, windows)
    terms = features(early, twin.conditions)
    sensors = {}
    for name, sensor in twin.sensors.items():
        left = column(early, f"{name}.mean") - level_of(sensor, terms)
        fresh = np.isfinite(left) & ~early["asset"].isin(list(sensor.offsets)).to_numpy()
        groups = pd.Series(left[fresh]).groupby(early["asset"].to_numpy()[fresh])
        offsets = {
            str(asset): _short(float(g.median()) * len(g) / (len(g) + twin.shrinkage))
            for asset, g in groups
        }
        sensors[name] = replace(sensor, offsets={**sensor.offsets, **offsets})
    return replace(twin, sensors=sensors)


def commission(twin: Twin, windows: pd.DataFrame) -> tuple[Twin, pd.DataFrame]:
    """Learn the baseline of assets the twin does not know, without looking ahead.

    Parameters
    ----------
    twin : Twin
        The twin.
    windows : pandas.DataFrame
        Windows of one equipment class, from the beginning of each asset's history.

    Returns
    -------
    twin : Twin
        With an offset for every asset that has windows to evaluate; see :func:`add_baselines`.
    windows : pandas.DataFrame
        The same rows; those of an unknown asset that the offset comes from, its first
        ``reference_hours``, cannot be evaluated: ``reason`` is ``no_baseline``.

    Notes
    -----
    Rows after the first ``reference_hours`` depend on these and on themselves only.
    """
    known = {asset for sensor in twin.sensors.values() for asset in sensor.offsets}
    fresh = windows[~windows["asset"].isin(list(known))]
    if fresh.empty or not twin.sensors:
        return twin, windows
    early = _reference(twin, fresh).index
    reasons = windows["reason"].mask(windows.index.isin(early), NO_BASELINE)
    return add_baselines(twin, fresh), windows.assign(reason=reasons.astype("str"))


def expect(twin: Twin, windows: pd.DataFrame) -> pd.DataFrame:
    """Compare each window with what healthy equipment would read under its conditions.

    Parameters
    ----------
    twin : Twin
        The twin; give it the baselines of new assets first, see :func:`add_baselines`.
    windows : pandas.DataFrame
        Windows of one equipment class.

    Returns
    -------
    pandas.DataFrame
        Table ``residuals``, one row per window and symptom sensor, by asset, end and sensor.
        ``expected`` is NaN where a condition is not known or the sensor was never learnt,
        ``deviance`` also where the sensor was not observed.
    """
    terms = features(windows, twin.conditions)
    parts = [_residuals(twin.sensors.get(name), name, windows, terms) for name in twin.symptoms]
    keys = windows[["asset", "end"]]
    if not parts:
        parts = [_residuals(None, "", windows.iloc[:0], terms[:0])]
        keys = keys.iloc[:0]
    whole = pd.concat(
        [pd.concat([keys.reset_index(drop=True), part], axis=1) for part in parts]
    ).astype({"asset": "str", "sensor": "str", "baseline": "str", "end": UTC_TIME})
    return whole.sort_values(["asset", "end", "sensor"], kind="stable", ignore_index=True)


def _fit_sensor(
    healthy: pd.DataFrame,
    sensor: str,
    terms: Floats,
    kept: NDArray[np.bool_],
    settings: TwinSettings,
) -> SensorTwin | None:
    observed = column(healthy, f"{sensor}.mean")
    rows = kept & np.isfinite(observed) & np.isfinite(terms).all(axis=1)
    if not rows.any():
        return None
    used = terms[rows]
    if rows.sum() < _ROWS_PER_TERM * (1 + used.shape[1]):
        used = used[:, :0]
    codes, assets = pd.factorize(healthy["asset"].to_numpy()[rows], sort=True)
    fitted = regress(used, observed[rows], codes, settings.ridge, settings.shrinkage)
    floor = 1e-6 * float(np.median(np.abs(observed[rows]))) or 1e-9
    return SensorTwin(
        coefficients=tuple(map(_short, fitted.coefficients)),
        scale=_short(max(fitted.scale, floor)),
        offsets={str(a): _short(b) for a, b in zip(assets, fitted.offsets, strict=True)},
    )


def _reference(twin: Twin, windows: pd.DataFrame) -> pd.DataFrame:
    able = windows[windows["reason"].isin(["", NO_BASELINE])] if "reason" in windows else windows
    first = able.groupby("asset")["end"].transform("min")
    return able[able["end"] <= first + pd.Timedelta(hours=twin.reference_hours)]


def _residuals(
    sensor: SensorTwin | None, name: str, windows: pd.DataFrame, terms: Floats
) -> pd.DataFrame:
    observed = column(windows, f"{name}.mean")
    expected, scale, offsets = np.full(len(windows), np.nan), np.nan, {}
    if sensor is not None:
        scale, offsets = sensor.scale, sensor.offsets
        own = windows["asset"].map(offsets).astype("float64").fillna(0.0).to_numpy()
        expected = level_of(sensor, terms) + own
    return pd.DataFrame(
        {
            "sensor": name,
            "observed": observed,
            "expected": expected,
            "deviance": (observed - expected) / scale,
            "baseline": np.where(windows["asset"].isin(list(offsets)), "asset", "class"),
        }
    )


def _listed(windows: pd.DataFrame, named: pd.DataFrame) -> NDArray[np.bool_]:
    keys = pd.MultiIndex.from_frame(windows[["asset", "end"]])
    return np.asarray(keys.isin(pd.MultiIndex.from_frame(named[["asset", "end"]])))


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
