"""Judging sensor health against the simulator's truth: caught, how late, and wrongly accused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from faultprint.state.distrust import SENSOR

NAMED = ("known", "ambiguous")
"""Verdicts that name a fault."""

GRACE = pd.Timedelta(hours=12)
"""After the end of a defect its look-backs still hold it; an accusation then is not wrong."""

ALIKE = {
    "stuck": ("stuck", "noise_collapse"),
    "drift": ("drift",),
    "dropout": ("missing",),
    "spike": ("spiking", "too_fast", "noise_burst"),
    "nan_flood": ("missing",),
    "noise_burst": ("noise_burst", "spiking", "too_fast", "out_of_range"),
    "noise_collapse": ("noise_collapse", "stuck"),
    "spiking": ("spiking", "too_fast", "noise_burst", "out_of_range"),
}
"""Defect of the simulator -> the accusations that mean it."""

LONG = 6.0
"""Hours: shorter defects are over before a penalty window has passed."""

UNSEEN = ("clock", "silence")
"""Defects of the logger, in which no single sensor is bad."""


def match_defects(health: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
    """Say of each defect whether its sensor was accused while it lasted.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.
    defects : pandas.DataFrame
        ``asset``, ``mode`` (kind of defect), ``item`` (sensor), ``onset``, ``end``.

    Returns
    -------
    pandas.DataFrame
        The defects with ``hours`` (how long it lasted), ``caught``, ``late`` [h] and ``kind``.
    """
    rows = []
    for defect in defects[~defects["mode"].isin(UNSEEN)].to_dict("records"):
        mine = health[(health["asset"] == defect["asset"]) & (health["sensor"] == defect["item"])]
        mine = mine[mine["kind"].isin(ALIKE.get(str(defect["mode"]), ()))]
        seen = mine[(mine["since"] <= defect["end"] + GRACE) & ~(mine["until"] < defect["onset"])]
        first = seen.sort_values("since").head(1)
        wait = (first["since"].max() - defect["onset"]) / pd.Timedelta(hours=1)
        rows.append(
            {
                **defect,
                "hours": (defect["end"] - defect["onset"]) / pd.Timedelta(hours=1),
                "caught": len(seen) > 0,
                "late": max(wait, 0.0) if len(seen) else float("nan"),
                "kind": str(first["kind"].iloc[0]) if len(seen) else "",
            }
        )
    return pd.DataFrame(rows)


def wrong_accusations(health: pd.DataFrame, defects: pd.DataFrame) -> pd.DataFrame:
    """List the times in which a sensor was accused and nothing was wrong with it.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.
    defects : pandas.DataFrame
        As in :func:`match_defects`; the item ``all`` stands for every sensor of the asset.

    Returns
    -------
    pandas.DataFrame
        The rows of ``health`` that no defect of the sensor or its logger explains.
    """
    joined = health.reset_index().merge(defects, on="asset", how="left", suffixes=("", "_truth"))
    same = (joined["item"] == joined["sensor"]) | (joined["item"] == "all")
    over = (joined["since"] <= joined["end"] + GRACE) & ~(joined["until"] < joined["onset"])
    explained = joined.loc[same & over, "index"]
    return health[~health.index.isin(explained)]


def defect_table(matched: pd.DataFrame) -> list[str]:
    """Lay out how many defects were caught, and how late.

    Parameters
    ----------
    matched : pandas.DataFrame
        From :func:`match_defects`.

    Returns
    -------
    list[str]
        Lines of Markdown.
    """
    lines = [
        "| defect | n | of 6 h or longer | caught | of these | late, median [h] | longest [h] |",
        "|---|---|---|---|---|---|---|",
    ]
    for mode, group in matched.groupby("mode", sort=True):
        long = group[group["hours"] >= LONG]
        late = long["late"].dropna()
        times = f"{late.median():.1f} | {late.max():.1f}" if len(late) else "|"
        lines.append(
            f"| {mode} | {len(group)} | {len(long)} | {int(group['caught'].sum())} | "
            f"{int(long['caught'].sum())} | {times} |"
        )
    return lines


def during_defects(
    incidents: pd.DataFrame, truth: pd.DataFrame, window: pd.Timedelta
) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """Find the incidents that name a fault and opened while a sensor was bad.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents``.
    truth : pandas.DataFrame
        Faults and defects: ``kind``, ``asset``, ``mode``, ``item``, ``onset``, ``end``.
    window : pandas.Timedelta
        Length of a window: so long after its end a defect is still in one.

    Returns
    -------
    list[tuple[dict[str, Any], pandas.DataFrame]]
        Each known or ambiguous incident with the defects of single sensors that lay in one of the
        windows before it opened.
    """
    named = incidents[incidents["verdict"].isin(NAMED)]
    defects = truth[(truth["kind"] == "defect") & ~truth["mode"].isin(UNSEEN)]
    found = []
    for incident in named.to_dict("records"):
        mine = defects[defects["asset"] == incident["asset"]]
        over = (mine["onset"] <= incident["opened"]) & (
            mine["end"] + window >= incident["first_seen"]
        )
        if over.any():
            found.append(({str(k): v for k, v in incident.items()}, mine[over]))
    return found


def in_doubt(incident: Mapping[str, Any]) -> set[str]:
    """Name the sensors that an incident says may be all that is wrong.

    Parameters
    ----------
    incident : Mapping[str, Any]
        The incident.

    Returns
    -------
    set[str]
        Sensors; none where the fault stands without any one of them.
    """
    told = json.loads(str(incident["evidence"]) or "{}")
    return {name.removeprefix(SENSOR) for name in told if name.startswith(SENSOR)}


def still_named(incident: Mapping[str, Any], again: pd.DataFrame) -> bool:
    """Tell whether an incident stands in another scoring of its asset.

    Parameters
    ----------
    incident : Mapping[str, Any]
        The incident.
    again : pandas.DataFrame
        Rows of ``incidents`` of the other scoring.

    Returns
    -------
    bool
        Whether an incident of the same failure mode overlaps it.
    """
    open_until = pd.Timestamp.max.tz_localize("UTC")
    until = incident["cleared"] if pd.notna(incident["cleared"]) else open_until
    same = again["verdict"].isin(NAMED) & (again["failure_mode"] == incident["failure_mode"])
    over = (again["first_seen"] <= until) & (
        again["cleared"].fillna(open_until) >= incident["first_seen"]
    )
    return bool((same & over & (again["asset"] == incident["asset"])).any())


def rate_table(
    health: pd.DataFrame, wrong: pd.DataFrame, truth: pd.DataFrame, years: float
) -> list[str]:
    """Lay out how often good sensors are accused, and of these how often in a fault.

    Parameters
    ----------
    health : pandas.DataFrame
        Rows of ``sensor_health``.
    wrong : pandas.DataFrame
        From :func:`wrong_accusations`.
    truth : pandas.DataFrame
        Faults and defects.
    years : float
        Years that sensors were watched, all together.

    Returns
    -------
    list[str]
        Lines of Markdown.
    """
    faults = truth[truth["kind"] == "fault"]
    lines = [
        "| accusation | n | of good sensors | in a fault | else, per sensor-year |",
        "|---|---|---|---|---|",
    ]
    for kind, group in health.groupby("kind", sort=True):
        mine = wrong[wrong["kind"] == kind]
        faulty = sum(
            bool(len(_during(faults[faults["asset"] == asset], since, GRACE)))
            for asset, since in zip(mine["asset"], mine["since"], strict=True)
        )
        rate = (len(mine) - faulty) / years
        lines.append(f"| {kind} | {len(group)} | {len(mine)} | {faulty} | {rate:.3f} |")
    return lines


def _during(spans: pd.DataFrame, when: pd.Timestamp, window: pd.Timedelta) -> pd.DataFrame:
    return spans[(spans["onset"] <= when) & (spans["end"] + window >= when)]
