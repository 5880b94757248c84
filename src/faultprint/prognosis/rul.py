"""Remaining useful life: learnt from run-to-failure and censored histories, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.errors import LearnError
from faultprint.prognosis.costs import LeastCost, learn_least_cost
from faultprint.prognosis.health import health_index
from faultprint.prognosis.intervals import Margins
from faultprint.prognosis.labels import SHORTEST, asset_shares, life_labels
from faultprint.prognosis.members import Member, forecast_member, learn_margins, learn_member
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories

_AT_CAP = 1.0
"""How near the cap the upper end counts as open [cycles]."""


@dataclass(frozen=True)
class LifeModel:
    """What forecasts remaining life."""

    settings: LifeSettings
    members: tuple[Member, ...]
    margins: Margins
    """Of the mean of the members."""
    least: LeastCost
    """From the life that the members tell on average to that of least cost."""
    held_out: Floats
    """Members by training rows by (middle, low, high): each forecast by two stages that were learnt
    without the asset's own rows and labels [cycles]."""


def learn_life(history: Histories, remaining: Floats, settings: LifeSettings) -> LifeModel:
    """Learn to forecast remaining life.

    Parameters
    ----------
    history : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at each asset's last row, as for :func:`life_labels` [cycles].
    settings : LifeSettings
        What is learnt and how hard.

    Returns
    -------
    LifeModel
        The model.

    Raises
    ------
    LearnError
        If there are fewer assets than parts, or no asset failed.

    Notes
    -----
    First stage: residuals per operating mode, fused in each into wear indices; causal features
    of their trajectories; known failures recalled by their wear; boosted trees and a small net,
    weighed by how they do on left-out assets. Second stage: boosted trees on the asset's own
    history of first-stage forecasts, made by models that never saw the asset. Assets
    are dealt into parts anew for each seed; modes, scales and both stages are learnt without the
    part left out. A forecast is the mean over parts and seeds (cross-validation as bagging), an
    interval moves the mean quantiles by margins from the left-out forecasts at random cuts. The
    inputs that teach the second stage come from first stages some of which saw the asset left out;
    left-out figures are therefore a little too good, those of new assets are not touched.
    """
    if len(history.assets) < settings.folds or not np.isfinite(remaining).any():
        raise LearnError.because(
            f"{len(history.assets)} assets, {int(np.isfinite(remaining).sum())} that failed",
            f"at least {settings.folds} assets and one failure",
            "add run-to-failure histories or lower the number of folds",
        )
    labels = life_labels(history, remaining, settings.cap)
    found = [learn_member(history, remaining, labels, settings, seed) for seed in settings.seeds]
    held_out = np.stack([held for _, held in found])
    middle = held_out.mean(axis=0)
    margins = learn_margins(history, labels, middle, settings)
    least = weigh_cost(history, labels, middle, settings)
    return LifeModel(settings, tuple(member for member, _ in found), margins, least, held_out)


def weigh_cost(
    history: Histories, labels: Floats, held: Floats, settings: LifeSettings
) -> LeastCost:
    """Learn the life of least cost from left-out forecasts; every asset counts the same.

    Parameters
    ----------
    history : Histories
        Training assets.
    labels : NDArray[numpy.float64]
        Label of every row, NaN where it is not known [cycles].
    held : NDArray[numpy.float64]
        Rows by (middle, low, high), forecast with the asset left out [cycles].
    settings : LifeSettings
        The cost and the cap.

    Returns
    -------
    LeastCost
        From such forecasts to the life of least cost.
    """
    turn = (np.arange(len(labels)) + history.codes()) % settings.thin == 0
    used = np.isfinite(labels) & (history.ages() > 2 * SHORTEST) & turn
    share = asset_shares(history.codes()[used])
    life = np.clip(held[used, 0], 0.0, settings.cap)
    return learn_least_cost(life, labels[used], share, settings.cost, settings.cap)


def forecast_life(model: LifeModel, history: Histories) -> pd.DataFrame:
    """Forecast the remaining life at every row.

    Parameters
    ----------
    model : LifeModel
        The model.
    history : Histories
        Assets, new or known.

    Returns
    -------
    pandas.DataFrame
        See :func:`forecast_table`; the mean of the members.
    """
    middle = np.mean([forecast_member(one, model.settings, history) for one in model.members], 0)
    return forecast_table(middle, (model.margins, model.least), model.settings, history)


def forecast_table(
    forecast: Floats,
    learnt: tuple[Margins, LeastCost],
    settings: LifeSettings,
    history: Histories,
) -> pd.DataFrame:
    """Write forecasts as a table with intervals and the reasons why there are none.

    Parameters
    ----------
    forecast : NDArray[numpy.float64]
        Rows by (middle, low, high) [cycles].
    learnt : tuple[Margins, LeastCost]
        What moves the quantiles, and what gives the life of least cost.
    settings : LifeSettings
        The cap.
    history : Histories
        The assets.

    Returns
    -------
    pandas.DataFrame
        A row for each row of the histories: ``asset``, ``age``, ``life``, ``low``, ``high``,
        ``least_cost`` [cycles], ``health`` and ``status``: ``estimated``; ``beyond_cap``, where the
        interval reaches the cap, so that nothing is said of its upper end (``high`` is the cap);
        ``insufficient_history``, where these numbers are NaN. ``life`` is the mean, ``least_cost``
        the life to plan by under ``settings.cost``.
    """
    margins, least = learnt
    cap, age = settings.cap, history.ages()
    life = np.clip(forecast[:, 0], 0.0, cap)
    low, high = margins.widen(life, forecast[:, 1], forecast[:, 2])
    low, high = np.clip(low, 0.0, cap), np.clip(high, 0.0, cap)
    status = np.where(high >= cap - _AT_CAP, "beyond_cap", "estimated")
    high = np.where(high >= cap - _AT_CAP, cap, high)
    short = age < SHORTEST
    numbers = {
        "life": life,
        "low": np.minimum(low, life),
        "high": np.maximum(high, life),
        "least_cost": least.read(life),
        "health": health_index(life, cap, history.spans()),
    }
    return pd.DataFrame(
        {
            "asset": np.asarray(history.assets, dtype=object)[history.codes()],
            "age": age,
            **{name: np.where(short, np.nan, value) for name, value in numbers.items()},
            "status": np.where(short, "insufficient_history", status),
        }
    )
