"""Searching settings: nothing leaks between the parts, and a search can be taken up again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faultprint.config import Tracking
from faultprint.errors import ConfigError
from faultprint.stages.search import Places, search
from faultprint.stages.searched import life_learner
from faultprint.store.studies import Search, Tried, load_search, run_study
from faultprint.store.tracking import _mlflow, prepare
from tests.prognosis.wearing import FAST, wearing

ROOT = Path(__file__).parents[2]
SPACE = {"size": {"low": 0.0, "high": 10.0}, "depth": {"low": 1, "high": 9, "whole": True}}


class Bowl:
    """Least loss at size 7; a group is a number that shifts it a little."""

    loss_name = "distance"
    groups = 12
    fingerprint = "1"

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {"size": 2.0, "depth": 3, "left": "alone"}
        self.asked: list[tuple[frozenset[int], frozenset[int]]] = []

    def loss(self, given: dict[str, Any], learn: np.ndarray, judge: np.ndarray) -> float:
        self.asked.append((frozenset(learn.tolist()), frozenset(judge.tolist())))
        assert isinstance(given["depth"], int)
        return abs(given["size"] - 7.0) + 0.01 * float(judge.mean())


def _said(**more: Any) -> Search:
    return Search.model_validate({"space": SPACE, "trials": 12, "patience": 12, **more})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one tracker, which takes seconds to make."""
    return tmp_path_factory.mktemp("project")


def _places(folder: Path, root: Path) -> Places:
    return Places(folder / "bowl.db", folder / "bowl.json", root)


def test_a_search_finds_what_is_better_and_says_what_it_cost(tmp_path: Path, root: Path) -> None:
    bowl, told = Bowl(), Tracking()
    found = search("bowl", bowl, _said(trials=9), _places(tmp_path, root), told)
    assert abs(found["chosen"]["size"] - 7.0) < abs(2.0 - 7.0)
    assert found["as_they_are"] == {"size": 2.0, "depth": 3}
    assert found["gain"]["mean"] > 0
    assert found["cost"]["trials"] == 4 * 9
    assert found["cost"]["pruned"] > 0
    for learnt, judged in bowl.asked:
        assert not learnt & judged
    again = Bowl()  # everything is there: only the outer parts are judged once more
    same = search("bowl", again, _said(trials=9), _places(tmp_path, root), told)
    assert {**same, "run": ""} == {**found, "run": ""}
    assert len(again.asked) == 2 * 3
    again.fingerprint = "2"
    search("bowl", again, _said(trials=2), _places(tmp_path, root), told)
    assert len(again.asked) > 4 * 3
    outer = [judged for learnt, judged in bowl.asked if len(learnt | judged) == 12]
    inner = [learnt | judged for learnt, judged in bowl.asked if len(learnt | judged) == 8]
    assert inner
    for whole in inner:  # what a study saw is all but one outer part, on which it was judged
        assert frozenset(range(12)) - whole in outer
    with _mlflow(prepare(told, root)) as mlflow:
        runs = mlflow.search_runs(experiment_names=[told.experiment], output_format="list")
        mine = [one for one in runs if one.data.tags.get("mlflow.parentRunId") == found["run"]]
    assert len(mine) == found["cost"]["trials"]


def test_a_study_is_taken_up_again_and_stops_when_patience_ends(tmp_path: Path) -> None:
    def judge(given: dict[str, Any], part: int) -> float:
        return abs(given["size"] - 7.0) + part

    first = run_study(tmp_path / "a.db", "one", _said(trials=5), {"size": 2.0, "depth": 3}, judge)
    assert len(first.tried) == 5
    assert first.tried[0].given == {"size": 2.0, "depth": 3}
    more = run_study(tmp_path / "a.db", "one", _said(trials=9), {"size": 2.0, "depth": 3}, judge)
    assert len(more.tried) == 9
    assert more.tried[:5] == first.tried
    assert more.loss <= first.loss

    def flat(given: dict[str, Any], part: int) -> float:
        return 1.0

    stopped = run_study(
        tmp_path / "a.db", "flat", _said(patience=3), {"size": 2.0, "depth": 3}, flat
    )
    assert [one.number for one in stopped.tried] == [0, 1, 2, 3]


def test_an_interrupted_trial_does_not_stop_the_next_run(tmp_path: Path) -> None:
    calls: list[int] = []

    def breaks(given: dict[str, Any], part: int) -> float:
        calls.append(part)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return given["size"]

    start = {"size": 2.0, "depth": 3}
    with pytest.raises(KeyboardInterrupt):
        run_study(tmp_path / "b.db", "one", _said(trials=4), start, breaks)
    again = run_study(tmp_path / "b.db", "one", _said(trials=4), start, lambda given, _: 1.0)
    assert isinstance(again.tried[0], Tried)
    assert again.tried[0].loss == 2.0
    assert len(again.tried) == 4


def test_time_ends_a_search_after_a_trial_each(tmp_path: Path, root: Path) -> None:
    found = search("bowl", Bowl(), _said(timeout=1e-6), _places(tmp_path, root), Tracking())
    assert found["cost"]["trials"] >= 4


def test_a_space_that_cannot_be_searched_is_refused(tmp_path: Path, root: Path) -> None:
    wrong = _said(space={"sise": {"low": 0, "high": 1}})
    with pytest.raises(ConfigError, match="did you mean 'size'"):
        search("bowl", Bowl(), wrong, _places(tmp_path, root), Tracking())
    narrow = _said(space={"size": {"low": 3, "high": 4}})
    with pytest.raises(ConfigError, match="outside 3 to 4"):
        search("bowl", Bowl(), narrow, _places(tmp_path, root), Tracking())
    with pytest.raises(ConfigError, match="12 groups for 5 outer and 3 inner"):
        search("bowl", Bowl(), _said(outer=5), _places(tmp_path, root), Tracking())
    (tmp_path / "odd.yaml").write_text("space: {a: {low: 2, high: 1}}\n", "utf-8")
    with pytest.raises(ConfigError, match="span no range"):
        load_search("odd", tmp_path)
    with pytest.raises(ConfigError, match="did you mean 'odd'"):
        load_search("od", tmp_path)


def test_the_learners_of_remaining_life_are_judged_by_other_assets() -> None:
    history, remaining = wearing(12, 13)
    learner = life_learner(history, remaining, FAST)
    known, new = np.arange(8), np.arange(8, 12)
    small = learner.loss({"trees.rounds": 2, "net.steps": 1}, known, new)
    usual = learner.loss({}, known, new)
    assert usual < 0.7 * small
    wrong = remaining.copy()
    wrong[8:] = 30.0  # the labels of those that judge do not reach the learners
    other = life_learner(history, wrong, FAST)
    assert other.loss({}, known, known[:0:-1][:4]) == learner.loss({}, known, known[:0:-1][:4])


@pytest.mark.parametrize("name", ["classifier", "remaining_life"])
def test_the_spaces_hold_the_settings_as_they_are(name: str) -> None:
    from faultprint.prognosis.settings import LifeSettings
    from faultprint.stages.search import _start
    from faultprint.store.settings import load_settings

    told = load_settings(ROOT / "params.yaml") if name == "classifier" else LifeSettings()
    bowl = Bowl()
    bowl.settings = told.model_dump(mode="json")
    said = load_search(name, ROOT / "params/search")
    assert _start(bowl, said).keys() == said.space.keys()
