"""Failures foretold, a component that nobody knows: told apart, taught from five, recognised."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.config import Settings
from faultprint.evaluate.benchmarks.figures import Figure, bootstrap
from faultprint.evaluate.benchmarks.foretelling import hidden_figures
from faultprint.evaluate.loop import first_incidents
from faultprint.faults.evolve import evolve
from faultprint.faults.learning.design import design, values_of
from faultprint.faults.release import Release
from faultprint.faults.teaching.lessons import Archive, Lesson, Lessons
from faultprint.serve.score import Scored, Scorer
from faultprint.stages.describe import describe
from faultprint.stages.expect import expect
from faultprint.stages.learn import CANDIDATE, build
from faultprint.stages.open_set import open_set
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import read_table, write_tables

LESSON, BEFORE, AFTER = "lesson", "before teaching", "after teaching"
"""Kinds of rows among the forecasts: what was taught, and incidents before and after it."""

TAUGHT_FROM = 5
"""Events of a component that an expert judges before it is taught; all, if there are fewer."""
UNKNOWN = "an unknown component"
TAUGHT = "a component taught"
_TAUGHT_NAME = "taught"
"""What the component is called that the release did not know."""
_KEYS = ["asset", "end"]


def forecast_taught(settings: Settings, tables: Path) -> pd.DataFrame:
    """Hide each component in turn, teach it from its first events, and go on.

    Parameters
    ----------
    settings : Settings
        Settings of the job.
    tables : Path
        Tables of the job, in which the failures of the judged time are hidden.

    Returns
    -------
    pandas.DataFrame
        ``variant`` (the component), ``kind``, ``asset``, ``start``, ``end`` and ``names``: each
        lesson (the incident that was judged), each incident of the release that does not know the
        component, and each of the same release once it is taught. Only failures of the training
        time are looked at: those of the component are known as failures of something unnamed, up to
        the one that is taught last.
    """
    events = read_table(tables, "events")
    failures = events[events["kind"] == "failure"]
    parts = []
    for mode in sorted(set(failures["failure_mode"]) - {""}):
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder))
            shutil.copytree(tables, workspace.tables)
            unnamed = events["failure_mode"].mask(events["failure_mode"] == mode, "")
            write_tables(workspace.tables, {"events": events.assign(failure_mode=unnamed)})
            mine = failures.loc[failures["failure_mode"] == mode, ["asset", "time"]]
            parts.append(_taught(settings, workspace, mine).assign(variant=mode))
    return pd.concat(parts, ignore_index=True)


def _taught(settings: Settings, workspace: Workspace, failures: pd.DataFrame) -> pd.DataFrame:
    """Learn without a failure mode, teach it from the first of its failures, and score again."""
    describe(settings, workspace.tables, workspace.windows)
    expect(settings, workspace.windows, workspace.expected)
    built = build(settings, workspace)
    rows, release = [], built.release
    for name, frame in built.windows.items():
        seen = Scorer(release, CANDIDATE).score_windows(frame)
        episodes = _episodes(failures, settings)
        judged = first_incidents(seen.incidents, episodes, TAUGHT_FROM)
        rows += [_rows(seen.incidents, BEFORE)]
        if judged.empty:
            continue
        rows.append(_rows(judged.assign(cleared=judged["until"], failure_mode=""), LESSON))
        taught = _evolved(release, name, seen, judged, settings)
        later = Scorer(taught, CANDIDATE).score_windows(frame)
        rows.append(_rows(later.incidents, AFTER))
    return pd.concat(rows, ignore_index=True)


def _episodes(failures: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    reach = pd.Timedelta(settings.labels.horizon) + pd.Timedelta(settings.labels.buffer)
    after = failures["time"] + pd.Timedelta(settings.labels.recovery)
    episodes = failures.assign(start=failures["time"] - reach, until=after)
    return episodes.reset_index(drop=True)


def _rows(incidents: pd.DataFrame, kind: str) -> pd.DataFrame:
    columns = {"opened": "start", "cleared": "end", "failure_mode": "names"}
    return incidents[["asset", *columns]].rename(columns=columns).assign(kind=kind)


def _evolved(
    release: Release, name: str, seen: Scored, judged: pd.DataFrame, settings: Settings
) -> Release:
    """Teach what an expert would say of the incidents, once the last of them is over."""
    now, windows = judged["until"].max(), seen.windows[name]
    said = seen.diagnoses[[*_KEYS, "verdict", "failure_mode"]]
    limits = seen.states[[*_KEYS, "p_value", "limit"]]
    every = windows.merge(said, on=_KEYS).merge(limits, on=_KEYS)
    abnormal = every[(every["p_value"] < every["limit"]) & (every["end"] <= now)]
    matrix = values_of(design(abnormal, seen.residuals), release.models[name].features)
    abnormal = abnormal.reset_index(drop=True)
    lessons, incident = [], pd.Series("", index=abnormal.index)
    for one in seen.incidents.to_dict("records"):
        until = one["cleared"] if pd.notna(one["cleared"]) else now
        inside = (abnormal["asset"] == one["asset"]) & abnormal["end"].between(
            one["first_seen"], until
        )
        incident = incident.mask(inside & (incident == ""), one["incident"])
        if one["incident"] in set(judged["incident"]) and inside.any():
            ends = pd.DatetimeIndex(abnormal.loc[inside, "end"])
            picture = matrix[inside.to_numpy()]
            said_by = (one["incident"], one["asset"], name, "new_fault", _TAUGHT_NAME)
            lessons.append(Lesson(*said_by, ends, picture))
    kept = (incident != "").to_numpy()
    columns = ["incident", *_KEYS, "verdict", "failure_mode", "logged"]
    archive = Archive(
        abnormal.assign(incident=incident, logged="")[kept][columns].reset_index(drop=True),
        matrix[kept],
    )
    return evolve(release, Lessons(tuple(lessons), {name: archive}), settings.signatures).release


def taught_figures(
    rows: pd.DataFrame, events: pd.DataFrame, seen: pd.DataFrame, settings: Settings
) -> list[Figure]:
    """Score the failures of a component after it was taught.

    Parameters
    ----------
    rows : pandas.DataFrame
        What :func:`forecast_taught` gave, with times.
    events : pandas.DataFrame
        All events.
    seen : pandas.DataFrame
        ``asset``, ``start`` and ``end`` of the time that was looked at.
    settings : Settings
        Settings of the job.

    Returns
    -------
    list[Figure]
        Of each component, before it was taught and after, see
        :func:`faultprint.evaluate.benchmarks.foretelling.hidden_figures`.
    """
    failures = events[events["kind"] == "failure"]
    figures: list[Figure] = []
    for mode, mine in rows.groupby("variant", sort=True):
        own = failures.loc[failures["failure_mode"] == mode, ["asset", "time"]]
        episodes = _episodes(own, settings)
        lessons = mine[mine["kind"] == LESSON]
        if lessons.empty:
            continue
        for kind in (BEFORE, AFTER):
            raised = mine[mine["kind"] == kind]
            word = f"{mode}, {kind}" + (f" from {len(lessons)}" if kind == AFTER else "")
            right = raised["names"] == _TAUGHT_NAME
            figures += hidden_figures(
                word, TAUGHT, episodes, lessons, raised.assign(right=right), seen
            )
    return figures


def unknown_figures(settings: Settings, workspace: Workspace) -> list[Figure]:
    """Score how well a component that was hidden from learning is told from all that is known.

    Parameters
    ----------
    settings : Settings
        Settings of the job.
    workspace : Workspace
        With windows of the whole record.

    Returns
    -------
    list[Figure]
        ``auroc_episode`` and ``auroc_window`` of each hidden component; their means, intervals over
        the components; and of a coin.
    """
    found = open_set(settings, workspace)
    figures = []
    values = {"auroc_episode": "by_episode", "auroc_window": "by_window"}
    for one in found:
        count = float(str(one["episodes"]))
        word = f"{one['failure_mode']} hidden"
        figures.append(Figure(word, UNKNOWN, "count", count, count, count, len(found)))
    for measure, key in values.items():
        for one in found:
            area = dict(one[key])  # type: ignore[call-overload]
            told = (area["value"], area["low"], area["high"])
            word = f"{one['failure_mode']} hidden"
            figures.append(Figure(word, UNKNOWN, measure, *told, len(found)))
        areas = np.array([dict(one[key])["value"] for one in found])  # type: ignore[call-overload]
        mean = bootstrap(lambda at, areas=areas: float(areas[at].mean()), len(areas))  # type: ignore[misc]
        figures.append(Figure("mean", UNKNOWN, measure, *mean, len(areas)))
        figures.append(Figure("a coin", UNKNOWN, measure, 0.5, 0.5, 0.5, len(areas)))
    return figures
