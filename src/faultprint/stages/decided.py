"""What people decided of a release, for making it again: orders, statuses, words, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from faultprint.config import Signatures
from faultprint.faults.evolve import evolve
from faultprint.faults.lifecycle import carried, with_status
from faultprint.faults.release import Release
from faultprint.faults.signature import made_action
from faultprint.faults.teaching.lessons import Lessons, Order
from faultprint.faults.teaching.taught import TaughtSet
from faultprint.records import Signature


def taught_again(
    learnt: Release, stated: Release, lessons: Lessons, settings: Signatures
) -> Release:
    """Teach a release what was taught before, with the orders that stand.

    Parameters
    ----------
    learnt : Release
        The release as it was learnt.
    stated : Release
        What became of it by teaching.
    lessons : Lessons
        Judged incidents and the archive; the orders in it do not count.
    settings : Signatures
        How signatures are condensed.

    Returns
    -------
    Release
        Taught anew, in one go. In how many steps and in which order it was taught then makes no
        difference: every recogniser is made from all its incidents, and a release says of what was
        merged or retired what it is called now, and of what was split from where.
    """
    begun = replace(
        learnt,
        taught={
            name: TaughtSet(name, learnt.models[name].features, (), one.renamed, {})
            for name, one in stated.taught.items()
            if one.renamed and name in learnt.models
        },
    )
    orders = [order for one in stated.taught.values() for order in _splits(one)]
    # What the model knows is split at once; what was taught, once it has been.
    modes = {name: set(model.modes) for name, model in learnt.models.items()}
    first = [o for o in orders if o.names[0] in modes.get(o.equipment_class, ())]
    made = evolve(begun, replace(lessons, orders=tuple(first)), settings).release
    rest = tuple(order for order in orders if order not in first)
    return evolve(made, replace(lessons, orders=rest), settings).release if rest else made


def _splits(one: TaughtSet) -> list[Order]:
    parts: dict[str, list[str]] = {}
    for fault in one.faults:
        if fault.parent:
            parts.setdefault(fault.parent, []).append(fault.name)
    return [
        Order("split", one.equipment_class, (parent,), tuple(parts[parent]))
        for parent in sorted(parts)
    ]


def decided(stated: Release, made: Release) -> Release:
    """Give a release that was made again what people decided of it.

    Parameters
    ----------
    stated : Release
        The release.
    made : Release
        The same, made again from data, code, settings and opinions.

    Returns
    -------
    Release
        With the status of each signature, what replaces it, and what experts said of it where it
        was made anew since, as the release states them: nothing else can tell. So with versions,
        which count how often something changed. None of this changes a decision.
    """
    known = {one.id: one for one in stated.signatures}
    taught = {name: _versioned(one, stated.taught) for name, one in made.taught.items()}
    signatures = tuple(_decided(known.get(one.id), one) for one in made.signatures)
    return replace(made, signatures=signatures, taught=taught)


def _decided(stated: Signature | None, made: Signature) -> Signature:
    if stated is None:
        return made
    advised = stated.recommended_action != made_action(stated.failure_mode, stated.symptoms)
    made = carried(stated, made, advised=advised)
    made = with_status(made, stated.status, stated.replaced_by)
    return replace(made, version=stated.version)


def _versioned(made: TaughtSet, stated: Mapping[str, TaughtSet]) -> TaughtSet:
    held = stated.get(made.equipment_class)
    versions = {one.name: one.version for one in held.recognisers} if held else {}
    recognisers = tuple(
        replace(one, version=versions.get(one.name, one.version)) for one in made.recognisers
    )
    return replace(made, recognisers=recognisers)
