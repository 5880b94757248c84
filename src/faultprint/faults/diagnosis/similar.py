"""Which past incidents looked like this one, by the evidence told of each."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

MOST = 5


def most_similar(incidents: pd.DataFrame, incident: str, most: int = MOST) -> dict[str, float]:
    """Name the past incidents of the same equipment class whose evidence is most alike.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Table ``incidents``.
    incident : str
        Identity of one of them.
    most : int, default MOST
        How many to name.

    Returns
    -------
    dict[str, float]
        Incident -> similarity, 1 for the same picture, the most similar first. Only incidents of
        the same release that opened before count, and only similarities above 0.

    Notes
    -----
    The cosine between the deviances of the descriptors told in the evidence, squashed by asinh so
    that one extreme descriptor does not decide alone; a descriptor told of one of the two only
    counts as 0 for the other.
    """
    row = incidents.loc[incidents["incident"] == incident].iloc[0]
    past = incidents[
        (incidents["equipment_class"] == row["equipment_class"])
        & (incidents["release"] == row["release"])
        & (incidents["opened"] < row["opened"])
    ]
    own = _picture(row["evidence"])
    alike = {
        str(name): round(_cosine(own, _picture(text)), 6)
        for name, text in zip(past["incident"], past["evidence"], strict=True)
    }
    ordered = sorted(alike.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: value for name, value in ordered[:most] if value > 0}


def _picture(evidence: str) -> dict[str, float]:
    """Read descriptor -> squashed deviance from a row's evidence."""
    told = json.loads(evidence) if evidence else {}
    picture = {}
    for sides in told.values():
        for side in ("for", "against"):
            for item in sides.get(side, []):
                deviance = item.get("deviance")
                if deviance is not None and np.isfinite(deviance):
                    picture[str(item["descriptor"])] = float(np.arcsinh(deviance))
    return picture


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(one[name] * other[name] for name in sorted(one.keys() & other.keys()))
    sizes = [np.sqrt(sum(v * v for v in each.values())) for each in (one, other)]
    return float(shared / (sizes[0] * sizes[1])) if all(sizes) else 0.0
