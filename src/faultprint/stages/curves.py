"""Curves and pictures of what was learnt: out of fold, and on the held-out events."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from faultprint.faults.learn import Learned
from faultprint.faults.release import Release
from faultprint.stages.judging import Judged
from faultprint.store.figures import (
    calibration_figure,
    confusion_figure,
    contrast_figure,
    lead_time_figure,
    precision_recall,
    precision_recall_figure,
)

POINTS = 200
"""Points of a curve in the CSV at most."""

BINS = 10
"""Bins of the calibration curve."""


def curves(learned: dict[str, Learned], judged: Judged) -> dict[str, pd.DataFrame]:
    """Tabulate what ``dvc plots`` draws.

    Parameters
    ----------
    learned : dict[str, Learned]
        What was learnt, by equipment class.
    judged : Judged
        The held-out events.

    Returns
    -------
    dict[str, pd.DataFrame]
        ``confusion``, ``precision_recall``, ``calibration``, ``lead_time``.
    """
    return {
        "confusion": pd.concat([_said(one.oof) for one in learned.values()], ignore_index=True),
        "precision_recall": _table(learned, _precision_recall, ["class", "recall", "precision"]),
        "calibration": _table(learned, _calibration, ["class", "predicted", "observed", "n"]),
        "lead_time": _lead_times(judged),
    }


def pictures(learned: dict[str, Learned], judged: Judged, release: Release) -> dict[str, bytes]:
    """Draw what the experiment tracker keeps.

    Parameters
    ----------
    learned : dict[str, Learned]
        What was learnt, by equipment class.
    judged : Judged
        The held-out events.
    release : Release
        For its signatures.

    Returns
    -------
    dict[str, bytes]
        Path -> PNG.
    """
    drawn = {}
    for name, one in learned.items():
        truth, probabilities = _alone(one.oof)
        said = _said(one.oof)
        drawn[f"{name}/confusion.png"] = confusion_figure(
            pd.crosstab(said["actual"], said["predicted"])
        )
        drawn[f"{name}/precision_recall.png"] = precision_recall_figure(truth, probabilities)
        drawn[f"{name}/calibration.png"] = calibration_figure(truth, probabilities)
    for signature in release.signatures:
        path = f"{signature.equipment_class}/contrast_{signature.failure_mode}.png"
        drawn[path] = contrast_figure(signature)
    hours = {
        str(mode): group["lead_hours"].to_list()
        for mode, group in judged.failures.groupby("failure_mode")
    }
    if hours:
        drawn["lead_time.png"] = lead_time_figure(hours)
    return drawn


def _said(oof: pd.DataFrame) -> pd.DataFrame:
    """One row a window that shows one thing: what it was, what was said."""
    alone = oof[~oof["label"].str.contains("|", regex=False)]
    said = alone["failure_mode"].where(alone["failure_mode"] != "", alone["verdict"])
    return pd.DataFrame({"actual": alone["label"], "predicted": said})


def _alone(oof: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    alone = oof[~oof["label"].str.contains("|", regex=False)]
    stated = alone.filter(like="probability.")
    stated.columns = [name.removeprefix("probability.") for name in stated.columns]
    return alone["label"], stated


def _table(learned: dict[str, Learned], rows: object, columns: list[str]) -> pd.DataFrame:
    assert callable(rows)
    every = [
        (f"{name}/{label}", *row)
        for name, one in learned.items()
        for label, truth, stated in _columns(one.oof)
        for row in rows(truth, stated)
    ]
    return pd.DataFrame(every, columns=columns)


def _columns(oof: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    truth, probabilities = _alone(oof)
    for label in probabilities.columns:
        positive = (truth == label).to_numpy()
        if positive.any():
            yield label, positive, probabilities[label].to_numpy(dtype=np.float64)


def _precision_recall(positive: np.ndarray, stated: np.ndarray) -> Iterator[tuple[float, float]]:
    precision, recall = precision_recall(positive, stated)
    kept = np.unique(np.linspace(0, len(recall) - 1, POINTS).round().astype(int))
    yield from zip(recall[kept].tolist(), precision[kept].tolist(), strict=True)


def _calibration(positive: np.ndarray, stated: np.ndarray) -> Iterator[tuple[float, float, int]]:
    bins = np.minimum((stated * BINS).astype(int), BINS - 1)
    for number in np.unique(bins):
        inside = bins == number
        yield float(stated[inside].mean()), float(positive[inside].mean()), int(inside.sum())


def _lead_times(judged: Judged) -> pd.DataFrame:
    """Share of all failures found at least so many hours ahead."""
    hours = np.sort(judged.failures["lead_hours"].dropna().to_numpy())[::-1]
    n = max(len(judged.failures), 1)
    share = np.arange(1, len(hours) + 1) / n
    return pd.DataFrame({"lead_hours": hours, "share_found": share})
