"""Simulate the fleet and write it as a plant would export it."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from faultprint.config import Settings
from faultprint.simulate import fleet
from faultprint.store.plant_export import export_plant


def simulate(settings: Settings, raw: Path, truth: Path) -> dict[str, object]:
    """Simulate the fleet that params.yaml describes and export it.

    Parameters
    ----------
    settings : Settings
        Uses ``simulate`` and ``seed``.
    raw : Path
        Folder of the plant's export; replaced whole.
    truth : Path
        Folder of what really happened; read by judges and tests alone.

    Returns
    -------
    dict[str, object]
        Counts of what was written.

    Raises
    ------
    ConfigError
        If the mode to hold back does not exist.
    StoreError
        If the disk refuses; what stood there before is untouched.
    """
    histories = fleet.simulate(settings.simulate, settings.seed)
    total = settings.simulate.pumps + settings.simulate.compressors
    return export_plant(tqdm(histories, "simulate", total, unit="asset"), raw, truth)
