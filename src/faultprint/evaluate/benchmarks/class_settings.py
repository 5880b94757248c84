"""What a benchmark of classes says: how units are cut, split and learnt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faultprint.config import Strict
from faultprint.faults.grouped.settings import GroupedSettings


class Cut(Strict):
    """What a unit is."""

    length: int | None = Field(None, ge=1)
    """Readings of a unit; a whole cycle or recording when left out."""
    step: int | None = Field(None, ge=1)
    """Readings from unit to unit; the length when left out, so that none is in two."""


class Split(Strict):
    """What is learnt from and what is judged, in turn."""

    group: Literal["asset", "states", "unit"] = "asset"
    """What is never torn apart: an asset (a run, a bearing), all units of one combination of
    states, or the single unit, which is a leak where an asset has several."""
    items: tuple[str, ...] = ()
    """Items whose states make a combination."""
    fold: str = ""
    """Regular expression: what it finds in an asset's name is the part that the asset is dealt to,
    e.g. the size of the fault; parts are dealt at random when left out."""
    folds: int = Field(5, ge=2)
    """Parts, where they are dealt."""
    stratify: str = ""
    """Item whose classes are spread evenly over the parts; the first item when left out."""
    seed: int = Field(0, ge=0)
    """Order of the dealing."""
    leaky: bool = False
    """Whether assets on both sides are let pass: for a warning beside the honest number."""


class ClassVariant(Strict):
    """A model and the split that judges it."""

    split: str
    """Name of the split."""
    only: str = ""
    """Regular expression of the descriptors that may be used; all when left out."""
    ranked: dict[str, str] = Field(default_factory=dict)
    """State -> the descriptor that stands for it, all on one scale: the largest is said, nothing is
    learnt; empty: ``learn`` holds."""
    learn: GroupedSettings = Field(default_factory=GroupedSettings)
    """What may be chosen."""
