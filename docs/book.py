"""Write the pages of measured benchmarks from their results files: ``python -m docs.book``.

No digit of a page is typed: ``--check`` says which pages are not those of the results.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from faultprint.store.benchmarks import read_results

HERE = Path(__file__).parent / "benchmarks"
NAMES = {
    "rmse": "RMSE [cycles]",
    "mae": "mean absolute error [cycles]",
    "nasa_score": "NASA score",
    "coverage": "held by the 90 % interval",
    "width": "mean width [cycles]",
}

PROTOCOLS = {
    "remaining_life": """\
Protocol. Learnt from the training engines, which ran to failure; one forecast for each test engine,
at its last cycle. The forecasts are written to disk by code that needs no file of test labels; only
the scorer opens it. Settings were chosen on left-out training engines (the notes say which), cut
off at random as the test engines are; the test labels were opened when the settings stood. An
engine in both parts, or one whose rows are in both under two names, is refused. Labels are capped
at 125 cycles as the models learn them; *uncapped* are the same forecasts on the lives as they were,
of which the models never say more than "beyond the cap": there an interval without an upper end
holds every life above its lower one. Ranges: 95 % bootstrap over engines. *One seed* is the mean
over the seeds, plus and minus one standard deviation. *With age*: the cycles since the record began
may be used; they are known for a new engine and say little of a fleet with other lives. The last
two models look at no sensor.

How it works: operating modes are clusters of the conditions, found and counted in training;
readings become deviations from what is usual in the mode; trailing means, spreads, drift from the
engine's own first cycles, changes and slopes describe the trajectory; boosted trees and a small
regularised net are blended; a second stage reads the engine's own history of such forecasts; its
error quantiles, conformalised by engine on left-out engines, are the interval. All of it is
`faultprint.prognosis` and knows no data set.
"""
}


def pages() -> dict[Path, str]:
    """Write every page.

    Returns
    -------
    dict[Path, str]
        Page -> its text.
    """
    results = read_results(HERE / "results")
    names = sorted(name for name in results if "." not in name)
    return {HERE / f"{name}.md": _page(name, results) for name in names}


def stale() -> list[str]:
    """List the pages that are not those of the results.

    Returns
    -------
    list[str]
        File names.
    """
    return [
        path.name
        for path, text in pages().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]


def _page(name: str, results: dict[str, dict[str, Any]]) -> str:
    result = results[name]
    lines = [f"# {result['title']}", "", "Written by `python -m docs.book` from the results of", ""]
    lines += [f"    {result['command']}", "", PROTOCOLS[result["protocol"]]]
    lines += _tables(result["figures"])
    ablations = results.get(f"{name}.ablations")
    if ablations:
        lines += [
            "## What each part gives",
            "",
            "On left-out training engines, each cut off eight times at random; one seed;",
            f"`{ablations['command']}`. The labels of the test part are not opened. The last row",
            "is the protocol that leaks, with rows of one engine on both sides.",
            "",
            *_table(ablations["figures"], ["rmse", "mae", "coverage", "width"]),
            "",
        ]
    note = HERE / "notes" / f"{name}.md"
    if note.is_file():
        lines += [note.read_text("utf-8")]
    return "\n".join([*lines, *_costs(name, results), *_data(result)])


def _tables(figures: list[dict[str, Any]]) -> list[str]:
    lines: list[str] = []
    for stratum in dict.fromkeys(one["stratum"] for one in figures):
        mine = [one for one in figures if one["stratum"] == stratum]
        lines += [f"## Engines: {stratum} (n = {mine[0]['n']})", ""]
        lines += [*_table(mine, list(NAMES)), ""]
    return lines


def _table(figures: list[dict[str, Any]], measures: list[str]) -> list[str]:
    lines = [f"| model | {' | '.join(NAMES[name] for name in measures)} |"]
    lines.append("|---" * (len(measures) + 1) + "|")
    for variant in dict.fromkeys(one["variant"] for one in figures):
        found = {one["measure"]: one for one in figures if one["variant"] == variant}
        cells = " | ".join(_cell(found[name]) if name in found else "" for name in measures)
        lines.append(f"| {variant} | {cells} |")
    return lines


def _cell(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "none"
    digits = {"coverage": 3, "nasa_score": 0, "width": 1}.get(one["measure"], 2)
    return f"{one['value']:.{digits}f} ({one['low']:.{digits}f} to {one['high']:.{digits}f})"


def _costs(name: str, results: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["## Cost", "", "| run | CPU time [s] | peak memory [MiB] |", "|---|---|---|"]
    for what, key in (("forecast and score", "cost"), ("ablations", "ablations.cost")):
        cost = results.get(f"{name}.{key}")
        if cost:
            lines.append(f"| {what} | {cost['cpu_seconds']} | {cost['peak_memory_mib']} |")
    return [*lines, ""] if len(lines) > 4 else []


def _data(result: dict[str, Any]) -> list[str]:
    lines = ["## Data", "", "| file, unpacked | sha256 |", "|---|---|"]
    return [*lines, *(f"| {file} | `{pin}` |" for file, pin in result["data"].items()), ""]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    if parser.parse_args().check:
        wrong = stale()
        print(json.dumps(wrong))  # noqa: T201 - a program
        sys.exit(bool(wrong))
    for page, text in pages().items():
        page.write_text(text, "utf-8")
