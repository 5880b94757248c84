"""Opinions are kept whole, once, and beside the incidents they are on."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from faultprint.errors import OpinionError, StoreError
from faultprint.faults.opinions import Judged
from faultprint.records import JudgedIncident, Marking, Opinion
from faultprint.store.opinions import OpinionBook

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEAL = Opinion("i1", "known_fault", "seal", 0.8, "wet floor", "replaced", "ada", START, "seal", 4)
CALM = replace(SEAL, verdict="normal_behaviour", failure_mode="", author="bob", severity=None)
OPEN = JudgedIncident("i1", "P-1", "pump", START, START, None, "known", "seal", "1.0.0+a")


def test_experts_may_disagree(url: str) -> None:
    book = OpinionBook(url)
    other = replace(SEAL, incident="i2", time=START - timedelta(days=1), adjudicates=True)
    assert book.add([SEAL], [OPEN]) == (SEAL,)
    assert set(book.add([CALM, other])) == {CALM, other}
    again = OpinionBook(url)
    assert again.opinions()[0] == other
    assert set(again.opinions("i1")) == {SEAL, CALM}
    assert again.judged() == (Judged(OPEN, again.opinions("i1")),)


def test_the_same_opinion_is_added_once(url: str) -> None:
    book = OpinionBook(url)
    elsewhere = replace(SEAL, time=START.astimezone(timezone(timedelta(hours=-3))))
    assert book.add([SEAL, SEAL], [OPEN, OPEN]) == (SEAL,)
    assert book.add([elsewhere], [OPEN]) == ()
    assert book.opinions() == (SEAL,)
    assert book.incidents() == (OPEN,)


def test_an_incident_is_remembered_as_it_stood_last(url: str) -> None:
    book = OpinionBook(url)
    over = replace(OPEN, cleared=START + timedelta(days=2))
    book.add([SEAL], [OPEN])
    book.add([CALM], [over])
    assert book.incidents() == (over,)
    assert len(book.judged()[0].opinions) == 2


@pytest.mark.parametrize("wrong", [{"incident": ""}, {"time": START.replace(tzinfo=None)}])
def test_one_incomplete_opinion_stops_all(url: str, wrong: dict[str, object]) -> None:
    book = OpinionBook(url)
    every = [SEAL, replace(CALM, **wrong), replace(SEAL, confidence=2.0, author="cy")]
    with pytest.raises(OpinionError, match=r"2 incomplete opinions of 3: '2: .*'3: confidence"):
        book.add(every, [OPEN])
    assert (book.opinions(), book.incidents()) == ((), ())


def test_marks_are_added_never_replaced(url: str) -> None:
    book = OpinionBook(url)
    done = Marking("i1", "resolved", "ada", START, "seal replaced")
    again = Marking("i1", "open", "bob", START + timedelta(days=1))
    book.mark(done, OPEN)
    book.mark(again, OPEN)
    assert book.markings() == (done, again)
    assert book.incidents() == (OPEN,)
    with pytest.raises(OpinionError, match="a mark without author or zone"):
        book.mark(replace(done, author=" "), OPEN)
    with pytest.raises(StoreError, match=r"mark_known|CHECK constraint"):
        book.mark(replace(done, mark="closed"), OPEN)
    assert len(book.markings()) == 2


def say(url: str, author: str) -> int:
    return len(OpinionBook(url).add([replace(SEAL, author=author)], [OPEN]))


def test_people_who_speak_at_once_are_all_heard(url: str) -> None:
    names = ["ada", "bob", "cy", "ada", "bob"]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        added = list(pool.map(say, [url] * len(names), names, timeout=120))
    assert sum(added) == 3
    assert sorted(o.author for o in OpinionBook(url).opinions()) == ["ada", "bob", "cy"]
    assert OpinionBook(url).incidents() == (OPEN,)
