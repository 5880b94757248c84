"""On what two releases are compared, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultprint.records import Learnt
from faultprint.tables import UTC_TIME

Floats = NDArray[np.float64]
Matched = tuple[pd.DataFrame, pd.DataFrame]
"""Judged failures and incidents, as :func:`faultprint.evaluate.metrics.match_incidents` gives."""

DRAWS = 2000
"""Fleets drawn for an interval."""


def unlearnt(record: pd.DataFrame, learnt: Sequence[Learnt]) -> pd.DataFrame:
    """Say over which time each asset can be judged by releases that must not know the answers.

    Parameters
    ----------
    record : pandas.DataFrame
        ``asset``, ``start``, ``end`` of what there is of each asset.
    learnt : Sequence[Learnt]
        What each of the releases has learnt from.

    Returns
    -------
    pandas.DataFrame
        ``asset``, ``start``, ``end``, sorted by asset: what is later than all that any of them has
        learnt from this asset; assets of which nothing is left are not there.
    """
    starts = record["start"]
    for one in learnt:
        until = pd.Timestamp(one.until).tz_convert("UTC")
        known = record["asset"].isin(list(one.assets)) & (starts < until)
        starts = starts.mask(known, until)
    left = record.assign(start=starts)
    left = left[left["start"] < left["end"]].sort_values("asset", ignore_index=True)
    return left.astype({"asset": "str", "start": UTC_TIME, "end": UTC_TIME})


def paired_interval(
    candidate: Matched, incumbent: Matched, seed: int
) -> tuple[float, float] | None:
    """Estimate by how much two releases would differ in ``f1_events`` on other fleets like this.

    Parameters
    ----------
    candidate : Matched
        Failures and incidents judged with the candidate.
    incumbent : Matched
        The same with the incumbent, over the same time and assets.
    seed : int
        Of the draws.

    Returns
    -------
    tuple[float, float] | None
        Candidate minus incumbent, 95 % interval; ``None`` if there are not two assets with a
        failure or an incident.

    Notes
    -----
    Paired bootstrap, Efron and Tibshirani 1993, doi:10.1201/9780429246593, section 13.3: whole
    assets are drawn with replacement, since failures of one asset are alike; both releases are
    counted on the same draw.
    """
    first, second = _counts(candidate), _counts(incumbent)
    assets = first.index.union(second.index).sort_values()
    if len(assets) < 2:
        return None
    drawn = np.random.default_rng(seed).multinomial(
        len(assets), np.full(len(assets), 1 / len(assets)), size=DRAWS
    )
    scores = [
        _f1(drawn @ counts.reindex(assets, fill_value=0.0).to_numpy(dtype=np.float64))
        for counts in (first, second)
    ]
    low, high = np.quantile(scores[0] - scores[1], [0.025, 0.975])
    return float(low), float(high)


def _counts(matched: Matched) -> pd.DataFrame:
    """Count failures, hits, true and false incidents of each asset."""
    failures, incidents = matched
    by = failures.groupby("asset")["found"].agg(["size", "sum"])
    outcomes = pd.crosstab(incidents["asset"], incidents["outcome"])
    said = outcomes.reindex(columns=["true", "false"], fill_value=0)
    return by.join(said, how="outer").fillna(0.0).astype("float64")


def _f1(counts: Floats) -> Floats:
    n, hits, true, false = counts.T
    recall = np.divide(hits, n, out=np.zeros_like(n), where=n > 0)
    precision = np.divide(true, true + false, out=np.zeros_like(n), where=true + false > 0)
    both = recall + precision
    f1: Floats = np.divide(2 * recall * precision, both, out=np.zeros_like(n), where=both > 0)
    return f1
