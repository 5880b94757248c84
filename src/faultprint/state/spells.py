"""Times in which a sensor is not believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from faultprint.signal.instants import NEVER, stamps
from faultprint.tables import empty


@dataclass(frozen=True, eq=False)
class Spell:
    """A time in which a sensor is not believed."""

    sensor: str
    kind: str
    """Which of ``tables.SENSOR_FAULTS`` it was first."""
    since: int
    """Instant from which it is bad [ns]."""
    until: int
    """Instant from which it is trusted again [ns]; ``NEVER`` while it is still bad."""
    evidence: str = ""
    """What speaks for it, in words."""


def spells_table(asset: str, spells: Iterable[Spell], release: str) -> pd.DataFrame:
    """Lay out spells as rows of ``sensor_health``.

    Parameters
    ----------
    asset : str
        The asset.
    spells : Iterable[Spell]
        Its spells.
    release : str
        Name of the release, written into every row.

    Returns
    -------
    pandas.DataFrame
        Rows of ``sensor_health``; ``until`` is missing where the sensor is still bad.
    """
    rows = sorted(spells, key=lambda s: (s.sensor, s.since, s.kind))
    until = np.array([s.until for s in rows], dtype=np.int64)
    frame = pd.DataFrame(
        {
            "asset": asset,
            "sensor": [s.sensor for s in rows],
            "kind": [s.kind for s in rows],
            "since": stamps(np.array([s.since for s in rows], dtype=np.int64)),
            "until": stamps(until).mask(until == NEVER),
            "evidence": [s.evidence for s in rows],
            "release": release,
        },
        index=range(len(rows)),
    )
    return frame.astype(empty("sensor_health").dtypes.to_dict())
