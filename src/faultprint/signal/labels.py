"""What each window is learnt as, or why it is not learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Labels
from faultprint.errors import TableError, listed
from faultprint.signal.instants import NEVER, Flags, Whole, instants, nanoseconds
from faultprint.signal.runs import replaces

Words = NDArray[np.object_]

HEALTHY = "healthy"
FAULT = "fault"
"""``use`` of the windows that are learnt from; only these carry a label."""

MISSING = -NEVER
"""Stands for a missing time in an event."""


@dataclass(frozen=True)
class _Story:
    """The events of one asset that decide over labels; instants in ns, ascending."""

    failures: pd.DataFrame
    """Columns time, end, mode, item, onset_earliest, onset_latest."""
    faults: pd.DataFrame
    """Known fault intervals: columns time, end, mode."""
    repairs: Whole
    """Maintenance and restarts."""
    maintenance: Whole
    replaced: pd.DataFrame
    """Maintenance that replaces an item: columns time, item."""


@dataclass(frozen=True)
class _Spans:
    """The lengths of time in :class:`faultprint.config.Labels` [ns]."""

    horizon: int
    gap: int
    buffer: int
    recovery: int
    censor: int


def label_windows(
    windows: pd.DataFrame,
    events: pd.DataFrame,
    labels: Labels,
    last: Mapping[str, pd.Timestamp],
) -> pd.DataFrame:
    """Say what each window is learnt as, and if it is not, why.

    Parameters
    ----------
    windows : pandas.DataFrame
        Table ``windows`` of any number of assets.
    events : pandas.DataFrame
        Table ``events``; events of other assets are left alone.
    labels : Labels
        Horizon, gap, buffer, recovery and censoring.
    last : Mapping[str, pandas.Timestamp]
        Asset -> end of its record: until then a failure would have been logged.

    Returns
    -------
    pandas.DataFrame
        The windows with two more columns: ``label`` (failure modes joined by ``|``, ``healthy``, or
        empty) and ``use``. The label is empty unless ``use`` is ``healthy`` or ``fault``.

    Raises
    ------
    TableError
        If an asset is missing in ``last``.

    Notes
    -----
    With ``source: failures``, for a window that ends at e, the first that holds:

    - ``not_evaluable:<reason>``: it has no descriptors to learn from;
    - ``failed``: after a failure until its logged end, else until the first maintenance or restart
      within ``recovery`` after it;
    - ``recovering``: less than ``recovery`` after a failure ended or after any maintenance, or
      begun before a failure was over, so that it still holds the fault;
    - ``gap``: less than ``gap`` before a failure;
    - ``fault``: at most ``horizon`` before one or more failures; ``unlabelled`` if the mode of one
      is not known. What precedes the replacement of the very item that failed later is not its
      fault. If the onset is known as an interval, the fault starts at its latest instant;
    - ``buffer``: at most ``buffer`` before the horizon, or within the interval of the onset;
    - ``censored:preventive``: at most ``censor`` before maintenance that no failure at the asset
      precedes within ``recovery``: the fault it prevented may have been there, or not. So it is if
      no item is named, since a vague order may hide a replacement;
    - ``censored:end``: the record ends within ``horizon`` and ``buffer``, so a failure may follow;
    - ``healthy``.

    With ``source: intervals``: ``fault`` if at least half of the window lies in a fault interval
    that is not over at its end, ``buffer`` if less does; ``recovering`` if an interval ended within
    the window or less than ``recovery`` ago, or after a failure or maintenance as above; else
    ``healthy``. An interval without an end lasts.
    """
    strangers = sorted(set(windows["asset"].unique()) - set(last))
    if strangers:
        raise TableError.because(
            f"windows of {listed(strangers)} without the end of their record",
            "an entry in `last` for every asset",
            "give the time of the last reading of each asset",
        )
    spans = _spans(labels)
    judge = _judge_intervals if labels.source == "intervals" else _judge_failures
    use = np.full(len(windows), "", dtype=object)
    label = np.full(len(windows), "", dtype=object)
    for asset, at in windows.groupby("asset", sort=False).indices.items():
        story = _story(events[(events["asset"] == asset).to_numpy()])
        end = int(instants(pd.Series([last[str(asset)]]))[0])
        use[at], label[at] = judge(windows.iloc[at], story, spans, end)
    return windows.assign(
        label=pd.Series(label, index=windows.index, dtype="str"),
        use=pd.Series(use, index=windows.index, dtype="str"),
    )


def _spans(labels: Labels) -> _Spans:
    return _Spans(
        nanoseconds(labels.horizon),
        nanoseconds(labels.gap),
        nanoseconds(labels.buffer),
        nanoseconds(labels.recovery),
        nanoseconds(labels.horizon if labels.censor is None else labels.censor),
    )


def _story(events: pd.DataFrame) -> _Story:
    plain = pd.DataFrame(
        {
            "kind": events["kind"].to_numpy(),
            "time": instants(events["time"]),
            "end": instants(events["end"], MISSING),
            "mode": events["failure_mode"].to_numpy(),
            "item": events["item"].to_numpy(),
            "onset_earliest": instants(events["onset_earliest"], MISSING),
            "onset_latest": instants(events["onset_latest"], MISSING),
            "replaces": replaces(events),
        }
    ).sort_values(["time", "mode"], kind="stable")
    kind, times = plain["kind"], plain["time"].to_numpy()
    return _Story(
        plain[kind == "failure"],
        plain[kind == "fault"],
        times[kind.isin(["maintenance", "restart"])],
        times[kind == "maintenance"],
        plain[plain["replaces"]],
    )


def _within(ends: Whole, low: int, high: int) -> Flags:
    return (ends >= low) & (ends <= high)


def _any_within(ends: Whole, lows: Whole, highs: Whole) -> Flags:
    flags = np.zeros(ends.size, dtype=bool)
    for low, high in zip(lows, highs, strict=True):
        flags |= _within(ends, low, high)
    return flags


def _decide(cases: list[tuple[Flags, str]], modes: list[set[str]]) -> tuple[Words, Words]:
    """Take the first case that holds for each window; a fault gets its modes as label."""
    use = np.full(len(modes), HEALTHY, dtype=object)
    for holds, word in reversed(cases):
        use[holds] = word
    label = np.full(len(modes), "", dtype=object)
    label[use == HEALTHY] = HEALTHY
    for i in np.flatnonzero(use == FAULT):
        known = "" not in modes[i]
        use[i], label[i] = (FAULT, "|".join(sorted(modes[i]))) if known else ("unlabelled", "")
    return use, label


def _not_evaluable(windows: pd.DataFrame) -> list[tuple[Flags, str]]:
    reasons = windows["reason"].to_numpy()
    return [(reasons == r, f"not_evaluable:{r}") for r in np.unique(reasons.astype(str)) if r]


def _downtimes(story: _Story, spans: _Spans) -> Whole:
    """Give the instant at which each failure was over."""
    starts, ends = story.failures["time"].to_numpy(), story.failures["end"].to_numpy()
    at = np.searchsorted(story.repairs, starts, side="left")
    repair = np.append(story.repairs, NEVER)[at]
    repaired = np.where(repair - starts <= spans.recovery, repair, starts)
    return np.where(ends >= starts, ends, repaired)


def _recovering(windows: pd.DataFrame, story: _Story, spans: _Spans) -> Flags:
    starts, ends = instants(windows["start"]), instants(windows["end"])
    over = np.sort(_downtimes(story, spans))
    last = np.insert(over, 0, MISSING)[np.searchsorted(over, ends)]
    since = np.concatenate([over, story.maintenance])
    return (starts < last) | _any_within(ends, since + 1, since + spans.recovery - 1)


def _onsets(story: _Story, spans: _Spans) -> tuple[Whole, Whole]:
    """Give for each failure the first instant of its fault, and of the doubt before it."""
    failures, replaced = story.failures, story.replaced
    first = failures["time"].to_numpy() - spans.horizon
    earliest = failures["onset_earliest"].to_numpy()
    latest = np.maximum(failures["onset_latest"].to_numpy(), earliest)
    fault = np.maximum(first, latest)
    doubt = np.maximum(first - spans.buffer, earliest)
    renewed = [
        replaced.loc[(replaced["item"] == item) & (replaced["time"] < time), "time"]
        for item, time in zip(failures["item"], failures["time"], strict=True)
    ]
    begun = np.array([times.max() + 1 if len(times) else MISSING for times in renewed], np.int64)
    return np.maximum(fault, begun), np.maximum(doubt, begun)


def _preventive(story: _Story, spans: _Spans) -> Whole:
    """Give the instants of maintenance that no failure precedes within the recovery."""
    times, failures = story.maintenance, story.failures["time"].to_numpy()
    at = np.searchsorted(failures, times, side="right")
    before = np.insert(failures, 0, MISSING // 2)[at]
    planned: Whole = times[times - before > spans.recovery]
    return planned


def _judge_failures(
    windows: pd.DataFrame, story: _Story, spans: _Spans, end: int
) -> tuple[Words, Words]:
    ends = instants(windows["end"])
    times = story.failures["time"].to_numpy()
    fault, doubt = _onsets(story, spans)
    modes: list[set[str]] = [set() for _ in ends]
    for low, high, mode in zip(fault, times - spans.gap, story.failures["mode"], strict=True):
        for i in np.flatnonzero(_within(ends, low, high)):
            modes[i].add(mode)
    planned = _preventive(story, spans)
    return _decide(
        [
            *_not_evaluable(windows),
            (_any_within(ends, times + 1, _downtimes(story, spans)), "failed"),
            (_recovering(windows, story, spans), "recovering"),
            (_any_within(ends, np.maximum(times - spans.gap + 1, fault), times), "gap"),
            (np.array([bool(m) for m in modes], dtype=bool), FAULT),
            (_any_within(ends, doubt, times), "buffer"),
            (_any_within(ends, planned - spans.censor, planned), "censored:preventive"),
            (ends > end - spans.horizon - spans.buffer, "censored:end"),
        ],
        modes,
    )


def _judge_intervals(
    windows: pd.DataFrame, story: _Story, spans: _Spans, _end: int
) -> tuple[Words, Words]:
    starts, ends = instants(windows["start"]), instants(windows["end"])
    modes: list[set[str]] = [set() for _ in ends]
    partly, over = np.zeros(ends.size, dtype=bool), np.zeros(ends.size, dtype=bool)
    for since, end, mode in zip(*(story.faults[c] for c in ("time", "end", "mode")), strict=True):
        until = NEVER if end == MISSING else end
        inside = _within(ends, since, until)
        mostly = inside & (2 * (ends - np.maximum(starts, since)) >= ends - starts)
        partly |= inside & ~mostly
        if until != NEVER:
            over |= (ends > until) & ((starts < until) | (ends < until + spans.recovery))
        for i in np.flatnonzero(mostly):
            modes[i].add(mode)
    return _decide(
        [
            *_not_evaluable(windows),
            (np.array([bool(m) for m in modes], dtype=bool), FAULT),
            (partly, "buffer"),
            (over | _recovering(windows, story, spans), "recovering"),
        ],
        modes,
    )
