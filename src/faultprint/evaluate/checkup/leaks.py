"""Checks on leaks: what knows the label, or tells of a failure only when it has happened."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import Material
from faultprint.evaluate.leakage import SUSPICIOUS, auroc

LEAST = 5
"""Failures from which a perfect separation is no accident."""

BLIND, SHARP = 0.65, 0.9
"""Area under the ROC curve below which something says nothing, above which it says nearly all."""

DIM = 0.9
"""Area that a fault which grows has reached one horizon before it is perfectly told."""

OWN = frozenset((
    "asset", "equipment_class", "start", "end", "run", "rows", "coverage", "reason", "distrusted",
    "suspected", "label", "use", "part", "fold", "known_label", "known_use", "known_until",
))  # fmt: skip
"""Columns of windows that are no descriptors."""


def descriptors_of(windows: pd.DataFrame) -> list[str]:
    """List the columns of windows that are descriptors.

    Parameters
    ----------
    windows : pandas.DataFrame
        Labelled windows.

    Returns
    -------
    list[str]
        All but the named columns of the table and the label.
    """
    return [str(name) for name in windows.columns if name not in OWN]


def separates_too_well(material: Material) -> Iterator[Finding]:
    """Find single descriptors that know a fault from its very first window.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If a descriptor, or that it is missing, tells the *earliest* third of the windows before the
        failures of a mode from healthy ones with an area under the ROC curve of 0.999 or more, and
        either the windows of one horizon earlier hardly at all, or two modes alike.

    Notes
    -----
    A fault grows: what is sure at the beginning of the horizon is not blind just before it.
    Something made from the label begins where the label begins. What knows all faults equally well
    is rarely a sensor: a count of days, a flag, an alarm.
    """
    windows = material.windows
    used = windows[windows["reason"] == ""]
    healthy = (used["use"] == "healthy").to_numpy()
    counts = material.failures[material.failures["windows"] > 0].groupby("mode").size()
    found: dict[str, list[str]] = {}
    begins: set[str] = set()
    for mode in counts.index[(counts >= LEAST) & (counts.index != "")]:
        left = _until_failure(material, used, str(mode))
        early = (left > 2 / 3) & (left <= 1) & (used["use"] == "fault").to_numpy()
        sooner = (left > 1) & (left <= 2) & ~early
        for name in descriptors_of(used):
            values = used[name].to_numpy(np.float64)
            if _knows(values, early, healthy) >= SUSPICIOUS:
                found.setdefault(name, []).append(str(mode))
                if _knows(values, sooner, healthy & ~sooner) < DIM:
                    begins.add(name)
    told = {name: modes for name, modes in found.items() if name in begins or len(modes) > 1}
    if not told:
        return
    yield Finding(
        "separates_too_well",
        "misleads",
        material.equipment_class,
        f"{len(told)} descriptors alone tell faults from healthy all but perfectly, from the first "
        f"window of the horizon on: "
        f"{', '.join(f'{k} ({len(v)} modes)' for k, v in list(told.items())[:6])}",
        "real faults grow, and differ; a column that is sure all at once, or of every fault, may "
        "have been filled in afterwards, count the days, or be the alarm that stopped the machine",
        "ask where the column comes from and when it is written; take it out unless it is known "
        "before the failure in operation, too",
        tuple(told),
        len(told) / max(len(descriptors_of(used)), 1),
    )


def _until_failure(material: Material, windows: pd.DataFrame, mode: str) -> NDArray[np.float64]:
    """Time to the next failure of a mode on the asset, as a share of the horizon; NaN: none."""
    horizon = pd.Timedelta(material.settings.labels.horizon).value
    mine = material.failures[material.failures["mode"] == mode]
    left = np.full(len(windows), np.nan)
    ends = windows["end"].astype("int64").to_numpy()
    for asset, at in windows.groupby("asset", sort=False).indices.items():
        times = np.sort(mine.loc[mine["asset"] == asset, "time"].astype("int64").to_numpy())
        after = np.searchsorted(times, ends[at], side="left")
        has = after < len(times)
        left[at[has]] = (times[after[has]] - ends[at][has]) / max(horizon, 1)
    return left


def _knows(
    values: NDArray[np.float64], group: NDArray[np.bool_], healthy: NDArray[np.bool_]
) -> float:
    """How well a column, or that it is missing, tells windows from healthy ones: 0.5 to 1."""
    if group.sum() < LEAST or healthy.sum() < LEAST:
        return 0.5
    gone = np.isnan(values)
    missing = 0.5 + 0.5 * abs(float(gone[group].mean()) - float(gone[healthy].mean()))
    both = (group | healthy) & ~gone
    if (both & group).sum() < LEAST or (both & healthy).sum() < LEAST:
        return missing
    area = auroc(values[both], group[both])
    return max(area, 1 - area, missing)


def tells_only_afterwards(material: Material) -> Iterator[Finding]:
    """Find sensors that change with the failure, but not before it.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If a sensor tells the time just after failures from calm time, and the horizon before them
        not at all.
    """
    around, calm = material.around, material.calm
    if around.n < LEAST or calm.n < LEAST:
        return
    found = {}
    for place, name in enumerate(around.sensors):
        before = _mean(around.scaled[:, : around.before, place])
        last = _mean(around.scaled[:, around.before - 3 : around.before, place])
        until = around.before + max(around.before // 4, 3)
        after = _mean(around.scaled[:, around.before : until, place])
        usual = _mean(calm.scaled[:, :, place])
        short = _mean(calm.scaled[:, calm.before - 3 : calm.before, place])
        if np.isnan(after).mean() > 0.5:  # it stands then; those that run are not like the others
            continue
        told = [_apart(after, usual), _apart(before, usual), _apart(last, short)]
        if told[0] >= SHARP and max(told[1:]) <= BLIND:
            found[name] = told[0]
    if not found:
        return
    yield Finding(
        "tells_only_afterwards",
        "misleads",
        material.equipment_class,
        f"{len(found)} sensors change after failures and not before: "
        f"{', '.join(f'{name} (area {area:.2f})' for name, area in found.items())}",
        "they follow the failure or the repair; wherever labels reach a little too far, a model "
        "learns them instead of the fault, and scores well on the past only",
        "take them out, or see that labels.recovery covers the time in which they differ",
        tuple(found),
        len(found) / len(around.sensors),
    )


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each row over its known values; NaN where fewer than half are known."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    enough = known.sum(axis=1) * 2 >= values.shape[1]
    return np.where(enough, total / np.maximum(known.sum(axis=1), 1), np.nan)


def _apart(group: NDArray[np.float64], usual: NDArray[np.float64]) -> float:
    """How well the size of a deviation, or its direction, tells a group from what is usual."""
    known, calm = group[~np.isnan(group)], usual[~np.isnan(usual)]
    if len(known) < LEAST or len(calm) < LEAST:
        return 0.5
    positive = np.concatenate([np.ones(len(known), bool), np.zeros(len(calm), bool)])
    both = np.concatenate([known, calm])
    signed = auroc(both, positive)
    return max(signed, 1 - signed, auroc(np.abs(both), positive))


def codes_after_failures(material: Material) -> Iterator[Finding]:
    """Find error codes that come with or after failures, not before.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If most entries of a code lie within the recovery after a failure, and hardly any within
        the horizon before one.
    """
    labels = material.settings.labels
    errors = material.events[material.events["kind"] == "error"]
    if errors.empty or len(material.failures) < LEAST:
        return
    after = np.zeros(len(errors), bool)
    before = np.zeros(len(errors), bool)
    times = errors["time"].astype("int64").to_numpy()
    for asset, at in errors.groupby("asset", sort=False).indices.items():
        mine = material.failures["asset"] == asset
        failed = material.failures.loc[mine, "time"].astype("int64").to_numpy()
        if not len(failed):
            continue
        apart = times[at][:, None] - failed[None, :]
        after[at] = ((apart >= 0) & (apart <= _ns(labels.recovery))).any(axis=1)
        before[at] = ((apart < 0) & (apart >= -_ns(labels.horizon))).any(axis=1)
    table = pd.DataFrame({"code": errors["code"].to_numpy(), "after": after, "before": before})
    shares = table.groupby("code").agg(after=("after", "mean"), before=("before", "mean"),
                                       n=("after", "size"))  # fmt: skip
    late = shares[(shares["n"] >= LEAST) & (shares["after"] >= 0.8) & (shares["before"] <= 0.05)]
    if late.empty:
        return
    yield Finding(
        "codes_after_failures",
        "note",
        material.equipment_class,
        f"{len(late)} error codes come with or after failures, hardly ever before",
        "they report the failure; counted as descriptors they foretell nothing, and where a "
        "failure is logged late they leak it",
        "leave them out of descriptors.error_codes",
        tuple(map(str, late.index)),
        len(late) / len(shares),
    )


def _ns(span: object) -> int:
    return int(pd.Timedelta(span).value)  # type: ignore[arg-type]
