"""The boards: what each protocol of a benchmark forecasts, scores and takes apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.stages.benchmarks import (
    classes,
    failure_events,
    life_ablations,
    remaining_life,
    states,
    taught_states,
)


@dataclass(frozen=True)
class Board:
    """How a protocol is carried out; the benchmark is of the class its name stands for."""

    predict: Callable[[Any, Path], pd.DataFrame]
    """From benchmark and folder to forecasts, without the labels of what is judged."""
    score: Callable[[Any, Path, pd.DataFrame], list[Figure]]
    """From benchmark, folder and forecasts, read back from disk, to figures; opens the labels."""
    ablate: Callable[[Any, Path], list[Figure]]
    """From benchmark and folder to what each part gives."""


BOARDS = {
    "remaining_life": Board(remaining_life.predict, remaining_life.score, life_ablations.ablate),
    "classes": Board(classes.predict, classes.score, classes.ablate),
    "failure_events": Board(failure_events.predict, failure_events.score, failure_events.ablate),
    "state": Board(states.predict, states.score, states.ablate),
    "state_transfer": Board(taught_states.predict, taught_states.score, taught_states.ablate),
}
"""Protocol -> board."""
