"""The board of failures foretold: blind, guarded, and the same twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from faultprint.errors import ConfigError, LeakageError
from faultprint.evaluate.benchmarks.foretelling import (
    event_figures,
    hidden_figures,
    macro_f1,
    shown_modes,
    window_figures,
)
from faultprint.stages.benchmarks.failure_events import COLUMNS, LEAKY, refuse_known
from faultprint.stages.benchmarks.hidden_modes import LESSON, TAUGHT, TAUGHT_FROM, UNKNOWN
from faultprint.stages.benchmarks.running import forecast_blind, score_forecasts
from faultprint.store.benchmarks import FailureBenchmark, load_benchmark

ROOT = Path(__file__).parents[2]
START, DAYS, MACHINES = pd.Timestamp("2015-01-01", tz="UTC"), 60, 5
HOLDOUT = START + pd.Timedelta(days=40)
WHEN = (8, 16, 24, 32, 46, 54)
"""Days after the start on which each machine fails, in turn of two components."""


def _failures() -> pd.DataFrame:
    rows = [
        (START + pd.Timedelta(days=day, hours=6 + machine), machine, f"comp{1 + (n + machine) % 2}")
        for machine in range(1, MACHINES + 1)
        for n, day in enumerate(WHEN)
    ]
    return pd.DataFrame(rows, columns=["datetime", "machineID", "failure"])


def _publish(folder: Path, failures: pd.DataFrame) -> dict[str, str]:
    """Write files as Microsoft publishes them; gives their fingerprints."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, rng, rows = _failures(), np.random.default_rng(0), []
    for machine in range(1, MACHINES + 1):
        times = pd.date_range(START, periods=24 * DAYS, freq="h")
        table = pd.DataFrame({"datetime": times, "machineID": machine})
        noise = rng.normal([170, 450, 100, 40], [15, 50, 10, 5], (len(times), 4)).round(3)
        for failed in truth[truth["machineID"] == machine].itertuples():
            near = (times < failed.datetime) & (times >= failed.datetime - pd.Timedelta("24h"))
            noise[near, 0 if failed.failure == "comp1" else 3] *= 1.6
        rows.append(table.assign(**dict(zip(["volt", "rotate", "pressure", "vibration"], noise.T,
                                            strict=True))))  # fmt: skip
    tables = {
        "telemetry": pd.concat(rows),
        "failures": failures,
        "maint": truth.rename(columns={"failure": "comp"}),
        "errors": pd.DataFrame({"datetime": [START], "machineID": 1, "errorID": "error1"}),
        "machines": pd.DataFrame({"machineID": range(1, MACHINES + 1), "model": "m", "age": 3}),
    }
    pins = {}
    for name, table in tables.items():
        path = folder / f"PdM_{name}.csv"
        table.to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
        pins[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return pins


def _benchmark(folder: Path, pins: dict[str, str]) -> FailureBenchmark:
    said = yaml.safe_load((ROOT / "params/benchmarks/azure-pdm.yaml").read_text("utf-8"))
    said |= {"data": pins, "source": {"kind": "azure_pdm"}, "ablations": {}}
    said["variants"] = {"one": {}}
    said["job"]["windows"]["step"] = "6h"
    said["job"]["classifier"] = {"rounds": 20}
    said["job"]["split"] = {"holdout": HOLDOUT.isoformat(), "folds": 3, "embargo": "48h"}
    said["job"]["descriptors"] = {"default": ["mean", "std"]}
    (folder / "small.yaml").write_text(yaml.safe_dump(said), "utf-8")
    loaded = load_benchmark("small", folder)
    assert isinstance(loaded, FailureBenchmark)
    return loaded


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FailureBenchmark, Path]:
    folder = tmp_path_factory.mktemp("events")
    benchmark = _benchmark(folder, _publish(folder / "data", _failures()))
    path = folder / "forecasts.csv"
    forecast_blind(benchmark, folder / "data", path)
    return folder, benchmark, path


def test_forecasts_do_not_know_the_failures_of_the_judged_time(
    forecast: tuple[Path, FailureBenchmark, Path],
) -> None:
    """With some of them left out, and all others of another name, the same bytes come out."""
    folder, _, path = forecast
    truth = _failures()
    later = truth["datetime"] > HOLDOUT
    changed = truth.assign(failure=truth["failure"].mask(later, "comp3"))
    changed = changed[~later | (changed["machineID"] < 4)]
    again = folder / "other.csv"
    pins = _publish(folder / "other", changed)
    forecast_blind(_benchmark(folder, pins), folder / "other", again)
    assert again.read_bytes() == path.read_bytes()


def test_plain_failures_are_foretold_and_trivial_detectors_stand_beside(
    forecast: tuple[Path, FailureBenchmark, Path],
) -> None:
    folder, benchmark, path = forecast
    figures = score_forecasts(benchmark, folder / "data", path)
    found = {(one.variant, one.measure): one for one in figures if one.stratum != "windows, comp1"}
    assert found["one", "found"].value >= 0.9
    assert found["one", "found"].n == 2 * MACHINES
    assert found["one", "macro_f1"].value > 0.6
    assert found["one", "lead"].value >= 12
    assert found["every component, always", "macro_f1"].value < 0.2
    assert found[LEAKY, "macro_f1"].value > 0.8
    always = found["always on, raised anew each max_lead", "false_per_year"].value
    assert always > found["one", "false_per_year"].value
    assert score_forecasts(benchmark, folder / "data", path) == figures


def test_a_component_is_hidden_told_apart_and_taught(
    forecast: tuple[Path, FailureBenchmark, Path],
) -> None:
    folder, benchmark, path = forecast
    figures = score_forecasts(benchmark, folder / "data", path)
    apart = {(f.variant, f.measure): f for f in figures if f.stratum == UNKNOWN}
    assert apart["comp1 hidden", "count"].value == apart["comp2 hidden", "count"].value == 15
    assert apart["mean", "auroc_episode"].value > 0.8  # each moves a sensor the other leaves alone
    assert apart["a coin", "auroc_episode"].value == 0.5
    taught = {(f.variant, f.measure): f.value for f in figures if f.stratum == TAUGHT}
    rows = pd.read_csv(path)
    for mode in ("comp1", "comp2"):
        lessons = rows[(rows["kind"] == LESSON) & (rows["variant"] == mode)]
        assert len(lessons) == TAUGHT_FROM
        assert (pd.to_datetime(lessons["start"]) < HOLDOUT).all()
        before, after = f"{mode}, before teaching", f"{mode}, after teaching from {TAUGHT_FROM}"
        assert taught[before, "count"] == taught[after, "count"] > 0
        assert taught[before, "named"] == 0
        assert taught[after, "named"] >= 0.5


def test_windows_that_reach_into_the_training_time_are_refused(
    forecast: tuple[Path, FailureBenchmark, Path],
) -> None:
    folder, benchmark, path = forecast
    table = pd.read_csv(path)
    at = table.index[table["kind"] == "window"][0]
    table.loc[at, "start"] = "2015-01-20 00:00:00+00:00"
    leaky = folder / "leaky.csv"
    table.to_csv(leaky, index=False)
    with pytest.raises(LeakageError, match="reach into the training time"):
        score_forecasts(benchmark, folder / "data", leaky)


def test_a_gap_of_the_embargo_is_kept() -> None:
    row = {"kind": "window", "asset": "1", "start": HOLDOUT - pd.Timedelta("48h")}
    frame = pd.DataFrame([row]).reindex(columns=COLUMNS)
    refuse_known(frame, HOLDOUT, pd.Timedelta("48h"))
    with pytest.raises(LeakageError, match="windows that begin later"):
        refuse_known(frame, HOLDOUT, pd.Timedelta("47h"))


def test_a_variant_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    said = yaml.safe_load((ROOT / "params/benchmarks/azure-pdm.yaml").read_text("utf-8"))
    said["variants"] = {"odd": {"windows.stepp": "6h"}}
    (tmp_path / "odd.yaml").write_text(yaml.safe_dump(said), "utf-8")
    with pytest.raises(ConfigError, match="did you mean 'step'"):
        load_benchmark("odd", tmp_path)


def test_the_file_of_the_board_is_that_of_the_job() -> None:
    """Sensors, windows, labels ... are those of params/azure_pdm.yaml."""
    said = yaml.safe_load((ROOT / "params/benchmarks/azure-pdm.yaml").read_text("utf-8"))
    text = (ROOT / "params/azure_pdm.yaml").read_text("utf-8")
    job = yaml.load(text, yaml.BaseLoader)
    said["job"] = yaml.load(yaml.safe_dump(said["job"]), yaml.BaseLoader)
    job["equipment"] = yaml.safe_load(text)["equipment"]
    assert said["equipment"] == job["equipment"]
    for section, keys in said["job"].items():
        if isinstance(keys, dict):
            assert keys == job[section], section


def test_windows_show_what_fails_within_the_horizon() -> None:
    windows = pd.DataFrame({"asset": "a", "end": START + pd.to_timedelta([0, 1, 24, 25], unit="h")})
    failures = pd.DataFrame(
        {"asset": ["a", "b"], "time": START + pd.Timedelta("25h"), "failure_mode": ["x", "y"]}
    )
    shown = shown_modes(windows, failures, ("x", "y"), pd.Timedelta("24h"))
    assert shown.tolist() == [[False, False], [True, False], [True, False], [True, False]]


def test_macro_f1_by_hand() -> None:
    shown = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=bool)
    named = np.array([[1, 0], [0, 0], [1, 0], [0, 1]], dtype=bool)
    assert macro_f1(shown, named) == pytest.approx((0.8 + 0.0) / 2)
    assert macro_f1(shown, shown) == 1
    assert macro_f1(np.zeros((3, 2), bool), np.zeros((3, 2), bool)) == 0
    windows = pd.DataFrame({"asset": ["a", "a", "b", "b"]})
    figures = window_figures("v", windows, shown, named, ("x", "y"))
    assert [one.measure for one in figures] == ["macro_f1", "f1", "f1"]
    assert [one.value for one in figures] == pytest.approx([0.4, 0.8, 0.0])
    assert figures[0].low <= 0.4 <= figures[0].high


def test_events_by_hand() -> None:
    failures = pd.DataFrame({"asset": ["a", "a", "b"], "lead_hours": [10.0, np.nan, 30.0],
                             "mode_right": [True, False, False]})  # fmt: skip
    opened = START + pd.to_timedelta([1, 2, 400], unit="D")
    incidents = pd.DataFrame({"asset": ["a", "b", "b"], "outcome": ["true", "false", "false"],
                              "opened": opened})  # fmt: skip
    exposed = pd.DataFrame({"asset": ["a", "b"], "start": START,
                            "end": START + pd.Timedelta(days=365.25)})  # fmt: skip
    found = {one.measure: one.value for one in
             event_figures("v", failures, incidents, exposed, ("a", "b"))}  # fmt: skip
    assert found == pytest.approx(
        {"found": 2 / 3, "named": 1 / 3, "lead": 20, "precision": 1 / 3, "false_per_year": 0.5}
    )


def test_failures_after_teaching_by_hand() -> None:
    def at(*days: float) -> pd.Series:
        return pd.Series([START + pd.Timedelta(days=day) for day in days])

    failed = at(5, 20, 30, 300)
    episodes = pd.DataFrame({"asset": ["a", "a", "b", "b"], "time": failed})
    day = pd.Timedelta(days=1)
    episodes = episodes.assign(start=failed - 2 * day, until=failed + day)
    lessons = pd.DataFrame({"asset": ["a"], "start": at(4), "end": at(6)})
    raised = pd.DataFrame({"asset": ["a", "a", "b", "b"], "start": at(4, 19.5, 29, 50),
                           "right": [True, True, False, True]})  # fmt: skip
    seen = pd.DataFrame({"asset": ["a", "b"], "start": at(0, 0), "end": at(6 + 365.25, 100)})
    figures = hidden_figures("v", "s", episodes, lessons, raised, seen)
    found = {one.measure: one.value for one in figures}
    # Two later failures; the first lesson, and the failure after the end of what was seen, are out.
    years = 1 + 94 / 365.25
    assert found == pytest.approx(
        {"count": 2, "found": 1, "named": 0.5, "lead": 12, "false_per_year": 1 / years}
    )
    assert {one.n for one in figures} == {2}
    nothing = hidden_figures("v", "s", episodes.iloc[:1], lessons, raised, seen)
    assert [one.measure for one in nothing] == ["count", "false_per_year"]
