"""The one way by which a release becomes current: life, policy and test cases come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultprint.errors import ReleaseError, listed
from faultprint.faults.lifecycle import (
    authors_of,
    carried,
    name_of,
    refusals,
    same_pattern,
    stated_statuses,
    with_status,
)
from faultprint.faults.release import release_from_parts, with_signatures
from faultprint.faults.signature import made_action
from faultprint.records import Signature
from faultprint.serve.score import Scorer
from faultprint.stages.fixtures import failures, run_fixtures
from faultprint.store.manifest import content_hash, list_parts
from faultprint.store.opinions import OpinionBook
from faultprint.store.signature_db import ReleaseRow, SignatureDatabase

OWN = ("adopted", "candidate", "life")
"""What the header of a release says of its publication: why it was adopted though it is not better;
the content hash of the candidate, where statuses were carried over; and what became of them."""

Parts = dict[str, bytes]


@dataclass(frozen=True)
class Publication:
    """How a release is to become current."""

    author: str
    expected: str | None = None
    """Version that must still be current; None: the one found when work on it began."""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """``class/failure mode``, or the failure mode alone -> new status; ``deprecated:other`` says
    which failure mode to go by instead."""
    second_person: bool = False
    """Whether a stable signature needs somebody who did not make it."""
    fixtures: Path = Path("models/fixtures")
    """Where test cases of signatures are kept; those of one that becomes stable must all pass."""
    reason: str = ""
    """Why, for the audit."""


@dataclass(frozen=True, eq=False)
class Offer:
    """A release as it would be published, and what stands against that."""

    parts: Parts
    signatures: tuple[Signature, ...]
    told: tuple[str, ...]
    """What became of statuses that were carried over."""
    against: tuple[str, ...]
    """Reasons not to publish it; none if it may be."""
    candidate: str
    """Content hash of what was given; another one if anything was carried over."""

    @property
    def content_hash(self) -> str:
        """Compute the content hash of what would be published.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        return content_hash(list_parts(self.parts))


def offer(database_url: str, given: Mapping[str, bytes], how: Publication) -> Offer:
    """Carry over what people decided of the current release, and look what stands against it.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL of the signature database.
    given : Mapping[str, bytes]
        Parts of a candidate.
    how : Publication
        Who publishes, and what.

    Returns
    -------
    Offer
        What would be published. Nothing is changed.

    Notes
    -----
    Learning and teaching write ``candidate``. A signature of the same failure mode and class in the
    current release hands its status on: ``deprecated`` and ``test`` always; ``stable`` as it is if
    the signature detects the same, and otherwise if all its test cases pass in the new release and,
    where a second person is asked for, the publisher gave none of its opinions; else it is in
    ``test`` again. A status that the candidate or the publisher states comes before that.
    """
    held, signatures = _Held(database_url), release_from_parts(given).signatures
    stated = stated_statuses(signatures, how.statuses)
    drafts = []
    for one in signatures:
        draft = held.carried(one)
        drafts.append(with_status(draft, *stated[one.id]) if one.id in stated else draft)
    draft_parts = with_signatures(given, signatures, drafts)
    untested = held.untested(draft_parts, drafts, how.fixtures)
    made = [
        (one, "") if one.id in stated else held.settled(one, untested.get(one.id), how)
        for one in drafts
    ]
    kept = tuple(one for one, _ in made)
    return Offer(
        parts=with_signatures(given, signatures, kept),
        signatures=kept,
        told=tuple(said for _, said in made if said),
        against=held.against(kept, untested, how),
        candidate=content_hash(list_parts(given)),
    )


def accept(
    database_url: str, offered: Offer, header: Mapping[str, Any], how: Publication
) -> ReleaseRow:
    """Publish a release and make it current, if nothing stands against it.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL of the signature database.
    offered : Offer
        From :func:`offer`.
    header : Mapping[str, Any]
        Where it comes from.
    how : Publication
        Who publishes; ``expected`` must still be current, if it is stated.

    Returns
    -------
    ReleaseRow
        The release, now current.

    Raises
    ------
    ReleaseError
        If the policy does not allow it, all reasons listed; or if another release became current
        meanwhile. Nothing is changed then.
    """
    _refuse(offered.against)
    database = SignatureDatabase(database_url)
    said = dict(header)
    if offered.candidate != offered.content_hash:
        said["candidate"] = offered.candidate
    if offered.told:
        said["life"] = list(offered.told)
    database.publish(offered.parts, offered.signatures, said, how.author, how.expected)
    hashes = {row.content_hash: row for row in database.releases()}
    row = hashes[offered.content_hash]
    if database.current() != row:
        why = how.reason or "published again"
        row = database.point(row.version, how.author, why, how.expected)
    return row


def was_current(database: SignatureDatabase, version: str) -> bool:
    """Tell whether a release was accepted before.

    Parameters
    ----------
    database : SignatureDatabase
        The database.
    version : str
        Version of the release.

    Returns
    -------
    bool
        True if it was current at any time.
    """
    return any(row.version == version for row in database.audit())


def point_to(database_url: str, version: str, how: Publication) -> ReleaseRow:
    """Make a release of the database the current one.

    Parameters
    ----------
    database_url : str
        SQLAlchemy URL of the signature database.
    version : str
        Its version.
    how : Publication
        Who decides, and why; statuses do not count, since a release is immutable.

    Returns
    -------
    ReleaseRow
        The release, now current.

    Raises
    ------
    ReleaseError
        If the policy does not allow it. To go back to a release that was current before is always
        allowed, as by a rollback: it was accepted then, and a plant must be able to go back.

    Notes
    -----
    A release that was taken in from elsewhere has never been current here: a signature that is
    stable there has still to pass its life here.
    """
    database = SignatureDatabase(database_url)
    if not was_current(database, version):
        held, parts = _Held(database_url), database.parts(version)
        signatures = release_from_parts(parts).signatures
        untested = held.untested(parts, signatures, how.fixtures)
        _refuse(held.against(signatures, untested, how))
    return database.point(version, how.author, how.reason, how.expected)


class _Held:
    """The current release and who made its signatures."""

    def __init__(self, url: str) -> None:
        self._database, self._book = SignatureDatabase(url), OpinionBook(url)
        self._current: dict[str, Signature] = {}
        if self._database.releases():
            try:
                every = self._database.signatures(self._database.current().version)
            except ReleaseError:  # written by another version: it hands nothing on
                every = ()
            self._current = {one.id: one for one in every}

    def carried(self, new: Signature) -> Signature:
        """Hand on what people decided and said of a signature."""
        old = self._current.get(new.id)
        if old is None:
            return new
        advised = old.recommended_action != made_action(old.failure_mode, old.symptoms)
        return carried(old, new, advised=advised)

    def untested(
        self, parts: Mapping[str, bytes], signatures: Iterable[Signature], fixtures: Path
    ) -> dict[str, tuple[str, ...]]:
        """Run the test cases of what is stable and was not as it is; identity -> what fails."""
        fresh = [one for one in signatures if one.status == "stable" and not self._as(one)]
        if not fresh:
            return {}
        scorer = Scorer(release_from_parts(parts), "candidate")
        return {one.id: tuple(failures(run_fixtures(scorer, fixtures, one))) for one in fresh}

    def _as(self, one: Signature) -> bool:
        old = self._current.get(one.id)
        return old is not None and old.status == one.status and same_pattern(old, one)

    def settled(
        self, one: Signature, why: tuple[str, ...] | None, how: Publication
    ) -> tuple[Signature, str]:
        """Keep a signature stable that was carried over, or put it to the test again."""
        old = self._current.get(one.id)
        if why is None or old is None or old.status != "stable":
            return one, ""
        if how.second_person and how.author in self._authors(one):
            why = (*why, f"taught anew by {how.author}, who publishes it")
        if why:
            return with_status(one, "test"), f"{name_of(one)} is in test again: {'; '.join(why)}"
        return one, f"{name_of(one)} detects anew and stays stable: its test cases pass"

    def against(
        self,
        signatures: Iterable[Signature],
        untested: Mapping[str, tuple[str, ...]],
        how: Publication,
    ) -> tuple[str, ...]:
        """Say what stands against publishing signatures as they are."""
        told: list[str] = []
        for one in signatures:
            authors = self._authors(one) if one.status == "stable" else frozenset[str]()
            old = self._current.get(one.id)
            told += refusals(old, one, how.author, authors, second_person=how.second_person)
            if one.status == "stable":
                told += [f"{name_of(one)}: fixture {why}" for why in untested.get(one.id, ())]
        return tuple(told)

    def _authors(self, one: Signature) -> frozenset[str]:
        opinions = {said.id: said for said in self._book.opinions()}
        return authors_of(one, self._database.history(one.id), opinions)


def _refuse(told: Sequence[str]) -> None:
    if told:
        raise ReleaseError.because(
            f"{len(told)} signatures that may not be published so: {listed(told, 20)}",
            "candidate -> test -> stable -> deprecated, as the policy has it",
            "give another status, or let somebody else publish; nothing was changed",
        )
