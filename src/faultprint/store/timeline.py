"""The timeline of an asset: expected and observed readings, incidents and failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from faultprint.errors import StoreError
from faultprint.store.canvas import (
    EXPECTED,
    INK,
    OBSERVED,
    VERDICT_COLOURS,
    blank,
    rendered,
    spelled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SILENCE = 3
"""A line is broken where this many usual steps are missing."""


def timeline_figure(
    residuals: pd.DataFrame,
    incidents: pd.DataFrame,
    failures: pd.DataFrame,
    asset: str,
    sensors: Sequence[str],
) -> bytes:
    """Draw expected and observed readings of one asset, with its incidents and failures.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Table ``residuals``; may hold other assets.
    incidents : pandas.DataFrame
        Table ``incidents``; may hold other assets and further columns.
    failures : pandas.DataFrame
        Columns ``asset`` and ``time``, and ``failure_mode`` if known.
    asset : str
        The asset to draw.
    sensors : Sequence[str]
        Sensors to draw, one panel each.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    StoreError
        If there is nothing to draw: no residuals of the asset, or no sensor asked for.
    """
    own = residuals[residuals["asset"] == asset]
    if own.empty or not len(sensors):
        raise StoreError.because(
            f"{len(own)} residuals of asset {asset!r} and {len(sensors)} sensors",
            "at least one of each",
            "choose an asset and sensors that were scored",
        )
    figure = blank(9.0, 1.2 + 1.5 * len(sensors))
    panels = figure.subplots(len(sensors), 1, sharex=True, squeeze=False)[:, 0]
    last = own["end"].max()
    for panel, sensor in zip(panels, sensors, strict=True):
        _draw_sensor(panel, own[own["sensor"] == sensor], sensor)
        _draw_incidents(panel, incidents[incidents["asset"] == asset], last)
        _draw_failures(panel, failures[failures["asset"] == asset])
    _legend_below(figure, panels[0])
    figure.suptitle(asset.replace("$", r"\$"), x=0.01, ha="left", fontsize=11, fontweight="bold")
    return rendered(figure, "png")


def _draw_sensor(panel: Axes, rows: pd.DataFrame, sensor: str) -> None:
    rows = _broken_at_gaps(rows.sort_values("end"))
    panel.plot(rows["end"], rows["observed"], color=OBSERVED, lw=1.2, label="observed")
    panel.plot(rows["end"], rows["expected"], color=EXPECTED, lw=1.2, ls="--", label="expected")
    panel.set_ylabel(spelled(sensor), fontsize=9)
    panel.tick_params(labelsize=8)
    if not rows["observed"].notna().any():
        panel.text(0.5, 0.5, "not measured", transform=panel.transAxes, ha="center", color=EXPECTED)


def _broken_at_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Add an empty row inside each long silence, so that no line is drawn across it."""
    steps = rows["end"].diff()
    after = steps > _SILENCE * steps.median()
    middles = rows.loc[after, "end"] - steps[after] / 2
    blanks = pd.DataFrame({"end": middles, "observed": np.nan, "expected": np.nan})
    kept = rows[["end", "observed", "expected"]]
    return pd.concat([kept, blanks]).sort_values("end") if after.any() else kept


def _draw_incidents(panel: Axes, incidents: pd.DataFrame, last: pd.Timestamp) -> None:
    for row in incidents.to_dict("records"):
        known = row["verdict"] == "known"
        label = f"incident: {spelled(row['failure_mode'] if known else row['verdict'])}"
        colour = VERDICT_COLOURS.get(row["verdict"], EXPECTED)
        until: Any = last if pd.isna(row["cleared"]) else row["cleared"]
        panel.axvspan(row["opened"], until, color=colour, alpha=0.25, lw=0, label=label)


def _draw_failures(panel: Axes, failures: pd.DataFrame) -> None:
    for row in failures.to_dict("records"):
        mode = spelled(row.get("failure_mode") or "unknown mode")
        panel.axvline(row["time"], color=INK, lw=1.4, label=f"failure: {mode}")


def _legend_below(figure: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=4, fontsize=8,
                  frameon=False)  # fmt: skip
