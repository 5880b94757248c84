"""How classes of grouped units are learnt: a section of a benchmark's params."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faultprint.config import Strict

Learner = Literal["aligned", "discriminant", "ranks", "trees", "ordinal"]
"""``aligned``: see ``GroupedSettings.aligned``; ``discriminant``: shrunk linear discriminant
analysis; ``ranks``: the same on ranks made normal; ``trees``: boosted trees; ``ordinal``: boosted
trees for "at least grade k", for graded classes."""


class GroupedSettings(Strict):
    """What may be chosen, and how the choice is made."""

    learners: tuple[Learner, ...] = Field(("aligned", "discriminant", "trees"), min_length=1)
    """What learns on each view of the descriptors."""
    views: tuple[str, ...] = ()
    """Views that may be chosen, e.g. ``whole`` or ``of 10``; all of them when left out."""
    aligned: tuple[dict[str, str], ...] = ()
    """Class -> the descriptor that stands for it, e.g. the prominence at its own frequency; what
    they weigh is learnt once for all classes, so that a class needs no unit to be told."""
    conditions: str = ""
    """Regular expression of descriptors that are operating conditions: learners are also offered
    what the others read beyond a quadratic model of these; not when left out."""
    shrinkages: tuple[float, ...] = Field((0.001, 0.03, 0.3), min_length=1)
    """Shares of the identity in the covariance within classes; each is a candidate."""
    rounds: int = Field(150, ge=1)
    """Trees a class."""
    leaves: int = Field(15, ge=2)
    """Leaves of a tree."""
    learning_rate: float = Field(0.08, gt=0)
    """Step of the boosting."""
    widest: int = Field(600, ge=1)
    """Columns up to which a view is given to trees; more cost much and add little."""
    group_power: float = Field(0.5, ge=0, le=1)
    """How far units of a large group count less in the choice, for they are alike: 0: each unit
    counts alike, 1: each group does."""
    enough: float = Field(0.01, ge=0)
    """Logarithmic loss on groups left out at which no costlier learner is tried any more."""
    folds: int = Field(4, ge=2)
    """Parts of whole groups that the choice is validated on, within what is learnt from."""
    picks: int = Field(10, ge=1)
    """Steps of the greedy blend; 1 chooses a single candidate."""
    chain: bool = True
    """Whether what is said of the other components of a unit may be a descriptor of this one."""
    seed: int = Field(0, ge=0)
    """Deals the folds, draws the columns of trees."""
