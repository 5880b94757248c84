"""Walk through the how-to of bringing one's own CSV, and write down what it prints and scores.

``python -m docs.bring_your_own --data DIR`` exports the public Azure sample as a stranger would,
runs the commands of the page with the params that stand there, keeps what came out in
docs/how-to/bring-your-own.json and puts it between the marks of the page.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from docs.rules import put
from faultprint.stages.workspace import Workspace, read_json

PAGE = Path(__file__).parent / "how-to" / "bring-your-own.md"
RESULTS = PAGE.with_suffix(".json")
ROOT = Path(__file__).parents[1]
SOURCE = "/path/to/export"
"""What the page calls the folder of the export."""
GUESS, SAID = "horizon: 3d ", "horizon: 48h"
"""The horizon on the page, and what the doctor says of it."""

Kept = dict[str, Any]
"""``doctor``, ``ceiling``: what was printed; ``runs``: one a table row; ``cost``: one a command."""


def blocks(page: str, kind: str) -> list[str]:
    """List what stands in the fenced blocks of one language."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page, re.M | re.S)


def params(page: str) -> dict[str, str]:
    """Give the params files that the page goes through, by the name of their row."""
    guess, alarms = blocks(page, "yaml")
    entry, codes = alarms.split("\ndescriptors:")
    said = guess.replace(GUESS, f"{SAID} ")
    assert said != guess, f"no {GUESS!r} in {PAGE}"
    heard = said.replace("\nlabels:", f"{entry}\ndescriptors:{codes}\nlabels:")
    return {
        "horizon of 3 days, the guess": guess,
        "horizon of 48 h, as the doctor says": said,
        "the same, and the alarms": heard,
    }


def export(data: Path, folder: Path) -> None:
    """Write the public sample as a stranger would export it.

    Parameters
    ----------
    data : Path
        Folder of the ``PdM_*`` files.
    folder : Path
        Where ``sensors.csv``, ``log.csv`` and ``alarms.csv`` go.
    """
    rows = pd.concat(pd.read_csv(path) for path in sorted(data.glob("PdM_telemetry_machines*")))
    broken = pd.read_csv(data / "PdM_failures.csv").rename(columns={"failure": "Part"})
    changed = pd.read_csv(data / "PdM_maint.csv").rename(columns={"comp": "Part"})
    log = pd.concat([broken.assign(Type="Breakdown"), changed.assign(Type="Replacement")])
    log["Part"] = "Component " + log["Part"].str[-1]
    alarms = pd.read_csv(data / "PdM_errors.csv").rename(columns={"errorID": "Code"})
    here = rows["machineID"].unique()
    names = {
        "volt": "Voltage [V]",
        "rotate": "Speed [1/min]",
        "pressure": "Pressure",
        "vibration": "Vibration",
    }
    for name, frame, when, kept in (
        ("sensors", rows.rename(columns=names).round(3), "Timestamp", list(names.values())),
        ("log", log, "When", ["Type", "Part"]),
        ("alarms", alarms, "When", ["Code"]),
    ):
        told = frame
        if name != "sensors":
            within = frame["datetime"].between("2015-01-01", "2015-04-01")
            told = frame[frame["machineID"].isin(here) & within]
        machine = "M-" + told["machineID"].astype(str).str.zfill(2)
        moment = pd.to_datetime(told["datetime"]).dt.strftime("%d.%m.%Y %H:%M")
        table = told.assign(Machine=machine, **{when: moment})[["Machine", when, *kept]]
        table.to_csv(folder / f"{name}.csv", sep=";", decimal=",", index=False)


def walked(data: Path, page: str) -> Kept:
    """Go through the page.

    Parameters
    ----------
    data : Path
        Folder of the ``PdM_*`` files.
    page : str
        Text of the page.

    Returns
    -------
    dict[str, Any]
        What was printed, scored and spent.
    """
    kept: Kept = {"runs": [], "cost": {}}
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "export"
        source.mkdir()
        export(data, source)
        for row, (name, text) in enumerate(params(page).items()):
            file, plant = Path(scratch) / f"{row}.yaml", Path(scratch) / f"plant{row}"
            file.write_text(text, "utf-8")
            asked = ["--params", str(file), "--source", str(source)]
            if row == 0:
                printed = _run(kept, "doctor", ["faultprint", "doctor", *asked])
                kept["doctor"] = printed.replace(str(source), SOURCE)
            _run(kept, "job", ["pipelines.main", *asked, "--workspace", str(plant)])
            kept["runs"].append({"params": name, **_scored(plant)})
            if row == 1:
                kept["ceiling"] = _run(
                    kept, "ceiling", ["faultprint", "ceiling", "--workspace", str(plant)]
                )
    return kept


def _run(kept: Kept, name: str, words: list[str]) -> str:
    """Run a command of the page; the first of its kind says what it costs."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cost = {"cpu_seconds": round(spent), "seconds": round(time.monotonic() - began)}
    kept["cost"].setdefault(name, cost)
    return done.stdout.rstrip("\n")


def _scored(plant: Path) -> dict[str, Any]:
    numbers = read_json(Workspace(plant).metrics / "events.json")
    shown = {name: numbers[name] for name in ("found", "named", "precision", "f1_events")}
    return {**shown, "lead_time": numbers["lead_time"], "baselines": numbers["baselines"]}


def filled(page: str, kept: Kept) -> str:
    """Put what came out between the marks of the page.

    Parameters
    ----------
    page : str
        Text of the page.
    kept : dict[str, Any]
        What :func:`walked` gave.

    Returns
    -------
    str
        The page.
    """
    page = put(page, "doctor", f"```text\n{kept['doctor']}\n```")
    page = put(page, "scores", "\n".join(_table(kept["runs"])))
    page = put(page, "ceiling", f"```text\n{kept['ceiling'].strip()}\n```")
    return put(page, "cost", "\n".join(_costs(kept["cost"])))


def _table(runs: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| params | failures found | rightly named | incidents a failure followed | F1 by event "
        "| median lead time |",
        "|---|---|---|---|---|---|",
    ]
    for one in runs:
        counts = [_counted(one[name]) for name in ("found", "named", "precision")]
        median = one["lead_time"]["median"]
        ahead = "-" if median is None else f"{median / 24:.1f} days"
        lines.append(
            f"| {one['params']} | {' | '.join(counts)} | {one['f1_events']:.2f} | {ahead} |"
        )
    for name, told in (
        ("always_on", "nothing: always on"),
        ("every_max_lead", "nothing: raised anew each `max_lead`"),
        ("random", "nothing: at random, as often"),
    ):
        base = runs[0]["baselines"][name]
        shares = [f"{base[key]:.0%}" for key in ("found", "named", "precision")]
        lines.append(f"| {told} | {' | '.join(shares)} | {base['f1_events']:.2f} | |")
    return lines


def _counted(share: dict[str, Any]) -> str:
    return f"{share['hits']} of {share['n']} ({share['low']:.2f} to {share['high']:.2f})"


def _costs(costs: dict[str, dict[str, int]]) -> list[str]:
    lines = ["| command | CPU time [s] | on the clock [s] |", "|---|---|---|"]
    names = {"doctor": "`faultprint doctor`", "job": "the job", "ceiling": "`faultprint ceiling`"}
    return lines + [
        f"| {said} | {costs[name]['cpu_seconds']} | {costs[name]['seconds']} |"
        for name, said in names.items()
    ]


def main() -> None:
    """Walk through the page and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the PdM_*.csv files")
    page = PAGE.read_text("utf-8")
    kept = walked(parser.parse_args().data, page)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    PAGE.write_text(filled(page, kept), "utf-8")


if __name__ == "__main__":
    main()
