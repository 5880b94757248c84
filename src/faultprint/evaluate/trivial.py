"""What detectors score that look at nothing: a score that is not well above theirs says little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from faultprint.config import Detect, Labels
from faultprint.evaluate.matching import match_incidents
from faultprint.evaluate.metrics import event_metrics
from faultprint.tables import UTC_TIME

DRAWS = 20
"""Draws of random incidents that are averaged."""

SHOWN = ("found", "named", "recognised", "precision", "precision_with_duplicates")
COUNTED = ("f1_events", "f1_named", "macro_recall", "false_alarms")

_INCIDENTS = {
    "incident": "str",
    "asset": "str",
    "opened": UTC_TIME,
    "cleared": UTC_TIME,
    "failure_mode": "str",
}


def trivial_metrics(
    judged: pd.DataFrame,
    events: pd.DataFrame,
    rules: tuple[Detect, Labels],
    observed: pd.DataFrame,
    exposed: pd.DataFrame,
    signed: frozenset[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Judge detectors that look at nothing as the real one is judged.

    Parameters
    ----------
    judged : pandas.DataFrame
        Judged incidents of the real one.
    events : pandas.DataFrame
        Table ``events``.
    rules : tuple[Detect, Labels]
        How incidents are matched: the same for all that are compared.
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the judged periods.
    exposed : pandas.DataFrame
        ``asset``, ``start``, ``end``, as from :func:`faultprint.evaluate.exposure.exposed_time`.
    signed : frozenset[str] | None, default None
        Failure modes with a signature; all if none are given.

    Returns
    -------
    dict[str, dict[str, Any]]
        ``always_on`` (one incident on each asset, from the start on), ``every_max_lead`` (a new one
        each ``max_lead`` on each asset, so that none is missed), ``random`` (as many incidents of
        the median length with the same names, at random times on random assets; mean of 20 seeded
        draws); each with ``incidents`` and, as plain numbers, the main entries of
        :func:`faultprint.evaluate.metrics.event_metrics`.
    """

    def score(incidents: pd.DataFrame) -> dict[str, float]:
        failures, matched = match_incidents(incidents, events, *rules, observed)
        found = event_metrics(failures, matched, observed, exposed, signed)
        rate = found["false_alarms_per_asset_month"]["value"]
        return {
            "incidents": float(len(matched)),
            **{name: float(found[name]["value"]) for name in SHOWN},
            **{name: float(found[name]) for name in COUNTED},
            "false_alarms_per_asset_month": float(rate),
        }

    return {
        "always_on": score(_always(observed, rules[0], pd.Timedelta.max)),
        "every_max_lead": score(_always(observed, rules[0], _spacing(*rules))),
        "random": _mean(score, judged, observed),
    }


def trivial_incidents(
    observed: pd.DataFrame, detect: Detect, labels: Labels
) -> dict[str, pd.DataFrame]:
    """Raise incidents without looking at anything.

    Parameters
    ----------
    observed : pandas.DataFrame
        ``asset``, ``start``, ``end`` of the judged periods.
    detect : Detect
        ``max_lead``.
    labels : Labels
        Recovery and gap.

    Returns
    -------
    dict[str, pandas.DataFrame]
        What the detector does -> its incidents, without a name.
    """
    return {
        "always on: one incident on each asset": _always(observed, detect, pd.Timedelta.max),
        "always on, raised anew each max_lead": _always(observed, detect, _spacing(detect, labels)),
    }


def _spacing(detect: Detect, labels: Labels) -> pd.Timedelta:
    return max(pd.Timedelta(s) for s in (detect.max_lead, labels.horizon, detect.on_delay, "1h"))


def _always(observed: pd.DataFrame, detect: Detect, every: pd.Timedelta) -> pd.DataFrame:
    """Raise an incident on each asset as early as can be, and again and again."""
    rows = []
    for asset, start, end in observed[["asset", "start", "end"]].itertuples(index=False):
        opened = start + pd.Timedelta(detect.on_delay)
        while opened <= end:
            cleared = opened + every if end - opened >= every else pd.NaT
            rows.append((f"{asset}@{opened}", asset, opened, cleared, ""))
            if pd.isna(cleared):
                break
            opened = cleared
    return _incidents(rows)


def _mean(
    score: Callable[[pd.DataFrame], dict[str, float]], judged: pd.DataFrame, observed: pd.DataFrame
) -> dict[str, float]:
    generator = np.random.default_rng(0)
    scores = [score(_random(judged, observed, generator)) for _ in range(DRAWS)]
    return {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}


def _random(
    judged: pd.DataFrame, observed: pd.DataFrame, generator: np.random.Generator
) -> pd.DataFrame:
    """Draw as many incidents, anywhere in the judged time."""
    if judged.empty or observed.empty:
        return _incidents([])
    names = np.sort(judged["failure_mode"].to_numpy(dtype=object))
    periods = observed.sort_values(["asset", "start"], kind="stable", ignore_index=True)
    lasts = judged.assign(end=judged["asset"].map(observed.groupby("asset")["end"].max()))
    length = (lasts["cleared"].fillna(lasts["end"]) - lasts["opened"]).median()
    spans = (periods["end"] - periods["start"]).to_numpy().astype("timedelta64[ns]").astype(float)
    at = generator.choice(len(periods), size=len(judged), p=spans / spans.sum())
    into = (generator.random(len(judged)) * spans[at]).astype("int64") + 1
    drawn = periods.loc[at].reset_index(drop=True)
    opened = drawn["start"] + pd.to_timedelta(into, unit="ns")
    cleared = opened + length
    rows = zip(
        [f"random {i}" for i in range(len(judged))],
        drawn["asset"],
        opened,
        cleared.where(cleared < drawn["end"]),
        generator.permutation(names),
        strict=True,
    )
    return _incidents(list(rows))


def _incidents(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=list(_INCIDENTS))
    for name in ("opened", "cleared"):
        found[name] = pd.to_datetime(found[name], utc=True)  # all may be missing
    return found.astype(_INCIDENTS)
