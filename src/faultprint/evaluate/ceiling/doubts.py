"""Labels that the windows contradict: failures that look healthy, health that looks faulty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from faultprint.evaluate.ceiling.task import Floats, Task


@dataclass(frozen=True)
class Doubt:
    """An occurrence whose label most of its windows contradict."""

    occurrence: str
    logged: str
    looks_like: str
    share: float
    """Share of its windows that confidently look like the other."""


@dataclass(frozen=True)
class Doubts:
    """Noise in the labels."""

    share: float
    """Share of windows whose label is confidently contradicted; classes weigh the same."""
    doubtful: tuple[Doubt, ...]
    """Occurrences to look at, the clearest first."""


def label_doubts(task: Task, probabilities: Floats) -> Doubts:
    """Find labels that a model, which has not seen the asset, contradicts with confidence.

    Parameters
    ----------
    task : Task
        The windows.
    probabilities : NDArray[numpy.float64]
        Out-of-fold probability of each class.

    Returns
    -------
    Doubts
        An occurrence is doubtful if at least half of its windows are.

    Notes
    -----
    Confident learning (Northcutt, Jiang and Chuang 2021, doi:10.1613/jair.1.12125): a window
    confidently looks like a class if its probability reaches the mean probability of that class
    over the windows that bear its label. What is contradicted may be mislabelled, or not yet, or
    never, visible: the two look the same from here.
    """
    means = np.array([
        probabilities[task.truth == one, one].mean() if (task.truth == one).any() else 2.0
        for one in range(len(task.classes))
    ])  # fmt: skip
    margin = np.where(probabilities >= means, probabilities, -1.0)
    best = margin.argmax(axis=1)
    sure = margin.max(axis=1) >= 0
    contradicted = sure & (best != task.truth)
    share = float((task.weights() * contradicted).sum())
    found = []
    key = task.occurrence + "|" + task.truth.astype(np.str_)
    for name in np.unique(key[contradicted]):
        mine = key == name
        part = float(contradicted[mine].mean())
        if part < 0.5:
            continue
        other = int(np.bincount(best[mine & contradicted]).argmax())
        said = task.classes[int(task.truth[mine][0])]
        occurrence = str(name).rpartition("|")[0]
        found.append(Doubt(occurrence, said, task.classes[other], part))
    found.sort(key=lambda one: (-one.share, one.occurrence))
    return Doubts(share, tuple(found))
