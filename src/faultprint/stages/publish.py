"""The gate, and what passes it: a release in the database and its export."""

from __future__ import annotations

import json
from dataclasses import asdict

from faultprint.config import Settings
from faultprint.errors import ReleaseError, TrackingError
from faultprint.evaluate.gate import decide
from faultprint.faults.release import release_from_parts
from faultprint.records import GateResult
from faultprint.serve.score import Scorer
from faultprint.stages.judging import held_out_periods, rescored
from faultprint.stages.workspace import Workspace, read_frames, write_json
from faultprint.store import tracking
from faultprint.store.bundle import read_bundle
from faultprint.store.manifest import Manifest
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase

AUTHOR = "publish stage"


def publish(settings: Settings, workspace: Workspace) -> dict[str, object]:
    """Compare the candidate with the incumbent, publish it if it is better, export the current one.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``models/candidate`` is read and ``models/release`` is written.

    Returns
    -------
    dict[str, object]
        Whether it was promoted and why, and the current release.
    """
    manifest, parts = read_bundle(workspace.candidate)
    database = SignatureDatabase(settings.database.url)
    incumbent = _incumbent(database)
    if incumbent and incumbent.content_hash == manifest.content_hash:
        result = GateResult(
            promoted=False,
            reason="the candidate is the current release, part by part",
            candidate=_candidate_metric(settings, workspace),
            incumbent=_candidate_metric(settings, workspace),
            metric=settings.gate.metric,
        )
    else:
        result = _compared(settings, workspace, database, incumbent)
    if result.promoted:
        release = release_from_parts(parts)
        header = {"content": "faultprint signatures"}
        database.publish(parts, release.signatures, header, AUTHOR)
        if database.current().content_hash != manifest.content_hash:
            known = {row.content_hash: row.version for row in database.releases()}
            database.point(known[manifest.content_hash], AUTHOR, result.reason)
    current = database.current()
    database.export(current.version, workspace.release)
    champion = _mark_champion(settings, workspace, manifest, current)
    summary = {**asdict(result), "current": current.label, "champion": champion}
    write_json(workspace.metrics / "gate.json", {**asdict(result), "current": current.label})
    return summary


def _incumbent(database: SignatureDatabase) -> ReleaseRow | None:
    """Return the current release; a database in which nothing was published has none."""
    return database.current() if database.releases() else None


def _metrics(workspace: Workspace) -> dict[str, object]:
    file = workspace.metrics / "learn.json"
    if not file.exists():
        raise ReleaseError.because(
            f"no {file}", "the candidate's numbers by event", "run the learn stage first"
        )
    events: dict[str, object] = json.loads(file.read_text("utf-8"))["events"]
    return events


def _candidate_metric(settings: Settings, workspace: Workspace) -> float:
    value = _metrics(workspace)[settings.gate.metric]
    assert isinstance(value, (int, float))
    return float(value)


def _compared(
    settings: Settings,
    workspace: Workspace,
    database: SignatureDatabase,
    incumbent: ReleaseRow | None,
) -> GateResult:
    """Judge the incumbent on the candidate's own held-out data, and let the gate decide."""
    if incumbent is None:
        return decide(_metrics(workspace), None, settings.gate)
    scorer = Scorer(release_from_parts(database.parts(incumbent.version)), incumbent.label)
    periods = held_out_periods(read_frames(workspace.expected / "windows"))
    judged = rescored(scorer, workspace.tables, periods, settings)
    return decide(_metrics(workspace), judged.metrics, settings.gate)


def _mark_champion(
    settings: Settings, workspace: Workspace, manifest: Manifest, current: ReleaseRow
) -> str:
    """Mirror the decision in the experiment tracker, if the candidate was tracked there."""
    if current.content_hash != manifest.content_hash:
        return "unchanged"
    uri = tracking.prepare(settings.tracking, workspace.root)
    marked = []
    for name in release_classes(workspace):
        try:
            challenger = tracking.champion(uri, settings.tracking, name, "challenger")
        except TrackingError:
            return f"no challenger of {name} in the tracker: the release stands without it"
        tracking.promote(uri, settings.tracking, name, challenger.version)
        marked.append(f"{challenger.name} {challenger.version}")
    return ", ".join(marked)


def release_classes(workspace: Workspace) -> list[str]:
    """List the equipment classes of the candidate that have a classifier.

    Parameters
    ----------
    workspace : Workspace
        Where ``models/candidate`` lies.

    Returns
    -------
    list[str]
        Equipment classes.
    """
    _, parts = read_bundle(workspace.candidate)
    models = release_from_parts(parts).models
    return [name for name, model in models.items() if model.booster]
