"""Which ablation takes which general capability away; the book sums them up over the boards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """The figure by which a board's ablations are compared."""

    board: str
    """Name of the benchmark."""
    heading: str
    stratum: str
    measure: str
    digits: int = 3
    lower: bool = False
    """Whether less is better."""


@dataclass(frozen=True)
class Effect:
    """Two models that differ by one capability."""

    capability: str
    without: str
    """The model that lacks it."""
    full: str
    """The model that has it; both from the ablations, else from the board itself."""


COLUMNS = (
    Column("cmapss-fd001", "C-MAPSS FD001, RMSE", "all", "rmse", 2, lower=True),
    Column("cmapss-fd002", "C-MAPSS FD002, RMSE", "all", "rmse", 2, lower=True),
    Column("azure-pdm", "Azure PdM, macro-F1", "windows", "macro_f1"),
    Column("azure-pdm-year", "Azure PdM, a year, macro-F1", "windows", "macro_f1"),
    Column("hydraulic", "hydraulic, accumulator, macro-F1", "accumulator", "macro_f1"),
    Column("hydraulic", "hydraulic, stable, macro-F1", "stable", "macro_f1"),
    Column("skab", "SKAB, J", "all", "j"),
    Column("skab-transfer", "SKAB from others, F1", "all", "f1"),
    Column("cwru", "CWRU, balanced accuracy", "bearing, by recording", "balanced_accuracy"),
)
"""Main figure of each board."""

TWIN, MODES = "twin residuals", "operating modes"
HEALTH, SIMILARITY = "health index", "similarity"
ENSEMBLE, STAGES = "ensemble", "second stage"
SEARCH, VIEWS = "search", "several resolutions"
CHAIN, SHARED = "what is said of other components", "references of the whole class"
DOUBTED, PLANTED = "references that are doubted", "planted faults that set the limit"
EVENTS, PHYSICS = "events beside sensors", "physics of the bearing"
ALIKE, GROUPS = "one weight for all states", "units that count alike"
LINES = "lines in the leaves of trees"
AGE, ALL = "the age of the unit", "all of it together"

CAPABILITIES = {
    TWIN: (
        "readings relative to what is expected under these conditions",
        "../explanation/state-without-labels.md",
    ),
    MODES: ("residuals in each mode that conditions fall into", "cmapss-fd002.md"),
    HEALTH: (
        "sensors fused in each mode into wear indices: alone, and with the similarity on them",
        "cmapss-fd001.md",
    ),
    SIMILARITY: ("histories that ran to failure, recalled and stretched", "cmapss-fd001.md"),
    STAGES: ("a unit's own history of forecasts, read again", "cmapss-fd001.md"),
    ENSEMBLE: ("several learners, statistics or seeds, weighed or chosen", "hydraulic.md"),
    SEARCH: ("settings searched on left-out parts", "../how-to/search.md"),
    VIEWS: ("the same signal over several spans", "../explanation/descriptor-engine.md"),
    CHAIN: ("the other components' states as one more view", "hydraulic.md"),
    SHARED: ("how fast sensors wander, learnt from all assets", "skab.md"),
    DOUBTED: ("a reference is checked by its own beginning", "skab.md"),
    PLANTED: ("an assumed size of fault, halved and doubled", "skab.md"),
    EVENTS: ("error codes and maintenance beside the sensors", "azure-pdm.md"),
    PHYSICS: (
        "descriptors at the frequencies that geometry gives",
        "../explanation/bearing-envelope.md",
    ),
    ALIKE: ("descriptors of each state's own, weighed alike", "cwru.md"),
    GROUPS: ("a long run or life counts for less than its rows", "hydraulic.md"),
    LINES: ("in place of constants", "cmapss-fd001.md"),
    AGE: ("knowledge, not skill: the cycles since the record began", "cmapss-fd001.md"),
    ALL: ("beside the plainest model", "cmapss-fd001.md"),
}
"""General capability -> what it is, and the page that explains it; in the order of the table."""

_ONE = "everything, one seed"
_LIFE = (
    Effect(SIMILARITY, "without similarity", _ONE),
    Effect(HEALTH, "without wear indices and similarity", "without similarity"),
    Effect(HEALTH, "without wear indices and similarity", _ONE),
    Effect(ENSEMBLE, "without the net", _ONE),
    Effect(ENSEMBLE, "without the trees", _ONE),
    Effect(ENSEMBLE, "equal weights in place of validated ones", _ONE),
    Effect(LINES, "constants in place of lines in the leaves", _ONE),
    Effect(GROUPS, "every row counts the same, not every engine", _ONE),
    Effect(STAGES, "without the second stage", _ONE),
    Effect(ALL, "trees alone on sensors alone, one stage", _ONE),
    Effect(AGE, "without age", _ONE),
    Effect(SIMILARITY, "without age and similarity", "without age"),
)
_ALONE, _BY_RUN = "each component for itself (no chain)", "by run"
_STATISTICS = ("largest residual", "T2", "Q", "density", "ensemble")
_PHYSICS, _ALL_OF_IT = "learnt, with the physics to choose from", "learnt, all descriptors"
_OUT = ("one experiment out", "one group out")

EFFECTS = {
    "cmapss-fd001": _LIFE,
    "cmapss-fd002": (Effect(MODES, "without operating modes", _ONE), *_LIFE),
    "azure-pdm": (
        Effect(EVENTS, "without error codes", "everything"),
        Effect(EVENTS, "without time since maintenance", "everything"),
        Effect(VIEWS, "without the last three hours apart", "everything"),
    ),
    "azure-pdm-year": (
        Effect(EVENTS, "without error codes", "everything"),
        Effect(EVENTS, "without time since maintenance", "everything"),
    ),
    "hydraulic": (
        Effect(TWIN, _ALONE, "residuals given oil temperature and cooling too"),
        Effect(CHAIN, _ALONE, _BY_RUN),
        Effect(GROUPS, "each cycle counts alike in the choice", _BY_RUN),
        Effect(ENSEMBLE, "no blend: the single best", _ALONE),
        Effect(ENSEMBLE, "discriminants alone", _ALONE),
        Effect(ENSEMBLE, "discriminants on ranks alone", _ALONE),
        Effect(ENSEMBLE, "trees alone", _ALONE),
        Effect(ENSEMBLE, "trees for grades alone", _ALONE),
        Effect(VIEWS, "whole cycles alone", _ALONE),
    ),
    "skab": (
        Effect(TWIN, "PCA of single rows, T2 or Q at 99 %", "watch, each file alone"),
        Effect(TWIN, "nothing wanders", "everything"),
        Effect(TWIN, "each file alone, nothing wanders", "each file alone"),
        *(Effect(TWIN, f"{s} alone, nothing wanders", f"{s} alone") for s in _STATISTICS),
        Effect(SHARED, "each file alone", "everything"),
        Effect(DOUBTED, "reference not doubted", "everything"),
        *(Effect(ENSEMBLE, f"{s} alone", "everything") for s in _STATISTICS),
        Effect(PLANTED, "plants half as large", "everything"),
        Effect(PLANTED, "plants twice as large", "everything"),
    ),
    "skab-transfer": tuple(
        Effect(capability, f"{without}, {out}", f"{full}, {out}")
        for capability, without, full in (
            (ENSEMBLE, "one seed, 50 trees", "taught"),
            (ENSEMBLE, "one seed, 100 trees", "taught"),
            (ENSEMBLE, "one seed, 400 trees", "taught"),
            (VIEWS, "one seed, 100 trees, single rows", "one seed, 100 trees"),
            (VIEWS, "one seed, 100 trees, long windows", "one seed, 100 trees"),
        )
        for out in _OUT
    ),
    "cwru": (
        Effect(PHYSICS, _ALL_OF_IT, _PHYSICS),
        Effect(PHYSICS, "shape and spectrum, discriminant", "prominence, discriminant"),
        Effect(PHYSICS, "shape and spectrum, discriminant", "envelope energies, discriminant"),
        Effect(ALIKE, "prominence, discriminant", "physics, prominence, one weight learnt"),
        Effect(ALIKE, "prominence, trees", "physics, prominence, one weight learnt"),
        Effect(
            ALIKE,
            "envelope energies, discriminant",
            "physics, envelope energies, one weight learnt",
        ),
        Effect(ALIKE, "envelope energies, trees", "physics, envelope energies, one weight learnt"),
        Effect(ENSEMBLE, "all, on ranks", _ALL_OF_IT),
        Effect(ENSEMBLE, "physics, both, two weights learnt", _PHYSICS),
        Effect(ENSEMBLE, "physics, prominence, nothing learnt", _PHYSICS),
    ),
}
"""Benchmark -> what its ablations tell of which capability."""

SETTINGS = {
    "azure-pdm-year": ("sudden means taken for spikes",),
    "azure-pdm": ("horizon of two days", "windows no longer than the horizon"),
}
"""Benchmark -> ablations that change what is asked, and take no capability away."""
