"""What was learnt of one equipment class: classifier, clouds, calibration and limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.errors import ReleaseError
from faultprint.faults.learning import boost
from faultprint.faults.learning.members import Lines, gains, lines_from, opinions
from faultprint.faults.learning.metric import Metric, metric_from
from faultprint.faults.learning.signals import (
    Calibration,
    Signals,
    classifier_signal,
    ranked,
    space_signals,
)
from faultprint.faults.learning.space import Cloud, Reference, cloud_from

Floats = NDArray[np.float64]

HEALTHY = "healthy"
"""The first class of every model."""
SURE = 9.0
"""Odds against healthy from which the classifier is sure of a failure mode."""


@dataclass(frozen=True, eq=False)
class ClassModel:
    """Everything needed to judge windows of one equipment class; nothing of it is fitted later."""

    equipment_class: str
    features: tuple[str, ...]
    """Columns of the design, in the order the classifier reads them."""
    units: tuple[str, ...]
    """Unit of each feature; ``1`` for none."""
    classes: tuple[str, ...]
    """``healthy``, then the failure modes by name."""
    booster: str
    """LightGBM's text; empty when no failure mode could be learnt."""
    scaling: boost.Scaling
    healthy: Reference
    clouds: dict[str, Cloud]
    typical: dict[str, Floats]
    """What each feature typically reads while the fault is there: median, mean of a count."""
    calibration: dict[str, Calibration]
    """Out-of-fold nonconformity per class."""
    limit: float
    """P-value against healthy below which a window of a machine it does not know is abnormal."""
    significance: float
    metric: Metric
    """Space in which windows are compared."""
    alone: dict[str, Floats]
    """How much of each fault the windows of one fault alone show; for ``diagnosis.unmix``."""
    home_limit: float | None = None
    """The same for machines it was learnt from; none if it is not another one."""
    home: tuple[str, ...] = ()
    """Assets it was learnt from, by name; none where their limit is not another one."""
    lines: Lines | None = None
    """The linear member of the classifier; none of models from when trees were alone."""
    footing: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)
    """Sensor left out -> failure mode -> what the others show of it on healthy machines seldom, and
    hardly ever, see ``diagnosis.footing``; empty of models from before it was asked."""

    @property
    def modes(self) -> tuple[str, ...]:
        """List the failure modes.

        Returns
        -------
        tuple[str, ...]
            The classes without healthy.
        """
        return self.classes[1:]

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return boost.load(self.booster)

    def probabilities(self, values: Floats) -> Floats:
        """Give calibrated probabilities.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features); NaN is read as the healthy centre.

        Returns
        -------
        NDArray[numpy.float64]
            Shape (windows, classes).
        """
        if not self.modes:
            return np.ones((len(values), 1))
        if self.lines is None:
            return self.scaling.apply(boost.predict(self._booster, self.healthy.filled(values)))
        return self.scaling.apply(opinions(self._booster, self.lines, self.healthy, values))

    def sure_of(self, probabilities: Floats) -> NDArray[np.bool_]:
        """Mark the failure modes that the classifier, asked for each by itself, is sure of.

        Parameters
        ----------
        probabilities : NDArray[numpy.float64]
            What :meth:`probabilities` gave.

        Returns
        -------
        NDArray[numpy.bool_]
            Shape (windows, failure modes): at least nine to one against healthy; none of models
            that tell failure modes from each other alone.
        """
        if self.lines is None:
            return np.zeros((len(probabilities), len(self.modes)), dtype=np.bool_)
        return np.asarray(probabilities[:, 1:] >= SURE * probabilities[:, :1], dtype=np.bool_)

    def contributions(self, values: Floats) -> Floats:
        """Attribute the classifier's answer to the features.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).

        Returns
        -------
        NDArray[numpy.float64]
            Shape (windows, classes, features), log-odds scale; 0 without a failure mode.
        """
        if not self.modes:
            return np.zeros((len(values), 1, len(self.features)))
        if self.lines is None:
            return boost.contributions(self._booster, self.healthy.filled(values))
        return gains(self._booster, self.lines, self.healthy, values, self.scaling.trees)

    def p_values(self, values: Floats, probabilities: Floats) -> Floats:
        """Rank windows against the calibration of each class.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).
        probabilities : NDArray[numpy.float64]
            What :meth:`probabilities` gave for them.

        Returns
        -------
        NDArray[numpy.float64]
            Shape (windows, classes), in (0, 1].
        """
        return ranked(self.signals(values, probabilities), self.classes, self.calibration)

    def limits(self, assets: pd.Series) -> Floats:
        """Look up the limit of each window.

        Parameters
        ----------
        assets : pandas.Series
            Asset of each window.

        Returns
        -------
        NDArray[numpy.float64]
            P-value against healthy below which the window is abnormal.
        """
        at_home = assets.isin(list(self.home)).to_numpy()
        return np.where(
            at_home, self.limit if self.home_limit is None else self.home_limit, self.limit
        )

    def signals(self, values: Floats, probabilities: Floats) -> Signals:
        """Measure how strange windows are to each class.

        Parameters
        ----------
        values : NDArray[numpy.float64]
            Shape (windows, features).
        probabilities : NDArray[numpy.float64]
            What :meth:`probabilities` gave for them.

        Returns
        -------
        Signals
            Shape (windows, classes) each.
        """
        placed = space_signals(values, self.features, self.metric, self.classes)
        return Signals(classifier_signal(probabilities), *placed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the booster.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        plain = {
            "equipment_class": self.equipment_class,
            "features": list(self.features),
            "units": list(self.units),
            "classes": list(self.classes),
            "scaling": {"temperature": self.scaling.temperature, "bias": list(self.scaling.bias)},
            "healthy": {
                "centre": self.healthy.centre.tolist(),
                "scale": self.healthy.scale.tolist(),
            },
            "clouds": {mode: cloud.to_dict() for mode, cloud in self.clouds.items()},
            "typical": {mode: values.tolist() for mode, values in self.typical.items()},
            "calibration": {
                name: calibration.to_dict() for name, calibration in self.calibration.items()
            },
            "limit": self.limit,
            "home_limit": self.home_limit,
            "home": list(self.home),
            "significance": self.significance,
            "metric": self.metric.to_dict(),
            "alone": {mode: shares.tolist() for mode, shares in self.alone.items()},
        }
        if self.lines is not None:
            plain["lines"] = {"trees": list(self.scaling.trees), **self.lines.to_dict()}
        return {**plain, "footing": self.footing} if self.footing else plain


def class_model_from(data: Mapping[str, Any], booster: str) -> ClassModel:
    """Build a model from what :meth:`ClassModel.to_dict` gave and the booster's text.

    Parameters
    ----------
    data : Mapping[str, Any]
        Plain data.
    booster : str
        LightGBM's text.

    Returns
    -------
    ClassModel
        Judges as the one that was written.

    Raises
    ------
    ReleaseError
        If something it needs is missing.
    """
    if "metric" not in data and "calibration" in data:
        raise ReleaseError.because(
            "a class model from before faults were compared in a shared space (no 'metric')",
            "a model learnt by this version",
            "learn and publish again, or read it with the version that made it",
        )
    try:
        return ClassModel(
            equipment_class=data["equipment_class"],
            features=tuple(data["features"]),
            units=tuple(data["units"]),
            classes=tuple(data["classes"]),
            booster=booster,
            scaling=boost.Scaling(
                data["scaling"]["temperature"],
                tuple(data["scaling"]["bias"]),
                tuple(data.get("lines", {}).get("trees", ())),
            ),
            healthy=Reference(_array(data["healthy"]["centre"]), _array(data["healthy"]["scale"])),
            clouds={mode: cloud_from(value) for mode, value in data["clouds"].items()},
            typical={mode: _array(values) for mode, values in data["typical"].items()},
            calibration={
                name: Calibration(**{part: _array(scores[part]) for part in scores})
                for name, scores in data["calibration"].items()
            },
            limit=data["limit"],
            significance=data["significance"],
            metric=metric_from(data["metric"]),
            alone={mode: _array(shares) for mode, shares in data["alone"].items()},
            home_limit=data.get("home_limit"),
            home=tuple(data.get("home", ())),
            lines=lines_from(data["lines"]) if "lines" in data else None,
            footing={
                sensor: {mode: (pair[0], pair[1]) for mode, pair in traces.items()}
                for sensor, traces in data.get("footing", {}).items()
            },
        )
    except KeyError as error:
        raise ReleaseError.because(
            f"a class model without {error.args[0]!r}",
            "every field that ClassModel.to_dict writes",
            "publish the release again",
        ) from error


def _array(values: Any) -> Floats:
    return np.array(values, dtype=np.float64)
