"""The table a fault model reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from faultprint.errors import TableError
from faultprint.faults.learning.design import design, unit_of, values_of
from tests.faults.pumps import fleet, settings


def test_columns_are_sorted_descriptors_and_deviances() -> None:
    windows, residuals = fleet(assets=2, n=70)
    table = design(windows, residuals)
    assert list(table.columns) == sorted(table.columns)
    assert {"vibration.deviance", "vibration.mean", "load.mean"} <= set(table.columns)
    assert not {c for c in table if "coverage" in c or c in {"asset", "end", "run", "label"}}
    assert table.index.equals(windows.index)


def test_deviance_goes_to_its_own_window_whatever_the_order_of_rows() -> None:
    windows, residuals = fleet(assets=2, n=70)
    table = design(windows, residuals)
    shuffled = design(
        windows.sample(frac=1, random_state=3), residuals.sample(frac=1, random_state=4)
    )
    pd.testing.assert_frame_equal(shuffled.loc[table.index], table)
    one = residuals[residuals["sensor"] == "vibration"].set_index(["asset", "end"])["deviance"]
    row = windows.iloc[91]
    assert table.loc[91, "vibration.deviance"] == one[(row["asset"], row["end"])]


def test_recent_coverage_is_left_out_too() -> None:
    windows, residuals = fleet(assets=1, n=20, modes=())
    table = design(windows.assign(**{"load.coverage@recent": 1.0}), residuals)
    assert "load.coverage@recent" not in table


def test_windows_without_residuals_have_no_deviance() -> None:
    windows, residuals = fleet(assets=1, n=20, modes=())
    half = residuals[residuals["end"] > windows["end"].iloc[9]]
    assert design(windows, half)["vibration.deviance"].isna().sum() == 10
    assert "vibration.deviance" not in design(windows, residuals.iloc[:0])


def test_repeated_residuals_are_refused() -> None:
    windows, residuals = fleet(assets=1, n=20, modes=())
    with pytest.raises(TableError, match=r"got 60 residuals that repeat the key"):
        design(windows, pd.concat([residuals, residuals]))


def test_input_is_not_changed() -> None:
    windows, residuals = fleet(assets=1, n=20, modes=())
    before = windows.copy(), residuals.copy()
    design(windows, residuals)
    pd.testing.assert_frame_equal(windows, before[0])
    pd.testing.assert_frame_equal(residuals, before[1])


def test_units() -> None:
    pump = settings().equipment["pump"]
    assert unit_of("vibration.deviance", pump) == "1"
    assert unit_of("vibration.mean", pump) == "mm/s"
    assert unit_of("error.E1.count", pump) == "1"


def test_model_features_come_in_its_order_and_missing_descriptors_are_named() -> None:
    windows, residuals = fleet(assets=1, n=20, modes=())
    table = design(windows, residuals)
    picked = values_of(table, ("load.mean", "humidity.deviance", "error.E1.count"))
    np.testing.assert_array_equal(picked[:, 0], windows["load.mean"])
    assert np.isnan(picked[:, 1]).all()
    with pytest.raises(TableError, match=r"without the descriptors \['volt.mean'\]"):
        values_of(table, ("load.mean", "volt.mean"))
