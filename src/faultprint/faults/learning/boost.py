"""The classifier: deterministic LightGBM, and the calibration of its probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from faultprint.config import Classifier
from faultprint.faults.learning.mixing import fit_shares, mixed
from faultprint.faults.learning.space import tidy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEIGHT_CAP = 10.0
"""Largest weight of a rare class against an average one."""
_TINY = 1e-9
_BOTH = 3
"""Dimensions of what two members say."""


def boost(values: Floats, labels: Ints, classes: int, settings: Classifier, seed: int) -> str:
    """Learn the classifier.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Shape (windows, features), without NaN.
    labels : NDArray[numpy.int64]
        Class of each window, 0 is healthy.
    classes : int
        How many classes there are; some may have no window.
    settings : Classifier
        Size of the model.
    seed : int
        Seed of the choice of features.

    Returns
    -------
    str
        The model as LightGBM's text: equal for equal input.

    Notes
    -----
    Classes are weighted by the inverse of their frequency, at most 10 times the mean. One thread,
    fixed histogram layout and a seed make it deterministic.
    """
    counts = np.bincount(labels, minlength=classes)
    share = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    weights = np.minimum(WEIGHT_CAP, share)
    data = lightgbm.Dataset(
        values, labels, weight=weights[labels], params={"verbosity": -1, "max_bin": 63}
    )
    booster = lightgbm.train(
        {**tree_settings(settings, seed), "objective": "multiclass", "num_class": classes},
        data,
        num_boost_round=settings.rounds,
    )
    return str(booster.model_to_string())


def tree_settings(settings: Classifier, seed: int) -> dict[str, Any]:
    """Say to LightGBM how to grow trees so that equal input gives equal ones.

    Parameters
    ----------
    settings : Classifier
        Size of the model.
    seed : int
        Seed of the choice of features.

    Returns
    -------
    dict[str, Any]
        LightGBM's parameters, without the objective.
    """
    return {
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.min_leaf,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.l2,
        "max_bin": 63,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }


def load(booster: str) -> lightgbm.Booster:
    """Load a model from its text.

    Parameters
    ----------
    booster : str
        LightGBM's text.

    Returns
    -------
    lightgbm.Booster
        Ready to predict.
    """
    return lightgbm.Booster(model_str=booster)


def predict(booster: lightgbm.Booster, values: Floats) -> Floats:
    """Predict raw probabilities.

    Parameters
    ----------
    booster : lightgbm.Booster
        The model.
    values : NDArray[numpy.float64]
        Shape (windows, features), without NaN.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes).
    """
    classes = booster.num_model_per_iteration()
    if len(values) == 0:
        return np.zeros((0, classes))
    return np.asarray(booster.predict(values, num_threads=1), dtype=np.float64)


def contributions(booster: lightgbm.Booster, values: Floats) -> Floats:
    """Attribute each prediction to the features.

    Parameters
    ----------
    booster : lightgbm.Booster
        The model.
    values : NDArray[numpy.float64]
        Shape (windows, features), without NaN.

    Returns
    -------
    NDArray[numpy.float64]
        Shape (windows, classes, features), log-odds scale.

    Notes
    -----
    TreeSHAP, Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, as built into LightGBM.
    """
    classes, width = booster.num_model_per_iteration(), values.shape[1]
    if len(values) == 0:
        return np.zeros((0, classes, width))
    flat = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))
    return flat.reshape(len(values), classes, width + 1)[:, :, :-1]


@dataclass(frozen=True)
class Scaling:
    """Calibration of probabilities: a temperature and a bias per class."""

    temperature: float
    bias: tuple[float, ...]
    trees: tuple[float, ...] = ()
    """Share of the trees in the log-odds of each failure mode; none of models of trees alone."""

    def apply(self, raw: Floats) -> Floats:
        """Calibrate what a classifier says.

        Parameters
        ----------
        raw : NDArray[numpy.float64]
            Probabilities, shape (windows, classes), or log-odds of the failure modes by trees and
            by lines, shape (windows, failure modes, 2).

        Returns
        -------
        NDArray[numpy.float64]
            Shape (windows, classes); rows sum to 1.
        """
        if raw.ndim == _BOTH:
            raw = mixed(raw, self.trees)
        return _softmax(np.log(np.maximum(raw, _TINY)) / self.temperature + np.array(self.bias))


def _softmax(logits: Floats) -> Floats:
    if logits.size == 0:
        return logits
    power = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_scaling(raw: Floats, truth: Floats) -> Scaling:
    """Fit temperature and biases to out-of-fold predictions.

    Parameters
    ----------
    raw : NDArray[numpy.float64]
        Out-of-fold probabilities, shape (windows, classes), or log-odds of the failure modes by
        trees and by lines, shape (windows, failure modes, 2).
    truth : NDArray[numpy.float64]
        Share of each class in each window, shape (windows, classes); rows sum to 1.

    Returns
    -------
    Scaling
        Minimum of the cross-entropy with a small penalty that keeps unseen classes in place.

    Notes
    -----
    Vector scaling (Guo et al. 2017, arXiv:1706.04599) with one temperature for all classes instead
    of one each: there are few episodes of a fault.
    """
    trees: tuple[float, ...] = ()
    if raw.ndim == _BOTH:
        trees = fit_shares(raw, truth[:, 1:] > 0)
        raw = mixed(raw, trees)
    logits = np.log(np.maximum(raw, _TINY))

    def loss(theta: Floats) -> tuple[float, Floats]:
        slope = np.exp(theta[0])
        predicted = _softmax(logits * slope + theta[1:])
        entropy = -(truth * np.log(np.maximum(predicted, _TINY))).sum() / len(truth)
        gap = (predicted - truth) / len(truth)
        gradient = np.concatenate([[(gap * logits).sum() * slope], gap.sum(axis=0)])
        return float(entropy + 1e-4 * (theta**2).sum()), gradient + 2e-4 * theta

    best = minimize(
        loss,
        np.zeros(raw.shape[1] + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-3.0, 3.0)] + [(-10.0, 10.0)] * raw.shape[1],
    )
    theta = tidy(np.concatenate([[np.exp(-best.x[0])], best.x[1:]]))
    return Scaling(float(theta[0]), tuple(theta[1:].tolist()), trees)
