"""The regressors of remaining life: boosted trees, and a small neural net beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from faultprint.prognosis.settings import NetSettings, TreeSettings
from faultprint.prognosis.trajectories import Floats

FIXED: Mapping[str, Any] = {
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
SECOND_STAGE = TreeSettings(
    rounds=200, leaves=8, learning_rate=0.05, min_leaf=100, feature_fraction=0.5, linear=False
)
"""The trees that read a history of forecasts."""
MOST_EPOCHS = 60
"""How often at most the net sees every row; more fit the training assets, not new ones."""
BATCH = 256
"""Rows that move the net once."""


def boost(
    table: ArrayLike,
    target: Floats,
    how: TreeSettings,
    seed: int,
    quantile: float | None = None,
    share: Floats | None = None,
) -> lightgbm.Booster:
    """Boost trees.

    Parameters
    ----------
    table : ArrayLike
        Rows by features.
    target : NDArray[numpy.float64]
        What to learn.
    how : TreeSettings
        Size of the model; a leaf never holds more than a tenth of the rows.
    seed : int
        Draws rows and features.
    quantile : float | None, default None
        Share below the quantile that is learnt; the mean if there is none.
    share : NDArray[numpy.float64] | None, default None
        What each row counts; all the same if there is none.

    Returns
    -------
    lightgbm.Booster
        The trees; equal input gives equal trees.
    """
    goal = {"objective": "l2"} if quantile is None else {"objective": "quantile", "alpha": quantile}
    size = {
        "num_leaves": how.leaves,
        "learning_rate": how.learning_rate,
        "min_data_in_leaf": min(how.min_leaf, max(1, len(target) // 10)),
        "feature_fraction": how.feature_fraction,
        "lambda_l2": how.l2,
        "linear_tree": how.linear,
        "linear_lambda": how.linear_l2,
    }
    data = lightgbm.Dataset(np.asarray(table), target, weight=share)
    return lightgbm.train({**FIXED, **goal, **size, "seed": seed}, data, how.rounds)


@dataclass(frozen=True)
class Net:
    """A small neural net with the scales of its inputs and its output."""

    centre: Floats
    """Mean of each input."""
    scale: Floats
    """Standard deviation of each input."""
    level: float
    """Mean of the output."""
    spread: float
    """Standard deviation of the output; without it the weight decay means nothing."""
    net: MLPRegressor
    """On standardised inputs and output."""

    def predict(self, table: ArrayLike) -> Floats:
        """Predict.

        Parameters
        ----------
        table : ArrayLike
            Rows by features.

        Returns
        -------
        NDArray[numpy.float64]
            One value a row.
        """
        z = np.clip((np.asarray(table, dtype=np.float64) - self.centre) / self.scale, -8.0, 8.0)
        return np.asarray(self.net.predict(z) * self.spread + self.level, dtype=np.float64)


def train_net(table: ArrayLike, target: Floats, how: NetSettings, seed: int) -> Net:
    """Train a small net.

    Parameters
    ----------
    table : ArrayLike
        Rows by features.
    target : NDArray[numpy.float64]
        What to learn.
    how : NetSettings
        How long and how firmly; no row is seen more than ``MOST_EPOCHS`` times.
    seed : int
        Starts the weights and shuffles the rows.

    Returns
    -------
    Net
        The net.
    """
    rows = np.asarray(table, dtype=np.float64)
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    level, width = float(target.mean()), max(float(target.std()), 1e-9)
    batch = min(BATCH, len(rows))
    net = MLPRegressor(
        hidden_layer_sizes=(64, 32),
        alpha=how.decay,
        batch_size=batch,
        max_iter=min(MOST_EPOCHS, max(1, round(how.steps * batch / len(rows)))),
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
        net.fit(np.clip((rows - centre) / scale, -8.0, 8.0), (target - level) / width)
    return Net(centre, scale, level, width, net)
