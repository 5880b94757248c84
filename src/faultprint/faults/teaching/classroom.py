"""What one equipment class is taught from: its pictures, sorted by what experts said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.learning.metric import Metric
from faultprint.faults.model import ClassModel
from faultprint.faults.teaching.lessons import (
    FAULTS,
    NORMAL,
    REFUTED,
    Archive,
    Lesson,
    Order,
)
from faultprint.faults.teaching.speaking import offsets_of
from faultprint.faults.teaching.taught import Picture, TaughtSet
from faultprint.faults.teaching.telling import Readings

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LACK = "how far two machines with the same fault differ is not known, each was learnt from one"
_THROUGHOUT = 0.8
_SECONDS = 19
"""Characters of an instant down to its seconds."""


@dataclass(frozen=True, eq=False)
class Classroom:
    """One equipment class, what is known of it and what is to be taught."""

    model: ClassModel
    metric: Metric
    held: TaughtSet
    """What was taught before."""
    lessons: tuple[Lesson, ...]
    """By incident."""
    archive: Archive
    said: pd.DataFrame
    """What each window of the archive counts as, and whether that is sure."""
    orders: tuple[Order, ...]
    apart: timedelta
    """Silence after which the next incident of an asset is another occasion."""

    @property
    def name(self) -> str:
        """Name the equipment class.

        Returns
        -------
        str
            Its name.
        """
        return self.model.equipment_class

    def place(self, pictures: Iterable[Picture]) -> Floats:
        """Place pictures in the shared space.

        Parameters
        ----------
        pictures : Iterable[Picture]
            At least one.

        Returns
        -------
        NDArray[numpy.float64]
            Their windows as seen from healthy.
        """
        return offsets_of(self.metric, np.concatenate([one.matrix for one in pictures]))

    def others(self, own: set[str], pictures: Sequence[Picture]) -> Flags:
        """Find the windows of the archive that count as something else.

        Parameters
        ----------
        own : set[str]
            What a recogniser may accept.
        pictures : Sequence[Picture]
            What it is taught from.

        Returns
        -------
        NDArray[numpy.bool_]
            A flag for each window of the archive; none for what nobody judged and no release named,
            unless the log says that nothing came of it. The log is not asked where it says so of
            most windows of a picture, too: then it does not tell of this fault.
        """
        rows, refuted = self.archive.rows, self.said["refuted"].to_numpy()
        taught, logged = np.zeros(len(rows), dtype=np.bool_), True
        for one in pictures:
            first, last = pd.Timestamp(one.first), pd.Timestamp(one.last)
            mine = ((rows["asset"] == one.asset) & rows["end"].between(first, last)).to_numpy()
            taught, logged = taught | mine, logged and 2 * refuted[mine].sum() <= mine.sum()
        other = ~self.said["said"].isin([*own, "", *([] if logged else [REFUTED])]).to_numpy()
        return np.asarray(other & ~taught & (logged | (rows["incident"] != "").to_numpy()))

    def offsets(self, rows: Flags) -> Floats:
        """Place windows of the archive in the shared space.

        Parameters
        ----------
        rows : NDArray[numpy.bool_]
            Which.

        Returns
        -------
        NDArray[numpy.float64]
            As seen from healthy.
        """
        return offsets_of(self.metric, self.archive.matrix[rows])

    def readings(self, groups: Sequence[Sequence[Picture]], protected: Flags) -> Readings:
        """Gather what was read in the windows of a fault and in those that must stay.

        Parameters
        ----------
        groups : Sequence[Sequence[Picture]]
            Pictures of each occasion.
        protected : NDArray[numpy.bool_]
            Windows of the archive that must stay as they are.

        Returns
        -------
        Readings
            Of both.
        """
        own = tuple(np.concatenate([one.matrix for one in group]) for group in groups)
        return Readings(self.metric, self.model.features, own, self.archive.matrix[protected])

    def claimed(self, rows: Flags, accepted: Flags) -> Flags:
        """Find the incidents that look like a fault throughout, although they were named otherwise.

        Parameters
        ----------
        rows : NDArray[numpy.bool_]
            Windows of the archive that count as something else.
        accepted : NDArray[numpy.bool_]
            Those of the archive that a recogniser would accept.

        Returns
        -------
        NDArray[numpy.bool_]
            All windows of incidents at least four in five of whose windows are accepted, unless an
            expert or the log says that they are what they were named: a release that does not know
            a fault calls it by the name of another.
        """
        table = pd.DataFrame({"incident": self.archive.rows["incident"], "accepted": accepted})
        table["sure"] = self.said["sure"]
        by = table.groupby("incident")
        most = by["accepted"].transform("mean") >= _THROUGHOUT
        free = most & ~by["sure"].transform("any") & (table["incident"] != "")
        return np.asarray(rows & free & ~self.said["refuted"], dtype=np.bool_)

    def lack(self) -> str:
        """Say why no fault can be taught to the model.

        Returns
        -------
        str
            Empty if one can: of some known fault it says how far windows of machines that it was
            not learnt from lie, or it knows none. What was learnt from one machine only says how
            far two windows of that differ, and the next machine with this fault would be taken for
            a new one.
        """
        seen = [len(self.model.calibration[mode].distance) for mode in self.model.modes]
        return LACK if seen and not any(seen) else ""

    def parents(self) -> dict[str, str]:
        """Say from which fault others were split.

        Returns
        -------
        dict[str, str]
            Failure mode -> the one it was split from.
        """
        found = {one.name: one.parent for one in self.held.faults if one.parent}
        split = [order for order in self.orders if order.what == "split"]
        return found | {new: order.names[0] for order in split for new in order.into}

    def renamed(self) -> dict[str, str]:
        """Say which faults were merged or retired, now or before.

        Returns
        -------
        dict[str, str]
            Failure mode -> its new name; empty for one that was retired.
        """
        merged = {n: o.into[0] for o in self.orders if o.what == "merge" for n in o.names}
        retired = {n: "" for o in self.orders if o.what == "retire" for n in o.names}
        back = {n for o in self.orders if o.what == "restore" for n in o.names}
        held = {old: new for old, new in self.held.renamed.items() if old not in back}
        found = {**held, **merged, **retired}
        return {old: new for old, new in sorted(found.items()) if old != new}

    def faults(self) -> dict[str, list[Picture]]:
        """Gather the pictures of each fault that is to be recognised.

        Returns
        -------
        dict[str, list[Picture]]
            Failure mode -> its pictures by incident: those of before, as they are judged now, and
            the new ones. Faults that the model learnt are not among them, unless split off.
        """
        into, parents = self.renamed(), self.parents()
        found: dict[str, list[Picture]] = defaultdict(list)
        for taught in self.held.faults:
            kept = [one for one in taught.pictures if not self._judged_anew(one)]
            found[into.get(taught.name, taught.name)] += kept
        for one in self.lessons:
            learnt = one.failure_mode in self.model.modes and one.failure_mode not in parents
            if one.verdict in FAULTS and not learnt and len(one.ends):
                found[into.get(one.failure_mode, one.failure_mode)].append(one.picture())
        return {mode: _sorted(found[mode]) for mode in sorted(found) if mode and found[mode]}

    def contested(self) -> dict[str, list[Picture]]:
        """Gather the pictures of faults that were new to experts and that the model knows by now.

        Returns
        -------
        dict[str, list[Picture]]
            Failure mode -> its pictures by incident; nothing as long as the model has not judged
            the archive itself.
        """
        found: dict[str, list[Picture]] = defaultdict(list)
        taught_first = {one.failure_mode for one in self.lessons if one.verdict == "new_fault"}
        modes = taught_first & set(self.model.modes) - set(self.parents()) - set(self.renamed())
        for one in self.lessons:
            if self.archive.current and one.failure_mode in modes and len(one.ends):
                found[one.failure_mode].append(one.picture())
        return {mode: _sorted(found[mode]) for mode in sorted(found)}

    def normals(self) -> list[Picture]:
        """Gather the pictures of behaviour that experts called normal.

        Returns
        -------
        list[Picture]
            By incident.
        """
        held = [one for one in self.held.recognisers if one.kind == "normal"]
        pictures = [picture for one in held for picture in one.pictures]
        kept = [one for one in pictures if not self._judged_anew(one)]
        fresh = [o.picture() for o in self.lessons if o.verdict == NORMAL and len(o.ends)]
        return _sorted([*kept, *fresh])

    def _judged_anew(self, picture: Picture) -> bool:
        """Say whether the incident, or another one of the same asset and time, is given again."""
        first, last = picture.first[:_SECONDS], picture.last[:_SECONDS]
        return any(
            one.incident == picture.incident
            or (
                one.asset == picture.asset
                and len(one.ends)
                and one.ends[0].isoformat()[:_SECONDS] <= last
                and one.ends[-1].isoformat()[:_SECONDS] >= first
            )
            for one in self.lessons
        )


def _sorted(pictures: Iterable[Picture]) -> list[Picture]:
    return sorted(pictures, key=lambda one: one.incident)
