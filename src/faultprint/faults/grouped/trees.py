"""Boosted trees, for classes and for grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from faultprint.faults.grouped.learners import Floats, Ints, Learn, Learnt
from faultprint.faults.grouped.settings import GroupedSettings

TRIED = 50
"""Columns that a tree draws, if there are as many; at least a twentieth of them."""


@dataclass(frozen=True, eq=False)
class Trees:
    """Boosted trees, one model or one a grade."""

    models: tuple[lightgbm.Booster, ...]
    classes: int
    ordinal: bool

    def predict(self, values: Floats) -> Floats:
        """Say how probable each class is.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Units by descriptors.

        Returns
        -------
        NDArray[numpy.float64]
            Units by classes.
        """
        said = [np.asarray(one.predict(values, num_threads=1)) for one in self.models]
        if not self.ordinal:
            return np.asarray(said[0], dtype=np.float64)
        ends = np.ones(len(values)), np.zeros(len(values))
        above = np.column_stack([ends[0], *said, ends[1]])
        return -np.diff(np.minimum.accumulate(above, axis=1), axis=1)


def learn_trees(settings: GroupedSettings, *, ordinal: bool) -> Learn:
    """Make a learner of boosted trees.

    Parameters
    ----------
    settings : GroupedSettings
        Size, step and seed.
    ordinal : bool
        Whether to ask "at least grade k" for each k instead of "which class": Frank and Hall 2001,
        doi:10.1007/3-540-44795-4_13.

    Returns
    -------
    Learn
        The learner.
    """

    def learn(values: Floats, labels: Ints, classes: int) -> list[Learnt]:
        if not ordinal:
            return [Trees((_boost(values, labels, classes, settings),), classes, ordinal=False)]
        above = [(labels >= k).astype(np.int64) for k in range(1, classes)]
        grades = tuple(_boost(values, a, 0, settings) for a in above)
        return [Trees(grades, classes, ordinal=True)]

    return learn


def _boost(
    values: Floats, labels: Ints, classes: int, settings: GroupedSettings
) -> lightgbm.Booster:
    share = float(np.clip(TRIED / max(values.shape[1], 1), 0.05, 1.0))
    kind = {"objective": "multiclass", "num_class": classes} if classes else {"objective": "binary"}
    said: Mapping[str, Any] = {
        **kind,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": int(np.clip(len(values) // 20, 1, 10)),
        "feature_fraction": share,
        "max_bin": 63,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(values, labels, params={"verbosity": -1, "max_bin": 63})
    return lightgbm.train(dict(said), data, settings.rounds)
