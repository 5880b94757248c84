"""Protocol: remaining life at the last row of truncated histories.

The test histories are read without their labels; a forecast is one row an asset. Only
:func:`score_life` sees the labels. It scores by labels that are capped, as the models learn them,
and by those that are not, as the machines lived.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from faultprint.errors import TableError, listed
from faultprint.evaluate.benchmarks.figures import Figure, Floats, bootstrap
from faultprint.prognosis.costs import cost_of
from faultprint.prognosis.labels import deal_assets, life_labels, random_cuts
from faultprint.prognosis.learners import boost
from faultprint.prognosis.settings import CostSettings, LifeSettings
from faultprint.prognosis.trajectories import Histories, trajectory_features
from faultprint.twin.modes import learn_modes

NEAR_END = 50.0
"""True life up to which an engine is near its end [cycles]."""
NASA = CostSettings(shape="exponential", late=10.0, early=13.0)
"""The cost that NASA's score adds up."""


def nasa_score(predicted: Floats, truth: Floats) -> float:
    """Add up the asymmetric cost of the PHM08 challenge.

    Parameters
    ----------
    predicted : NDArray[numpy.float64]
        Predicted life [cycles].
    truth : NDArray[numpy.float64]
        True life [cycles].

    Returns
    -------
    float
        Sum of ``exp(-d/13) - 1`` for early and ``exp(d/10) - 1`` for late forecasts, with
        d = predicted - truth; it grows with the number of units (doi:10.1109/PHM.2008.4711414).
    """
    return float(cost_of(predicted - truth, NASA).sum())


def rmse(predicted: Floats, truth: Floats) -> float:
    """Take the root of the mean squared error.

    Parameters
    ----------
    predicted : NDArray[numpy.float64]
        Predicted life [cycles].
    truth : NDArray[numpy.float64]
        True life [cycles].

    Returns
    -------
    float
        [cycles].
    """
    return float(np.sqrt(np.mean((predicted - truth) ** 2)))


def baselines(
    train: Histories, remaining: Floats, test: Histories, cap: float, coverage: float
) -> dict[str, pd.DataFrame]:
    """Forecast without looking at any sensor.

    Parameters
    ----------
    train : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at their last rows [cycles].
    test : Histories
        Test assets.
    cap : float
        Largest label [cycles].
    coverage : float
        Share that the intervals are to hold.

    Returns
    -------
    dict[str, pandas.DataFrame]
        ``constant``: the mean label at random cuts of the training assets, with its quantiles;
        ``mean life less age``: the mean life of training assets less the cycles run, with
        the quantiles of its errors at the cuts. Each with ``asset``, ``life``, ``low``, ``high``.
    """
    cuts = random_cuts(train, 8, 0)
    labels = life_labels(train, remaining, cap)[cuts]
    cuts, labels = cuts[np.isfinite(labels)], labels[np.isfinite(labels)]
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    whole = float(np.nanmean(np.diff(train.starts) + remaining))
    last = test.ages()[test.starts[1:] - 1]
    guess = np.clip(whole - train.ages()[cuts], 0.0, cap)
    aged = np.clip(whole - last, 0.0, cap)
    levels, errors = np.quantile(labels, tails), np.quantile(labels - guess, tails)
    same = np.full(len(last), float(labels.mean()))
    made = {
        "constant": (same, np.full(len(last), levels[0]), np.full(len(last), levels[1])),
        "mean life less age": (aged, aged + errors[0], aged + errors[1]),
    }
    return {
        name: pd.DataFrame(
            {
                "asset": test.assets,
                "life": life,
                "low": np.clip(low, 0.0, cap),
                "high": np.clip(high, 0.0, cap),
                "status": "estimated",
            }
        )
        for name, (life, low, high) in made.items()
    }


def leaky_forecast(history: Histories, remaining: Floats, settings: LifeSettings) -> Floats:
    """Forecast as the wrong protocol does: rows of one asset are learnt from and judged on.

    Parameters
    ----------
    history : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at their last rows [cycles].
    settings : LifeSettings
        Cap, parts and seed.

    Returns
    -------
    NDArray[numpy.float64]
        For every row, boosted trees on the same features, learnt from the other parts of rows that
        were dealt at random [cycles]. For a warning beside the honest number, never for a claim.
    """
    labels = life_labels(history, remaining, settings.cap)
    modes = learn_modes(history.conditions, history.readings, settings.seeds[0])
    residuals = modes.residuals(history.conditions, history.readings)
    table = trajectory_features(residuals, history.spans())
    if settings.age:
        table = np.hstack([table, history.ages()[:, None].astype(np.float32)])
    part = deal_assets(len(table), settings.folds, settings.seeds[0])
    out = np.zeros(len(table))
    for fold in range(settings.folds):
        used = (part != fold) & np.isfinite(labels)
        trees = boost(table[used], labels[used], settings.trees, settings.seeds[0])
        out[part == fold] = trees.predict(table[part == fold])
    return np.clip(out, 0.0, settings.cap)


def score_life(
    forecasts: Mapping[str, pd.DataFrame], truth: Mapping[str, float], cap: float
) -> list[Figure]:
    """Score forecasts of several variants by the labels.

    Parameters
    ----------
    forecasts : Mapping[str, pandas.DataFrame]
        Variant -> ``asset``, ``life``, ``low``, ``high``, ``status``; one row an asset.
    truth : Mapping[str, float]
        Asset -> remaining life, not capped [cycles].
    cap : float
        Largest label [cycles].

    Returns
    -------
    list[Figure]
        RMSE, mean absolute error, NASA score, coverage and width for each variant, on capped
        labels; ``uncapped`` strata on labels as they are, where an interval ``beyond_cap`` has no
        upper end; the near end and the far one apart.

    Raises
    ------
    TableError
        If a variant does not forecast every asset exactly once.
    """
    found: list[Figure] = []
    for name, table in forecasts.items():
        if sorted(table["asset"]) != sorted(truth) or table["life"].isna().any():
            odd = set(truth) ^ set(table.loc[table["life"].notna(), "asset"])
            raise TableError.because(
                f"{name!r}: {len(table)} forecasts for {len(truth)} assets, {listed(sorted(odd))}",
                "one forecast for each asset",
                "forecast the last row of every test history",
            )
        whole = np.array([truth[asset] for asset in table["asset"]])
        capped = np.minimum(whole, cap)
        near = capped <= NEAR_END
        strata = {
            "all": (np.ones(len(whole), bool), capped),
            f"life <= {NEAR_END:g}": (near, capped),
            f"life > {NEAR_END:g}": (~near, capped),
            "all, uncapped": (np.ones(len(whole), bool), whole),
        }
        for stratum, (mask, label) in strata.items():
            found += _figures(name, stratum, table[mask], label[mask])
    return found


def _figures(variant: str, stratum: str, table: pd.DataFrame, truth: Floats) -> list[Figure]:
    life, low, high = (table[name].to_numpy(dtype=np.float64) for name in ("life", "low", "high"))
    beyond = (table["status"] == "beyond_cap").to_numpy()
    held = (truth >= low) & ((truth <= high) | beyond)
    measures = {
        "rmse": lambda i: rmse(life[i], truth[i]),
        "mae": lambda i: float(np.abs(life[i] - truth[i]).mean()),
        "nasa_score": lambda i: nasa_score(life[i], truth[i]),
        "coverage": lambda i: float(held[i].mean()),
        "width": lambda i: float((high - low)[i].mean()),
    }
    return [
        Figure(variant, stratum, name, *bootstrap(measure, len(table)), len(table))
        for name, measure in measures.items()
    ]
