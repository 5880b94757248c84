"""What teaching is given: judged incidents, the archive it must not disturb, and orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.learning.symptoms import spread_evenly
from faultprint.faults.teaching.taught import Picture

Floats = NDArray[np.float64]

FAULTS = ("known_fault", "new_fault")
"""What experts say of an incident that teaches a fault."""
NORMAL = "normal_behaviour"
REFUTED = "nothing came of it"
"""Said of a deviation after which the log tells of no failure."""
MOST_WINDOWS = 16
"""Windows of an incident that are kept as its picture, evenly spread."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """One incident on which an opinion stands, and what its windows looked like."""

    incident: str
    asset: str
    equipment_class: str
    verdict: str
    """What the expert said: a verdict of ``records.Opinion``."""
    failure_mode: str
    """Empty unless it was a fault."""
    ends: pd.DatetimeIndex
    """Ends of its abnormal windows, ascending (UTC)."""
    matrix: Floats
    """Shape (windows, features of the model)."""
    said: tuple[str, ...] = ()
    """Names of the opinions behind it."""
    action: str = ""
    item: str = ""
    severity: int | None = None

    def picture(self) -> Picture:
        """Keep what the incident showed.

        Returns
        -------
        Picture
            At most 16 of its windows.
        """
        first, last = self.ends[0].isoformat(), self.ends[-1].isoformat()
        matrix = spread_evenly(self.matrix, MOST_WINDOWS)
        return Picture(self.incident, self.asset, first, last, matrix)


@dataclass(frozen=True, eq=False)
class Archive:
    """Abnormal windows of one equipment class and what is said of them now."""

    rows: pd.DataFrame
    """``incident`` (empty for none), ``asset``, ``end``, ``verdict``, ``failure_mode``, ``logged``,
    the mode of the failure that the log says followed, and ``refuted``, whether it tells that
    nothing came of it (nowhere, without the column); numbered from 0."""
    matrix: Floats
    """Shape (windows, features of the model)."""
    asset_months: float = 0.0
    """Time that was looked at, all assets together [30 days]."""
    current: bool = True
    """Whether it was the release that is taught which said so, and not an earlier one."""


@dataclass(frozen=True)
class Order:
    """What an expert decides of whole signatures."""

    what: Literal["merge", "split", "retire", "restore"]
    """``restore`` takes back what was merged or retired: the names are given again."""
    equipment_class: str
    names: tuple[str, ...]
    """Failure modes it is about."""
    into: tuple[str, ...] = ()
    """The one they are merged into, or those that one is split into."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """All that a release is taught from."""

    judged: tuple[Lesson, ...]
    archive: Mapping[str, Archive] = field(default_factory=dict)
    """By equipment class."""
    orders: tuple[Order, ...] = ()

    def of(self, equipment_class: str) -> tuple[Lesson, ...]:
        """Pick the lessons of a class, in an order that does not depend on who spoke first.

        Parameters
        ----------
        equipment_class : str
            The class.

        Returns
        -------
        tuple[Lesson, ...]
            By incident.
        """
        mine = (one for one in self.judged if one.equipment_class == equipment_class)
        return tuple(sorted(mine, key=lambda one: one.incident))


def occasions(pictures: Iterable[Picture], apart: timedelta) -> list[list[Picture]]:
    """Gather pictures of one failure: what soon follows on the same asset is no second case.

    Parameters
    ----------
    pictures : Iterable[Picture]
        Pictures of one failure mode.
    apart : timedelta
        Silence after which the next incident of an asset is another occasion.

    Returns
    -------
    list[list[Picture]]
        By asset and time.
    """
    ordered = sorted(pictures, key=lambda one: (one.asset, one.first, one.incident))
    groups: list[list[Picture]] = []
    until: dict[str, pd.Timestamp] = {}
    for one in ordered:
        first, last = pd.Timestamp(one.first), pd.Timestamp(one.last)
        if one.asset in until and first - until[one.asset] <= pd.Timedelta(apart):
            groups[-1].append(one)
            until[one.asset] = max(until[one.asset], last)
        else:
            groups.append([one])
            until[one.asset] = last
    return groups


def said_of(archive: Archive, judged: Iterable[Lesson]) -> pd.DataFrame:
    """Say what each window of the archive counts as: by its judged incident, else its diagnosis.

    Parameters
    ----------
    archive : Archive
        The archive.
    judged : Iterable[Lesson]
        Judged incidents of the class.

    Returns
    -------
    pandas.DataFrame
        ``said``: failure mode, or what the expert said of an incident that is no fault; of a
        deviation that nobody judged nothing, or that nothing came of it if the log says so.
        ``sure``: an expert said so, or a failure of this mode was logged afterwards. ``refuted``:
        see ``Archive.rows``.
    """
    rows = archive.rows
    refuted = rows.get("refuted", pd.Series(False, index=rows.index)).astype("bool")  # noqa: FBT003
    said = rows["failure_mode"].where(rows["verdict"].isin(["known", "ambiguous"]), "")
    said = said.mask(refuted & (said == ""), REFUTED)
    sure = (said != "") & (rows["logged"] == said)
    for one in judged:
        inside = (rows["asset"] == one.asset) & rows["end"].between(one.ends[0], one.ends[-1])
        said = said.mask(inside, one.failure_mode or one.verdict)
        sure |= inside
    return pd.DataFrame(
        {"said": said.astype("str"), "sure": sure.astype("bool"), "refuted": refuted}
    )
