"""Judging sensor health against the simulator's truth: caught, how late, and wrongly accused."""

from __future__ import annotations

import pandas as pd

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


def defect_incidents(
    incidents: pd.DataFrame, truth: pd.DataFrame, window: pd.Timedelta
) -> pd.DataFrame:
    """Find the incidents that name a fault where only a sensor was bad.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Rows of ``incidents``.
    truth : pandas.DataFrame
        Faults and defects: ``kind``, ``asset``, ``mode``, ``onset``, ``end``.
    window : pandas.Timedelta
        Length of a window: so long after its end a defect, or a fault, is still in one.

    Returns
    -------
    pandas.DataFrame
        ``incident``, ``asset``, ``first_seen``, ``failure_mode``, ``defect`` and ``sensor`` of
        those, known or ambiguous, first seen while one sensor was bad on an asset without a fault.
    """
    named = incidents[incidents["verdict"].isin(["known", "ambiguous"])]
    faults = truth[truth["kind"] == "fault"]
    defects = truth[(truth["kind"] == "defect") & ~truth["mode"].isin(UNSEEN)]
    rows = []
    for incident in named.to_dict("records"):
        when = incident["first_seen"]
        bad = _during(defects[defects["asset"] == incident["asset"]], when, window)
        faulty = _during(faults[faults["asset"] == incident["asset"]], when, window)
        if len(bad) and faulty.empty:
            longest = bad.iloc[int((bad["end"] - bad["onset"]).argmax())]
            said = {k: incident[k] for k in ("incident", "asset", "first_seen", "failure_mode")}
            rows.append({**said, "defect": longest["mode"], "sensor": longest["item"]})
    names = ["incident", "asset", "first_seen", "failure_mode", "defect", "sensor"]
    return pd.DataFrame(rows, columns=names)


def _during(spans: pd.DataFrame, when: pd.Timestamp, window: pd.Timedelta) -> pd.DataFrame:
    return spans[(spans["onset"] <= when) & (spans["end"] + window >= when)]
