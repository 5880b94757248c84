"""Studies: trials of settings that are kept on disk, pruned, and taken up again; uses Optuna."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState
from pydantic import Field, ValidationError, model_validator
from tqdm import tqdm

from faultprint.config import Strict, complaints
from faultprint.errors import ConfigError

Given = dict[str, float | int]
"""Dotted setting -> value."""

_DONE = (TrialState.COMPLETE, TrialState.PRUNED)
_WARM_UP = 4
"""Trials before any is pruned."""


class Range(Strict):
    """What a setting may be."""

    low: float
    """Least value."""
    high: float
    """Largest value."""
    log: bool = False
    """Whether ratios count, not differences."""
    whole: bool = False
    """Whether only whole numbers are tried."""

    @model_validator(mode="after")
    def _low_is_lower(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"low {self.low:g} and high {self.high:g} span no range")
        return self


class Search(Strict):
    """What is searched, how long and how it is judged: a file of params/search."""

    space: dict[str, Range] = Field(min_length=1)
    """Dotted setting -> what it may be."""
    trials: int = Field(24, ge=1)
    """Trials of each study; the first is of the settings as they are."""
    patience: int = Field(12, ge=1)
    """Trials without a better one after which a study stops."""
    timeout: float | None = Field(None, gt=0)
    """Longest time of all studies together [s]."""
    outer: int = Field(3, ge=2)
    """Parts of the assets on which what a search without them found is judged."""
    inner: int = Field(3, ge=2)
    """Parts of the remaining assets by which trials are compared."""
    seed: int = 0
    """Deals the parts and draws the trials."""


def load_search(name: str, folder: Path) -> Search:
    """Read the file of a search.

    Parameters
    ----------
    name : str
        Its name.
    folder : Path
        Where the files are.

    Returns
    -------
    Search
        The search.

    Raises
    ------
    ConfigError
        If there is no such file, or it has a wrong key or value.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise ConfigError.unknown("search", name, sorted(known))
    try:
        return Search.model_validate(yaml.safe_load(known[name].read_text("utf-8")))
    except ValidationError as error:
        raise ConfigError(complaints(error, Search, f"wrong settings in {name}")) from error


@dataclass(frozen=True)
class Tried:
    """One trial."""

    number: int
    given: Given
    loss: float
    """Mean over the parts that were judged."""
    parts: int
    """How many were; fewer than all if it was pruned."""
    cpu: float
    """What it cost [s]."""


@dataclass(frozen=True)
class Studied:
    """What a study found."""

    best: Given
    loss: float
    tried: tuple[Tried, ...]
    """Trials that came to an end, the pruned ones too, of earlier runs as well."""


def run_study(
    storage: Path,
    name: str,
    search: Search,
    start: Given,
    judge: Callable[[Given, int], float],
    seconds: float | None = None,
) -> Studied:
    """Try settings until the trials, the patience or the time is used up.

    Parameters
    ----------
    storage : Path
        SQLite file; a study of that name in it is taken up again.
    name : str
        Name of the study.
    search : Search
        Space and budget.
    start : dict[str, float | int]
        The settings as they are: the first trial.
    judge : Callable[[dict[str, float | int], int], float]
        From settings and the number of an inner part to the loss on it.
    seconds : float | None, default None
        Longest time; the trial under way is finished, and one is always made.

    Returns
    -------
    Studied
        The trial of least loss among those that were judged on every part.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{storage}", study_name=name, load_if_exists=True, direction="minimize"
    )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)  # a run that was killed
    done = study.get_trials(deepcopy=False, states=_DONE)
    study.sampler = optuna.samplers.TPESampler(seed=search.seed + len(done))
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=_WARM_UP)
    if not any(trial.state == TrialState.COMPLETE for trial in done):
        study.enqueue_trial(start)
    left = search.trials - len(done)
    if left > 0 and not _exhausted(study, search.patience):
        with tqdm(total=search.trials, initial=len(done), desc=name, unit="trial") as bar:
            study.optimize(
                lambda trial: _judged(trial, search, judge),
                n_trials=left,
                timeout=None if seconds is None else max(seconds, 1.0),
                callbacks=[_Watch(search.patience, bar)],
            )
    tried = tuple(_tried(one) for one in study.get_trials(deepcopy=False, states=_DONE))
    return Studied(_typed(study.best_params, search), float(study.best_value), tried)


def _judged(trial: optuna.Trial, search: Search, judge: Callable[[Given, int], float]) -> float:
    given: Given = {key: _suggest(trial, key, one) for key, one in search.space.items()}
    began, losses = time.process_time(), list[float]()
    for part in range(search.inner):
        losses.append(judge(given, part))
        trial.set_user_attr("cpu", time.process_time() - began)
        trial.report(sum(losses) / len(losses), part)
        if part + 1 < search.inner and trial.should_prune():
            raise optuna.TrialPruned
    return sum(losses) / len(losses)


def _suggest(trial: optuna.Trial, key: str, said: Range) -> float | int:
    if said.whole:
        return int(trial.suggest_int(key, int(said.low), int(said.high), log=said.log))
    return float(trial.suggest_float(key, said.low, said.high, log=said.log))


def _typed(given: Mapping[str, Any], search: Search) -> Given:
    return {key: int(given[key]) if one.whole else given[key] for key, one in search.space.items()}


def _tried(trial: FrozenTrial) -> Tried:
    parts = trial.intermediate_values
    return Tried(
        trial.number,
        dict(trial.params),
        float(parts[max(parts)]),
        len(parts),
        float(trial.user_attrs["cpu"]),
    )


def _exhausted(study: optuna.Study, patience: int) -> bool:
    """Say whether there was nothing better for too long."""
    done = study.get_trials(deepcopy=False, states=_DONE)
    complete = [one for one in done if one.state == TrialState.COMPLETE]
    return bool(complete) and len(done) - 1 - _rank(done, study.best_trial.number) >= patience


def _rank(done: Sequence[FrozenTrial], number: int) -> int:
    return [one.number for one in done].index(number)


@dataclass(frozen=True)
class _Watch:
    """Called after each trial."""

    patience: int
    bar: Any

    def __call__(self, study: optuna.Study, _: FrozenTrial) -> None:
        self.bar.update(1)
        self.bar.set_postfix(best=f"{study.best_value:.4g}")
        if _exhausted(study, self.patience):
            study.stop()
