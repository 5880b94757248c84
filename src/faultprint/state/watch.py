"""A state detector without labels, which tries itself on faults planted in healthy stretches.

What a limit costs in missed faults cannot be measured without faults. So they are planted: shifts
of stated sizes in one sensor, in the later part of healthy references. Window, statistic and
limit are those that tell planted rows from clean ones best; nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from faultprint.config import Strict
from faultprint.errors import LearnError
from faultprint.state.statistics import (
    ALONE,
    THINNED,
    Shape,
    Statistic,
    blend,
    learn_shape,
    statistics,
)
from faultprint.state.trials import best_limit, plant_faults
from faultprint.twin.wander import Floats, Level, Wander, deviances, find_level, learn_wander

BEGINNING = 0.25
"""Share of a reference that is taken for healthy when the rest of it is doubted: rows that it would
call abnormal do not count for the level."""


class WatchSettings(Strict):
    """How a state is told without labels."""

    windows: tuple[int, ...] = Field((10, 15, 20, 30), min_length=1)
    """Rows a trailing mean is over; the trial on planted faults chooses one."""
    statistics: tuple[Statistic, ...] = Field(ALONE, min_length=1)
    """Ways to join the sensors; the trial on planted faults chooses one. The ensemble is left out
    unless named: it raises false alarms where one of its members tells little."""
    wandering: bool = True
    """Whether what is usual grows with the time since the reference."""
    shared: bool = True
    """Whether wandering, window, statistic and limit are learnt from the references of all units;
    else each unit has its own reference alone. Levels are always a unit's own."""
    guarded: bool = True
    """Whether rows of a reference that its own beginning does not expect are left out of it."""
    sizes: tuple[float, ...] = Field((1.0, 2.0, 4.0), min_length=1)
    """Planted shifts, in standard deviations of the sensor's rows."""


@dataclass(frozen=True)
class Watch:
    """A detector that has learnt."""

    wander: Wander
    shape: Shape
    statistic: Statistic
    """The one that told planted faults best."""
    limits: dict[Statistic, float]
    """Statistic -> the limit that told them best."""
    gain: float
    """Share of planted rows found less share of clean rows called abnormal."""
    guarded: bool


def learn_watch(references: Sequence[Floats], settings: WatchSettings) -> Watch:
    """Learn how a class wanders, and choose what tells planted faults best.

    Parameters
    ----------
    references : Sequence[NDArray[numpy.float64]]
        Rows by sensors of each unit, in order of time, mostly healthy; one unit is enough.
    settings : WatchSettings
        What may be chosen from.

    Returns
    -------
    Watch
        The detector.

    Raises
    ------
    LearnError
        If there is no reference, or one is too short for the windows.

    Notes
    -----
    A trial learns the level from the first 40, 55 and 70 % of a reference; in the middle third of
    what is left one sensor is shifted, by each size in turn. Its gain is the share of shifted rows
    beyond the limit less that of the others, the lag of the window after the shift among them:
    Youden's J (doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3). Choosing a
    detector by planted anomalies: Goswami et al. 2023, arXiv:2210.01078. What is assumed is the
    sizes; real faults may move several sensors, or slowly.
    """
    if not references or min(map(len, references)) < 10 * max(settings.windows):
        shortest = min(map(len, references), default=0)
        raise LearnError.because(
            f"{len(references)} references, the shortest of {shortest} rows",
            f"at least one, of ten windows ({10 * max(settings.windows)} rows) or more",
            "give a longer healthy stretch, or shorter windows",
        )
    tried = [_learn(references, window, settings) for window in settings.windows]
    return max(tried, key=lambda one: one.gain)


def judge_rows(watch: Watch, values: Floats, reference_rows: int) -> Floats:
    """Judge each row of a unit by those up to it.

    Parameters
    ----------
    watch : Watch
        The detector.
    values : NDArray[numpy.float64]
        Rows by sensors from the beginning of the unit's reference on, in order of time.
    reference_rows : int
        How many of them are its reference.

    Returns
    -------
    NDArray[numpy.float64]
        Statistic over limit: abnormal above 1. Rows of the reference are judged by all of it,
        later ones by the reference and the window that ends with them.
    """
    reference = values[:reference_rows]
    level = find_level(watch.wander, reference)
    if watch.guarded:
        begun = find_level(watch.wander, reference[: int(BEGINNING * reference_rows)])
        expected = _score(watch, begun, reference) <= 1.0
        if expected.sum() >= 2 * watch.wander.window:
            level = find_level(watch.wander, reference, expected)
    return _score(watch, level, values)


def _learn(references: Sequence[Floats], window: int, settings: WatchSettings) -> Watch:
    wander = learn_wander(references, window, growing=settings.wandering)
    shape = learn_shape(wander.correlation)
    trials = [one for each in references for one in plant_faults(wander, each, settings.sizes)]
    told = [[statistics(run, shape, one.cloud) for run in one.runs] for one in trials]
    marks = [one.planted for one in trials]
    limits: dict[Statistic, float] = {}
    gains: dict[Statistic, float] = {}
    for name in ALONE:
        alone = [[found[name] for found in runs] for runs in told]
        limits[name], gains[name] = best_limit(alone, marks)
    joined = [[blend(found, limits) for found in runs] for runs in told]
    limits["ensemble"], gains["ensemble"] = best_limit(joined, marks)
    chosen = max(settings.statistics, key=lambda name: gains[name])
    return Watch(wander, shape, chosen, limits, gains[chosen], settings.guarded)


def _score(watch: Watch, level: Level, values: Floats) -> Floats:
    scaled = deviances(watch.wander, level, values)
    cloud = scaled[: level.rows][watch.wander.window - 1 :: THINNED]
    found = statistics(scaled, watch.shape, cloud)
    if watch.statistic == "ensemble":
        alone = {name: watch.limits[name] for name in ALONE}
        return blend(found, alone) / watch.limits["ensemble"]
    return found[watch.statistic] / watch.limits[watch.statistic]
