"""The ceiling tells the limits of data and model apart where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from faultprint.evaluate.ceiling.bounds import cover_hart, nearest_bound
from faultprint.evaluate.ceiling.curve import (
    Curve,
    Point,
    balanced,
    draws,
    learning_curve,
)
from faultprint.evaluate.ceiling.doubts import label_doubts
from faultprint.evaluate.ceiling.learners import (
    LEARNERS,
    linear,
    neighbours,
    occurrence_scores,
    outside,
    trees,
)
from faultprint.evaluate.ceiling.page import SAYS, ceiling_page
from faultprint.evaluate.ceiling.task import Task, task_of
from faultprint.evaluate.ceiling.verdict import Ceiling, measure_ceiling
from faultprint.evaluate.ceiling.visibility import Seen, visible_failures
from faultprint.faults.learning.sample import Sample
from faultprint.store.ceiling_figure import ceiling_figure

FLAT = Curve(tuple(Point(s, 10 * s, 0.8, 0.7, 0.9) for s in (0.25, 0.5, 1.0)), 0.0, -0.01, 0.01)
RISING = Curve(
    tuple(Point(s, 10 * s, 0.5 + 0.3 * s, 0.4, 0.9) for s in (0.25, 0.5, 1.0)), 0.15, 0.1, 0.2
)


def made(shift: float, failures: int = 20, windows: int = 6, wide: int = 4, seed: int = 0) -> Task:
    """Healthy windows and two faults; each fault moves one feature by ``shift`` scales."""
    rng = np.random.default_rng(seed)
    healthy = 200
    truth = np.concatenate([
        np.zeros(healthy, np.int64), np.repeat(1 + np.arange(failures) % 2, windows)
    ])  # fmt: skip
    values = rng.normal(0, 1, (len(truth), wide))
    values[np.arange(len(truth)), truth] += np.where(truth > 0, shift, 0.0)
    occurrence = np.concatenate([
        [f"h{i % 10}#1" for i in range(healthy)],
        np.repeat([f"a{i}@x" for i in range(failures)], windows),
    ])  # fmt: skip
    fold = np.concatenate([np.arange(healthy) % 10 % 5, np.repeat(np.arange(failures) // 2 % 5,
                                                                 windows)])  # fmt: skip
    names = tuple(f"s{i}.deviance" for i in range(wide))
    return Task(("healthy", "wear", "crack"), names, values, truth, fold, occurrence)


def test_the_bound_holds_where_the_smallest_error_is_known() -> None:
    """Two normal classes two apart, many examples: the best possible error is known."""
    rng = np.random.default_rng(1)
    n = 4000
    truth = np.tile([0, 1], n // 2)
    values = rng.normal(0, 1, (n, 1)) + 2.0 * truth[:, None]
    names = np.array([f"{i}@x" for i in range(n)])
    task = Task(("healthy", "wear"), ("s.mean",), values, truth, np.arange(n) // 2 % 4, names)
    bound = nearest_bound(task, outside(task, neighbours))
    best = float(norm.cdf(-1.0))
    assert bound.low - 0.01 <= best <= bound.high
    assert bound.low > 0.6 * best


@pytest.mark.parametrize("classes", [2, 5])
def test_the_bound_at_its_ends(classes: int) -> None:
    chance = 1 - 1 / classes
    assert cover_hart(0.0, classes) == (0.0, 0.0)
    assert cover_hart(chance, classes) == pytest.approx((chance, chance))
    assert cover_hart(1.0, classes) == pytest.approx((chance, chance))


@pytest.mark.parametrize("name", list(LEARNERS))
def test_each_learner_finds_what_is_plain_and_nothing_in_noise(name: str) -> None:
    for shift, low, high in ((8.0, 0.9, 1.0), (0.0, 0.2, 0.5)):
        task = made(shift)
        truth, right, _ = occurrence_scores(task, outside(task, LEARNERS[name]))
        assert low <= balanced(truth, right) <= high


def test_a_learner_never_sees_the_fold_it_is_asked_about() -> None:
    """A feature that is the occurrence's own number is worth nothing across folds."""
    task = made(0.0)
    _, own = np.unique(task.occurrence, return_inverse=True)
    values = np.column_stack([own, task.truth * (task.fold == 0)]).astype(float)
    odd = Task(task.classes, ("a", "b"), values, task.truth, task.fold, task.occurrence)
    truth, right, _ = occurrence_scores(odd, outside(odd, trees))
    assert balanced(truth, right) < 0.6


def test_the_curve_rises_where_faults_are_hard_and_not_where_they_are_plain() -> None:
    hard, plain = made(3.0, failures=60, windows=3, wide=120, seed=3), made(8.0)
    rising = learning_curve(hard, linear, draws(hard, 0))
    assert rising.is_rising
    assert rising.points[0].score < rising.points[-1].score
    flat = learning_curve(plain, linear, draws(plain, 0))
    assert not flat.is_rising
    assert flat.points[-1].score > 0.95


def test_draws_keep_whole_failures() -> None:
    task = made(1.0)
    shares = [share for share, _ in draws(task, 0)]
    assert shares == [0.25, 0.25, 0.5, 0.5, 1.0]
    for share, kept in draws(task, 0):
        assert kept[task.truth == 0].all()
        names = task.occurrence[kept & task.of_fault]
        assert len(np.unique(names)) == 20 * share or share == 0.25
        assert set(task.occurrence[~kept]).isdisjoint(names)


def test_a_wrong_label_is_doubted() -> None:
    task = made(8.0)
    truth = task.truth.copy()
    truth[task.occurrence == "a0@x"] = 2
    quiet = task.matrix.copy()
    quiet[task.occurrence == "a3@x"] = np.random.default_rng(5).normal(0, 1, (6, 4))
    wrong = Task(task.classes, task.features, quiet, truth, task.fold, task.occurrence)
    doubts = label_doubts(wrong, outside(wrong, trees))
    found = {one.occurrence: (one.logged, one.looks_like) for one in doubts.doubtful}
    assert found == {"a0@x": ("crack", "wear"), "a3@x": ("crack", "healthy")}
    assert 0.02 < doubts.share < 0.2
    assert not label_doubts(task, outside(task, trees)).doubtful


def sample(shift: float, failures: int = 20) -> Sample:
    """Six assets with a window an hour; each failure has six windows that move one sensor."""
    rng = np.random.default_rng(4)
    rows = []
    for asset in range(6):
        rows += [(f"A{asset}", hour, 0, "") for hour in range(300)]
    for number in range(failures):
        at = 400 + 20 * number
        rows += [(f"A{number % 6}", at + i, 1, f"A{number % 6}@{number}") for i in range(6)]
    frame = pd.DataFrame(rows, columns=["asset", "hour", "fault", "episode"])
    frame["end"] = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(frame["hour"], unit="h")
    frame["fold"] = frame["asset"].str[1:].astype(int) % 3
    fault = frame["fault"].to_numpy()
    matrix = rng.normal(0, 1, (len(frame), 5))
    matrix[:, 2] += shift * fault
    marked = frame[fault == 1].reset_index(names="row")
    episodes = marked[["row", "asset", "episode"]].assign(failure_mode="wear")
    names = (*(f"s{i}.deviance" for i in range(4)), "error.E1.count")
    truth = np.column_stack([1.0 - fault, fault])
    history = frame[["asset", "end"]].assign(used=True)
    return Sample("fan", frame, names, matrix, ("healthy", "wear"), truth, episodes, (), history)


def test_a_failure_without_a_trace_is_invisible_at_the_stated_rate() -> None:
    seen = visible_failures(sample(0.0, failures=120))
    assert len(seen) == 120
    assert sum(one.is_visible for one in seen) <= 15
    plain = visible_failures(sample(5.0))
    assert all(one.is_visible for one in plain)
    assert {one.by for one in plain} == {"s2.deviance"}


def test_healthy_windows_are_thinned_and_faults_are_not() -> None:
    task = task_of(sample(1.0))
    assert (task.truth == 1).sum() == 120
    assert 750 <= (task.truth == 0).sum() <= 1500
    assert task.weights().sum() == pytest.approx(1)
    assert task.weights()[task.of_fault].sum() == pytest.approx(0.5)


def _ceiling(said: dict[str, np.ndarray], task: Task, curve: Curve, hidden: tuple[str, ...]
             ) -> Ceiling:  # fmt: skip
    names = np.unique(task.occurrence[task.of_fault])
    seen = tuple(Seen(str(n), "wear", 0.5 if n in hidden else 0.001, "") for n in names)
    return measure_ceiling("fan", task, said, curve, seen)


def _said(task: Task, wrong: tuple[str, ...]) -> np.ndarray:
    """Right everywhere, but healthy on some failures."""
    found = np.where(np.isin(task.occurrence, wrong), 0, task.truth)
    return np.eye(len(task.classes))[found]


@pytest.mark.parametrize(
    ("best", "other", "hidden", "curve", "limit"),
    [
        (("a0@x", "a1@x", "a2@x"), ("a0@x", "a1@x", "a2@x", "a3@x"), ("a0@x", "a1@x"), FLAT,
         "sensors"),
        (("a0@x", "a1@x"), ("a3@x", "a4@x", "a5@x"), (), FLAT, "model"),
        (("a0@x", "a1@x"), ("a0@x", "a1@x", "a5@x"), (), FLAT, "labels or likeness"),
        (("a0@x", "a1@x"), ("a0@x", "a1@x", "a5@x"), ("a0@x", "a1@x"), RISING, "failures"),
        ((), ("a0@x",), (), FLAT, "none"),
    ],
)  # fmt: skip
def test_the_verdict_says_what_stands_in_the_way(
    best: tuple[str, ...], other: tuple[str, ...], hidden: tuple[str, ...], curve: Curve, limit: str
) -> None:
    task = made(1.0)
    said = {"trees": _said(task, best), "nearest": _said(task, other)}
    one = _ceiling(said, task, curve, hidden)
    assert (one.best, one.limit, one.missed.n) == ("trees", limit, len(best))
    assert one.missed.invisible == len([name for name in best if name in hidden])
    assert one.visible.n - one.visible.hits == len(hidden)
    assert one.shared == pytest.approx(len(set(best) & set(other)) / 20)
    page = ceiling_page(one)
    assert SAYS[one.limit] in page
    assert all(f"wear {name}" in page for name in hidden)
    assert max(map(len, page.splitlines()[:-1])) < 220


def test_what_a_learner_finds_is_not_invisible() -> None:
    task = made(1.0)
    said = {"trees": _said(task, ("a0@x",)), "nearest": _said(task, ("a1@x",))}
    one = _ceiling(said, task, FLAT, ("a0@x",))
    assert one.invisible == ()
    assert one.missed.by_other == 1


def test_the_picture_is_the_same_twice() -> None:
    task = made(8.0)
    said = {name: outside(task, learner) for name, learner in LEARNERS.items()}
    one = _ceiling(said, task, FLAT, ())
    drawn = ceiling_figure([one, one])
    assert drawn == ceiling_figure([one, one])
    assert drawn.startswith(b"\x89PNG")
    assert b"balanced accuracy" in ceiling_figure([one], "svg")
