"""Runs: the unbroken stretches of an asset's history that no window crosses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.signal.instants import Flags, Whole


@dataclass(frozen=True)
class History:
    """What of one asset's history decides where its windows lie; all instants in ns."""

    times: Whole
    """Instants of all readings, ascending, none twice."""
    running: Flags
    """Whether the equipment ran at each reading."""
    segments: Whole
    """Cycle or recording of each reading; -1: none."""
    breaks: Whole
    """Instants of the events that end a run."""
    period: int
    """Usual time between two readings [ns]."""


@dataclass(frozen=True)
class Runs:
    """Unbroken stretches of one asset's history; run i holds what lies at or after ``since[i]``."""

    since: Whole
    """First instant of each run [ns], ascending."""
    cuts: Whole
    """Exclusive start [ns] of what a window of the run may hold."""

    def of(self, when: Whole) -> Whole:
        """Tell which run instants lie in.

        Parameters
        ----------
        when : numpy.ndarray
            Instants [ns].

        Returns
        -------
        numpy.ndarray
            Number of the run, counted from 0; what precedes the first run counts to it.
        """
        if not self.since.size:
            return np.zeros(when.size, dtype=np.int64)
        return np.maximum(np.searchsorted(self.since, when, side="right") - 1, 0)


def ends_run(events: pd.DataFrame) -> Flags:
    """Tell which events end a run: a restart, a failure, or maintenance that replaces an item.

    Parameters
    ----------
    events : pandas.DataFrame
        Table ``events``.

    Returns
    -------
    numpy.ndarray
        One flag per event.
    """
    return events["kind"].isin(["restart", "failure"]).to_numpy() | replaces(events)


def replaces(events: pd.DataFrame) -> Flags:
    """Tell which events replace something: maintenance that names the maintainable item.

    Parameters
    ----------
    events : pandas.DataFrame
        Table ``events``.

    Returns
    -------
    numpy.ndarray
        One flag per event; maintenance without an item (lubrication, a check) replaces nothing.
    """
    flags: Flags = ((events["kind"] == "maintenance") & (events["item"] != "")).to_numpy(dtype=bool)
    return flags


def find_runs(history: History, max_gap: int) -> Runs:
    """Find the unbroken stretches of a history.

    Parameters
    ----------
    history : History
        The asset's readings and the events that end a run.
    max_gap : int
        Longest time without a running reading that a run survives [ns].

    Returns
    -------
    Runs
        At most one per gap and per event; none if the equipment never ran.

    Notes
    -----
    A gap ends a run when the next running reading arrives, not before, since nobody can know sooner
    how long it will last. A reading at the very instant of an event still belongs to the old run.
    """
    ran = history.times[history.running]
    if not ran.size:
        return Runs(np.empty(0, np.int64), np.empty(0, np.int64))
    resumed = np.flatnonzero(np.diff(ran) > max_gap)
    breaks = history.breaks[history.breaks >= ran[0]]
    since = np.concatenate([ran[:1], ran[resumed + 1], breaks + 1])
    cuts = np.concatenate(
        [
            ran[:1] - history.period,
            np.maximum(ran[resumed], ran[resumed + 1] - history.period),
            breaks,
        ]
    )
    order = np.lexsort((cuts, since))
    since, cuts = since[order], np.maximum.accumulate(cuts[order])
    newest = np.append(since[1:] != since[:-1], True)
    return Runs(since[newest], cuts[newest])
