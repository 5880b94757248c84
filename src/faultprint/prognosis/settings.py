"""How remaining useful life is learnt: a section of a benchmark's params."""

from __future__ import annotations

from pydantic import Field

from faultprint.config import Strict


class LifeSettings(Strict):
    """What is learnt and how hard."""

    cap: float = Field(125.0, gt=0)
    """Longest life that is told apart [cycles]; beyond it the forecast says "more than"."""
    age: bool = True
    """Whether the cycles since the record began may be used; they are known for a new machine and
    say little about another fleet."""
    modes: bool = True
    """Whether residuals are taken in each learnt operating mode; else over all conditions."""
    seeds: tuple[int, ...] = Field((0, 1, 2, 3, 4), min_length=1)
    """Members of the ensemble; each learns with another seed and deals other folds."""
    folds: int = Field(5, ge=2)
    """Parts the training assets are dealt into; an asset is whole in one part."""
    net_share: float = Field(0.6, ge=0, le=1)
    """Weight of the neural net beside the boosted trees in the first stage."""
    history_share: float = Field(0.75, ge=0, le=1)
    """Weight of the second stage, which reads the asset's history of first-stage predictions."""
    coverage: float = Field(0.9, gt=0, lt=1)
    """Share of true lives that the interval is to hold."""
    calibration_cuts: int = Field(8, ge=1)
    """Random truncations of each training asset that calibrate the interval."""
