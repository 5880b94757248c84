"""Whether a learnt fault takes over from the recogniser that was taught before: the data decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.faults.teaching.apart import neighbours
from faultprint.faults.teaching.classroom import Classroom
from faultprint.faults.teaching.fitted import Others
from faultprint.faults.teaching.lessons import occasions
from faultprint.faults.teaching.speaking import known_rays
from faultprint.faults.teaching.taught import Picture
from faultprint.faults.teaching.teaching import accepts, fit_fault
from faultprint.records import Learnt

_HALF = 0.5


@dataclass(frozen=True)
class Contest:
    """How the learnt model and a taught recogniser did on the same occasions."""

    mode: str
    learnt: int
    """Occasions of which the learnt model names at least half of the windows."""
    taught: int
    """Occasions that the recogniser names, taught from the others."""
    n: int
    """Judged occasions that the model did not learn from."""

    @property
    def stays_taught(self) -> bool:
        """Say whether the recogniser goes on.

        Returns
        -------
        bool
            Only where it names more occasions than the model.
        """
        return self.taught > self.learnt

    @property
    def says(self) -> str:
        """Tell the outcome, as the origin of a signature states it.

        Returns
        -------
        str
            One line.
        """
        if not self.n:
            return "learnt model took over: it learnt from every judged occasion"
        who = "taught recogniser stays" if self.stays_taught else "learnt model took over"
        return f"{who}: of {self.n} judged occasions not learnt from, the learnt model names " + (
            f"{self.learnt}, the taught recogniser {self.taught}"
        )


def contest(room: Classroom, learnt: Learnt | None, mode: str, pictures: list[Picture]) -> Contest:
    """Compare a learnt fault with a recogniser taught before, on the same judged occasions.

    Parameters
    ----------
    room : Classroom
        The class; its archive tells what the learnt model says.
    learnt : Learnt | None
        What the model has learnt from.
    mode : str
        The failure mode.
    pictures : list[Picture]
        What it was taught from.

    Returns
    -------
    Contest
        Over occasions that began after the time the model learnt from, or on assets it did not
        learn from. The recogniser is taught without the occasion it is asked about.
    """
    groups = occasions(pictures, room.apart)
    others = Others(
        known_rays(room.metric),
        known_rays(room.metric, (mode,)),
        room.offsets(_no(room)),
        neighbours(room.model, (mode,)),
    )
    parts = [room.place(group) for group in groups]
    won_learnt = won_taught = n = 0
    for place, group in enumerate(groups):
        if not _unlearnt(group, learnt) or len(groups) == 1:
            continue
        n += 1
        rest = [one for number, one in enumerate(parts) if number != place]
        fitted = fit_fault(rest, others)
        won_taught += bool(accepts(fitted, others, parts[place]).mean() >= _HALF)
        won_learnt += _named(room, group, mode)
    return Contest(mode, won_learnt, won_taught, n)


def _no(room: Classroom) -> np.ndarray:
    return np.zeros(len(room.archive.rows), dtype=np.bool_)


def _unlearnt(group: list[Picture], learnt: Learnt | None) -> bool:
    if learnt is None:
        return False
    until = pd.Timestamp(learnt.until)
    return all(p.asset not in learnt.assets or pd.Timestamp(p.first) > until for p in group)


def _named(room: Classroom, group: list[Picture], mode: str) -> bool:
    rows = room.archive.rows
    inside = np.zeros(len(rows), dtype=np.bool_)
    for one in group:
        first, last = pd.Timestamp(one.first), pd.Timestamp(one.last)
        inside |= ((rows["asset"] == one.asset) & rows["end"].between(first, last)).to_numpy()
    right = (rows.loc[inside, "failure_mode"] == mode).to_numpy()
    return bool(len(right) and right.mean() >= _HALF)
