"""What the board of classes reads: units, described and labelled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.config import Descriptors, Equipment
from faultprint.errors import SourceError
from faultprint.evaluate.benchmarks.classes import HEALTHY, labels_at
from faultprint.evaluate.benchmarks.figures import Floats
from faultprint.signal.bearings import TURNS_PER_HZ, mounting_from
from faultprint.signal.units import cut_pieces, describe_units
from faultprint.store.benchmarks import ClassesBenchmark
from faultprint.store.sources.door import admit_readings
from faultprint.store.sources.log import admit_events
from faultprint.store.sources.raw import Raw, RawEvents, RawReadings
from faultprint.store.sources.registry import open_source

_PLACE = ["asset", "time", "segment"]


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
    grades: Mapping[str, tuple[str, ...]]
    """Item -> its faults from the slightest to the worst."""

    def classes(self, item: str) -> tuple[str, ...]:
        """List the states of an item.

        Parameters
        ----------
        item : str
            A maintainable item.

        Returns
        -------
        tuple[str, ...]
            Those that occur: ``healthy`` first, then by grade, then by name.
        """
        order = (HEALTHY, *self.grades.get(item, ()))
        found = set(self.labels[item])
        known = [state for state in order if state in found]
        return (*known, *sorted(found - set(known)))


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
    equipment = next(iter(benchmark.equipment.values()))
    made: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    events = []
    for raw in _raws(benchmark, data):
        if isinstance(raw, RawReadings):
            made.append(_described(raw, equipment, benchmark))
        elif isinstance(raw, RawEvents):
            events.append(admit_events(raw)[0])
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
    return Described(
        marks, np.ascontiguousarray(values), tuple(table.columns), labels, benchmark.grades
    )


def _described(
    raw: RawReadings, equipment: Equipment, benchmark: ClassesBenchmark
) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts = [part.drop(columns="row") for part in admit_readings(raw, benchmark.equipment).parts]
    frame = reduce(lambda one, two: one.merge(two, on=_PLACE, how="outer"), parts)
    turns = frame.assign(turn=pd.factorize(frame["asset"])[0])  # assets in order of reading
    frame = turns.sort_values(["turn", "time"], kind="stable", ignore_index=True)
    asset = frame["asset"]
    record = frame["segment"] if raw.mapping.segment else asset
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
        name: [
            one
            for asked in descriptors.by_type.get(sensor.type, descriptors.default)
            for one in _every_part(asked)
        ]
        for name, sensor in equipment.sensors.items()
    }


def _every_part(asked: str) -> list[str]:
    found = re.fullmatch(r"(.+_)\*(_of_(\d+))", asked)
    if found is None:
        return [asked]
    return [f"{found[1]}{part}{found[2]}" for part in range(1, int(found[3]) + 1)]


def read_events(benchmark: ClassesBenchmark, data: Path) -> pd.DataFrame:
    """Read the intervals of fault.

    Parameters
    ----------
    benchmark : ClassesBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    pandas.DataFrame
        As the reader gives them.
    """
    told = _raws(benchmark, data)
    logs = [admit_events(raw)[0] for raw in told if isinstance(raw, RawEvents)]
    return pd.concat(logs, ignore_index=True)


def _raws(benchmark: ClassesBenchmark, data: Path) -> Iterator[Raw]:
    source = benchmark.source.model_copy(update={"path": str(data)})
    return open_source(source, benchmark.equipment)
