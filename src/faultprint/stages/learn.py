"""From windows and residuals to a candidate release, judged on the held-out time and tracked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from tqdm import tqdm

from faultprint.config import Settings
from faultprint.evaluate.exposure import false_alarm_rate
from faultprint.evaluate.leakage import single_descriptor_scores
from faultprint.evaluate.metrics import lead_time
from faultprint.evaluate.splits import holdout_start
from faultprint.faults.diagnosis.footing import with_footing
from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning.design import design
from faultprint.faults.release import Release, release_to_parts, scoring_settings
from faultprint.faults.rules.matching import compile_book, sign_rules
from faultprint.faults.signature import with_performance
from faultprint.records import Learnt, MadeFrom, Origin, Performance, Signature
from faultprint.serve.score import Scorer
from faultprint.stages.curves import curves, pictures
from faultprint.stages.judging import Judged, exposed_periods, judge_release
from faultprint.stages.rules import load_rules
from faultprint.stages.workspace import (
    Workspace,
    check_classes,
    expert_sha256,
    read_frames,
    read_json,
    write_json,
)
from faultprint.state.intervals import wilson
from faultprint.store import provenance, tracking
from faultprint.store.bundle import write_bundle
from faultprint.store.folders import staged_folder
from faultprint.store.parquet import read_table
from faultprint.store.training import TrainedModel, Training
from faultprint.twin.baseline import twin_from

CANDIDATE = "candidate"
"""Name of a release that was not published yet, in the rows it writes."""

LEARNT_BY = (
    "records",
    "tables",
    "config",
    "signal",
    "twin",
    "state",
    "faults",
    "evaluate",
    "serve/describing.py",
    "serve/hearing.py",
    "serve/score.py",
    "stages/describe.py",
    "stages/opined.py",
    "stages/expect.py",
    "stages/judging.py",
    "stages/learn.py",
    "stages/rules.py",
)
"""Code that decides what a release says; the deps of the learn stage name it too."""

PLACES = {"simulate", "source", "tracking", "database", "gate", "discover"}
"""Settings that learning does not look at; what they make of the data, its sha256 tells."""

_HeldOut = dict[str, tuple[set[str], pd.DataFrame]]
"""Equipment class -> its assets, and the time in which it could have been named falsely."""

UNPUBLISHED = "0.0.0"
"""Version of a candidate; the database numbers releases from 1.0.0."""


@dataclass(frozen=True, eq=False)
class Built:
    """A release and what it was learnt and judged from."""

    release: Release
    learned: dict[str, Learned]
    judged: Judged
    windows: dict[str, pd.DataFrame]
    residuals: dict[str, pd.DataFrame]


def learn(settings: Settings, workspace: Workspace) -> dict[str, object]:
    """Learn classifiers and signatures, judge them, write the candidate and track the run.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``data/expected`` and ``data/tables`` are read and ``models/candidate``, ``metrics``
        and ``plots`` are written.

    Returns
    -------
    dict[str, object]
        Content hash, numbers by event, refused failure modes and the tracker's run.
    """
    check_classes(
        settings,
        read_frames(workspace.expected / "windows"),
        read_frames(workspace.expected / "residuals"),
    )
    uri = tracking.prepare(settings.tracking, workspace.root)  # before the work, not after it
    built = build(settings, workspace)
    release, learned, judged = built.release, built.learned, built.judged
    parts = release_to_parts(release)
    manifest = write_bundle(parts, workspace.candidate, {"version": UNPUBLISHED})
    metrics = {
        "content_hash": manifest.content_hash,
        "events": judged.metrics,
        "suspicious_descriptors": _suspicious(built.windows, built.residuals),
        "refused": {name: list(one.refused) for name, one in learned.items()},
    }
    _write_numbers(workspace, metrics, curves(learned, judged))
    training = _training(settings, workspace, release, metrics, manifest.content_hash)
    drawn = pictures(learned, judged, release)
    run = tracking.log_training(uri, settings.tracking, replace(training, files=drawn)).run_id
    return {"run": run, **_headline(judged), **metrics}


def build(settings: Settings, workspace: Workspace) -> Built:
    """Learn and judge a release; nothing is written or tracked.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``data/expected`` and ``data/tables`` are read.

    Returns
    -------
    Built
        The release; the same data, code and settings give the same parts on any machine.
    """
    windows = read_frames(workspace.expected / "windows", ("label", "use", "part", "fold"))
    residuals = read_frames(workspace.expected / "residuals")
    check_classes(settings, windows, residuals)
    made_from = _made_from(settings, workspace)
    origin = Origin(made_from.data_sha256, made_from.code_sha256, made_from.params_sha256, (), ())
    learned = {
        name: learn_class(windows[name], residuals[name], settings, settings.seed, origin)
        for name in tqdm(windows, desc="learn", unit="class")
    }
    learnt = _learnt(settings, windows)
    release = replace(_release(settings, workspace, learned, origin), learnt=learnt)
    models, twins = release.models, release.twins
    footed = {n: with_footing(models[n], twins[n], windows[n], residuals[n]) for n in models}
    release = replace(release, models=footed)
    events = read_table(workspace.tables, "events")
    judged = judge_release(Scorer(release, CANDIDATE), windows, events, settings)
    held_out = {
        name: (set(frame["asset"]), exposed_periods(frame, events, settings))
        for name, frame in windows.items()
    }
    signatures = tuple(
        _with_item(_with_held_out(signature, judged, held_out), events, learnt.until)
        for signature in release.signatures
    )
    release = replace(release, signatures=signatures, made_from=made_from)
    return Built(release, learned, judged, windows, residuals)


def _made_from(settings: Settings, workspace: Workspace) -> MadeFrom:
    params = settings.model_dump(mode="json", exclude=PLACES)
    return MadeFrom(
        data_sha256=provenance.tables_sha256(workspace.tables),
        code_sha256=provenance.code_sha256(*LEARNT_BY),
        params_sha256=provenance.params_sha256(params),
        params=params,
        expert_sha256=expert_sha256(settings, workspace.root),
    )


def _learnt(settings: Settings, windows: dict[str, pd.DataFrame]) -> Learnt:
    """Say what the release must not be judged on, now or as an incumbent."""
    every = pd.concat([frame[["asset", "end", "part"]] for frame in windows.values()])
    return Learnt(
        until=holdout_start(every, settings.split).isoformat(),
        assets=tuple(sorted(every.loc[every["part"] == "train", "asset"].unique())),
    )


def _release(
    settings: Settings, workspace: Workspace, learned: dict[str, Learned], origin: Origin
) -> Release:
    places = {name: workspace.expected / "twins" / f"{name}.json" for name in learned}
    scoring, rules = scoring_settings(settings), load_rules(settings, workspace.root)
    learnt_signatures = tuple(s for one in learned.values() for s in one.signatures)
    compiled = compile_book(rules, scoring)
    return Release(
        scoring=scoring,
        models={name: one.model for name, one in learned.items()},
        twins={name: twin_from(read_json(place)) for name, place in places.items()},
        signatures=sign_rules(learnt_signatures, compiled, origin),
        rules=rules,
    )


def _with_held_out(signature: Signature, judged: Judged, held_out: _HeldOut) -> Signature:
    """State how the signature did on failures after the training time, if there were any."""
    mine, exposed = held_out[signature.equipment_class]
    of_mode = [
        frame[(frame["failure_mode"] == signature.failure_mode) & frame["asset"].isin(list(mine))]
        for frame in (judged.failures, judged.incidents)
    ]
    failures, incidents = of_mode
    if failures.empty:
        return signature
    right, rate = failures[failures["mode_right"]], false_alarm_rate(incidents, exposed)
    performance = Performance(
        basis="later time",
        recall=wilson(len(right), len(failures)),
        assets=int(failures["asset"].nunique()),
        false_alarms=rate.count,
        asset_months=float(f"{rate.exposure:.6g}"),
        lead_time=lead_time(right["lead_hours"]),
    )
    return with_performance(signature, performance, signature.confused_with)


def _with_item(signature: Signature, events: pd.DataFrame, until: str) -> Signature:
    """Name the item that most failures of the time and assets learnt from were logged on."""
    assets = {episode.rpartition("@")[0] for episode in signature.origin.episodes}
    mine = events[
        (events["failure_mode"] == signature.failure_mode)
        & events["kind"].isin(["failure", "fault"])
        & events["asset"].isin(list(assets))
        & (events["time"] < pd.Timestamp(until))
        & (events["item"] != "")
    ]
    items = sorted(mine["item"].mode())
    return replace(signature, item=str(items[0])) if items else signature


def _suspicious(
    windows: dict[str, pd.DataFrame], residuals: dict[str, pd.DataFrame]
) -> dict[str, list[str]]:
    """Name the descriptors that separate a fault so well alone that a leak must be excluded."""
    found = {}
    for name, frame in windows.items():
        used = frame[(frame["part"] == "train") & frame["use"].isin(["healthy", "fault"])]
        scores = single_descriptor_scores(design(used, residuals[name]), used["label"])
        high = scores[scores["suspicious"]]
        found[name] = sorted(f"{r.failure_mode}: {r.descriptor}" for r in high.itertuples())
    return found


def _headline(judged: Judged) -> dict[str, Any]:
    m = judged.metrics
    return {
        "found": f"{m['found']['hits']} of {m['found']['n']} held-out failures",
        "false_alarms": f"{m['false_alarms']} in {m['asset_months']:.1f} asset-months",
    }


def _write_numbers(
    workspace: Workspace, metrics: dict[str, Any], tables: dict[str, pd.DataFrame]
) -> None:
    with staged_folder(workspace.plots) as folder:
        for name, frame in tables.items():
            frame.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    write_json(workspace.metrics / "learn.json", metrics)


def _training(
    settings: Settings,
    workspace: Workspace,
    release: Release,
    metrics: dict[str, Any],
    content_hash: str,
) -> Training:
    """Say what the tracker keeps; it is for looking back, what ships is the release."""
    return Training(
        params=settings.model_dump(mode="json"),
        metrics=metrics["events"],
        fingerprints={
            place.name: provenance.data_sha256(place)
            for place in (workspace.tables, workspace.windows, workspace.expected)
        },
        files={},
        models=[
            TrainedModel(name, model.booster, model.features, model.classes)
            for name, model in release.models.items()
            if model.booster
        ],
        tags={
            "content_hash": content_hash,
            "code_commit": provenance.code_commit(workspace.root),
        },
    )
