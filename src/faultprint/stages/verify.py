"""Whether a release is what its data, code, settings and opinions give when it is made again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faultprint.config import Settings, settings_from
from faultprint.errors import ReleaseError
from faultprint.faults.release import ORIGIN, Release, release_from_parts, release_to_parts
from faultprint.records import MadeFrom
from faultprint.stages.decided import decided, taught_again
from faultprint.stages.desk import Desk
from faultprint.stages.learn import LEARNT_BY, UNPUBLISHED, build
from faultprint.stages.run import located, run_stage
from faultprint.stages.teach import find_lessons
from faultprint.stages.workspace import Workspace, expert_places
from faultprint.store import provenance
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.manifest import content_hash, list_parts
from faultprint.store.parquet import read_table
from faultprint.store.versions import compare


@dataclass(frozen=True)
class Ingredient:
    """Something a release was made from, and whether the same is here."""

    name: str
    stated: str
    """Its sha256 as the release states it."""
    here: str
    """Its sha256 here."""

    @property
    def same(self) -> bool:
        """Tell whether it is the same.

        Returns
        -------
        bool
            Equal sha256.
        """
        return self.stated == self.here


@dataclass(frozen=True)
class Differing:
    """A part that came out otherwise."""

    part: str
    what: str
    """``changed``; ``missing`` of the release made again, or ``extra`` in it."""
    fields: tuple[str, ...]
    """Top-level keys that differ, where the part has keys."""


@dataclass(frozen=True)
class Verified:
    """What came of making a release again."""

    label: str
    stated: str
    """Content hash of the release."""
    rebuilt: str
    """Content hash of the one made again."""
    parts: int
    """Parts of the release."""
    ingredients: tuple[Ingredient, ...]
    differing: tuple[Differing, ...]

    @property
    def same(self) -> bool:
        """Tell whether the release was made again, byte by byte.

        Returns
        -------
        bool
            Equal content hash.
        """
        return self.stated == self.rebuilt

    def to_dict(self) -> dict[str, Any]:
        """Return plain data.

        Returns
        -------
        dict[str, Any]
            Ready for JSON.
        """
        return {**asdict(self), "same": self.same}


def verify(release: Path, workspace: Workspace, database: str) -> Verified:
    """Make a release again in a scratch folder and compare it part by part.

    Parameters
    ----------
    release : Path
        Exported release.
    workspace : Workspace
        Where ``data/tables`` and what experts wrote are read; nothing is written here.
    database : str
        SQLAlchemy URL of the database that holds the opinions, for a release that was taught.

    Returns
    -------
    Verified
        Whether it came out the same, and if not, which part and which ingredient differs.

    Notes
    -----
    A release that experts taught is made again from the opinions that stand now, on what the
    release it was taught to says of the tables as they are now; what was merged, split or retired
    by order, and not restored since, is ordered again. What people decided is taken as the release
    states it, see :func:`faultprint.stages.decided.decided`.
    """
    manifest, parts = read_bundle(release)
    made_from = _stated(parts, release)
    stated = release_from_parts(parts)
    with tempfile.TemporaryDirectory(prefix="faultprint-verify-") as scratch:
        rebuilt = rebuild(made_from, workspace, Path(scratch))
        if stated.taught:
            settings = settings_from(made_from.params)
            rebuilt = _taught(rebuilt, settings, Path(scratch), database, stated)
    again = release_to_parts(decided(stated, release_from_parts(rebuilt)))
    return compare_parts(manifest.label, parts, again)


def rebuild(made_from: MadeFrom, workspace: Workspace, scratch: Path) -> dict[str, bytes]:
    """Make a release again from the settings it states.

    Parameters
    ----------
    made_from : MadeFrom
        What it was made from.
    workspace : Workspace
        Where the data are.
    scratch : Path
        An empty folder.

    Returns
    -------
    dict[str, bytes]
        Path to content of every part.
    """
    place = Workspace(scratch)
    place.tables.parent.mkdir(parents=True)
    place.tables.symlink_to(workspace.tables.absolute(), target_is_directory=True)
    settings = settings_from(made_from.params)
    written = (expert_places(settings, root) for root in (workspace.root, scratch))
    for here, there in zip(*written, strict=True):
        if here.exists() and not there.exists():  # an absolute place is the same for both
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(here.absolute())
    for stage in ("describe", "expect"):
        run_stage(stage, settings, scratch)
    return release_to_parts(build(located(settings, scratch), place).release)


def _taught(
    learnt: Mapping[str, bytes],
    settings: Settings,
    scratch: Path,
    database: str,
    stated: Release,
) -> dict[str, bytes]:
    """Teach the release that was learnt what experts said and ordered, as it was done then."""
    place = Workspace(scratch)
    label = write_bundle(learnt, place.release, {"version": UNPUBLISHED}).label
    run_stage("score", settings, scratch)
    release: Release = release_from_parts(learnt)
    desk = Desk(place.results, database)
    events = read_table(place.tables, "events")
    lessons, _ = find_lessons(release, label, desk, (), events, settings.labels)
    return release_to_parts(taught_again(release, stated, lessons, settings.signatures))


def compare_parts(label: str, parts: Mapping[str, bytes], rebuilt: Mapping[str, bytes]) -> Verified:
    """Compare a release with the one made again.

    Parameters
    ----------
    label : str
        Name of the release.
    parts : Mapping[str, bytes]
        Its parts.
    rebuilt : Mapping[str, bytes]
        Parts of the one made again.

    Returns
    -------
    Verified
        What differs, which is nothing if their content hashes are equal.
    """
    stated, here = release_from_parts(parts).made_from, release_from_parts(rebuilt).made_from
    names = ("data", "code", "params", "expert")
    pairs = [tuple(getattr(one, f"{n}_sha256", "") for one in (stated, here)) for n in names]
    words = {"added": "extra", "retired": "missing", "changed": "changed"}
    return Verified(
        label=label,
        stated=content_hash(list_parts(parts)),
        rebuilt=content_hash(list_parts(rebuilt)),
        parts=len(parts),
        ingredients=tuple(Ingredient(n, a, b) for n, (a, b) in zip(names, pairs, strict=True)),
        differing=tuple(
            Differing(one.part, words[one.what], one.fields) for one in compare(parts, rebuilt)
        ),
    )


def verify_text(found: Verified) -> str:
    """Say what came of making a release again.

    Parameters
    ----------
    found : Verified
        What came of it.

    Returns
    -------
    str
        A line per ingredient, and one per part that differs.
    """
    lines = [f"release {found.label}, content {found.stated}"]
    for one in found.ingredients:
        if not one.stated and one.same:
            continue
        here = "the same here" if one.same else f"another here: {one.here[:12] or 'none'}"
        lines.append(f"  {one.name:<7}{one.stated[:12]}  {here}")
    if found.same:
        return "\n".join([*lines, f"made again: all {found.parts} parts are equal, byte by byte"])
    lines.append(f"made again: {found.rebuilt}, which differs in {len(found.differing)} parts:")
    for part in found.differing:
        fields = f" in {', '.join(part.fields)}" if part.fields else ""
        lines.append(f"  {part.part}: {part.what}{fields}")
    if all(one.part == ORIGIN or one.fields == ("origin",) for one in found.differing):
        lines.append("Only what it says of its origin differs: it detects what it did.")
    return "\n".join(lines)


def code_here() -> str:
    """Compute the sha256 of the code that learns releases here.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return provenance.code_sha256(*LEARNT_BY)


def _stated(parts: Mapping[str, bytes], release: Path) -> MadeFrom:
    made_from = release_from_parts(parts).made_from
    if made_from is None:
        raise ReleaseError.because(
            f"a release without {ORIGIN} in {release}, so that its settings are not known",
            "one that says what it was made from",
            "learn and publish it again with this version of Faultprint",
        )
    return made_from
