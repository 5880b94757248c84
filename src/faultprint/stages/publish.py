"""The gate, and what passes it: a release in the database and its export."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, replace

from faultprint.config import Settings
from faultprint.errors import ReleaseError, TrackingError, listed
from faultprint.evaluate.gate import decide
from faultprint.faults.release import release_from_parts
from faultprint.records import GateResult
from faultprint.serve.score import Scorer
from faultprint.stages.acceptance import Offer, Publication, accept, offer
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
    how = _publication(settings, workspace, incumbent)
    offered = offer(settings.database.url, parts, how)
    if incumbent and incumbent.content_hash == offered.content_hash:
        result = GateResult(
            promoted=False,
            reason="the candidate is the current release, part by part",
            candidate=_candidate_metric(settings, workspace),
            incumbent=_candidate_metric(settings, workspace),
            metric=settings.gate.metric,
        )
    else:
        result = _compared(settings, workspace, database, incumbent, parts)
        result = _as_allowed(result, offered)
        result = _as_experiment(result) if incumbent else result
    if result.promoted:
        tracking.prepare(settings.tracking, workspace.root)  # nothing is published half-way
        header = {"content": "faultprint signatures"}
        accept(settings.database.url, offered, header, replace(how, reason=result.reason))
        if incumbent:
            _note_behaviour(settings, workspace, database, incumbent)
    current = _incumbent(database)
    if current:
        export_current(database, workspace.release)
    else:
        with staged_folder(workspace.release):
            pass  # an empty folder: stages that need a release say that there is none
    life = list(offered.told) if result.promoted else []
    said = {**asdict(result), "current": current.label if current else None, "life": life}
    write_json(workspace.metrics / "gate.json", said)
    mine = current is not None and current.content_hash == offered.content_hash
    return {**said, "champion": _mark_champion(settings, workspace) if mine else "unchanged"}


def _as_experiment(result: GateResult) -> GateResult:
    """Hold what an experiment of DVC made: it is tried, not put to use."""
    name = os.environ.get("DVC_EXP_NAME")
    if not name or not result.promoted:
        return result
    way = "to publish it: faultprint releases adopt"
    reason = f"{result.reason}; experiment {name}, which is only tried; {way}"
    return replace(result, promoted=False, reason=reason)


def _publication(
    settings: Settings, workspace: Workspace, compared: ReleaseRow | None
) -> Publication:
    """Publish what was compared with the incumbent, if that is still the incumbent."""
    return Publication(
        author=AUTHOR,
        expected=compared.version if compared else "",
        second_person=settings.database.policy.second_person,
        fixtures=workspace.fixtures,
    )


def _as_allowed(result: GateResult, offered: Offer) -> GateResult:
    """Hold what is better but may not be published as it is."""
    if not result.promoted or not offered.against:
        return result
    reason = f"{result.reason}; but it may not be published so: {listed(offered.against, 20)}"
    return replace(result, promoted=False, reason=reason)


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


def _mark_champion(settings: Settings, workspace: Workspace) -> str:
    """Mirror the decision in the experiment tracker, if the candidate was tracked there."""
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
