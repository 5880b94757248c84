"""How sensors go together, and which of them stands apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from faultprint.twin.disagreement import disagree
from faultprint.twin.redundancy import (
    Relations,
    deviances,
    learn_relations,
    relations_from,
    rest_of,
)

START = pd.Timestamp("2025-03-01T00:00:00Z")
NOW = timedelta(0)


def _fleet(assets: int = 6, steps: int = 200, seed: int = 1) -> pd.DataFrame:
    """Three sensors of which ``a`` and ``b`` share 80 % of their variance, ``c`` nothing."""
    rng = np.random.default_rng(seed)
    ends = (START + pd.to_timedelta(6 * np.arange(steps), unit="h")).as_unit("ns")
    parts = []
    for asset in range(assets):
        common = np.sqrt(0.8) * rng.standard_normal(steps)
        for sensor in "abc":
            share = common if sensor != "c" else np.sqrt(0.8) * rng.standard_normal(steps)
            value = share + np.sqrt(0.2) * rng.standard_normal(steps)
            frame = pd.DataFrame({"end": ends, "sensor": sensor, "deviance": value})
            parts.append(frame.assign(asset=f"m{asset}"))
    return pd.concat(parts, ignore_index=True)


def _windows(residuals: pd.DataFrame) -> pd.DataFrame:
    keys = residuals[["asset", "end"]].drop_duplicates()
    return keys.assign(use="healthy", label="healthy")


@pytest.fixture(scope="module")
def relations() -> Relations:
    residuals = _fleet()
    found = learn_relations(residuals, _windows(residuals), NOW)
    assert found is not None
    return found


def test_relatives_explain_what_they_share(relations: Relations) -> None:
    share = 0.8**2  # of the variance of one of two, by regression on the other
    assert relations.explained("a") == pytest.approx(share, abs=0.06)
    assert relations.explained("c") == pytest.approx(0.0, abs=0.02)
    assert relations.explained("nobody") == 0.0


def test_relations_are_written_and_read_without_loss(relations: Relations) -> None:
    moved = replace(relations, faults={"wear": ((1.0, 0.0, -2.0), (3.0, 0.5, -6.0))})
    assert relations_from(json.loads(json.dumps(moved.to_dict()))) == moved


def test_order_of_rows_and_other_labels_change_nothing(relations: Relations) -> None:
    residuals = _fleet()
    mixed = residuals.sample(frac=1, random_state=5)
    assert learn_relations(mixed, _windows(residuals), NOW) == relations
    odd = _windows(residuals)
    odd.loc[odd["asset"] == "m0", "use"] = "unsure"
    spoilt = residuals.assign(deviance=residuals["deviance"].where(residuals["asset"] != "m0", 1e6))
    without = residuals[residuals["asset"] != "m0"]
    assert learn_relations(spoilt, odd, NOW) == learn_relations(without, _windows(without), NOW)


def test_too_little_to_tell() -> None:
    residuals = _fleet()
    windows = _windows(residuals)
    alone = residuals[residuals["sensor"] == "a"]
    assert learn_relations(alone, windows, NOW) is None
    assert learn_relations(residuals, windows.head(30), NOW) is None
    assert learn_relations(residuals.iloc[:0], windows, NOW) is None


def _level(a: float, b: float, c: float) -> pd.DataFrame:
    return pd.DataFrame({"a": [a], "b": [b], "c": [c]}, index=pd.DatetimeIndex([START], name="end"))


@pytest.mark.parametrize(
    ("seen", "alone"),
    [
        ((3.0, 3.0, 0.0), set()),  # a and b go together: all is well, none stands apart by much
        ((4.0, 0.0, 0.0), {"a"}),
        ((0.0, -4.0, 0.0), {"b"}),
        ((0.0, 0.0, 6.0), {"c"}),
        ((9.0, 0.0, 9.0), set()),  # two moved: the machine
    ],
)
def test_who_lies(relations: Relations, seen: tuple[float, ...], alone: set[str]) -> None:
    found = disagree(_level(*seen), relations, 1.0)
    far = (np.abs(found.apart[0]) >= 4) & found.alone[0]
    assert {s for s, lies in zip(found.sensors, far, strict=True) if lies} == alone


def test_a_known_fault_takes_the_blame_in_its_own_direction_only(relations: Relations) -> None:
    wears = replace(relations, faults={"wear": ((0.0, 0.0, 5.0),)})
    assert not disagree(_level(0.0, 0.0, 6.0), wears, 1.0).alone.any()
    assert disagree(_level(0.0, 0.0, 6.0), wears, 1.0).ailing[0, 2]
    assert disagree(_level(0.0, 0.0, -6.0), wears, 1.0).alone[0, 2]
    assert disagree(_level(0.0, 0.0, 6.0), wears, 1.0, without=["wear"]).alone[0, 2]


def test_healthy_disagreement_has_unit_spread(relations: Relations) -> None:
    fresh = _fleet(assets=1, steps=2000, seed=77)
    found = disagree(deviances(fresh, NOW), relations, 1.0)
    assert np.std(found.apart, axis=0) == pytest.approx(1.0, abs=0.1)


def test_a_sensor_that_is_not_known_takes_no_part(relations: Relations) -> None:
    found = disagree(_level(np.nan, 2.0, 6.0), relations, 1.0)
    assert np.isnan(found.apart[0, 0])
    assert found.alone[0].tolist() == [False, False, True]
    nothing = disagree(_level(np.nan, np.nan, 6.0), relations, 1.0)
    assert np.isnan(nothing.apart).all()
    assert not nothing.alone.any()


def test_what_is_left_equals_the_plain_regression(relations: Relations) -> None:
    matrix = np.asarray(relations.correlation)
    inverse = np.linalg.inv(matrix)
    x = np.random.default_rng(3).standard_normal((20, 3))
    for place in range(3):
        others = np.delete(np.arange(3), place)
        part = x[:, others]
        slow = np.sqrt(
            np.einsum("ij,jk,ik->i", part, np.linalg.inv(matrix[others][:, others]), part)
        )
        np.testing.assert_allclose(rest_of(x, inverse)[:, place], slow)


def test_levels_look_back_only_and_need_four_windows() -> None:
    residuals = _fleet(assets=1, steps=40)
    level = deviances(residuals, timedelta(days=3))
    assert level["a"].iloc[:3].isna().all()
    assert level["a"].iloc[3:].notna().all()
    wide = residuals[residuals["sensor"] == "a"].set_index("end")["deviance"]
    assert level["a"].iloc[-1] == pytest.approx(wide.iloc[-12:].mean())
    early = deviances(residuals[residuals["end"] <= level.index[20]], timedelta(days=3))
    pd.testing.assert_frame_equal(early, level.iloc[:21])
