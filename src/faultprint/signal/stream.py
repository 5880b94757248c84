"""Describe what was appended to a history, equal to the last bit to describing the whole anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.config import Descriptors, Equipment, Windows
from faultprint.errors import TableError
from faultprint.signal.describe import describe
from faultprint.signal.instants import instants, nanoseconds
from faultprint.signal.record import Record, record_of
from faultprint.signal.runs import History, Runs, ends_run, find_runs


@dataclass(frozen=True, eq=False)
class Watermark:
    """How far one asset's history has been described, and what the next windows still need."""

    until: int
    """Newest reading seen [ns]; readings must not be added at or before it."""
    told: int
    """Windows that end up to here have been given [ns]."""
    run: int
    """Number of the run that ``until`` lies in."""
    tail: pd.DataFrame
    """The newest readings, in order of time."""


@dataclass(frozen=True)
class Stream:
    """Describes assets of one equipment class as their readings come in."""

    equipment_class: str
    """Their class."""
    equipment: Equipment
    """Its sensors."""
    windows: Windows
    """How histories are cut."""
    descriptors: Descriptors
    """What is computed."""

    def advance(
        self,
        mark: Watermark | None,
        readings: pd.DataFrame,
        events: pd.DataFrame,
        *,
        closing: bool = False,
    ) -> tuple[pd.DataFrame, Watermark]:
        """Describe the windows that new readings complete.

        Parameters
        ----------
        mark : Watermark | None
            What the last call gave for this asset; None: there is no history before.
        readings : pandas.DataFrame
            New rows of table ``readings`` of one asset, all later than those before.
        events : pandas.DataFrame
            All rows of table ``events`` of the asset so far: they are few.
        closing : bool, default False
            Whether no reading is to follow: gives the window of a segment that is still open.

        Returns
        -------
        tuple[pandas.DataFrame, Watermark]
            New rows of table ``windows``, and the mark to give to the next call.

        Raises
        ------
        TableError
            If there is no reading at all, or one that comes too late.

        Notes
        -----
        The rows of all calls together are those of :func:`describe` over the whole history,
        provided that no event is booked for a time already described. Kept are the readings of one
        window and ``max_gap``, back to the last reading while the equipment ran; cut by count, the
        whole run; cut by segment, the open segment.
        """
        known = readings if mark is None else pd.concat([mark.tail, readings], ignore_index=True)
        if known.empty:
            raise TableError.because("no readings", "one or more", "wait for the first of them")
        self._refuse_late(mark, readings)
        known = known.sort_values("time", kind="stable", ignore_index=True)
        record = record_of(known, self.equipment, self.windows)
        runs = self._runs(record, events)
        told, until = (mark.told, mark.until) if mark else (-1, -1)
        offset = mark.run - _run_at(runs, until) if mark else 0
        newest = int(record.times[-1])
        upto = newest if closing else self._closed(record)
        made = describe(
            known, events, self.equipment_class, self.equipment, self.windows, self.descriptors
        )
        ends = instants(made["end"])
        fresh = made[(ends > told) & (ends <= upto)].reset_index(drop=True)
        fresh["run"] += offset
        kept = known[record.times >= self._needed(record, runs, upto)].reset_index(drop=True)
        return fresh, Watermark(newest, upto, offset + _run_at(runs, newest), kept)

    def _refuse_late(self, mark: Watermark | None, readings: pd.DataFrame) -> None:
        late = int((instants(readings["time"]) <= mark.until).sum()) if mark else 0
        if late:
            raise TableError.because(
                f"{late} readings at or before the newest one described",
                "readings in order of time",
                "describe the asset's whole history anew",
            )

    def _runs(self, record: Record, events: pd.DataFrame) -> Runs:
        breaks = np.sort(instants(events.loc[ends_run(events), "time"]))
        period = nanoseconds(self.equipment.period)
        history = History(record.times, record.running, record.segments, breaks, period)
        return find_runs(history, nanoseconds(self.windows.max_gap))

    def _closed(self, record: Record) -> int:
        """Tell up to when no later reading can change a window."""
        if self.windows.by != "segment" or record.segments[-1] < 0:
            return int(record.times[-1])
        other = np.flatnonzero(record.segments != record.segments[-1])
        return int(record.times[other[-1]]) if other.size else int(record.times[0]) - 1

    def _needed(self, record: Record, runs: Runs, upto: int) -> int:
        """Tell from when on later windows need the readings [ns]."""
        spare = nanoseconds(self.windows.max_gap) + nanoseconds(self.equipment.period)
        since = upto - spare
        if self.windows.by == "time":
            since -= nanoseconds(self.windows.length)
        if self.windows.by == "count" and runs.since.size:
            since = min(since, int(runs.since[_run_at(runs, upto)]) - spare)
        for state in (record.running, record.known):
            before = record.times[state & (record.times < since)]
            if before.size:
                return int(before[-1]) - spare
        return since


def _run_at(runs: Runs, when: int) -> int:
    return int(runs.of(np.array([when]))[0])
