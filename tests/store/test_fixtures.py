"""Test cases are made of a clear specimen, and weakened without making another fault of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from faultprint.faults.fixtures import make_cases
from faultprint.serve.score import Scorer
from faultprint.stages.fixtures import make_fixtures
from faultprint.store.parquet import read_parquet, write_readings, write_tables
from tests.serve import plant
from tests.store.sites import TODAY, assets


def stretch(load: np.ndarray, warmer: float) -> pd.DataFrame:
    """Readings in which temperature follows the load exactly."""
    rows = plant.readings("P-1", 1).iloc[: len(load)].reset_index(drop=True)
    return rows.assign(load=load, temperature=40 + 0.3 * load + warmer)


def test_a_weaker_fault_is_mixed_under_its_own_conditions() -> None:
    scorer = Scorer.load(TODAY)
    (one,) = scorer.release.signatures
    scoring, load = scorer.release.scoring, np.linspace(40.0, 60.0, 96)
    fault, normal = stretch(load, 10.0), stretch(load[::-1], 0.0)
    normal.loc[3, "temperature"] = np.nan
    case = make_cases(one, scoring.equipment["pump"], scoring.windows, fault, normal)["boundary"]
    assert case.readings is not None
    weaker = case.readings["temperature"] - (40 + 0.3 * load)
    expected = np.full(96, 9.0)
    expected[92] = 10.0  # nothing normal was measured there: the fault stays as it is
    np.testing.assert_allclose(weaker, expected)
    assert case.readings["load"].equals(fault["load"]), "conditions stay"


def test_the_clearest_episode_is_kept_as_specimen(tmp_path: Path) -> None:
    rows, happened = plant.readings("P-1", 1), plant.events("P-1")
    first, second = happened["time"]
    faint = rows["time"].between(first - pd.Timedelta(days=5), first - pd.Timedelta(hours=30))
    calm = rows["time"].between(first - pd.Timedelta(days=10), first - pd.Timedelta(days=5))
    for name in ("temperature", "vibration"):
        rows.loc[faint, name] = rows.loc[calm, name].to_numpy()[: int(faint.sum())]
    scorer = Scorer.load(TODAY)
    scored = scorer.score(rows, happened, assets("P-1")).diagnoses
    named = scored[scored["failure_mode"] == "bearing_wear"]
    counts = [int((named["end"] <= first).sum()), int((named["end"] > first).sum())]
    assert 0 < counts[0] < counts[1], "the first episode shows it, faintly"
    write_readings(tmp_path / "tables", plant.CLASS, rows)
    write_tables(tmp_path / "tables", {"assets": assets("P-1"), "events": happened})
    make_fixtures(scorer, tmp_path / "tables", tmp_path / "fixtures")
    kept = read_parquet(tmp_path / "fixtures/pump/bearing_wear/fault/readings.parquet")
    assert kept["time"].max() == second
