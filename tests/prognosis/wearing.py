"""A small fleet that wears out in a known way, under two operating modes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from faultprint.prognosis.settings import LifeSettings
from faultprint.prognosis.trajectories import Histories, histories

SENSORS = ["heat", "speed", "noise"]
FAST = LifeSettings(cap=60.0, seeds=(0,), folds=3)


def wearing(
    assets: int, seed: int, prefix: str = "w", *, truncated: bool = False
) -> tuple[Histories, np.ndarray]:
    """Fleet of two sensors that follow wear, one that follows nothing; and the remaining life."""
    rng = np.random.default_rng(seed)
    frames, remaining = [], []
    for number in range(assets):
        life = int(rng.integers(70, 120))
        seen = int(rng.integers(30, life)) if truncated else life
        wear = np.exp(-(life - np.arange(1, seen + 1)) / 20.0)
        load = rng.integers(0, 2, seen) * 50.0
        noise = rng.normal(0, 0.05, (seen, 3))
        values = np.column_stack([wear + load, load - 2 * wear, 0 * wear]) + noise
        frames.append(
            pd.DataFrame(values, columns=SENSORS).assign(
                load=load + rng.normal(0, 0.1, seen),
                asset=f"{prefix}{number:03d}",
                time=pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(seen), "h"),
            )
        )
        remaining.append(life - seen)
    return histories(pd.concat(frames), SENSORS, ["load"]), np.array(remaining, dtype=float)
