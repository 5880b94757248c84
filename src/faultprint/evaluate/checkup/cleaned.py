"""Whether cleaning takes away what failures show by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import AssetSeen, Material
from faultprint.signal.instants import instants, nanoseconds

LEAST = 5
"""Failures before which spikes must have been taken out."""
OFTEN = 3.0
"""How many times as often as before any instant."""
CHANCE = 1e-4
"""Probability of so many by chance above which nothing is said; all sensors are looked at."""

Whole = NDArray[np.int64]


def spikes_before_failures(material: Material) -> Iterator[Finding]:
    """Find sensors whose values are taken out as lone spikes where failures are near.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If, of a sensor, spikes lie within the horizon before failures at least three times as often
        as before an instant at random, and before five failures at least.
    """
    span = nanoseconds(material.settings.labels.horizon)
    failures = material.failures
    failed = {str(a): instants(one["time"]) for a, one in failures.groupby("asset")}
    found: dict[str, tuple[int, float]] = {}
    for sensor in material.equipment.sensors:
        struck, usual = 0, []
        for asset in material.assets:
            spikes = asset.spikes.get(sensor, np.zeros(0, np.int64))
            share = _covered(spikes, span, asset)
            at = failed.get(asset.asset, np.zeros(0, np.int64))
            near = np.searchsorted(spikes, at, "right") > np.searchsorted(spikes, at - span)
            struck += int(near.sum())
            usual += [share] * len(at)
        chance = float(np.mean(usual or [0.0]))
        rare = binom.sf(struck - 1, len(usual), max(chance, 1e-9)) < CHANCE
        if struck >= LEAST and rare and struck >= OFTEN * chance * len(usual):
            found[sensor] = struck, chance
    if not found:
        return
    total = len(failures)
    yield Finding(
        "spikes_before_failures",
        "misleads",
        material.equipment_class,
        "; ".join(
            f"{name}: values taken out as lone spikes before {struck} of {total} failures "
            f"({chance:.0%} by chance)"
            for name, (struck, chance) in found.items()
        ),
        "cleaning takes away the first sign of the fault, and such windows may not be evaluable",
        "raise cleaning.spike_sigma (means of an hour or a day do not spike, 1000 leaves them all "
        "in), or ask what disturbs the sensor before failures",
        tuple(found),
        max(struck for struck, _ in found.values()) / total,
    )


def _covered(spikes: Whole, span: int, asset: AssetSeen) -> float:
    """Give the share of an asset's time that has a spike within a span before it."""
    times = asset.times
    if times.start is None or times.end is None or not len(spikes):
        return 0.0
    whole = (times.end - times.start).value + span
    return float(np.minimum(np.diff(spikes, append=spikes[-1] + span), span).sum() / whole)
