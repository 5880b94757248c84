"""Write docs/benchmarks/loop.md: ``python -m docs.loop --data DIR --scratch DIR``."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from docs.loop_page import page
from docs.loop_rigs import rig_loop
from faultprint.config import Settings
from faultprint.evaluate.loop import during, first_incidents, loop_result
from faultprint.serve.score import Scorer
from faultprint.stages.groups import find_groups
from faultprint.stages.run import located, run_stage
from faultprint.stages.score import score
from faultprint.stages.teach import teach
from faultprint.stages.workspace import Workspace
from faultprint.store import provenance
from faultprint.store.parquet import (
    list_assets,
    read_readings,
    read_table,
    write_readings,
    write_tables,
)
from faultprint.store.settings import load_settings
from faultprint.store.signature_db import SignatureDatabase

PAGE = Path(__file__).parent / "benchmarks" / "loop.md"
RESULTS = PAGE.with_suffix(".json")
"""What the loops gave, from which the page is written."""
PARAMS = Path("params.yaml")
HELD_BACK = "separator_clogging"
SEEDS = (7, 11, 12)
FLEET = {"simulate.pumps": 6, "simulate.compressors": 24}
JUDGED = 3
COMPONENTS = ("comp1", "comp2", "comp3", "comp4")
EXPERT = "simulated expert"
STAGES = ("ingest", "describe", "expect", "learn", "publish")
"""Of the main job, what comes before scoring."""


def fleet_loop(seed: int, root: Path) -> dict[str, Any]:
    """Let a fault appear that no release knows, judge three incidents, publish, and look on."""
    settings = load_settings(PARAMS, {**FLEET, "seed": seed})
    workspace = Workspace(root)
    if not (root / "results" / "incidents.parquet").exists():
        for name in ("simulate", *STAGES):
            run_stage(name, settings, root)
        score(workspace.release, workspace.tables, workspace.results)
    truth = pd.read_csv(workspace.truth / "truth.csv")
    mine = truth[(truth["kind"] == "fault") & (truth["mode"] == HELD_BACK)]
    mine = mine[mine["outcome"] == "failure"]
    failure = pd.to_datetime(mine["end"], utc=True)
    episodes = pd.DataFrame(
        {"asset": mine["asset"], "start": pd.to_datetime(mine["onset"], utc=True)}
    ).assign(failure=failure, until=failure + pd.Timedelta(settings.labels.recovery))
    episodes = episodes.reset_index(drop=True)
    result = played(settings, workspace, HELD_BACK, episodes)
    return result | {"grouped": grouped(settings, workspace, episodes)}


def grouped(settings: Settings, workspace: Workspace, episodes: pd.DataFrame) -> dict[str, Any]:
    """Group what was unknown before teaching, and count the fault among it."""
    scorer = Scorer.load(workspace.release)
    found = find_groups(scorer, workspace.results, workspace.tables, settings.discover).table
    incidents = _said(workspace.results)["incidents"]
    own = incidents.assign(own=during(incidents, "opened", episodes))[["incident", "own"]]
    table = found.merge(own, on="incident")
    groups = table[table["group"] != ""].groupby("group")["own"].agg(["size", "sum"])
    holding = groups[groups["sum"] > 0]
    return {
        "deviations": int(table["own"].sum()),
        "groups": len(holding),
        "in_groups": int(holding["sum"].sum()),
        "group_sizes": int(holding["size"].sum()),
    }


def azure_loop(hidden: str, data: Path, root: Path) -> dict[str, Any]:
    """Let nobody know what one component's failures are until three incidents were judged."""
    given = {"source.path": str(data / "azure_pdm")}
    settings = load_settings(Path("params/azure_pdm.yaml"), given)
    workspace = Workspace(root)
    if not (root / "results" / "incidents.parquet").exists():
        run_stage("ingest", settings, root)
        whole = read_table(workspace.tables, "events")
        write_tables(root / "whole", {"events": whole})
        unnamed = whole["failure_mode"].mask(whole["failure_mode"] == hidden, "")
        write_tables(workspace.tables, {"events": whole.assign(failure_mode=unnamed)})
        for name in STAGES[1:]:
            run_stage(name, settings, root)
        score(workspace.release, workspace.tables, workspace.results)
    events = read_table(root / "whole", "events")
    mine = events[(events["kind"] == "failure") & (events["failure_mode"] == hidden)]
    mine = mine[["asset", "time"]].rename(columns={"time": "failure"}).reset_index(drop=True)
    reach = pd.Timedelta(settings.labels.horizon) + pd.Timedelta(settings.labels.buffer)
    # The log covers the year, the readings a quarter of it.
    seen = read_table(workspace.results, "diagnoses").groupby("asset")["end"].max()
    mine = mine[mine["failure"] - reach <= mine["asset"].map(seen)].reset_index(drop=True)
    after = mine["failure"] + pd.Timedelta(settings.labels.recovery)
    episodes = mine.assign(start=mine["failure"] - reach, until=after)
    return played(settings, workspace, hidden, episodes)


def played(
    settings: Settings, workspace: Workspace, fault: str, episodes: pd.DataFrame
) -> dict[str, Any]:
    """Teach a workspace's release a fault from its first incidents, and score everything again."""
    before = _said(workspace.results)
    judged = first_incidents(before["incidents"], episodes, JUDGED)
    if len(judged) < JUDGED:
        raised = f"{len(judged)} of {len(episodes)} failures raised an incident"
        return {"fault": fault, "skipped": raised}
    told, seconds = _teach(settings, workspace, fault, judged)
    now = workspace.root / "after"
    shutil.rmtree(now, ignore_errors=True)
    score(workspace.root / "taught", workspace.tables, now)
    result = loop_result(fault, episodes, judged, before, _said(now))
    changes = told["changes"]
    return {
        "result": asdict(result),
        "changes": changes,
        "seconds": round(seconds, 2),
        "rollback": _rolled_back(workspace),
    }


def _said(results: Path) -> dict[str, pd.DataFrame]:
    return {name: read_table(results, name) for name in ("incidents", "diagnoses")}


def _teach(
    settings: Settings, workspace: Workspace, fault: str, judged: pd.DataFrame
) -> tuple[dict[str, Any], float]:
    """Score what was there when the last of the incidents was over, judge them, teach."""
    then = Workspace(workspace.root / "then")
    shutil.rmtree(then.root, ignore_errors=True)
    _until(workspace.tables, then.tables, judged["until"].max())
    shutil.copytree(workspace.release, then.release)
    shutil.copy(workspace.root / "models" / "signatures.db", then.root / "models")
    score(then.release, then.tables, then.results)
    file = then.root / "opinions.yaml"
    entries = [
        {
            "asset": row["asset"],
            "time": row["opened"].isoformat(),
            "said": row["until"].isoformat(),
            "verdict": "new_fault",
            "failure_mode": fault,
            "confidence": 0.9,
            "rationale": "found when it was opened",
            "action": "",
            "author": EXPERT,
        }
        for row in judged.to_dict("records")
    ]
    file.write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    begun = time.process_time()
    told = teach(located(settings, then.root), then, file)
    seconds = time.process_time() - begun
    shutil.rmtree(workspace.root / "taught", ignore_errors=True)
    shutil.copytree(then.release, workspace.root / "taught")
    return told, seconds


def _until(tables: Path, target: Path, instant: pd.Timestamp) -> None:
    """Copy tables as they were at an instant."""
    shutil.copytree(tables, target, ignore=shutil.ignore_patterns("readings"))
    events = read_table(tables, "events")
    write_tables(target, {"events": events[events["time"] <= instant].reset_index(drop=True)})
    for equipment_class, asset in list_assets(tables):
        readings = read_readings(tables, equipment_class, asset)
        kept = readings[readings["time"] <= instant].reset_index(drop=True)
        if len(kept):
            write_readings(target, equipment_class, kept)


def _rolled_back(workspace: Workspace) -> bool:
    """Say whether the release before, taken back from the database, says the same again."""
    then = Workspace(workspace.root / "then")
    first = provenance.data_sha256(then.results)
    database = SignatureDatabase(f"sqlite:///{then.root / 'models' / 'signatures.db'}")
    back = database.rollback(EXPERT, "to see that nothing is lost")
    database.export(back.version, then.release)
    shutil.rmtree(then.results)
    score(then.release, then.tables, then.results)
    return provenance.data_sha256(then.results) == first


def write(data: Path, scratch: Path, *, rigs: bool = True) -> None:
    """Play every loop, keep what they gave and write the page; what was played is not again."""
    played = {}
    for seed in SEEDS:
        name = f"simulated fleet, seed {seed}"
        played[name] = _kept(scratch / str(seed), partial(fleet_loop, seed))
    for one in COMPONENTS:
        played[f"Azure, {one} hidden"] = _kept(scratch / one, partial(azure_loop, one, data))
    recorded = [] if not rigs else _kept(scratch / "rigs", partial(rig_loop, data))
    kept = {"played": played, "rigs": recorded}
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(kept), "utf-8")


def _kept(root: Path, play: Callable[[Path], Any]) -> Any:
    file = root / "loop.json"
    if not file.exists():
        root.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(play(root), default=list), "utf-8")
    return json.loads(file.read_text("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data sets")
    parser.add_argument("--scratch", type=Path, required=True, help="folder to work in, kept")
    options = parser.parse_args()
    write(options.data, options.scratch)
