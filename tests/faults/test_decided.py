"""What experts taught in many steps is made again in one; orders included."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faultprint.faults.lifecycle import with_status
from faultprint.faults.release import Release, release_to_parts
from faultprint.faults.teaching.lessons import Lesson, Lessons, Order
from faultprint.stages.decided import decided, taught_again
from faultprint.store.versions import compare
from tests.faults.test_evolve import CLASS, KNOWN, archive, learnt, lesson, settings, teach, three

HELD = archive(*KNOWN)
LEAK, LOOSE = three(), three("loose")
EVERY = [*LEAK, *LOOSE]
SLUDGE = [lesson(f"s-{n}", "new_fault", "sludge") for n in range(3)]


def step(release: Release, lessons: list[Lesson], *orders: Order) -> Release:
    return teach(release, *lessons, held=HELD, orders=list(orders)).release


def order(what: str, names: str, into: str = "") -> Order:
    return Order(what, CLASS, (names,), tuple(into.split()))


STEPS = {
    "one by one": [(LEAK[:1],), (LEAK[:2],), (LEAK,)],
    "merge": [(EVERY,), (EVERY, order("merge", "leak", "loose"))],
    "merge between": [
        ([*LEAK[:2], *LOOSE],),
        ([*LEAK[:2], *LOOSE], order("merge", "leak", "loose")),
        (EVERY,),
    ],
    "merge a learnt one": [(LEAK,), (LEAK, order("merge", "blockage", "bearing_wear"))],
    "retire": [(EVERY,), (EVERY, order("retire", "leak"))],
    "retire and restore": [
        (EVERY,),
        (EVERY, order("retire", "leak")),
        (EVERY, order("restore", "leak")),
    ],
    "split a learnt one": [(LEAK,), ([*LEAK, *SLUDGE], order("split", "blockage", "sludge"))],
    "split a taught one": [(LEAK,), ([*LEAK, *SLUDGE], order("split", "leak", "sludge"))],
}


@pytest.mark.parametrize("name", STEPS)
def test_taught_in_steps_and_made_again_in_one_go(name: str) -> None:
    release = learnt()
    for lessons, *orders in STEPS[name]:
        release = step(release, lessons, *orders)
    lessons = Lessons(tuple(STEPS[name][-1][0]), {CLASS: HELD})
    again = taught_again(learnt(), release, lessons, settings().signatures)
    made = release_to_parts(decided(release, again))
    assert compare(release_to_parts(release), made) == ()


def test_an_order_that_was_not_given_makes_another_release() -> None:
    release = step(step(learnt(), EVERY), EVERY, order("merge", "leak", "loose"))
    lessons = Lessons(tuple(EVERY), {CLASS: HELD})
    again = taught_again(learnt(), learnt(), lessons, settings().signatures)
    parts = {c.part for c in compare(release_to_parts(release), release_to_parts(again))}
    assert f"classes/{CLASS}/taught.json" in parts


def test_only_what_people_decide_is_taken_as_stated() -> None:
    first, *rest = learnt().signatures
    judged = replace(
        with_status(first, "deprecated", "blockage"), opinions=("o",), severity=3, version="2.0.0"
    )
    stated = replace(learnt(), signatures=(judged, *rest))
    assert decided(stated, learnt()).signatures == stated.signatures
    other = replace(judged, accept_distance=9.9)
    stated = replace(learnt(), signatures=(other, *rest))
    assert decided(stated, learnt()).signatures[0] == judged, "what it detects is made again"
