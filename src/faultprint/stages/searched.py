"""What can be searched: learners that are judged by the assets they were not shown."""

from __future__ import annotations

import json
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
from faultprint.faults.learning.crossfit import boosted
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

    loss_name: str
    """What the loss is."""

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


class LifeLearner:
    """The first stage of remaining life."""

    loss_name = "RMSE of left-out assets [cycles]"

    def __init__(self, history: Histories, remaining: Floats, settings: LifeSettings) -> None:
        """Take the training assets.

        Parameters
        ----------
        history : Histories
            Training assets.
        remaining : NDArray[numpy.float64]
            Remaining life at the last row of each, NaN where it is not known [cycles].
        settings : LifeSettings
            The settings as they are.
        """
        self._history, self._remaining, self._settings = history, remaining, settings
        self._labels = life_labels(history, remaining, settings.cap)

    @property
    def groups(self) -> int:
        """Count the assets.

        Returns
        -------
        int
            Assets.
        """
        return len(self._history.assets)

    @property
    def settings(self) -> dict[str, Any]:
        """Tell the settings as they are.

        Returns
        -------
        dict[str, Any]
            Nested.
        """
        return self._settings.model_dump(mode="json")

    @property
    def fingerprint(self) -> str:
        """Tell data and settings apart: trials of others are not taken up again.

        Returns
        -------
        str
            Hexadecimal.
        """
        rows = self._history
        return _digest(self.settings, rows.starts, rows.conditions, rows.readings, self._labels)

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
        known, new = self._history.take(np.sort(learn)), self._history.take(np.sort(judge))
        code = self._history.codes()
        labels = self._labels[np.isin(code, learn)]
        seed = settings.seeds[0]
        stage = learn_first(known, self._remaining[np.sort(learn)], labels, settings, seed)
        forecasts, _ = forecast_first(stage, settings, new)
        truth = self._labels[np.isin(code, judge)]
        used = np.isfinite(truth) & (new.ages() > 2 * SHORTEST)
        mean = forecasts[:, : len(settings.learners)].mean(axis=1)
        return rmse(mean[used], truth[used])


class FaultLearner:
    """The classifiers of faults, of all equipment classes together."""

    loss_name = "log loss of left-out assets, classes alike [nat]"

    def __init__(self, settings: Settings, expected: Path) -> None:
        """Read the windows of the training part.

        Parameters
        ----------
        settings : Settings
            The settings as they are.
        expected : Path
            What the stage ``expect`` wrote.
        """
        self._settings = settings
        windows = read_frames(expected / "windows", ("label", "use", "part", "fold"))
        residuals = read_frames(expected / "residuals")
        self._samples = {
            name: gather(frame, residuals[name], settings) for name, frame in windows.items()
        }
        named = {
            name: f"{name}/" + kept_whole(one.windows, settings.split).astype("str")
            for name, one in self._samples.items()
        }
        whole = sorted({group for groups in named.values() for group in groups})
        place = {group: number for number, group in enumerate(whole)}
        self._count = len(whole)
        self._group = {name: groups.map(place).to_numpy() for name, groups in named.items()}

    @property
    def groups(self) -> int:
        """Count assets, or runs where there is one asset.

        Returns
        -------
        int
            Groups.
        """
        return self._count

    @property
    def settings(self) -> dict[str, Any]:
        """Tell the settings as they are.

        Returns
        -------
        dict[str, Any]
            Nested.
        """
        return self._settings.model_dump(mode="json")

    @property
    def fingerprint(self) -> str:
        """Tell data and settings apart: trials of others are not taken up again.

        Returns
        -------
        str
            Hexadecimal.
        """
        arrays = [part for one in self._samples.values() for part in (one.matrix, one.truth)]
        return _digest(self.settings, *arrays, *self._group.values())

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
        losses = [
            loss
            for name, sample in self._samples.items()
            for loss in _class_losses(
                sample,
                np.isin(self._group[name], learn),
                np.isin(self._group[name], judge),
                settings,
            )
        ]
        return float(np.mean(losses)) if losses else 0.0


def _digest(settings: dict[str, Any], *arrays: NDArray[Any]) -> str:
    digest = sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _class_losses(sample: Sample, rows: Any, asked: Any, settings: Settings) -> list[float]:
    healthy = rows & sample.showing("healthy")
    if len(sample.classes) == 1 or not healthy.any():
        return []
    filled = reference(sample.matrix[healthy], sample.matrix[rows]).filled(sample.matrix)
    booster = boosted(sample, filled, rows, settings, settings.seed)
    probability = boost.predict(boost.load(booster), filled[asked])
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
        return name, FaultLearner(settings, Workspace(root).expected)
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
    return benchmark.protocol, LifeLearner(*train_part(benchmark, folder), first)
