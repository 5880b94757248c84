"""The limit for machines that were learnt from: what it is measured on, and whom it is for."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.faults.learn import Learned, learn_class
from faultprint.faults.learning.later import TURNS, _turns
from faultprint.faults.match import diagnose
from faultprint.faults.model import class_model_from
from tests.faults.pumps import ORIGIN, fleet, settings

DAY = pd.Timedelta(days=1)


@cache
def odd_fleet() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pumps of which twins that never saw one expect too much or too little."""
    windows, residuals = fleet(assets=6, n=330)
    place = residuals["asset"].rank(method="dense") + residuals["sensor"].rank(method="dense")
    return windows, residuals.assign(deviance=residuals["deviance"] + 2 * np.sin(2.0 * place))


@cache
def learned() -> Learned:
    return learn_class(*odd_fleet(), settings(), 7, ORIGIN)


def test_machines_that_were_learnt_from_may_be_asked_more_closely() -> None:
    model = learned().model
    assert model.home == tuple(f"P{a:02d}" for a in range(6))
    assert model.home_limit is not None
    assert model.home_limit > 1.5 * model.limit


def test_a_window_has_the_limit_of_its_machine() -> None:
    model, signatures = learned().model, learned().signatures
    windows, residuals = odd_fleet()
    both = windows[windows["asset"].isin(["P00", "P01"])]
    asset = both["asset"].replace({"P01": "new"}).astype("str")
    away = residuals.assign(asset=residuals["asset"].replace({"P01": "new"}).astype("str"))
    states, diagnoses = diagnose(model, signatures, both.assign(asset=asset), away, "r")
    own = states.groupby("asset")["limit"].agg(lambda v: sorted(set(v)))
    assert own["P00"] == [model.home_limit]
    assert own["new"] == [model.limit]
    between = states["p_value"].between(model.limit, model.home_limit, inclusive="left")
    healthy = (diagnoses.loc[between, "verdict"] == "healthy").groupby(states["asset"]).mean()
    assert healthy.to_dict() == {"P00": 0.0, "new": 1.0}


def test_a_model_keeps_both_limits_and_older_ones_have_one() -> None:
    model, assets = learned().model, pd.Series(["P00", "new"])
    data = model.to_dict()
    back = class_model_from(data, model.booster)
    assert back.limits(assets).tolist() == [model.home_limit, model.limit]
    older = {key: value for key, value in data.items() if not key.startswith("home")}
    assert class_model_from(older, model.booster).limits(assets).tolist() == [model.limit] * 2


def test_a_short_history_and_one_machine_have_one_limit() -> None:
    short = learn_class(*fleet(assets=4, n=150), settings(), 7, ORIGIN).model
    assert (short.home_limit, short.home) == (None, ())
    windows, residuals = odd_fleet()
    runs = windows.assign(fold=windows.groupby("asset").cumcount() // 66)
    by_run = learn_class(runs, residuals, settings(), 7, ORIGIN).model
    assert by_run.home_limit is None


def test_nothing_near_what_is_left_out_is_learnt_from() -> None:
    windows = odd_fleet()[0]
    embargo = 5 * DAY
    turns = _turns(windows, windows["end"].min(), 15 * DAY, embargo)
    assert (np.bincount(turns[0], minlength=TURNS) > 0).all()
    for _, mine in windows.groupby("asset"):
        start, end = (pd.DatetimeIndex(mine[n]).as_unit("ns").asi8 for n in ("start", "end"))
        own = turns[:, mine.index]
        for turn in range(TURNS):
            held, kept = own[0] == turn, ~(own == turn).any(axis=0)
            gaps = [_least_gap(at, start[kept], end[kept]) for at in end[held]]
            assert min(gaps) >= embargo.as_unit("ns").value
    staggered = turns[0].reshape(6, -1)[:5, ::20].T
    assert (np.sort(staggered, axis=1) == np.arange(TURNS)).all()  # each turn at any time


def _least_gap(at: int, start: NDArray[np.int64], end: NDArray[np.int64]) -> int:
    """Measure from an instant to the nearest of some windows."""
    return int(np.maximum(start - at, at - end).min())
