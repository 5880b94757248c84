"""The harness of benchmarks: blind, guarded, pinned, repeatable; and the book follows from it."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from docs import book
from faultprint.cli import app
from faultprint.errors import ConfigError, LeakageError, SourceError, TableError
from faultprint.evaluate.benchmarks.figures import bootstrap, refuse_copies, refuse_shared
from faultprint.evaluate.benchmarks.life import nasa_score, score_life
from faultprint.stages.benchmarks.life_ablations import LEAKY
from faultprint.stages.benchmarks.running import (
    forecast_blind,
    run_ablations,
    score_forecasts,
)
from faultprint.store.benchmarks import LifeBenchmark, check_pins, folder_of, load_benchmark

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FAULTPRINT_DATA", ROOT.parent / "shared" / "data"))
SMALL = {"seeds": [0, 1], "folds": 3, "cap": 40, "thin": 2}


def engines(rng: np.random.Generator, number: int, *, whole: bool) -> tuple[np.ndarray, list[int]]:
    """Rows as NASA publishes them: three settings, 21 sensors, two of which show wear."""
    rows, remaining = [], []
    for unit in range(1, number + 1):
        life = int(rng.integers(45, 70))
        seen = life if whole else int(rng.integers(25, life))
        wear = np.exp(-(life - np.arange(1, seen + 1)) / 15.0)
        table = rng.normal(100, 0.01, (seen, 26))
        table[:, 0], table[:, 1] = unit, np.arange(1, seen + 1)
        table[:, 6] += wear
        table[:, 12] -= wear
        rows.append(table)
        remaining.append(life - seen)
    return np.vstack(rows), remaining


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data like NASA's, and the file of a benchmark on them."""
    folder = tmp_path_factory.mktemp("bench")
    data = folder / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    train, _ = engines(rng, 15, whole=True)
    test, remaining = engines(rng, 12, whole=False)
    np.savetxt(data / "train_FD001.txt", train, fmt="%.4f")
    np.savetxt(data / "test_FD001.txt", test, fmt="%.4f")
    np.savetxt(data / "RUL_FD001.txt", remaining, fmt="%d")
    said = yaml.safe_load((ROOT / "params/benchmarks/cmapss-fd001.yaml").read_text("utf-8"))
    said["data"] = {f"{n}_FD001.txt": digest(data / f"{n}_FD001.txt") for n in ("train", "test")}
    said["labels"] = {"RUL_FD001.txt": digest(data / "RUL_FD001.txt")}
    said["variants"] = {"small": SMALL}
    said["ablations"] = {"alone": {**SMALL, "seeds": [0], "history": False}}
    (folder / "small.yaml").write_text(yaml.safe_dump(said), "utf-8")
    return folder


@pytest.fixture(scope="module")
def benchmark(place: Path) -> LifeBenchmark:
    said = load_benchmark("small", place)
    assert isinstance(said, LifeBenchmark)
    return said


def test_two_runs_of_the_command_give_equal_bytes(place: Path, tmp_path: Path) -> None:
    told = []
    for run in ("one", "two"):
        folder = tmp_path / run
        args = ["benchmark", "small", "--data", str(place / "data"), "--params-folder", str(place)]
        args += ["--results", str(folder / "results"), "--build", str(folder / "build")]
        result = CliRunner().invoke(app, args)
        assert result.exit_code == 0, result.output
        told.append(
            [
                (folder / "results/small.json").read_bytes(),
                (folder / "build/small.csv").read_bytes(),
                result.output,
            ]
        )
        cost = json.loads((folder / "results/small.cost.json").read_text("utf-8"))
        assert cost["cpu_seconds"] >= 0
        assert cost["peak_memory_mib"] > 50
    assert told[0] == told[1]
    figures = json.loads(told[0][0])["figures"]
    all_rmse = {
        one["variant"]: one["value"]
        for one in figures
        if (one["stratum"], one["measure"]) == ("all", "rmse")
    }
    trivial = {"constant", "mean life less age"}
    assert set(all_rmse) == {"small", "small, least cost", "small, one seed", *trivial}
    assert all_rmse["small"] < 0.7 * all_rmse["constant"]


def test_forecasts_need_no_labels_and_scores_do(
    place: Path, benchmark: LifeBenchmark, tmp_path: Path
) -> None:
    blind = tmp_path / "blind"
    shutil.copytree(place / "data", blind)
    (blind / "RUL_FD001.txt").unlink()
    few = benchmark.model_copy(update={"variants": {"small": benchmark.ablations["alone"]}})
    forecast_blind(few, blind, tmp_path / "f.csv")
    with pytest.raises(SourceError, match=r"RUL_FD001\.txt \(missing\)"):
        score_forecasts(few, blind, tmp_path / "f.csv")
    found = score_forecasts(few, place / "data", tmp_path / "f.csv")
    # the labels change the score and nothing else
    (blind / "RUL_FD001.txt").write_text("\n".join(["7"] * 12) + "\n", "utf-8")
    other = few.model_copy(update={"labels": {"RUL_FD001.txt": digest(blind / "RUL_FD001.txt")}})
    changed = score_forecasts(other, blind, tmp_path / "f.csv")
    assert found[0].measure == changed[0].measure == "rmse"
    assert found[0].value != changed[0].value


def test_planted_copies_of_training_engines_are_refused(
    place: Path, benchmark: LifeBenchmark, tmp_path: Path
) -> None:
    leaky = tmp_path / "leaky"
    shutil.copytree(place / "data", leaky)
    train = np.loadtxt(leaky / "train_FD001.txt")
    test = np.loadtxt(leaky / "test_FD001.txt")
    planted = train[train[:, 0] == 3][:30]
    planted[:, 0] = 13
    np.savetxt(leaky / "test_FD001.txt", np.vstack([test, planted]), fmt="%.4f")
    pins = {**benchmark.data, "test_FD001.txt": digest(leaky / "test_FD001.txt")}
    with pytest.raises(LeakageError, match="made of learnt rows: 'FD001-test-013'"):
        forecast_blind(benchmark.model_copy(update={"data": pins}), leaky, tmp_path / "f.csv")


def test_shared_units_are_refused() -> None:
    refuse_shared(["a", "b"], ["c"], "engines")
    with pytest.raises(LeakageError, match="engines on both sides of the split: 'b'"):
        refuse_shared(["a", "b"], ["b", "c"], "engines")
    rows = np.arange(12.0).reshape(4, 3)
    refuse_copies({"a": rows}, {"b": rows + 0.5}, "engines")


def test_other_data_are_refused(place: Path, benchmark: LifeBenchmark, tmp_path: Path) -> None:
    check_pins(place / "data", benchmark.data)
    for name in ("train_FD001.txt", "test_FD001.txt"):
        text = (place / "data" / name).read_bytes()
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text))
    check_pins(tmp_path, benchmark.data)  # gzipped, as good
    (tmp_path / "test_FD001.txt").write_text("1 2 3\n", "utf-8")
    with pytest.raises(SourceError, match=r"test_FD001\.txt \(sha256"):
        check_pins(tmp_path, benchmark.data)


def test_an_unknown_benchmark_and_an_unknown_key_are_named(place: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'small'"):
        load_benchmark("smal", place)
    text = (place / "small.yaml").read_text("utf-8").replace("folds", "foulds")
    (tmp_path / "small.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="did you mean 'folds'"):
        load_benchmark("small", tmp_path)
    (tmp_path / "small.yaml").write_text(text.replace("remaining_life", "remaining_live"), "utf-8")
    with pytest.raises(ConfigError, match="did you mean 'remaining_life'"):
        load_benchmark("small", tmp_path)


def test_ablations_do_not_open_the_labels(
    place: Path, benchmark: LifeBenchmark, tmp_path: Path
) -> None:
    blind = tmp_path / "blind"
    shutil.copytree(place / "data", blind)
    (blind / "RUL_FD001.txt").unlink()
    result = run_ablations("small", benchmark, blind, tmp_path)
    found = {one["variant"]: one for one in result["figures"] if one["measure"] == "rmse"}
    assert set(found) == {"alone", "alone, least cost", LEAKY}
    assert found[LEAKY]["value"] < found["alone"]["value"]
    assert (tmp_path / "small.ablations.json").is_file()


def test_scores_against_numbers_by_hand() -> None:
    assert nasa_score(np.array([10.0, 7.0]), np.array([0.0, 20.0])) == pytest.approx(2 * np.e - 2)
    table = pd.DataFrame(
        {
            "asset": ["a", "b", "c"],
            "life": [30.0, 125.0, 90.0],
            "low": [20.0, 110.0, 80.0],
            "high": [40.0, 125.0, 95.0],
            "status": ["estimated", "beyond_cap", "estimated"],
        }
    )
    found = {
        (one.stratum, one.measure): one
        for one in score_life({"x": table}, {"a": 33.0, "b": 190.0, "c": 96.0}, 125.0)
    }
    assert found["all", "rmse"].value == pytest.approx(np.sqrt((9 + 0 + 36) / 3))
    assert found["all, uncapped", "rmse"].value == pytest.approx(np.sqrt((9 + 65**2 + 36) / 3))
    assert found["all", "coverage"].value == pytest.approx(2 / 3)
    assert found["all, uncapped", "coverage"].value == pytest.approx(2 / 3)  # no upper end there
    assert (found["life <= 50", "width"].value, found["life <= 50", "width"].n) == (20.0, 1)
    with pytest.raises(TableError, match="one forecast for each asset"):
        score_life({"x": table[:2]}, {"a": 1.0, "b": 1.0, "c": 1.0}, 125.0)


def test_bootstrap_holds_the_mean_of_a_known_spread() -> None:
    values = np.random.default_rng(3).normal(5, 2, 400)
    value, low, high = bootstrap(lambda i: float(values[i].mean()), 400)
    assert value == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)
    assert np.isnan(bootstrap(lambda i: 1.0, 0)[0])


def test_every_page_of_the_book_is_that_of_its_results() -> None:
    assert book.stale() == [], "run python -m docs.book"


def test_a_stale_digit_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "benchmarks"
    shutil.copytree(ROOT / "docs" / "benchmarks", folder)
    monkeypatch.setattr(book, "HERE", folder)
    assert book.pages(), "no results"
    page, text = next(iter(book.pages().items()))
    at = text.index("|---|")
    digit = next(i for i in range(at, len(text)) if text[i].isdigit())
    other = str((int(text[digit]) + 1) % 10)
    page.write_text(text[:digit] + other + text[digit + 1 :], "utf-8")
    assert book.stale() == [page.name]


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no published files at {DATA}")
@pytest.mark.parametrize(
    "name", sorted(one.stem for one in (ROOT / "params" / "benchmarks").glob("*.yaml"))
)
def test_pins_are_those_of_the_published_files(name: str) -> None:
    said = load_benchmark(name, ROOT / "params" / "benchmarks")
    check_pins(folder_of(said, DATA), {**said.data, **said.labels})


def test_a_folder_without_benchmarks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"got no benchmark in '.*; expected YAML files"):
        load_benchmark("skab", tmp_path)
