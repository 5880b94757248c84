"""Three learners of different kinds, each asked about assets it has not seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from faultprint.config import Classifier
from faultprint.evaluate.ceiling.task import Flags, Floats, Task, Whole, Words
from faultprint.faults.learning import boost
from faultprint.faults.learning.space import reference, squash

ROUNDS = 60
"""Boosting rounds: enough to compare by, a fraction of the time."""

Learner = Callable[[Floats, Whole, Floats, int], Floats]
"""Training values, their classes, values to judge, number of classes -> probabilities."""


def trees(seen: Floats, truth: Whole, asked: Floats, classes: int) -> Floats:
    """Learn boosted trees, as the classifier does.

    Parameters
    ----------
    seen : NDArray[numpy.float64]
        Training windows in healthy scales.
    truth : NDArray[numpy.int64]
        Their classes.
    asked : NDArray[numpy.float64]
        Windows to judge.
    classes : int
        How many classes there are.

    Returns
    -------
    NDArray[numpy.float64]
        Probability of each class.
    """
    text = boost.boost(seen, truth, classes, Classifier(rounds=ROUNDS), 0)
    return np.asarray(boost.load(text).predict(asked, num_threads=1), dtype=np.float64)


def linear(seen: Floats, truth: Whole, asked: Floats, classes: int) -> Floats:
    """Learn a linear discriminant with a shrunk covariance and equal priors.

    Parameters
    ----------
    seen : NDArray[numpy.float64]
        Training windows in healthy scales.
    truth : NDArray[numpy.int64]
        Their classes.
    asked : NDArray[numpy.float64]
        Windows to judge.
    classes : int
        How many classes there are.

    Returns
    -------
    NDArray[numpy.float64]
        Probability of each class.
    """
    present = np.unique(truth)
    model = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage="auto", priors=np.full(len(present), 1 / len(present))
    )
    found = np.zeros((len(asked), classes))
    found[:, present] = model.fit(seen, truth).predict_proba(asked)
    return found


def neighbours(seen: Floats, truth: Whole, asked: Floats, classes: int) -> Floats:
    """Ask the nearest window in the space that tells the classes apart best.

    Parameters
    ----------
    seen : NDArray[numpy.float64]
        Training windows in healthy scales.
    truth : NDArray[numpy.int64]
        Their classes.
    asked : NDArray[numpy.float64]
        Windows to judge.
    classes : int
        How many classes there are.

    Returns
    -------
    NDArray[numpy.float64]
        1 for the class of the nearest window, else 0.

    Notes
    -----
    Among a hundred descriptors every window is far from every other; the discriminant space, one
    dimension fewer than classes, is learnt from the same windows.
    """
    space = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(seen, truth)
    model = KNeighborsClassifier(1, algorithm="brute").fit(space.transform(seen), truth)
    found = np.zeros((len(asked), classes))
    said = model.predict(space.transform(asked)).astype(np.int64)
    found[np.arange(len(asked)), said] = 1.0
    return found


LEARNERS: dict[str, Learner] = {"trees": trees, "linear": linear, "nearest": neighbours}
"""Name -> learner."""


def outside(task: Task, learner: Learner, kept: Flags | None = None) -> Floats:
    """Ask a learner about every window, learnt from the other folds.

    Parameters
    ----------
    task : Task
        The windows.
    learner : Learner
        The learner.
    kept : Flags | None, default None
        Windows that may be learnt from; all if it is not given.

    Returns
    -------
    NDArray[numpy.float64]
        Probability of each class. What is healthy, and how far it scatters, is learnt in the same
        folds; a fold without healthy windows, or a class alone, elsewhere is judged healthy.
    """
    allowed = np.ones(len(task.truth), dtype=bool) if kept is None else kept
    found = np.zeros((len(task.truth), len(task.classes)))
    found[:, 0] = 1.0
    for fold in np.unique(task.fold):
        held = task.fold == fold
        seen = allowed & ~held
        seen &= np.bincount(task.truth[seen], minlength=len(task.classes))[task.truth] > 1
        truth = task.truth[seen]
        if not (truth == 0).any() or len(np.unique(truth)) < 2:
            continue
        healthy = reference(task.matrix[seen & (task.truth == 0)], task.matrix[seen])
        scaled = squash(healthy.units(healthy.filled(task.matrix)))
        found[held] = learner(scaled[seen], truth, scaled[held], len(task.classes))
    return found


def occurrence_scores(task: Task, probabilities: Floats) -> tuple[Whole, Floats, Words]:
    """Say for each occurrence how much of it was judged rightly.

    Parameters
    ----------
    task : Task
        The windows.
    probabilities : NDArray[numpy.float64]
        Probability of each class.

    Returns
    -------
    truth : NDArray[numpy.int64]
        Class of each occurrence.
    right : NDArray[numpy.float64]
        Share of its windows judged rightly.
    name : NDArray[numpy.str_]
        Its name.
    """
    right = probabilities.argmax(axis=1) == task.truth
    key = task.occurrence + "|" + task.truth.astype(np.str_)
    _, first, whole = np.unique(key, return_index=True, return_inverse=True)
    share = np.bincount(whole, right.astype(np.float64)) / np.bincount(whole)
    return task.truth[first], share, task.occurrence[first]


def better(task: Task, said: dict[str, Floats]) -> str:
    """Choose the learner that judges most occurrences rightly.

    Parameters
    ----------
    task : Task
        The windows.
    said : dict[str, NDArray[numpy.float64]]
        Learner -> its out-of-fold probabilities.

    Returns
    -------
    str
        Its name.
    """
    weights = task.weights()
    return max(said, key=lambda name: float(weights @ (said[name].argmax(axis=1) == task.truth)))
