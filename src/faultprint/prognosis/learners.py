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

from faultprint.prognosis.trajectories import Floats

FIRST_STAGE: Mapping[str, Any] = {
    "objective": "l2",
    "rounds": 300,
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}
SECOND_STAGE: Mapping[str, Any] = {
    **FIRST_STAGE,
    "rounds": 200,
    "num_leaves": 8,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.5,
}
EPOCHS = 30
"""How often the net sees every row; more fit the training assets, not new ones."""


def boost(table: ArrayLike, target: Floats, how: Mapping[str, Any], seed: int) -> lightgbm.Booster:
    """Boost trees.

    Parameters
    ----------
    table : ArrayLike
        Rows by features.
    target : NDArray[numpy.float64]
        What to learn.
    how : Mapping[str, Any]
        Parameters of LightGBM and ``rounds``; a leaf never holds more than a tenth of the rows.
    seed : int
        Draws rows and features.

    Returns
    -------
    lightgbm.Booster
        The trees; equal input gives equal trees.
    """
    least = min(int(how["min_data_in_leaf"]), max(1, len(target) // 10))
    given = {name: value for name, value in how.items() if name != "rounds"}
    fixed = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1}
    said = {**given, **fixed, "min_data_in_leaf": least, "seed": seed}
    return lightgbm.train(said, lightgbm.Dataset(np.asarray(table), target), int(how["rounds"]))


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


def train_net(table: ArrayLike, target: Floats, seed: int) -> Net:
    """Train a small net.

    Parameters
    ----------
    table : ArrayLike
        Rows by features.
    target : NDArray[numpy.float64]
        What to learn.
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
    net = MLPRegressor(
        hidden_layer_sizes=(64, 32),
        alpha=1.0,
        batch_size=min(256, len(rows)),
        max_iter=EPOCHS,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
        net.fit(np.clip((rows - centre) / scale, -8.0, 8.0), (target - level) / width)
    return Net(centre, scale, level, width, net)
