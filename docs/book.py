"""Write the pages of measured benchmarks from their results files: ``python -m docs.book``.

No digit of a page is typed: ``--check`` says which pages are not those of the results.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from docs.overview import overview
from docs.protocols import PROTOCOLS, Told
from faultprint.store.result_files import read_results

HERE = Path(__file__).parent / "benchmarks"


def pages() -> dict[Path, str]:
    """Write every page.

    Returns
    -------
    dict[Path, str]
        Page -> its text.
    """
    results = read_results(HERE / "results")
    names = sorted(name for name in results if "." not in name)
    boards = {HERE / f"{name}.md": _page(name, results) for name in names}
    return {HERE / "README.md": overview(results), **boards}


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
    told = PROTOCOLS[result["protocol"]]
    lines = [f"# {result['title']}", "", "Written by `python -m docs.book` from the results of", ""]
    lines += [f"    {result['command']}", "", told.text]
    for stratum in dict.fromkeys(one["stratum"] for one in result["figures"]):
        mine = [one for one in result["figures"] if one["stratum"] == stratum]
        lines += [f"## {told.units}: {stratum} (n = {mine[0]['n']})", ""]
        lines += [*_table(mine, told, tuple(told.measures)), ""]
    ablations = results.get(f"{name}.ablations")
    if ablations:
        lines += ["## What each part gives", "", f"`{ablations['command']}`", "", told.ablations]
        lines += _by_stratum(ablations["figures"], told)
    note = HERE / "notes" / f"{name}.md"
    if note.is_file():
        lines += [note.read_text("utf-8")]
    return "\n".join([*lines, *_costs(name, results), *_data(result)])


def _by_stratum(figures: list[dict[str, Any]], told: Told) -> list[str]:
    """Lay ablations out, a table a stratum where there are several that say something brief."""
    brief = [one for one in figures if one["measure"] in told.brief]
    strata = list(dict.fromkeys(one["stratum"] for one in brief))
    lines = []
    for stratum in strata:
        lines += [f"### {stratum}", ""] if len(strata) > 1 else []
        mine = [one for one in figures if one["stratum"] == stratum]
        lines += [*_table(mine, told, told.brief), ""]
    return lines


def _table(figures: list[dict[str, Any]], told: Told, measures: tuple[str, ...]) -> list[str]:
    shown = [name for name in measures if any(one["measure"] == name for one in figures)]
    lines = [f"| model | {' | '.join(told.measures[name][0] for name in shown)} |"]
    lines.append("|---" * (len(shown) + 1) + "|")
    for variant in dict.fromkeys(one["variant"] for one in figures):
        found = {one["measure"]: one for one in figures if one["variant"] == variant}
        cells = [_cell(found.get(name), told.measures[name][1]) for name in shown]
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return lines


def _cell(one: dict[str, Any] | None, digits: int) -> str:
    if one is None:
        return ""
    if one["value"] is None:
        return "none"
    if digits == 0 and one["low"] == one["value"] == one["high"]:
        return f"{one['value']:.0f}"  # a count
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
