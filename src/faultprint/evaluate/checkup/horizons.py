"""How long before failures the sensors show anything, against what the labels say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.evaluate.checkup.around import Around
from faultprint.evaluate.checkup.finding import Finding
from faultprint.evaluate.checkup.material import Material
from faultprint.evaluate.leakage import auroc

Floats = NDArray[np.float64]

BLOCKS = 12
"""Blocks that two horizons before a failure are cut into."""
LEAST = 8
"""Failures without which nothing is said."""
TOLD = 0.7
"""Area under the ROC curve from which a block is told from calm time ..."""
SURE = 0.75
"""... and that the last blocks before the failure must reach."""


def lead_of_sensors(around: Around, calm: Around) -> float | None:
    """Measure how long before failures the sensors deviate.

    Parameters
    ----------
    around : Around
        Readings around failures.
    calm : Around
        Readings around instants that nothing in the log is near.

    Returns
    -------
    float | None
        Hours from the first block, after which all are told from calm time by the size of the
        largest deviation, to the failure; None: too few failures, or they show nothing.
    """
    width = max(around.before // BLOCKS, 1)
    failed, usual = _sizes(around, width), _sizes(calm, width).ravel()
    usual = usual[~np.isnan(usual)]
    areas = []
    for column in failed.T:
        known = column[~np.isnan(column)]
        if len(known) < LEAST or len(usual) < LEAST:
            return None
        both = np.concatenate([known, usual])
        areas.append(auroc(both, np.arange(len(both)) < len(known)))
    if not areas or np.mean(areas[-2:]) < SURE:
        return None
    dull = np.flatnonzero(np.array(areas) < TOLD)
    first = int(dull[-1]) + 1 if len(dull) else 0
    return around.hours((len(areas) - first) * width) if first < len(areas) else None


def _sizes(around: Around, width: int) -> Floats:
    """Largest deviation of any sensor, of each instant in each block before it."""
    count = around.before // width
    cut = around.scaled[:, around.before - count * width : around.before]
    blocks = cut.reshape(around.n, count, width, len(around.sensors))
    known = ~np.isnan(blocks)
    number = known.sum(axis=2)
    total = np.where(known, blocks, 0.0).sum(axis=2)
    size = np.where(2 * number >= width, np.abs(total) / np.maximum(number, 1), -1.0)
    largest = size.max(axis=2, initial=-1.0)
    return np.where(largest < 0, np.nan, largest)


def horizon_length(material: Material) -> Iterator[Finding]:
    """Find a horizon much longer, or shorter, than the sensors show anything.

    Parameters
    ----------
    material : Material
        One equipment class.

    Yields
    ------
    Finding
        If the sensors deviate over less than three quarters of the horizon, or over more than one
        and a half times horizon and buffer together.
    """
    labels = material.settings.labels
    lead = lead_of_sensors(material.around, material.calm)
    if lead is None or labels.source != "failures":
        return
    horizon = pd.Timedelta(labels.horizon) / pd.Timedelta("1h")
    covered = horizon + pd.Timedelta(labels.buffer) / pd.Timedelta("1h")
    if lead < 0.75 * horizon:
        yield Finding(
            "horizon_too_long",
            "weakens",
            material.equipment_class,
            f"the sensors show failures {lead:.0f} h ahead, labels.horizon is {horizon:.0f} h",
            "windows before that are learnt as faulty though nothing shows yet: the classifier "
            "learns noise, and alarms come on healthy machines",
            f"set labels.horizon to {lead:.0f}h",
            (),
            1 - lead / horizon,
        )
    elif lead > 1.5 * covered:
        yield Finding(
            "horizon_too_short",
            "weakens",
            material.equipment_class,
            f"the sensors show failures {lead:.0f} h ahead or more, labels.horizon and "
            f"labels.buffer cover {covered:.0f} h",
            "windows that show the fault are learnt as healthy, hits come later than they could",
            f"set labels.horizon to {lead:.0f}h, or labels.buffer so that both cover it",
            (),
            1 - covered / lead,
        )
