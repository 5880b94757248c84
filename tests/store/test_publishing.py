"""Publishing is one step for whoever looks, killed where it may; and one publisher wins."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from faultprint.errors import ReleaseError
from faultprint.stages.acceptance import Publication
from faultprint.stages.releases import export_current, publish_release
from faultprint.store.bundle import read_bundle, write_bundle
from faultprint.store.signature_db import SignatureDatabase
from tests.store.databases import POSTGRES, empty_postgres

# The children only publish and are killed; they need none of the threads of the test runner.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
HERE = Path(__file__).parent
TODAY = HERE / "fixtures" / "release_protocol_1"
PART = "signatures/pump/bearing_wear.yaml"
SEEN = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "open", "ctypes.dlsym"}
"""Audit events of Python that stand for a step on the disk."""


def bundle(folder: Path, severity: int, item: str = "seal") -> Path:
    """Write a candidate that differs from today's release in words."""
    _, parts = read_bundle(TODAY)
    words = f"severity: {severity}\nitem: {item}".encode()
    text = parts[PART].replace(b"\nitem: ''", b"").replace(b"severity: null", words)
    write_bundle({**parts, PART: text}, folder, {"version": "0.0.1"})
    return folder


class Steps:
    """Counts the steps that change something, and kills this process at one of them."""

    def __init__(self, below: Path, last: int, *, disk: bool) -> None:
        self.below, self.last, self.count = str(below), last, 0
        if disk:
            sys.addaudithook(self.on_disk)
        for event in ("before_cursor_execute", "after_cursor_execute"):
            sa.event.listen(sa.Engine, event, self.on_statement)
        sa.event.listen(sa.Engine, "commit", lambda _: self.step())

    def on_disk(self, name: str, args: tuple[object, ...]) -> None:
        mine = name in SEEN and str(args[0]).startswith(self.below)
        reads = name == "open" and not int(args[2]) & (os.O_WRONLY | os.O_RDWR)
        if name == "ctypes.dlsym" or (mine and not reads):  # the former swaps two folders
            self.step()

    def on_statement(self, _c: object, _k: object, statement: str, *_more: object) -> None:
        if not statement.lstrip().startswith("SELECT"):
            self.step()

    def step(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_child(work: Callable[[], None], below: Path, last: int, *, disk: bool) -> int:
    """Do work in a process that is killed at a step; say how it ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            Steps(below, last, disk=disk)
            work()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else os.WEXITSTATUS(ended)


def whole(url: str, folder: Path) -> tuple[str, str]:
    """Check database and folder, and give the versions that they show."""
    database = SignatureDatabase(url)
    current = database.current()
    assert database.parts(current.version), "it is whole"
    assert database.signatures(current.version), "with its signatures"
    assert (database.note(current.version, "changelog") or {}).get("sentences")
    assert database.audit()[-1].version == current.version
    assert len(database.releases()) == len({a.version for a in database.audit()})
    manifest, parts = read_bundle(folder)
    assert database.parts(manifest.version) == parts
    return current.version, manifest.version


def killed_at(step: int, url: str, candidate: Path, folder: Path) -> tuple[int, bool, bool]:
    """Publish, be killed at a step, look, and publish again; say what there was after the kill."""
    before = SignatureDatabase(url).current().version
    work = partial(publish, url, candidate, folder)
    # What is written to disk is the same on any database: it is enough to be killed there once.
    how = in_a_child(work, folder.parent, step, disk=url.startswith("sqlite"))
    shown, exported = whole(url, folder)
    assert exported in {before, shown}
    publish(url, candidate, folder)
    now = whole(url, folder)
    assert now[0] == now[1] != before
    assert read_bundle(folder)[0].content_hash == read_bundle(candidate)[0].content_hash
    assert [p.name for p in folder.parent.iterdir() if ".tmp" in p.name or ".old" in p.name] == []
    return how, shown != before, exported != before


def try_steps(url: str, tmp_path: Path, stride: int) -> list[tuple[int, bool, bool]]:
    """Kill a publisher at every ``stride``-th step until one comes to its end."""
    start = tmp_path / "start"
    at = f"sqlite:///{start / 's.db'}" if url.startswith("sqlite") else url
    publish(at, bundle(tmp_path / "a", 2), start / "release")
    marks = {"x@1": ["not measured here"]}
    SignatureDatabase(at).add_note("1.0.0", "provisional", {"signatures": marks})
    export_current(SignatureDatabase(at), start / "release")
    ends: list[tuple[int, bool, bool]] = []
    while not ends or ends[-1][0]:
        step = 1 + stride * len(ends)
        here = tmp_path / str(step)
        shutil.copytree(start, here)
        if url.startswith("sqlite"):
            at = f"sqlite:///{here / 's.db'}"
        else:  # the one database keeps what was published at the steps before
            SignatureDatabase(at).point("1.0.0", "ada", "again")
        candidate = bundle(tmp_path / "b", 4, f"seal {step}")
        ends.append(killed_at(step, at, candidate, here / "release"))
        shutil.rmtree(here)
    told = [end[1:] for end in ends]
    assert [end[0] for end in ends] == [signal.SIGKILL] * (len(ends) - 1) + [0]
    assert told == sorted(told), "first it is published, then it is exported"
    return ends


def test_killed_at_every_step_of_publishing(tmp_path: Path) -> None:
    """Steps: before and after each statement that changes a row, each commit, each file."""
    ends = try_steps(f"sqlite:///{tmp_path / 's.db'}", tmp_path, 1)
    assert len(ends) > 30, "every statement and file is a step"
    assert {end[1:] for end in ends} == {(False, False), (True, False), (True, True)}


@pytest.mark.skipif(not POSTGRES, reason="FAULTPRINT_POSTGRES_URL is not set")
@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_while_publishing_to_postgresql(tmp_path: Path, stride: int) -> None:
    ends = try_steps(empty_postgres(), tmp_path, stride)
    assert len(ends) > 15 // stride
    assert {(False, False), (True, True)} <= {end[1:] for end in ends}


def publish(url: str, candidate: Path, folder: Path) -> None:
    publish_release(url, candidate, folder, Publication("ada"))


def contend(url: str, folder: Path, name: str, candidate: Path) -> str:
    how = Publication(name, "1.0.0")
    try:
        return publish_release(url, candidate, folder, how)[0].version
    except ReleaseError as error:
        return str(error)


def test_two_publishers_at_once_one_wins_and_the_other_is_told(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    publish(url, bundle(tmp_path / "a", 2), folder)
    candidates = [bundle(tmp_path / "b", 4), bundle(tmp_path / "c", 5)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        said = list(
            pool.map(contend, [url] * 2, [folder] * 2, ["bob", "cy"], candidates, timeout=120)
        )
    lost = 1 - said.index("1.0.1")
    winner = "bob" if lost else "cy"
    assert f"got release 1.0.1, made current by '{winner}' (publish) on" in said[lost]
    assert "while this one was compared with 1.0.0" in said[lost]
    assert "compare with 1.0.1 and publish again; nothing was changed" in said[lost]
    assert [row.version for row in SignatureDatabase(url).releases()] == ["1.0.0", "1.0.1"]
    assert whole(url, folder) == ("1.0.1", "1.0.1")
    again, _ = publish_release(url, candidates[lost], folder, Publication("cy", "1.0.1"))
    assert again.version == "1.0.2"


def test_the_parent_is_checked_where_nothing_was_published(url: str, tmp_path: Path) -> None:
    database = SignatureDatabase(url)
    first = database.publish({"a": b"1"}, [], {}, "ada", "")
    with pytest.raises(ReleaseError, match=r"release 1\.0\.0, .* compared with an empty database"):
        database.publish({"a": b"2"}, [], {}, "bob", "")
    assert database.publish({"a": b"1"}, [], {}, "bob", "") == first, "the same, so nothing is lost"
    database.publish({"a": b"2"}, [], {}, "bob", "1.0.0")
    with pytest.raises(ReleaseError, match=r"release 1\.1\.0, made current by 'bob'"):
        database.point("1.0.0", "ada", "calmer", "1.0.0")
    assert database.current().version == "1.1.0"
    assert len(database.audit()) == 2
