"""What can be searched: learners that are judged by the assets they were not shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from faultprint.config import Settings, settings_from
from faultprint.errors import ConfigError
from faultprint.evaluate.benchmarks.life import rmse
from faultprint.evaluate.folds import kept_whole
from faultprint.faults.learning import boost
from faultprint.faults.learning.crossfit import classifier
from faultprint.faults.learning.members import opinions
from faultprint.faults.learning.mixing import mixed
from faultprint.faults.learning.sample import Sample, gather
from faultprint.faults.learning.space import reference
from faultprint.prognosis.first_stage import forecast_first, learn_first
from faultprint.prognosis.labels import SHORTEST, life_labels
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories, Ints
from faultprint.stages.benchmarks.remaining_life import train_part
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.benchmarks import LifeBenchmark, check_pins, folder_of, load_benchmark
from faultprint.store.settings import merge_params
from faultprint.store.studies import Given

_LEAST = 1e-6
"""Least probability that is charged."""


class Learner(Protocol):
    """Something with settings that learns from some groups and is judged by others."""

    @property
    def loss_name(self) -> str:
        """Name the loss.

        Returns
        -------
        str
            With its unit.
        """

    @property
    def groups(self) -> int:
        """Count what is never on both sides: assets, or runs of one.

        Returns
        -------
        int
            They are numbered from 0.
        """

    @property
    def settings(self) -> dict[str, Any]:
        """Tell the settings as they are.

        Returns
        -------
        dict[str, Any]
            Nested.
        """

    @property
    def fingerprint(self) -> str:
        """Tell data and settings apart: trials of others are not taken up again.

        Returns
        -------
        str
            Hexadecimal.
        """

    def loss(self, given: Given, learn: Ints, judge: Ints) -> float:
        """Learn from some groups, and judge by others.

        Parameters
        ----------
        given : dict[str, float | int]
            Dotted setting -> value, in place of the settings as they are.
        learn : NDArray[numpy.int64]
            Groups to learn from.
        judge : NDArray[numpy.int64]
            Groups to judge by.

        Returns
        -------
        float
            The less the better.
        """


@dataclass(frozen=True)
class LifeLearner:
    """The first stage of remaining life."""

    history: Histories
    """Training assets."""
    remaining: Floats
    """Remaining life at the last row of each, NaN where it is not known [cycles]."""
    settings: dict[str, Any]
    """The settings as they are."""
    groups: int
    fingerprint: str
    loss_name: str = "RMSE of left-out assets [cycles]"

    def loss(self, given: Given, learn: Ints, judge: Ints) -> float:
        """Learn the first stage, and judge the mean of its learners.

        Parameters
        ----------
        given : dict[str, float | int]
            Dotted setting -> value.
        learn : NDArray[numpy.int64]
            Assets to learn from.
        judge : NDArray[numpy.int64]
            Assets to judge by.

        Returns
        -------
        float
            Root mean squared error over all rows with enough history [cycles].
        """
        settings = LifeSettings.model_validate(merge_params(self.settings, given))
        code, labels = self.history.codes(), life_labels(self.history, self.remaining, settings.cap)
        known, new = self.history.take(np.sort(learn)), self.history.take(np.sort(judge))
        told = self.remaining[np.sort(learn)], labels[np.isin(code, learn)]
        stage = learn_first(known, *told, settings, settings.seeds[0])
        forecasts, _ = forecast_first(stage, settings, new)
        truth = labels[np.isin(code, judge)]
        used = np.isfinite(truth) & (new.ages() > 2 * SHORTEST)
        mean = forecasts[:, : len(settings.learners)].mean(axis=1)
        return rmse(mean[used], truth[used])


def life_learner(history: Histories, remaining: Floats, settings: LifeSettings) -> LifeLearner:
    """Make the learners of remaining life ready.

    Parameters
    ----------
    history : Histories
        Training assets.
    remaining : NDArray[numpy.float64]
        Remaining life at the last row of each, NaN where it is not known [cycles].
    settings : LifeSettings
        The settings as they are.

    Returns
    -------
    LifeLearner
        With assets as groups.
    """
    said = settings.model_dump(mode="json")
    seen = _digest(said, history.starts, history.conditions, history.readings, remaining)
    return LifeLearner(history, remaining, said, len(history.assets), seen)


@dataclass(frozen=True)
class FaultLearner:
    """The classifiers of faults, of all equipment classes together."""

    samples: dict[str, Sample]
    """Equipment class -> its training windows."""
    group: dict[str, NDArray[Any]]
    """Equipment class -> the group of each of its windows."""
    settings: dict[str, Any]
    """The settings as they are."""
    groups: int
    fingerprint: str
    loss_name: str = "log loss of left-out assets, classes alike [nat]"

    def loss(self, given: Given, learn: Ints, judge: Ints) -> float:
        """Learn the classifiers, and judge their probabilities.

        Parameters
        ----------
        given : dict[str, float | int]
            Dotted setting -> value.
        learn : NDArray[numpy.int64]
            Groups to learn from.
        judge : NDArray[numpy.int64]
            Groups to judge by.

        Returns
        -------
        float
            Mean over the classes of each equipment class of the mean negative log probability.
        """
        settings = settings_from(merge_params(self.settings, given))
        losses: list[float] = []
        for name, sample in self.samples.items():
            rows, asked = (np.isin(self.group[name], groups) for groups in (learn, judge))
            losses += _class_losses(sample, rows, asked, settings)
        return float(np.mean(losses)) if losses else 0.0


def fault_learner(settings: Settings, expected: Path) -> FaultLearner:
    """Make the classifiers of faults ready; the training part of the windows alone is taken.

    Parameters
    ----------
    settings : Settings
        The settings as they are.
    expected : Path
        What the stage ``expect`` wrote.

    Returns
    -------
    FaultLearner
        With assets, or runs where there is one asset, as groups.
    """
    windows = read_frames(expected / "windows", ("label", "use", "part", "fold"))
    residuals = read_frames(expected / "residuals")
    samples = {name: gather(frame, residuals[name], settings) for name, frame in windows.items()}
    named = {
        name: f"{name}/" + kept_whole(one.windows, settings.split).astype("str")
        for name, one in samples.items()
    }
    whole = sorted({group for groups in named.values() for group in groups})
    place = {group: number for number, group in enumerate(whole)}
    group = {name: groups.map(place).to_numpy(dtype=np.int64) for name, groups in named.items()}
    said = settings.model_dump(mode="json")
    arrays = [part for one in samples.values() for part in (one.matrix, one.truth)]
    return FaultLearner(samples, group, said, len(whole), _digest(said, *arrays, *group.values()))


def _digest(settings: dict[str, Any], *arrays: NDArray[Any]) -> str:
    digest = sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _class_losses(sample: Sample, rows: Any, asked: Any, settings: Settings) -> list[float]:
    healthy = rows & sample.showing("healthy")
    if len(sample.classes) == 1 or not healthy.any():
        return []
    ref = reference(sample.matrix[healthy], sample.matrix[rows])
    booster, lines = classifier(sample, ref, rows, settings, settings.seed)
    said = opinions(boost.load(booster), lines, ref, sample.matrix[asked])
    probability = mixed(said, (0.5,) * said.shape[1])
    share = sample.truth[asked]
    surprise = -np.log(np.maximum((probability * (share > 0)).sum(axis=1), _LEAST))
    return [float(surprise[one > 0].mean()) for one in share.T if (one > 0).any()]


def learner_of(
    name: str, settings: Settings, root: Path, benchmarks: Path, data: Path | None
) -> tuple[str, Learner]:
    """Make ready what is searched; of a benchmark, the training part alone is read.

    Parameters
    ----------
    name : str
        ``classifier``, or a benchmark.
    settings : Settings
        Settings of the workspace.
    root : Path
        The workspace.
    benchmarks : Path
        Folder of the benchmark files.
    data : Path | None
        Folder of a benchmark's published files.

    Returns
    -------
    kind : str
        Name of the file that says what to search.
    learner : Learner
        What learns.

    Raises
    ------
    ConfigError
        If a benchmark comes without its data, or its learners cannot be searched.
    """
    if name == "classifier":
        return name, fault_learner(settings, Workspace(root).expected)
    benchmark = load_benchmark(name, benchmarks)
    if data is None or not isinstance(benchmark, LifeBenchmark):
        raise ConfigError.because(
            f"{name!r} ({benchmark.protocol}), --data {data}",
            "'classifier', or a benchmark of remaining_life and the folder of its data",
            "write --data DIR",
        )
    folder = folder_of(benchmark, data)
    check_pins(folder, benchmark.data)
    first = next(iter(benchmark.variants.values()))
    return benchmark.protocol, life_learner(*train_part(benchmark, folder), first)
