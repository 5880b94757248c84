"""Protocol: the state of each row, healthy or abnormal, after a reference at the unit's start.

What is handed to :func:`score_states` was made without the labels of what is judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from faultprint.errors import LeakageError, TableError, listed
from faultprint.evaluate.benchmarks.figures import Figure, Floats, bootstrap

Marks = NDArray[np.bool_]
FAULT_FREE = "fault-free record"
"""Stratum of the runs without any fault."""
ALWAYS = "always abnormal (the majority)"
BEFORE = "label of the row before"
CLOCK = "row number alone, one experiment out"
ROWS_PCA = "PCA of single rows, T2 or Q at 99 %"


def score_states(
    scores: Mapping[str, Mapping[str, Floats]], truth: Mapping[str, Marks], group: str
) -> list[Figure]:
    """Score the rows of several variants by the labels.

    Parameters
    ----------
    scores : Mapping[str, Mapping[str, NDArray[numpy.float64]]]
        Variant -> unit -> score of each judged row; abnormal above 1.
    truth : Mapping[str, NDArray[numpy.bool_]]
        Unit -> which of the same rows are abnormal.
    group : str
        Pattern whose first group is the stratum of a unit's name.

    Returns
    -------
    list[Figure]
        F1, false and missed alarm rate and J = 1 - FAR - MAR over the rows of all units together,
        and of each group of units if there are several.

    Raises
    ------
    TableError
        If a variant does not judge exactly the rows that have labels.
    """
    groups = {unit: _group(group, unit) for unit in truth}
    strata: dict[str, list[str]] = {"all": list(truth)}
    if len(set(groups.values())) > 1:
        for name in sorted(set(groups.values())):
            strata[name] = [unit for unit in truth if groups[unit] == name]
    found: list[Figure] = []
    for variant, judged in scores.items():
        odd = [u for u in {**truth, **judged} if _length(truth, u) != _length(judged, u)]
        if odd:
            raise TableError.because(
                f"{variant!r}: other rows than those with labels in {listed(sorted(odd))}",
                "one score for each row after the reference",
                "judge all of them, and none of the reference",
            )
        counts = {unit: _count(judged[unit] > 1.0, truth[unit]) for unit in truth}
        for stratum, units in strata.items():
            found += rates(variant, stratum, np.array([counts[unit] for unit in units]))
    return found


def rates(variant: str, stratum: str, counts: Floats) -> list[Figure]:
    """Make figures of counted rows.

    Parameters
    ----------
    variant : str
        Which model.
    stratum : str
        Which units.
    counts : NDArray[numpy.float64]
        Units by rows found, rows called falsely, rows missed, rows rightly left.

    Returns
    -------
    list[Figure]
        ``f1``, ``far``, ``mar``, ``j``; NaN where there is no row to divide by.
    """

    def far(total: Floats) -> float:
        return _share(total[1], total[1] + total[3])

    def mar(total: Floats) -> float:
        return _share(total[2], total[0] + total[2])

    measures = {
        "f1": lambda t: _share(2 * t[0], 2 * t[0] + t[1] + t[2]),
        "far": far,
        "mar": mar,
        "j": lambda t: 1.0 - far(t) - mar(t),
    }
    return [
        Figure(variant, stratum, name, *bootstrap(_over(measure, counts), len(counts)), len(counts))
        for name, measure in measures.items()
    ]


def false_alarms(
    scores: Mapping[str, Mapping[str, Floats]], labelled: Mapping[str, Marks]
) -> list[Figure]:
    """Count the rows called abnormal where there is no fault.

    Parameters
    ----------
    scores : Mapping[str, Mapping[str, NDArray[numpy.float64]]]
        Variant -> unit -> score of each judged row.
    labelled : Mapping[str, NDArray[numpy.bool_]]
        Units with labels; all others have no fault.

    Returns
    -------
    list[Figure]
        ``far`` of each variant that has judged any; the stratum is ``FAULT_FREE``.
    """
    found = []
    for variant, judged in scores.items():
        calls = [one > 1.0 for unit, one in judged.items() if unit not in labelled]
        counts = [[0.0, float(one.sum()), 0.0, float((~one).sum())] for one in calls]
        if counts:
            every = rates(variant, FAULT_FREE, np.array(counts))
            found += [one for one in every if one.measure == "far"]
    return found


def baselines(truth: Mapping[str, Marks]) -> dict[str, dict[str, Floats]]:
    """Judge without looking at any sensor.

    Parameters
    ----------
    truth : Mapping[str, NDArray[numpy.bool_]]
        Unit -> which rows are abnormal, from the beginning of the judged part.

    Returns
    -------
    dict[str, dict[str, NDArray[numpy.float64]]]
        Every row abnormal; the label of the row before; and what most other units are at that
        row number: where experiments are run to a timetable, a learner may find that instead.
    """
    longest = max(map(len, truth.values()))
    table = np.full((len(truth), longest), np.nan)
    for row, marks in zip(table, truth.values(), strict=True):
        row[: len(marks)] = marks
    known, shown = np.isfinite(table), np.nan_to_num(table)
    others = (shown.sum(axis=0) - shown) / np.maximum(known.sum(axis=0) - known, 1)
    clock = {u: 2.0 * others[i, : len(m)] for i, (u, m) in enumerate(truth.items())}
    return {
        ALWAYS: {unit: np.full(len(marks), 2.0) for unit, marks in truth.items()},
        BEFORE: {u: np.r_[0.0, 2.0 * m[:-1].astype(np.float64)] for u, m in truth.items()},
        CLOCK: clock,
    }


def single_rows(values: Floats, reference_rows: int) -> Floats:
    """Judge single rows by the textbook: components of the reference, T2 and Q at 99 %.

    Parameters
    ----------
    values : NDArray[numpy.float64]
        Rows by sensors from the beginning of the reference on.
    reference_rows : int
        Rows of the reference.

    Returns
    -------
    NDArray[numpy.float64]
        The larger of T2 and Q, each over its 99 % quantile in the reference. No smoothing and no
        wandering: what most published floors are made of.
    """
    filled = np.nan_to_num(values)
    spread = filled[:reference_rows].std(axis=0)
    scaled = (filled - filled[:reference_rows].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    model = PCA(0.9, svd_solver="full").fit(scaled[:reference_rows])
    inner = model.transform(scaled)
    t2 = (inner**2 / model.explained_variance_).sum(axis=1)
    q = ((scaled - model.inverse_transform(inner)) ** 2).sum(axis=1)
    over = [one / max(float(np.quantile(one[:reference_rows], 0.99)), 1e-12) for one in (t2, q)]
    return np.asarray(np.maximum(*over), dtype=np.float64)


def refuse_clocks(units: Mapping[str, Floats], sensors: Sequence[str]) -> None:
    """Refuse a sensor that tells how long a unit has been running.

    Parameters
    ----------
    units : Mapping[str, NDArray[numpy.float64]]
        Unit -> rows by sensors, in order of time.
    sensors : Sequence[str]
        Their names.

    Raises
    ------
    LeakageError
        If a sensor moves, and never falls, or never rises, in any unit.
    """
    steps = [np.diff(np.nan_to_num(rows), axis=0) for rows in units.values()]
    ever = np.any([(one != 0).any(axis=0) for one in steps], axis=0)
    rising = np.all([(one >= 0).all(axis=0) for one in steps], axis=0)
    falling = np.all([(one <= 0).all(axis=0) for one in steps], axis=0)
    clocks = [
        name for name, is_one in zip(sensors, ever & (rising | falling), strict=True) if is_one
    ]
    if clocks:
        raise LeakageError.because(
            f"sensors that are clocks: {listed(clocks)}",
            "readings of the machine",
            "take row numbers, times and hour meters out of the equipment's sensors",
        )


def refuse_overlap(
    learnt: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]],
    judged: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]],
) -> None:
    """Refuse a split in which a judged run overlaps a learnt one in time.

    Parameters
    ----------
    learnt : Mapping[str, tuple[pandas.Timestamp, pandas.Timestamp]]
        Run of one rig -> first and last time.
    judged : Mapping[str, tuple[pandas.Timestamp, pandas.Timestamp]]
        The same of what is judged.

    Raises
    ------
    LeakageError
        If two runs share an instant.
    """
    both = [
        f"{run} and {other}"
        for run, (begun, ended) in judged.items()
        for other, (first, last) in learnt.items()
        if begun <= last and first <= ended
    ]
    if both:
        raise LeakageError.because(
            f"runs that overlap in time: {listed(both)}",
            "runs one after the other",
            "split where one run ends, or name the rig they are from",
        )


def _group(pattern: str, unit: str) -> str:
    held = re.match(pattern, unit)
    return held.group(1) if held else unit


def _length(units: Mapping[str, Floats] | Mapping[str, Marks], unit: str) -> int:
    return len(units[unit]) if unit in units else -1


def _count(called: Marks, truth: Marks) -> list[float]:
    pairs = (called & truth, called & ~truth, ~called & truth, ~called & ~truth)
    return [float(one.sum()) for one in pairs]


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _over(
    measure: Callable[[Floats], float], counts: Floats
) -> Callable[[NDArray[np.int64]], float]:
    return lambda units: measure(counts[units].sum(axis=0))
