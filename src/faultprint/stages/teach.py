"""From opinions to a published release, without training: seconds, not hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.config import Labels, Settings
from faultprint.errors import listed
from faultprint.faults.evolve import Evolved, evolve
from faultprint.faults.lifecycle import same_pattern
from faultprint.faults.opinions import Judged, settle
from faultprint.faults.release import Release, release_from_parts, release_to_parts
from faultprint.faults.teaching.lessons import Lesson, Lessons, Order
from faultprint.records import JudgedIncident, Opinion, Signature
from faultprint.stages.acceptance import Publication, accept, offer
from faultprint.stages.archived import Log, archives
from faultprint.stages.desk import Desk
from faultprint.stages.incidents import judge_file
from faultprint.stages.pictures import NAME, features_sha256
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import read_table
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase
from faultprint.store.versions import bump, ordered

AUTHOR = "teach stage"


def teach(
    settings: Settings,
    workspace: Workspace,
    file: Path | None = None,
    orders: Sequence[Order] = (),
    author: str = AUTHOR,
) -> dict[str, object]:
    """Teach the current release what experts said, publish it and export it.

    Parameters
    ----------
    settings : Settings
        Settings.
    workspace : Workspace
        Where ``results`` and the log are read and ``models/release`` is written.
    file : Path | None, default None
        Opinions, ``.yaml`` or ``.csv``, that are added to the database first.
    orders : Sequence[Order], default ()
        What to merge, split, retire or restore.
    author : str, default AUTHOR
        Who publishes.

    Returns
    -------
    dict[str, object]
        The release, what changed, which diagnoses of the archive change, and the opinions that
        taught nothing, with the reason. Without anything new, the current release stays.

    Notes
    -----
    Nothing is described or trained anew: what abnormal windows looked like was kept when they were
    scored. Every opinion that stands is looked at each time, so that it does not matter in how many
    steps they came.
    """
    desk = Desk(workspace.results, settings.database.url)
    if file:
        judge_file(desk, file)
    database = SignatureDatabase(settings.database.url)
    current = database.current()
    release = release_from_parts(database.parts(current.version))
    events = read_table(workspace.tables, "events")
    lessons, unused = find_lessons(release, current.label, desk, orders, events, settings.labels)
    made = evolve(release, lessons, settings.signatures)
    made = replace(made, release=_numbered(made.release, release, database))
    how = Publication(
        author=author,
        expected=current.version,
        statuses=_taken_up(release, made),
        second_person=settings.database.policy.second_person,
        fixtures=workspace.fixtures,
        reason=f"taught: {listed(f'{c.what} {c.equipment_class}/{c.name}' for c in made.changes)}",
    )
    published, life = _publish(settings, current, made, how)
    if published.content_hash != current.content_hash or not any(workspace.release.glob("*")):
        database.export(published.version, workspace.release)
    return {
        "release": published.label,
        "before": current.label,
        "changes": [asdict(change) for change in made.changes],
        "moved": [asdict(moved) for moved in made.moved],
        "taught_nothing": unused,
        "life": list(life),
    }


def _numbered(made: Release, before: Release, database: SignatureDatabase) -> Release:
    """Count on where a fault that was gone is taught again: no version names two recognisers."""
    there = {one.id for one in before.signatures}
    versions = {
        one.id: _version(one, [old for _, old in database.history(one.id)])
        for one in made.signatures
        if one.id not in there
    }
    taught = {
        name: replace(
            held,
            recognisers=tuple(
                replace(one, version=versions.get(one.id, one.version)) for one in held.recognisers
            ),
        )
        for name, held in made.taught.items()
    }
    signatures = tuple(
        replace(one, version=versions.get(one.id, one.version)) for one in made.signatures
    )
    return replace(made, signatures=signatures, taught=taught)


def _version(one: Signature, history: Sequence[Signature]) -> str:
    """Find the version under which a signature was known, or the next one."""
    same = [old.version for old in history if same_pattern(old, one)]
    if same or not history:
        return max(same, key=ordered, default=one.version)
    return bump(max((old.version for old in history), key=ordered), "minor")


def _taken_up(release: Release, made: Evolved) -> dict[str, str]:
    """State the status of signatures that were deprecated and are used again."""
    was = {s.id for s in release.signatures if s.status == "deprecated"}
    return {
        f"{s.equipment_class}/{s.failure_mode}": s.status
        for s in made.release.signatures
        if s.id in was and s.status != "deprecated"
    }


def _publish(
    settings: Settings, current: ReleaseRow, made: Evolved, how: Publication
) -> tuple[ReleaseRow, tuple[str, ...]]:
    """Publish the release if it differs from the current one."""
    offered = offer(settings.database.url, release_to_parts(made.release), how)
    if offered.content_hash == current.content_hash:
        return current, ()
    counts = Counter(change.what for change in made.changes)
    header = {"content": "faultprint signatures", "taught": dict(sorted(counts.items()))}
    return accept(settings.database.url, offered, header, how), offered.told


def find_lessons(
    release: Release,
    label: str,
    desk: Desk,
    orders: Sequence[Order],
    events: pd.DataFrame,
    labels: Labels,
) -> tuple[Lessons, dict[str, str]]:
    """Find the windows of each incident on which an opinion stands.

    Parameters
    ----------
    release : Release
        The release that is to be taught.
    label : str
        Its name.
    desk : Desk
        Results and opinions.
    orders : Sequence[Order]
        What to merge, split or retire.
    events : pandas.DataFrame
        The log.
    labels : Labels
        How the log is read.

    Returns
    -------
    tuple[Lessons, dict[str, str]]
        What to learn from, and incidents that teach nothing, each with the reason.
    """
    pictures = read_table(desk.results, NAME)
    hashes = {name: features_sha256(model.features) for name, model in release.models.items()}
    mine = pictures["features_sha256"] == pictures["equipment_class"].map(hashes)
    pictures = pictures[mine].sort_values(["asset", "end", "release"], ignore_index=True)
    found, unused = [], {}
    for judged in desk.book.judged():
        settled = settle(judged.opinions)
        if settled.opinion is None:
            unused[judged.incident.incident] = settled.reason
            continue
        windows = _windows(pictures, judged, desk.release)
        if windows.empty and release.models.get(judged.incident.equipment_class):
            unused[judged.incident.incident] = (
                "no abnormal window of it is kept as the current model reads it: "
                "score its readings with the current release"
            )
            continue
        found.append(_lesson(judged.incident, settled.opinion, judged.opinions, windows))
    log = Log(events, labels, release.scoring.detect)
    return Lessons(tuple(found), archives(pictures, desk, log, label), tuple(orders)), unused


def _windows(pictures: pd.DataFrame, judged: Judged, label: str) -> pd.DataFrame:
    """Take the windows of an incident, whichever release saw them; each once."""
    one = judged.incident
    own = pictures[pictures["incident"] == one.incident]
    if own.empty:
        until = one.cleared or max(o.time for o in judged.opinions)
        of_asset = pictures[pictures["asset"] == one.asset]
        ends = of_asset["end"]
        own = of_asset[(ends >= one.first_seen) & (ends < until)]
    preferred = own.assign(other=own["release"] != label)
    return preferred.sort_values(["end", "other"], kind="stable").drop_duplicates("end")


def _lesson(
    one: JudgedIncident, said: Opinion, opinions: Iterable[Opinion], windows: pd.DataFrame
) -> Lesson:
    return Lesson(
        incident=one.incident,
        asset=one.asset,
        equipment_class=one.equipment_class,
        verdict=said.verdict,
        failure_mode=said.failure_mode,
        ends=pd.DatetimeIndex(windows["end"]),
        matrix=np.stack(windows["values"].to_list()),
        said=tuple(sorted(o.id for o in opinions)),
        action=said.action,
        item=said.item,
        severity=said.severity,
    )
