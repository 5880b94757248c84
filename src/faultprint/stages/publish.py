"""The gate, and what passes it: a release in the database and its export."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, replace

from faultprint.config import Settings
from faultprint.errors import ReleaseError, TrackingError
from faultprint.evaluate.gate import decide
from faultprint.faults.release import release_from_parts
from faultprint.records import GateResult
from faultprint.serve.score import Scorer
from faultprint.stages.contest import contest
from faultprint.stages.releases import export_current
from faultprint.stages.replay import compare_releases
from faultprint.stages.workspace import Workspace, read_json, write_json
from faultprint.store import tracking
from faultprint.store.bundle import read_bundle
from faultprint.store.folders import staged_folder
from faultprint.store.manifest import Manifest
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase

AUTHOR = "publish stage"


def publish(settings: Settings, workspace: Workspace) -> dict[str, object]:
    """Compare the candidate with the incumbent, publish it if it is better, export the current one.

    A first release must be better than nothing; if it is not, there is no release, and the folder
    of the current one is left empty.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``models/candidate`` is read and ``models/release`` is written.

    Returns
    -------
    dict[str, object]
        Whether it was promoted and why, and the current release, ``None`` if there is none.
    """
    manifest, parts = read_bundle(workspace.candidate)
    _check_numbers(workspace, manifest)
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
        result = _compared(settings, workspace, database, incumbent, parts)
        result = _as_experiment(result) if incumbent else result
    if result.promoted:
        tracking.prepare(settings.tracking, workspace.root)  # nothing is published half-way
        _make_current(database, parts, manifest, result.reason, incumbent)
        if incumbent:
            _note_behaviour(settings, workspace, database, incumbent)
    current = _incumbent(database)
    if current:
        export_current(database, workspace.release)
    else:
        with staged_folder(workspace.release):
            pass  # an empty folder: stages that need a release say that there is none
    said = {**asdict(result), "current": current.label if current else None}
    write_json(workspace.metrics / "gate.json", said)
    return {**said, "champion": _mark_champion(settings, workspace, manifest, current)}


def _as_experiment(result: GateResult) -> GateResult:
    """Hold what an experiment of DVC made: it is tried, not put to use."""
    name = os.environ.get("DVC_EXP_NAME")
    if not name or not result.promoted:
        return result
    way = "to publish it: faultprint releases adopt"
    reason = f"{result.reason}; experiment {name}, which is only tried; {way}"
    return replace(result, promoted=False, reason=reason)


def _make_current(
    database: SignatureDatabase,
    parts: dict[str, bytes],
    manifest: Manifest,
    reason: str,
    compared: ReleaseRow | None,
) -> None:
    """Publish what was compared with the incumbent, if that is still the incumbent."""
    release = release_from_parts(parts)
    header = {"content": "faultprint signatures"}
    expected = compared.version if compared else ""
    database.publish(parts, release.signatures, header, AUTHOR, expected)
    if database.current().content_hash != manifest.content_hash:
        known = {row.content_hash: row.version for row in database.releases()}
        database.point(known[manifest.content_hash], AUTHOR, reason, expected)


def _note_behaviour(
    settings: Settings, workspace: Workspace, database: SignatureDatabase, before: ReleaseRow
) -> None:
    """Keep what changed in the archive; both were replayed for the gate, so this scores nothing."""
    now = database.current()
    old, new = (
        Scorer(release_from_parts(database.parts(row.version)), row.label) for row in (before, now)
    )
    found = compare_releases(old, new, workspace.tables, settings, workspace.replays)
    database.add_note(now.version, "behaviour", {"against": before.label, **found.to_dict()})


def _incumbent(database: SignatureDatabase) -> ReleaseRow | None:
    """Return the current release; a database in which nothing was published has none."""
    return database.current() if database.releases() else None


def _check_numbers(workspace: Workspace, manifest: Manifest) -> None:
    """Refuse numbers of another candidate: a learn stage may have been stopped in between."""
    file = workspace.metrics / "learn.json"
    told = read_json(file).get("content_hash", "none")
    if told != manifest.content_hash:
        raise ReleaseError.because(
            f"a candidate {manifest.content_hash[:12]} and, in {file}, numbers of {told[:12]}",
            "the numbers of this candidate",
            "run the learn stage again",
        )


def _metrics(workspace: Workspace) -> dict[str, object]:
    events: dict[str, object] = read_json(workspace.metrics / "learn.json")["events"]
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
    parts: dict[str, bytes],
) -> GateResult:
    if incumbent is None:
        return decide(_metrics(workspace), None, settings.gate)
    try:
        held = release_from_parts(database.parts(incumbent.version))
    except ReleaseError as error:  # written by another version: nothing to compare with
        raise ReleaseError.because(
            f"the current release {incumbent.label}, which this version cannot read ({error.got})",
            "one that the candidate can be compared with",
            "publish the candidate without a comparison: faultprint releases adopt "
            "--author YOU --reason WHY",
        ) from error
    return contest(
        Scorer(release_from_parts(parts), "candidate"),
        Scorer(held, incumbent.label),
        workspace.tables,
        settings,
        workspace.replays,
    )


def _mark_champion(
    settings: Settings, workspace: Workspace, manifest: Manifest, current: ReleaseRow | None
) -> str:
    """Mirror the decision in the experiment tracker, if the candidate was tracked there."""
    if current is None or current.content_hash != manifest.content_hash:
        return "unchanged"
    uri = tracking.prepare(settings.tracking, workspace.root)
    marked = []
    for name, digest in _boosters(workspace).items():
        try:
            challenger = tracking.champion(uri, settings.tracking, name, "challenger")
        except TrackingError:
            return f"no challenger of {name} in the tracker: the release stands without it"
        if challenger.sha256 != digest:
            return f"the challenger of {name} is another model: the release stands without it"
        tracking.promote(uri, settings.tracking, name, challenger.version)
        marked.append(f"{challenger.name} {challenger.version}")
    return ", ".join(marked)


def _boosters(workspace: Workspace) -> dict[str, str]:
    """Give the sha256 of the classifier of each equipment class that has one."""
    _, parts = read_bundle(workspace.candidate)
    models = release_from_parts(parts).models
    return {
        name: hashlib.sha256(model.booster.encode()).hexdigest()
        for name, model in models.items()
        if model.booster
    }
