"""The ceiling of one equipment class, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from faultprint.evaluate.ceiling.bounds import Bound, nearest_bound
from faultprint.evaluate.ceiling.curve import Curve, balanced
from faultprint.evaluate.ceiling.doubts import Doubts, label_doubts
from faultprint.evaluate.ceiling.learners import occurrence_scores
from faultprint.evaluate.ceiling.task import Floats, Task
from faultprint.evaluate.ceiling.visibility import Seen
from faultprint.records import Proportion
from faultprint.state.intervals import wilson

Limit = Literal["none", "sensors", "failures", "model", "labels or likeness"]

HALF = 0.5


@dataclass(frozen=True)
class Missed:
    """Failures that the best learner judged wrongly, by what stood in the way."""

    invisible: int
    """No sensor left its usual range, and no learner found them: sensors, or too sudden a fault."""
    by_other: int
    """Another learner judged them rightly: the model."""
    by_none: int
    """Visible, yet no learner got them: too few like them, doubtful labels, or two faults alike."""

    @property
    def n(self) -> int:
        """All of them."""
        return self.invisible + self.by_other + self.by_none


@dataclass(frozen=True, eq=False)
class Ceiling:
    """What could be reached with the data of one equipment class."""

    equipment_class: str
    classes: tuple[str, ...]
    failures: int
    """Failures of the training time that were looked at."""
    scores: dict[str, float]
    """Learner -> balanced accuracy on assets it has not seen."""
    curve: Curve
    bound: Bound
    visible: Proportion
    """Failures before which some sensor left its usual range, or that some learner found."""
    invisible: tuple[Seen, ...]
    shared: float
    """Share of failures that all learners judge wrongly ..."""
    independent: float
    """... and what that share would be if their errors had nothing in common."""
    missed: Missed
    doubts: Doubts

    @property
    def best(self) -> str:
        """The learner with the highest score."""
        return max(self.scores, key=lambda name: self.scores[name])

    @property
    def limit(self) -> Limit:
        """What would help most.

        More failures, if their last doubling gave half as much as is still wrong, or more; else
        what most failures that are missed are missed for.
        """
        missed, wrong = self.missed, 1 - self.curve.points[-1].score
        if self.curve.is_rising and self.curve.gain >= HALF * wrong:
            return "failures"
        if not missed.n:
            return "none"
        rest: Limit = "failures" if self.curve.is_rising else "labels or likeness"
        counts: list[tuple[int, Limit]] = [
            (missed.invisible, "sensors"),
            (missed.by_none, rest),
            (missed.by_other, "model"),
        ]
        return max(counts, key=lambda one: one[0])[1]


def measure_ceiling(
    equipment_class: str, task: Task, said: dict[str, Floats], curve: Curve, seen: tuple[Seen, ...]
) -> Ceiling:
    """Put together what the learners, the curve and the sensors say.

    Parameters
    ----------
    equipment_class : str
        Equipment class.
    task : Task
        The windows.
    said : dict[str, NDArray[numpy.float64]]
        Learner -> its out-of-fold probabilities; ``trees`` and ``nearest`` are among them.
    curve : Curve
        The learning curve.
    seen : tuple[Seen, ...]
        How visible each failure was.

    Returns
    -------
    Ceiling
        A failure counts as judged rightly if at least half of its windows are.
    """
    scores, right = {}, {}
    truth, names = task.truth[:0], task.occurrence[:0]
    for name, probabilities in said.items():
        truth, share, names = occurrence_scores(task, probabilities)
        scores[name] = balanced(truth, share)
        right[name] = share[truth > 0] >= HALF
    failures = names[truth > 0]
    best = max(scores, key=lambda name: scores[name])
    wrong, any_right = ~right[best], np.any(list(right.values()), axis=0)
    caught = {part for name in failures[any_right] for part in str(name).split("|")}
    hidden = tuple(one for one in seen if not one.is_visible and one.episode not in caught)
    unseen = {one.episode for one in hidden}
    blind = np.array([bool(set(str(name).split("|")) & unseen) for name in failures], dtype=bool)
    return Ceiling(
        equipment_class,
        task.classes,
        len(failures),
        scores,
        curve,
        nearest_bound(task, said["nearest"]),
        wilson(len(seen) - len(hidden), len(seen)),
        hidden,
        float(np.mean(~any_right)) if len(failures) else 0.0,
        float(np.prod([1 - mine.mean() for mine in right.values()])) if len(failures) else 0.0,
        Missed(
            int((wrong & blind).sum()),
            int((wrong & ~blind & any_right).sum()),
            int((wrong & ~blind & ~any_right).sum()),
        ),
        label_doubts(task, said["trees"]),
    )
