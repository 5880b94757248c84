"""Targeted updates: a release and judged incidents in, the next release and what changed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from faultprint.config import Signatures
from faultprint.faults.lifecycle import with_status
from faultprint.faults.release import Release
from faultprint.faults.signature import FIRST_VERSION, identity
from faultprint.faults.teaching.apart import neighbours
from faultprint.faults.teaching.changes import Change, Moved
from faultprint.faults.teaching.classroom import Classroom
from faultprint.faults.teaching.fitted import Fitted, Others
from faultprint.faults.teaching.handover import contest
from faultprint.faults.teaching.lessons import NORMAL, Lessons, occasions
from faultprint.faults.teaching.noted import Noted, change_of, change_of_normal
from faultprint.faults.teaching.opening import open_classroom
from faultprint.faults.teaching.rays import alike
from faultprint.faults.teaching.speaking import known_rays, speak
from faultprint.faults.teaching.taught import Kind, Picture, Taught, TaughtSet
from faultprint.faults.teaching.taught_signature import Record, taught_signature
from faultprint.faults.teaching.teaching import accepts, fit_fault, fit_normal
from faultprint.records import Signature

NOT_TAUGHT = "not taught any more"
"""Said of windows of the archive that only a recogniser which is gone had named."""


@dataclass(frozen=True, eq=False)
class Evolved:
    """The next release and what teaching did to get there."""

    release: Release
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...]


def evolve(release: Release, lessons: Lessons, settings: Signatures) -> Evolved:
    """Teach a release what experts said, without retraining it.

    Parameters
    ----------
    release : Release
        The release.
    lessons : Lessons
        Incidents on which an opinion stands, the archive, and orders; in any order.
    settings : Signatures
        How signatures are condensed.

    Returns
    -------
    Evolved
        A release with the same models and twins: only what was taught and its signatures differ.
        Equal input gives equal output. An incident that was taught before and is not given again
        stays taught; one that is given again counts as it is judged now.

    Notes
    -----
    Faults that no model knows get a recogniser; it accepts only abnormal windows that lie closer to
    its picture than to that of every other fault, and none of the archive's that are judged or
    named otherwise. Of this, one case is excepted and stated among what moved: an incident that
    looks like the taught fault throughout, and whose name neither an expert nor the log confirmed;
    a release that does not know a fault calls it by the name of another. An opinion that names a
    learnt fault is kept for the next training. Behaviour that is called normal and looks like a
    known fault is recorded, but goes on to be an alarm. A model that cannot say how far two
    machines with the same fault differ is taught no new one: nothing would say what is beyond it.
    A fault that was new to the experts and that the model has learnt since is left to the model
    unless its recogniser is the better one on judged incidents that the model did not learn from;
    the origin of its signature says so.
    """
    taught = dict(release.taught)
    changes: list[Change] = []
    moved: list[Moved] = []
    signatures = {(s.equipment_class, s.failure_mode): s for s in release.signatures}
    for name in sorted(release.models):
        ordered = any(order.equipment_class == name for order in lessons.orders)
        if not (lessons.of(name) or ordered):
            continue
        room = open_classroom(release, name, lessons)
        said, signed, told = _teach(room, release, settings)
        taught[name] = said
        if not (said.recognisers or said.renamed or said.recorded):
            del taught[name]
        for gone in room.held.faults:
            if gone.name not in room.model.modes:
                signatures.pop((name, gone.name), None)
        signatures |= {(name, one.failure_mode): one for one in signed}
        signatures |= _renamed(room, said, signatures)
        changes += told
        moved += _moved(room, said)
    every = tuple(signatures[key] for key in sorted(signatures))
    return Evolved(replace(release, taught=taught, signatures=every), tuple(changes), tuple(moved))


def _renamed(
    room: Classroom, said: TaughtSet, signatures: Mapping[tuple[str, str], Signature]
) -> dict[tuple[str, str], Signature]:
    """Deprecate the signatures of learnt faults that are called otherwise, or take that back."""
    found = {}
    for mode in sorted({*said.renamed, *room.held.renamed} & set(room.model.modes)):
        one = signatures[room.name, mode]
        if mode in said.renamed:
            one = with_status(one, "deprecated", said.renamed[mode])
        elif one.status == "deprecated":
            one = with_status(one, "candidate")
        found[room.name, mode] = one
    return found


def _teach(
    room: Classroom, release: Release, settings: Signatures
) -> tuple[TaughtSet, list[Signature], list[Change]]:
    """Make the recognisers of a class anew from every picture."""
    renamed = room.renamed()
    contests = {
        mode: contest(room, release.learnt, mode, shown) for mode, shown in room.contested().items()
    }
    old = {one.name: one for one in room.held.recognisers}
    held = {(s.equipment_class, s.failure_mode): s for s in release.signatures}
    faults: list[Taught] = []
    signatures, changes = list[Signature](), list[Change]()
    pictures, refused = dict[str, list[Picture]](), dict[str, str]()
    for mode, shown in room.faults().items():
        one, fitted, groups = _fault(room, mode, shown, renamed)
        if why := room.lack() or fitted.lack():
            refused[mode] = why
            continue
        pictures[mode] = shown
        one = _versioned(one, old.get(mode))
        faults.append(one)
        if one.version == getattr(old.get(mode), "version", ""):
            signatures.append(held[room.name, mode])
            continue
        record = Record(fitted.found, fitted.tried, groups, room.archive.asset_months)
        mine = [o for o in room.lessons if o.incident in {p.incident for p in shown}]
        equipment = release.scoring.equipment[room.name]
        signatures.append(taught_signature(one, room.model, equipment, settings, record, mine))
        changes.append(change_of(room, one, fitted, known=mode in old))
    for mode, outcome in contests.items():
        if outcome.stays_taught:
            one = _fault(room, mode, room.contested()[mode], renamed)[0]
            faults.append(_versioned(one, old.get(mode)))
        known = held[room.name, mode]
        if known.origin.handover != outcome.says:
            signatures.append(replace(known, origin=replace(known.origin, handover=outcome.says)))
            changes.append(Change("contest", room.name, mode, (), outcome.says))
    made, like = _normals(room, faults)
    normals = [_versioned(one, old.get(one.name)) for one in made]
    changes += [change_of_normal(room, one) for one in normals if one.name not in old]
    noted = Noted(room, pictures, refused, like)
    recorded, told = noted.recorded()
    said = TaughtSet(room.name, room.model.features, (*faults, *normals), renamed, recorded)
    return said, signatures, [*changes, *noted.orders(), *told]


def _fault(
    room: Classroom, mode: str, pictures: list[Picture], renamed: Mapping[str, str]
) -> tuple[Taught, Fitted, int]:
    groups = occasions(pictures, room.apart)
    parent = room.parents().get(mode, "")
    own = {mode, parent, *(old for old, new in renamed.items() if new == mode)}
    known, beside = known_rays(room.metric), known_rays(room.metric, (mode, parent))
    parts = [room.place(group) for group in groups]
    other = room.others(own, pictures)
    around = neighbours(room.model, (mode, parent))
    free = fit_fault(parts, Others(known, beside, room.offsets(np.zeros_like(other)), around))
    every = room.offsets(np.ones(len(other), dtype=np.bool_))
    claimed = room.claimed(other, accepts(free, Others(known, beside, every, around), every))
    left = other & ~claimed
    read = room.readings(groups, left)
    fitted = fit_fault(parts, Others(known, beside, room.offsets(left), around, read))
    return _recogniser(room, mode, "fault", fitted, pictures, parent), fitted, len(groups)


def _normals(room: Classroom, faults: Sequence[Taught]) -> tuple[list[Taught], dict[str, str]]:
    """Make the recognisers of normal behaviour; those that look like a fault are refused."""
    known = known_rays(room.metric)
    beside = dict(zip(room.metric.classes[1:], known, strict=True))
    beside |= {one.name: one.centre for one in faults}
    taught = [room.place(one.pictures) for one in faults]
    made, like = [], {}
    for picture in room.normals():
        protected = room.offsets(room.others({NORMAL}, [picture]))
        protected = np.concatenate([protected, *taught])
        rays = np.array(list(beside.values())).reshape(-1, known.shape[1])
        fitted = fit_normal(room.place([picture]), Others(known, rays, protected))
        near = [name for name, ray in beside.items() if alike(fitted.centre, ray)]
        if near:
            like[picture.incident] = f"it looks like {near[0]}"
            continue
        name = f"{NORMAL}:{picture.incident}"
        made.append(_recogniser(room, name, "normal", fitted, [picture]))
    return made, like


def _recogniser(
    room: Classroom,
    name: str,
    kind: Kind,
    fitted: Fitted,
    pictures: Sequence[Picture],
    parent: str = "",
) -> Taught:
    return Taught(
        name=name,
        kind=kind,
        id=identity(room.name, name),
        version=FIRST_VERSION,
        centre=fitted.centre,
        spread=fitted.spread,
        accept=fitted.accept,
        margin=fitted.margin,
        scores=fitted.scores,
        pictures=tuple(pictures),
        grows=fitted.grows,
        parent=parent,
        reaches=fitted.reaches,
        telling=fitted.telling,
    )


def _versioned(one: Taught, old: Taught | None) -> Taught:
    """Keep the version of what did not change; count up that of what did."""
    if old is None:
        return one
    same = replace(one, version=old.version)
    if same.to_dict() == old.to_dict():
        return same
    major, minor, _ = old.version.split(".")
    return replace(one, version=f"{major}.{int(minor) + 1}.0")


def _moved(room: Classroom, said: TaughtSet) -> list[Moved]:
    """List the windows of the archive about which something else is said now."""
    within = (room.archive.rows["incident"] != "").to_numpy()
    rows = room.archive.rows[within]
    if rows.empty:
        return []
    spoken = speak(said, room.metric, room.archive.matrix[within]).chosen.tolist()
    names = [one.name for one in said.recognisers]
    gone = {one.name for one in room.held.recognisers}
    before = rows["failure_mode"].tolist()
    base = [NOT_TAUGHT if name in gone else said.renamed.get(name, name) for name in before]
    after = [names[n] if n >= 0 else name for n, name in zip(spoken, base, strict=True)]
    table = rows[["incident"]].assign(before=before, after=after)
    moved = table[table["before"] != table["after"]].itertuples(index=False, name=None)
    counts = Counter((str(row[0]), str(row[1]), str(row[2])) for row in moved)
    return [Moved(i, room.name, was, now, n) for (i, was, now), n in sorted(counts.items())]
