"""The board of remaining life: the last row of each truncated history is forecast."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Equipment
from faultprint.errors import SourceError
from faultprint.evaluate.benchmarks.figures import Figure, refuse_copies, refuse_shared
from faultprint.evaluate.benchmarks.life import baselines, score_life
from faultprint.prognosis.intervals import Margins
from faultprint.prognosis.members import forecast_member
from faultprint.prognosis.rul import forecast_table, learn_life
from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Floats, Histories, histories
from faultprint.store.benchmarks import LifeBenchmark
from faultprint.store.sources.raw import RawEvents, RawReadings
from faultprint.store.sources.registry import open_source

LEAST_COST = "least cost"
"""What is added to a variant's name where its life of least cost is judged in place of the mean."""


def predict(benchmark: LifeBenchmark, data: Path) -> pd.DataFrame:
    """Learn from the training part and forecast the last row of each test history.

    Parameters
    ----------
    benchmark : LifeBenchmark
        The benchmark.
    data : Path
        Folder of the published files; the labels of the test part need not be there.

    Returns
    -------
    pandas.DataFrame
        ``variant``, ``member``, ``asset``, ``life``, ``low``, ``high``, ``status``.
    """
    train, remaining = train_part(benchmark, data)
    test = _histories(benchmark, _readings(benchmark, data, "test"))
    refuse_shared(train.assets, test.assets, "units")
    refuse_copies(_rows(train), _rows(test), "units")
    tables = [
        table
        for name, settings in benchmark.variants.items()
        for table in _variant(name, settings, train, remaining, test)
    ]
    first = next(iter(benchmark.variants.values()))
    for name, table in baselines(train, remaining, test, first.cap, first.coverage).items():
        tables.append(table.assign(variant=name, member="baseline"))
    columns = ["variant", "member", "asset", "life", "low", "high", "status"]
    return pd.concat(tables)[columns]


def score(benchmark: LifeBenchmark, data: Path, forecasts: pd.DataFrame) -> list[Figure]:
    """Open the labels of the test part, and score the forecasts.

    Parameters
    ----------
    benchmark : LifeBenchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : pandas.DataFrame
        What :func:`predict` gave.

    Returns
    -------
    list[Figure]
        Of each variant and baseline; ``<variant>, one seed`` is the mean over the members, its
        interval one standard deviation to either side.
    """
    truth = _remaining(benchmark, data, "test")
    cap = next(iter(benchmark.variants.values())).cap
    whole = forecasts[~forecasts["member"].str.startswith("seed")]
    figures = score_life(
        {str(name): one for name, one in whole.groupby("variant", sort=False)}, truth, cap
    )
    for name, members in forecasts.groupby("variant", sort=False):
        alone = members[members["member"].str.startswith("seed")]
        every = [score_life({str(name): one}, truth, cap) for _, one in alone.groupby("member")]
        figures += [_spread(list(same)) for same in zip(*every, strict=True)]
    return figures


def _spread(same: list[Figure]) -> Figure:
    values = np.array([one.value for one in same])
    mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    one = same[0]
    return Figure(
        f"{one.variant}, one seed", one.stratum, one.measure, mean, mean - sd, mean + sd, one.n
    )


def _variant(
    name: str, settings: LifeSettings, train: Histories, remaining: Floats, test: Histories
) -> Iterator[pd.DataFrame]:
    model = learn_life(train, remaining, settings)
    last = test.starts[1:] - 1

    def told(forecast: Floats, margins: Margins) -> pd.DataFrame:
        return forecast_table(forecast, (margins, model.least), settings, test).iloc[last]

    every = [forecast_member(member, settings, test) for member in model.members]
    table = told(np.mean(every, axis=0), model.margins)
    yield table.assign(variant=name, member="ensemble")
    cheap = f"{name}, {LEAST_COST}"
    yield table.assign(variant=cheap, member="ensemble", life=table["least_cost"])
    for seed, member, forecast in zip(settings.seeds, model.members, every, strict=True):
        yield told(forecast, member.margins).assign(variant=name, member=f"seed {seed}")


def train_part(benchmark: LifeBenchmark, data: Path) -> tuple[Histories, Floats]:
    """Read the training part.

    Parameters
    ----------
    benchmark : LifeBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    history : Histories
        The training units.
    remaining : NDArray[numpy.float64]
        Remaining life at the last row of each, NaN where nobody knows [cycles].
    """
    train = _histories(benchmark, _readings(benchmark, data, "train"))
    remaining = _remaining(benchmark, data, "train")
    return train, np.array([remaining.get(asset, np.nan) for asset in train.assets])


def _opened(benchmark: LifeBenchmark, data: Path, part: str) -> Iterator[Any]:
    options = {**benchmark.source.options, "part": part}
    source = benchmark.source.model_copy(update={"path": str(data), "options": options})
    return open_source(source, benchmark.equipment)


def _readings(benchmark: LifeBenchmark, data: Path, part: str) -> pd.DataFrame:
    """Read the readings, and stop before the reader comes to the events."""
    for raw in _opened(benchmark, data, part):
        if isinstance(raw, RawReadings):
            named = {name: column.sensor for name, column in raw.mapping.sensors.items()}
            return raw.frame.rename(columns=named)
    raise SourceError.because("no readings", "one table of readings a part", "check the folder")


def _equipment(benchmark: LifeBenchmark) -> Equipment:
    return next(iter(benchmark.equipment.values()))


def _histories(benchmark: LifeBenchmark, readings: pd.DataFrame) -> Histories:
    equipment = _equipment(benchmark)
    return histories(readings, equipment.named("symptom"), equipment.named("condition"))


def _remaining(benchmark: LifeBenchmark, data: Path, part: str) -> dict[str, float]:
    """Take the remaining life at the last row of each asset that is known to fail."""
    last: dict[str, pd.Timestamp] = {}
    failed: dict[str, pd.Timestamp] = {}
    for raw in _opened(benchmark, data, part):
        if isinstance(raw, RawReadings):
            last |= _latest(raw.frame)
        elif isinstance(raw, RawEvents):
            failed |= _latest(raw.frame[raw.frame["kind"] == "failure"])
    period = pd.Timedelta(_equipment(benchmark).period)
    return {asset: (time - last[asset]) / period for asset, time in failed.items()}


def _latest(rows: pd.DataFrame) -> dict[str, pd.Timestamp]:
    return {str(asset): time for asset, time in rows.groupby("asset")["time"].max().items()}


def _rows(history: Histories) -> dict[str, Floats]:
    both = np.hstack([history.conditions, history.readings])
    return {asset: both[span] for asset, span in zip(history.assets, history.spans(), strict=True)}
