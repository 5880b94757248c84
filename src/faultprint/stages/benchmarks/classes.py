"""Board of classes: states of components, told of units whose group was not learnt from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from faultprint.evaluate.benchmarks.class_settings import ClassVariant
from faultprint.evaluate.benchmarks.classes import (
    Parts,
    labels_at,
    last_labels,
    majority,
    refuse_leaks,
    score_classes,
    split_units,
)
from faultprint.evaluate.benchmarks.figures import Figure, Floats
from faultprint.faults.grouped.chain import learn_chain
from faultprint.faults.grouped.classifier import Units
from faultprint.stages.benchmarks.class_units import Described, read_described, read_events
from faultprint.store.benchmarks import ClassesBenchmark

MAJORITY, LAST = "majority", "last label"
_MARKS = ("asset", "record", "time")


def predict(benchmark: ClassesBenchmark, data: Path) -> pd.DataFrame:
    """Tell the states of units of groups that were not learnt from.

    Parameters
    ----------
    benchmark : ClassesBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    pandas.DataFrame
        One row a variant, item and unit: ``variant``, ``item``, ``asset``, ``record``, ``time``,
        ``group`` and ``p <state>``, the probability of each state of the item. A learner is given
        the states of the units that it learns from, and of no others.
    """
    described = read_described(benchmark, data)
    parts = {
        name: split_units(described.marks, described.labels, split)
        for name, split in benchmark.splits.items()
    }
    tables = []
    for name, variant in benchmark.variants.items():
        tables += list(_told(name, variant, described, parts[variant.split], benchmark))
    first = next(iter(benchmark.variants.values())).split
    tables += list(_usual(described, parts[first], benchmark))
    return pd.concat(tables, ignore_index=True)


def _told(
    name: str,
    variant: ClassVariant,
    described: Described,
    parts: Parts,
    benchmark: ClassesBenchmark,
) -> Iterator[pd.DataFrame]:
    used = [i for i, one in enumerate(described.names) if re.search(variant.only, one)]
    values = np.ascontiguousarray(described.table[:, used])
    names = tuple(described.names[i] for i in used)
    classes = {item: described.classes(item) for item in benchmark.items}
    said = {item: np.zeros((len(values), len(states))) for item, states in classes.items()}
    for held in parts.held:
        if not benchmark.splits[variant.split].leaky:
            refuse_leaks(described.marks, described.table, held)
        if variant.ranked:
            for item, states in classes.items():
                said[item][held] = _ranked(described, held, [variant.ranked[one] for one in states])
            continue
        rest = np.setdiff1d(np.arange(len(values)), held)
        known = {
            item: _codes(described.labels[item].iloc[rest], classes[item])
            for item in benchmark.items
        }
        learnt = learn_chain(
            Units(values[rest], names, parts.groups[rest]), known, classes, variant.learn
        )
        for item, one in learnt.predict(values[held]).items():
            said[item][held] = one
    for item, states in classes.items():
        yield _table(name, item, said[item], states, described, parts)


def _ranked(described: Described, held: NDArray[np.int64], stand: list[str]) -> Floats:
    """Say by the descriptors that stand for states, without learning."""
    columns = [described.names.index(name) for name in stand]
    table = np.nan_to_num(described.table[held][:, columns])
    return np.asarray(softmax(table, axis=1), dtype=np.float64)


def _usual(
    described: Described, parts: Parts, benchmark: ClassesBenchmark
) -> Iterator[pd.DataFrame]:
    for item in benchmark.items:
        states = described.classes(item)
        codes = _codes(described.labels[item], states)
        said = np.zeros((len(codes), len(states)))
        for held in parts.held:
            said[held] = majority(np.delete(codes, held), len(states), len(held))
        yield _table(MAJORITY, item, said, states, described, parts)


def _codes(labels: pd.Series, classes: tuple[str, ...]) -> NDArray[np.int64]:
    at = {state: i for i, state in enumerate(classes)}
    return np.array([at[one] for one in labels], dtype=np.int64)


def _table(
    name: str,
    item: str,
    said: Floats,
    states: tuple[str, ...],
    described: Described,
    parts: Parts,
) -> pd.DataFrame:
    columns = {f"p {state}": said[:, i] for i, state in enumerate(states)}
    marks = described.marks[list(_MARKS)].assign(group=parts.groups, **columns)
    marks.insert(0, "variant", name)
    marks.insert(1, "item", item)
    return marks


def score(benchmark: ClassesBenchmark, data: Path, forecasts: pd.DataFrame) -> list[Figure]:
    """Open the states, and score what was said.

    Parameters
    ----------
    benchmark : ClassesBenchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : pandas.DataFrame
        What :func:`predict` gave, read back.

    Returns
    -------
    list[Figure]
        Of each variant and baseline, by item; where units are pieces of recordings, also by
        recording, of which the mean over its pieces is said.
    """
    events = read_events(benchmark, data)
    times = pd.to_datetime(forecasts["time"], utc=True, format="ISO8601")
    # A name that is a number comes back from the disk as one.
    forecasts = forecasts.assign(time=times, asset=forecasts["asset"].astype("str"))
    found: list[Figure] = []
    for item in benchmark.items:
        mine = forecasts[forecasts["item"] == item]
        for name, one in mine.groupby("variant", sort=False):
            found += _scored(str(name), item, one.reset_index(drop=True), events, benchmark)
    return found


def _scored(
    name: str, item: str, table: pd.DataFrame, events: pd.DataFrame, benchmark: ClassesBenchmark
) -> list[Figure]:
    truth = labels_at(table, events, [item])[item]
    columns = [str(one) for one in table if str(one)[:2] == "p " and table[one].notna().any()]
    states = [one.removeprefix("p ") for one in columns]
    said = {name: table[columns].to_numpy(dtype=np.float64)}
    if name == MAJORITY:
        said[LAST] = last_labels(table, truth, states)
    codes = _codes(truth, tuple(states))
    whole = benchmark.units.length is None
    found = []
    drawn = min((table["asset"], table["group"]), key=lambda groups: groups.nunique()).tolist()
    for model, one in said.items():
        stratum = item if whole else f"{item}, by piece"
        found += score_classes(model, stratum, one, codes, drawn)
        if not whole and not _changes(table, codes):
            found += _by_record(model, f"{item}, by recording", one, codes, table)
    return found


def _changes(table: pd.DataFrame, codes: NDArray[np.int64]) -> bool:
    """Tell whether the state changes within a recording, so that none has one answer."""
    states = pd.Series(codes).groupby([table["asset"], table["record"]]).nunique()
    return bool((states > 1).any())


def _by_record(
    name: str, stratum: str, said: Floats, codes: NDArray[np.int64], table: pd.DataFrame
) -> list[Figure]:
    record, _ = pd.factorize(table["asset"] + " " + table["record"].astype(str))
    first = np.unique(record, return_index=True)[1]
    mean = np.array([said[record == i].mean(axis=0) for i in range(len(first))])
    assets = table["asset"].iloc[first].tolist()
    return score_classes(name, stratum, mean, codes[first], assets)


def ablate(benchmark: ClassesBenchmark, data: Path) -> list[Figure]:
    """Judge what each part gives, on the same splits.

    Parameters
    ----------
    benchmark : ClassesBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    list[Figure]
        Of each ablation and baseline.
    """
    changed = benchmark.model_copy(update={"variants": benchmark.ablations})
    return score(benchmark, data, predict(changed, data))
