"""The life of least cost lies where the cost says, and costs less than the mean on new assets."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from faultprint.prognosis.costs import LeastCost, cost_of, learn_least_cost
from faultprint.prognosis.rul import forecast_life, learn_life
from faultprint.prognosis.settings import CostSettings
from tests.prognosis.wearing import FAST, wearing

NASA = CostSettings()
LINEAR = CostSettings(shape="linear", late=2.0, early=8.0)
CAP = 1000.0


def _errors(rows: int, seed: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts far from both ends of the scale, and truths about them."""
    rng = np.random.default_rng(seed)
    life = rng.uniform(300.0, 700.0, rows)
    return life, life + rng.normal(0.0, spread, rows)


def test_costs_are_those_of_the_challenge_and_of_a_line() -> None:
    error = np.array([-13.0, 0.0, 10.0])
    np.testing.assert_allclose(cost_of(error, NASA), [np.e - 1, 0.0, np.e - 1])
    np.testing.assert_allclose(cost_of(np.array([-8.0, 0.0, 4.0]), LINEAR), [1.0, 0.0, 2.0])
    assert np.isfinite(cost_of(np.array([-1e9, 1e9]), NASA)).all()


def test_under_a_linear_cost_it_is_the_quantile() -> None:
    """For normal errors the quantile late / (late + early) is known in closed form."""
    life, truth = _errors(20_000, 0, 12.0)
    least = learn_least_cost(life, truth, np.ones(len(life)), LINEAR, CAP)
    expected = 12.0 * norm.ppf(2.0 / (2.0 + 8.0))
    assert np.mean(least.read(life) - life) == pytest.approx(expected, abs=0.5)


def test_under_an_exponential_cost_it_is_what_no_other_constant_beats() -> None:
    life, truth = _errors(20_000, 1, 9.0)
    least = learn_least_cost(life, truth, np.ones(len(life)), NASA, CAP)
    moves = np.linspace(-15.0, 15.0, 601)
    best = moves[np.argmin([cost_of(life + move - truth, NASA).sum() for move in moves])]
    assert -4.0 < best < -0.5
    assert np.mean(least.read(life) - life) == pytest.approx(best, abs=0.3)


@pytest.mark.parametrize("cost", [NASA, LINEAR])
def test_the_dearer_side_decides_the_direction(cost: CostSettings) -> None:
    life, truth = _errors(4000, 2, 10.0)
    share = np.ones(len(life))
    turned = cost.model_copy(update={"late": cost.early, "early": cost.late})
    sooner = learn_least_cost(life, truth, share, cost, CAP).read(life)
    later = learn_least_cost(life, truth, share, turned, CAP).read(life)
    assert (sooner < life).all()
    assert (later > life).all()


def test_a_forecast_is_moved_by_how_much_its_level_errs() -> None:
    rng = np.random.default_rng(3)
    life = rng.uniform(0.0, CAP, 6000)
    truth = np.clip(life + rng.normal(0.0, 1.0, 6000) * np.where(life < 400, 2.0, 15.0), 0.0, CAP)
    least = learn_least_cost(life, truth, np.ones(6000), NASA, CAP)
    near, far = least.read(np.array([200.0, 800.0])) - [200.0, 800.0]
    assert far < -2.0
    assert -0.5 < near < 0.0


def test_what_a_row_counts_is_heeded() -> None:
    life, truth = _errors(3000, 4, 10.0)
    odd = np.arange(3000) % 2 == 1
    alone = learn_least_cost(life[odd], truth[odd], np.ones(1500), NASA, CAP)
    weighed = learn_least_cost(life, truth, odd.astype(float), NASA, CAP)
    np.testing.assert_allclose(weighed.move, alone.move, rtol=1e-3, atol=1e-6)


def test_perfect_forecasts_and_none_are_not_moved() -> None:
    life = np.linspace(0.0, 60.0, 50)
    for told in (life, life[:0]):
        least = learn_least_cost(told, told, np.ones(len(told)), NASA, 60.0)
        np.testing.assert_array_equal(least.read(life), life)


def test_lives_stay_between_nothing_and_the_cap() -> None:
    least = LeastCost(np.array([0.0, 60.0]), np.array([-9.0, 9.0]))
    np.testing.assert_array_equal(least.read(np.array([0.0, 60.0])), [0.0, 60.0])


def test_a_model_tells_the_life_of_least_cost_of_new_assets() -> None:
    dear = FAST.model_copy(update={"cost": CostSettings(shape="linear", late=1.0, early=12.0)})
    model = learn_life(*wearing(36, 1), dear)
    new, remaining = wearing(60, 2, "n", truncated=True)
    last = forecast_life(model, new).iloc[new.starts[1:] - 1]
    truth = np.minimum(remaining, FAST.cap)
    mean, cheap = (
        cost_of(last[name].to_numpy() - truth, dear.cost).sum() for name in ("life", "least_cost")
    )
    assert cheap < 0.8 * mean
    early = forecast_life(model, new)
    short = early["status"] == "insufficient_history"
    assert early.loc[short, "least_cost"].isna().all()


@pytest.mark.parametrize("side", ["late", "early"])
def test_a_side_without_a_cost_is_refused(side: str) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        CostSettings.model_validate({side: 0.0})
