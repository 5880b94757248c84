"""Spoil one sensor at a time of a scored fleet: ``python -m tests.measure_bad_sensors FOLDER``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from faultprint.config import Settings
from faultprint.serve.score import Scorer
from faultprint.stages.workspace import Workspace
from faultprint.store.parquet import list_assets, read_readings
from faultprint.store.settings import load_settings

ASSETS = 3
"""Assets of each class."""

_SPEC = importlib.util.spec_from_file_location(
    "bad_sensor", Path(__file__).parent / "job" / "test_bad_sensor.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
bad = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bad)


def _healthy(settings: Settings, workspace: Workspace) -> Iterator[tuple[pd.DataFrame, object]]:
    for name in settings.equipment:
        windows = pd.read_parquet(workspace.windows / f"{name}.parquet")
        assets = [a for c, a in list_assets(workspace.tables) if c == name][:ASSETS]
        for asset in assets:
            since = bad.healthy_stretch(windows, asset)
            if pd.notna(since):
                readings = read_readings(workspace.tables, name, asset)
                last = since + bad.LASTS + pd.Timedelta("48h")
                yield readings[readings["time"] <= last], since


def main(root: Path) -> None:
    settings, workspace = load_settings(Path("params.yaml")), Workspace(root)
    scorer = Scorer.load(workspace.release)
    print("| defect | caught | late, median [h] | longest [h] | others accused | fault named |")
    print("|---|---|---|---|---|---|")
    for kind in bad.KINDS:
        late, tried, others, named = [], 0, 0, 0
        for readings, since in _healthy(settings, workspace):
            before = bad.named(bad.score(scorer, workspace, readings), since)
            equipment = settings.equipment[bad.class_of(readings, settings)]
            for sensor in equipment.named("symptom"):
                if readings[sensor].isna().all():
                    continue
                spoilt = bad.with_defect(readings, sensor, kind, since, settings)
                scored = bad.score(scorer, workspace, spoilt)
                health = scored.sensor_health[scored.sensor_health["since"] >= since]
                mine = health[health["sensor"] == sensor]
                tried += 1
                others += len(health) > len(mine)
                named += not bad.named(scored, since) <= before
                if len(mine):
                    late.append((mine["since"].min() - since) / pd.Timedelta("1h"))
        delays = pd.Series(late, dtype="float64")
        print(
            f"| {kind} | {len(late)} of {tried} | {delays.median():.1f} | {delays.max():.1f} | "
            f"{others} | {named} |",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
