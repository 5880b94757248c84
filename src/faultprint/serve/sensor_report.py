"""The part of the report that says which sensors were not believed, when and why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from faultprint.tables import SENSOR_FAULTS

WORDS = {
    "missing": "too few readings",
    "out_of_range": "out of range",
    "stuck": "stuck",
    "spiking": "spiking",
    "too_fast": "changes too fast",
    "noise_burst": "too noisy",
    "noise_collapse": "too calm",
    "drift": "drifting",
}
"""What was wrong with a sensor -> how the report says it."""


def sensor_part(health: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Lay out everything that the report says of bad sensors.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.

    Returns
    -------
    dict[str, list[dict[str, Any]]]
        ``counts``, see :func:`sensor_counts`, and ``assets``, see :func:`sensor_spells`.
    """
    return {"counts": sensor_counts(health), "assets": sensor_spells(health)}


def sensor_counts(health: pd.DataFrame) -> list[dict[str, Any]]:
    """Count bad spells by what was wrong.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.

    Returns
    -------
    list[dict[str, Any]]
        ``what``, ``spells``, ``sensors``, ``assets`` and ``open`` of each kind that occurred.
    """
    found = []
    for kind in SENSOR_FAULTS:
        mine = health[health["kind"] == kind]
        if len(mine):
            sensors = len(mine[["asset", "sensor"]].drop_duplicates())
            found.append(
                {
                    "what": WORDS[kind],
                    "spells": len(mine),
                    "sensors": sensors,
                    "assets": int(mine["asset"].nunique()),
                    "open": int(mine["until"].isna().sum()),
                }
            )
    return found


def sensor_spells(health: pd.DataFrame) -> list[dict[str, Any]]:
    """Lay out the bad spells of each asset.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.

    Returns
    -------
    list[dict[str, Any]]
        By asset: ``asset``, ``open`` (sensors still bad) and ``spells`` with ``sensor``, ``what``,
        ``since``, ``until``, ``hours`` and ``evidence``, by sensor and time.
    """
    ordered = health.sort_values(["asset", "sensor", "since", "kind"], kind="stable")
    hour = pd.Timedelta(hours=1)
    assets = []
    for asset, mine in ordered.groupby("asset", sort=True):
        spells = [
            {
                "sensor": row["sensor"],
                "what": WORDS[row["kind"]],
                "since": row["since"],
                "until": row["until"],
                "hours": (row["until"] - row["since"]) / hour,
                "evidence": row["evidence"],
            }
            for row in mine.to_dict("records")
        ]
        still = sorted(mine.loc[mine["until"].isna(), "sensor"].unique())
        assets.append({"asset": str(asset), "open": still, "spells": spells})
    return assets
