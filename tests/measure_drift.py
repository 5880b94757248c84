"""Let one sensor at a time drift on healthy machines: ``python -m tests.measure_drift FOLDER ...``.

Each folder holds a run of the demonstration. A ramp of 20 days is laid over the deviance of one
sensor in the held-out time, and what is found is compared with what is found without it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.serve.score import Scorer
from faultprint.signal.instants import HOUR, instants
from faultprint.stages.workspace import Workspace
from faultprint.state.sensor_drift import find_drift, related_sensors
from faultprint.state.spells import Spell
from faultprint.store.parquet import read_table

SIZES = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
"""Final deviance [healthy scales]."""
LASTS, BEFORE = pd.Timedelta(days=20), pd.Timedelta(days=30)


def _quiet_times(workspace: Workspace, scorer: Scorer) -> Iterator[tuple[str, pd.Timestamp]]:
    """Give for each asset the first healthy stretch of the held-out time that is long enough."""
    truth = pd.read_csv(workspace.truth / "truth.csv", parse_dates=["onset", "end"])
    spoilt = truth[(truth["kind"] == "fault") | (truth["mode"] == "drift")]
    residuals = read_table(workspace.results, "residuals")
    learnt = scorer.release.learnt
    assert learnt is not None
    for asset, own in residuals.groupby("asset"):
        mine = spoilt[spoilt["asset"] == asset]
        last = own["end"].max() - LASTS
        for since in pd.date_range(pd.Timestamp(learnt.until), last, freq="1D"):
            over = (mine["onset"] < since + LASTS) & (mine["end"] + pd.Timedelta(days=5) > since)
            if not over.any():
                yield str(asset), since
                break


def _ramped(own: pd.DataFrame, sensor: str, since: pd.Timestamp, size: float) -> pd.DataFrame:
    share = ((own["end"] - since) / LASTS).clip(0.0, 1.0)
    return own.assign(deviance=own["deviance"] + size * share.where(own["sensor"] == sensor, 0.0))


def _fresh(spells: list[Spell], before: set[tuple[str, int]], since: int) -> list[Spell]:
    return [s for s in spells if s.since >= since and (s.sensor, s.since) not in before]


def measure(root: Path) -> Iterator[dict[str, object]]:
    """Give one row for each ramp."""
    workspace = Workspace(root)
    scorer = Scorer.load(workspace.release)
    settings = scorer.release.scoring.sensor_health
    residuals = read_table(workspace.results, "residuals")
    classes = read_table(workspace.tables, "assets").set_index("asset")["equipment_class"]
    for asset, since in _quiet_times(workspace, scorer):
        relations = scorer.release.twins[classes[asset]].relations
        assert relations is not None
        inside = residuals["end"].between(since - BEFORE, since + LASTS)
        own = residuals[inside & (residuals["asset"] == asset)]
        before = {(s.sensor, s.since) for s in find_drift(own, relations, settings)}
        zero = int(instants(pd.Series([since]))[0])
        for sensor in relations.sensors:
            for size in SIZES:
                for sign in (-1.0, 1.0):
                    ramped = _ramped(own, sensor, since, sign * size)
                    found = _fresh(find_drift(ramped, relations, settings), before, zero)
                    mine = [s.since for s in found if s.sensor == sensor]
                    yield {
                        "size": size,
                        "related": sensor in related_sensors(relations, settings),
                        "caught": bool(mine),
                        "late": (min(mine) - zero) / HOUR if mine else np.nan,
                        "others": len(found) > len(mine),
                    }


def main(roots: list[Path]) -> None:
    """Print a table for all folders together."""
    rows = pd.DataFrame([row for root in roots for row in measure(root)])
    print(
        "| final size [healthy scales] | with relatives | late [h] | without | late [h] | others |"
    )
    print("|---|---|---|---|---|---|")
    for size, group in rows.groupby("size"):
        cells = []
        for related in (True, False):
            part = group[group["related"] == related]
            cells.append(f"{part['caught'].sum()} of {len(part)} | {part['late'].median():.0f}")
        print(f"| {size:g} | {' | '.join(cells)} | {group['others'].sum()} |")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or [Path()])
