"""Fingerprints change with what they stand for, and with nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint import tables as schema
from faultprint.errors import StoreError
from faultprint.store.parquet import readings_path, write_parquet, write_tables
from faultprint.store.provenance import (
    UNKNOWN,
    code_commit,
    code_sha256,
    data_sha256,
    file_sha256,
    params_sha256,
    tables_sha256,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.csv").write_text("1,2")
    (folder / "sub/b.csv").write_text("3")
    return folder


def test_a_file_has_the_known_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4
    assert file_sha256(tmp_path / "x") == known


def test_a_copy_elsewhere_is_the_same_data(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "else" / "where")
    os.utime(tmp_path / "else/where/a.csv", (0, 0))
    assert data_sha256(tmp_path / "else/where") == data_sha256(data)


def rename(data: Path) -> None:
    (data / "a.csv").rename(data / "c.csv")


def edit(data: Path) -> None:
    (data / "sub/b.csv").write_text("4")


def add(data: Path) -> None:
    (data / "empty").touch()


def swap(data: Path) -> None:
    (data / "a.csv").write_text("3")
    (data / "sub/b.csv").write_text("1,2")


@pytest.mark.parametrize("change", [rename, edit, add, swap])
def test_every_change_of_data_shows(data: Path, change) -> None:
    before = data_sha256(data)
    change(data)
    assert data_sha256(data) != before


def test_the_order_of_the_log_is_not_data(tmp_path: Path) -> None:
    readings = schema.empty("readings").assign(pressure=1.0)
    two = {name: schema.empty(name).reindex([0, 1]) for name in ("assets", "events", "rejects")}
    told = two["events"].assign(asset=["a", "b"], kind="error", code=["E1", "E2"])
    frames = {
        "assets": two["assets"].assign(asset=["a", "b"], equipment_class="pump"),
        "events": told,
        "rejects": two["rejects"].assign(row=[3, 4]),
    }
    write_tables(tmp_path, frames)
    write_parquet(readings, readings_path(tmp_path, "pump", "a"))
    before = tables_sha256(tmp_path)
    turned = {name: frame.iloc[::-1] for name, frame in frames.items()}
    write_tables(tmp_path, {**turned, "rejects": two["rejects"].assign(row=[7, 8])})
    assert tables_sha256(tmp_path) == before
    write_tables(tmp_path, {"events": told.assign(code=["E2", "E1"])})
    assert tables_sha256(tmp_path) != before
    write_tables(tmp_path, frames)
    write_parquet(readings.assign(pressure=2.0), readings_path(tmp_path, "pump", "b"))
    assert tables_sha256(tmp_path) != before


def test_hidden_files_are_not_data(data: Path) -> None:
    before = data_sha256(data)
    (data / ".cache").mkdir()
    (data / ".cache/x").touch()
    (data / ".DS_Store").touch()
    assert data_sha256(data) == before


def test_several_places_keep_their_order(data: Path) -> None:
    one, two = data / "a.csv", data / "sub"
    assert data_sha256(one, two) != data_sha256(two, one)
    assert data_sha256(one) != data_sha256(two)


def test_missing_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no file or folder .*none; expected data to fingerprint"):
        data_sha256(tmp_path / "none")
    with pytest.raises(StoreError, match="No such file or directory reading"):
        file_sha256(tmp_path / "none")


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=5), PLAIN))
def test_params_are_told_by_their_meaning(params: dict) -> None:
    assert params_sha256(dict(reversed(params.items()))) == params_sha256(params)
    assert params_sha256({**params, "further key": 1}) != params_sha256(params)


@pytest.mark.parametrize("value", [float("nan"), {1}, Path("x")])
def test_params_that_are_not_plain_are_refused(value: object) -> None:
    with pytest.raises(StoreError, match="parameters that are not JSON"):
        params_sha256({"a": value})


def test_code_is_the_package(tmp_path: Path) -> None:
    assert code_sha256() == code_sha256()
    assert len(code_sha256()) == 64


def git(folder: Path, *words: str) -> str:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a",
           "GIT_COMMITTER_EMAIL": "a", "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True, capture_output=True, text=True, env={**os.environ, **who},
    )  # fmt: skip
    return done.stdout.strip()


def test_the_commit_is_named_and_changes_are_marked(data: Path) -> None:
    assert code_commit(data) == UNKNOWN
    git(data, "init", "-q")
    assert code_commit(data) == UNKNOWN
    git(data, "add", ".")
    git(data, "commit", "-q", "-m", "x", "--no-verify")
    commit = git(data, "rev-parse", "HEAD")
    assert code_commit(data) == commit
    (data / "untracked").touch()
    assert code_commit(data / "sub") == commit
    edit(data)
    assert code_commit(data) == f"{commit}+changed"
