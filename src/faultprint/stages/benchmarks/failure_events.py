"""Protocol: failures foretold in the last part of the histories, by the main job as it is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.config import Settings
from faultprint.errors import LeakageError, listed
from faultprint.evaluate.benchmarks.figures import Figure
from faultprint.evaluate.benchmarks.foretelling import (
    event_figures,
    shown_modes,
    window_figures,
)
from faultprint.evaluate.exposure import exposed_time
from faultprint.evaluate.splits import holdout_start
from faultprint.evaluate.trivial import trivial_incidents
from faultprint.faults.learning.design import design
from faultprint.serve.score import Scorer
from faultprint.stages.benchmarks.hidden_modes import (
    AFTER,
    BEFORE,
    LESSON,
    forecast_taught,
    taught_figures,
    unknown_figures,
)
from faultprint.stages.benchmarks.known_then import cut_histories, hide_failures
from faultprint.stages.benchmarks.leaky_windows import leaky_names
from faultprint.stages.describe import describe
from faultprint.stages.expect import expect
from faultprint.stages.ingest import ingest
from faultprint.stages.judging import evaluable_time, held_out_periods, judge
from faultprint.stages.learn import CANDIDATE, build
from faultprint.stages.workspace import Workspace, read_frames
from faultprint.store.benchmarks import FailureBenchmark
from faultprint.store.parquet import list_assets, read_readings, read_table

WINDOW, INCIDENT = "window", "incident"
"""Kinds of rows among the forecasts."""

COLUMNS = ["variant", "kind", "asset", "start", "end", "reason", "names", "incident", "verdict"]
LEAKY = "leaky reference: windows dealt at random"
SEPARATOR = "|"
"""Joins the failure modes that are named at one time."""


def predict(benchmark: FailureBenchmark, data: Path) -> pd.DataFrame:
    """Run the job without the failures of the judged time, and forecast that time.

    Parameters
    ----------
    benchmark : FailureBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    pandas.DataFrame
        A row for each judged window (what it names) and each incident, of each variant; and those
        of :func:`faultprint.stages.benchmarks.hidden_modes.forecast_taught`.
    """
    tables = []
    for name, over in benchmark.variants.items():
        with tempfile.TemporaryDirectory() as folder:
            settings = benchmark.settings(data, over)
            tables.append(_forecast(settings, Workspace(Path(folder)), None).assign(variant=name))
    tables.append(_of_hidden(benchmark, data))
    return pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)


def _of_hidden(benchmark: FailureBenchmark, data: Path) -> pd.DataFrame:
    """Hide each component in turn, and teach it from its first events."""
    with tempfile.TemporaryDirectory() as folder:
        settings, workspace = benchmark.settings(data, {}), Workspace(Path(folder))
        ingest(settings, workspace.tables, workspace.reports / "ingest")
        hide_failures(workspace.tables, _begin(settings, workspace.tables))
        return forecast_taught(settings, workspace.tables)


def _forecast(settings: Settings, workspace: Workspace, until: pd.Timestamp | None) -> pd.DataFrame:
    """Run the job on what was known when the judged time begins, and name what is judged."""
    ingest(settings, workspace.tables, workspace.reports / "ingest")
    if until is not None:
        cut_histories(workspace.tables, until)
    hide_failures(workspace.tables, _begin(settings, workspace.tables))
    describe(settings, workspace.tables, workspace.windows)
    expect(settings, workspace.windows, workspace.expected)
    built = build(settings, workspace)
    scorer = Scorer(built.release, CANDIDATE)
    rows = []
    for frame in built.windows.values():
        scored = scorer.score_windows(frame)
        held = frame.loc[frame["part"] == "holdout", ["asset", "start", "end", "reason"]]
        said = held.merge(scored.diagnoses, on=["asset", "end"], how="left", suffixes=("", "_"))
        rows.append(
            held.assign(
                kind=WINDOW,
                names=[
                    _names({str(k): v for k, v in row.items()}) for row in said.to_dict("records")
                ],
            )
        )
        raised = scored.incidents.rename(columns={"opened": "start", "cleared": "end"})
        rows.append(raised.rename(columns={"failure_mode": "names"}).assign(kind=INCIDENT))
    return pd.concat(rows, ignore_index=True).reindex(columns=COLUMNS)


def _names(diagnosis: dict[str, Any]) -> str:
    """Join the failure modes that a diagnosis names."""
    if diagnosis["verdict"] not in ("known", "ambiguous"):
        return ""
    return SEPARATOR.join(sorted({diagnosis["failure_mode"], *json.loads(diagnosis["also"])}))


def _begin(settings: Settings, tables: Path) -> pd.Timestamp:
    """Find where the judged time begins; it must be a date, since windows are not there yet."""
    ends = [read_readings(tables, *place)["time"] for place in list_assets(tables)]
    return holdout_start(pd.DataFrame({"end": pd.concat(ends)}), settings.split)


def refuse_known(forecasts: pd.DataFrame, begin: pd.Timestamp, gap: pd.Timedelta) -> None:
    """Refuse judged windows that reach into the time that was learnt from.

    Parameters
    ----------
    forecasts : pandas.DataFrame
        Forecasts with ``kind``, ``asset`` and ``start``.
    begin : pandas.Timestamp
        Begin of the judged time.
    gap : pandas.Timedelta
        What lies between both, at least the horizon.

    Raises
    ------
    LeakageError
        If a window begins earlier than one gap before the judged time.
    """
    windows = forecasts[forecasts["kind"] == WINDOW]
    early = windows[windows["start"] < begin - gap]
    if len(early):
        raise LeakageError.because(
            f"judged windows of {listed(early['asset'].unique())} that reach into the training "
            "time",
            f"windows that begin later than {begin - gap}",
            "cut the horizon out between both (split.embargo)",
        )


def score(benchmark: FailureBenchmark, data: Path, forecasts: pd.DataFrame) -> list[Figure]:
    """Open the failures of the judged time, and score.

    Parameters
    ----------
    benchmark : FailureBenchmark
        The benchmark.
    data : Path
        Folder of the published files.
    forecasts : pandas.DataFrame
        What :func:`predict` gave, as read from disk.

    Returns
    -------
    list[Figure]
        Of each variant; of detectors that look at nothing; of a classifier whose training windows
        were dealt at random over the same time, which leaks; and of each component while nobody
        knows it, and once it is taught.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings, workspace = benchmark.settings(data, {}), Workspace(Path(folder))
        ingest(settings, workspace.tables, workspace.reports / "ingest")
        events = read_table(workspace.tables, "events")
        refuse_known(
            _timed(forecasts),
            _begin(settings, workspace.tables),
            pd.Timedelta(settings.split.embargo),
        )
        main = forecasts[forecasts["kind"].isin([WINDOW, INCIDENT])]
        figures = _judged(benchmark, settings, events, main)
        describe(settings, workspace.tables, workspace.windows)
        every = pd.concat(read_frames(workspace.windows).values(), ignore_index=True)
        hidden = unknown_figures(settings, workspace)
        taught = _timed(forecasts[forecasts["kind"].isin([LESSON, BEFORE, AFTER])])
        hidden += taught_figures(taught, events, evaluable_time({"": every}), settings)
    modes = _modes(events)
    judged = _timed(main[main["variant"] == main["variant"].iloc[0]])
    judged = judged[judged["kind"] == WINDOW].reset_index(drop=True)
    shown = shown_modes(every, _failures(events), modes, pd.Timedelta(benchmark.horizon))
    named = leaky_names(design(every, pd.DataFrame()), shown, settings)
    held = _rows_of(every, judged)
    leaky = window_figures(LEAKY, every.loc[held], shown[held], named[held], modes)
    return [*figures, *leaky, *hidden]


def _rows_of(windows: pd.DataFrame, judged: pd.DataFrame) -> NDArray[np.int64]:
    """Find the rows of the judged windows among all."""
    place = pd.MultiIndex.from_frame(windows[["asset", "end"]])
    return np.asarray(place.get_indexer(pd.MultiIndex.from_frame(judged[["asset", "end"]])))


def _timed(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Give times their type back after the way over the disk."""
    text = dict.fromkeys(("names", "reason", "incident", "verdict"), "")
    times = {name: pd.to_datetime(forecasts[name], utc=True).astype("datetime64[ns, UTC]")
             for name in ("start", "end")}  # fmt: skip
    return forecasts.assign(**times, asset=forecasts["asset"].astype("str")).fillna(text)


def _modes(events: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(set(_failures(events)["failure_mode"]) - {""}))


def _failures(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["kind"] == "failure"]


def _judged(
    benchmark: FailureBenchmark, settings: Settings, events: pd.DataFrame, forecasts: pd.DataFrame
) -> list[Figure]:
    modes, horizon = _modes(events), pd.Timedelta(benchmark.horizon)
    figures: list[Figure] = []
    trivial: list[Figure] = []
    for name, mine in _timed(forecasts).groupby("variant", sort=False):
        windows = mine[mine["kind"] == WINDOW].reset_index(drop=True)
        incidents = mine[mine["kind"] == INCIDENT].rename(
            columns={"start": "opened", "end": "cleared", "names": "failure_mode"}
        )
        shown = shown_modes(windows, _failures(events), modes, horizon)
        said = windows["names"].str.split(SEPARATOR, regex=False)
        named = np.array([[mode in one for mode in modes] for one in said], dtype=bool)
        periods = held_out_periods({"": windows.assign(part="holdout")})
        evaluable = evaluable_time({"": windows})
        exposed = exposed_time(evaluable, periods, events, settings.detect, settings.labels)
        assets = tuple(sorted(periods["asset"]))

        def events_of(variant: str, raised: pd.DataFrame) -> list[Figure]:
            seen = judge(raised, events, periods, settings, evaluable)  # noqa: B023 - called at once
            return event_figures(variant, seen.failures, seen.incidents, exposed, assets)  # noqa: B023

        figures += window_figures(str(name), windows, shown, named, modes)
        figures += events_of(str(name), incidents)
        if not trivial:
            everything = np.ones_like(shown)
            trivial = window_figures("every component, always", windows, shown, everything, modes)
            for word, raised in trivial_incidents(
                periods, settings.detect, settings.labels
            ).items():
                trivial += events_of(word, raised)
    return [*figures, *trivial]


def ablate(benchmark: FailureBenchmark, data: Path) -> list[Figure]:
    """Judge what each part gives, within the time before the judged one.

    Parameters
    ----------
    benchmark : FailureBenchmark
        The benchmark.
    data : Path
        Folder of the published files.

    Returns
    -------
    list[Figure]
        One group per ablation.
    """
    figures = []
    for name, over in benchmark.ablations.items():
        later = benchmark.settings(data, over)
        settings = benchmark.settings(data, {**over, "split.holdout": benchmark.ablated_from})
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder))
            ingest(later, workspace.tables, workspace.reports / "ingest")
            until = _begin(later, workspace.tables)
            events = read_table(workspace.tables, "events")
            table = _forecast(settings, workspace, until).assign(variant=name)
        found = _judged(benchmark, settings, events[events["time"] <= until], table)
        figures += [one for one in found if one.variant == name]
    return figures
