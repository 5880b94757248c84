"""Tables on disk: what is written is read back, and nothing spoils what was there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultprint.errors import StoreError
from faultprint.store.folders import replace_folder, restore_folder, staged_folder
from faultprint.store.parquet import (
    list_assets,
    read_parquet,
    read_readings,
    read_table,
    write_parquet,
    write_readings,
    write_tables,
)
from faultprint.tables import TABLES, check, empty


def readings(asset: str, values: list[float]) -> pd.DataFrame:
    times = pd.date_range("2025-03-30", periods=len(values), freq="h", tz="UTC", unit="ns")
    return pd.DataFrame(
        {
            "asset": pd.Series(asset, index=range(len(values)), dtype="str"),
            "time": times,
            "segment": np.full(len(values), -1),
            "p": np.array(values, dtype="float64"),
            "p__quality": np.zeros(len(values), dtype="uint8"),
        }
    )


@settings(max_examples=25, deadline=None)
@given(
    asset=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    values=st.lists(st.floats(allow_nan=True, width=64), min_size=1, max_size=5),
)
def test_readings_round_trip_whatever_the_asset_is_called(
    tmp_path_factory: pytest.TempPathFactory, asset: str, values: list[float]
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    frame = readings(asset, values)
    write_readings(folder, "pump/2", frame)
    assert list_assets(folder) == [("pump/2", asset)]
    back = read_readings(folder, "pump/2", asset)
    pd.testing.assert_frame_equal(back, frame)
    check("readings", back)


@pytest.mark.parametrize("name", list(TABLES))
def test_empty_tables_keep_their_dtypes(tmp_path: Path, name: str) -> None:
    write_tables(tmp_path, {name: empty(name)})
    pd.testing.assert_frame_equal(read_table(tmp_path, name), empty(name))


def test_equal_tables_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_parquet(readings("x", [1.0, np.nan, 3.0]), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_truncated_and_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    with pytest.raises(StoreError, match=r"no file '.*events.parquet'.*run that stage first"):
        read_parquet(path)
    write_parquet(readings("x", [1.0] * 50), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match=r"events.parquet', which cannot be read"):
        read_parquet(path)


def test_readings_of_two_assets_are_refused(tmp_path: Path) -> None:
    both = pd.concat([readings("a", [1.0]), readings("b", [1.0])], ignore_index=True)
    with pytest.raises(StoreError, match=r"readings of 2 assets: 'a', 'b'"):
        write_readings(tmp_path, "pump", both)


def test_a_failed_stage_leaves_the_old_folder(tmp_path: Path) -> None:
    final = tmp_path / "tables"
    with staged_folder(final) as folder:
        write_parquet(readings("x", [1.0]), folder / "a.parquet")

    def fail() -> None:
        with staged_folder(final) as folder:
            write_parquet(readings("x", [2.0]), folder / "a.parquet")
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        fail()
    assert read_parquet(final / "a.parquet")["p"].tolist() == [1.0]
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_a_replaced_folder_keeps_nothing_of_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "tables"
    for name in ("old", "new"):
        with staged_folder(final) as folder:
            (folder / name).touch()
    assert [path.name for path in final.iterdir()] == ["new"]


def test_a_swap_cut_in_two_is_put_back(tmp_path: Path) -> None:
    (tmp_path / ".tables.old").mkdir()
    restore_folder(tmp_path / "tables")
    assert (tmp_path / "tables").is_dir()


def test_leftovers_of_dead_runs_are_removed_and_of_living_ones_kept(tmp_path: Path) -> None:
    dead = tmp_path / ".tables.999999999-0.tmp"
    alive = tmp_path / f".tables.{os.getppid()}-0.tmp"
    dead.mkdir()
    alive.mkdir()
    with staged_folder(tmp_path / "tables"):
        assert not dead.exists()
        assert alive.exists()


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(tmp_path: Path) -> None:
    final = tmp_path / "tables"
    final.mkdir()
    with pytest.raises(StoreError, match="what stood there before is untouched"):
        replace_folder(tmp_path / "never", final)
    assert final.is_dir()
