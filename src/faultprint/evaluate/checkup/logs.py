"""Checks on the log: order of failure and repair, precision of its times, what is missing in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from faultprint.evaluate.checkup.clocks import ends_of_deviations
from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import Door, Material
from faultprint.signal.instants import instants, nanoseconds

OFTEN = 0.5
"""Share of failures from which an order of events is a habit of the log, not an accident."""

TIMES_USUAL = 3.0
"""How many times more often than by chance."""


def repair_before_failure(material: Material) -> Iterator[Finding]:
    """Find failures that are logged after their repair.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If maintenance precedes half of the failures by at most the recovery time, three times more
        often than the rate of maintenance gives by chance.
    """
    failures = material.failures
    tended = material.events[material.events["kind"].isin(["maintenance", "restart"])]
    span = max(nanoseconds(material.settings.labels.recovery), 1)
    if len(failures) < 3 or tended.empty:
        return
    before = np.zeros(len(failures), dtype=bool)
    expected = np.zeros(len(failures))
    lived = {one.asset: _lived(one.times.start, one.times.end) for one in material.assets}
    for place, (asset, time) in enumerate(
        zip(failures["asset"], instants(failures["time"]), strict=True)
    ):
        mine = instants(tended.loc[tended["asset"] == asset, "time"])
        before[place] = bool(((mine < time) & (mine >= time - span)).any())
        expected[place] = 1 - np.exp(-len(mine) * span / max(lived.get(str(asset), 0), span))
    share, usual = float(before.mean()), float(expected.mean())
    if share < OFTEN or share < TIMES_USUAL * usual:
        return
    yield Finding(
        "labels_after_repair",
        "misleads",
        material.equipment_class,
        f"{int(before.sum())} of {len(failures)} failures have maintenance logged within "
        f"labels.recovery before them (by chance: {usual:.0%})",
        "if the entry was made when the repair was done, the windows before it show the standstill "
        "or the repaired machine, and those that show the fault are called healthy",
        "use the time of the breakdown, not that of the entry, as the failure's time "
        "(source.events.time)",
        tuple(sorted(failures.loc[before, "asset"].unique())),
        share,
    )


def _lived(start: pd.Timestamp | None, end: pd.Timestamp | None) -> int:
    return 0 if start is None or end is None else int((end - start) / pd.Timedelta("1ns"))


def dates_only(material: Material) -> Iterator[Finding]:
    """Find failures that are logged by the day, not by the hour.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If nine of ten failures share one time of day, the horizon is shorter than ten days, and
        what the sensors show does not end at these times either.
    """
    failures = material.failures
    horizon = pd.Timedelta(material.settings.labels.horizon)
    if len(failures) < 5 or horizon > pd.Timedelta("10D"):
        return
    of_day = failures["time"].dt.strftime("%H:%M:%S").value_counts(normalize=True)
    share = float(of_day.iloc[0])
    if share < 0.9 or ends_of_deviations(material.around, material.calm).is_steady:
        return
    yield Finding(
        "dates_only",
        "misleads" if horizon <= pd.Timedelta("2D") else "weakens",
        material.equipment_class,
        f"{share:.0%} of the failures are logged at {of_day.index[0]} UTC, and the sensors do not "
        "confirm it",
        "the log knows the day, not the hour, so that labels are wrong by up to a day",
        "set labels.gap to 24h and labels.horizon to days, so that the doubtful day is not learnt "
        "from",
        (),
        share,
    )


def everything_censored(material: Material) -> Iterator[Finding]:
    """Find that maintenance is so frequent that little time can be called healthy.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If half or more of the evaluable windows lie before maintenance or in the recovery after it.
    """
    use = material.windows["use"]
    usable = ~use.str.startswith("not_evaluable")
    kept_out = use.isin(["censored:preventive", "recovering"])
    share = float(kept_out.sum() / max(usable.sum(), 1))
    if share < 0.5:
        return
    yield Finding(
        "everything_censored",
        "weakens",
        material.equipment_class,
        f"{share:.0%} of the evaluable windows lie shortly before or after maintenance",
        "they are neither called healthy nor faulty and are not learnt from",
        "map visits that change nothing to inspection in source.events.kinds; name the item that "
        "was replaced; shorten labels.censor and labels.recovery",
        (),
        share,
    )


def units_never_seen(door: Door) -> Iterator[Finding]:
    """Find events of assets that have no readings: names that do not agree.

    Parameters
    ----------
    door : Door
        What was refused while reading.

    Yields
    ------
    Finding
        If there are any; it misleads if they are a fifth of the log.
    """
    lost = sum(door.strangers.values())
    if not lost:
        return
    share = lost / (door.events + lost)
    yield Finding(
        "units_never_seen",
        "misleads" if share >= 0.2 else "note",
        "",
        f"{lost} of {door.events + lost} entries of the log are of {len(door.strangers)} assets "
        "that have no readings",
        "their failures are lost; where names are spelt differently in log and readings, machines "
        "that failed are learnt as healthy",
        "compare the names; correct source.events.asset, readings.asset_from or the register",
        tuple(sorted(door.strangers)),
        share,
    )


def unmapped_words(door: Door) -> Iterator[Finding]:
    """Find words of the log for kinds of events that the mapping does not list.

    Parameters
    ----------
    door : Door
        What was refused while reading.

    Yields
    ------
    Finding
        If there are any.
    """
    lost = sum(door.unmapped.values())
    if not lost:
        return
    share = lost / (door.events + lost)
    most = sorted(door.unmapped.items(), key=lambda item: (-item[1], item[0]))
    yield Finding(
        "unmapped_words",
        "stops" if share == 1 else "weakens" if share >= 0.2 else "note",
        "",
        f"{lost} of {door.events + lost} entries of the log have a kind that source.events.kinds "
        f"does not list: {', '.join(f'{word!r} {n}' for word, n in most[:5])}",
        "they are refused; if failures or repairs are among them, faulty time is learnt as healthy",
        "list the words in source.events.kinds, those that say nothing as inspection",
        tuple(word for word, _ in most),
        share,
    )


def without_readings(door: Door) -> Iterator[Finding]:
    """Find assets of the register that have no readings.

    Parameters
    ----------
    door : Door
        What was refused while reading.

    Yields
    ------
    Finding
        If there are any.
    """
    if not door.without_readings:
        return
    yield Finding(
        "assets_without_readings",
        "note",
        "",
        f"{len(door.without_readings)} assets of the register have no readings",
        "they are never scored",
        "compare their names with those in the readings; export them if they should be there",
        door.without_readings,
        0.0,
    )
