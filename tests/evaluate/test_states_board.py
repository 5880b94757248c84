"""The boards of row states: blind, guarded, repeatable; and their scores by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from faultprint.cli import app
from faultprint.errors import LeakageError, SourceError, TableError
from faultprint.evaluate.benchmarks.changes import count_changes, detect_changes
from faultprint.evaluate.benchmarks.states import (
    ALWAYS,
    BEFORE,
    CLOCK,
    baselines,
    refuse_clocks,
    refuse_overlap,
    score_states,
)
from faultprint.stages.benchmarks.running import forecast_blind, run_ablations, score_forecasts
from faultprint.stages.benchmarks.taught_states import LEAKY
from faultprint.store.benchmarks import StateBenchmark, TransferBenchmark, load_benchmark

ROOT = Path(__file__).parents[2]
SENSORS = ["Pressure", "Temperature", "Volume Flow RateRMS"]
ROWS, REFERENCE = 300, 120


def experiment(rng: np.random.Generator, begun: pd.Timestamp, fault: int | None) -> pd.DataFrame:
    """Noise, a temperature that wanders, and a flow that falls for 80 rows from ``fault`` on."""
    table = pd.DataFrame(
        {
            "datetime": begun + pd.to_timedelta(np.arange(ROWS), unit="s"),
            "Pressure": rng.normal(0, 0.1, ROWS),
            "Temperature": 70 + np.cumsum(rng.normal(0, 0.1, ROWS)),
            "Volume Flow RateRMS": rng.normal(32, 0.3, ROWS),
            "anomaly": 0.0,
            "changepoint": 0.0,
        }
    )
    if fault is not None:
        table.loc[fault : fault + 79, "Volume Flow RateRMS"] -= 1.5
        table.loc[fault : fault + 79, "anomaly"] = 1.0
        table.loc[[fault, fault + 80], "changepoint"] = 1.0
    return table


def pinned(said: dict[str, object], data: Path) -> dict[str, object]:
    files = {str(p.relative_to(data)): p.read_bytes() for p in sorted(data.rglob("*.csv"))}
    return {
        **said,
        "data": {name: hashlib.sha256(held).hexdigest() for name, held in files.items()},
    }


def write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, sep=";", index=False, float_format="%.5f")


def edit(place: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(place / "data" / name, sep=";", parse_dates=["datetime"])


def again(place: Path, board: str) -> StateBenchmark | TransferBenchmark:
    """Pin the data as they are now."""
    said = yaml.safe_load((place / f"{board}.yaml").read_text("utf-8"))
    (place / f"{board}.yaml").write_text(yaml.safe_dump(pinned(said, place / "data")), "utf-8")
    found = load_benchmark(board, place)
    assert isinstance(found, StateBenchmark | TransferBenchmark)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with data like those of the rig, and the files of both boards on them."""
    rng = np.random.default_rng(1)
    begun = pd.Timestamp("2020-03-09 10:00:00")
    for number in range(6):
        at = begun + pd.Timedelta(minutes=20 * number)
        name = f"valve{1 + number // 3}/{number % 3}.csv"
        write(experiment(rng, at, int(rng.integers(150, 190))), tmp_path / "data" / name)
    free = pd.concat([experiment(rng, begun, None) for _ in range(2)])
    write(free[["datetime", *SENSORS]], tmp_path / "data/anomaly-free/anomaly-free.csv")
    for board in ("skab", "skab-transfer"):
        said = yaml.safe_load((ROOT / f"params/benchmarks/{board}.yaml").read_text("utf-8"))
        ours = {"pressure": {"unit": "bar"}, "temperature": {"unit": "degC"}}
        said["equipment"]["rig"]["sensors"] = {**ours, "flow": {"unit": "l/min"}}
        said["reference_rows"] = REFERENCE
        small = {"rounds": [40], "seeds": [0]} if board != "skab" else {"windows": [8, 12]}
        said["variants"], said["ablations"] = {"small": small}, {"one": small}
        (tmp_path / f"{board}.yaml").write_text(
            yaml.safe_dump(pinned(said, tmp_path / "data")), "utf-8"
        )
    return tmp_path


@pytest.mark.parametrize("board", ["skab", "skab-transfer"])
def test_two_runs_give_equal_bytes_and_find_the_planted_faults(place: Path, board: str) -> None:
    told = []
    for run in ("one", "two"):
        folder = place / run
        args = ["benchmark", board, "--data", str(place / "data"), "--params-folder", str(place)]
        args += ["--results", str(folder / "results"), "--build", str(folder / "build")]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.output
        results = (folder / f"results/{board}.json").read_bytes()
        told.append([results, (folder / f"build/{board}.csv").read_bytes()])
    assert told[0] == told[1]
    found = {
        (one["variant"], one["stratum"], one["measure"]): one
        for one in json.loads(told[0][0])["figures"]
    }
    ours = "small" if board == "skab" else "small, one experiment out"
    assert found[ours, "all", "j"]["value"] > 0.7
    assert found[ours, "all", "j"]["n"] == 6
    assert found[ours, "valve2", "j"]["n"] == 3
    assert found[ALWAYS, "all", "far"]["value"] == 1.0
    assert found[BEFORE, "all", "f1"]["value"] > 0.95
    assert 0 < found[CLOCK, "all", "f1"]["value"] < 0.99
    if board == "skab":
        assert found["small", "fault-free record", "far"]["value"] < 0.2
        assert found["small", "all", "missed"]["value"] <= 3
        assert found["small", "all", "nab"]["value"] > 50
    else:
        assert found["small, one group out", "all", "j"]["value"] > 0.7
        assert found[LEAKY, "all", "f1"]["value"] > 0.95


def test_without_labels_no_label_changes_a_forecast(place: Path) -> None:
    benchmark = load_benchmark("skab", place)
    forecast_blind(benchmark, place / "data", place / "one.csv")
    for path in sorted((place / "data").rglob("valve*/*.csv")):
        table = edit(place, str(path.relative_to(place / "data")))
        write(table.drop(columns=["anomaly", "changepoint"]), path)
    changed = again(place, "skab")
    forecast_blind(changed, place / "data", place / "two.csv")
    assert (place / "one.csv").read_bytes() == (place / "two.csv").read_bytes()
    with pytest.raises(SourceError, match="without a column 'anomaly'"):
        score_forecasts(changed, place / "data", place / "two.csv")


def test_own_labels_never_reach_the_learner_that_judges(place: Path) -> None:
    benchmark = load_benchmark("skab-transfer", place)
    forecast_blind(benchmark, place / "data", place / "one.csv")
    table = edit(place, "valve1/1.csv")
    write(table.assign(anomaly=1.0 - table["anomaly"]), place / "data/valve1/1.csv")
    forecast_blind(again(place, "skab-transfer"), place / "data", place / "two.csv")
    keys = ["variant", "asset", "row"]
    one, two = (pd.read_csv(place / f"{n}.csv").set_index(keys) for n in ("one", "two"))
    same = (one["score"] == two["score"]).groupby(["variant", "asset"]).all()
    assert same["small, one experiment out", "valve1-1"]
    assert same["small, one group out"][["valve1-0", "valve1-1", "valve1-2"]].all()
    assert not same["small, one experiment out", "valve1-0"]  # it was taught by the other


@pytest.mark.parametrize("board", ["skab", "skab-transfer"])
def test_later_rows_change_no_earlier_forecast(place: Path, board: str) -> None:
    benchmark = load_benchmark(board, place)
    forecast_blind(benchmark, place / "data", place / "one.csv")
    table = edit(place, "valve2/2.csv")
    table.loc[250:, SENSORS] += 3.0
    write(table, place / "data/valve2/2.csv")
    forecast_blind(again(place, board), place / "data", place / "two.csv")
    mine = [pd.read_csv(place / f"{n}.csv") for n in ("one", "two")]
    mine = [one[(one["asset"] == "valve2-2")] for one in mine]
    before = mine[0]["row"] < 250
    assert (mine[0]["score"] == mine[1]["score"])[before].all()
    assert (mine[0]["score"] != mine[1]["score"])[~before].mean() > 0.9


@pytest.mark.parametrize("board", ["skab", "skab-transfer"])
def test_a_planted_clock_is_refused(place: Path, board: str) -> None:
    for path in sorted((place / "data").rglob("*.csv")):
        table = edit(place, str(path.relative_to(place / "data")))
        write(table.assign(Pressure=np.arange(len(table)) // 3), path)
    with pytest.raises(LeakageError, match="sensors that are clocks: 'pressure'"):
        forecast_blind(again(place, board), place / "data", place / "f.csv")


def test_planted_copies_and_overlaps_are_refused(place: Path) -> None:
    table = edit(place, "valve1/0.csv")
    later = table.assign(datetime=table["datetime"] + pd.Timedelta(days=1))
    write(later, place / "data/valve2/9.csv")
    with pytest.raises(LeakageError, match="made of learnt rows: 'valve1-0'"):
        forecast_blind(again(place, "skab-transfer"), place / "data", place / "f.csv")
    other = experiment(np.random.default_rng(9), table["datetime"].iloc[200], 150)
    write(other, place / "data/valve2/9.csv")
    with pytest.raises(LeakageError, match="overlap in time: 'valve1-0 and valve2-9'"):
        forecast_blind(again(place, "skab-transfer"), place / "data", place / "f.csv")


def test_ablations_are_written(place: Path) -> None:
    for board in ("skab", "skab-transfer"):
        result = run_ablations(board, load_benchmark(board, place), place / "data", place)
        names = {one["variant"] for one in result["figures"]}
        assert names == (
            {"one"} if board == "skab" else {"one, one experiment out", "one, one group out"}
        )


def test_rates_against_numbers_by_hand() -> None:
    truth = {"a-0": np.array([1, 1, 0, 0], bool), "b-0": np.array([1, 0, 0, 0], bool)}
    scores = {"x": {"a-0": np.array([2.0, 0, 2, 0]), "b-0": np.array([2.0, 1.0, 0, 0])}}
    found = {(one.stratum, one.measure): one.value for one in score_states(scores, truth, "(.*)-")}
    assert found["all", "far"] == pytest.approx(1 / 5)
    assert found["all", "mar"] == pytest.approx(1 / 3)
    assert found["all", "f1"] == pytest.approx(4 / 6)
    assert found["all", "j"] == pytest.approx(1 - 1 / 5 - 1 / 3)
    assert found["b", "f1"] == 1.0  # a score of 1 is not above the limit
    with pytest.raises(TableError, match="other rows than those with labels in 'b-0'"):
        score_states({"x": {"a-0": np.ones(4), "b-0": np.ones(5)}}, truth, "(.*)-")
    with pytest.raises(TableError, match="in 'b-0'"):
        score_states({"x": {"a-0": np.ones(4)}}, truth, "(.*)-")


def test_the_clock_sees_other_units_alone() -> None:
    truth = {"a": np.array([0, 1, 1], bool), "b": np.array([0, 0, 1, 1], bool)}
    found = baselines(truth)
    assert found[CLOCK]["a"].tolist() == [0.0, 0.0, 2.0]
    assert found[CLOCK]["b"].tolist() == [0.0, 2.0, 2.0, 0.0]
    assert found[BEFORE]["b"].tolist() == [0.0, 0.0, 0.0, 2.0]


def test_guards_pass_what_is_clean() -> None:
    refuse_clocks({"a": np.array([[1.0, 5.0], [2.0, 5.0], [1.5, 5.0]])}, ["moves", "rests"])
    day = pd.Timestamp("2020-01-01")
    hours = [day + pd.Timedelta(hours=n) for n in range(4)]
    refuse_overlap({"a": (hours[0], hours[1])}, {"b": (hours[2], hours[3])})
    with pytest.raises(LeakageError, match="overlap in time: 'b and a'"):
        refuse_overlap({"a": (hours[0], hours[2])}, {"b": (hours[1], hours[3])})


def test_change_points_against_numbers_by_hand() -> None:
    state = np.zeros(70, bool)
    state[20:45] = True
    state[50] = True
    assert detect_changes(state).tolist() == [29, 60]  # the tenth row that a new state has lasted
    at_once = count_changes(np.array([100.0]), np.array([100.0]), 60.0)
    assert at_once == pytest.approx((1.0, 0, 0))
    middle = count_changes(np.array([130.0, 131.0]), np.array([100.0]), 60.0)
    assert middle == pytest.approx((-0.11 + 1.11 / 2, 0, 0))  # the second one counts neither way
    none = count_changes(np.array([99.0, 160.0]), np.array([100.0]), 60.0)
    assert none == (0.0, 1.0, 2.0)
    cut = count_changes(np.array([125.0]), np.array([100.0, 120.0]), 60.0)
    assert (cut[1], cut[2]) == (1.0, 0.0)  # a window ends where the next change is


def test_a_rig_of_ones_own_is_judged_by_params_alone(place: Path) -> None:
    parts = [
        edit(place, f"valve1/{n}.csv").assign(unit=f"mill-{n}", broken=lambda t: t["anomaly"])
        for n in range(3)
    ]
    own = pd.concat(parts).drop(columns=["anomaly", "changepoint"])
    (place / "own").mkdir()
    own.to_csv(place / "own/rows.csv", index=False)
    said = yaml.safe_load((place / "skab.yaml").read_text("utf-8"))
    names = dict(zip(SENSORS, ["pressure", "temperature", "flow"], strict=True))
    columns = {column: {"sensor": sensor} for column, sensor in names.items()}
    said["source"] = {
        "kind": "generic",
        "readings": [
            {
                "path": "rows.csv",
                "equipment_class": "rig",
                "asset": "unit",
                "time": "datetime",
                "timezone": "UTC",
                "sensors": columns,
            }
        ],
    }
    said |= {"label": "broken", "change": None, "fault_free": [], "data": {}}
    (place / "own.yaml").write_text(yaml.safe_dump(said), "utf-8")
    benchmark = load_benchmark("own", place)
    forecast_blind(benchmark, place / "own", place / "own.csv")
    found = {
        (one.variant, one.measure): one
        for one in score_forecasts(benchmark, place / "own", place / "own.csv")
    }
    assert found["small", "j"].n == 3
    assert found["small", "j"].value > 0.6
