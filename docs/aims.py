"""What was aimed at on each board, before anything was measured."""

from __future__ import annotations

from dataclasses import dataclass

COVERED = (0.88, 0.93)
"""Share of lives that an interval of 90 % should hold."""


@dataclass(frozen=True)
class Aim:
    """A figure of a board and where it should lie."""

    board: str
    """Name of the benchmark."""
    stratum: str
    measure: str
    low: float | None = None
    """At least this; None: no lower bound."""
    high: float | None = None
    """At most this; None: no upper bound."""
    variant: str = ""
    """Model that is asked; empty: the first of the board."""
    baseline: str = ""
    """The strongest of the board that looks at no sensor."""


def _life(board: str, rmse: tuple[float, float], score: float) -> tuple[Aim, ...]:
    """State the aims of a set of engines: RMSE with and without the age, and the NASA score."""
    low, high = COVERED
    nothing, near = "mean life less age", "life <= 50"
    return (
        Aim(board, "all", "rmse", high=rmse[0], variant="with age", baseline=nothing),
        Aim(board, "all", "nasa_score", high=score, variant="with age", baseline=nothing),
        Aim(board, "all", "rmse", high=rmse[1], variant="without age", baseline=nothing),
        Aim(board, "all", "coverage", low, high, variant="with age", baseline=nothing),
        Aim(board, "all", "width", high=25.0, variant="with age", baseline=nothing),
        Aim(board, near, "coverage", low=0.90, variant="with age", baseline=nothing),
        Aim(board, near, "width", high=13.0, variant="with age", baseline=nothing),
    )


ALWAYS = "always on, raised anew each max_lead"
ALL_ONES = "always abnormal (the majority)"
RUN, PARTS = "by run", "majority"


def _failures(board: str) -> tuple[Aim, ...]:
    """State the aims of failures foretold, and of a component that nobody knew."""
    every, unknown = "every component, always", "an unknown component"
    return (
        Aim(board, "windows", "macro_f1", low=0.98, baseline=every),
        Aim(board, "events", "found", low=0.98, baseline=ALWAYS),
        Aim(board, "events", "false_per_year", high=0.1, baseline=ALWAYS),
        Aim(board, "events", "lead", low=20.0, baseline=ALWAYS),
        Aim(board, unknown, "auroc_episode", low=0.98, variant="mean", baseline="a coin"),
    )


AIMS = (
    *_life("cmapss-fd001", (10.4, 11.5), 180),
    *_life("cmapss-fd002", (9.2, 10.0), 400),
    *_failures("azure-pdm"),
    *_failures("azure-pdm-year"),
    Aim("hydraulic", "valve", "macro_f1", low=0.985, variant=RUN, baseline=PARTS),
    Aim("hydraulic", "accumulator", "macro_f1", low=0.965, variant=RUN, baseline=PARTS),
    Aim("hydraulic", "pump", "macro_f1", low=0.997, variant=RUN, baseline=PARTS),
    Aim("hydraulic", "cooler", "macro_f1", low=0.999, variant=RUN, baseline=PARTS),
    Aim("hydraulic", "stable", "macro_f1", low=0.85, variant=RUN, baseline=PARTS),
    Aim("skab", "all", "f1", low=0.80, variant="watch", baseline=ALL_ONES),
    Aim("skab", "all", "j", low=0.62, variant="watch", baseline=ALL_ONES),
    Aim("skab", "all", "f1", low=0.80, variant="watch, each file alone", baseline=ALL_ONES),
    Aim("skab", "all", "j", low=0.62, variant="watch, each file alone", baseline=ALL_ONES),
    Aim(
        "skab-transfer", "all", "f1", 0.90, variant="taught, one experiment out", baseline=ALL_ONES
    ),
    Aim("skab-transfer", "all", "f1", 0.85, variant="taught, one group out", baseline=ALL_ONES),
    Aim(
        "cwru",
        "bearing, by recording",
        "balanced_accuracy",
        low=0.88,
        variant="learnt, with the physics to choose from",
        baseline=PARTS,
    ),
    Aim(
        "cwru",
        "bearing, by recording",
        "auroc",
        low=0.96,
        variant="learnt, with the physics to choose from",
        baseline=PARTS,
    ),
)
"""In the order of the table."""
