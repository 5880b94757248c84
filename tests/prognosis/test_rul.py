"""Remaining life on a fleet whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from faultprint.errors import LearnError, TableError
from faultprint.evaluate.benchmarks.life import rmse
from faultprint.prognosis.health import health_index, history_features
from faultprint.prognosis.labels import life_labels, random_cuts
from faultprint.prognosis.rul import LifeModel, forecast_life, learn_life
from faultprint.prognosis.trajectories import Histories, histories, trajectory_features
from faultprint.twin.modes import learn_modes
from tests.prognosis.wearing import FAST, SENSORS, wearing


@pytest.fixture(scope="module")
def model() -> LifeModel:
    return learn_life(*wearing(36, 1), FAST)


def test_life_is_foretold_better_than_by_the_mean(model: LifeModel) -> None:
    new, remaining = wearing(40, 2, "n", truncated=True)
    last = forecast_life(model, new).iloc[new.starts[1:] - 1]
    truth = np.minimum(remaining, 60.0)
    found = rmse(last["life"].to_numpy(), truth)
    assert found < 0.5 * truth.std()
    held = (truth >= last["low"]) & ((truth <= last["high"]) | (last["status"] == "beyond_cap"))
    assert 0.75 <= held.mean() <= 1.0
    near = truth <= 20
    assert (last["high"] - last["low"])[near].mean() < 30.0


def test_equal_input_gives_equal_forecasts(model: LifeModel) -> None:
    again = learn_life(*wearing(36, 1), FAST)
    new, _ = wearing(5, 3)
    pd.testing.assert_frame_equal(
        forecast_life(model, new), forecast_life(again, new), check_exact=True
    )


def test_future_edits_do_not_change_past_forecasts(model: LifeModel) -> None:
    new, _ = wearing(1, 4)
    before = forecast_life(model, new)
    edited = new.readings.copy()
    edited[40:] += 7.0
    after = forecast_life(model, replace(new, readings=edited))
    pd.testing.assert_frame_equal(before[:40], after[:40], check_exact=True)
    assert (before["life"][40:] != after["life"][40:]).any()


def test_engines_do_not_touch_each_other(model: LifeModel) -> None:
    new, _ = wearing(4, 5)
    together = forecast_life(model, new)
    alone = pd.concat([forecast_life(model, new.take(np.array([i]))) for i in range(4)])
    # BLAS adds in another order when it multiplies fewer rows: equal to the last digits only
    pd.testing.assert_frame_equal(together, alone.reset_index(drop=True), rtol=1e-9, atol=1e-9)


def test_health_only_falls_and_short_histories_have_no_forecast(model: LifeModel) -> None:
    new, _ = wearing(6, 6)
    table = forecast_life(model, new)
    short = table["age"] < 10
    assert set(table.loc[short, "status"]) == {"insufficient_history"}
    assert table.loc[short, ["life", "low", "high", "health"]].isna().all(axis=None)
    for _, one in table[~short].groupby("asset"):
        assert (one["health"].diff().dropna() <= 0).all()
        assert one["health"].iloc[-1] < 0.2
    assert (table.loc[table["status"] == "beyond_cap", "high"] == 60.0).all()
    assert (table["status"] == "beyond_cap").any()


def test_held_out_forecasts_are_made_without_the_asset() -> None:
    history, remaining = wearing(12, 7)
    wrong = remaining.copy()
    wrong[0] = 40.0  # a false label of one asset must not reach its own first-stage forecasts ...
    first_alone = FAST.model_copy(
        update={"history": False, "learners": ("trees",), "blend": "equal"}
    )
    changed = learn_life(history, wrong, first_alone)
    same = learn_life(history, remaining, first_alone)
    own = history.spans()[0]
    np.testing.assert_array_equal(changed.held_out[0, own, 0], same.held_out[0, own, 0])
    others = slice(own.stop, None)  # ... but those of others
    assert (changed.held_out[0, others, 0] != same.held_out[0, others, 0]).any()


def test_censored_histories_teach_only_what_is_known() -> None:
    history, _ = wearing(2, 8)
    labels = life_labels(history, np.array([0.0, np.nan]), 60.0)
    first, second = (labels[span] for span in history.spans())
    assert first[-1] == 0.0
    assert first[0] == 60.0
    assert np.isnan(second[-60:]).all()
    assert (second[:-60] == 60.0).all()


def test_nothing_to_learn_from_is_refused() -> None:
    history, _ = wearing(4, 9)
    with pytest.raises(LearnError, match="0 that failed"):
        learn_life(history, np.full(4, np.nan), FAST)
    with pytest.raises(LearnError, match="calibrate a coverage"):
        learn_life(history, np.zeros(4), FAST)


def test_histories_refuse_what_they_cannot_read() -> None:
    time = pd.Timestamp("2024-01-01", tz="UTC")
    rows = pd.DataFrame({"asset": ["a", "a"], "time": [time, time], "heat": [1.0, 2.0]})
    with pytest.raises(TableError, match="two rows of one asset"):
        histories(rows, ["heat"], [])
    with pytest.raises(TableError, match="readings without 'load'"):
        histories(rows, ["heat"], ["load"])


def _slow_features(z: np.ndarray, row: int) -> np.ndarray:
    """What trajectory_features says of one row, written without cumulative sums."""

    def mean(end: int, length: int) -> np.ndarray:
        return z[max(0, end - length + 1) : end + 1].mean(axis=0)

    found = [z[row], *(mean(row, length) for length in (5, 10, 20, 30, 50))]
    found += [z[max(0, row - length + 1) : row + 1].std(axis=0) for length in (10, 30)]
    found.append(mean(row, 10) - mean(min(row, 14), 15))
    found += [mean(row, 10) - mean(max(row - back, 0), 10) for back in (20, 50)]
    for length in (20, 40):
        part = z[max(0, row - length + 1) : row + 1]
        slope = np.polyfit(np.arange(len(part)), part, 1)[0] if len(part) > 1 else 0 * z[row]
        found.append(slope)
    return np.concatenate(found)


@pytest.mark.parametrize("row", [0, 1, 9, 30, 69])
def test_features_are_those_of_the_slow_way(row: int) -> None:
    history, _ = wearing(1, 10)
    fast = trajectory_features(history.readings, history.spans())[row]
    np.testing.assert_allclose(fast, _slow_features(history.readings, row), rtol=1e-3, atol=1e-4)


def test_history_of_a_constant_prediction() -> None:
    table = history_features(np.full(50, 30.0), 60.0, [slice(0, 50)])
    np.testing.assert_allclose(table[:, :6], 30.0)
    np.testing.assert_allclose(table[:, 6:10], 0.0)
    np.testing.assert_array_equal(table[:, -1], np.arange(50.0))
    rising = np.concatenate([np.full(30, 12.0), np.full(30, 60.0)])
    np.testing.assert_allclose(health_index(rising, 60.0, [slice(0, 60)]), 0.2)


def test_cuts_leave_history_and_draw_from_every_asset() -> None:
    history, _ = wearing(5, 11)
    cuts = random_cuts(history, 8, 0)
    assert np.bincount(history.codes()[cuts], minlength=5).tolist() == [8] * 5
    assert history.ages()[cuts].min() > 20
    np.testing.assert_array_equal(cuts, random_cuts(history, 8, 0))


@pytest.mark.parametrize("number", [1, 2, 6])
def test_modes_are_counted(number: int) -> None:
    rng = np.random.default_rng(number)
    mode = np.arange(900) % number
    conditions = np.column_stack([mode * 10.0, (mode * 7 % 5) * 3.0]) + rng.normal(0, 0.1, (900, 2))
    values = np.column_stack([mode * 100.0, np.full(900, 5.0)]) + rng.normal(0, 1, (900, 2))
    learnt = learn_modes(conditions, values, 0)
    assert len(learnt.centres) == number
    residuals = learnt.residuals(conditions, values)
    for one in range(number):
        np.testing.assert_allclose(residuals[mode == one].mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(residuals[mode == one].std(axis=0), 1, atol=1e-9)


def test_a_continuum_of_conditions_is_one_mode() -> None:
    conditions = np.random.default_rng(0).uniform(0, 1, (500, 1))
    assert len(learn_modes(conditions, conditions, 0).centres) == 1
    assert len(learn_modes(conditions[:, :0], conditions, 0).centres) == 1
    with pytest.raises(LearnError, match="some values missing"):
        learn_modes(conditions, np.full((500, 1), np.nan), 0)


def test_sensors_of_the_fleet_are_those_asked_for() -> None:
    history, _ = wearing(3, 12)
    assert isinstance(history, Histories)
    assert history.readings.shape[1] == len(SENSORS)
    assert history.take(np.array([0, 2])).assets == ("w000", "w002")
