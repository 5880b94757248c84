"""Checks on failures: can each be seen, and is there anything to judge."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import JUDGED, Material

UNSEEN = 0.25
"""Share of failures without a window from which a person should look."""


def outside_readings(material: Material) -> Iterator[Finding]:
    """Find failures before the first reading of their asset, or after its last.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there are any; it stops if all of them are.
    """
    every = material.failures
    outside = every[~_recorded(material)]
    if outside.empty:
        return
    share = len(outside) / len(every)
    yield Finding(
        "outside_readings",
        "stops" if share == 1 else "note",
        material.equipment_class,
        f"{len(outside)} of {len(every)} failures lie before the first or after the last reading "
        "of their asset",
        "the log spans more than the readings; these failures are neither learnt nor judged",
        "export readings over the span of the log; if both should agree, compare the clocks, the "
        "time zones and the order of day and month (time_format)",
        tuple(sorted(outside["asset"].unique())),
        share,
    )


def _recorded(material: Material) -> pd.Series:
    """Whether each failure lies within the readings of its asset, or a horizon after them."""
    spans = {one.asset: (one.times.start, one.times.end) for one in material.assets}
    horizon = pd.Timedelta(material.settings.labels.horizon)
    inside = [
        start is not None and end is not None and start <= time <= end + horizon
        for asset, time in zip(material.failures["asset"], material.failures["time"], strict=True)
        for start, end in [spans.get(str(asset), (None, None))]
    ]
    return pd.Series(inside, index=material.failures.index, dtype=bool)


def unseen_failures(material: Material) -> Iterator[Finding]:
    """Find failures within the readings before which nothing could be evaluated.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If more than a quarter of the failures have no evaluable window within the horizon.
    """
    every = material.failures[_recorded(material)]
    if every.empty:
        return
    unseen = every[every["windows"] == 0]
    share = len(unseen) / len(every)
    if share < UNSEEN:
        return
    yield Finding(
        "unseen_failures",
        "stops" if share == 1 else "weakens",
        material.equipment_class,
        f"{len(unseen)} of {len(every)} failures have no evaluable window in the "
        f"{_hours(material)} before them",
        "they lie in a gap, in a standstill or just after another failure: no model can foretell "
        "them, and they count as missed",
        "see whether the readings stop before the log's time of failure; widen labels.horizon if "
        "it is shorter than windows.step; shorten windows.length if gaps are many",
        tuple(sorted(unseen["asset"].unique())),
        share,
    )


def _hours(material: Material) -> str:
    return f"{pd.Timedelta(material.settings.labels.horizon) / pd.Timedelta('1h'):g} h"


def nothing_to_judge(material: Material) -> Iterator[Finding]:
    """Find that the held-out time holds no failures, or too few for a number.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If fewer than five failures are held out.
    """
    every = material.failures
    judged = int((every["part"] == JUDGED).sum())
    if every.empty or judged >= 5:
        return
    yield Finding(
        "nothing_to_judge",
        "misleads" if judged == 0 else "weakens",
        material.equipment_class,
        f"{judged} of {len(every)} failures lie in the time that is held out to judge "
        f"(from {material.split_at:%Y-%m-%d})",
        "an honest score needs failures that nothing was learnt from; five found of five still "
        "only says that more than half are found",
        "move split.holdout to an earlier date, but keep enough failures before it to learn from",
        (),
        1 - judged / 5,
    )
