"""A release folder is whole or refused, and is replaced in one step."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultprint.errors import ReleaseError, StoreError
from faultprint.store.bundle import read_bundle, read_manifest, write_bundle
from faultprint.store.folders import staged_folder
from faultprint.store.manifest import MANIFEST

PARTS = {
    "scoring.json": b'{"detect": {}}',
    "classes/pump/booster.txt": b"tree\n" * 100,
    "signatures/pump/bearing wear.yaml": "title: Lagerschaden é\n".encode(),
    "empty": b"",
}
HEADER = {"version": "1.0.0", "code": "abc", "provenance": {"run": "r1"}}

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/".join(["d", *names, "f.x"]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "release"
    write_bundle(PARTS, place, HEADER)
    return place


def test_what_is_read_is_what_was_written(folder: Path) -> None:
    manifest, parts = read_bundle(folder)
    assert parts == PARTS
    assert manifest == read_manifest(folder)
    assert (manifest.version, manifest.parent) == ("1.0.0", "")
    assert manifest.provenance == {"run": "r1", "code": "abc"}
    assert manifest.label == f"1.0.0+{manifest.content_hash[:12]}"
    assert [(p.path, p.sha256, p.size) for p in manifest.parts] == [
        (path, hashlib.sha256(PARTS[path]).hexdigest(), len(PARTS[path])) for path in sorted(PARTS)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.dictionaries(PATHS, st.binary(max_size=50), min_size=1, max_size=4))
def test_any_parts_survive(tmp_path: Path, parts: dict[str, bytes]) -> None:
    folder = tmp_path / "any"
    if len({path.casefold() for path in parts}) == len(parts):
        written = write_bundle(parts, folder, {"version": "0.0.1"})
        assert read_bundle(folder) == (written, parts)


def test_content_hash_is_of_the_parts_alone(tmp_path: Path) -> None:
    one = write_bundle(PARTS, tmp_path / "a", {"version": "1.0.0", "run": "x"})
    other = dict(reversed(PARTS.items()))
    two = write_bundle(other, tmp_path / "b", {"version": "2.0.0", "parent": "1.0.0"})
    assert one.content_hash == two.content_hash
    moved = {("other" if path == "empty" else path): part for path, part in PARTS.items()}
    changed = {**PARTS, "empty": b"\0"}
    for parts in (moved, changed):
        hashed = write_bundle(parts, tmp_path / "c", {"version": "1.0.0"}).content_hash
        assert hashed != one.content_hash


def test_equal_arguments_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    write_bundle(PARTS, tmp_path / "again", HEADER)
    assert (tmp_path / "again" / MANIFEST).read_bytes() == (folder / MANIFEST).read_bytes()


@pytest.mark.parametrize(
    "path",
    ["../out", "/etc/x", "a/../../b", "a//b", ".", "a/./b", "", "a\\b", "c:x", "a\nb", MANIFEST],
)
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ReleaseError, match="plain relative paths"):
        write_bundle({path: b"x"}, tmp_path / "r", HEADER)
    assert list(tmp_path.iterdir()) == []


def test_a_part_cannot_be_a_folder_too(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="part paths 'a'"):
        write_bundle({"a": b"", "a/b": b""}, tmp_path / "r", HEADER)


def test_no_parts_are_no_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no parts"):
        write_bundle({}, tmp_path / "r", HEADER)


@pytest.mark.parametrize("version", [None, "", "1.0", "01.0.0", "1.0.0-rc1", 1])
def test_versions_are_three_numbers(tmp_path: Path, version: object) -> None:
    with pytest.raises(ReleaseError, match=r"expected MAJOR\.MINOR\.PATCH"):
        write_bundle(PARTS, tmp_path / "r", {"version": version})
    with pytest.raises(ReleaseError, match=r"expected MAJOR\.MINOR\.PATCH"):
        write_bundle(PARTS, tmp_path / "r", {"version": "1.0.0", "parent": version or "x"})


@pytest.mark.parametrize("value", [Path("x"), float("nan"), {1, 2}])
def test_provenance_is_json(tmp_path: Path, value: object) -> None:
    with pytest.raises(ReleaseError, match="provenance that is not JSON"):
        write_bundle(PARTS, tmp_path / "r", {"version": "1.0.0", "x": value})


def drop(folder: Path) -> None:
    (folder / "empty").unlink()


def alter(folder: Path) -> None:
    (folder / "scoring.json").write_bytes(b'{"detect": []}')


def lengthen(folder: Path) -> None:
    (folder / "empty").write_bytes(b" ")


def add(folder: Path) -> None:
    (folder / "classes/pump/extra.pkl").write_bytes(b"x")


def hide(folder: Path) -> None:
    (folder / ".hidden").write_bytes(b"x")


def link(folder: Path) -> None:
    target = folder.parent / "elsewhere"
    shutil.move(folder / "scoring.json", target)
    (folder / "scoring.json").symlink_to(target)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (drop, "empty: missing"),
        (alter, "scoring.json: altered"),
        (lengthen, "empty: altered"),
        (add, "classes/pump/extra.pkl: not listed"),
        (hide, ".hidden: not listed"),
        (link, "scoring.json: altered"),
    ],
)
def test_harmed_folders_are_refused(folder: Path, harm, message: str) -> None:
    harm(folder)
    with pytest.raises(ReleaseError, match=message):
        read_bundle(folder)


def edit(**fields: object):
    def harm(said: dict) -> dict:
        return {**said, **fields}

    return harm


def outside(said: dict) -> dict:
    return {**said, "parts": [{**said["parts"][0], "path": "../../etc/passwd"}]}


def bare(said: dict) -> dict:
    return {key: value for key, value in said.items() if key != "parts"}


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (edit(protocol=2), "protocol 2 in .*; expected protocol 1"),
        (edit(protocol="1"), "protocol '1'"),
        (edit(version="9.0.0"), "an altered manifest.json"),
        (edit(content_hash="0" * 64), "an altered manifest.json"),
        (edit(provenance={"code": "other"}), "an altered manifest.json"),
        (edit(version="new"), "breaks its own rules"),
        (edit(parts=[]), "an altered manifest.json"),
        (edit(parts="x"), "breaks its own rules"),
        (outside, "breaks its own rules"),
        (bare, "breaks its own rules"),
    ],
)
def test_edited_manifests_are_refused(folder: Path, harm, message: str) -> None:
    said = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps(harm(said)), "utf-8")
    with pytest.raises(ReleaseError, match=message):
        read_bundle(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"{}", b"null"])
def test_broken_manifests_are_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_bundle(folder)


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no such folder"):
        read_bundle(tmp_path / "none")
    with pytest.raises(ReleaseError, match="is empty"):
        read_bundle(tmp_path)
    (tmp_path / "notes.txt").write_text("none", "utf-8")
    with pytest.raises(ReleaseError, match="a folder without a manifest"):
        read_bundle(tmp_path)


def test_replacing_leaves_nothing_of_the_old(folder: Path) -> None:
    write_bundle({"new": b"1"}, folder, {"version": "1.1.0", "parent": "1.0.0"})
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, "new"]
    assert [path.name for path in folder.parent.iterdir()] == ["release"]


def test_a_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine")
    with pytest.raises(StoreError, match="not a plain folder while writing"):
        write_bundle(PARTS, tmp_path / "r", HEADER)
    assert (tmp_path / "r").read_text() == "mine"


def fail_half_way(folder: Path) -> None:
    with staged_folder(folder) as temp:
        (temp / "half").write_text("x")
        raise ZeroDivisionError("half-way")


def test_a_failing_writer_leaves_the_old_folder(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="half-way"):
        fail_half_way(folder)
    assert read_bundle(folder)[1] == PARTS
    assert [path.name for path in folder.parent.iterdir()] == ["release"]


def test_a_full_disk_leaves_the_old_folder(folder: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(StoreError, match="File too large while writing"):
            write_bundle({"big": b"x" * 20_000}, folder, HEADER)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert read_bundle(folder)[1] == PARTS
    assert [path.name for path in folder.parent.iterdir()] == ["release"]


KILLED = """
import os, signal, sys
from pathlib import Path
from faultprint.store.folders import staged_folder
with staged_folder(Path(sys.argv[1])) as temp:
    (temp / "half").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_the_old_folder_and_the_next_tidies_up(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(folder.parent.iterdir())) == 2
    assert read_bundle(folder)[1] == PARTS
    write_bundle(PARTS, folder, HEADER)
    assert [path.name for path in folder.parent.iterdir()] == ["release"]


def test_readers_see_one_release_or_the_other_while_it_is_replaced(folder: Path) -> None:
    releases = [{"a": b"1" * 10_000, "b": b"1"}, {"a": b"2" * 10_000, "c": b"2"}]
    write_bundle(releases[0], folder, HEADER)
    stop = threading.Event()
    failures: list[Exception] = []

    def write() -> None:
        try:
            while not stop.is_set():
                for parts in releases:
                    write_bundle(parts, folder, HEADER)
        except Exception as error:  # noqa: BLE001 - shown by the assert below
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and min(map(seen.count, releases)) < 20:
            seen.append(read_bundle(folder)[1])
    finally:
        stop.set()
        writer.join()
    assert failures == []
    assert all(parts in releases for parts in seen)
    assert min(map(seen.count, releases)) >= 20
