"""The board of classes: whole groups, blind, guarded, repeatable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from typer.testing import CliRunner

from faultprint.cli import app
from faultprint.errors import ConfigError, LeakageError, TableError
from faultprint.evaluate.benchmarks.class_settings import Split
from faultprint.evaluate.benchmarks.classes import (
    HEALTHY,
    balanced_accuracy,
    labels_at,
    last_labels,
    macro_f1,
    majority,
    score_classes,
    split_units,
)
from faultprint.signal.segments import describe_segments
from faultprint.signal.units import cut_pieces, describe_units
from faultprint.stages.benchmarks.classes import predict, score
from faultprint.store.benchmarks import ClassesBenchmark, load_benchmark

LEARN = {"learners": ["discriminant"], "shrinkages": [0.1], "folds": 2}
LEAKY = "leaky, a warning"


def rig(folder: Path, seed: int = 0) -> Path:
    """Cycles as the rig publishes them: runs of five, a valve of three states and a pump of two."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    runs = 18
    valve, pump = np.arange(runs) % 3, (np.arange(runs) // 3) % 2
    cycles = np.repeat(np.arange(runs), 5)
    flow = rng.normal(10, 0.3, (len(cycles), 600))
    flow[:, 300:360] += 0.2 * valve[cycles][:, None]
    own = rng.normal(0, 2.0, runs)  # a run's own level, which says nothing of its state
    heat = 40 + own[cycles][:, None] + pump[cycles][:, None] + rng.normal(0, 0.1, (len(cycles), 60))
    profile = np.column_stack(
        [
            np.full(len(cycles), 3),
            np.array([100, 90, 80])[valve[cycles]],
            pump[cycles],
            np.full(len(cycles), 90),
            (pump & (valve > 0))[cycles],
        ]
    )
    np.savetxt(folder / "FS1.txt", flow, fmt="%.4f", delimiter="\t")
    np.savetxt(folder / "TS1.txt", heat, fmt="%.4f", delimiter="\t")
    np.savetxt(folder / "profile.txt", profile, fmt="%d", delimiter="\t")
    return folder


def file_of(data: Path, folder: Path, **changed: object) -> ClassesBenchmark:
    """Write the file of a benchmark on that rig, and read it back."""
    sensors = {"flow1": {"unit": "l/min"}, "temperature1": {"unit": "degC"}}
    said = {
        "title": "A small rig",
        "protocol": "classes",
        "folder": "rig",
        "equipment": {"rig": {"period": "100ms", "sensors": sensors}},
        "source": {"kind": "hydraulic", "options": {"target": "all", "rate_hz": "10"}},
        "data": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(data.glob("*.txt"))
        },
        "items": ["valve", "pump"],
        "descriptors": {"default": ["mean", "std", "mean_*_of_10"]},
        "splits": {"run": {"folds": 3}, "cycle": {"group": "unit", "folds": 3, "leaky": True}},
        "variants": {
            "by run": {"split": "run", "learn": LEARN},
            LEAKY: {"split": "cycle", "learn": LEARN},
        },
        "ablations": {"whole alone": {"split": "run", "learn": {**LEARN, "views": ["whole"]}}},
        **changed,
    }
    (folder / "small.yaml").write_text(yaml.safe_dump(said), "utf-8")
    read = load_benchmark("small", folder)
    assert isinstance(read, ClassesBenchmark)
    return read


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    file_of(rig(folder / "rig"), folder)
    return folder


def test_two_runs_give_equal_bytes_and_the_run_is_told_honestly(
    place: Path, tmp_path: Path
) -> None:
    told = []
    for run in ("one", "two"):
        folder = tmp_path / run
        args = ["benchmark", "small", "--data", str(place), "--params-folder", str(place)]
        args += ["--results", str(folder / "results"), "--build", str(folder / "build")]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.output
        made = (folder / "results/small.json", folder / "build/small.csv")
        told.append([path.read_bytes() for path in made])
    assert told[0] == told[1]
    found = {
        (one["variant"], one["stratum"]): one
        for one in json.loads(told[0][0])["figures"]
        if one["measure"] == "macro_f1"
    }
    assert {name for name, _ in found} == {"by run", LEAKY, "majority", "last label"}
    assert found["by run", "valve"]["value"] > 0.9
    assert found["by run", "valve"]["n"] == 18
    assert found["majority", "valve"]["value"] < 0.4
    assert found["last label", "valve"]["value"] > 0.7
    # the level of a run betrays its pump only to those who saw the run
    assert found["by run", "pump"]["value"] < found[LEAKY, "pump"]["value"]
    result = CliRunner().invoke(app, [*args, "--ablations"])
    assert result.exit_code == 0, result.output
    assert "whole alone; valve" in result.output


def test_a_run_is_told_without_its_own_states(place: Path, tmp_path: Path) -> None:
    splits = {"name": {"fold": r"\d$"}}
    variants = {"x": {"split": "name", "learn": LEARN}}
    before = predict(
        file_of(place / "rig", tmp_path, splits=splits, variants=variants), place / "rig"
    )
    other = rig(tmp_path / "rig")
    profile = np.loadtxt(other / "profile.txt", dtype=int, delimiter="\t")
    assert set(profile[20:25, 1]) == {90}  # run-005
    profile[20:25, 1:3] = 100, 1
    np.savetxt(other / "profile.txt", profile, fmt="%d", delimiter="\t")
    after = predict(file_of(other, tmp_path, splits=splits, variants=variants), other)
    assert (before["asset"] == after["asset"]).all()
    said = [one for one in before if one.startswith("p ")]
    mine = (before["variant"] == "x") & before["asset"].isin(["run-005", "run-015"])
    pd.testing.assert_frame_equal(before.loc[mine, said], after.loc[mine, said])
    rest = (before["variant"] == "x") & ~mine
    assert not before.loc[rest, said].equals(after.loc[rest, said])


def test_numbered_runs_of_any_csv_in_which_a_fault_begins(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        (run, n, rng.normal(4 * (run % 2) * (n > 29), 1)) for run in range(8) for n in range(60)
    ]
    table = pd.DataFrame(rows, columns=["run", "n", "flow"]).sample(frac=1, random_state=1)
    table.to_csv(tmp_path / "rows.csv", index=False)  # in any order: a run's rows are put in theirs
    odd = pd.DataFrame(
        {"run": [1, 3, 5, 7], "since": 30, "until": 59, "part": "valve", "what": "leak"}
    )
    odd.to_csv(tmp_path / "faults.csv", index=False)
    plain = {"asset": "run", "time_format": "elapsed 3min"}
    said = {
        "title": "Numbered runs",
        "protocol": "classes",
        "folder": "rig",
        "equipment": {"plant": {"period": "3min", "sensors": {"flow": {"unit": "l/min"}}}},
        "source": {
            "readings": [
                {**plain, "path": "rows.csv", "time": "n", "sensors": {"flow": {"sensor": "flow"}}}
            ],
            "events": [
                {**plain, "path": "faults.csv", "time": "since", "end": "until", "item": "part",
                 "failure_mode": "what", "constant_kind": "fault"}
            ],
        },
        "data": {},
        "items": ["valve"],
        "units": {"length": 10},
        "descriptors": {"default": ["mean"]},
        "splits": {"run": {"folds": 2}},
        "variants": {"by run": {"split": "run", "learn": LEARN}},
    }  # fmt: skip
    board = ClassesBenchmark.model_validate(said)
    predict(board, tmp_path).to_csv(tmp_path / "forecasts.csv", index=False)
    figures = score(board, tmp_path, pd.read_csv(tmp_path / "forecasts.csv"))
    told = {(one.variant, one.stratum, one.measure): one.value for one in figures}
    assert told["by run", "valve, by piece", "balanced_accuracy"] > 0.95
    assert told["majority", "valve, by piece", "balanced_accuracy"] == 0.5
    assert {one.stratum for one in figures} == {"valve, by piece"}  # no run has one state


def test_a_run_on_both_sides_is_refused(place: Path, tmp_path: Path) -> None:
    said = file_of(place / "rig", tmp_path, splits={"run": {"group": "unit", "folds": 3}},
                   variants={"x": {"split": "run", "learn": LEARN}})  # fmt: skip
    with pytest.raises(LeakageError, match="assets on both sides of the split: 'run-001'"):
        predict(said, place / "rig")


def test_a_run_under_two_names_is_refused(tmp_path: Path) -> None:
    data = rig(tmp_path / "rig")
    for name in ("FS1", "TS1"):
        table = np.loadtxt(data / f"{name}.txt", delimiter="\t")
        table[50:55] = table[5:10]  # run-002 again, as run-011
        np.savetxt(data / f"{name}.txt", table, fmt="%.4f", delimiter="\t")
    splits, learn = {"run": {"fold": r"\d$"}}, {"x": {"split": "run", "learn": LEARN}}
    with pytest.raises(LeakageError, match="made of learnt rows: 'run-0"):
        predict(file_of(data, tmp_path, splits=splits, variants=learn), data)


def test_units_of_one_combination_of_states_stay_together() -> None:
    units = pd.DataFrame({"asset": [f"a{i}" for i in range(24)]})
    labels = pd.DataFrame({"x": ["p", "q", "r"] * 8, "y": (["s"] * 3 + ["t"] * 3) * 4})
    parts = split_units(units, labels, Split(group="states", folds=3))
    both = labels.agg(" ".join, axis=1).to_numpy()
    for held in parts.held:
        assert not set(both[held]) & set(np.delete(both, held))
    alone = split_units(units, labels, Split(group="states", items=("x",), folds=3))
    assert len(set(alone.groups)) == 3
    with pytest.raises(ConfigError, match="no 'z' in 'a0'"):
        split_units(units, labels, Split(fold="z"))


def test_states_are_looked_up_by_asset_time_and_item() -> None:
    start = pd.Timestamp("2000-01-01T00:00:00Z")
    hour = pd.Timedelta("1h")
    units = pd.DataFrame({"asset": ["a", "a", "b"], "time": [start, start + hour, start]})
    row = {"asset": "a", "time": start + hour, "end": start + 2 * hour}
    events = pd.DataFrame(
        [
            {**row, "item": "x", "failure_mode": "worn"},
            {**row, "item": "y", "failure_mode": "bent", "time": start, "end": start},
        ]
    )
    found = labels_at(units, events, ["x", "y"])
    assert found["x"].tolist() == [HEALTHY, "worn", HEALTHY]
    assert found["y"].tolist() == ["bent", HEALTHY, HEALTHY]
    with pytest.raises(TableError, match="no fault of 'z'"):
        labels_at(units, events, ["x", "z"])


def test_scores_are_those_of_another_library() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 120)
    said = rng.dirichlet([1, 1, 1], 120)
    said[np.arange(120), truth] += 0.3
    said = np.round(said / said.sum(axis=1, keepdims=True), 1) + 1e-9  # with ties
    said /= said.sum(axis=1, keepdims=True)
    groups = (np.arange(120) // 10).tolist()
    found = {one.measure: one for one in score_classes("m", "s", said, truth, groups)}
    top = said.argmax(axis=1)
    assert found["macro_f1"].value == pytest.approx(f1_score(truth, top, average="macro"))
    assert found["balanced_accuracy"].value == pytest.approx(balanced_accuracy_score(truth, top))
    area = roc_auc_score(truth, said, multi_class="ovr")
    assert found["auroc"].value == pytest.approx(area)
    assert found["auroc"].n == 12
    assert found["auroc"].low < area < found["auroc"].high
    assert macro_f1(np.array([[2.0, 0, 1], [0, 0, 0], [0, 0, 3.0]])) == pytest.approx(
        (4 / 5 + 6 / 7) / 2
    )
    assert balanced_accuracy(np.array([[2.0, 2.0], [0.0, 0.0]])) == 0.5


def test_trivial_baselines() -> None:
    assert majority(np.array([0, 1, 1, 1]), 3, 2).tolist() == [[0.25, 0.75, 0.0]] * 2
    units = pd.DataFrame({"time": pd.to_datetime([3, 1, 2])})
    said = last_labels(units, pd.Series(["c", "a", "b"]), ["a", "b", "c"])
    assert said[2].tolist() == [1.0, 0.0, 0.0]
    assert said[0].tolist() == [0.0, 1.0, 0.0]
    assert said[1] == pytest.approx([1 / 3] * 3)


def test_pieces_are_described_as_segments_are() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=70)})
    frame["time"] = pd.Timestamp("2000-01-01", tz="UTC") + pd.to_timedelta(np.arange(70), unit="s")
    record = np.repeat([1, 2], [45, 25])
    pieces = cut_pieces([record], 20, 10)
    assert pieces.starts.tolist() == [0, 10, 20, 45]
    names = ["rms", "max_2_of_4", "slope_1_of_2"]
    made = describe_units(frame, pieces, {"x": names})
    values = frame["x"].to_numpy()
    apart = [values[a:b] for a, b in zip(pieces.starts, pieces.stops, strict=True)]
    expected = describe_segments(apart, 1.0, names).add_prefix("x.")
    pd.testing.assert_frame_equal(made, expected)
    whole = cut_pieces([record], None, None)
    assert (whole.starts.tolist(), whole.stops.tolist()) == ([0, 45], [45, 70])
    with pytest.raises(TableError, match=r"readings without \['y'\]"):
        describe_units(frame, pieces, {"y": names})
