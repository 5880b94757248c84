"""Benchmark files, data pinned by sha256, and results files."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from faultprint.config import (
    Descriptors,
    Duration,
    Equipment,
    Settings,
    Source,
    Strict,
    complaints,
    settings_from,
)
from faultprint.errors import ConfigError, SourceError, listed
from faultprint.evaluate.benchmarks.class_settings import ClassVariant, Cut, Split
from faultprint.prognosis.settings import LifeSettings
from faultprint.state.taught import TaughtSettings
from faultprint.state.watch import WatchSettings
from faultprint.store.settings import merge_params


class Benchmark(Strict):
    """What every benchmark says: its data set and its protocol."""

    title: str
    """Its heading in the book."""
    protocol: str
    """How it is judged."""
    folder: str
    """Folder of its files in a collection of data sets."""
    equipment: dict[str, Equipment]
    """Equipment class -> its sensors; conditions and symptoms as everywhere else."""
    source: Source
    """The reader and its options; the folder is given on the command line."""
    data: dict[str, str]
    """File that is learnt from or forecast -> sha256 of its unpacked bytes."""
    labels: dict[str, str] = Field(default_factory=dict)
    """File of test labels, which only the scorer opens -> sha256 of its unpacked bytes."""


class LifeBenchmark(Benchmark):
    """Remaining life at the last row of truncated histories."""

    protocol: Literal["remaining_life"]
    """How it is judged."""
    variants: dict[str, LifeSettings] = Field(min_length=1)
    """Name -> settings; each is judged on the test part."""
    ablations: dict[str, LifeSettings] = Field(default_factory=dict)
    """Name -> settings; each is judged on held-out training units alone."""


class ClassesBenchmark(Benchmark):
    """States of components, told of units whose group was not learnt from."""

    protocol: Literal["classes"]
    """How it is judged."""
    items: tuple[str, ...] = Field(min_length=1)
    """Maintainable items whose states are told; each is a label of its own."""
    grades: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Item -> its faults from the slightest to the worst; by name when left out."""
    healthy: bool = True
    """Whether units without any fault are judged too; not where there is a single healthy asset."""
    units: Cut = Field(default_factory=Cut)
    """What a unit is."""
    descriptors: Descriptors = Field(default_factory=Descriptors)
    """What is computed of each unit; ``mean_*_of_10`` stands for all ten parts."""
    splits: dict[str, Split] = Field(min_length=1)
    """Name -> split."""
    variants: dict[str, ClassVariant] = Field(min_length=1)
    """Name -> model and split."""
    ablations: dict[str, ClassVariant] = Field(default_factory=dict)
    """Name -> model and split."""


class FailureBenchmark(Benchmark):
    """Failures foretold in the last part of the histories, by the main job as it is."""

    protocol: Literal["failure_events"]
    """How it is judged."""
    job: dict[str, Any]
    """Sections of params.yaml that the job runs with: windows, labels, split, detect ..."""
    horizon: Duration
    """A window shows a failure mode if its failure comes within so long after it."""
    variants: dict[str, dict[str, Any]] = Field(min_length=1)
    """Name -> what is laid over the job; each is judged on the held-out time."""
    ablations: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Name -> what is laid over the job; each is judged within the training time."""
    ablated_from: str
    """Begin of the judged time of the ablations, ISO date with zone; they end where the held-out
    time begins."""

    def settings(self, path: Path, over: Mapping[str, Any]) -> Settings:
        """Give the settings of a job.

        Parameters
        ----------
        path : Path
            Folder of the published files.
        over : Mapping[str, Any]
            What is laid over the job, keys dotted or nested.

        Returns
        -------
        Settings
            The settings.
        """
        source = self.source.model_copy(update={"path": str(path)}).model_dump(mode="json")
        equipment = {name: one.model_dump(mode="json") for name, one in self.equipment.items()}
        plain = {"equipment": equipment, "source": source, **self.job}
        return settings_from(merge_params(plain, over))

    @model_validator(mode="after")
    def _jobs_are_settings(self) -> FailureBenchmark:
        """Refuse a job, or a variant of it, that params.yaml could not say."""
        for over in ({}, *self.variants.values(), *self.ablations.values()):
            try:
                self.settings(Path(), over)
            except ConfigError as error:
                raise ValueError(str(error)) from error
        return self


class RowsBenchmark(Benchmark):
    """The state of each row, where a unit begins with a healthy reference."""

    reference_rows: int = Field(ge=40)
    """Rows at the beginning of each unit that are its reference; the rest is judged."""
    label: str
    """Column of the files that marks abnormal rows; only the scorer reads it, and the learner that
    is taught by other units."""
    change: str | None = None
    """Column that marks change points, where there is one."""
    change_window: float = Field(60.0, gt=0)
    """How long after a change point it may be detected [s]."""
    group: str = "(.*)-"
    """Pattern whose first group, in an asset's name, says what it is reported and left out with."""
    fault_free: tuple[str, ...] = ()
    """Assets without any fault; cut into runs of the usual length, they show false alarms."""


class StateBenchmark(RowsBenchmark):
    """The state of each row, told without labels."""

    protocol: Literal["state"]
    """How it is judged."""
    variants: dict[str, WatchSettings] = Field(min_length=1)
    """Name -> settings."""
    ablations: dict[str, WatchSettings] = Field(default_factory=dict)
    """Name -> settings."""


class TransferBenchmark(RowsBenchmark):
    """The state of each row, told from the labels of other units."""

    protocol: Literal["state_transfer"]
    """How it is judged."""
    variants: dict[str, TaughtSettings] = Field(min_length=1)
    """Name -> settings."""
    ablations: dict[str, TaughtSettings] = Field(default_factory=dict)
    """Name -> settings."""


KINDS: dict[str, type[Benchmark]] = {
    "remaining_life": LifeBenchmark,
    "classes": ClassesBenchmark,
    "failure_events": FailureBenchmark,
    "state": StateBenchmark,
    "state_transfer": TransferBenchmark,
}
"""Protocol -> what the file of such a benchmark says."""


def load_benchmark(name: str, folder: Path) -> Benchmark:
    """Read the file of a benchmark.

    Parameters
    ----------
    name : str
        Its name.
    folder : Path
        Where the files are.

    Returns
    -------
    Benchmark
        The benchmark.

    Raises
    ------
    ConfigError
        If there is no such benchmark, or its file has a wrong key or value.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not known:
        raise ConfigError.because(
            f"no benchmark in {str(folder)!r}",
            "YAML files, one a benchmark",
            "run it in the folder of the project, or name theirs by --params-folder",
        )
    if name not in known:
        raise ConfigError.unknown("benchmark", name, sorted(known))
    said = yaml.safe_load(known[name].read_text("utf-8"))
    protocol = said.get("protocol") if isinstance(said, dict) else None
    if protocol not in KINDS:
        raise ConfigError.unknown("protocol", str(protocol), sorted(KINDS))
    kind = KINDS[protocol]
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        raise ConfigError(complaints(error, kind, f"wrong settings in {name}")) from error


def folder_of(benchmark: Benchmark, data: Path) -> Path:
    """Find the folder of a benchmark's files.

    Parameters
    ----------
    benchmark : Benchmark
        The benchmark.
    data : Path
        That folder, or the collection of data sets it is in.

    Returns
    -------
    Path
        The folder.
    """
    return data / benchmark.folder if (data / benchmark.folder).is_dir() else data


def check_pins(folder: Path, pins: Mapping[str, str]) -> None:
    """Refuse data other than those the figures were measured on.

    Parameters
    ----------
    folder : Path
        Where the files are, gzipped or not.
    pins : Mapping[str, str]
        File -> sha256 of its unpacked text.

    Raises
    ------
    SourceError
        If a file is missing or differs; all are listed.
    """
    wrong = []
    for name, pin in pins.items():
        found = _unpacked(folder, name)
        if found is None:
            wrong.append(f"{name} (missing)")
        elif (digest := hashlib.sha256(found).hexdigest()) != pin:
            wrong.append(f"{name} (sha256 {digest[:12]}..., pinned {pin[:12]}...)")
    if wrong:
        raise SourceError.because(
            f"other data than the benchmark names, in {str(folder)!r}: {listed(wrong)}",
            "the published files, gzipped or not",
            "check the folder, fetch them again, or pin your own in params/benchmarks",
        )


def _unpacked(folder: Path, name: str) -> bytes | None:
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        return plain.read_bytes()
    return gzip.decompress(packed.read_bytes()) if packed.is_file() else None
