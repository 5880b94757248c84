"""Board of classes: states of components, told of units whose group was not learnt from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from faultprint.config import Descriptors, Equipment
from faultprint.errors import SourceError
from faultprint.evaluate.benchmarks.class_settings import ClassVariant
from faultprint.evaluate.benchmarks.classes import (
    HEALTHY,
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
from faultprint.signal.bearings import TURNS_PER_HZ, mounting_from
from faultprint.signal.units import cut_pieces, describe_units
from faultprint.store.benchmarks import ClassesBenchmark
from faultprint.store.sources.raw import RawEvents, RawReadings
from faultprint.store.sources.registry import open_source

MAJORITY, LAST = "majority", "last label"
_MARKS = ("asset", "record", "time")


@dataclass(frozen=True, eq=False)
class Described:
    """What is judged, described; the states lie beside it."""

    marks: pd.DataFrame
    """``asset``, ``record`` (cycle or recording) and ``time``, the first instant, of each unit."""
    table: Floats
    """Units by descriptors."""
    names: tuple[str, ...]
    """Descriptors."""
    labels: pd.DataFrame
    """State of each item in each unit."""

    def classes(self, item: str) -> tuple[str, ...]:
        """List the states of an item.

        Parameters
        ----------
        item : str
            A maintainable item.

        Returns
        -------
        tuple[str, ...]
            ``healthy`` first, if there is any, then sorted.
        """
        found = sorted(set(self.labels[item]) - {HEALTHY})
        return ((HEALTHY,) if HEALTHY in set(self.labels[item]) else ()) + tuple(found)


def read_described(benchmark: ClassesBenchmark, data: Path) -> Described:
    """Read, cut, describe and label.

    Parameters
    ----------
    benchmark : ClassesBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    Described
        In order of reading; units without any fault only where they are judged.

    Raises
    ------
    SourceError
        If there are no readings.
    """
    source = benchmark.source.model_copy(update={"path": str(data)})
    equipment = next(iter(benchmark.equipment.values()))
    made: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    events = []
    for raw in open_source(source, benchmark.equipment):
        if isinstance(raw, RawReadings):
            made.append(_described(raw, equipment, benchmark))
        elif isinstance(raw, RawEvents):
            events.append(raw.frame)
    if not made or not events:
        raise SourceError.because(
            f"no {'faults' if made else 'readings'}", "readings and faults", "check the folder"
        )
    marks, table = (pd.concat(both, ignore_index=True) for both in zip(*made, strict=True))
    labels = labels_at(marks, pd.concat(events, ignore_index=True), benchmark.items)
    kept = np.ones(len(marks), bool)
    if not benchmark.healthy:
        kept = (labels != HEALTHY).any(axis=1).to_numpy()
    values = table.to_numpy(dtype=np.float64)[kept]
    marks, labels = (one[kept].reset_index(drop=True) for one in (marks, labels))
    return Described(marks, np.ascontiguousarray(values), tuple(table.columns), labels)


def _described(
    raw: RawReadings, equipment: Equipment, benchmark: ClassesBenchmark
) -> tuple[pd.DataFrame, pd.DataFrame]:
    named = {name: column.sensor for name, column in raw.mapping.sensors.items()}
    frame = raw.frame.rename(columns=named)
    asset = frame["asset"] if raw.asset is None else pd.Series(raw.asset, index=frame.index)
    record = frame[raw.mapping.segment] if raw.mapping.segment else asset
    cut = benchmark.units
    pieces = cut_pieces([asset.to_numpy(), record.to_numpy()], cut.length, cut.step)
    first = pieces.starts
    marks = pd.DataFrame(
        {
            "asset": asset.to_numpy()[first],
            "record": record.to_numpy()[first],
            "time": frame["time"].iloc[first].to_numpy(),
        }
    )
    asked = _asked(equipment, benchmark.descriptors)
    mounting = mounting_from(equipment.attributes)
    unit = (
        equipment.sensors[mounting.speed_sensor].unit if mounting and mounting.speed_sensor else ""
    )
    return marks, describe_units(frame, pieces, asked, mounting, TURNS_PER_HZ.get(unit, np.nan))


def _asked(equipment: Equipment, descriptors: Descriptors) -> Mapping[str, list[str]]:
    return {
        name: descriptors.by_type.get(sensor.type, descriptors.default)
        for name, sensor in equipment.sensors.items()
    }


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
    events = _events(benchmark, data)
    forecasts = forecasts.assign(time=pd.to_datetime(forecasts["time"], utc=True, format="ISO8601"))
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
        if not whole:
            found += _by_record(model, f"{item}, by recording", one, codes, table)
    return found


def _by_record(
    name: str, stratum: str, said: Floats, codes: NDArray[np.int64], table: pd.DataFrame
) -> list[Figure]:
    record, _ = pd.factorize(table["asset"] + " " + table["record"].astype(str))
    first = np.unique(record, return_index=True)[1]
    mean = np.array([said[record == i].mean(axis=0) for i in range(len(first))])
    assets = table["asset"].iloc[first].tolist()
    return score_classes(name, stratum, mean, codes[first], assets)


def _events(benchmark: ClassesBenchmark, data: Path) -> pd.DataFrame:
    source = benchmark.source.model_copy(update={"path": str(data)})
    told = open_source(source, benchmark.equipment)
    return pd.concat([raw.frame for raw in told if isinstance(raw, RawEvents)], ignore_index=True)


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
