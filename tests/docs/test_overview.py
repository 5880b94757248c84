"""The first page of the book: aims and capabilities are data, and nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from docs.aims import AIMS, Aim
from docs.book import HERE
from docs.capabilities import CAPABILITIES, COLUMNS, EFFECTS, SETTINGS, Column, Effect
from docs.overview import _cell, _pair, overview, reached
from faultprint.store.result_files import read_results

FILES = sorted((Path(__file__).parents[2] / "params" / "benchmarks").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_ablation_tells_of_a_capability(file: Path) -> None:
    said = yaml.safe_load(file.read_text("utf-8"))
    named = {name for one in EFFECTS[file.stem] for name in (one.without, one.full)}
    apart = SETTINGS.get(file.stem, ())
    for ablation in said["ablations"]:
        assert ablation in apart or any(name.startswith(ablation) for name in named), (
            f"{ablation!r} is of no capability: add it to docs/capabilities.py"
        )
    assert set(apart) <= set(said["ablations"])


@pytest.mark.parametrize("board", EFFECTS)
def test_every_comparison_is_of_models_that_were_judged(board: str) -> None:
    results = read_results(HERE / "results")
    if f"{board}.ablations" not in results:
        pytest.skip(f"the ablations of {board} were not run yet")
    for column in (column for column in COLUMNS if column.board == board):
        lost = [one for one in EFFECTS[board] if _pair(one, column, results) is None]
        assert not lost, f"compared in docs/capabilities.py, but not judged: {lost}"


def test_every_board_and_capability_has_its_place() -> None:
    boards = {file.stem for file in FILES}
    assert {aim.board for aim in AIMS} == set(EFFECTS) == {one.board for one in COLUMNS} == boards
    assert {one.capability for mine in EFFECTS.values() for one in mine} <= set(CAPABILITIES)


@pytest.mark.parametrize(
    ("low", "high", "value", "said"),
    [
        (0.9, None, 0.9, "**yes**"),
        (0.9, None, 0.85, "in range"),
        (0.99, None, 0.9, "no"),
        (None, 0.9, 0.95, "in range"),
        (None, 0.5, 0.9, "no"),
        (0.88, 0.93, 0.94, "in range"),
        (0.9, None, None, "no"),
    ],
)
def test_an_aim_is_reached_missed_or_in_range(
    low: float | None, high: float | None, value: float | None, said: str
) -> None:
    aim = Aim("a board", "all", "f1", low, high)
    assert reached(aim, {"value": value, "low": 0.8, "high": 0.96}) == said


@pytest.mark.parametrize(
    ("lower", "said"), [(False, "-0.05 to **+0.30**"), (True, "**-0.30** to +0.05")]
)
def test_a_capability_gives_what_is_lost_without_it(lower: bool, said: str) -> None:
    board = COLUMNS[0].board
    capability = EFFECTS[board][0].capability
    full = next(one for one in EFFECTS[board] if one.capability == capability)
    others = [one for one in EFFECTS[board] if one.capability == capability and one != full]
    values = {full.full: 0.8, full.without: 0.5} | {one.full: 0.8 for one in others}
    values |= {one.without: 0.85 for one in others}
    figures = [
        {
            "variant": name,
            "stratum": "all",
            "measure": "x",
            "value": v,
            "low": v - 0.1,
            "high": v + 0.1,
        }
        for name, v in values.items()
    ]
    results = {board: {"figures": []}, f"{board}.ablations": {"figures": figures}}
    assert _cell(capability, Column(board, "x", "all", "x", 2, lower), results) == said


def test_a_capability_without_a_result_says_so() -> None:
    board = COLUMNS[0].board
    results = {board: {"figures": []}}
    one: Effect = EFFECTS[board][0]
    assert _cell(one.capability, COLUMNS[0], results) == "not run"
    assert _cell("no such", COLUMNS[0], results) == "-"


def test_an_aim_without_a_figure_is_refused() -> None:
    results = read_results(HERE / "results")
    figures = results["skab"]["figures"]
    results["skab"]["figures"] = [one for one in figures if one["measure"] != "j"]
    with pytest.raises(LookupError, match=r"no figure of .*'skab'"):
        overview(results)


def test_a_leaky_figure_stands_beside_the_honest_one() -> None:
    page = overview(read_results(HERE / "results"))
    row = next(line for line in page.splitlines() if "| by run | accumulator |" in line)
    honest, leaky = (float(row.split(" | ")[cell]) for cell in (6, 9))
    assert leaky > honest
