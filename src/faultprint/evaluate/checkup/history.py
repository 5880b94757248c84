"""Checks on histories: long enough, gapless enough, with healthy time, over the same time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import AssetSeen, Door, Material

FEW_HEALTHY = 200
"""Healthy windows of a class below which a limit of one false alarm in a hundred is a guess."""

GAPPY = 0.2
"""Share of readings that are missing, by the usual period, from which descriptors suffer."""

REFUSED = 0.01
"""Share of refused readings from which a person should look."""


def too_short_history(material: Material) -> Iterator[Finding]:
    """Find histories too short for a window, its label and a held-out part.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If an asset's history is shorter than one window, one horizon and one embargo; it stops if
        half of the assets are, or if no window can be evaluated.
    """
    settings = material.settings
    spans = [settings.labels.horizon, settings.labels.buffer, settings.split.embargo]
    spans += [settings.windows.length] if settings.windows.by == "time" else []
    least = pd.Timedelta(sum((pd.Timedelta(s) for s in spans), pd.Timedelta(0)))
    if settings.labels.source == "intervals":
        least = pd.Timedelta(0)
    short = [one.asset for one in material.assets if _span(one) < least or one.times.too_short]
    evaluable = (material.windows["reason"] == "").sum()
    if not short and evaluable:
        return
    share = len(short) / max(len(material.assets), 1)
    days = np.median([_span(one) / pd.Timedelta("1D") for one in material.assets] or [0.0])
    yield Finding(
        "too_short_history",
        "stops" if share >= 0.5 or not evaluable else "weakens",
        material.equipment_class,
        f"{len(short)} of {len(material.assets)} histories are shorter than "
        f"{least / pd.Timedelta('1D'):.3g} days (median {days:.3g} days; {evaluable} windows "
        "can be evaluated)",
        "one window, one labels.horizon with its buffer and one split.embargo must fit in, or "
        "there is nothing to learn from and nothing to judge",
        "export a longer history, or shorten windows.length and labels.horizon if faults are fast",
        tuple(short),
        share,
    )


def _span(one: AssetSeen) -> pd.Timedelta:
    start, end = one.times.start, one.times.end
    return pd.Timedelta(0) if start is None or end is None else end - start


def no_healthy_time(material: Material) -> Iterator[Finding]:
    """Find assets, or a whole class, without healthy time.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If there is any; a class with fewer than 200 healthy windows is told too.
    """
    if material.windows.empty:
        return
    healthy = material.healthy
    none = tuple(str(asset) for asset in healthy.index[healthy == 0])
    total = int(healthy.sum())
    if total < FEW_HEALTHY:
        yield Finding(
            "too_little_healthy_time",
            "stops" if total == 0 else "weakens",
            material.equipment_class,
            f"{total} windows can be called healthy",
            "healthy behaviour is what deviations are measured from; with fewer than "
            f"{FEW_HEALTHY} windows the rate of false alarms is a guess",
            "add healthy assets or months; shorten labels.censor, labels.buffer, labels.recovery",
        )
    if none and total:
        yield Finding(
            "assets_without_healthy_time",
            "note" if len(none) < 0.5 * len(healthy) else "weakens",
            material.equipment_class,
            f"{len(none)} of {len(healthy)} assets have no healthy window",
            "what is usual for them is taken from the class, so that an asset's own level counts "
            "as deviation",
            "add earlier history of these assets",
            none,
            len(none) / len(healthy),
        )


def sampling(material: Material) -> Iterator[Finding]:
    """Find a period that is not as configured, and gaps.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If the median period is off by a factor of 1.5, or a fifth of the readings are missing.
    """
    if material.settings.windows.by != "time":
        return
    usual = material.equipment.period.total_seconds()
    known = [one for one in material.assets if one.times.period]
    ratios = {one.asset: float(one.times.period or usual) / usual for one in known}
    off = {name: ratio for name, ratio in ratios.items() if not 1 / 1.5 <= ratio <= 1.5}
    if off:
        ratio = float(np.median(list(off.values())))
        yield Finding(
            "other_period",
            "weakens" if ratio > 1 else "note",
            material.equipment_class,
            f"{len(off)} of {len(known)} assets have a reading every {_spelled(ratio * usual)}, "
            f"not every {_spelled(usual)}",
            "coverage is counted in slots of equipment.period: too short a period makes whole "
            "windows not evaluable, too long a one hides gaps",
            f"set equipment.{material.equipment_class}.period to what the readings have",
            tuple(sorted(off)),
            len(off) / len(known),
        )
    gaps = {one.asset: _missing(one) for one in known if one.asset not in off}
    gappy = {name: share for name, share in gaps.items() if share >= GAPPY}
    usual_gap = float(np.median(list(gappy.values()) or [0.0]))
    if gappy:
        yield Finding(
            "sampling_gaps",
            "weakens" if len(gappy) >= 0.5 * len(known) else "note",
            material.equipment_class,
            f"{len(gappy)} of {len(known)} assets lack {usual_gap:.0%} of the "
            "readings their period promises",
            "windows below windows.min_coverage are not evaluated, and a longer silence than "
            "windows.max_gap starts anew",
            "find out whether the gaps are standstills, losses or an export that leaves out equal "
            "values; in the last case set equipment.period to the longest usual distance",
            tuple(sorted(gappy)),
            len(gappy) / len(known),
        )


def _spelled(seconds: float) -> str:
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:.3g} s"


def _missing(one: AssetSeen) -> float:
    promised = _span(one).total_seconds() / float(one.times.period or 1) + 1
    return max(0.0, 1 - one.times.rows / promised)


def apart_in_time(material: Material) -> Iterator[Finding]:
    """Find that assets were not recorded over the same time, so that a split in time splits assets.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If less than half of the assets have readings on both sides of the split.
    """
    spans = [(one.times.start, one.times.end) for one in material.assets]
    both = [s is not None and e is not None and s < material.split_at < e for s, e in spans]
    share = 1 - float(np.mean(both)) if both else 0.0
    if share <= 0.5:
        return
    yield Finding(
        "apart_in_time",
        "weakens",
        material.equipment_class,
        f"{sum(both)} of {len(both)} assets have readings before and after "
        f"{material.split_at:%Y-%m-%d}, where the judged time begins",
        "a split in time is one by assets then: whole machines are judged that nothing was learnt "
        "from, and none is followed from one side to the other",
        "set split.holdout to a date in the middle of what most assets have, or judge by asset "
        "(split.holdout_assets)",
        (),
        share,
    )


def duplicate_times(material: Material) -> Iterator[Finding]:
    """Find rows of one asset and instant that contradict each other, or come out of order.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        For contradictions in one row of a thousand, for repeats or disorder in one of a hundred.
    """
    rows = sum(one.times.rows for one in material.assets)
    clashing = {one.asset: one.conflicting for one in material.assets if one.conflicting}
    share = sum(clashing.values()) / max(rows, 1)
    if share >= 0.001:
        yield Finding(
            "duplicate_times",
            "misleads" if share >= 0.05 else "weakens",
            material.equipment_class,
            f"{sum(clashing.values())} rows contradict another of the same asset and time",
            "only one of each can be right, the other is refused: two machines under one name, a "
            "clock that was set back, or a file that was exported twice",
            "see whether the column of the asset tells machines apart, and whether local times "
            "repeat an hour in autumn",
            tuple(sorted(clashing)),
            share,
        )
    odd = sum(one.repeated + one.disordered for one in material.assets)
    if odd >= 0.01 * max(rows, 1):
        yield Finding(
            "repeated_rows",
            "note",
            material.equipment_class,
            f"{sum(one.repeated for one in material.assets)} rows are there twice, "
            f"{sum(one.disordered for one in material.assets)} stand before an earlier one",
            "they are dropped and sorted, nothing is lost; but an export that overlaps or a clock "
            "that jumps does that",
            "have a look at the source if nobody expects it",
            (),
            odd / max(rows, 1),
        )


def refused_rows(door: Door) -> Iterator[Finding]:
    """Find that the door refused readings.

    Parameters
    ----------
    door : Door
        What was refused while reading.

    Yields
    ------
    Finding
        If one in a hundred was refused.
    """
    lost = sum(door.refused.values())
    share = lost / max(door.readings + lost, 1)
    if share < REFUSED:
        return
    most = sorted(door.refused.items(), key=lambda item: (-item[1], item[0]))
    yield Finding(
        "refused_rows",
        "weakens" if share < 0.5 else "misleads",
        "",
        f"{lost} readings were refused: {'; '.join(f'{n} {reason}' for reason, n in most[:3])}",
        "what is refused is not there for anybody; if it is refused in faults only, the faults go "
        "unseen",
        "read data/tables/rejects.parquet, which has each row with its reason, and correct the "
        "mapping",
        (),
        share,
    )
