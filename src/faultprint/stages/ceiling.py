"""Measure whether model or data are the limit, on the windows of a finished run."""

from __future__ import annotations

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.errors import LearnError
from faultprint.evaluate.ceiling.curve import DRAWS, SHARES, draws, learning_curve
from faultprint.evaluate.ceiling.learners import LEARNERS, better, outside
from faultprint.evaluate.ceiling.task import task_of
from faultprint.evaluate.ceiling.verdict import Ceiling, measure_ceiling
from faultprint.evaluate.ceiling.visibility import visible_failures
from faultprint.faults.learning.sample import gather
from faultprint.stages.workspace import Workspace, check_classes, read_frames


def ceiling(settings: Settings, workspace: Workspace) -> list[Ceiling]:
    """Measure the ceiling of each equipment class.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        After the expect stage; only windows of the training part are looked at.

    Returns
    -------
    list[Ceiling]
        One per equipment class that has a failure mode with enough failures.

    Raises
    ------
    LearnError
        If no class has one.
    """
    windows = read_frames(workspace.expected / "windows", ("label", "use", "part", "fold"))
    residuals = read_frames(workspace.expected / "residuals")
    check_classes(settings, windows, residuals)
    found = [
        one
        for name in windows
        if (one := _of_class(name, windows[name], residuals[name], settings)) is not None
    ]
    if not found:
        raise LearnError.because(
            f"no equipment class of {len(windows)} with a failure mode that has enough failures",
            f"{settings.classifier.min_episodes} failures of a mode in the training time",
            "run faultprint doctor, which says what is missing",
        )
    return found


def _of_class(
    name: str, windows: pd.DataFrame, residuals: pd.DataFrame, settings: Settings
) -> Ceiling | None:
    sample = gather(windows, residuals, settings)
    if len(sample.classes) < 2:
        return None
    task = task_of(sample)
    said = {one: outside(task, learner) for one, learner in LEARNERS.items()}
    steps = DRAWS * (len(SHARES) - 1) + 1
    asked = tqdm(draws(task, settings.seed), desc=f"ceiling {name}", total=steps, unit="fit")
    best = better(task, {one: said[one] for one in ("trees", "linear")})
    curve = learning_curve(task, LEARNERS[best], iter(asked))
    return measure_ceiling(name, task, said, curve, visible_failures(sample))
