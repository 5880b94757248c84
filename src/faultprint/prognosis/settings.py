"""How remaining useful life is learnt: a section of a benchmark's params."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from faultprint.config import Strict


class TreeSettings(Strict):
    """Boosted trees of the first stage."""

    rounds: int = Field(120, ge=1)
    """How many trees."""
    leaves: int = Field(15, ge=2)
    """Leaves a tree."""
    learning_rate: float = Field(0.07, gt=0, le=1)
    """Share of each tree that is added."""
    min_leaf: int = Field(20, ge=1)
    """Fewest rows of a leaf; never more than a tenth of the rows."""
    feature_fraction: float = Field(0.3, gt=0, le=1)
    """Share of the features a tree may choose from."""
    l2: float = Field(5.0, ge=0)
    """Shrinks the leaves."""
    linear: bool = True
    """Whether a leaf holds a line through the features that led to it; else a constant. Fewer
    leaves are needed."""
    linear_l2: float = Field(1.0, ge=0)
    """Shrinks the slopes of the lines."""


class CostSettings(Strict):
    """What a wrong forecast costs, where to come too late is worse than to come too early."""

    shape: Literal["exponential", "linear"] = "exponential"
    """How the cost grows: the exponential of the error less one, or in step with the error."""
    late: float = Field(10.0, gt=0)
    """Cycles by which a life is told too long for a cost of one (linear) or e - 1."""
    early: float = Field(13.0, gt=0)
    """Cycles by which a life is told too short for the same cost."""


class NetSettings(Strict):
    """The small neural net of the first stage."""

    steps: int = Field(1300, ge=1)
    """How often its weights are moved, however many rows there are."""
    decay: float = Field(1.0, ge=0)
    """Shrinks its weights."""


class LifeSettings(Strict):
    """What is learnt and how hard."""

    cap: float = Field(125.0, gt=0)
    """Longest life that is told apart [cycles]; beyond it the forecast says "more than"."""
    age: bool = True
    """Whether the cycles since the record began may be used; they are known for a new machine and
    say little about another fleet."""
    modes: bool = True
    """Whether residuals are taken in each learnt operating mode; else over all conditions."""
    wear: bool = True
    """Whether the sensors are fused in each mode into wear indices, beside the sensors alone."""
    similarity: bool = True
    """Whether histories that ran to failure are recalled: by their wear indices from the first
    cycle on, with time stretched, or, without the age, by the last hundred cycles."""
    learners: tuple[Literal["trees", "net"], ...] = Field(("trees", "net"), min_length=1)
    """What learns from the features."""
    blend: Literal["validated", "equal"] = "validated"
    """How forecasts are weighed: by least squares on left-out assets, or all the same."""
    history: bool = True
    """Whether a second stage reads the asset's history of first-stage forecasts."""
    trees: TreeSettings = TreeSettings()
    """The boosted trees."""
    net: NetSettings = NetSettings()
    """The net."""
    thin: int = Field(3, ge=1)
    """Every which row of an asset is learnt from; its neighbours say nearly the same."""
    even: bool = True
    """Whether every asset counts the same for the trees, however long it lived; else every row."""
    seeds: tuple[int, ...] = Field((0, 1, 2, 3, 4), min_length=1)
    """Members of the ensemble; each learns with another seed and deals other folds."""
    folds: int = Field(5, ge=2)
    """Parts the training assets are dealt into; an asset is whole in one part."""
    coverage: float = Field(0.9, gt=0, lt=1)
    """Share of true lives that the interval is to hold."""
    calibration_cuts: int = Field(8, ge=1)
    """Random truncations of each training asset that calibrate the interval."""
    cost: CostSettings = CostSettings()
    """What the life of least cost is to be cheap under; the default is NASA's score."""

    @model_validator(mode="after")
    def _recall_needs_wear(self) -> Self:
        if self.similarity and not self.wear:
            raise ValueError("similarity compares wear indices: set wear, or similarity to false")
        return self
