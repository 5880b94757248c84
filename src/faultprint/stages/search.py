"""Search settings by grouped, nested validation; what it gains stands beside what it costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from faultprint.config import Tracking
from faultprint.errors import ConfigError
from faultprint.prognosis.labels import deal_assets
from faultprint.prognosis.trajectories import Ints
from faultprint.stages.searched import Learner
from faultprint.stages.workspace import write_json
from faultprint.store import tracked_search, tracking
from faultprint.store.studies import Given, Search, Studied, run_study
from faultprint.store.training import flatten


@dataclass(frozen=True)
class Gain:
    """What a search is worth on assets that it did not see."""

    as_they_are: tuple[float, ...]
    """Loss on each outer part, of the settings as they are."""
    searched: tuple[float, ...]
    """Loss on each outer part, of the settings found without it."""


@dataclass(frozen=True)
class Places:
    """Where a search keeps its trials, and where it says what it found."""

    storage: Path
    """SQLite file of the trials."""
    result: Path
    """JSON file of the outcome."""
    root: Path
    """The project, for the tracker."""


def search(
    name: str, learner: Learner, said: Search, places: Places, told: Tracking
) -> dict[str, Any]:
    """Search, and judge the search itself on parts that it did not see.

    Parameters
    ----------
    name : str
        What is searched; its studies in the storage are taken up again, if data, settings and
        space are the same.
    learner : Learner
        What learns; only its training groups are there.
    said : Search
        Space and budget.
    places : Places
        Storage, result and project.
    told : Tracking
        The tracker: a run for the search, a child for each trial.

    Returns
    -------
    dict[str, Any]
        ``chosen`` settings; ``gain`` with the loss on each outer part of the settings as they are
        and of those that a search without the part found; ``cost`` in trials, pruned ones and CPU
        seconds, of earlier runs too; the tracker's ``run``.

    Raises
    ------
    ConfigError
        If there are fewer groups than parts, or a setting to search does not exist.

    Notes
    -----
    Each outer part is left out in turn, a study is made on the rest by inner parts, and what it
    chose is judged on the outer part: an estimate of what searching gives. What is chosen in the
    end is the choice of a last study, on all groups. No part tears a group apart.
    """
    start = _start(learner, said)
    least = said.outer * said.inner
    if learner.groups < least:
        raise ConfigError.because(
            f"{learner.groups} groups for {said.outer} outer and {said.inner} inner parts",
            f"{least} at least",
            "ask for fewer parts, or learn from more assets",
        )
    uri = tracking.prepare(told, places.root)
    until = None if said.timeout is None else time.monotonic() + said.timeout
    dealt = deal_assets(learner.groups, said.outer, said.seed)
    studies: dict[str, Studied] = {}
    plain, found = [], []
    try:
        for part in range(said.outer):
            rest = np.flatnonzero(dealt != part)
            label = f"{name}, without part {part + 1} of {said.outer}"
            seconds = _share(until, said.outer + 1 - part)
            studies[label] = _study(label, learner, said, (rest, start), places.storage, seconds)
            out = np.flatnonzero(dealt == part)
            plain.append(learner.loss(start, rest, out))
            found.append(learner.loss(studies[label].best, rest, out))
        label, every = f"{name}, all", np.arange(learner.groups)
        studies[label] = _study(
            label, learner, said, (every, start), places.storage, _share(until, 1)
        )
    finally:  # an interrupted search is in the tracker too
        run = tracked_search.log_search(uri, told, name, studies)
    gain = Gain(tuple(plain), tuple(found))
    result = {
        "searched": name,
        "loss": learner.loss_name,
        "chosen": studies[label].best,
        "as_they_are": start,
        "gain": {**asdict(gain), "mean": float(np.mean(plain) - np.mean(found))},
        "cost": _cost(studies, said),
    }
    write_json(places.result, result)
    return {**result, "run": run}


def _study(
    label: str,
    learner: Learner,
    said: Search,
    given: tuple[Ints, Given],
    storage: Path,
    seconds: float | None,
) -> Studied:
    """Search among some groups alone."""
    groups, start = given
    part = deal_assets(len(groups), said.inner, said.seed)

    def judge(settings: Given, fold: int) -> float:
        return learner.loss(settings, groups[part != fold], groups[part == fold])

    whole = said.model_dump_json(exclude={"trials", "patience", "timeout"}) + learner.fingerprint
    kept = f"{label}, {sha256(whole.encode()).hexdigest()[:12]}"
    return run_study(storage, kept, said, start, judge, seconds)


def _start(learner: Learner, said: Search) -> Given:
    """Take the settings as they are, which the space must hold."""
    known = flatten(learner.settings)
    for key, one in said.space.items():
        if key not in known:
            raise ConfigError.unknown("setting", key, sorted(known))
        if not one.low <= float(known[key]) <= one.high:
            raise ConfigError.because(
                f"{key} = {known[key]}, outside {one.low:g} to {one.high:g}",
                "a space that holds the settings as they are",
                "widen it in params/search",
            )
    return {key: known[key] for key in said.space}


def _share(until: float | None, studies: int) -> float | None:
    return None if until is None else (until - time.monotonic()) / studies


def _cost(studies: Mapping[str, Studied], said: Search) -> dict[str, float]:
    every = [one for study in studies.values() for one in study.tried]
    return {
        "trials": len(every),
        "pruned": sum(one.parts < said.inner for one in every),
        "cpu_seconds": round(sum(one.cpu for one in every), 1),
    }
