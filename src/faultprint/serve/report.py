"""The report: one page, without anything from elsewhere, that says what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from faultprint.faults.discovery.group_story import GroupStory
from faultprint.faults.pages.page import signature_page
from faultprint.records import Signature
from faultprint.serve import wording
from faultprint.serve.group_card import group_card
from faultprint.serve.sensor_report import sensor_part
from faultprint.serve.signature_page import environment, inline
from faultprint.state.distrust import SENSOR
from faultprint.store.figures import contrast_figure
from faultprint.store.manifest import Manifest
from faultprint.store.timeline import timeline_figure
from faultprint.tables import empty

TIMELINES = 8
"""Assets drawn at most."""

SENSORS = 3
"""Sensors drawn of an asset at most: those that left their expected range furthest."""


@dataclass(frozen=True)
class ReportContext:
    """What a report is made of."""

    title: str
    manifest: Manifest
    metrics: Mapping[str, Any]
    """Numbers by event, as from ``evaluate.metrics.event_metrics``."""
    incidents: pd.DataFrame
    """Judged incidents: the table ``incidents`` with ``outcome``."""
    failures: pd.DataFrame
    """Judged failures: asset, time, failure_mode, found, mode_right, lead_hours."""
    residuals: pd.DataFrame
    """Table ``residuals`` of the assets that may be drawn."""
    signatures: tuple[Signature, ...]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Caption -> PNG of further pictures, e.g. the confusion of faults."""
    health: pd.DataFrame = field(default_factory=partial(empty, "sensor_health"))
    """Table ``sensor_health``: when a sensor was not believed."""
    notes: tuple[str, ...] = ()
    """What a reader must know: assets that could not be judged, rows refused."""
    groups: tuple[GroupStory, ...] = ()
    """Groups of incidents that fit no signature."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Name -> address of further pages, relative to the report."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Identity of a signature -> address of its own page, relative to the report."""


def render_report(context: ReportContext) -> str:
    """Write the report.

    Parameters
    ----------
    context : ReportContext
        What it is made of.

    Returns
    -------
    str
        HTML; needs no network, no script and no other file.
    """
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=context.title,
            headline=headline(context.metrics),
            manifest=context.manifest,
            metrics=context.metrics,
            baselines=wording.beside(context.metrics),
            current=_rows(context.incidents[context.incidents["cleared"].isna()]),
            incidents=_rows(context.incidents.sort_values("opened")),
            failures=_failures(context.failures),
            false_alarms=int((context.incidents["outcome"] == "false").sum()),
            timelines=_timelines(context),
            groups=[group_card(story) for story in context.groups],
            signatures=[_signature(s, context.pages) for s in context.signatures],
            links=context.links,
            pictures={caption: inline(png) for caption, png in context.pictures.items()},
            notes=context.notes,
            sensors=sensor_part(context.health),
        )
    )


def headline(metrics: Mapping[str, Any]) -> str:
    """Say in one or two sentences what came out.

    Parameters
    ----------
    metrics : Mapping[str, Any]
        Numbers by event.

    Returns
    -------
    str
        For example ``9 of 12 failures were announced, half of them more than 31 h ahead.``
    """
    found, early = metrics["found"], metrics["lead_time"]
    if not found["n"]:
        said = "No failure happened in the judged time."
    elif early["median"] is None:
        said = f"None of {found['n']} failures was announced."
    else:
        ahead = f"half of them at least {wording.span(early['median'])} ahead"
        were = "was" if found["hits"] == 1 else "were"
        said = f"{found['hits']} of {found['n']} failures {were} announced, {ahead}."
    n, months = metrics["false_alarms"], metrics["asset_months"]
    alarms = {0: "There was no false alarm", 1: "There was one false alarm"}
    counted = alarms.get(n, f"There were {n} false alarms")
    return f"{said} {counted} in {wording.number(months)} asset-months."


def choose_assets(
    incidents: pd.DataFrame, failures: pd.DataFrame, drawable: set[str], most: int = TIMELINES
) -> list[str]:
    """Choose the assets to draw: of each kind of outcome, good and bad, in turn.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Judged incidents.
    failures : pandas.DataFrame
        Judged failures.
    drawable : set[str]
        Assets with residuals.
    most : int, default TIMELINES
        How many at most.

    Returns
    -------
    list[str]
        Assets; missed failures and false alarms are not left out for pretty ones.
    """
    found = failures["found"].astype(bool)
    kinds = [
        failures.loc[found, "asset"],
        failures.loc[~found, "asset"],
        incidents.loc[incidents["outcome"] == "false", "asset"],
        incidents.loc[incidents["verdict"] == "deviation", "asset"],
        incidents["asset"],
    ]
    queues = [[a for a in dict.fromkeys(kind) if a in drawable] for kind in kinds]
    chosen: list[str] = []
    while len(chosen) < most and any(queues):
        for queue in queues:
            while queue and queue[0] in chosen:
                queue.pop(0)
            if queue and len(chosen) < most:
                chosen.append(queue.pop(0))
    return chosen


def choose_sensors(
    residuals: pd.DataFrame, incidents: pd.DataFrame, asset: str, most: int = SENSORS
) -> list[str]:
    """Choose the sensors of an asset to draw: those that left their expected range furthest.

    Parameters
    ----------
    residuals : pandas.DataFrame
        Table ``residuals``.
    incidents : pandas.DataFrame
        Table ``incidents``; where the asset has one, only its time counts.
    asset : str
        The asset.
    most : int, default SENSORS
        How many at most.

    Returns
    -------
    list[str]
        Sensors, furthest first.
    """
    mine = residuals[residuals["asset"] == asset]
    during = pd.Series(data=False, index=mine.index)
    theirs = incidents[incidents["asset"] == asset]
    until = theirs["cleared"].fillna(mine["end"].max())
    for start, end in zip(theirs["first_seen"], until, strict=True):
        during |= mine["end"].between(start, end)
    looked_at = mine[during] if during.any() else mine
    size = looked_at["deviance"].abs().groupby(looked_at["sensor"]).quantile(0.9)
    size = size.dropna().sort_values(ascending=False, kind="stable")
    return [str(name) for name in size.index[:most]] or sorted(mine["sensor"].unique())[:most]


def _timelines(context: ReportContext) -> list[dict[str, Any]]:
    residuals, incidents, failures = context.residuals, context.incidents, context.failures
    drawn = []
    for asset in choose_assets(incidents, failures, set(residuals["asset"])):
        mine = incidents[incidents["asset"] == asset]
        sensors = choose_sensors(residuals, incidents, asset)
        picture = timeline_figure(residuals, incidents, failures, asset, sensors)
        drawn.append(
            {
                "asset": asset,
                "picture": inline(picture),
                "sensors": sensors,
                "events": _events(_rows(mine), _failures(failures[failures["asset"] == asset])),
            }
        )
    return drawn


def _events(
    incidents: list[dict[str, Any]], failures: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Tell what happened to one asset in order of time."""
    told = [
        {"time": row["opened"], "said": row["what"], "kind": row["outcome"], "told": row["told"]}
        for row in incidents
    ]
    for row in failures:
        ahead = f"announced {wording.span(row['lead_hours'])} ahead"
        mode = wording.plain(row["failure_mode"]) or "mode not stated"
        told.append(
            {
                "time": row["time"],
                "said": f"failed ({mode})",
                "kind": "yes" if row["found"] else "no",
                "told": ahead if row["found"] else "missed",
            }
        )
    return sorted(told, key=lambda event: event["time"])


def _failures(failures: pd.DataFrame) -> list[dict[str, Any]]:
    ordered = failures.sort_values(["time", "asset"])
    return [{str(k): v for k, v in row.items()} for row in ordered.to_dict("records")]


def _rows(incidents: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for row in incidents.to_dict("records"):
        mode = wording.plain(str(row["failure_mode"]))
        outcome = str(row["outcome"])
        rests = SENSOR in str(row["evidence"])
        means = wording.OR_SENSOR if rests else wording.MEANS[str(row["verdict"])]
        rows.append(
            {
                **{str(k): v for k, v in row.items()},
                "what": mode or wording.MEANS[str(row["verdict"])],
                "means": means,
                "told": wording.OUTCOMES.get(outcome, outcome),
                "evidence": wording.evidence(str(row["evidence"]), str(row["failure_mode"])),
            }
        )
    return rows


def _signature(signature: Signature, pages: Mapping[str, str]) -> dict[str, Any]:
    return {
        "link": pages.get(signature.id, ""),
        "record": signature,
        "numbers": signature.to_dict(),
        "page": signature_page(signature),
        "picture": inline(contrast_figure(signature)) if signature.symptoms else "",
    }
