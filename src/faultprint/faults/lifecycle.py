"""The life of a signature: candidate, test, stable, deprecated; and who may move it on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from faultprint.errors import ConfigError
from faultprint.records import Opinion, Signature, Status

STATUSES: tuple[Status, ...] = get_args(Status)
WORDS = frozenset(
    {
        "author",
        "item",
        "opinions",
        "origin",
        "recommended_action",
        "replaced_by",
        "severity",
        "status",
        "title",
        "version",
    }
)
"""What a signature says to people; all else decides what it detects."""
_NEXT: dict[Status, tuple[Status, ...]] = {
    "candidate": ("test", "deprecated"),
    "test": ("stable", "candidate", "deprecated"),
    "stable": ("test", "deprecated"),
    "deprecated": ("candidate",),
}


def same_pattern(one: Signature, other: Signature) -> bool:
    """Tell whether two versions of a signature detect the same.

    Parameters
    ----------
    one : Signature
        A signature.
    other : Signature
        Another.

    Returns
    -------
    bool
        True if they differ in words only.
    """
    before, after = one.to_dict(), other.to_dict()
    return all(before.get(key) == after.get(key) for key in (before.keys() | after.keys()) - WORDS)


def authors_of(
    signature: Signature,
    history: Iterable[tuple[str, Signature]],
    opinions: Mapping[str, Opinion],
) -> frozenset[str]:
    """Name those who made a signature what it is.

    Parameters
    ----------
    signature : Signature
        The signature.
    history : Iterable[tuple[str, Signature]]
        Who published it, and as what, oldest first.
    opinions : Mapping[str, Opinion]
        Identity -> opinion, of those it may name.

    Returns
    -------
    frozenset[str]
        Who first published what it detects now, and the authors of its opinions.
    """
    first = next((by for by, held in history if same_pattern(held, signature)), None)
    taught = {opinions[name].author for name in signature.opinions if name in opinions}
    return frozenset(taught | ({first} if first else set()))


def with_status(signature: Signature, status: Status, replaced_by: str = "") -> Signature:
    """Move a signature to another status.

    Parameters
    ----------
    signature : Signature
        The signature.
    status : Status
        Its new status.
    replaced_by : str, default ''
        Of a deprecated one: failure mode of the signature to go by instead.

    Returns
    -------
    Signature
        A new one; nothing else differs.
    """
    return replace(signature, status=status, replaced_by=replaced_by)


def carried(old: Signature, new: Signature, *, advised: bool = False) -> Signature:
    """Give a signature that was made anew what people decided and said of it before.

    Parameters
    ----------
    old : Signature
        As it is in the current release.
    new : Signature
        The same failure mode of the same class, as it was learnt or taught anew.
    advised : bool, default False
        Whether the recommended action of the old one is the word of an expert.

    Returns
    -------
    Signature
        With the status of the old one and what replaces it, unless the new one states a status of
        its own. Where the new one names no opinion, those of the old one go with it, and the
        severity and the action that came from them.

    Notes
    -----
    Learning and teaching write ``candidate``, which states nothing. Whether ``stable`` may be kept
    by a signature that detects anew is for its test cases to say.
    """
    if new.status == "candidate":
        new = with_status(new, old.status, old.replaced_by)
    if new.opinions or not old.opinions:
        return new
    severity = old.severity if new.severity is None else new.severity
    action = old.recommended_action if advised else new.recommended_action
    return replace(new, opinions=old.opinions, severity=severity, recommended_action=action)


def deprecations(signatures: Iterable[Signature]) -> dict[str, tuple[str, ...]]:
    """Say of each deprecated signature what to go by instead.

    Parameters
    ----------
    signatures : Iterable[Signature]
        Signatures of a release.

    Returns
    -------
    dict[str, tuple[str, ...]]
        ``<identity>@<version>`` -> a clause. A deprecated signature still matches, since striking
        it off would make its windows deviations and change the error rates of all others.
    """
    return {
        f"{one.id}@{one.version}": (
            f"replaced by {one.replaced_by}" if one.replaced_by else "nothing replaces it",
        )
        for one in signatures
        if one.status == "deprecated"
    }


def refusals(
    old: Signature | None,
    new: Signature,
    publisher: str,
    authors: frozenset[str],
    *,
    second_person: bool,
) -> tuple[str, ...]:
    """Say why a signature may not be published as it is.

    Parameters
    ----------
    old : Signature | None
        As it is in the current release.
    new : Signature
        As it shall be.
    publisher : str
        Who publishes.
    authors : frozenset[str]
        Who made it, from :func:`authors_of`; nobody: the publisher does.
    second_person : bool
        Whether a stable signature needs somebody who is none of them.

    Returns
    -------
    tuple[str, ...]
        Reasons; none if it may be. What the current release holds already needs no leave again.

    Notes
    -----
    Candidate -> test -> stable -> deprecated, one step at a time; back to test or candidate, and
    from anywhere to deprecated. Whatever detects anew begins as a candidate or in test, or keeps
    the status it had; ``stable`` not by the hand of somebody who taught it, if a second person is
    asked for.
    """
    name = name_of(new)
    known = old is not None and same_pattern(old, new)
    if old is not None and old.status == new.status:
        if known or new.status != "stable" or not second_person or publisher not in authors:
            return ()
        return (f"{name}: {publisher!r} taught it anew, so somebody else must keep it stable",)
    if old is None or not known:
        if new.status in {"stable", "deprecated"}:
            return (f"{name}: detects anew, so it cannot be {new.status} yet",)
        return ()
    told = []
    if new.status not in _NEXT[old.status]:
        told.append(f"{name}: from {old.status} to {new.status} is no step of its life")
    if new.status == "stable" and second_person and publisher in (authors or {publisher}):
        told.append(f"{name}: {publisher!r} made it, so somebody else must declare it stable")
    return tuple(told)


def name_of(signature: Signature) -> str:
    """Name a signature as people do.

    Parameters
    ----------
    signature : Signature
        The signature.

    Returns
    -------
    str
        ``class/failure mode``.
    """
    return f"{signature.equipment_class}/{signature.failure_mode}"


def stated_statuses(
    signatures: Sequence[Signature], statuses: Mapping[str, str]
) -> dict[str, tuple[Status, str]]:
    """Find the signatures that a publisher moves on.

    Parameters
    ----------
    signatures : Sequence[Signature]
        Signatures of the release.
    statuses : Mapping[str, str]
        ``class/failure mode``, or the failure mode alone -> status, or ``deprecated:other``.

    Returns
    -------
    dict[str, tuple[Status, str]]
        Identity -> status, and the failure mode that replaces it.

    Raises
    ------
    ConfigError
        If a signature, a status or what replaces a signature is unknown; or if something replaces
        one that is not deprecated.
    """
    known = {name_of(one): one for one in signatures}
    found = {}
    for name, text in statuses.items():
        status, mark, other = text.partition(":")
        if status not in STATUSES:
            raise ConfigError.unknown("status", status, list(STATUSES))
        mine = [one for key, one in known.items() if name in {key, one.failure_mode}]
        if len(mine) != 1:
            raise ConfigError.unknown("signature", name, list(known))
        (one,) = mine
        if mark and status != "deprecated":
            raise ConfigError.because(
                f"{name}={text}", "deprecated before what replaces it", f"write {name}={status}"
            )
        same = [s.failure_mode for s in signatures if s.equipment_class == one.equipment_class]
        if mark and (other not in same or other == one.failure_mode):
            beside = [mode for mode in same if mode != one.failure_mode]
            raise ConfigError.unknown("failure mode that replaces it", other, beside)
        found[one.id] = (status, other)
    return found
