"""From a diagnosis back to its release, signature, episodes, data, code, params and opinions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from faultprint.config import Settings, settings_from
from faultprint.errors import TrackingError
from faultprint.faults.release import Release
from faultprint.faults.signature import reference_of
from faultprint.records import MadeFrom, Signature
from faultprint.stages.explain import Explanation
from faultprint.stages.held import Held, is_there
from faultprint.stages.learn import PLACES
from faultprint.stages.verify import code_here
from faultprint.stages.workspace import Workspace, expert_sha256
from faultprint.store import provenance
from faultprint.store.manifest import content_hash, list_parts
from faultprint.store.opinions import OpinionBook
from faultprint.store.parquet import list_assets, read_readings, read_table
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase
from faultprint.store.tracked_runs import find_run

Check = Literal["same", "changed", "not here", "stated"]

MARKS: dict[Check, str] = {"same": "=", "changed": "!", "not here": "?", "stated": "."}
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Link:
    """One link of the chain, and what came of checking it."""

    kind: str
    says: str
    check: Check
    """``same``: looked up and equal; ``changed``: there, and another; ``not here``: cannot be
    looked up here; ``stated``: a word that nothing here can confirm."""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return asdict(self)


def lineage_of(
    told: Explanation,
    held: Held | None,
    workspace: Workspace,
    url: str,
    settings: Settings | None = None,
) -> tuple[Link, ...]:
    """Walk from a diagnosis to everything it rests on, and check each step.

    Parameters
    ----------
    told : Explanation
        The diagnosis.
    held : Held | None
        Its release, if it is still there.
    workspace : Workspace
        Where data and the tracker are.
    url : str
        SQLAlchemy URL of the database.
    settings : Settings | None, default None
        Settings of today, to compare with those that were learnt with.

    Returns
    -------
    tuple[Link, ...]
        Diagnosis, release, its ancestors, signature, episodes, data, code, params, run, opinions.
    """
    links = [_diagnosis(told)]
    if held is None:
        return (*links, Link("release", told.release, "not here", "neither exported nor published"))
    release = held.release
    trail = _trail(held, url)
    links += _release(held, trail)
    mine = [s for s in release.signatures if reference_of(s) == told.signature]
    links += _signature(told, mine)
    for signature in mine:
        links += _episodes(signature, workspace)
    links += _made_from(release, mine, workspace, settings)
    links.append(_run(held, trail, workspace, settings))
    return (*links, *_opinions(told, mine, url))


def _diagnosis(told: Explanation) -> Link:
    says = f"{told.asset}@{told.end}: {told.verdict} {told.failure_mode}".strip()
    if told.again is None:
        return Link("diagnosis", says, "not here", "its readings or its release are not here")
    now = f"{told.again.verdict} {told.again.failure_mode}".strip()
    same = now == f"{told.verdict} {told.failure_mode}".strip()
    return Link("diagnosis", says, "same" if same else "changed", f"scored again now: {now}")


def _trail(held: Held, url: str) -> list[ReleaseRow]:
    """List the published release and its ancestors, itself first."""
    if not is_there(url):
        return []
    rows = {row.version: row for row in SignatureDatabase(url).releases()}
    trail, version = [], held.label.partition("+")[0]
    while version in rows and rows[version] not in trail:
        trail.append(rows[version])
        version = rows[version].parent
    return trail if trail and trail[0].label == held.label else []


def _release(held: Held, trail: list[ReleaseRow]) -> Iterator[Link]:
    computed = content_hash(list_parts(held.parts))
    same = held.label.endswith(f"+{computed[:12]}")
    note = f"content {computed} of {len(held.parts)} parts"
    yield Link("release", held.label, "same" if same else "changed", note)
    if not trail:
        yield Link("published", held.label, "not here", "the database does not know it")
    for row in trail:
        parent = f"from {row.parent}" if row.parent else "the first"
        says = f"{row.label} by {row.author}, {row.created:%Y-%m-%d %H:%M} UTC, {parent}"
        yield Link("published" if row is trail[0] else "ancestor", says, "same", row.level)


def _signature(told: Explanation, mine: list[Signature]) -> Iterator[Link]:
    if not told.signature:
        yield Link("signature", "none", "same", "nothing known fits, or nothing is abnormal")
    elif not mine:
        yield Link("signature", told.signature, "changed", "the release holds no such signature")
    for one in mine:
        yield Link("signature", f"{one.title}, {reference_of(one)}, {one.status}", "same")


def _episodes(signature: Signature, workspace: Workspace) -> Iterator[Link]:
    if not workspace.tables.is_dir():
        for episode in signature.origin.episodes:
            yield Link("episode", episode, "not here", "no data here")
        return
    events = read_table(workspace.tables, "events")
    failed = events[
        events["kind"].isin(["failure", "fault"])
        & (events["failure_mode"] == signature.failure_mode)
    ]
    places = {asset: name for name, asset in list_assets(workspace.tables)}
    for episode in signature.origin.episodes:
        asset, _, last = episode.rpartition("@")
        if asset not in places:
            yield Link("episode", episode, "not here", f"no readings of {asset}")
            continue
        end = pd.Timestamp(last)
        times = read_readings(workspace.tables, places[asset], asset)["time"]
        rows = int(((times > end - _DAY) & (times <= end)).sum())
        # An interval of fault may hold the window; a failure follows it.
        of_asset = failed[failed["asset"] == asset]
        over = of_asset["end"].fillna(of_asset["time"])
        after = of_asset.loc[over >= end, "time"].sort_values()
        told = f"logged {after.iloc[0]:%Y-%m-%d %H:%M}" if len(after) else "not in the log"
        sound = rows > 0 and len(after) > 0
        note = f"{rows} readings in its last day, failure {told}"
        yield Link("episode", episode, "same" if sound else "changed", note)


def _made_from(
    release: Release, mine: list[Signature], workspace: Workspace, settings: Settings | None
) -> Iterator[Link]:
    origin: Any = release.made_from or (mine[0].origin if mine else None)
    if origin is None:
        yield Link("data", "unknown", "not here", "the release does not say what it was made from")
        return
    here = provenance.tables_sha256(workspace.tables) if workspace.tables.is_dir() else ""
    yield _compared("data", origin.data_sha256, here, "data/tables")
    yield _compared("code", origin.code_sha256, code_here(), "the code installed here")
    yield from _params(release.made_from, str(origin.params_sha256), settings)
    if release.made_from and release.made_from.expert_sha256:
        then = settings_from(release.made_from.params)
        written = expert_sha256(then, workspace.root)
        yield _compared("expert", release.made_from.expert_sha256, written, "what experts wrote")


def _params(made_from: MadeFrom | None, stated: str, settings: Settings | None) -> Iterator[Link]:
    if made_from is not None:
        whole = provenance.params_sha256(made_from.params)
        yield _compared("params", stated, whole, "the settings that the release holds")
    if settings is not None:
        today = settings.model_dump(mode="json", exclude=PLACES)
        yield _compared("params", stated, provenance.params_sha256(today), "params.yaml of today")


def _compared(kind: str, stated: str, here: str, what: str) -> Link:
    if not here:
        return Link(kind, stated, "not here", what)
    same = stated == here
    return Link(kind, stated, "same" if same else "changed", what if same else f"{what}: {here}")


def _run(
    held: Held, trail: list[ReleaseRow], workspace: Workspace, settings: Settings | None
) -> Link:
    """Find the training of the release, or of the ancestor it was taught from."""
    if settings is None:
        return Link("run", "unknown", "not here", "no params.yaml says where the tracker is")
    hashes = [content_hash(list_parts(held.parts))]
    for row in trail:  # what was trained is the candidate, before statuses were carried over
        hashes += [row.content_hash, str(row.header.get("candidate", ""))]
    try:
        found = (
            find_run(settings.tracking, workspace.root, each)
            for each in dict.fromkeys(filter(None, hashes))
        )
        run = next((one for one in found if one), None)
    except TrackingError as error:
        return Link("run", "unknown", "not here", error.got)
    if run is None:
        return Link("run", "unknown", "not here", "the tracker here knows no such run")
    commit = provenance.code_commit(workspace.root)
    says = f"MLflow {run.run_id}, {run.started}, by {run.runner or 'hand'}"
    note = f"commit {run.commit or provenance.UNKNOWN}"
    equal = "the same here" if run.commit == commit else f"here {commit}"
    return Link("run", says, "same", f"{note} ({equal})")


def _opinions(told: Explanation, mine: list[Signature], url: str) -> Iterator[Link]:
    for one in told.opinions:
        says = f"{one['author']}, {one['time'][:10]}: {one['verdict']} {one['failure_mode']}"
        yield Link("opinion", says.strip(), "same", f"on this incident, {one['id']}")
    for signature in mine:
        yield from _teachers(signature, {one["id"] for one in told.opinions}, url)


def _teachers(signature: Signature, own: set[str], url: str) -> Iterator[Link]:
    """List the opinions that a signature was taught by, and those on other incidents of it."""
    book = OpinionBook(url) if is_there(url) else None
    every = {one.id: one for one in book.opinions()} if book else {}
    for name in signature.opinions:
        if name not in every:
            yield Link("opinion", name, "stated", "written into the signature")
    kept = {one.incident for one in book.incidents()} if book else set()
    for one in every.values():
        taught = one.id in signature.opinions
        if one.id in own or not (taught or one.failure_mode == signature.failure_mode):
            continue
        says = f"{one.author}, {one.time:%Y-%m-%d}: {one.verdict} {one.failure_mode}".strip()
        there: Check = "same" if one.incident in kept else "not here"
        by = "the signature was taught by it; " if taught else ""
        yield Link("opinion", says, there, f"{by}on incident {one.incident}, {one.id}")


def lineage_text(links: Iterable[Link]) -> str:
    """Write the chain as text.

    Parameters
    ----------
    links : Iterable[Link]
        The chain.

    Returns
    -------
    str
        A line per link with the mark of its check; the marks are explained at the end.
    """
    lines = []
    for link in links:
        note = f"\n              {link.note}" if link.note else ""
        lines.append(f"{MARKS[link.check]} {link.kind:<12}{link.says}{note}")
    keys = ", ".join(f"{mark} {check}" for check, mark in MARKS.items())
    return "\n".join([*lines, "", f"({keys})"])
