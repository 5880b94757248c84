"""What was simulated is what ingest reads, by the demonstration's params alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from faultprint.config import Settings, settings_from
from faultprint.simulate.fleet import simulate
from faultprint.stages.ingest import ingest
from faultprint.store.parquet import read_readings, read_table
from faultprint.store.plant_export import export_plant
from faultprint.tables import QUALITY, QUALITY_SUFFIX

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    folder = tmp_path_factory.mktemp("plant")
    params = yaml.safe_load(PARAMS.read_text("utf-8"))
    params["simulate"] |= {"days": 90, "pumps": 2, "compressors": 1}
    params["source"]["path"] = str(folder / "raw")
    settings = settings_from(params)
    fleet = simulate(settings.simulate, settings.seed)
    export_plant(fleet, folder / "raw", folder / "truth")
    ingest(settings, folder / "tables", folder / "report")
    return settings, folder / "tables"


def test_readings_come_back_in_our_units(plant: tuple[Settings, Path]) -> None:
    settings, tables = plant
    for history in simulate(settings.simulate, settings.seed):
        known = history.readings[~history.readings.index.duplicated()].sort_index()
        got = read_readings(tables, history.equipment_class, history.asset).set_index("time")
        assert got.index.equals(pd.DatetimeIndex(known.index))
        for sensor in known:
            good = (got[f"{sensor}{QUALITY_SUFFIX}"] == QUALITY["good"]).to_numpy()
            assert good.mean() > 0.4
            assert got.loc[good, sensor].to_numpy() == pytest.approx(
                known.loc[good, sensor].to_numpy(), abs=0.03
            )


def test_every_failure_and_alarm_comes_back(plant: tuple[Settings, Path]) -> None:
    settings, tables = plant
    events = read_table(tables, "events")
    histories = list(simulate(settings.simulate, settings.seed))
    failures = sum((h.truth["outcome"] == "failure").sum() for h in histories)
    assert (events["kind"] == "failure").sum() == failures > 0
    assert (events["kind"] == "error").sum() == sum(len(h.alarms) for h in histories)
    named = events.loc[events["kind"] == "failure", "failure_mode"]
    assert np.isin(named, [*(h for t in histories for h in t.truth["mode"]), ""]).mean() > 0.8


def test_only_what_is_wrong_is_refused(plant: tuple[Settings, Path]) -> None:
    _, tables = plant
    rejects = read_table(tables, "rejects")
    stranger = rejects[rejects["asset"] == "P-099"]
    assert len(stranger) == 1
    others = rejects.drop(stranger.index)
    assert set(others.loc[others["field"] != "", "value"]) <= {"Bad Input"}
    assert len(others) < 500
